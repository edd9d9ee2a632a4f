//! Asks one host for a round.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, Finding, NotLoadedPlugins, PluginRun};
use smoker_model::verdict::baseline::Before;
use smoker_model::verdict::part::Part;
use smoker_model::verdict::past::Past;
use smoker_model::wire::not_loaded::NotLoaded;
use tokio::sync::Semaphore;

use crate::client::ask_error::AskError;
use crate::client::forced_run;
use crate::client::history;
use crate::client::host::{self, HostAnswer, HostLinks};
use crate::client::session::{ForcedRuns, Session};
use crate::client::unmet::{SeenParameters, unmet, unused_exclusions};
use crate::filter::Filter;
use crate::gate::drive::{Probed, Prober, UnderWay, WaitsFor};
use crate::gate::known::{Known, Shown, began};
use crate::inventory::address::HostAddress;
use crate::plugin::Plugin;
use crate::plugin::silenced::Silences;
use crate::plugin::value_text::member;
use crate::report::findings::{no_result, run_of_past, run_of_view};
use crate::report::history::PastResult;
use crate::transport::exchange::Transport;

/// Asks the daemons.
pub(super) struct DaemonProber<'a, T> {
    session: Session<'a, T>,
    addresses: &'a [HostAddress],
    filter: &'a Filter,
    before: &'a [Option<BTreeMap<Part, Before>>],
    /// Whether WARN is bad.
    warn_is_bad: bool,
    known: Vec<RefCell<Known>>,
    /// Whether a baseline says of each of its plugins whether the call would have selected it.
    is_told_by_baselines: bool,
    /// The names of all plugins of the fleet that have been seen.
    names: RefCell<BTreeSet<String>>,
    /// The parameters of those of hosts on which nothing is selected.
    parameters: RefCell<SeenParameters>,
    /// One permit for each host that is being asked for its plugins and to run some: its connection is kept meanwhile, and
    /// those of all hosts of a large fleet would exceed the limit on open files. Runs are waited for without it.
    asking: Semaphore,
}

