//! The next runs of a plugin, as far as its schedule says them.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Timelike, Utc};
use smoker_model::calendar::zone::Zone;
use smoker_model::plugin::{PluginSpec, Trigger};

use crate::scheduler::schedule::interval::{self, wait_for_hours};
use crate::scheduler::schedule::spread;

/// The first `count` of them, when the next one is due at `first`, by the clocks that its schedule goes by.
pub(crate) fn upcoming(spec: &PluginSpec, first: DateTime<Utc>, now: DateTime<Utc>, count: usize) -> Vec<String> {
    let only = spec.rules.only.as_ref();
    let (zone, times): (&Zone, Vec<_>) = match &spec.trigger {
        None => return Vec::new(),
        Some(Trigger::Every { interval, splay }) => {
            let spread = interval::spread_of(spec, *interval, *splay);
            let next = |at: &DateTime<Utc>| {
                let next = at.checked_add_signed(TimeDelta::from_std(*interval).ok()?)?;
                let wait = only.map(|only| wait_for_hours(only, (*interval, spread), next));
                next.checked_add_signed(TimeDelta::from_std(wait.unwrap_or(Some(Duration::ZERO))?).ok()?)
            };
            (&spec.rules.zone, std::iter::successors(Some(first), next).take(count).collect())
        }
        Some(Trigger::Calendar { schedule, splay }) => {
            let delay = TimeDelta::from_std(spread::part_of(*splay, &spec.name)).unwrap_or_default();
            let next = |at: &DateTime<Utc>| schedule.next_within(*at, only);
            let begin = first.checked_sub_signed(delay).unwrap_or(now);
            let times = std::iter::successors(Some(begin), next).take(count);
            (&schedule.zone, times.filter_map(|at| at.checked_add_signed(delay)).collect())
        }
    };
    // Nobody plans by less than milliseconds.
    let format = |at: DateTime<Utc>| if at.nanosecond() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    let shown = |at: DateTime<Utc>| at.with_timezone(&zone.offset(at)).to_rfc3339_opts(format(at), false);
    times.into_iter().map(shown).collect()
}
