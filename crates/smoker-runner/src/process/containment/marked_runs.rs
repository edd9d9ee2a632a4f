//! The runs that are known by marks alone: all where there are no cgroups, else those that the kernel refused a cgroup;
//! and which of them a process comes from.
//!
//! A process can change the number that it carries, so a number counts only for
//! a run that exists and for an account that the run can have started processes
//! of. Without a number that counts there are facts that no process can write:
//! its account and its start, which has to be between the run's start and end.

use std::collections::{BTreeSet, HashMap};

use smoker_model::plugin::PluginName;

use crate::process::run_id::RunId;

/// A run.
#[derive(Clone, Debug)]
pub(crate) struct MarkedRun {
    pub(crate) plugin: PluginName,
    /// The account that its processes have; none for a run of root's, which can start processes of any.
    pub(crate) owner: Option<u32>,
    /// Whether what it leaves running may stay.
    pub(crate) leaves_running: bool,
    /// When it began and ended, in the kernel's ticks since boot; no end while it goes on.
    pub(crate) began: u64,
    pub(crate) ended: Option<u64>,
}

/// What is known of a process that has lost its parent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OrphanFacts {
    /// When it started, in the kernel's ticks since boot.
    pub(crate) start: u64,
    /// Its real user.
    pub(crate) uid: u32,
    /// The number that it carries.
    pub(crate) number: Option<RunId>,
}

/// Where a process comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// From this run.
    Run(RunId),
    /// From one of these, at least two.
    OneOf(Vec<RunId>),
    /// From a run that is known by its cgroup.
    Cgroup,
    /// From a run, but from none that can have started it: it has taken another account.
    Unknown,
    /// From no run: it is older than all of them, or was started when none went on, where others can be the origin of our
    /// children. It was a child of what became the daemon, or one that the kernel gave us as the first process of a container.
    Foreign,
}

/// What else than a run can be the origin of our children.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum OtherOrigins {
    /// Nothing since this time, in the kernel's ticks since boot.
    NoneSince(u64),
    /// The children that we had when we began, as long as one of them or of what they left lives.
    UntilGone,
    /// Anything at any time: we are the first process of a container, which gets the orphans of all in it.
    #[default]
    Always,
}

/// All runs that go on, and those that are over and may have left something.
#[derive(Debug, Default)]
pub(crate) struct MarkedRuns {
    runs: HashMap<RunId, MarkedRun>,
    others: OtherOrigins,
    /// Whether a run has begun whose leftovers may stay, and something of it may live: it starts processes when no run goes on, too.
    may_have_left: bool,
    /// When the last look found no orphan at all, in the same ticks; none when it found one.
    quiet_since: Option<u64>,
}

impl MarkedRun {
    fn can_own(&self, uid: u32) -> bool {
        self.owner.is_none_or(|owner| owner == uid)
    }

    fn can_have_started(&self, process: OrphanFacts) -> bool {
        self.can_own(process.uid) && self.went_on_at(process.start)
    }

    fn went_on_at(&self, time: u64) -> bool {
        self.began <= time && self.ended.is_none_or(|ended| time <= ended)
    }
}

impl MarkedRuns {
    /// No runs yet.
    pub(crate) fn new(others: OtherOrigins) -> Self {
        Self { others, ..Self::default() }
    }

    /// A look at our children found orphans, or none. What a run left running, or a child that we had when we began, is an orphan as
    /// long as it lives or has something left. So when two looks in a row find none, all that is started from the first one on comes from runs.
    pub(crate) fn looked(&mut self, found_orphans: bool, now: u64) {
        if found_orphans || self.runs.values().any(|run| run.leaves_running && run.ended.is_none()) {
            self.quiet_since = None;
            return;
        }
        let Some(since) = self.quiet_since.replace(now) else { return };
        match self.others {
            OtherOrigins::UntilGone => self.others = OtherOrigins::NoneSince(since),
            OtherOrigins::NoneSince(_) if self.may_have_left => self.others = OtherOrigins::NoneSince(since),
            OtherOrigins::NoneSince(_) | OtherOrigins::Always => {}
        }
        self.may_have_left = false;
    }

    /// Whether a second look may show that only runs are the origin of our children.
    pub(crate) fn wants_another_look(&self) -> bool {
        let is_open = match self.others {
            OtherOrigins::NoneSince(_) => self.may_have_left,
            OtherOrigins::UntilGone => true,
            OtherOrigins::Always => false,
        };
        is_open && self.quiet_since.is_some()
    }

