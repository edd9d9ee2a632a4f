//! Runs at the same distance from each other: `Interval`.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::weekly::WeeklyHours;
use smoker_model::plugin::{MissedRuns, PluginSpec};
use smoker_model::time::moment::Moment;

use crate::scheduler::schedule::spread;
use crate::scheduler::schedule::turn::Turn;

/// Planned instants, each one interval after the one before, whatever the
/// runs themselves take.
#[derive(Debug)]
pub(crate) struct IntervalPlan {
    interval: Duration,
    only: Option<WeeklyHours>,
    /// By how much later than others the plugin runs when its hours begin.
    spread: Duration,
    /// None when `only` never begins.
    next: Option<Instant>,
}

impl IntervalPlan {
    /// The plan of a plugin whose configuration was loaded at `loaded`. It goes on from the last scheduled run. Where the next
    /// one is overdue, it is due at once, and those of all plugins are spread over their `Splay`; with `Missed: skip` it is due
    /// when the plan would have had it.
    pub(crate) fn of(
        spec: &PluginSpec,
        interval: Duration,
        splay: Duration,
        loaded: Moment,
        last: Option<DateTime<Utc>>,
    ) -> Option<Self> {
        let spread = spread_of(spec, interval, splay);
        let overdue = |passed: Duration| match spec.rules.missed {
            MissedRuns::Skip => interval.checked_sub(rest(passed, interval)),
            MissedRuns::Default | MissedRuns::Once => Some(spread),
        };
        let wait = match last.and_then(|last| since(last, loaded)) {
            Some(passed) => match interval.checked_sub(passed).filter(|left| !left.is_zero()) {
                Some(left) => left,
                None => overdue(passed)?,
            },
            None => interval.checked_sub(spread)?,
        };
        let next = loaded.monotonic.checked_add(wait)?;
        let mut plan = Self { interval, only: spec.rules.only.clone(), spread, next: Some(next) };
        plan.stay_within(loaded);
        Some(plan)
    }

    /// See [`Schedule::first_plan`](crate::scheduler::schedule::plan::Schedule::first_plan).
    pub(crate) fn first(
        spec: &PluginSpec,
        interval: Duration,
        splay: Duration,
        loaded: Moment,
    ) -> Option<DateTime<Utc>> {
        loaded.wall.checked_sub_signed(TimeDelta::from_std(spread_of(spec, interval, splay)).ok()?)
    }

    /// Brings the next run forward to that of another plan. Returns whether it did.
    pub(crate) fn not_later_than(&mut self, before: &Self) -> bool {
        let is_earlier =
            before.only == self.only && before.next.is_some_and(|next| self.next.is_none_or(|own| next <= own));
        if is_earlier {
            self.next = before.next;
        }
        is_earlier
    }

    /// The next planned instant.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.next
    }

    /// Moves on to the first planned instant after `now`. Planned instants beyond the present one that have passed meanwhile,
    /// as they do while the machine sleeps, are missed.
    pub(crate) fn advance(&mut self, now: Moment) -> Turn {
        let next = self.next.unwrap_or(now.monotonic);
        let planned = now.at(next).unwrap_or(now);
        let late = now.since(next);
        let missed = late.as_nanos() / self.interval.as_nanos().max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX - 1);
        let following = self.interval.checked_mul(missed + 1).and_then(|ahead| next.checked_add(ahead));
        self.next = Some(following.unwrap_or(now.monotonic + self.interval));
        self.stay_within(now);
        // The wall clock may have been set since the instant was planned.
        let is_due = self.only.as_ref().is_none_or(|only| only.has(now.wall));
        Turn { planned, is_due, missed: if is_due { missed.into() } else { 0 } }
    }

    /// Moves the next instant on to one at which the plugin may run.
    fn stay_within(&mut self, now: Moment) {
        let Some(only) = &self.only else { return };
        let planned = self.next.and_then(|next| now.at(next));
        self.next = planned.and_then(|planned| {
            let wait = wait_for_hours(only, (self.interval, self.spread), planned.wall)?;
            planned.monotonic.checked_add(wait)
        });
    }
}

