//! The answers of all hosts, and what is known of the hosts.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value as Json};
use smoker_model::verdict::odd::alike::{Answers, Comparison};
use smoker_model::verdict::odd::facts::{FactKind, Facts};
use smoker_model::verdict::odd::mask::Mask;
use smoker_model::verdict::odd::row::HostNumber;

use crate::client::fleet::FleetAnswer;
use crate::inventory::address::host_and_port;
use crate::inventory::inventory_host::InventoryHost;
use crate::inventory::selection::HostSelection;
use crate::plugin::silenced::{PluginSilence, Silences};
use crate::plugin::value_text::printed;
use crate::plugin::view::{MessagesView, PluginView};
use crate::plugin::{Plugin, run_facts};

/// How much of the value of a parameter is shown.
const LONGEST_VALUE: usize = 60;

/// A host that gave no answer.
#[derive(Clone, Debug)]
pub(super) struct Silent {
    /// Its place in the selection.
    pub(super) place: HostNumber,
    pub(super) name: String,
    pub(super) reason: String,
}

/// What the hosts of a call answered.
#[derive(Debug)]
pub(super) struct FleetAnswers {
    /// Hosts are numbered among those that answered.
    pub(super) comparison: Comparison,
    /// The names of these hosts.
    pub(super) names: Vec<String>,
    /// Their places in the selection.
    pub(super) places: Vec<HostNumber>,
    pub(super) silent: Vec<Silent>,
    /// Facts about all hosts, by their places in the selection.
    pub(super) facts: Facts,
    /// The silences that their plugins are under.
    pub(super) silences: Silences,
}

/// The different parameters of each plugin, as JSON, each with the places of the hosts that have them.
type Parameters = BTreeMap<String, BTreeMap<String, Vec<HostNumber>>>;

impl FleetAnswers {
    /// Takes the answers of the selected hosts in, one after the other, so that their parsed form is never in memory at once.
    pub(super) fn of(selection: &HostSelection, answers: Vec<FleetAnswer>) -> Self {
        let mask = mask(selection, &answers);
        let shared = shared_names(&answers);
        let mut compared = Answers::new(mask.clone());
        let (mut names, mut places, mut silent) = (Vec::new(), Vec::new(), Vec::new());
        let (mut facts, mut parameters, mut silences) = (Facts::default(), Parameters::new(), Silences::default());
        for (place, (host, answer)) in (0..).zip(selection.hosts().iter().zip(answers)) {
            add_inventory(&mut facts, place, host);
            // That it differs is not to be said of a name that several hosts have.
            let is_shared = shared.contains(&answer.name);
            let name = if is_shared { format!("{} ({})", answer.name, host.address.label) } else { answer.name };
            match answer.plugins {
                Ok(plugins) => {
                    compared.add_host();
                    names.push(name);
                    places.push(place);
                    for plugin in plugins {
                        let view = plugin.view();
                        add_answers(&mut compared, &plugin, &view);
                        if let Some(silence) = PluginSilence::of(&view) {
                            silences.add(place as usize, &silence);
                        }
                        add_uname(&mut facts, place, &plugin, &view, &mask);
                        if let Some(all) = view.parameters() {
                            let of_plugin = parameters.entry(plugin.name().to_owned()).or_default();
                            of_plugin.entry(Json::Object(all.clone()).to_string()).or_default().push(place);
                        }
                    }
                }
                Err(reason) => silent.push(Silent { place, name, reason }),
            }
        }
        add_parameters(&mut facts, &parameters);
        Self { comparison: compared.compare(), names, places, silent, facts, silences }
    }
}

/// All names by which a message may call a host of the fleet.
fn mask(selection: &HostSelection, answers: &[FleetAnswer]) -> Mask {
    let mut names: Vec<String> = answers.iter().map(|answer| own_name(&answer.name).to_owned()).collect();
    for host in selection.hosts() {
        names.extend(host.address.page.as_ref().ok().and_then(host_and_port).map(|(host, _)| host));
    }
    Mask::new(names.iter().map(String::as_str))
}

