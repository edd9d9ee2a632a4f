//! When a plugin's scheduled runs are due.

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::plugin::{PluginSpec, Trigger};
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;

/// Planned instants, each one interval after the one before, whatever the
/// runs themselves take.
#[derive(Debug)]
pub(crate) struct Schedule {
    interval: Duration,
    next: Instant,
    /// The next planned instant as it was shown first, since both clocks drift apart.
    shown: Option<Timestamp>,
}

impl Schedule {
    /// The schedule of a plugin whose configuration was loaded at `loaded`; none without a trigger. The plan goes on from the
    /// last scheduled run, which is known from before a restart or a reload. Where the next one is overdue, it is due at once,
    /// and those of all plugins are spread over their `Splay`.
    pub(crate) fn of(spec: &PluginSpec, loaded: Moment, last: Option<DateTime<Utc>>) -> Option<Self> {
        let Trigger::Every { interval, splay } = spec.trigger?;
        let spread = spread(spec, interval, splay);
        let wait = match last.and_then(|last| since(last, loaded)) {
            Some(passed) => interval.checked_sub(passed).filter(|left| !left.is_zero()).unwrap_or(spread),
            None => interval.checked_sub(spread)?,
        };
        Some(Self { interval, next: loaded.monotonic.checked_add(wait)?, shown: None })
    }

    /// The time that stands for the last scheduled run of a plugin without one, whose configuration was loaded at `loaded`: from
    /// it [`Schedule::of`] makes the same plan later. None without a trigger.
    pub(crate) fn first_plan(spec: &PluginSpec, loaded: Moment) -> Option<DateTime<Utc>> {
        let Trigger::Every { interval, splay } = spec.trigger?;
        loaded.wall.checked_sub_signed(TimeDelta::from_std(spread(spec, interval, splay)).ok()?)
    }

    /// Brings the next run forward to that of the schedule that this one replaces: a plugin that changes at each reload
    /// must not be put off by them.
    pub(crate) fn not_later_than(&mut self, before: &Self) {
        if before.next <= self.next {
            self.next = before.next;
            self.shown = before.shown;
        }
    }

    /// The next planned instant.
    pub(crate) fn due(&self) -> Instant {
        self.next
    }

    /// The next planned instant also by the wall clock, as it is set at `now`;
    /// none beyond the calendar.
    pub(crate) fn next(&self, now: Moment) -> Option<Moment> {
        now.at(self.next)
    }

    /// The next planned instant for the pages; none beyond the calendar.
    pub(crate) fn shown(&mut self, now: Moment) -> Option<Timestamp> {
        self.shown = self.shown.or_else(|| self.next(now).map(Timestamp::from));
        self.shown
    }

    /// Moves on to the first planned instant after `now`. Returns how many
    /// planned instants beyond the present one have passed meanwhile, as they do
    /// while the machine sleeps.
    pub(crate) fn advance(&mut self, now: Moment) -> u64 {
        self.shown = None;
        let late = now.since(self.next);
        let missed = late.as_nanos() / self.interval.as_nanos().max(1);
        let missed = u32::try_from(missed).unwrap_or(u32::MAX - 1);
        self.next = self
            .interval
            .checked_mul(missed + 1)
            .and_then(|ahead| self.next.checked_add(ahead))
            .unwrap_or(now.monotonic + self.interval);
        u64::from(missed)
    }
}

/// By how much a plugin is earlier than others of its interval.
fn spread(spec: &PluginSpec, interval: Duration, splay: Duration) -> Duration {
    splay.min(interval).mul_f64(fraction_of(spec.name.as_str()))
}

/// How long ago a time of the wall clock was; none when it is ahead, because the clock has been set back.
fn since(last: DateTime<Utc>, now: Moment) -> Option<Duration> {
    (now.wall - last).to_std().ok()
}

