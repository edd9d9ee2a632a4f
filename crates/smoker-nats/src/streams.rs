//! Where results and presence are kept: two streams of `JetStream`.

use std::time::{Duration, SystemTime};

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Config, RetentionPolicy, StorageType};
use async_nats::{Client, HeaderMap};
use bytes::Bytes;
use futures_util::StreamExt;
use thiserror::Error;
use tokio::time::timeout;

use crate::subject::Fleet;

/// The header with the number of a result in the daemon's journal.
pub const SEQUENCE: &str = "Smoker-Sequence";
/// Headers that the server adds to a message of a stream when it sends it as the answer to a request for it.
const RESENT: [&str; 2] = ["Nats-Stream", "Nats-Subject"];

/// How many results of a plugin the stream keeps, unless it was made with another number.
pub const MAX_PER_PLUGIN: i64 = 1000;
/// How long the server recognizes a result that is published twice by its message id.
pub const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// How long a server may take for a page of messages.
const PAGE_TIMEOUT: Duration = Duration::from_secs(10);
/// The messages of a page.
const PAGE: usize = 500;

/// Why a stream cannot be read or made.
#[derive(Debug, Error)]
pub enum StreamError {
    /// There is no such stream, or it may not be read.
    #[error("cannot use the stream {stream}: {reason}")]
    Unavailable {
        /// The stream.
        stream: String,
        /// What the server says.
        reason: String,
    },
    /// There is such a stream, and it is not as it has to be.
    #[error(
        "the stream {stream} is there, and {reason}; change it (nats stream edit), or remove it and have it made again"
    )]
    Unfit {
        /// The stream.
        stream: String,
        /// What it has wrong.
        reason: String,
    },
    /// The server did not answer in time.
    #[error("the stream {stream} gave no messages for {} s", PAGE_TIMEOUT.as_secs())]
    TimedOut {
        /// The stream.
        stream: String,
    },
}

impl StreamError {
    fn unavailable(stream: &str, reason: &dyn std::fmt::Display) -> Self {
        Self::Unavailable { stream: stream.to_owned(), reason: reason.to_string() }
    }
}

/// A message that a stream keeps.
#[derive(Clone, Debug)]
pub struct Kept {
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub payload: Bytes,
    /// How long ago the server stored it. Both times are the server's, since the clock of this host may be wrong.
    pub age: Duration,
    /// Whether it was not published by the host of its subject ([`is_resent`]).
    pub is_resent: bool,
}

/// Whether the server has sent a message in answer to a request, and nobody has published it. The subject of an answer is chosen by who asks, and the
/// server holds it against no permission: a host that may read its own results could have one sent to the subject of another host.
#[must_use]
pub fn is_resent(headers: Option<&HeaderMap>) -> bool {
    headers.is_some_and(|headers| RESENT.iter().any(|name| headers.get(*name).is_some()))
}

/// The stream of results, as a fleet begins with it.
#[must_use]
pub fn results(fleet: &Fleet, per_plugin: i64, replicas: usize) -> Config {
    Config {
        name: fleet.results_stream(),
        subjects: vec![fleet.all_results()],
        max_messages_per_subject: per_plugin,
        duplicate_window: DUPLICATE_WINDOW,
        num_replicas: replicas,
        ..kept_in_files()
    }
}

/// The stream of presence: the newest message of each host.
#[must_use]
pub fn presence(fleet: &Fleet, replicas: usize) -> Config {
    Config {
        name: fleet.presence_stream(),
        subjects: vec![fleet.all_present()],
        max_messages_per_subject: 1,
        num_replicas: replicas,
        ..kept_in_files()
    }
}

fn kept_in_files() -> Config {
    // Direct reads have the subject in their own subject, so that a host may be permitted to read its own results alone.
    Config { storage: StorageType::File, allow_direct: true, ..Config::default() }
}

/// Makes both streams where they are missing. Those that are there stay as they are, also with other limits.
///
/// # Errors
///
/// When the server has no `JetStream`, or does not permit it, and when a stream that is there cannot be used.
pub async fn create(client: &Client, fleet: &Fleet, per_plugin: i64, replicas: usize) -> Result<(), StreamError> {
    let context = jetstream::new(client.clone());
    for config in [results(fleet, per_plugin, replicas), presence(fleet, replicas)] {
        let name = config.name.clone();
        let made = context.get_or_create_stream(config.clone()).await;
        let made = made.map_err(|error| StreamError::unavailable(&name, &error))?;
        if let Some(reason) = misfit(&config, &made.cached_info().config) {
            return Err(StreamError::Unfit { stream: name, reason: reason.to_owned() });
        }
    }
    Ok(())
}

