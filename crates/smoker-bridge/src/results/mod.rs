//! Publishes results: each once, in the order of the journal, also over cuts and restarts of the server, the daemon and the bridge.
//!
//! A result is published with the number of the stream's newest result of its plugin (`Nats-Expected-Last-Subject-Sequence`), and refused by the
//! server when there is a newer one: so a copy that was on its way when the connection was cut cannot be stored beside its repetition. The message id
//! does the same within the server's window of duplicates; an acknowledgement without a number (0) is none. What a stream has acknowledged and
//! does not have any more, as after a change of its leader, is published again: with the next result of the plugin, or when the last results are looked
//! at again, as after each start and failure. After a cut the newest results are asked again, and what the stream has is passed over.
//!
//! # Layout
//!
//! - `events`: the events of the daemon
//! - `position`: up to which result the stream has all

mod events;
pub(crate) mod position;

use std::collections::HashMap;
use std::error::Error;
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::DirectGetErrorKind;
use futures_util::future::try_join_all;
use serde::Deserialize;
use smoker_model::time::waits::spread;
use smoker_nats::streams::SEQUENCE;
use smoker_nats::subject::{self, Fleet};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::connection::Connection;
use crate::daemon::Daemon;
use crate::results::events::{Event, Events};
use crate::results::position::{Number, Position};
use crate::settings::Settings;

/// How many of the last results are looked at again behind a start and a failure, in which a stream may have lost what it had acknowledged.
const LOOKED_AT_AGAIN: u64 = 100;
/// The pause after a failure at most.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// How many results are on their way at a time; each is of another plugin.
const MAX_BATCH: usize = 64;
/// How often the stream is asked for its newest result before the server is given a pause.
const MAX_TRIES: usize = 5;
/// How long it may take to learn which message of a subject is the newest, and how often that is tried. In a cluster any server may be asked, also one
/// that a cut network has just taken away, and whose answer never comes.
const NEWEST_TIMEOUT: Duration = Duration::from_secs(2);
const NEWEST_TRIES: usize = 4;

/// Publishes until `stop` changes.
pub(crate) async fn publish_all(
    mut connection: Connection,
    daemon: Daemon,
    settings: &Settings,
    mut position: Position,
    mut stop: watch::Receiver<bool>,
) {
    let publisher = Publisher {
        context: jetstream::new(connection.client.clone()),
        fleet: settings.fleet.clone(),
        host: settings.name.clone(),
    };
    let mut told = None;
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            reason = publish(&publisher, &mut connection, &daemon, &mut position, &mut told) => {
                if told.as_ref() != Some(&reason) {
                    tracing::warn!("results wait in the journal: {reason}");
                    told = Some(reason);
                }
            }
        }
        tokio::select! {
            _ = stop.changed() => break,
            () = sleep(spread(MAX_PAUSE / 10, MAX_PAUSE)) => {}
        }
    }
    if let Err(error) = position.save() {
        tracing::error!("cannot write to state_dir: {error}");
    }
}

/// What the daemon has is not what the position is of.
struct OtherJournal;

/// Publishes what is behind the position, then what comes; gives the reason when that does not go on. What was `told` of before is over then.
async fn publish(
    publisher: &Publisher,
    connection: &mut Connection,
    daemon: &Daemon,
    position: &mut Position,
    told: &mut Option<String>,
) -> String {
    connection.wait().await;
    loop {
        match follow(publisher, daemon, position, told).await {
            Ok(OtherJournal) => {
                tracing::warn!("the daemon has lost its journal: its results are published from the beginning");
                position.begin_again();
            }
            Err(reason) => return reason,
        }
    }
}

/// Publishes until the daemon's journal is another one, or until it does not go on.
async fn follow(
    publisher: &Publisher,
    daemon: &Daemon,
    position: &mut Position,
    told: &mut Option<String>,
) -> Result<OtherJournal, String> {
    let mut events = events_behind(daemon, position.since()).await?;
    let mut last = HashMap::new();
    let mut is_first = true;
    loop {
        let next = match position.due_in() {
            Some(due) => timeout(due, events.next()).await,
            None => Ok(events.next().await),
        };
        let Ok(next) = next else {
            position.save().map_err(|error| format!("cannot write to state_dir: {error}"))?;
            continue;
        };
        let event = next.map_err(|error| error.to_string())?.ok_or("the daemon has ended its events")?;
        if event.kind == "reset" {
            return Ok(OtherJournal);
        }
        if event.kind == "gap" && last_of_gap(&event) > Some(position.number().sequence) {
            tracing::warn!("the daemon has dropped results before they could be published: {}", event.data);
        }
        let is_result = event.kind == "result";
        if is_first && is_result {
            is_first = false;
            match has_published(&event, position) {
                Some(true) => {
                    let number = position.number().sequence.saturating_sub(LOOKED_AT_AGAIN);
                    events = events_behind(daemon, number).await?;
                    continue;
                }
                Some(false) => return Ok(OtherJournal),
                None => {}
            }
        }
        publisher.batch(event, &mut events, position, &mut last).await?;
        if is_result && told.take().is_some() {
            tracing::info!("results are published again");
        }
    }
}

