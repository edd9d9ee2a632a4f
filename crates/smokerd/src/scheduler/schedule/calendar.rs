//! Runs that are due when a clock shows certain times: `Cron` and `At`.

use std::mem;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::calendar::weekly::WeeklyHours;
use smoker_model::plugin::{MissedRuns, PluginSpec};

use crate::scheduler::schedule::spread;

/// A run that could not start for this long was missed: the machine slept, or its clock was set.
const LATEST_START: TimeDelta = TimeDelta::minutes(5);

/// A clock that is set back by more than this was wrong before, so plans that were made by it, and runs that took place by it, do not
/// count. By less, a run that has taken place does not take place once more when its time comes again, and one that has not does.
const CORRECTION: TimeDelta = TimeDelta::hours(3);

/// How many times that have passed are looked at one by one.
const COUNTED: u64 = 10_000;

/// The plan of a plugin by the calendar.
#[derive(Debug)]
pub(crate) struct CalendarPlan {
    schedule: CalendarSchedule,
    only: Option<WeeklyHours>,
    missed: MissedRuns,
    /// By how much the plugin is later than the times.
    delay: TimeDelta,
    /// What the wall clock showed when the plan was made.
    made: DateTime<Utc>,
    /// The last time whose run has taken place; none when none has by this clock.
    taken: Option<DateTime<Utc>>,
    /// The next time; none when there is none.
    next: Option<DateTime<Utc>>,
    /// The last of the times that passed before the plan was made, without a run, and how many these are.
    missed_before: Option<(DateTime<Utc>, u64)>,
}

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CalendarTurn {
    /// The time that has come.
    pub(crate) planned: DateTime<Utc>,
    pub(crate) is_due: bool,
    /// How many other times have passed, that one too when it is not due any more.
    pub(crate) missed: u64,
}

/// Times that have passed.
struct Passed {
    latest: DateTime<Utc>,
    /// The one before.
    before: Option<DateTime<Utc>>,
    count: u64,
}

impl CalendarPlan {
    /// The plan at `now` of a plugin whose last scheduled run was planned for a time.
    pub(crate) fn of(
        spec: &PluginSpec,
        schedule: &CalendarSchedule,
        splay: Duration,
        now: DateTime<Utc>,
        last: Option<DateTime<Utc>>,
    ) -> Self {
        let delay = TimeDelta::from_std(spread::part_of(splay, &spec.name)).unwrap_or(TimeDelta::zero());
        let (schedule, only, missed) = (schedule.clone(), spec.rules.only.clone(), spec.rules.missed);
        let taken = last.filter(|last| *last - now <= CORRECTION);
        let mut plan = Self { schedule, only, missed, delay, made: now, taken, next: None, missed_before: None };
        plan.next = plan.after(taken.unwrap_or(now));
        if let Some(Passed { latest, before, count }) = plan.pass(now) {
            let may_start = plan.missed != MissedRuns::Skip && plan.may_start(latest, now);
            plan.missed_before = if may_start {
                plan.next = Some(latest);
                before.map(|before| (before, count - 1))
            } else {
                Some((latest, count))
            };
        }
        plan
    }

    /// Whether it has the same times as another.
    pub(crate) fn has_times_of(&self, other: &Self) -> bool {
        self.schedule == other.schedule && self.only == other.only
    }

    /// Goes on from a plan with the same times.
    pub(crate) fn go_on_from(&mut self, before: &Self) {
        (self.made, self.taken, self.next, self.missed_before) = (before.made, before.taken, before.next, None);
    }

    /// Begins now: what was due before was not due by this plan.
    pub(crate) fn begin(&mut self, now: DateTime<Utc>) {
        (self.made, self.next, self.missed_before) = (now, self.after(now), None);
    }

    /// The same behind another plan: a time of both that has come, and whose run waits for its part of `Splay`, stays.
    pub(crate) fn begin_behind(&mut self, before: &Self, now: DateTime<Utc>) {
        self.begin(now);
        let has_come = |time: &DateTime<Utc>| *time <= now;
        let mut waiting = before.next.filter(has_come);
        for _ in 0..COUNTED {
            let Some(time) = waiting else { return };
            if self.after(time - TimeDelta::seconds(1)) == Some(time) {
                self.next = Some(time);
                return;
            }
            waiting = before.after(time).filter(has_come);
        }
    }

    /// When the next run starts; none when there is none.
    pub(crate) fn due(&self) -> Option<DateTime<Utc>> {
        self.next?.checked_add_signed(self.delay)
    }

    /// The last of the times that passed before the plan was made, without a run, and how many these are. Told once.
    pub(crate) fn take_missed(&mut self) -> Option<(DateTime<Utc>, u64)> {
        self.missed_before.take()
    }

    /// Moves on to the first time that is not due yet; none when there is none that was due.
    pub(crate) fn advance(&mut self, now: DateTime<Utc>) -> Option<CalendarTurn> {
        self.made = now;
        let Passed { latest, count, .. } = self.pass(now)?;
        let is_due = self.may_start(latest, now);
        if is_due {
            self.taken = Some(latest);
        }
        Some(CalendarTurn { planned: latest, is_due, missed: count - u64::from(is_due) })
    }

    /// Makes the plan again when the clock was set back: it was ahead. Returns whether the plan is another one.
    pub(crate) fn correct(&mut self, now: DateTime<Utc>) -> bool {
        let back = self.made - now;
        if back <= TimeDelta::zero() {
            return false;
        }
        if back > CORRECTION {
            self.taken = None;
            self.begin(now);
            return true;
        }
        // One that has come, and whose run waits for its part of `Splay`, waits on.
        if self.next.is_some_and(|next| next <= now) {
            self.made = now;
            return false;
        }
        let next = self.after(self.taken.map_or(now, |taken| taken.max(now)));
        self.made = now;
        mem::replace(&mut self.next, next) != next
    }

    /// Moves on past all times that are due.
    fn pass(&mut self, now: DateTime<Utc>) -> Option<Passed> {
        let mut passed: Option<Passed> = None;
        while let Some(latest) = self.next.filter(|_| self.due().is_some_and(|due| due <= now)) {
            let before = passed.as_ref().map(|passed| passed.latest);
            let count = passed.map_or(0, |passed| passed.count) + 1;
            passed = Some(Passed { latest, before, count });
            // After years of absence most of them are neither looked at nor counted.
            let done = if count == COUNTED { latest.max(now - self.delay - LATEST_START) } else { latest };
            self.next = self.after(done);
        }
        passed
    }

    /// Whether a run that was due at a time may still start: one that was missed only in the hours of the plugin.
    fn may_start(&self, time: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        let is_in_hours = || self.only.as_ref().is_none_or(|only| only.has(now));
        now - (time + self.delay) <= LATEST_START || (self.missed == MissedRuns::Once && is_in_hours())
    }

    /// The first time after another at which the plugin may run.
    fn after(&self, time: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.schedule.next_within(time, self.only.as_ref())
    }
}
