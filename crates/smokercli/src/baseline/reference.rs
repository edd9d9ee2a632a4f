//! A baseline as a call compares with it: how its hosts were, of the plugins that it selects.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::Path;

use chrono::{DateTime, Utc};
use reqwest::Url;
use serde_json::json;
use serde_json::value::to_raw_value;
use smoker_model::counted::counted;
use smoker_model::suggest;
use smoker_model::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Before};
use smoker_model::verdict::part::Part;
use smoker_paths::regular;

use crate::error::ExitError;
use crate::filter::{Filter, FilterMode};
use crate::inventory::address::host_and_port;
use crate::inventory::fold::listed;
use crate::inventory::inventory_host::InventoryHost;
use crate::plugin::Plugin;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::terminal::sanitize;

/// The parameters of plugins that a baseline has: those that options choose by.
pub(super) const KEPT_PARAMETERS: [&str; 4] = ["Type", "Category", "Component", "RunOnLocked"];

/// How many names of hosts are printed.
const LISTED: usize = 5;

/// How a host was, of the plugins that the call selects; none when that is not known.
pub(crate) type HostBefore = Option<BTreeMap<Part, Before>>;

/// What a baseline has, and a call does not compare with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// How many plugins and components of the hosts of the call its options do not select.
    pub(crate) parts: usize,
    /// The hosts that the call does not ask.
    pub(crate) hosts: Vec<String>,
}

impl LeftOut {
    /// The same in words; none when everything is compared.
    pub(crate) fn text(&self) -> Option<String> {
        let parts = (self.parts > 0).then(|| {
            let what = if self.parts == 1 { "plugin or component" } else { "plugins and components" };
            format!("{} {what} of the baseline, which the options do not select", self.parts)
        });
        let hosts = (!self.hosts.is_empty()).then(|| {
            let names: Vec<_> = self.hosts.iter().map(String::as_str).collect();
            format!(
                "{} of the baseline, which the call does not ask: {}",
                counted(names.len(), "host"),
                listed(&names, LISTED)
            )
        });
        let all: Vec<_> = parts.into_iter().chain(hosts).collect();
        (!all.is_empty()).then(|| format!("not looked at: {}", all.join("; ")))
    }
}

/// A baseline, as a call compares with it.
#[derive(Debug)]
pub(crate) struct Reference {
    /// How each host of the call was.
    pub(crate) before: Vec<HostBefore>,
    pub(crate) left_out: LeftOut,
    /// Whether it has all that the call chooses by, so that what it has and the call does not select was selected before.
    pub(crate) tells_choice: bool,
}

/// Reads a baseline.
///
/// # Errors
///
/// When it cannot be used, or has none of the hosts.
pub(crate) fn read(path: &Path, targets: &Targets, filter: &Filter, console: &Console) -> Result<Reference, ExitError> {
    let baseline = load(path)?;
    let hosts = targets.selection.hosts();
    let found: Vec<_> = hosts.iter().map(|host| baseline.host(&key(host), &host.address.label, None)).collect();
    if found.iter().all(Option::is_none) {
        return Err(failed(
            path,
            &format!("it has none of the {} of this call; make one of them", counted(hosts.len(), "host")),
        ));
    }
    tell_unknown(hosts, &found, console);
    if let Some(text) = age_text(&baseline, Utc::now()) {
        console.info(&sanitize::line(&format!("the baseline {} is {text}", path.display())));
    }
    let asked: HashSet<_> = found.iter().flatten().map(|host| std::ptr::from_ref(*host)).collect();
    let is_asked = |host: &BaselineHost| asked.contains(&std::ptr::from_ref(host));
    let mut left_out = LeftOut { parts: 0, hosts: Vec::new() };
    left_out.hosts.extend(baseline.hosts.iter().filter(|host| !is_asked(host)).map(|host| host.host.clone()));
    // A baseline of other options does not know of plugins that it did not select.
    let is_of_same_options = baseline.selects == filter.selection();
    let knows_all = baseline.selects.is_none() || is_of_same_options;
    let before = found.into_iter().map(|host| {
        // By the same options all that it has was selected, whatever its parameters are by now.
        let selected = if is_of_same_options { before(host?, &Filter::default()) } else { before(host?, filter) };
        let all = host?.known_parts();
        left_out.parts += all.as_ref().map_or(0, BTreeMap::len) - selected.as_ref().map_or(0, BTreeMap::len);
        selected.filter(|selected| knows_all || !selected.is_empty())
    });
    let before = before.collect();
    Ok(Reference { before, left_out, tells_choice: is_of_same_options || tells(filter) })
}

