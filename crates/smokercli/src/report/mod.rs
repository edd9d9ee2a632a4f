//! The results of all hosts of a call.

pub mod findings;
pub mod history;

use std::borrow::Cow;
use std::collections::HashSet;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::report::history::PastResult;

/// The state of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HostState {
    /// The host answered; the worst status of its plugins.
    Known(Status),
    /// It could not be asked.
    Unreachable,
    /// It answered, and has none of the plugins that the call names.
    Missing,
}

impl HostState {
    /// All states in the order in which a summary counts them.
    pub const ALL: [Self; 6] = [
        Self::Unreachable,
        Self::Missing,
        Self::Known(Status::Error),
        Self::Known(Status::Warn),
        Self::Known(Status::Unknown),
        Self::Known(Status::Ok),
    ];

    /// The word that is printed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Known(status) => status.as_str(),
            Self::Unreachable => "UNREACHABLE",
            Self::Missing => MISSING,
        }
    }
}

/// The word for a plugin that a host should have and has not.
pub const MISSING: &str = "MISSING";

/// Why it is missing.
pub const NO_PLUGIN: &str = "the host has no such plugin, or its run gave no result";

/// The results of one host.
#[derive(Clone, Debug)]
pub struct HostReport {
    name: String,
    outcome: Result<Vec<Plugin>, String>,
    missing: Vec<String>,
    past: Vec<PastResult>,
    tells_reasons: bool,
}

impl HostReport {
    /// A host that answered, with the plugins to show in the daemon's order.
    #[must_use]
    pub fn reached(name: String, plugins: Vec<Plugin>) -> Self {
        Self { name, outcome: Ok(plugins), missing: Vec::new(), past: Vec::new(), tells_reasons: false }
    }

    /// The host without these plugins, which the call asks for and the host, or its forced run, has not.
    #[must_use]
    pub fn lacking(self, missing: Vec<String>) -> Self {
        Self { missing, ..self }
    }

    /// The host, of a daemon that is known to be one of this version or a later one, or not.
    #[must_use]
    pub fn telling_reasons(self, tells_reasons: bool) -> Self {
        Self { tells_reasons, ..self }
    }

    /// Whether texts for people say why a plugin has no result. Those about daemons of Smoker 2 stay as they were.
    #[must_use]
    pub fn tells_reasons(&self) -> bool {
        self.tells_reasons
    }

    /// The host with these results of the past, newest first.
    #[must_use]
    pub fn with_past(self, past: Vec<PastResult>) -> Self {
        Self { past, ..self }
    }

    /// The statuses that a plugin had in the past, as far as they were asked for, newest first.
    #[must_use]
    pub fn past_of(&self, plugin: &str) -> Vec<Status> {
        self.past.iter().filter(|result| result.plugin() == plugin).map(PastResult::status).collect()
    }

    /// A host that could not be asked, and why.
    #[must_use]
    pub fn unreachable(name: String, reason: String) -> Self {
        Self { name, outcome: Err(reason), missing: Vec::new(), past: Vec::new(), tells_reasons: false }
    }

    /// The same host under another name.
    #[must_use]
    pub fn renamed(self, name: String) -> Self {
        Self { name, ..self }
    }

    /// The name that the daemon gave, or else the address as it was typed.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The plugins in the daemon's order; empty for a host that could not be asked.
    #[must_use]
    pub fn plugins(&self) -> &[Plugin] {
        self.outcome.as_deref().unwrap_or_default()
    }

    /// The plugins by name, in code point order.
    #[must_use]
    pub fn sorted_plugins(&self) -> Vec<&Plugin> {
        let mut plugins: Vec<_> = self.plugins().iter().collect();
        plugins.sort_by(|a, b| a.name().cmp(b.name()));
        plugins
    }

    /// The names of the plugins whose runs are skipped because of this one.
    #[must_use]
    pub fn skipped_because_of(&self, parent: &str) -> Vec<String> {
        let is_because = |plugin: &&Plugin| {
            plugin.has_no_result() && plugin.view().skipped_because_of().is_some_and(|name| name == parent)
        };
        self.sorted_plugins().into_iter().filter(is_because).map(|plugin| plugin.name().to_owned()).collect()
    }

    /// The names of the plugins that the call asks for and the host has not.
    #[must_use]
    pub fn missing(&self) -> &[String] {
        &self.missing
    }

