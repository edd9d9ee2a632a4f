//! Which hosts there are: each bridge says so at its connection and every 30 seconds, and the stream keeps the newest presence of each host.

use std::collections::BTreeMap;
use std::time::Duration;

use async_nats::Client;
use serde::{Deserialize, Serialize};

use crate::streams::{StreamError, last_of_each};
use crate::subject::Fleet;

/// How often a host says that it is there; the time is drawn between this and three quarters of it.
pub const EVERY: Duration = Duration::from_secs(30);
/// A host whose newest presence is older than this is silent.
pub const SILENT_AFTER: Duration = Duration::from_secs(90);

/// The bytes of a presence at most: each client keeps those of all hosts.
pub const MAX_PRESENCE: usize = 16 * 1024;

/// What a host says of itself.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Presence {
    /// Its name.
    pub name: String,
    /// The version of its daemon; empty while the daemon does not answer.
    #[serde(default)]
    pub version: String,
    /// Since when its bridge is there, as RFC 3339.
    pub since: String,
    /// Whether its daemon answered when this was written.
    #[serde(default)]
    pub daemon: bool,
    /// The groups whose requests it answers.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

impl Presence {
    /// What a host says; nothing but its name where that is not understood. The name is that of the subject, which the server has checked.
    #[must_use]
    pub fn read(name: String, text: &[u8]) -> Self {
        let read = (text.len() <= MAX_PRESENCE).then(|| serde_json::from_slice::<Self>(text).ok()).flatten();
        Self { name, ..read.unwrap_or_default() }
    }
}

/// A host of the inventory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Present {
    /// What it said.
    pub presence: Presence,
    /// How long ago, by the server's clock.
    pub age: Duration,
}

impl Present {
    /// Whether it has not said for a while that it is there.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.age > SILENT_AFTER
    }
}

/// All hosts that ever said that they are there and were not removed, by name. A message that cannot be read is a host without a version.
///
/// # Errors
///
/// When the stream is not there, or the server does not answer.
pub async fn present(client: &Client, fleet: &Fleet) -> Result<Vec<Present>, StreamError> {
    let kept = last_of_each(client, &fleet.presence_stream(), &fleet.all_present()).await?;
    let mut present: Vec<_> = kept
        .into_iter()
        .filter_map(|kept| {
            let name = fleet.read_present(&kept.subject)?;
            let presence = Presence::read(name, if kept.is_resent { b"" } else { &kept.payload });
            Some(Present { presence, age: kept.age })
        })
        .collect();
    present.sort_by(|one, other| one.presence.name.cmp(&other.presence.name));
    Ok(present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_may_be_missing_and_added() {
        let read: Presence = serde_json::from_str(r#"{"name":"a","since":"","more":1}"#).expect("a presence");
        assert_eq!(read, Presence { name: "a".to_owned(), ..Presence::default() });
    }

    #[test]
    fn what_is_not_understood_is_a_host_that_says_nothing() {
        let of = |text: &[u8]| Presence::read("a".to_owned(), text);
        let nothing = Presence { name: "a".to_owned(), ..Presence::default() };
        assert!(of(br#"{"name":"b","since":"","daemon":true}"#).daemon);
        for text in ["", "{", "[]", r#"{"stream":"SMOKER_x", "seq":3}"#, r#"{"name":"a","since":"","groups":"all"}"#] {
            assert_eq!(of(text.as_bytes()), nothing, "{text}");
        }
        let large = format!(r#"{{"name":"a","since":"","daemon":true}}{}"#, " ".repeat(MAX_PRESENCE));
        assert_eq!(of(large.as_bytes()), nothing);
    }

    #[test]
    fn silence_begins_after_three_missed_ones() {
        let present = |age| Present { presence: Presence::default(), age };
        assert!(!present(EVERY * 3).is_silent() && present(EVERY * 3 + Duration::from_millis(1)).is_silent());
    }
}