/// The names that more than one host gave.
fn shared_names(answers: &[FleetAnswer]) -> HashSet<String> {
    let mut seen = HashSet::new();
    let names = answers.iter().map(|answer| own_name(&answer.name));
    names.filter(|name| !seen.insert(*name)).map(str::to_owned).collect()
}

/// The name that the daemon gave, without the address that tells hosts of one name apart.
fn own_name(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name)
}

fn add_inventory(facts: &mut Facts, place: HostNumber, host: &InventoryHost) {
    for group in &host.groups {
        facts.add(place, FactKind::Group, group, "");
    }
    for (label, value) in &host.labels {
        facts.add(place, FactKind::Label, label, value);
    }
}

fn add_answers(compared: &mut Answers, plugin: &Plugin, view: &PluginView) {
    let levels = view.messages().into_iter().flat_map(MessagesView::levels);
    let mut messages: Vec<(String, String)> = levels
        .flat_map(|(level, texts)| texts.into_iter().map(move |text| (level.to_owned(), text.into_owned())))
        .collect();
    messages.extend(run_facts::reason_of_result(view).map(|reason| ("error".to_owned(), reason)));
    for action in view.failed_actions() {
        let reason = action.reason().map_or(String::new(), |reason| format!(" {reason}"));
        messages.push(("error".to_owned(), format!("{} [{}]{reason}", action.title(), action.status)));
    }
    if plugin.has_no_result() && view.skipped().is_none() {
        messages.push(("info".to_owned(), "it has not run".to_owned()));
    }
    let lines: Vec<_> = messages.iter().map(|(level, text)| (level.as_str(), text.as_str())).collect();
    compared.add(plugin.name(), None, plugin.status(), &lines);
    if let Some(parent) = view.skipped_because_of() {
        compared.add_skipped(plugin.name(), parent);
    }
    for component in view.components() {
        let levels: Vec<_> = component.messages.into_iter().flat_map(MessagesView::levels).collect();
        let lines: Vec<_> =
            levels.iter().flat_map(|(level, texts)| texts.iter().map(move |text| (*level, &**text))).collect();
        compared.add(plugin.name(), Some(&component.name), component.status, &lines);
    }
}

/// The lines of a plugin that shows what `uname` says, without the name of the host.
fn add_uname(facts: &mut Facts, place: HostNumber, plugin: &Plugin, view: &PluginView, mask: &Mask) {
    let names_it = |key: &str| {
        let text = view.parameters().and_then(|all| all.get(key)).and_then(Json::as_str).unwrap_or_default();
        text.split([' ', '.', '/']).any(|word| word.eq_ignore_ascii_case("uname"))
    };
    if !plugin.name().eq_ignore_ascii_case("uname") && !names_it("Module") && !names_it("Command") {
        return;
    }
    let texts = view.messages().into_iter().flat_map(MessagesView::levels).flat_map(|(_, texts)| texts);
    let lines: Vec<_> = texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
    for (number, line) in lines.iter().enumerate() {
        let name =
            if number == 0 { plugin.name().to_owned() } else { format!("{} line {}", plugin.name(), number + 1) };
        facts.add(place, FactKind::Uname, &name, &mask.without_names(line));
    }
}

/// The parameters of plugins that do not have the same ones everywhere.
fn add_parameters(facts: &mut Facts, parameters: &Parameters) {
    for (plugin, variants) in parameters.iter().filter(|(_, variants)| variants.len() > 1) {
        for (text, places) in variants {
            let Ok(all) = serde_json::from_str::<Map<String, Json>>(text) else { continue };
            for (key, value) in all {
                let value: String = printed(&value).chars().take(LONGEST_VALUE).collect();
                for place in places {
                    facts.add(*place, FactKind::Parameter, &format!("{key} of {plugin}"), &value);
                }
            }
        }
    }
}