/// How long after a planned instant the plugin may run: as many whole intervals as its hours are away, or, where that instant lies outside
/// of them again, when they begin. None when they never do.
pub(super) fn wait_for_hours(
    only: &WeeklyHours,
    (interval, spread): (Duration, Duration),
    planned: DateTime<Utc>,
) -> Option<Duration> {
    let wait = (only.next_from(planned)? - planned).to_std().ok()?;
    if wait.is_zero() {
        return Some(wait);
    }
    let is_within = |wait: &Duration| {
        let at = TimeDelta::from_std(*wait).ok().and_then(|wait| planned.checked_add_signed(wait));
        at.is_some_and(|at| only.has(at))
    };
    let steps = u32::try_from(wait.as_nanos().div_ceil(interval.as_nanos().max(1))).ok();
    let by_interval = steps.and_then(|steps| interval.checked_mul(steps)).filter(is_within);
    by_interval.or_else(|| wait.checked_add(spread).filter(is_within)).or(Some(wait))
}

/// By how much a plugin is earlier than others of its interval.
pub(super) fn spread_of(spec: &PluginSpec, interval: Duration, splay: Duration) -> Duration {
    spread::part_of(splay.min(interval), &spec.name)
}

/// How long ago a time of the wall clock was; none when it is ahead, because the clock has been set back.
fn since(last: DateTime<Utc>, now: Moment) -> Option<Duration> {
    (now.wall - last).to_std().ok()
}

/// What is left of a time without whole intervals.
fn rest(passed: Duration, interval: Duration) -> Duration {
    let nanos = passed.as_nanos() % interval.as_nanos().max(1);
    u64::try_from(nanos).map_or(Duration::ZERO, Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use smoker_model::calendar::weekly::WeeklySpan;
    use smoker_model::calendar::zone::Zone;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn plan(seconds: u32, start: Moment) -> IntervalPlan {
        let interval = seconds * SECOND;
        IntervalPlan { interval, only: None, spread: Duration::ZERO, next: Some(start.monotonic + interval) }
    }

    fn after(start: Moment, time: Duration) -> Moment {
        start.at(start.monotonic + time).expect("a time of the calendar")
    }

    #[test]
    fn a_late_tick_does_not_move_the_plan() {
        let start = Moment::now();
        let mut plan = plan(10, start);
        let late = after(start, Duration::from_millis(13_500));
        let turn = Turn { planned: after(start, 10 * SECOND), is_due: true, missed: 0 };
        assert_eq!((plan.advance(late), plan.due()), (turn, Some(start.monotonic + 20 * SECOND)));
    }

    #[test]
    fn instants_that_went_by_are_counted_and_not_made_up_for() {
        let start = Moment::now();
        let mut plan = plan(10, start);
        assert_eq!(plan.advance(after(start, 45 * SECOND)).missed, 3);
        assert_eq!(plan.due(), Some(start.monotonic + 50 * SECOND));
    }

    #[test]
    fn a_plan_within_hours_has_its_instants_in_them() {
        let only = |text: &str| {
            Some(WeeklyHours {
                spans: vec![WeeklySpan::parse(text).expect("hours")],
                zone: Zone::named("UTC").expect("UTC"),
            })
        };
        // A Saturday.
        let wall = "2026-03-07T07:59:50Z".parse().expect("a time");
        let start = Moment { wall, monotonic: Instant::now() };
        let mut plan = IntervalPlan { only: only("Mon-Fri 08:00-18:00"), ..plan(60, start) };
        plan.stay_within(start);
        let wait = 48 * 3600 * SECOND + 60 * SECOND;
        assert_eq!(plan.due(), Some(start.monotonic + wait), "the first minute of its own within the hours");
        let evening =
            Moment { wall: "2026-03-09T17:59:55Z".parse().expect("a time"), monotonic: start.monotonic + wait };
        assert!(plan.advance(evening).is_due);
        assert_eq!(plan.due(), Some(evening.monotonic + 14 * 3600 * SECOND + 60 * SECOND), "the next morning");
        let turn = plan.advance(Moment { wall, monotonic: evening.monotonic + 15 * 3600 * SECOND });
        assert_eq!((turn.is_due, turn.missed), (false, 0), "the clock was set");
        // Each week, planned for Saturdays: it runs when the hours begin.
        let hours = only("Mon 08:00-08:01");
        let mut rare =
            IntervalPlan { only: hours, interval: 7 * 24 * 3600 * SECOND, next: Some(start.monotonic), ..plan };
        rare.stay_within(start);
        assert_eq!(rare.due(), Some(start.monotonic + 48 * 3600 * SECOND + 10 * SECOND));
        let mut spread = IntervalPlan { next: Some(start.monotonic), spread: 20 * SECOND, ..rare };
        spread.stay_within(start);
        assert_eq!(spread.due(), Some(start.monotonic + 48 * 3600 * SECOND + 30 * SECOND));
    }
}