/// Whether a baseline of other options has all that the filter chooses by.
fn tells(filter: &Filter) -> bool {
    filter.tests.iter().all(|test| KEPT_PARAMETERS.contains(&test.key.as_str()))
}

/// Leaves the plugins that the filter selects.
pub(crate) fn select(baseline: &mut Baseline, filter: &Filter) {
    if filter != &Filter::default() {
        for host in &mut baseline.hosts {
            keep_selected(&mut host.plugins, filter);
        }
    }
}

/// Looks whether any of the baselines has each plugin that the filter names.
///
/// # Errors
///
/// The first name that none has, with a near one.
pub(crate) fn check_names(baselines: [&Baseline; 2], filter: &Filter) -> Result<(), ExitError> {
    if !filter.names_what_is_wanted() {
        return Ok(());
    }
    let plugins = baselines.iter().flat_map(|baseline| &baseline.hosts).flat_map(|host| &host.plugins);
    let names: BTreeSet<_> = plugins.map(|plugin| plugin.name.as_str()).collect();
    let wanted = filter.wanted_names(&names.iter().copied());
    let Some(unknown) = wanted.into_iter().find(|name| name.names.is_empty()) else { return Ok(()) };
    let known: Vec<_> = names.into_iter().collect();
    let near = suggest::near(&unknown.typed, &known).map_or(String::new(), |near| format!("; did you mean {near}?"));
    Err(ExitError::new(format!("no host of either baseline has the plugin {}{near}", unknown.typed)))
}

/// Reads a baseline.
///
/// # Errors
///
/// When it cannot be used.
pub(crate) fn load(path: &Path) -> Result<Baseline, ExitError> {
    let text = if path == Path::new("-") {
        io::read_to_string(io::stdin())
    } else {
        let file = if path.starts_with("/dev/fd") { std::fs::File::open(path) } else { regular::open(path) };
        file.and_then(io::read_to_string)
    };
    let text = text.map_err(|error| {
        let is_absent = error.kind() == io::ErrorKind::NotFound;
        let cure =
            if is_absent { "; smokercli baseline makes one, before the change that is to be judged" } else { "" };
        failed(path, &format!("{error}{cure}"))
    })?;
    Baseline::parse(&text).map_err(|reason| failed(path, &reason))
}

fn failed(path: &Path, reason: &str) -> ExitError {
    ExitError::new(format!("cannot use the baseline {}: {reason}", path.display()))
}

/// Host and port of a daemon, and the path below which it is where others are at the same port, by which a baseline knows it.
pub(super) fn key(host: &InventoryHost) -> String {
    let key = |url: &Url| {
        let (host, port) = host_and_port(url)?;
        Some(format!("{host}:{port}{}", url.path().trim_end_matches('/')))
    };
    host.address.page.as_ref().ok().and_then(key).unwrap_or_else(|| host.address.label.clone())
}

/// Of which day a baseline is, when that is longer ago than a day.
fn age_text(baseline: &Baseline, now: DateTime<Utc>) -> Option<String> {
    let then = baseline.at.as_deref().unwrap_or(&baseline.made);
    let days = (now - DateTime::parse_from_rfc3339(then).ok()?.to_utc()).num_days();
    (days > 0).then(|| {
        let age = counted(usize::try_from(days).unwrap_or_default(), "day");
        format!("of {then}, {age} ago: what has broken by itself since then counts as a new failure")
    })
}

/// Hosts of which a baseline does not know how they were have to be good, as without one.
fn tell_unknown(hosts: &[InventoryHost], found: &[Option<&BaselineHost>], console: &Console) {
    let is_unknown = |found: Option<&BaselineHost>| found.is_none_or(|host| host.error.is_some());
    let unknown: Vec<_> = hosts
        .iter()
        .zip(found)
        .filter(|(_, found)| is_unknown(**found))
        .map(|(host, _)| host.address.label.as_str())
        .collect();
    if !unknown.is_empty() {
        let names = listed(&unknown, LISTED);
        console.warn(&format!("the baseline does not know how {} of the hosts were: {names}", unknown.len()));
    }
}

