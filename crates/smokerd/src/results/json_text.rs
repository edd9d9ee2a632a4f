//! JSON as the daemon's pages have it, which is as the original writes it.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use serde::Serialize;
use smoker_model::notation::python_json::{self, Floats};
use smoker_model::time::local_zone::LocalZone;

/// Writes a value as JSON text.
///
/// A value that cannot be JSON becomes null: a page with a null in it is of more use than no page.
pub(crate) fn to_text<T: Serialize + ?Sized>(value: &T) -> String {
    python_json::to_text(value, Floats::Shortest).unwrap_or_else(|error| {
        tracing::error!("cannot write a value as JSON, null is written in its place: {error}");
        "null".to_owned()
    })
}

/// A moment as pages of runs show it: RFC 3339 in UTC, with microseconds.
pub(crate) fn moment(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// The instant of a local time as the pages write it; none without one.
pub(crate) fn local_time(json: &str) -> Option<DateTime<Utc>> {
    let text: String = serde_json::from_str(json).ok()?;
    let local = NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Some(LocalZone.from_local_datetime(&local).earliest()?.to_utc())
}
