//! What the rounds have shown of one host.

use std::collections::{BTreeMap, BTreeSet};

use crate::status::Status;
use crate::verdict::answer::{Answer, NotLoadedPlugins, PluginRun};
use crate::verdict::baseline::Before;
use crate::verdict::part::Part;
use crate::verdict::part_rounds::PartRounds;
use crate::verdict::past::Past;
use crate::verdict::vanished::VanishedParts;

/// What the rounds have shown of one host.
#[derive(Debug, Default)]
pub(super) struct HostRounds {
    /// How it was, of the plugins that the call selects; none when that is not known.
    pub(super) before: Option<BTreeMap<Part, Before>>,
    /// Whether the call takes WARN for bad, now and before.
    warn_is_bad: bool,
    /// What its journal says.
    pub(super) past: BTreeMap<Part, Past>,
    /// What it answered last.
    pub(super) contact: Contact,
    /// Whether it has ever answered.
    has_answered: bool,
    /// Which start of the daemon has answered last; none where the daemon does not tell.
    instance: Option<String>,
    /// How often another start of the daemon has answered than the time before.
    pub(super) restarts: u32,
    /// The names that the call asks for and the host does not have.
    pub(super) missing: BTreeSet<String>,
    /// The plugins that it has left out.
    pub(super) not_loaded: Option<NotLoadedPlugins>,
    /// The parts of the plugins that it has and the call selects.
    pub(super) parts: BTreeMap<Part, PartRounds>,
    /// The parts of before that are not there.
    pub(super) gone: BTreeMap<Part, Absence>,
    /// The parts that rounds have shown, that are not there any more, and of which no baseline tells.
    pub(super) vanished: VanishedParts,
}

/// What a host answered last.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Contact {
    /// It has not been asked.
    #[default]
    Unasked,
    /// It answered.
    Answered {
        /// Whether it has any plugin at all.
        has_plugins: bool,
        /// Whether the call selects any of them.
        has_selected: bool,
    },
    /// It did not answer.
    Silent {
        /// Why.
        reason: String,
        /// Whether it looks like a daemon that is starting again.
        is_restarting: bool,
    },
}

/// How a part stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Good in as many rounds in a row as it takes.
    Settled,
    /// It may yet settle.
    Open,
    /// Bad, or not there, in as many rounds in a row as it takes to be settled. It may recover.
    Bad,
    /// Its plugin is not configured, or not selected, in as many answers in a row and in more than one.
    Gone,
}

/// For how long a part has not been there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Absence {
    /// For how many answers in a row.
    answers: u32,
    /// In how many of the newest ones in a row its plugin was not configured, or not selected, either. A plugin that runs may show a
    /// component again, as that of a process that is still starting.
    unconfigured: u32,
}

/// A daemon that is asked in the middle of a deployment may have half of its configuration: one answer is not enough.
const MIN_UNCONFIGURED: u32 = 2;

impl Absence {
    fn count(&mut self, is_configured: bool) {
        self.answers += 1;
        self.unconfigured = if is_configured { 0 } else { self.unconfigured + 1 };
    }

    fn standing(self, settle: u32) -> Standing {
        if self.answers < settle {
            Standing::Open
        } else if self.unconfigured >= settle.max(MIN_UNCONFIGURED) {
            Standing::Gone
        } else {
            Standing::Bad
        }
    }
}

impl HostRounds {
    /// Nothing is seen yet of a host that was so.
    pub(super) fn new(before: Option<BTreeMap<Part, Before>>, warn_is_bad: bool) -> Self {
        Self { before, warn_is_bad, ..Self::default() }
    }

    pub(super) fn record(&mut self, answer: Answer) {
        match answer {
            Answer::Silent { reason, is_restarting } => {
                self.contact = Contact::Silent { reason, is_restarting };
                self.begin_again();
            }
            Answer::Answered {
                instance,
                has,
                selected,
                deselected,
                missing,
                runs,
                fallen,
                reconfigured,
                not_loaded,
            } => {
                self.note_instance(instance);
                self.not_loaded = not_loaded;
                self.contact = Contact::Answered { has_plugins: !has.is_empty(), has_selected: !selected.is_empty() };
                self.missing = missing;
                self.vanish(|part| !selected.contains(&part.plugin));
                for plugin in &selected {
                    self.rounds_of(Part::of_plugin(plugin));
                }
                self.vanished.count(|part| !selected.contains(&part.plugin));
                for (part, rounds) in &mut self.parts {
                    if fallen.contains(&part.plugin) {
                        rounds.fall();
                    }
                    if reconfigured.contains(&part.plugin) {
                        rounds.reconfigure(part.component.is_none());
                    }
                }
                for (plugin, run) in runs {
                    if selected.contains(&plugin) {
                        self.record_run(&plugin, run);
                    }
                }
                self.note_gone(&has, &deselected);
            }
        }
    }

    fn record_run(&mut self, plugin: &str, run: PluginRun) {
        // Of a run without a result nothing is known of the components either.
        if run.finding.status != Status::Unknown && !run.finding.is_skipped {
            let is_lost = |part: &Part| {
                part.plugin == plugin && part.component.as_ref().is_some_and(|name| !run.components.contains_key(name))
            };
            self.vanish(is_lost);
            self.vanished.count(is_lost);
        }
        let is_plugin_bad = !run.finding.is_good_unless(self.warn_is_bad);
        self.rounds_of(Part::of_plugin(plugin)).record(run.finding, is_plugin_bad);
        for (name, finding) in run.components {
            let is_bad = !finding.is_good_unless(self.warn_is_bad);
            self.rounds_of(Part::of_component(plugin, &name)).record(finding, is_bad);
        }
    }