async fn events_behind(daemon: &Daemon, number: u64) -> Result<Events, String> {
    Events::behind(daemon, number).await.map_err(|error| format!("the daemon gives no events: {error}"))
}

/// The newest result of a plugin that the stream has, or has acknowledged.
#[derive(Clone, Copy, Debug)]
struct Stored {
    /// The number of its message.
    at: u64,
    /// Its own number in the journal.
    sequence: u64,
}

/// Why a result was not published.
#[derive(Debug)]
enum Unpublished {
    Failed(String),
    /// The stream has lost a result of the plugin that it had acknowledged; the newest that it has is this one.
    Lost {
        newest: u64,
        lost: u64,
    },
}

impl From<String> for Unpublished {
    fn from(reason: String) -> Self {
        Self::Failed(reason)
    }
}

/// A result to be published.
#[derive(Debug)]
struct Waiting {
    plugin: String,
    /// The run that it is of.
    run: String,
    number: Number,
    json: String,
}

#[derive(Debug)]
struct Publisher {
    context: jetstream::Context,
    fleet: Fleet,
    host: String,
}

impl Publisher {
    /// Publishes this event, if it is a result, and those behind it that have come already. `last` has the numbers of the newest messages of plugins.
    async fn batch(
        &self,
        event: Event,
        events: &mut Events,
        position: &mut Position,
        last: &mut HashMap<String, Stored>,
    ) -> Result<(), String> {
        let mut batch: Vec<Waiting> = Vec::new();
        let mut next = Some(event);
        // A reset has to be seen by the caller, with all before it published.
        while let Some(event) = next.take() {
            let Some(waiting) = waiting(event, &position.number().epoch) else { break };
            if batch.iter().any(|other| other.plugin == waiting.plugin) {
                self.send(&mut batch, position, last).await?;
            }
            batch.push(waiting);
            if batch.len() < MAX_BATCH {
                next = events.ready_if(|event| event.kind == "result");
            }
        }
        self.send(&mut batch, position, last).await
    }

    /// Publishes results of different plugins at the same time.
    async fn send(
        &self,
        batch: &mut Vec<Waiting>,
        position: &mut Position,
        last: &mut HashMap<String, Stored>,
    ) -> Result<(), String> {
        let batch = std::mem::take(batch);
        let published = position.number().sequence;
        let sent = batch.iter().map(|waiting| self.once(waiting, last.get(&waiting.plugin).copied(), published));
        let all_stored = try_join_all(sent).await.map_err(|error| match error {
            Unpublished::Failed(reason) => reason,
            Unpublished::Lost { newest, lost } => {
                // Results of other plugins that were on their way at the same time may be lost with it, with smaller numbers.
                position.go_back(newest.saturating_sub(LOOKED_AT_AGAIN));
                format!("the stream has lost result {lost}, which it had acknowledged, and gets it again")
            }
        })?;
        for (waiting, stored) in batch.into_iter().zip(all_stored) {
            position.advance(waiting.number.sequence, &waiting.run);
            last.insert(waiting.plugin, stored);
        }
        Ok(())
    }

