//! The answers of a round.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use smoker_model::counted::counted;
use smoker_model::status::Status;
use smokercli::client::fleet::FleetAnswer;
use smokercli::plugin::Plugin;
use smokercli::report::HostState;

/// The answers of all hosts, those that are odd first.
#[derive(Debug)]
pub(crate) struct Snapshot {
    /// When the last answer of the round was there.
    pub(crate) at: DateTime<Utc>,
    /// The hosts: those that do not answer, then those with the worst plugins.
    pub(crate) hosts: Vec<Host>,
    /// The names of all plugins: those that are not OK on most hosts first.
    pub(crate) plugins: Vec<String>,
}

/// A host of a round.
#[derive(Debug)]
pub(crate) struct Host {
    /// The name that the daemon gave, or else the address as it was typed; no other host has it.
    pub(crate) name: String,
    /// The state: the worst of the plugins, or that it does not answer.
    pub(crate) state: HostState,
    /// Why it does not answer.
    pub(crate) error: Option<String>,
    /// The plugins, in the order of the daemon.
    pub(crate) plugins: Vec<Plugin>,
}

/// The newest snapshot; none before the first round has ended.
#[derive(Clone, Debug, Default)]
pub(crate) struct Newest(Arc<Mutex<Option<Arc<Snapshot>>>>);

impl Newest {
    pub(crate) fn get(&self) -> Option<Arc<Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn set(&self, snapshot: Snapshot) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
    }
}

impl Snapshot {
    /// The snapshot of these answers.
    pub(crate) fn of(answers: Vec<FleetAnswer>, at: DateTime<Utc>) -> Self {
        let mut hosts: Vec<_> = answers.into_iter().map(host).collect();
        hosts.sort_by(|a, b| rank(a.state).cmp(&rank(b.state)).then_with(|| a.name.cmp(&b.name)));
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for plugin in hosts.iter().flat_map(|host| &host.plugins) {
            *counts.entry(plugin.name()).or_default() += usize::from(plugin.status() != Status::Ok);
        }
        let mut plugins: Vec<_> = counts.into_iter().collect();
        plugins.sort_by_key(|(_, bad)| Reverse(*bad));
        let plugins = plugins.into_iter().map(|(name, _)| name.to_owned()).collect();
        Self { at, hosts, plugins }
    }

    /// The host of this name.
    pub(crate) fn host(&self, name: &str) -> Option<&Host> {
        self.hosts.iter().find(|host| host.name == name)
    }

    /// How many hosts are in each state, in words.
    pub(crate) fn summary(&self) -> String {
        let count = |state| self.hosts.iter().filter(|host| host.state == state).count();
        let counts = HostState::ALL.into_iter().map(|state| (state, count(state))).filter(|(_, count)| *count > 0);
        let counts: Vec<_> = counts.map(|(state, count)| format!("{count} {}", state.as_str())).collect();
        format!("{}: {}", counted(self.hosts.len(), "host"), counts.join(", "))
    }
}

fn host(answer: FleetAnswer) -> Host {
    let FleetAnswer { name, plugins, .. } = answer;
    match plugins {
        Ok(plugins) => {
            let worst = WORST_FIRST.into_iter().find(|status| plugins.iter().any(|plugin| plugin.status() == *status));
            Host { name, state: HostState::Known(worst.unwrap_or(Status::Unknown)), error: None, plugins }
        }
        Err(reason) => Host { name, state: HostState::Unreachable, error: Some(reason), plugins: Vec::new() },
    }
}

/// The order of hosts, as the page of one host has it for plugins.
const WORST_FIRST: [Status; 4] = [Status::Error, Status::Unknown, Status::Warn, Status::Ok];

/// The place of a state among others: the worst come first.
pub(crate) fn rank(state: HostState) -> usize {
    match state {
        HostState::Unreachable | HostState::Missing => 0,
        HostState::Known(status) => 1 + WORST_FIRST.iter().position(|other| *other == status).unwrap_or_default(),
    }
}