    /// The rounds of a part that is there, with those of before it vanished.
    fn rounds_of(&mut self, part: Part) -> &mut PartRounds {
        let vanished = &mut self.vanished;
        self.parts.entry(part).or_insert_with_key(|part| vanished.take_back(part))
    }

    /// Takes out the parts that are not there any more. Those that were there before are told as gone.
    fn vanish(&mut self, is_lost: impl Fn(&Part) -> bool) {
        let lost: Vec<_> = self.parts.keys().filter(|part| is_lost(part)).cloned().collect();
        for part in lost {
            let is_told = self.before.as_ref().is_some_and(|before| before.contains_key(&part));
            if let Some(rounds) = self.parts.remove(&part).filter(|_| !is_told) {
                self.vanished.add(part, rounds);
            }
        }
    }

    /// Notices another start of the daemon, which has to show everything again.
    fn note_instance(&mut self, instance: Option<String>) {
        let is_other = self.has_answered && self.instance != instance;
        self.has_answered = true;
        self.instance = instance;
        if is_other {
            self.restarts += 1;
            self.begin_again();
        }
    }

    fn begin_again(&mut self) {
        self.parts.values_mut().for_each(PartRounds::begin_again);
        self.gone.clear();
        self.vanished.begin_again();
    }

    /// Counts the answers in which what was there before is not.
    fn note_gone(&mut self, has: &BTreeSet<String>, deselected: &BTreeSet<String>) {
        let before: Vec<_> = self.before.iter().flat_map(BTreeMap::keys).cloned().collect();
        for part in &before {
            let is_plugin_there = has.contains(&part.plugin) && !deselected.contains(&part.plugin);
            // Whether a component is there is known only when the plugin has run.
            let is_there = if part.component.is_none() {
                is_plugin_there
            } else {
                self.parts.contains_key(part) || (is_plugin_there && !self.has_told(&part.plugin))
            };
            if is_there {
                self.gone.remove(part);
            } else {
                self.gone.entry(part.clone()).or_default().count(is_plugin_there);
            }
        }
    }

    /// Whether the newest run of a plugin tells which components it has.
    fn has_told(&self, plugin: &str) -> bool {
        let last = self.parts.get(&Part::of_plugin(plugin)).and_then(|rounds| rounds.last.as_ref());
        last.is_some_and(|last| last.status != Status::Unknown && !last.is_skipped)
    }

    /// Whether the part was bad before, which does not keep a gate closed.
    pub(super) fn is_known_failure(&self, part: &Part) -> bool {
        let before = self.before.as_ref().and_then(|before| before.get(part));
        before.is_some_and(|before| !before.was_good_unless(self.warn_is_bad))
    }

    /// Whether the call selected nothing of it before.
    pub(super) fn had_nothing_selected(&self) -> bool {
        self.before.as_ref().is_some_and(BTreeMap::is_empty)
    }

    /// The parts that count, each with how it stands after rounds of which `settle` in a row settle it.
    pub(super) fn standings(&self, settle: u32, strict: bool) -> impl Iterator<Item = (&Part, Standing)> {
        let counts = move |part: &Part| strict || !self.is_known_failure(part);
        let present = self.parts.iter().filter(move |(part, _)| counts(part)).map(move |(part, rounds)| {
            let standing = if rounds.good_in_row >= settle {
                Standing::Settled
            } else if rounds.bad_in_row >= settle {
                Standing::Bad
            } else {
                Standing::Open
            };
            (part, standing)
        });
        let gone = self
            .gone
            .iter()
            .filter(move |(part, _)| counts(part))
            .map(move |(part, absence)| (part, absence.standing(settle)));
        let vanished = self.vanished.open(settle).map(|part| (part, Standing::Open));
        present.chain(gone).chain(vanished)
    }

    /// How many parts of before the call does not look at: the plugin is there, and the call does not select it.
    pub(super) fn count_left_out(&self) -> usize {
        let is_seen =
            |part: &Part| self.gone.contains_key(part) || self.parts.contains_key(&Part::of_plugin(&part.plugin));
        let before = self.before.iter().flat_map(BTreeMap::keys);
        if matches!(self.contact, Contact::Answered { .. }) { before.filter(|part| !is_seen(part)).count() } else { 0 }
    }

    /// The plugins that need not run again: all of their parts are settled.
    pub(super) fn settled_plugins(&self, settle: u32) -> BTreeSet<String> {
        let open: BTreeSet<_> = self
            .parts
            .iter()
            .filter(|(_, rounds)| rounds.good_in_row < settle)
            .map(|(part, _)| part.plugin.as_str())
            .chain(self.gone.iter().filter(|(part, _)| part.component.is_some()).map(|(part, _)| part.plugin.as_str()))
            .chain(self.vanished.open(settle).map(|part| part.plugin.as_str()))
            .collect();
        let plugins = self.parts.keys().filter(|part| part.component.is_none()).map(|part| part.plugin.as_str());
        plugins.filter(|plugin| !open.contains(plugin)).map(str::to_owned).collect()
    }
}