impl<'a, T: Transport> DaemonProber<'a, T> {
    /// For these hosts. `before` says how each of them was; it is empty where that is not known. The other value is whether the baseline
    /// tells what the call would have selected then.
    pub(super) fn new(
        session: Session<'a, T>,
        addresses: &'a [HostAddress],
        filter: &'a Filter,
        (before, is_told_by_baselines): (&'a [Option<BTreeMap<Part, Before>>], bool),
        warn_is_bad: bool,
    ) -> Self {
        let known = addresses.iter().map(|_| RefCell::default()).collect();
        let asking = Semaphore::new(session.transport.parallel());
        Self {
            session,
            addresses,
            filter,
            before,
            warn_is_bad,
            known,
            is_told_by_baselines,
            names: RefCell::default(),
            parameters: RefCell::default(),
            asking,
        }
    }

    async fn round(&self, host: usize, settled: &BTreeSet<String>) -> Result<Probed, Silence> {
        self.wait_for(host, WaitsFor::Turn);
        // The semaphore is never closed, so this returns a permit.
        let permit = self.asking.acquire().await;
        self.wait_for(host, WaitsFor::Answer);
        let is_expected = settled.is_empty() || settled.len() < self.known[host].borrow().selected;
        let forces = ForcedRuns::Repeated { is_expected };
        let answer = host::ask(&Session { forces, ..self.session }, &self.addresses[host]).await;
        let HostAnswer { plugins, links, not_loaded, .. } = answer.map_err(|error| silent(&error.reason))?;
        let nothing = BTreeSet::new();
        // What another start of the daemon has shown says nothing of this one.
        let has_met_restart = self.known[host].borrow_mut().meets_restart(&links);
        let settled = if has_met_restart { &nothing } else { settled };
        let chosen = self.choose(&plugins)?;
        self.known[host].borrow_mut().selected = chosen.plugins.len();
        self.known[host].borrow_mut().silences = chosen.plugins.iter().filter_map(|plugin| plugin.silence()).collect();
        let shown = Shown::of(&chosen.plugins);
        let reconfigured = self.known[host].borrow_mut().reconfigured(&shown, has_met_restart);
        let is_done = |plugin: &&Plugin| settled.contains(plugin.name()) && !reconfigured.contains(plugin.name());
        let (done, mut open): (Vec<_>, Vec<_>) = chosen.plugins.iter().copied().partition(is_done);
        let fallen: Vec<_> = done.into_iter().filter(|plugin| self.has_fallen(host, plugin, &shown)).collect();
        open.extend(&fallen);
        self.known[host].borrow_mut().under_way.runs_settled = !fallen.is_empty() || !reconfigured.is_empty();
        self.known[host].borrow_mut().note_shown(open.iter().map(|plugin| plugin.name()), &shown);
        let wanted: Vec<_> =
            open.into_iter().filter(|plugin| plugin.has_name()).map(|plugin| plugin.name().to_owned()).collect();
        let mut runs = BTreeMap::new();
        if !wanted.is_empty() {
            let results = self.run(host, &links, &wanted, permit).await?;
            runs = self.runs_of(host, &wanted, &results);
        }
        for plugin in chosen.plugins.iter().filter(|plugin| !plugin.has_name()) {
            let reason = "the daemon's answer has a plugin without a name, which cannot be run";
            runs.insert(plugin.name().to_owned(), no_result(reason));
        }
        let past = if self.needs_past(host, &runs) { self.past(host, &links).await } else { None };
        let has: BTreeSet<_> = plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
        let selected: BTreeSet<_> = chosen.plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
        let answer = Answer::Answered {
            instance: links.instance.clone(),
            deselected: if self.is_told_by_baselines { &has - &selected } else { BTreeSet::new() },
            has,
            selected,
            missing: chosen.missing,
            runs,
            fallen: fallen.iter().map(|plugin| plugin.name().to_owned()).collect(),
            reconfigured,
            not_loaded: not_loaded.and_then(|not_loaded| self.may_mean(not_loaded)),
        };
        Ok(Probed { answer, past })
    }

    /// Has the daemon run plugins. One that lets this client force no more runs yet has answered: the round goes on when it does, without
    /// the place of other hosts meanwhile.
    async fn run<P>(
        &self,
        host: usize,
        links: &HostLinks,
        wanted: &[String],
        permit: P,
    ) -> Result<Vec<Plugin>, Silence> {
        let (mut permit, mut has_waited) = (Some(permit), false);
        let on_wait = |_| {
            permit = None;
            has_waited = true;
            self.wait_for(host, WaitsFor::Rate);
        };
        let failed = |error: AskError| silent(&error);
        let begun = forced_run::begin_run(&self.session, links, wanted.to_vec(), on_wait).await.map_err(failed)?;
        drop(permit);
        has_waited |= begun.is_running();
        self.wait_for(host, WaitsFor::Runs);
        let results = forced_run::run_results(&self.session, links, begun).await.map_err(failed)?;
        // A daemon that starts again counts its processes from the beginning, so that another run may have the number of this one.
        if has_waited && links.instance.is_some() {
            let instance = host::instance(&self.session, links).await.map_err(failed)?;
            if instance != links.instance {
                let reason = "its daemon was restarted while its plugins ran".to_owned();
                return Err(Silence { reason, is_restarting: true });
            }
        }
        Ok(results)
    }

    /// Notes what the round of a host waits for.
    fn wait_for(&self, host: usize, waits_for: WaitsFor) {
        self.known[host].borrow_mut().under_way.waits_for = waits_for;
    }

    /// The plugins that the call selects.
    fn choose<'p>(&self, plugins: &'p [Plugin]) -> Result<Chosen<'p>, Silence> {
        let mut names = self.names.borrow_mut();
        for plugin in plugins {
            if !names.contains(plugin.name()) {
                names.insert(plugin.name().to_owned());
            }
        }
        if let Some(key) = plugins.iter().find_map(|plugin| self.filter.masked_key(plugin)) {
            let reason = format!(
                "--filter '{key} ...': it does not show this value, which is secret, so nothing can be filtered by it"
            );
            return Err(Silence { reason, is_restarting: false });
        }
        let all = names.iter().map(String::as_str);
        let missing = if self.filter.names_what_is_wanted() {
            let own = || plugins.iter().map(Plugin::name);
            let wanted = self.filter.wanted_names(&all);
            wanted.into_iter().filter(|name| !name.is_among(own())).map(|name| name.typed).collect()
        } else {
            BTreeSet::new()
        };
        let filter = self.filter.resolve_names(&all);
        let selected: Vec<_> = plugins.iter().filter(|plugin| filter.selects(plugin)).collect();
        if selected.is_empty() && self.filter.has_parameters() {
            let mut parameters = self.parameters.borrow_mut();
            for plugin in plugins {
                parameters.add(plugin, self.filter);
            }
        }
        Ok(Chosen { plugins: selected, missing })
    }

    /// Those of plugins that are not loaded which the call may mean: nobody knows what it would choose them by but their names.
    fn may_mean(&self, NotLoaded { count, mut names }: NotLoaded) -> Option<NotLoadedPlugins> {
        let is_named = self.filter.names_what_is_wanted();
        // One that is named and does not stand in the header is missing on the host.
        let unnamed = if is_named { 0 } else { count.saturating_sub(names.len()) };
        let wanted = if is_named { self.filter.names.clone() } else { Vec::new() };
        let excluded_names = self.filter.excluded_names.clone();
        let filter = Filter { names: wanted, excluded_names, ..Filter::default() };
        let filter = filter.resolve_names(&names.iter().map(String::as_str));
        names.retain(|name| filter.selects(&Plugin::unconfigured(name)));
        let count = names.len() + unnamed;
        (count > 0).then_some(NotLoadedPlugins { count, names })
    }

    /// What the call asks for and no plugin has that has been seen, in words.
    pub(super) fn unmet(&self) -> String {
        let names = self.names.borrow();
        unmet(self.filter, &names.iter().map(String::as_str), &self.parameters.borrow())
    }

    /// The silences that the selected plugins were under when they were seen last.
    pub(super) fn silences(&self) -> Silences {
        let mut silences = Silences::default();
        for (host, known) in self.known.iter().enumerate() {
            known.borrow().silences.iter().for_each(|silence| silences.add(host, silence));
        }
        silences
    }

    /// What there is to say of excluded names that no plugin has that has been seen.
    pub(super) fn unused_exclusions(&self) -> Option<String> {
        unused_exclusions(self.filter, &self.names.borrow().iter().map(String::as_str))
    }

    /// Whether a plugin that need not run has a bad result of its own since its last run here.
    fn has_fallen(&self, host: usize, plugin: &Plugin, shown: &Shown) -> bool {
        let view = plugin.view();
        if view.result().is_none() || !self.known[host].borrow().has_other_result(plugin.name(), &view, shown) {
            return false;
        }
        let is_bad = |finding: &Finding| !finding.is_good_unless(self.warn_is_bad);
        let PluginRun { finding, components, .. } = run_of_view(&view);
        is_bad(&finding) || components.values().any(is_bad)
    }

    /// The results of the plugins that were to run.
    fn runs_of(&self, host: usize, wanted: &[String], results: &[Plugin]) -> BTreeMap<String, PluginRun> {
        let mut known = self.known[host].borrow_mut();
        let mut runs = BTreeMap::new();
        for name in wanted {
            let mut of_plugin = results.iter().filter(|plugin| plugin.name() == name && !plugin.has_no_result());
            // Of two with one name, neither may hide the other.
            let Some(plugin) = of_plugin.clone().find(|plugin| is_bad(plugin)).or_else(|| of_plugin.next()) else {
                runs.insert(name.clone(), no_result("its run gave no result"));
                continue;
            };
            let view = plugin.view();
            if let Some(began) = began(&view) {
                if known.first.as_ref().is_none_or(|first| began < *first) {
                    known.first = Some(began.clone());
                }
                known.ran.insert(name.clone(), began);
            }
            runs.insert(name.clone(), run_of_view(&view));
        }
        runs
    }

    /// Whether the journal could change what is said of these results: one is bad, or took longer than before.
    fn needs_past(&self, host: usize, runs: &BTreeMap<String, PluginRun>) -> bool {
        let before = self.before.get(host).and_then(Option::as_ref);
        let is_longer = |name: &str, finding: &Finding| {
            let seconds = before.and_then(|before| before.get(&Part::of_plugin(name))?.seconds);
            seconds.zip(finding.seconds).is_some_and(|(before, now)| now > 2.0 * before)
        };
        let is_odd = |(name, run): (&String, &PluginRun)| {
            let mut all = std::iter::once(&run.finding).chain(run.components.values());
            all.any(|finding| !finding.is_good_unless(self.warn_is_bad)) || is_longer(name, &run.finding)
        };
        !self.known[host].borrow().is_past_asked && runs.iter().any(is_odd)
    }

    /// What the journal says of the time before the first round.
    async fn past(&self, host: usize, links: &HostLinks) -> Option<BTreeMap<Part, Past>> {
        self.known[host].borrow_mut().is_past_asked = true;
        let results = match history::newest(&self.session, links).await {
            Ok(results) => results,
            Err(error) => {
                self.session.observer.request(&format!("Host {}: no past results: {error}", links.name));
                return None;
            }
        };
        let first = self.known[host].borrow().first.clone();
        Some(past_of(&results, first.as_deref(), self.warn_is_bad))
    }
}

