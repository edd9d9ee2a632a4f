//! The states that make a call fail (`--exitcode`, `--fail-on`).

use smoker_model::counted::{counted, is_or_are};
use smoker_model::status::Status;
use smoker_model::verdict::budget::Budget;

use crate::plugin::{Plugin, run_facts};
use crate::report::{HostReport, Report};

/// A state by which a report can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailState {
    /// A plugin that is shown has this status. ERROR and UNKNOWN also hold for a status that cannot be read.
    Plugin(Status),
    /// A host could not be asked.
    Unreachable,
    /// A host lacks a plugin that `--plugins` names, or a forced run gave no result of one.
    Missing,
    /// The action of a result ended in ERROR.
    Action,
    /// A component is in ERROR although its plugin is not.
    Component,
}

/// Which states make a call fail, without any, none does; and on how many hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FailOn {
    states: Vec<FailState>,
    budget: Budget,
}

impl FailState {
    /// All states under the names that `--fail-on` takes.
    pub const ALL: [(&'static str, Self); 7] = [
        ("ERROR", Self::Plugin(Status::Error)),
        ("WARN", Self::Plugin(Status::Warn)),
        ("UNKNOWN", Self::Plugin(Status::Unknown)),
        ("UNREACHABLE", Self::Unreachable),
        ("MISSING", Self::Missing),
        ("action", Self::Action),
        ("component", Self::Component),
    ];

    /// Reads a name, in any case.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, state)| state)
    }

    fn is_in(self, host: &HostReport) -> bool {
        let any = |holds: &dyn Fn(&Plugin) -> bool| host.plugins().iter().any(holds);
        match self {
            Self::Plugin(Status::Error) => any(&|plugin| plugin.status() == Status::Error || !plugin.is_readable()),
            Self::Plugin(status) => any(&|plugin| plugin.status() == status),
            Self::Unreachable => host.error().is_some(),
            Self::Missing => !host.missing().is_empty(),
            Self::Action => any(&|plugin| !plugin.view().failed_actions().is_empty()),
            Self::Component => any(&|plugin| run_facts::has_overruled_component(&plugin.view())),
        }
    }
}

impl FailOn {
    /// These states.
    #[must_use]
    pub fn new(states: Vec<FailState>) -> Self {
        Self { states, budget: Budget::default() }
    }

    /// The same, where this number of hosts may be bad.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// What `--exitcode` alone looks at.
    #[must_use]
    pub fn exitcode() -> Self {
        Self::new(vec![FailState::Plugin(Status::Error), FailState::Unreachable, FailState::Missing])
    }

    /// Whether the exit code is a verdict on the hosts.
    #[must_use]
    pub fn is_verdict(&self) -> bool {
        !self.states.is_empty()
    }

    /// How many hosts of the report are in one of the states.
    #[must_use]
    pub fn bad_hosts(&self, report: &Report) -> usize {
        report.hosts().iter().filter(|host| self.states.iter().any(|state| state.is_in(host))).count()
    }

    /// Whether more hosts of the report are in one of the states than may be of the `asked` ones.
    #[must_use]
    pub fn fails(&self, report: &Report, asked: usize) -> bool {
        self.is_verdict() && !self.budget.is_kept(self.bad_hosts(report), asked)
    }

    /// How the hosts keep their budget, if there is one.
    #[must_use]
    pub fn budget_text(&self, report: &Report, asked: usize) -> Option<String> {
        let bad = self.bad_hosts(report);
        (self.budget != Budget::default())
            .then(|| format!("{bad} of {} {} bad; {}", counted(asked, "host"), is_or_are(bad), self.budget))
    }

    /// The bad states that hosts of the report are in although the call does not
    /// look at them: who names others may have forgotten these, and `--exitcode` does not look at components.
    #[must_use]
    pub fn overlooked(&self, report: &Report) -> Vec<&'static str> {
        let bad = Self::exitcode().states.into_iter().chain([FailState::Component]);
        let bad = bad.filter(|state| !self.states.contains(state));
        let held = bad.filter(|state| report.hosts().iter().any(|host| state.is_in(host)));
        held.filter_map(|state| FailState::ALL.into_iter().find(|(_, known)| *known == state))
            .map(|(name, _)| name)
            .collect()
    }

    /// Whether these are the states of `--exitcode`.
    #[must_use]
    pub fn is_exitcode(&self) -> bool {
        self.states == Self::exitcode().states
    }

    /// The same without MISSING.
    #[must_use]
    pub fn but_missing(&self) -> Self {
        let states = self.states.iter().copied().filter(|state| *state != FailState::Missing).collect();
        Self { states, budget: self.budget }
    }
}
