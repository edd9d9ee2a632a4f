//! The schedule of a plugin.

use chrono::{DateTime, Utc};
use smoker_model::plugin::{PluginSpec, Trigger};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;

use crate::scheduler::schedule::calendar::{CalendarPlan, CalendarTurn};
use crate::scheduler::schedule::interval::IntervalPlan;
use crate::scheduler::schedule::turn::{Due, Turn};

/// When the scheduled runs of a plugin are due.
#[derive(Debug)]
pub(crate) struct Schedule {
    plan: Plan,
    /// The next run as it was shown first, since both clocks drift apart.
    shown: Option<Timestamp>,
}

#[derive(Debug)]
enum Plan {
    Interval(IntervalPlan),
    Calendar(CalendarPlan),
}

impl Schedule {
    /// The schedule of a plugin whose configuration was loaded at `loaded`; none without a trigger. The plan goes on from the
    /// last scheduled run, which is known from before a restart or a reload.
    pub(crate) fn of(spec: &PluginSpec, loaded: Moment, last: Option<DateTime<Utc>>) -> Option<Self> {
        let plan = match spec.trigger.as_ref()? {
            Trigger::Every { interval, splay } => {
                Plan::Interval(IntervalPlan::of(spec, *interval, *splay, loaded, last)?)
            }
            Trigger::Calendar { schedule, splay } => {
                Plan::Calendar(CalendarPlan::of(spec, schedule, *splay, loaded.wall, last))
            }
        };
        Some(Self { plan, shown: None })
    }

    /// The time that stands for the last scheduled run of a plugin without one, whose configuration was loaded at `loaded`: from
    /// it [`Schedule::of`] makes the same plan later. None without a trigger.
    pub(crate) fn first_plan(spec: &PluginSpec, loaded: Moment) -> Option<DateTime<Utc>> {
        match spec.trigger.as_ref()? {
            Trigger::Every { interval, splay } => IntervalPlan::first(spec, *interval, *splay, loaded),
            Trigger::Calendar { .. } => Some(loaded.wall),
        }
    }

    /// Takes the place of the schedule before a reload. A plugin with an interval that changes at each reload must not be put
    /// off by them, so its next run is not later. Times of the calendar that went by count only where they were times before.
    pub(crate) fn take_over(&mut self, before: Option<&Self>, now: Moment) {
        match (&mut self.plan, before.map(|before| &before.plan)) {
            (Plan::Interval(new), Some(Plan::Interval(old))) => {
                if new.not_later_than(old) {
                    self.shown = before.and_then(|before| before.shown);
                }
            }
            (Plan::Calendar(new), Some(Plan::Calendar(old))) if new.has_times_of(old) => new.go_on_from(old),
            (Plan::Calendar(new), Some(Plan::Calendar(old))) => new.begin_behind(old, now.wall),
            (Plan::Calendar(new), _) => new.begin(now.wall),
            (Plan::Interval(_), _) => {}
        }
        // It was that of the plan before it took the place of the other.
        if let Plan::Calendar(_) = self.plan {
            self.shown = None;
        }
    }

    /// What to wait for.
    pub(crate) fn due(&self) -> Due {
        match &self.plan {
            Plan::Interval(plan) => plan.due().map_or(Due::Never, Due::Instant),
            Plan::Calendar(plan) => plan.due().map_or(Due::Never, Due::Wall),
        }
    }

    /// The next run by the wall clock as it is set at `now`; none when there is none in the calendar.
    pub(crate) fn next(&self, now: Moment) -> Option<DateTime<Utc>> {
        match &self.plan {
            Plan::Interval(plan) => now.at(plan.due()?).map(|next| next.wall),
            Plan::Calendar(plan) => plan.due(),
        }
    }

    /// The next run for the pages.
    pub(crate) fn shown(&mut self, now: Moment) -> Option<Timestamp> {
        self.shown = self.shown.or_else(|| self.next(now).map(Timestamp::from));
        self.shown
    }

