//! How far a roll has come: what follows from the events so far. Pure: the same events give the same progress.

use std::collections::{BTreeSet, HashMap};

use smoker_model::verdict::budget::Budget;

use crate::inventory::address::host_as_written;
use crate::roll::event::{Event, Plan};

/// How far a host has come.
#[derive(Clone, Debug, PartialEq, Eq)]
enum HostProgress {
    /// Nothing was done to it.
    Untouched,
    /// Its command has begun.
    Running,
    /// Its command has succeeded.
    Ran,
    /// Its command has failed, and why.
    Failed(String),
    /// The gate found it good.
    Good,
    /// The gate found it bad, and why.
    Bad(String),
}

/// What is to be done next. Hosts are places in the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The command is to run for these hosts of a batch.
    Run {
        /// The number of the batch, from 1 on.
        batch: usize,
        /// Those that it has not run for.
        hosts: Vec<usize>,
    },
    /// The gate has to look at these hosts.
    Gate {
        /// The number of the batch behind which it does, from 1 on.
        batch: usize,
        /// Those of the batch whose command has succeeded, and all that were found good before: they may have become bad since.
        hosts: Vec<usize>,
    },
    /// The budget is exceeded.
    Stop,
    /// All batches are done.
    Finish,
}

/// What commands of `--on-bad` may have undone, since the roll began or was resumed.
#[derive(Clone, Debug, Default)]
struct Undoing {
    /// Whether one has begun.
    has_begun: bool,
    /// The hosts that they have named.
    hosts: BTreeSet<usize>,
    /// Whether one has named no host.
    is_unnamed: bool,
}

/// How far a roll has come.
#[derive(Clone, Debug)]
pub(super) struct Progress {
    plan: Plan,
    hosts: Vec<HostProgress>,
    places: HashMap<String, usize>,
    is_finished: bool,
    /// Whether the gate has looked at all good hosts since the last command ended, and since the roll was resumed.
    is_looked_at: bool,
    /// What commands of `--on-bad` may have undone since.
    undoing: Undoing,
}

impl Progress {
    /// A roll of which nothing is done.
    pub(super) fn new(plan: Plan) -> Self {
        let places = plan.hosts.iter().enumerate().map(|(place, host)| (host.name.clone(), place)).collect();
        Self {
            hosts: vec![HostProgress::Untouched; plan.hosts.len()],
            places,
            plan,
            is_finished: false,
            is_looked_at: false,
            undoing: Undoing::default(),
        }
    }

    /// The plan.
    pub(super) fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Takes an event in.
    pub(super) fn apply(&mut self, event: &Event) {
        match event {
            Event::RunBegun { hosts, .. } => self.set(hosts, &HostProgress::Running),
            Event::RunEnded { hosts, failure, .. } => {
                let ended = failure.clone().map_or(HostProgress::Ran, HostProgress::Failed);
                self.set(hosts, &ended);
                self.is_looked_at = false;
            }
            Event::GateEnded { hosts, bad, .. } => {
                self.is_looked_at = true;
                self.set(hosts, &HostProgress::Good);
                for bad in bad {
                    self.set(std::slice::from_ref(&bad.host), &HostProgress::Bad(bad.reason.clone()));
                }
            }
            Event::Finished { .. } => self.is_finished = true,
            Event::Resumed { .. } => self.resume(),
            // Whether it ends or not: what it has done by then is not known.
            Event::OnBadBegun { hosts, .. } => {
                self.undoing.has_begun = true;
                self.undoing.is_unnamed |= hosts.is_empty();
                self.undoing.hosts.extend(hosts.iter().filter_map(|host| self.places.get(host)));
            }
            // Of a record that has no begins.
            Event::OnBadEnded { command, .. } if !self.undoing.has_begun => self.undo(command),
            Event::Begun(_)
            | Event::BatchBegun { .. }
            | Event::GateBegun { .. }
            | Event::Stopped { .. }
            | Event::OnBadEnded { .. }
            | Event::OnBadLeftOut { .. }
            | Event::Interrupted => {}
        }
    }

    fn set(&mut self, hosts: &[String], to: &HostProgress) {
        for place in hosts.iter().filter_map(|host| self.places.get(host)) {
            self.hosts[*place] = to.clone();
        }
    }

    /// Notes the hosts that a command of `--on-bad` names, as `{touched}`, `{host}` and `{hosts}` put them there.
    fn undo(&mut self, command: &str) {
        let is_of_name = |c: char| c.is_alphanumeric() || ['.', '-', '_', ':', '%'].contains(&c);
        let words: BTreeSet<_> =
            command.split(|c| !is_of_name(c)).map(|word| word.trim_end_matches([':', '.'])).collect();
        let hosts = self.plan.hosts.iter().enumerate();
        let named: Vec<_> = hosts
            .filter(|(place, _)| self.hosts[*place] != HostProgress::Untouched)
            .filter(|(_, host)| words.contains(host_as_written(&host.name)))
            .map(|(place, _)| place)
            .collect();
        self.undoing.is_unnamed |= named.is_empty();
        self.undoing.hosts.extend(named);
    }