/// A fraction from 0 up to 1 that only depends on the name, so that a plugin
/// keeps its place from one start of the daemon to the next (FNV-1a, 64 bits,
/// with a final mix because short names leave its upper bits alike).
fn fraction_of(name: &str) -> f64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let upper = u32::try_from(mixed >> 32).unwrap_or(0);
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn schedule(seconds: u32, start: Moment) -> Schedule {
        let interval = seconds * SECOND;
        Schedule { interval, next: start.monotonic + interval, shown: None }
    }

    fn after(start: Moment, time: Duration) -> Moment {
        start.at(start.monotonic + time).expect("a time of the calendar")
    }

    #[test]
    fn a_late_tick_does_not_move_the_plan() {
        let start = Moment::now();
        let mut schedule = schedule(10, start);
        let late = after(start, Duration::from_millis(13_500));
        assert_eq!(schedule.advance(late), 0);
        assert_eq!(schedule.next(late), Some(after(start, 20 * SECOND)));
    }

    #[test]
    fn instants_that_went_by_are_counted_and_not_made_up_for() {
        let start = Moment::now();
        let mut schedule = schedule(10, start);
        assert_eq!(schedule.advance(after(start, 45 * SECOND)), 3);
        assert_eq!(schedule.due(), start.monotonic + 50 * SECOND);
    }

    #[test]
    fn a_wall_clock_that_is_set_moves_what_is_shown_and_not_what_is_planned() {
        let start = Moment::now();
        let schedule = schedule(10, start);
        let an_hour = chrono::TimeDelta::hours(1);
        let set = Moment { wall: start.wall + an_hour, ..start };
        let next = schedule.next(set).expect("a time of the calendar");
        assert_eq!(
            (next.wall - start.wall, next.monotonic),
            (an_hour + chrono::TimeDelta::seconds(10), schedule.due())
        );
    }

    #[test]
    fn a_schedule_that_takes_the_place_of_another_is_never_later() {
        let start = Moment::now();
        let mut before = schedule(10, start);
        let shown = before.shown(start);
        let now = after(start, 4 * SECOND);
        for (seconds, due) in [(10, 10), (3600, 10), (3, 7)] {
            let mut new = schedule(seconds, now);
            new.not_later_than(&before);
            assert_eq!(new.due(), start.monotonic + due * SECOND, "{seconds}");
            assert_eq!(new.shown(now) == shown, due == 10, "{seconds}");
        }
    }

    #[test]
    fn the_plan_goes_on_from_the_last_run() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {}}\nplugins: {a: {Command: x, Interval: 100, Splay: 10}}\n";
        std::fs::write(file.path(), text).expect("writable");
        let spec = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0);
        let now = Moment::now();
        let wait = |last: Option<i64>| {
            let last = last.map(|ago| now.wall - chrono::TimeDelta::seconds(ago));
            Schedule::of(&spec, now, last).expect("a schedule").due() - now.monotonic
        };
        let spread = (10 * SECOND).mul_f64(fraction_of("a"));
        assert_eq!([wait(Some(30)), wait(Some(0))], [70 * SECOND, 100 * SECOND]);
        assert_eq!([wait(Some(100)), wait(Some(100_000))], [spread; 2], "overdue");
        let first = Schedule::first_plan(&spec, now).map(|from| from - chrono::TimeDelta::seconds(40));
        let left = Schedule::of(&spec, now, first).expect("a schedule").due() - now.monotonic;
        assert_eq!(left + 40 * SECOND, wait(None), "40 seconds after the first plan");
        assert_eq!([wait(None) + spread, wait(Some(-1)) + spread], [100 * SECOND; 2], "no run is known");
    }

    #[test]
    fn names_spread_over_the_whole_range_and_stay_in_it() {
        let fractions: Vec<_> = (0..1000).map(|n| fraction_of(&format!("p{n}"))).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let inside = fractions.iter().filter(|fraction| (low..low + 0.1).contains(*fraction)).count();
            assert!((60..=140).contains(&inside), "{inside} of 1000 names fall into tenth {tenth}");
        }
    }
}
