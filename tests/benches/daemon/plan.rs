//! When the checks of a schedule should begin.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use chrono::{Local, NaiveDateTime, TimeZone};
use serde_json::Value as Json;

use crate::client::Client;
use crate::stamps::Stamp;

/// How often each check is due.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

/// The same in microseconds.
const STEP: i64 = 1_000_000;

/// For each check one instant at which it is due, in microseconds since the
/// epoch; it is due each interval before and after it.
#[derive(Debug, Default)]
pub(crate) struct Plan(BTreeMap<u32, i64>);

/// How a schedule was kept.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// How many runs were due.
    pub(crate) planned: u32,
    /// How many of them did not begin before the next was due.
    pub(crate) lost: u32,
    /// How late the others began, in microseconds.
    pub(crate) lateness: Vec<f64>,
}

impl Plan {
    /// A plan that is known.
    pub(crate) fn of(checks: impl IntoIterator<Item = (u32, i64)>) -> Self {
        Self(checks.into_iter().collect())
    }

    /// Reads what the daemon says of its own plan: `nextRun` of each plugin.
    ///
    /// The daemon counts in a clock that nobody outside can read and converts
    /// to the time of day when it writes; when it is held up in that moment,
    /// the instant is a little late. So of several readings the earliest counts.
    pub(crate) fn read(&mut self, client: &mut Client) -> Result<(), String> {
        let answer = client.get("/plugins").map_err(|error| format!("no list of plugins: {error}"))?;
        let page: Json = serde_json::from_slice(answer.body).map_err(|error| format!("not JSON: {error}"))?;
        let items = page["plugins"]["items"].as_array().ok_or("a list of plugins without items")?;
        for item in items {
            let plugin = &item["plugin"];
            let number = plugin["name"].as_str().and_then(|name| name.strip_prefix('p')?.parse().ok());
            let next_run = plugin["nextRun"].as_str().and_then(since_epoch);
            let (Some(number), Some(read)) = (number, next_run) else {
                return Err(format!("a plugin without name or nextRun: {item}"));
            };
            let known = self.0.entry(number).or_insert(read);
            *known = (*known).min(*known + nearest(read - *known));
        }
        Ok(())
    }

    /// Takes a check out of the plan.
    pub(crate) fn forget(&mut self, check: u32) {
        self.0.remove(&check);
    }

    /// Compares the plan with what really began. Runs count that were due in the window.
    pub(crate) fn judge(&self, window: Range<i64>, stamps: &[Stamp]) -> Verdict {
        let mut verdict = Verdict::default();
        let mut seen = BTreeSet::new();
        for (check, began) in stamps {
            let Some(due) = self.0.get(check).map(|due| began - (began - due).rem_euclid(STEP)) else { continue };
            if window.contains(&due) && seen.insert((*check, due)) {
                verdict.lateness.extend(u32::try_from(began - due).map(f64::from));
            }
        }
        let due_in_window = |due: &i64| (window.end - due).div_euclid(STEP) - (window.start - due).div_euclid(STEP);
        let planned: i64 = self.0.values().map(due_in_window).sum();
        let begun = u32::try_from(seen.len()).unwrap_or(u32::MAX);
        verdict.planned = u32::try_from(planned).unwrap_or(0);
        verdict.lost = verdict.planned.saturating_sub(begun);
        verdict
    }
}

/// What is left of a distance without whole intervals, forwards or backwards.
fn nearest(distance: i64) -> i64 {
    (distance + STEP / 2).rem_euclid(STEP) - STEP / 2
}

fn since_epoch(local: &str) -> Option<i64> {
    let time = NaiveDateTime::parse_from_str(local, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(Local.from_local_datetime(&time).earliest()?.timestamp_micros())
}
