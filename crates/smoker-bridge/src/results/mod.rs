//! Publishes results: each once, in the order of the journal, also over cuts and restarts of the server, the daemon and the bridge.
//!
//! A result is published with the number of the stream's newest result of its plugin (`Nats-Expected-Last-Subject-Sequence`), and refused by the
//! server when there is a newer one: so a copy that was on its way when the connection was cut cannot be stored beside its repetition. The message id
//! does the same within the server's window of duplicates; an acknowledgement without a number (0) is none. After a cut the newest results are asked again, and what the stream has is passed over.
//!
//! # Layout
//!
//! - `events`: the events of the daemon
//! - `position`: up to which result the stream has all

mod events;
pub(crate) mod position;

use std::collections::HashMap;
use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::context::PublishErrorKind;
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
    let mut told = String::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            reason = publish(&publisher, &mut connection, &daemon, &mut position) => {
                if reason != told {
                    tracing::warn!("results wait in the journal: {reason}");
                    told = reason;
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

/// Publishes what is behind the position, then what comes; gives the reason when that does not go on.
async fn publish(
    publisher: &Publisher,
    connection: &mut Connection,
    daemon: &Daemon,
    position: &mut Position,
) -> String {
    connection.wait().await;
    let mut events = match Events::behind(daemon, position.number().sequence).await {
        Ok(events) => events,
        Err(error) => return format!("the daemon gives no events: {error}"),
    };
    let mut last = HashMap::new();
    loop {
        let next = match position.due_in() {
            Some(due) => timeout(due, events.next()).await,
            None => Ok(events.next().await),
        };
        let Ok(next) = next else {
            if let Err(error) = position.save() {
                return format!("cannot write to state_dir: {error}");
            }
            continue;
        };
        let event = match next {
            Ok(Some(event)) => event,
            Ok(None) => return "the daemon has ended its events".to_owned(),
            Err(error) => return error.to_string(),
        };
        if event.kind == "reset" {
            tracing::warn!("the daemon has lost its journal: its results are published from the beginning");
            position.begin_again();
            last.clear();
            continue;
        }
        if event.kind == "gap" {
            tracing::warn!("the daemon has dropped results before they could be published: {}", event.data);
        }
        if let Err(reason) = publisher.batch(event, &mut events, position, &mut last).await {
            return reason;
        }
    }
}

/// A result to be published.
#[derive(Debug)]
struct Waiting {
    plugin: String,
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
        last: &mut HashMap<String, u64>,
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
        last: &mut HashMap<String, u64>,
    ) -> Result<(), String> {
        let batch = std::mem::take(batch);
        let sent = batch.iter().map(|waiting| self.once(waiting, last.get(&waiting.plugin).copied()));
        let numbers = try_join_all(sent).await?;
        for (waiting, number) in batch.into_iter().zip(numbers) {
            position.advance(waiting.number.sequence);
            last.insert(waiting.plugin, number);
        }
        Ok(())
    }

    /// Publishes a result unless the stream has it, and gives the number of the newest message of its plugin.
    async fn once(&self, waiting: &Waiting, mut last: Option<u64>) -> Result<u64, String> {
        let subject = self.fleet.result(&self.host, &waiting.plugin);
        let mut id = self.id(waiting);
        for _ in 0..MAX_TRIES {
            let expected = match last {
                Some(last) => last,
                None => match self.newest(&subject).await? {
                    Some((at, Some(newest))) if newest.is_at_least(&waiting.number) => return Ok(at),
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
                Ok(stored) if stored.sequence == 0 => {
                    id.push('+');
                    last = None;
                }
                Ok(stored) => return Ok(stored.sequence),
                Err(error) if error.kind() == PublishErrorKind::WrongLastSequence => last = None,
                Err(error) if error.kind() == PublishErrorKind::MaxPayloadExceeded => {
                    // It would never be taken, and all behind it would wait.
                    tracing::error!("result {} of {} is left out: {error}", waiting.number.sequence, waiting.plugin);
                    return Ok(expected);
                }
                Err(error) => return Err(failed(&error)),
            }
        }
        Err(format!("{subject} has no place for the next result: others publish to it, or its servers choose a leader"))
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

/// A result among the events; `None` for another event.
fn waiting(event: Event, epoch: &str) -> Option<Waiting> {
    #[derive(Deserialize)]
    struct OfPlugin {
        plugin: String,
    }
    let sequence = event.id.filter(|_| event.kind == "result")?;
    let OfPlugin { plugin } = serde_json::from_str(&event.data).ok()?;
    Some(Waiting { plugin, number: Number { epoch: epoch.to_owned(), sequence }, json: event.data })
}