    /// Moves on from the planned moment that has come.
    pub(crate) fn advance(&mut self, now: Moment) -> Turn {
        self.shown = None;
        match &mut self.plan {
            Plan::Interval(plan) => plan.advance(now),
            Plan::Calendar(plan) => {
                let turn = plan.advance(now.wall);
                let CalendarTurn { planned, is_due, missed } =
                    turn.unwrap_or(CalendarTurn { planned: now.wall, is_due: false, missed: 0 });
                Turn { planned: now.past(planned), is_due, missed }
            }
        }
    }

    /// The last of the runs that were missed before the daemon made the plan, and how many these are. Told once.
    pub(crate) fn take_missed(&mut self) -> Option<(DateTime<Utc>, u64)> {
        match &mut self.plan {
            Plan::Interval(_) => None,
            Plan::Calendar(plan) => plan.take_missed(),
        }
    }

    /// Looks whether the plan still holds, when the wall clock was set. Returns whether it changed.
    pub(crate) fn clock_was_set(&mut self, now: Moment) -> bool {
        let has_changed = match &mut self.plan {
            Plan::Interval(_) => false,
            Plan::Calendar(plan) => plan.correct(now.wall),
        };
        if has_changed {
            self.shown = None;
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use chrono::TimeDelta;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A plugin with these parameters.
    fn spec(parameters: &str) -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {{Command: x, {parameters}}}}}\n");
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    }

    fn schedule(seconds: u32, loaded: Moment) -> Schedule {
        Schedule::of(&spec(&format!("Interval: {seconds}, Splay: 0")), loaded, None).expect("a schedule")
    }

    fn after(start: Moment, time: Duration) -> Moment {
        start.at(start.monotonic + time).expect("a time of the calendar")
    }

    fn wait(schedule: &Schedule, now: Moment) -> Duration {
        let Due::Instant(due) = schedule.due() else { panic!("{schedule:?}") };
        due - now.monotonic
    }

    #[test]
    fn a_wall_clock_that_is_set_moves_what_is_shown_and_not_what_is_planned() {
        let start = Moment::now();
        let schedule = schedule(10, start);
        let an_hour = TimeDelta::hours(1);
        let set = Moment { wall: start.wall + an_hour, ..start };
        assert_eq!(schedule.next(set), Some(start.wall + an_hour + TimeDelta::seconds(10)));
        assert_eq!(wait(&schedule, start), 10 * SECOND);
    }

    #[test]
    fn a_schedule_that_takes_the_place_of_another_is_never_later() {
        let start = Moment::now();
        let mut before = schedule(10, start);
        let shown = before.shown(start);
        let now = after(start, 4 * SECOND);
        for (seconds, due) in [(10, 10), (3600, 10), (3, 7)] {
            let mut new = schedule(seconds, now);
            new.take_over(Some(&before), now);
            assert_eq!(wait(&new, start), due * SECOND, "{seconds}");
            assert_eq!(new.shown(now) == shown, due == 10, "{seconds}");
        }
    }

    #[test]
    fn the_plan_goes_on_from_the_last_run() {
        let spec = |missed: &str| spec(&format!("Interval: 100, Splay: 10{missed}"));
        let now = Moment::now();
        let wait_of = |missed: &str, last: Option<i64>| {
            let last = last.map(|ago| now.wall - TimeDelta::seconds(ago));
            wait(&Schedule::of(&spec(missed), now, last).expect("a schedule"), now)
        };
        let spread = (100 * SECOND).checked_sub(wait_of("", None)).expect("it is earlier");
        assert!(spread < 10 * SECOND, "{spread:?}");
        assert_eq!([wait_of("", Some(30)), wait_of("", Some(0))], [70 * SECOND, 100 * SECOND]);
        assert_eq!([wait_of("", Some(100)), wait_of("", Some(100_000))], [spread; 2], "overdue");
        assert_eq!(wait_of(", Missed: once", Some(130)), spread);
        assert_eq!([130, 30].map(|ago| wait_of(", Missed: skip", Some(ago))), [70 * SECOND; 2]);
        let first = Schedule::first_plan(&spec(""), now).map(|from| from - TimeDelta::seconds(40));
        let left = wait(&Schedule::of(&spec(""), now, first).expect("a schedule"), now);
        assert_eq!(left + 40 * SECOND, wait_of("", None), "40 seconds after the first plan");
        assert_eq!(wait_of("", Some(-1)) + spread, 100 * SECOND, "no run is known");
    }

    #[test]
    fn times_of_the_calendar_are_waited_for_by_the_wall_clock() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().expect("a time");
        let moment = |time: &str| Moment { wall: at(time), monotonic: Instant::now() };
        let spec = |rest: &str| spec(&format!("Cron: '30 2 * * *', Timezone: Europe/Prague{rest}"));
        let plan = |rest: &str, now: &str, last: Option<&str>| {
            Schedule::of(&spec(rest), moment(now), last.map(at)).expect("a schedule")
        };
        let due = |schedule: &Schedule| match schedule.due() {
            Due::Wall(due) => due.to_rfc3339(),
            other => panic!("{other:?}"),
        };
        let first = plan("", "2026-03-27T12:00:00Z", None);
        assert_eq!(due(&first), "2026-03-28T01:30:00+00:00");

        let count_missed = |schedule: &mut Schedule| schedule.take_missed().map_or(0, |(_, count)| count);

        // A run in its time, one that is late, and one on the day on which clocks skip it.
        let mut schedule = first;
        let turn = schedule.advance(moment("2026-03-28T01:30:00.1Z"));
        assert_eq!((turn.planned.wall, turn.is_due, turn.missed), (at("2026-03-28T01:30:00Z"), true, 0));
        assert_eq!(due(&schedule), "2026-03-29T01:00:00+00:00");
        let turn = schedule.advance(moment("2026-03-29T01:03:00Z"));
        assert_eq!((turn.is_due, turn.missed, due(&schedule)), (true, 0, "2026-03-30T00:30:00+00:00".to_owned()));

        // The machine slept over two of them.
        let turn = schedule.advance(moment("2026-03-31T08:00:00Z"));
        assert_eq!((turn.is_due, turn.missed, due(&schedule)), (false, 2, "2026-04-01T00:30:00+00:00".to_owned()));
        let mut once = plan(", Missed: once", "2026-03-29T12:00:00Z", None);
        let turn = once.advance(moment("2026-03-31T08:00:00Z"));
        assert_eq!((turn.planned.wall, turn.is_due, turn.missed), (at("2026-03-31T00:30:00Z"), true, 1));

        // The clock is set back: by an hour it does not run once more, by a year the plan was wrong.
        assert!(!schedule.clock_was_set(moment("2026-03-31T07:00:00Z")));
        assert!(schedule.clock_was_set(moment("2025-03-01T00:00:00Z")));
        assert_eq!(due(&schedule), "2025-03-01T01:30:00+00:00");

        // The daemon was down.
        for (rest, last, due_at, missed) in [
            ("", Some("2026-03-08T01:30:00Z"), "2026-03-11T01:30:00+00:00", 2),
            (", Missed: once", Some("2026-03-08T01:30:00Z"), "2026-03-10T01:30:00+00:00", 1),
            (", Missed: once, Only: '02:00-03:00'", Some("2026-03-08T01:30:00Z"), "2026-03-11T01:30:00+00:00", 2),
            (", Missed: once", Some("2026-03-10T01:30:00Z"), "2026-03-11T01:30:00+00:00", 0),
            (", Missed: once", None, "2026-03-11T01:30:00+00:00", 0),
            (", Missed: once", Some("2028-01-01T00:00:00Z"), "2026-03-11T01:30:00+00:00", 0),
        ] {
            let mut schedule = plan(rest, "2026-03-10T12:00:00Z", last);
            assert_eq!((due(&schedule), count_missed(&mut schedule)), (due_at.to_owned(), missed), "{rest} {last:?}");
        }
        for (rest, last) in [("", "2026-03-10T01:30:00Z"), (", Missed: once", "2026-03-09T01:30:00Z")] {
            let mut schedule = plan(rest, "2026-03-10T12:00:00Z", Some("2026-03-07T01:30:00Z"));
            assert_eq!(schedule.take_missed().map(|(last, _)| last), Some(at(last)), "a time that was planned");
        }
        let mut restarted = plan("", "2026-03-10T01:32:00Z", Some("2026-03-09T01:30:00Z"));
        assert_eq!((due(&restarted), count_missed(&mut restarted)), ("2026-03-10T01:30:00+00:00".to_owned(), 0));
        let mut each_minute = Schedule::of(
            &self::spec("Cron: '* * * * *', Missed: once"),
            moment("2026-03-10T12:00:30Z"),
            Some(at("2024-01-01T00:00:00Z")),
        )
        .expect("a schedule");
        assert_eq!(
            (due(&each_minute), count_missed(&mut each_minute) >= 9_999),
            ("2026-03-10T12:00:00+00:00".to_owned(), true)
        );

        // A reload: the same times, and others, of which one went by today.
        let noon = moment("2026-03-10T12:00:00Z");
        let before = plan("", "2026-03-09T12:00:00Z", None);
        let mut same = plan(", Timeout: 5", "2026-03-10T12:00:00Z", Some("2026-03-08T01:30:00Z"));
        same.take_over(Some(&before), noon);
        assert_eq!((due(&same), count_missed(&mut same)), ("2026-03-10T01:30:00+00:00".to_owned(), 0));
        for before in [Some(&before), None] {
            let parameters = self::spec("Cron: '0 9 * * *', Timezone: UTC, Missed: once");
            let mut other = Schedule::of(&parameters, noon, Some(at("2026-03-10T01:30:00Z"))).expect("a schedule");
            assert_eq!(due(&other), "2026-03-10T09:00:00+00:00");
            other.take_over(before, noon);
            assert_eq!((due(&other), count_missed(&mut other)), ("2026-03-11T09:00:00+00:00".to_owned(), 0));
        }

        // Spread, and within hours.
        let spread = plan(", Splay: 600", "2026-03-10T12:00:00Z", None);
        let Due::Wall(start) = spread.due() else { panic!("{spread:?}") };
        let late = start - at("2026-03-11T01:30:00Z");
        assert!(late > TimeDelta::zero() && late < TimeDelta::minutes(10), "{late}");
        let sundays = plan(", Only: Sun", "2026-03-10T12:00:00Z", None);
        assert_eq!(due(&sundays), "2026-03-15T01:30:00+00:00");
    }

    /// The clock of a machine without a battery, or of one that a name server of time corrects after the start.
    #[test]
    fn a_clock_that_was_ahead_at_the_start_costs_no_run_and_repeats_none() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().expect("a time");
        let moment = |time: &str| Moment { wall: at(time), monotonic: Instant::now() };
        let plan = |now: &str, last: Option<&str>| {
            let spec = spec("At: '02:30', Timezone: UTC");
            Schedule::of(&spec, moment(now), last.map(at)).expect("a schedule")
        };
        for (ahead, yesterday) in [
            ("2026-03-10T02:45:00Z", Some("2026-03-09T02:30:00Z")),
            ("2026-03-10T04:40:00Z", Some("2026-03-09T02:30:00Z")),
            ("2026-03-10T04:40:00Z", None),
            ("2026-03-12T04:40:00Z", Some("2026-03-09T02:30:00Z")),
            ("2031-01-01T00:00:00Z", None),
        ] {
            let mut schedule = plan(ahead, yesterday);
            assert!(schedule.clock_was_set(moment("2026-03-10T02:00:00Z")), "{ahead} {yesterday:?}");
            assert_eq!(schedule.due(), Due::Wall(at("2026-03-10T02:30:00Z")), "{ahead} {yesterday:?}");
        }
        // What has taken place, here or before a restart, does not do so once more.
        let mut here = plan("2026-03-10T02:00:00Z", None);
        assert!(here.advance(moment("2026-03-10T02:30:00.1Z")).is_due);
        let mut before = plan("2026-03-10T02:45:00Z", Some("2026-03-10T02:30:00Z"));
        for schedule in [&mut here, &mut before] {
            for now in ["2026-03-10T02:29:59Z", "2026-03-10T01:45:00Z"] {
                assert!(!schedule.clock_was_set(moment(now)));
                assert_eq!(schedule.due(), Due::Wall(at("2026-03-11T02:30:00Z")));
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_a_little_keeps_a_run_that_waits_for_its_splay() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().expect("a time");
        let moment = |time: &str| Moment { wall: at(time), monotonic: Instant::now() };
        let spec = spec("At: '02:30', Timezone: UTC, Splay: 600");
        let plan = |now: &str| Schedule::of(&spec, moment(now), Some(at("2026-03-09T02:30:00Z"))).expect("a schedule");
        let Due::Wall(due) = plan("2026-03-10T02:00:00Z").due() else { panic!("no time of a clock") };
        assert!(due > at("2026-03-10T02:30:20Z"), "its part of the splay is {due}");
        let mut schedule = plan("2026-03-10T02:30:10Z");
        assert_eq!(schedule.due(), Due::Wall(due));
        assert!(!schedule.clock_was_set(moment("2026-03-10T02:30:05Z")));
        assert_eq!(schedule.due(), Due::Wall(due));
        // Behind the time itself it is the next one to come.
        assert!(!schedule.clock_was_set(moment("2026-03-10T02:29:00Z")));
        assert_eq!(schedule.due(), Due::Wall(due));
    }

    #[test]
    fn a_reload_keeps_a_run_that_waits_for_its_splay() {
        let at = |time: &str| time.parse::<DateTime<Utc>>().expect("a time");
        let moment = |time: &str| Moment { wall: at(time), monotonic: Instant::now() };
        let spec = |rest: &str| spec(&format!("Splay: 600, Timezone: UTC, {rest}"));
        let mut before = Schedule::of(&spec("Cron: '30 2 * * *'"), moment("2026-03-09T12:00:00Z"), None).expect("one");
        let now = moment("2026-03-10T02:30:00.5Z");
        let after_reload = |rest: &str| {
            let mut new = Schedule::of(&spec(rest), now, Some(at("2026-03-09T02:30:00Z"))).expect("a schedule");
            new.shown(now);
            new.take_over(Some(&before), now);
            (new.due(), new.shown(now))
        };
        let kept = ["Cron: ['30 2 * * *', '0 5 1 1 *']", "Cron: '30 2 * * *', Only: 'Mon-Sun'", "Cron: '30 2 * * 0-7'"];
        let results = kept.map(after_reload);
        let (due, shown) = (before.due(), before.shown(now));
        assert!(matches!(due, Due::Wall(due) if due > now.wall), "{due:?}");
        assert_eq!(results, [(due, shown); 3]);

        // The time is none of the plan any more.
        let mut new = Schedule::of(&spec("Cron: '0 9 * * *'"), now, Some(at("2026-03-09T02:30:00Z"))).expect("one");
        new.shown(now);
        new.take_over(Some(&before), now);
        let Due::Wall(due) = new.due() else { panic!("{new:?}") };
        assert!(due > at("2026-03-10T09:00:00Z") && due < at("2026-03-10T09:10:00Z"), "{due}");
        assert_eq!(new.shown(now), Some(Timestamp::from(due)));
    }
}