/// Why a stream that somebody else has made cannot have what this one is for; limits are their own choice.
fn misfit(wanted: &Config, found: &Config) -> Option<&'static str> {
    if !wanted.subjects.iter().all(|subject| found.subjects.iter().any(|pattern| covers(pattern, subject))) {
        Some("it does not have the subjects of the fleet")
    } else if !found.allow_direct {
        Some("allow_direct is off, so bridges cannot ask for the newest of their results")
    } else if found.no_ack {
        Some("no_ack is on, so bridges cannot know what it has")
    } else if found.retention != RetentionPolicy::Limits {
        Some("its retention removes what one consumer has read")
    } else if found.sealed || found.mirror.is_some() {
        Some("it takes no messages, since it is sealed or a mirror")
    } else if found.discard_new_per_subject {
        Some("discard_new_per_subject is on, so it takes no new results in the place of old ones")
    } else {
        None
    }
}

/// The newest message of each subject that the filter selects, eg. of each plugin with [`Fleet::all_results`].
///
/// # Errors
///
/// When the stream is not there, or the server does not answer.
pub async fn last_of_each(client: &Client, stream: &str, filter: &str) -> Result<Vec<Kept>, StreamError> {
    let unavailable = |error: &dyn std::fmt::Display| StreamError::unavailable(stream, error);
    let context = jetstream::new(client.clone());
    let config = pull::Config {
        deliver_policy: DeliverPolicy::LastPerSubject,
        ack_policy: AckPolicy::None,
        filter_subject: filter.to_owned(),
        inactive_threshold: Duration::from_secs(30),
        memory_storage: true,
        ..pull::Config::default()
    };
    let consumer = context.create_consumer_on_stream(config, stream).await.map_err(|error| unavailable(&error))?;
    let now = SystemTime::from(consumer.cached_info().created);
    let mut left = consumer.cached_info().num_pending;
    let mut kept = Vec::new();
    while left > 0 {
        let page = consumer.fetch().max_messages(PAGE).messages().await.map_err(|error| unavailable(&error))?;
        let mut page = std::pin::pin!(page);
        let mut came = 0;
        while left > 0 {
            let next = timeout(PAGE_TIMEOUT, page.next()).await;
            let next = next.map_err(|_| StreamError::TimedOut { stream: stream.to_owned() })?;
            let Some(message) = next else { break };
            let message = message.map_err(|error| unavailable(&error))?;
            let info = message.info().map_err(|error| unavailable(&error))?;
            left = info.pending;
            let age = now.duration_since(SystemTime::from(info.published)).unwrap_or_default();
            let is_resent = is_resent(message.headers.as_ref());
            let (subject, payload) = (message.subject.to_string(), message.payload.clone());
            kept.push(Kept { subject, payload, age, is_resent });
            came += 1;
        }
        if came == 0 {
            // What was counted has been replaced by newer messages meanwhile, which come after.
            break;
        }
    }
    Ok(kept)
}

/// Whether a pattern has all subjects that another one has.
fn covers(pattern: &str, other: &str) -> bool {
    let mut others = other.split('.');
    for token in pattern.split('.') {
        let Some(other) = others.next() else { return false };
        match token {
            ">" => return true,
            "*" if other != ">" => {}
            _ if token == other => {}
            _ => return false,
        }
    }
    others.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_of_somebody_else_has_to_fit() {
        let wanted = results(&Fleet::new("a"), 1000, 1);
        let changed = |change: &dyn Fn(&mut Config)| {
            let mut found = wanted.clone();
            change(&mut found);
            misfit(&wanted, &found)
        };
        for change in [
            &(|found: &mut Config| found.max_messages_per_subject = 5) as &dyn Fn(&mut Config),
            &|found| found.max_bytes = 1,
            &|found| found.num_replicas = 3,
            &|found| found.subjects.push("more".to_owned()),
            &|found| found.subjects = vec!["smoker.*.a.result.>".to_owned()],
            &|found| found.storage = StorageType::Memory,
        ] {
            assert_eq!(changed(change), None);
        }
        for (change, part) in [
            (&(|found: &mut Config| found.subjects = vec!["other".to_owned()]) as &dyn Fn(&mut Config), "subjects"),
            (&|found| found.subjects = vec!["smoker.v1.a.result.*".to_owned()], "subjects"),
            (&|found| found.subjects = vec!["smoker.v1.a.result.*.*.*".to_owned()], "subjects"),
            (&|found| found.allow_direct = false, "allow_direct"),
            (&|found| found.no_ack = true, "no_ack"),
            (&|found| found.retention = RetentionPolicy::WorkQueue, "retention"),
            (&|found| found.sealed = true, "sealed"),
            (&|found| found.discard_new_per_subject = true, "discard_new_per_subject"),
        ] {
            assert!(changed(change).is_some_and(|reason| reason.contains(part)), "{part}");
        }
    }

    #[test]
    fn what_the_server_sends_itself_is_known() {
        let headers = |names: &[&str]| {
            let mut headers = HeaderMap::new();
            for name in names {
                headers.insert(*name, "x");
            }
            headers
        };
        assert!(!is_resent(None) && !is_resent(Some(&headers(&[SEQUENCE, "Nats-Msg-Id"]))));
        for name in RESENT {
            assert!(is_resent(Some(&headers(&[SEQUENCE, name]))), "{name}");
        }
    }
}