    pub(crate) fn begin(&mut self, id: RunId, run: MarkedRun) {
        if run.leaves_running {
            (self.may_have_left, self.quiet_since) = (true, None);
        }
        self.runs.insert(id, run);
    }

    /// A run is over.
    pub(crate) fn end(&mut self, id: RunId, now: u64) {
        if let Some(run) = self.runs.get_mut(&id) {
            run.ended = Some(now);
        }
    }

    pub(crate) fn get(&self, id: RunId) -> Option<&MarkedRun> {
        self.runs.get(&id)
    }

    /// Where a process comes from.
    pub(crate) fn origin(&self, process: OrphanFacts) -> Origin {
        if let Some(number) = process.number
            && self.runs.get(&number).is_some_and(|run| run.can_own(process.uid))
        {
            return Origin::Run(number);
        }
        let candidates = |is_meant: &dyn Fn(&MarkedRun) -> bool| {
            let meant = self.runs.iter().filter(|(_, run)| is_meant(run) && run.can_have_started(process));
            meant.map(|(id, _)| *id).collect::<Vec<_>>()
        };
        // Runs of that very account come first; root's can have started processes of any.
        let mut found = candidates(&|run| run.owner.is_some());
        if found.is_empty() {
            found = candidates(&|run| run.owner.is_none());
        }
        match *found {
            [] if self.runs.values().any(|run| run.went_on_at(process.start)) => Origin::Unknown,
            // What a run left running has started it.
            [] if !self.may_have_left
                && matches!(self.others, OtherOrigins::NoneSince(since) if since <= process.start) =>
            {
                Origin::Unknown
            }
            [] => Origin::Foreign,
            [run] => Origin::Run(run),
            _ => Origin::OneOf(found),
        }
    }

    /// What is to become of processes of this origin now.
    pub(crate) fn verdict(&self, origin: &Origin) -> OrphanFate {
        let runs = match origin {
            Origin::Run(run) => std::slice::from_ref(run),
            Origin::OneOf(runs) => runs.as_slice(),
            // No run that exists can have started it.
            Origin::Unknown => return OrphanFate::End,
            Origin::Cgroup | Origin::Foreign => return OrphanFate::Stay,
        };
        let runs = || runs.iter().filter_map(|id| self.runs.get(id));
        if runs().any(|run| run.ended.is_none()) {
            OrphanFate::Wait
        } else if runs().any(|run| run.leaves_running) {
            OrphanFate::Stay
        } else {
            OrphanFate::End
        }
    }

    /// Whether a run goes on.
    pub(crate) fn has_unfinished(&self) -> bool {
        self.runs.values().any(|run| run.ended.is_none())
    }

    /// Runs that are over and whose leftovers may stay.
    pub(crate) fn left(&self) -> BTreeSet<RunId> {
        self.runs.iter().filter(|(_, run)| run.leaves_running && run.ended.is_some()).map(|(id, _)| *id).collect()
    }

    /// Forgets runs that are over, but for those that something is left of.
    pub(crate) fn forget_all_but(&mut self, is_kept: impl Fn(RunId) -> bool) {
        self.runs.retain(|id, run| run.ended.is_none() || is_kept(*id));
    }
}