/// The plugins of a host that the call selects, and the names that it does not have.
struct Chosen<'p> {
    plugins: Vec<&'p Plugin>,
    missing: BTreeSet<String>,
}

/// Why a host counts as silent.
struct Silence {
    reason: String,
    is_restarting: bool,
}

impl<T: Transport> Prober for DaemonProber<'_, T> {
    async fn probe(&self, host: usize, settled: BTreeSet<String>) -> Probed {
        let round = self.round(host, &settled).await;
        self.known[host].borrow_mut().under_way = UnderWay::default();
        round.unwrap_or_else(|Silence { reason, is_restarting }| Probed {
            answer: Answer::Silent { reason, is_restarting },
            past: None,
        })
    }

    fn under_way(&self, host: usize) -> UnderWay {
        self.known[host].borrow().under_way
    }
}

fn silent(error: &AskError) -> Silence {
    Silence { reason: error.to_string(), is_restarting: error.is_of_restart() }
}

fn is_bad(plugin: &Plugin) -> bool {
    !matches!(plugin.status(), Status::Ok | Status::Warn)
}

/// The past of each part before a time, by the rule of the call; results are newest first.
fn past_of(results: &[PastResult], before: Option<&str>, warn_is_bad: bool) -> BTreeMap<Part, Past> {
    let mut all: BTreeMap<Part, Past> = BTreeMap::new();
    for result in results.iter().filter(|result| !result.is_interrupted()) {
        let Some(content) = result.result() else { continue };
        let began = member(content, "lastRunUtc").or_else(|| member(content, "lastRun")).and_then(|it| it.as_str());
        if before.zip(began).is_some_and(|(before, began)| began >= before) {
            continue;
        }
        let run = run_of_past(result.plugin(), content);
        if run.finding.is_skipped {
            continue;
        }
        let mut note = |part: Part, finding: &Finding| {
            let past = all.entry(part).or_default();
            past.was_good.push(finding.is_good_unless(warn_is_bad));
            past.durations.extend(finding.seconds);
        };
        note(Part::of_plugin(result.plugin()), &run.finding);
        for (name, finding) in &run.components {
            note(Part::of_component(result.plugin(), name), finding);
        }
    }
    all
}
