//! `Interval`, or times of the calendar, and `Splay` become the trigger of a plugin's scheduled runs.

use std::time::Duration;

use smoker_model::calendar::schedule::CalendarSchedule;
use smoker_model::notation::python_text;
use smoker_model::plugin::Trigger;
use smoker_model::value::Value;

use crate::limits::{SHORTEST_INTERVAL, SHORTEST_SPREAD_INTERVAL};
use crate::spec::values::quantity;

/// A key with a value that does not count as it was written, and what counts instead.
pub(crate) type Warning = (&'static str, String);

/// Reads both parameters. Times of the calendar count in the place of an `Interval`. Without them and without an `Interval`
/// above zero there is no trigger.
///
/// # Errors
///
/// The reason why `Interval` is no time, or one below 0.
pub(crate) fn read(
    interval: Option<&Value>,
    schedule: Option<CalendarSchedule>,
    splay: Option<&Value>,
) -> Result<(Option<Trigger>, Vec<Warning>), String> {
    let mut warnings = Vec::new();
    let interval = match interval {
        Some(value) => read_interval(value, &mut warnings)?,
        None => None,
    };
    if let Some(schedule) = schedule {
        let splay = read_splay(splay, Duration::ZERO, Duration::MAX, &mut warnings);
        return Ok((Some(Trigger::Calendar { schedule, splay }), warnings));
    }
    let interval_or_none = interval.unwrap_or_default();
    let default = if interval_or_none < SHORTEST_SPREAD_INTERVAL { Duration::ZERO } else { interval_or_none };
    let splay = read_splay(splay, default, interval_or_none, &mut warnings);
    Ok((interval.map(|interval| Trigger::Every { interval, splay }), warnings))
}

fn read_interval(value: &Value, warnings: &mut Vec<Warning>) -> Result<Option<Duration>, String> {
    let seconds = quantity::seconds(value).map_err(|reason| format!("Interval {reason}"))?;
    if seconds < 0.0 {
        let shown = python_text::str(value);
        return Err(format!("Interval is {shown}; write the seconds between its runs, or 0 for runs on request only"));
    }
    let Some(interval) = positive(seconds) else { return Ok(None) };
    if interval < SHORTEST_INTERVAL {
        let text = format!("Interval is raised to the shortest, {} s", SHORTEST_INTERVAL.as_secs_f64());
        warnings.push(("Interval", text));
    }
    Ok(Some(interval.max(SHORTEST_INTERVAL)))
}

fn read_splay(value: Option<&Value>, default: Duration, longest: Duration, warnings: &mut Vec<Warning>) -> Duration {
    let Some(value) = value else { return default };
    match quantity::seconds(value) {
        Ok(seconds) if seconds > 0.0 => Duration::try_from_secs_f64(seconds).map_or(longest, |it| it.min(longest)),
        Ok(_) => Duration::ZERO,
        Err(reason) => {
            warnings.push(("Splay", format!("Splay {reason}; the default, {} s, is used", default.as_secs_f64())));
            default
        }
    }
}

/// A time that passes; none for 0 and less, and for one that never ends.
fn positive(seconds: f64) -> Option<Duration> {
    if seconds > 0.0 { Duration::try_from_secs_f64(seconds).ok() } else { None }
}
