//! What a gate has seen so far, and how it stands.

use std::collections::{BTreeMap, BTreeSet};

use crate::verdict::answer::Answer;
use crate::verdict::baseline::Before;
use crate::verdict::budget::Budget;
use crate::verdict::host_rounds::{Contact, HostRounds, Standing};
use crate::verdict::part::Part;
use crate::verdict::part_rounds::PartRounds;
use crate::verdict::past::Past;

/// What a gate asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// How many good rounds in a row settle a part.
    pub settle: u32,
    /// How many hosts may be bad.
    pub budget: Budget,
    /// Whether what was bad before counts, too.
    pub strict: bool,
    /// Whether WARN is bad.
    pub warn_is_bad: bool,
}

/// What a gate has seen so far.
#[derive(Debug)]
pub struct Rounds {
    pub(super) settings: Settings,
    pub(super) hosts: Vec<HostRounds>,
    /// How each host stands. It is worked out when the host has answered, not each time that somebody asks.
    summaries: Vec<HostSummary>,
    /// How many hosts there are of each summary.
    counts: BTreeMap<HostSummary, usize>,
    /// Hosts that are bad, as they are counted.
    pub(super) bad: BTreeSet<usize>,
    /// Hosts that did not answer when they were asked last.
    pub(super) silent: BTreeSet<usize>,
    /// How many hosts do not have it, of each name that the call asks for and some do not.
    missing: BTreeMap<String, usize>,
    /// The names of the plugins that any host had before, in lower case.
    had_before: BTreeSet<String>,
}

/// How a host stands, and what else is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a host that are counted each by itself")]
struct HostSummary {
    standing: HostStanding,
    is_restarting: bool,
    /// Whether something that counts is bad.
    has_bad: bool,
    /// Whether the host has shown anything that is judged.
    has_parts: bool,
    /// Whether it answered and has any plugin.
    has_plugins: bool,
    /// Whether it answered and the call selects any of them.
    has_selected: bool,
}

/// How a gate stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateStanding {
    /// Something may yet settle.
    Open,
    /// Everything that counts is settled, or as bad as the budget allows.
    Settled,
    /// What was good is gone, and no daemon is left whose configuration has it: nothing could recover without a reload.
    Lost,
    /// Every host answers and has plugins, and what the call selects, or one that it names, is on none of them and was on none before: a
    /// name that was mistyped, or a plugin that is still to come.
    Unselected,
}

/// How many hosts and parts are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The hosts of the gate.
    pub hosts: usize,
    /// Hosts of which everything that counts is settled.
    pub settled: usize,
    /// Hosts that do not answer.
    pub silent: usize,
    /// Silent hosts that look as if they were starting again.
    pub restarting: usize,
    /// Hosts that answer, and of which something that counts is bad or gone.
    pub bad: usize,
}

/// How a host stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HostStanding {
    Settled,
    Silent,
    /// Something of it may yet settle.
    Open,
    /// Everything that is not settled has been bad or gone for long enough.
    Bad,
    /// Everything that is not settled is of plugins that the configuration does not have.
    Gone,
}

impl HostSummary {
    /// Whether the host answers, and something of it that counts is bad or gone.
    fn is_bad(self) -> bool {
        match self.standing {
            HostStanding::Bad | HostStanding::Gone => true,
            HostStanding::Open => self.has_bad,
            HostStanding::Settled | HostStanding::Silent => false,
        }
    }
}

/// The names of all plugins that hosts had, in lower case.
fn plugins_of(before: &[Option<BTreeMap<Part, Before>>]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for part in before.iter().flatten().flat_map(BTreeMap::keys).filter(|part| part.component.is_none()) {
        let name = part.plugin.to_lowercase();
        if !names.contains(&name) {
            names.insert(name);
        }
    }
    names
}

impl Rounds {
    /// For this number of hosts. `before` says how each of them was, of the plugins that the call selects.
    #[must_use]
    pub fn new(settings: Settings, hosts: usize, before: Option<Vec<Option<BTreeMap<Part, Before>>>>) -> Self {
        let before = before.unwrap_or_default();
        let had_before = plugins_of(&before);
        let mut before = before.into_iter();
        let host = |_| HostRounds::new(before.next().flatten(), settings.warn_is_bad);
        let unasked = HostSummary {
            standing: HostStanding::Silent,
            is_restarting: false,
            has_bad: false,
            has_parts: false,
            has_plugins: false,
            has_selected: false,
        };
        Self {
            settings,
            hosts: (0..hosts).map(host).collect(),
            summaries: vec![unasked; hosts],
            counts: [(unasked, hosts)].into(),
            bad: BTreeSet::new(),
            silent: BTreeSet::new(),
            missing: BTreeMap::new(),
            had_before,
        }
    }

    /// Notes what the journal of a host says of its parts.
    pub fn note_past(&mut self, host: usize, past: BTreeMap<Part, Past>) {
        self.hosts[host].past = past;
    }

    /// Takes the answer of a host in its next round.
    pub fn record(&mut self, host: usize, answer: Answer) {
        let missed = self.hosts[host].missing.clone();
        self.hosts[host].record(answer);
        self.count_missing(host, &missed);
        let summary = self.summary(&self.hosts[host]);
        let is_silent = matches!(self.hosts[host].contact, Contact::Silent { .. });
        for (set, is_in) in [(&mut self.bad, summary.is_bad()), (&mut self.silent, is_silent)] {
            if is_in {
                set.insert(host);
            } else {
                set.remove(&host);
            }
        }
        let old = std::mem::replace(&mut self.summaries[host], summary);
        if let Some(count) = self.counts.get_mut(&old) {
            *count -= 1;
        }
        *self.counts.entry(summary).or_default() += 1;
    }