    /// Publishes a result unless the stream has it, and gives the newest result of its plugin that the stream has then. Of a plugin of which the
    /// stream has nothing at all, what was `published` before is not missing: the stream keeps no result for ever.
    async fn once(&self, waiting: &Waiting, mut last: Option<Stored>, published: u64) -> Result<Stored, Unpublished> {
        let sequence = waiting.number.sequence;
        if let Some(stored) = last.filter(|stored| stored.sequence >= sequence) {
            return Ok(stored);
        }
        let subject = self.fleet.result(&self.host, &waiting.plugin);
        let mut id = self.id(waiting);
        let acknowledged = last.map(|stored| stored.sequence);
        for _ in 0..MAX_TRIES {
            let expected = match last.take() {
                Some(stored) => stored.at,
                None => match self.newest(&subject).await? {
                    Some((at, Some(newest))) if newest.is_at_least(&waiting.number) => {
                        return Ok(Stored { at, sequence: newest.sequence });
                    }
                    Some((_, Some(newest))) if newest.is_behind(acknowledged, &waiting.number) => {
                        let lost = acknowledged.unwrap_or_default();
                        return Err(Unpublished::Lost { newest: newest.sequence, lost });
                    }
                    None if sequence <= published => return Ok(Stored { at: 0, sequence }),
                    None if acknowledged.is_some() => {
                        tracing::warn!(
                            "the stream has no result of {} any more: they were too old, or are lost",
                            waiting.plugin
                        );
                        0
                    }
                    newest => newest.map_or(0, |(at, _)| at),
                },
            };
            let message = PublishMessage::build()
                .payload(waiting.json.clone().into())
                .message_id(&id)
                .expected_last_subject_sequence(expected)
                .header(SEQUENCE, waiting.number.text());
            let failed = |error: &dyn std::fmt::Display| format!("the stream takes no results: {error}");
            let sent = match self.context.send_publish(subject.clone(), message).await {
                Ok(sent) => sent.await,
                Err(error) => Err(error),
            };
            match sent {
                // Since https://github.com/nats-io/nats-server/pull/6415 a server notes an id when it has stored the message. One before
                // that in a cluster notes it first, without a number, and keeps it when it loses the message with its leadership.
                Ok(stored) if stored.sequence == 0 => id.push('+'),
                Ok(stored) => return Ok(Stored { at: stored.sequence, sequence }),
                Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => {}
                Err(error) if is_too_large(&error) => {
                    // It would never be taken, and all behind it would wait.
                    tracing::error!("result {sequence} of {} is left out: {error}", waiting.plugin);
                    return Ok(Stored { at: expected, sequence });
                }
                Err(error) => return Err(failed(&error).into()),
            }
        }
        Err(format!("{subject} has no place for the next result: others publish to it, or its servers choose a leader")
            .into())
    }

    /// The number of a subject's newest message in the stream, and which result it is.
    async fn newest(&self, subject: &str) -> Result<Option<(u64, Option<Number>)>, String> {
        let failed = |error: &dyn std::fmt::Display| format!("the stream cannot be asked: {error}");
        let stream =
            self.context.get_stream_no_info(self.fleet.results_stream()).await.map_err(|error| failed(&error))?;
        for _ in 0..NEWEST_TRIES {
            match timeout(NEWEST_TIMEOUT, stream.direct_get_last_for_subject(subject)).await {
                Err(_) => {}
                Ok(Ok(message)) => {
                    let number = message.headers.get(SEQUENCE).and_then(|text| Number::read(text.as_str()));
                    return Ok(Some((message.sequence, number)));
                }
                Ok(Err(error)) if error.kind() == DirectGetErrorKind::NotFound => return Ok(None),
                Ok(Err(error)) => return Err(failed(&error)),
            }
        }
        Err(failed(&"the server does not answer"))
    }

    fn id(&self, waiting: &Waiting) -> String {
        format!("{}+{}+{}", subject::token(&self.host), subject::token(&waiting.plugin), waiting.number.text())
    }
}

/// Whether the server, or the stream by its own limit, never takes a message of this size.
fn is_too_large(error: &PublishError) -> bool {
    let of_stream = error.source().and_then(|source| source.downcast_ref::<jetstream::Error>());
    error.kind() == PublishErrorKind::MaxPayloadExceeded
        || of_stream.is_some_and(|error| error.error_code() == ErrorCode::STREAM_MESSAGE_EXCEEDS_MAXIMUM)
}

/// Whether the first result that the daemon gives is the newest one that was published; `None` where that cannot be said.
fn has_published(event: &Event, position: &Position) -> Option<bool> {
    let Facts { plugin, started } = serde_json::from_str(&event.data).ok()?;
    position.has_published(event.id?, &run(&plugin, &started))
}

/// The newest number that is missing.
fn last_of_gap(event: &Event) -> Option<u64> {
    #[derive(Deserialize)]
    struct Gap {
        last: u64,
    }
    serde_json::from_str(&event.data).ok().map(|Gap { last }| last)
}

/// What is read of a result.
#[derive(Deserialize)]
struct Facts {
    plugin: String,
    /// When its run has begun, to the microsecond.
    #[serde(default)]
    started: String,
}

/// What no other run is known by.
fn run(plugin: &str, started: &str) -> String {
    format!("{started} {plugin}")
}

/// A result among the events; `None` for another event.
fn waiting(event: Event, epoch: &str) -> Option<Waiting> {
    let sequence = event.id.filter(|_| event.kind == "result")?;
    let Facts { plugin, started } = serde_json::from_str(&event.data).ok()?;
    let (number, run) = (Number { epoch: epoch.to_owned(), sequence }, run(&plugin, &started));
    Some(Waiting { plugin, run, number, json: event.data })
}