fn before(host: &BaselineHost, filter: &Filter) -> HostBefore {
    let mut host = host.clone();
    keep_selected(&mut host.plugins, filter);
    // Plugins without a result were selected, and nothing is known of them: that is not a host on which nothing was.
    host.known_parts().filter(|parts| !parts.is_empty() || host.plugins.is_empty())
}

fn keep_selected(plugins: &mut Vec<BaselinePlugin>, filter: &Filter) {
    let names = plugins.iter().map(|plugin| plugin.name.as_str());
    let filter = filter.resolve_names(&names);
    plugins.retain(|plugin| may_select(&filter, plugin));
}

/// Whether the filter selects a plugin, as far as the baseline can tell: it has few parameters. What it cannot tell is
/// selected, since what is not there any more must not go by unseen.
fn may_select(filter: &Filter, plugin: &BaselinePlugin) -> bool {
    let (known, unknown): (Vec<_>, Vec<_>) =
        filter.tests.iter().cloned().partition(|test| KEPT_PARAMETERS.contains(&test.key.as_str()));
    if !unknown.is_empty() && filter.mode == FilterMode::Drop {
        return !filter.excluded_names.contains(&plugin.name);
    }
    let filter = Filter { tests: known, ..filter.clone() };
    let object = json!({"name": plugin.name, "parameters": plugin.parameters, "lastResult": null});
    filter.selects(&Plugin::parse(to_raw_value(&object).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use smoker_model::status::Status;

    use super::*;
    use crate::filter::ParameterTest;
    use smoker_model::verdict::baseline::Source;

    #[test]
    fn a_baseline_of_long_ago_is_told_with_its_age() {
        let made = |made: &str, at: Option<&str>| Baseline {
            version: 1,
            made: made.to_owned(),
            source: Source::Forced,
            at: at.map(str::to_owned),
            selects: None,
            hosts: Vec::new(),
        };
        let now = DateTime::parse_from_rfc3339("2026-11-29T10:00:00Z").expect("a time").to_utc();
        let (today, old) = ("2026-11-28T10:00:01Z", "2026-11-20T09:00:00+02:00");
        assert_eq!(age_text(&made(today, None), now), None);
        assert_eq!(age_text(&made("2026-12-01T10:00:00Z", None), now), None, "by a clock that is fast");
        let told = age_text(&made(old, None), now).expect("old");
        assert!(told.starts_with("of 2026-11-20T09:00:00+02:00, 9 days ago: "), "{told}");
        assert!(age_text(&made(today, Some(old)), now).is_some(), "it was made after the fact");
    }

    #[test]
    fn daemons_behind_one_port_are_told_apart_by_their_paths() {
        let of = |typed: &str| {
            let address = crate::inventory::address::HostAddress::parse(typed, "8086");
            key(&InventoryHost { address, groups: BTreeSet::new(), labels: BTreeMap::default() })
        };
        assert_eq!(of("http://proxy/web1/"), "proxy:80/web1");
        assert_eq!(
            (of("web7"), of("http://web7:8086/"), of("https://web7:8086")),
            ("web7:8086".into(), "web7:8086".into(), "web7:8086".into())
        );
    }

    #[test]
    fn what_a_baseline_cannot_tell_is_selected() {
        let plugin = BaselinePlugin {
            name: "Disk".to_owned(),
            status: Status::Ok,
            seconds: None,
            message: None,
            parameters: [("Category".to_owned(), json!("system"))].into(),
            components: BTreeMap::new(),
        };
        let filter = |test: &str, mode| Filter {
            tests: vec![ParameterTest::parse(test).expect("a test")],
            mode,
            ..Filter::default()
        };
        for (test, mode, expected) in [
            ("Category system", FilterMode::Keep, true),
            ("Category web", FilterMode::Keep, false),
            ("Component x", FilterMode::Keep, false),
            ("Team x", FilterMode::Keep, true),
            ("Category system", FilterMode::Drop, false),
            ("Team x", FilterMode::Drop, true),
        ] {
            assert_eq!(may_select(&filter(test, mode), &plugin), expected, "{test} {mode:?}");
        }
        let smoke = Filter { types: vec!["smokeTest".to_owned()], ..Filter::default() };
        assert!(!may_select(&smoke, &plugin));
    }
}