    /// A line about the actions that failed; `None` when none did.
    #[must_use]
    pub fn failed_actions(&self) -> Option<String> {
        let mut parts = Vec::new();
        for plugin in self.sorted_plugins().into_iter().filter(|plugin| plugin.may_have_actions()) {
            let view = plugin.view();
            for action in view.failed_actions() {
                let reason = action.reason().map_or(String::new(), |reason| format!(" ({reason})"));
                let name = action.name.map_or(String::new(), |name| format!(" {name}"));
                parts.push(format!("{}{name}{reason}", plugin.name()));
            }
        }
        (!parts.is_empty()).then(|| format!("Host {}: action [ERROR] of {}", self.name, parts.join(", ")))
    }

    /// Why the host could not be asked.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.outcome.as_ref().err().map(String::as_str)
    }

    /// A line about the plugins whose status cannot be read; `None` without any.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        let plugins = self.sorted_plugins().into_iter().filter(|plugin| !plugin.is_readable());
        let reason = |plugin: &Plugin| plugin.view().unreadable().unwrap_or_default();
        let parts: Vec<_> = plugins.map(|plugin| format!("{} ({})", plugin.name(), reason(plugin))).collect();
        (!parts.is_empty()).then(|| format!("Host {}: no status of {}", self.name, parts.join(", ")))
    }

    /// ERROR if any plugin is, else UNKNOWN if the status of any cannot be read, else WARN if any is, else OK if any
    /// has run, else UNKNOWN; MISSING if it has none.
    #[must_use]
    pub fn state(&self) -> HostState {
        let Ok(plugins) = &self.outcome else { return HostState::Unreachable };
        if plugins.is_empty() && !self.missing.is_empty() {
            return HostState::Missing;
        }
        let any = |status| plugins.iter().any(|plugin| plugin.status() == status);
        if !any(Status::Error) && plugins.iter().any(|plugin| !plugin.is_readable()) {
            return HostState::Known(Status::Unknown);
        }
        let worst = [Status::Error, Status::Warn, Status::Ok].into_iter().find(|status| any(*status));
        HostState::Known(worst.unwrap_or(Status::Unknown))
    }
}

/// The hosts to print, in the order of the command line.
#[derive(Clone, Debug)]
pub struct Report {
    hosts: Vec<HostReport>,
}

impl Report {
    /// A report of these hosts, whose names are all different.
    #[must_use]
    pub fn new(hosts: Vec<HostReport>) -> Self {
        Self { hosts }
    }

    /// The hosts in the order of the command line.
    #[must_use]
    pub fn hosts(&self) -> &[HostReport] {
        &self.hosts
    }

    /// The hosts by name, in code point order.
    #[must_use]
    pub fn sorted_hosts(&self) -> Vec<&HostReport> {
        let mut hosts: Vec<_> = self.hosts.iter().collect();
        hosts.sort_by(|a, b| a.name.cmp(&b.name));
        hosts
    }

    /// Without the hosts that have nothing but missing plugins, which the recorded formats do not know.
    #[must_use]
    pub fn without_missing(&self) -> Cow<'_, Self> {
        let is_known = |host: &&HostReport| host.state() != HostState::Missing;
        // The report of a large fleet is not to be in memory twice.
        if self.hosts.iter().all(|host| is_known(&host)) {
            return Cow::Borrowed(self);
        }
        Cow::Owned(Self::new(self.hosts.iter().filter(is_known).cloned().collect()))
    }

    /// How many of the `asked` hosts are in which state, such as `3 hosts: 1 UNREACHABLE, 2 OK`.
    #[must_use]
    pub fn summary(&self, asked: usize) -> String {
        let mut counts: Vec<_> = HostState::ALL
            .into_iter()
            .map(|state| (state, self.hosts.iter().filter(|host| host.state() == state).count()))
            .filter(|(_, count)| *count > 0)
            .map(|(state, count)| format!("{count} {}", state.as_str()))
            .collect();
        let silent = asked.saturating_sub(self.hosts.len());
        if silent > 0 {
            counts.push(format!("{silent} without such plugins"));
        }
        format!("{asked} hosts: {}", counts.join(", "))
    }
}

/// Gives each host a name of its own: of several daemons that report one
/// name, all but the first are shown as `NAME (ADDRESS)`.
#[must_use]
pub fn distinct_names<'a>(hosts: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut taken = HashSet::new();
    hosts
        .map(|(name, address)| {
            let name = if taken.contains(name) { format!("{name} ({address})") } else { name.to_owned() };
            taken.insert(name.clone());
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_daemon_of_a_name_is_distinguished_by_its_address() {
        let hosts = [("twin", "a:1"), ("twin", "b:1"), ("other", "c:1"), ("twin", "d:1")];
        assert_eq!(distinct_names(hosts.into_iter()), ["twin", "twin (b:1)", "other", "twin (d:1)"]);
    }
}