/// What becomes of an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OrphanFate {
    /// A run that it may come from goes on.
    Wait,
    /// It may stay.
    Stay,
    /// It is ended.
    End,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(owner: Option<u32>, leaves_running: bool, began: u64) -> MarkedRun {
        MarkedRun { plugin: "a".into(), owner, leaves_running, began, ended: None }
    }

    fn process(uid: u32, start: u64, number: Option<RunId>) -> OrphanFacts {
        OrphanFacts { start, uid, number }
    }

    #[test]
    fn a_number_counts_only_for_a_run_that_exists_and_can_own_the_process() {
        let (nobodys, other, future) = (RunId::new(), RunId::new(), RunId::new());
        let mut runs = MarkedRuns::default();
        runs.begin(nobodys, run(Some(65534), false, 10));
        runs.begin(other, run(Some(33), false, 10));
        assert_eq!(runs.origin(process(65534, 12, Some(nobodys))), Origin::Run(nobodys));
        assert_eq!(runs.origin(process(65534, 12, Some(other))), Origin::Run(nobodys), "the account tells better");
        assert_eq!(runs.origin(process(65534, 12, Some(future))), Origin::Run(nobodys));
        assert_eq!(runs.origin(process(1000, 12, Some(nobodys))), Origin::Unknown);
    }

    #[test]
    fn without_a_number_account_and_time_decide() {
        let (first, second, roots) = (RunId::new(), RunId::new(), RunId::new());
        let mut runs = MarkedRuns::default();
        runs.begin(first, run(Some(65534), false, 10));
        runs.begin(roots, run(None, false, 5));
        assert_eq!(runs.origin(process(65534, 9, None)), Origin::Run(roots), "older than the run of that account");
        assert_eq!(runs.origin(process(65534, 11, None)), Origin::Run(first));
        runs.end(first, 20);
        runs.begin(second, run(Some(65534), false, 15));
        let Origin::OneOf(mut both) = runs.origin(process(65534, 16, None)) else { panic!("either") };
        both.sort();
        let mut expected = vec![first, second];
        expected.sort();
        assert_eq!(both, expected);
        assert_eq!(runs.origin(process(65534, 21, None)), Origin::Run(second));
    }

    #[test]
    fn what_started_while_no_run_went_on_comes_from_none() {
        let ended = RunId::new();
        let mut runs = MarkedRuns::default();
        assert_eq!(runs.origin(process(0, 9, None)), Origin::Foreign);
        runs.begin(ended, run(Some(65534), false, 10));
        runs.end(ended, 20);
        for (start, origin) in [(9, Origin::Foreign), (15, Origin::Unknown), (21, Origin::Foreign)] {
            assert_eq!(runs.origin(process(0, start, None)), origin, "{start}");
        }
        assert_eq!(runs.verdict(&Origin::Foreign), OrphanFate::Stay);
    }

    #[test]
    fn where_only_runs_bear_what_starts_later_comes_from_them_unless_some_may_leave_something() {
        let ended = RunId::new();
        let mut runs = MarkedRuns::new(OtherOrigins::NoneSince(5));
        runs.begin(ended, run(Some(65534), false, 10));
        runs.end(ended, 20);
        for (start, origin) in [(4, Origin::Foreign), (5, Origin::Unknown), (21, Origin::Unknown)] {
            assert_eq!(runs.origin(process(65534, start, None)), origin, "{start}");
        }
        let leaves = RunId::new();
        runs.begin(leaves, run(Some(65534), true, 30));
        assert_eq!(runs.origin(process(65534, 21, None)), Origin::Foreign);
        // As long as it may leave something, and until that is gone.
        runs.looked(false, 31);
        runs.looked(false, 32);
        runs.end(leaves, 33);
        runs.looked(true, 34);
        runs.looked(false, 36);
        assert!(runs.wants_another_look());
        assert_eq!(runs.origin(process(65534, 37, None)), Origin::Foreign);
        runs.looked(false, 38);
        assert!(!runs.wants_another_look());
        runs.forget_all_but(|_| false);
        assert_eq!(runs.origin(process(65534, 35, None)), Origin::Foreign, "what it left has started it");
        assert_eq!(runs.origin(process(65534, 36, None)), Origin::Unknown);
    }

    #[test]
    fn children_that_were_there_at_the_start_count_until_they_are_gone_and_those_of_a_container_always() {
        let mut runs = MarkedRuns::new(OtherOrigins::UntilGone);
        runs.looked(true, 1);
        runs.looked(false, 2);
        runs.looked(true, 3);
        runs.looked(false, 4);
        assert_eq!(runs.origin(process(0, 9, None)), Origin::Foreign);
        assert!(runs.wants_another_look());
        runs.looked(false, 5);
        assert_eq!([3, 4].map(|start| runs.origin(process(0, start, None))), [Origin::Foreign, Origin::Unknown]);
        let mut first = MarkedRuns::new(OtherOrigins::Always);
        first.looked(false, 1);
        assert!(!first.wants_another_look());
        first.looked(false, 2);
        assert_eq!(first.origin(process(0, 9, None)), Origin::Foreign);
    }

    #[test]
    fn an_orphan_waits_for_its_runs_and_stays_only_where_one_may_leave_it() {
        let (first, second) = (RunId::new(), RunId::new());
        let mut runs = MarkedRuns::default();
        runs.begin(first, run(Some(1), false, 10));
        runs.begin(second, run(Some(1), true, 10));
        let origin = runs.origin(process(1, 11, None));
        assert_eq!(runs.verdict(&origin), OrphanFate::Wait);
        runs.end(first, 12);
        runs.end(second, 12);
        assert_eq!(runs.verdict(&origin), OrphanFate::Stay);
        assert_eq!(runs.verdict(&Origin::Run(first)), OrphanFate::End);
        assert_eq!(runs.verdict(&Origin::Unknown), OrphanFate::End);
        assert_eq!(runs.left(), BTreeSet::from([second]));
        runs.forget_all_but(|id| id == second);
        assert!(runs.get(first).is_none() && runs.get(second).is_some());
    }
}