    /// The hosts whose command may have been undone, and runs again when the roll goes on.
    pub(super) fn undone(&self) -> Vec<&str> {
        self.undoing.hosts.iter().map(|place| self.plan.hosts[*place].name.as_str()).collect()
    }

    /// Whether a command of `--on-bad` has run that names no host, so that it is not known what it has undone.
    pub(super) fn has_unnamed_undoing(&self) -> bool {
        self.undoing.is_unnamed
    }

    /// Each bad host gets another chance: a command that has failed, or of which the end is not known, runs again; a host that
    /// the gate found bad is looked at again. Where `--on-bad` may have undone a command, it runs again, too.
    fn resume(&mut self) {
        self.is_looked_at = false;
        for place in std::mem::take(&mut self.undoing).hosts {
            self.hosts[place] = HostProgress::Untouched;
        }
        for host in &mut self.hosts {
            match host {
                HostProgress::Failed(_) | HostProgress::Running => *host = HostProgress::Untouched,
                HostProgress::Bad(_) => *host = HostProgress::Ran,
                HostProgress::Untouched | HostProgress::Ran | HostProgress::Good => {}
            }
        }
    }

    /// Whether the roll came to its end.
    pub(super) fn is_finished(&self) -> bool {
        self.is_finished
    }

    /// What is to be done next.
    pub(super) fn next(&self, budget: Budget) -> Next {
        if !self.is_kept(budget) {
            return Next::Stop;
        }
        let mut start = 0;
        for (number, end) in self.plan.ends.iter().enumerate() {
            let batch = number + 1;
            let in_state = |wanted: &[HostProgress]| -> Vec<usize> {
                (start..*end).filter(|place| wanted.contains(&self.hosts[*place])).collect()
            };
            let (open, ran) =
                (in_state(&[HostProgress::Untouched, HostProgress::Running]), in_state(&[HostProgress::Ran]));
            let has_begun = (start..*end).any(|place| self.hosts[place] != HostProgress::Untouched);
            if !open.is_empty() {
                // A batch in which all commands failed has no gate of its own.
                let before = if has_begun { Vec::new() } else { self.not_looked_at() };
                return if before.is_empty() {
                    Next::Run { batch, hosts: open }
                } else {
                    Next::Gate { batch: number.max(1), hosts: before }
                };
            }
            if !ran.is_empty() {
                let mut hosts = [ran, self.good()].concat();
                hosts.sort_unstable();
                return Next::Gate { batch, hosts };
            }
            start = *end;
        }
        let hosts = self.not_looked_at();
        if !hosts.is_empty() {
            return Next::Gate { batch: self.plan.ends.len(), hosts };
        }
        Next::Finish
    }

    /// The hosts that the gate found good when it looked last.
    fn good(&self) -> Vec<usize> {
        (0..self.hosts.len()).filter(|place| self.hosts[*place] == HostProgress::Good).collect()
    }

    /// The same, unless it has looked at them since anything was done.
    fn not_looked_at(&self) -> Vec<usize> {
        if self.is_looked_at { Vec::new() } else { self.good() }
    }

    /// Whether no more hosts are bad than the budget allows, of all hosts of the roll.
    pub(super) fn is_kept(&self, budget: Budget) -> bool {
        budget.is_kept(self.bad().len(), self.hosts.len())
    }

    /// The bad hosts and why they are.
    pub(super) fn bad(&self) -> Vec<(&str, String)> {
        let bad = self.hosts.iter().zip(&self.plan.hosts).filter_map(|(progress, host)| match progress {
            HostProgress::Failed(reason) => Some((host.name.as_str(), format!("run: {reason}"))),
            HostProgress::Bad(reason) => Some((host.name.as_str(), format!("gate: {reason}"))),
            _ => None,
        });
        bad.collect()
    }

    /// The hosts whose command has begun, whatever came of it.
    pub(super) fn touched(&self) -> Vec<&str> {
        let hosts = self.hosts.iter().zip(&self.plan.hosts);
        hosts.filter(|(it, _)| **it != HostProgress::Untouched).map(|(_, host)| host.name.as_str()).collect()
    }

    /// The names of hosts by their places.
    pub(super) fn names(&self, places: &[usize]) -> Vec<String> {
        places.iter().map(|place| self.plan.hosts[*place].name.clone()).collect()
    }
}

#[cfg(test)]
mod tests;
