//! Answers of hosts that tests make up.

use std::collections::{BTreeMap, BTreeSet};

use smoker_model::status::Status;
use smoker_model::verdict::answer::{Answer, Finding, PluginRun};

use crate::gate::drive::Probed;

/// A result with this status, without a message.
pub(super) fn finding(status: Status, seconds: Option<f64>) -> Finding {
    Finding { status, seconds, message: None, is_skipped: false }
}

/// A run with this status, and no component.
pub(super) fn run(status: Status, seconds: Option<f64>) -> PluginRun {
    PluginRun { finding: finding(status, seconds), components: BTreeMap::new() }
}

/// The answer of a host that has these plugins, of which the call selects all. `runs` are the results of those that have run.
pub(super) fn answer(instance: Option<&str>, has: BTreeSet<String>, runs: BTreeMap<String, PluginRun>) -> Answer {
    Answer::Answered {
        instance: instance.map(str::to_owned),
        selected: has.clone(),
        has,
        deselected: BTreeSet::new(),
        missing: BTreeSet::new(),
        runs,
        fallen: BTreeSet::new(),
        reconfigured: BTreeSet::new(),
        not_loaded: None,
    }
}

/// The answer of a host with one plugin, which has run unless it is settled.
pub(super) fn one_plugin(status: Status, settled: &BTreeSet<String>) -> Probed {
    let names = BTreeSet::from(["Web".to_owned()]);
    let wanted = names.iter().filter(|name| !settled.contains(*name));
    let runs = wanted.map(|name| (name.clone(), run(status, None))).collect();
    Probed { answer: answer(None, names, runs), past: None }
}
