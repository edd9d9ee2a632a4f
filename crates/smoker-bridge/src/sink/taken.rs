//! A result as sinks write it.

use std::time::SystemTime;

use async_nats::jetstream::Message;
use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};
use smoker_nats::streams::is_resent;
use smoker_nats::subject::Fleet;

use crate::sink::recent::Place;

/// A result of the stream.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    /// Its place in the stream.
    pub(super) place: Place,
    /// The host that has published it.
    pub(super) host: String,
    /// What it has published, as text: an entry of `/results`.
    pub(super) entry: String,
    /// `{"sequence": ..., "host": ..., "plugin": ..., "stored": ..., "result": ...}`, on one line.
    pub(super) json: String,
}

impl Taken {
    /// That of a message; `None` for one that no bridge has published.
    pub(super) fn read(message: &Message, fleet: &Fleet) -> Option<Self> {
        if is_resent(message.headers.as_ref()) {
            return None;
        }
        let info = message.info().ok()?;
        let (host, plugin) = fleet.read_result(&message.subject)?;
        let result: Value = serde_json::from_slice(&message.payload).ok()?;
        let stored = DateTime::<Utc>::from(SystemTime::from(info.published));
        let stored = stored.to_rfc3339_opts(SecondsFormat::Micros, true);
        let sequence = info.stream_sequence;
        let json = json!({"sequence": sequence, "host": host, "plugin": plugin, "stored": stored, "result": result});
        let entry = String::from_utf8_lossy(&message.payload).into_owned();
        Some(Self { place: Place { sequence, stored }, host, entry, json: json.to_string() })
    }
}