    /// Counts the names that a host does not have, which were others before.
    fn count_missing(&mut self, host: usize, before: &BTreeSet<String>) {
        let now = &self.hosts[host].missing;
        for name in before.difference(now) {
            if let Some(count) = self.missing.get_mut(name) {
                *count -= 1;
            }
        }
        for name in now.difference(before) {
            *self.missing.entry(name.clone()).or_default() += 1;
        }
    }

    fn summary(&self, host: &HostRounds) -> HostSummary {
        let (has_plugins, has_selected) = match host.contact {
            Contact::Answered { has_plugins, has_selected } => (has_plugins, has_selected),
            Contact::Unasked | Contact::Silent { .. } => (false, false),
        };
        HostSummary {
            has_plugins,
            has_selected,
            standing: self.host_standing(host),
            is_restarting: matches!(host.contact, Contact::Silent { is_restarting: true, .. }),
            has_bad: self.has_bad(host),
            has_parts: !host.parts.is_empty(),
        }
    }

    /// How many hosts there are of which this holds.
    fn count(&self, holds: impl Fn(HostSummary) -> bool) -> usize {
        self.counts.iter().filter(|(summary, _)| holds(**summary)).map(|(_, count)| count).sum()
    }

    /// The plugins of a host that need not run again.
    #[must_use]
    pub fn settled_plugins(&self, host: usize) -> BTreeSet<String> {
        self.hosts[host].settled_plugins(self.settings.settle)
    }

    /// Whether everything of a host that counts is settled.
    #[must_use]
    pub fn is_settled(&self, host: usize) -> bool {
        self.summaries[host].standing == HostStanding::Settled
    }

    /// Whether no round of a host has ended.
    #[must_use]
    pub fn is_unasked(&self, host: usize) -> bool {
        self.hosts[host].contact == Contact::Unasked
    }

    /// Whether a host has answered, and some of what it answered last was good and is not settled yet.
    #[must_use]
    pub fn is_recovering(&self, host: usize) -> bool {
        let settle = self.settings.settle;
        let host = &self.hosts[host];
        let is_rising = |rounds: &PartRounds| (1..settle).contains(&rounds.good_in_row) && !rounds.is_bad;
        matches!(host.contact, Contact::Answered { .. })
            && (host.parts.values().any(is_rising) || host.vanished.open(settle).next().is_some())
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self) -> GateStanding {
        // A host that is silent or may recover is waited for, whatever the budget.
        if self.count(|it| matches!(it.standing, HostStanding::Silent | HostStanding::Open)) > 0 {
            return GateStanding::Open;
        }
        let bad = self.count(|it| it.standing != HostStanding::Settled);
        let is_anything = self.count(|it| it.has_parts) > 0;
        if is_anything && self.settings.budget.is_kept(bad, self.hosts.len()) {
            return GateStanding::Settled;
        }
        let is_lost = bad > 0 && self.count(|it| it.standing == HostStanding::Bad) == 0;
        if is_lost {
            GateStanding::Lost
        } else if self.selects_unknown() {
            GateStanding::Unselected
        } else {
            GateStanding::Open
        }
    }

    /// Whether every host has plugins, and none has what the call selects, or one that it names, nor had it before.
    fn selects_unknown(&self) -> bool {
        let hosts = self.hosts.len();
        let is_nothing = || self.had_before.is_empty() && self.count(|it| it.has_selected) == 0;
        let is_nowhere =
            |(name, count): (&String, &usize)| *count == hosts && !self.had_before.contains(&name.to_lowercase());
        self.count(|it| it.has_plugins) == hosts && (self.missing.iter().any(is_nowhere) || is_nothing())
    }

    /// How many hosts are in which state.
    #[must_use]
    pub fn progress(&self) -> Progress {
        Progress {
            hosts: self.hosts.len(),
            settled: self.count(|it| it.standing == HostStanding::Settled),
            silent: self.count(|it| it.standing == HostStanding::Silent),
            restarting: self.count(|it| it.is_restarting),
            bad: self.count(HostSummary::is_bad),
        }
    }

    fn has_bad(&self, host: &HostRounds) -> bool {
        let strict = self.settings.strict;
        host.parts.iter().any(|(part, rounds)| rounds.is_bad && (strict || !host.is_known_failure(part)))
    }

    pub(super) fn host_standing(&self, host: &HostRounds) -> HostStanding {
        match host.contact {
            Contact::Unasked | Contact::Silent { .. } => return HostStanding::Silent,
            // A daemon without plugins, or without those that the call names, may get them by a reload.
            Contact::Answered { has_plugins: false, .. } => return HostStanding::Bad,
            Contact::Answered { .. } if !host.missing.is_empty() => return HostStanding::Bad,
            // Nothing that was looked at is no proof of anything, unless it was so before.
            Contact::Answered { has_selected: false, .. } if !host.had_nothing_selected() => return HostStanding::Bad,
            Contact::Answered { .. } => {}
        }
        let mut worst = HostStanding::Settled;
        for (_, standing) in host.standings(self.settings.settle, self.settings.strict) {
            worst = match (standing, worst) {
                (Standing::Open, _) => return HostStanding::Open,
                (Standing::Bad, _) => HostStanding::Bad,
                (Standing::Gone, HostStanding::Settled) => HostStanding::Gone,
                (Standing::Settled | Standing::Gone, worst) => worst,
            };
        }
        worst
    }
}
