//! The next runs of a plugin, as far as its schedule says them.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use smoker_model::calendar::maintenance;
use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::calendar::zone::Zone;
use smoker_model::plugin::{PluginSpec, Trigger};

use crate::scheduler::schedule::interval::{self, wait_for_hours};
use crate::scheduler::schedule::spread;

/// How many windows of maintenance in a row a run may have to wait for.
const WINDOWS: usize = 1000;

/// The first `count` of them, when the next one is due at `first`, by the clocks that its schedule goes by. Times in a window of
/// maintenance are none: nothing is looked at then.
pub(crate) fn upcoming(spec: &PluginSpec, first: DateTime<Utc>, count: usize) -> Vec<String> {
    let (zone, times): (&Zone, Vec<_>) = match &spec.trigger {
        None => return Vec::new(),
        Some(Trigger::Every { interval, splay }) => {
            let step = |at: DateTime<Utc>, least: Duration| by_interval(spec, (*interval, *splay), at, least);
            let behind = |at: DateTime<Utc>, end: DateTime<Utc>| step(at, (end - at).to_std().ok()?);
            let begin = outside_of_maintenance(spec, first, behind);
            let next = |at: &DateTime<Utc>| outside_of_maintenance(spec, step(*at, *interval)?, behind);
            (&spec.rules.zone, std::iter::successors(begin, next).take(count).collect())
        }
        Some(Trigger::Calendar { schedule, splay }) => {
            let delay = TimeDelta::from_std(spread::part_of(*splay, &spec.name)).unwrap_or_default();
            let behind = |_: DateTime<Utc>, end: DateTime<Utc>| {
                by_calendar(spec, (schedule, delay), end.checked_sub_signed(TimeDelta::milliseconds(1))?)
            };
            let begin = outside_of_maintenance(spec, first, behind);
            let next =
                |at: &DateTime<Utc>| outside_of_maintenance(spec, by_calendar(spec, (schedule, delay), *at)?, behind);
            (&schedule.zone, std::iter::successors(begin, next).take(count).collect())
        }
    };
    // Nobody plans by less than milliseconds.
    let format = |at: DateTime<Utc>| if at.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    let shown = |at: DateTime<Utc>| at.with_timezone(&zone.offset(at)).to_rfc3339_opts(format(at), false);
    times.into_iter().map(shown).collect()
}

/// The first time from `at` on that lies in no window; `behind` finds the first one after `at` that is not before the end of a window.
fn outside_of_maintenance(
    spec: &PluginSpec,
    mut at: DateTime<Utc>,
    behind: impl Fn(DateTime<Utc>, DateTime<Utc>) -> Option<DateTime<Utc>>,
) -> Option<DateTime<Utc>> {
    for _ in 0..WINDOWS {
        let Some(end) = maintenance::end_at(&spec.rules.maintenance, at) else { return Some(at) };
        at = behind(at, end)?;
    }
    None
}

/// The first time that is whole intervals after another, at least `least`, and in the hours of the plugin.
fn by_interval(
    spec: &PluginSpec,
    (interval, splay): (Duration, Duration),
    at: DateTime<Utc>,
    least: Duration,
) -> Option<DateTime<Utc>> {
    let steps = u32::try_from(least.as_nanos().div_ceil(interval.as_nanos().max(1))).ok()?;
    let next = at.checked_add_signed(TimeDelta::from_std(interval.checked_mul(steps)?).ok()?)?;
    let spread = interval::spread_of(spec, interval, splay);
    let wait = spec.rules.only.as_ref().map(|only| wait_for_hours(only, (interval, spread), next));
    next.checked_add_signed(TimeDelta::from_std(wait.unwrap_or(Some(Duration::ZERO))?).ok()?)
}

/// The first run after another one of a plugin that is later than its times.
fn by_calendar(
    spec: &PluginSpec,
    (schedule, delay): (&CalendarSchedule, TimeDelta),
    after: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    schedule.next_within(after.checked_sub_signed(delay)?, spec.rules.only.as_ref())?.checked_add_signed(delay)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(keys: &str) -> PluginSpec {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = format!("templates: {{BasePlugin: {{}}}}\nplugins: {{a: {{Command: x, Timezone: UTC, {keys}}}}}\n");
        std::fs::write(file.path(), text).expect("writable");
        smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0)
    }

    #[test]
    fn nothing_runs_in_a_window_of_maintenance() {
        let window = "Maintenance: [{Cron: '0 8 * * *', Duration: 2h}]";
        let first: DateTime<Utc> = "2026-12-01T07:30:00Z".parse().expect("a time");
        let next = |keys: &str| upcoming(&spec(&format!("{keys}, {window}")), first, 3).join(" ");
        assert_eq!(
            next("Interval: 45m"),
            "2026-12-01T07:30:00+00:00 2026-12-01T10:30:00+00:00 2026-12-01T11:15:00+00:00"
        );
        assert_eq!(
            next("Cron: '30 * * * *'"),
            "2026-12-01T07:30:00+00:00 2026-12-01T10:30:00+00:00 2026-12-01T11:30:00+00:00"
        );
        let always = "Maintenance: [{Cron: '* * * * *', Duration: 2h}]";
        assert!(upcoming(&spec(&format!("Interval: 1s, {always}")), first, 3).is_empty());
    }
}
