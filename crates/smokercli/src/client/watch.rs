//! Follows what happens on one daemon: its events, or what an older one shows when it is asked again and again.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Url;
use serde_json::{Map, Value as Json};
use smoker_model::time::backoff::Backoff;
use tokio::sync::mpsc::Sender;
use tokio::time::{sleep, timeout};

use crate::client::ask_error::AskError;
use crate::client::event_memory::{EventMemory, Place};
use crate::client::event_text::{EventText, Unread};
use crate::client::host::{self, HostAnswer, HostError, resolve};
use crate::client::session::Session;
use crate::inventory::address::HostAddress;
use crate::plugin::Plugin;
use crate::report::history::PastResult;
use crate::transport::any::AnyTransport;
use crate::transport::event_stream::EventStream;
use crate::transport::exchange::{FailureKind, TransportError};

/// A daemon that sends nothing for this long, which is three times its heartbeat, is taken for gone.
const SILENCE: Duration = Duration::from_secs(45);
/// How long is waited before a daemon is asked again; each time twice as long, up to the longest. A part of it is at random: a daemon that
/// was started again has all its listeners come at once otherwise.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);
/// The bytes of an event that waits to be shown without taking room for it: the number of those that wait is bounded.
const SMALL_CHANGE: usize = 64 << 10;
/// How often an older daemon is asked.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

/// What has happened on a host.
#[derive(Debug)]
pub enum Change {
    /// The plugins as they are now, with their newest results.
    Plugins(Box<HostAnswer>),
    /// A run has ended.
    Result(PastResult),
    /// Results are no longer there that came while the host could not be asked; their numbers.
    Gap(Json),
    /// The host cannot be asked at the moment.
    Failed(HostError),
}

/// Why following has come to an end.
enum Broken {
    /// It failed.
    Failed(HostError),
    /// The daemon has no events.
    Old,
    /// Nobody reads the changes any more.
    Over,
}

/// A change on its way to who shows it.
#[derive(Debug)]
pub struct SentChange {
    /// The number of the host.
    pub number: usize,
    /// What has happened.
    pub change: Change,
    /// The memory that it takes, until it is shown.
    _place: Option<Place>,
}

/// Where changes go. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Changes {
    sender: Sender<SentChange>,
    memory: EventMemory,
}

impl Changes {
    /// To this receiver's other end. What waits there is bounded by its size, too.
    #[must_use]
    pub fn new(sender: Sender<SentChange>) -> Self {
        Self { sender, memory: EventMemory::default() }
    }
}

/// Sends what happens on a host, with its number, until nobody reads it. A host that fails is asked again, and goes on where it was.
pub async fn follow(session: &Session<'_, AnyTransport>, number: usize, address: &HostAddress, changes: Changes) {
    let mut follower = Follower { session, number, address, changes, cursor: None, seen: None };
    let mut pauses = Backoff::new(FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let error = match follower.events(&mut pauses).await {
            Broken::Over => return,
            Broken::Failed(error) => error,
            Broken::Old => match follower.poll(&mut pauses).await {
                Broken::Failed(error) => error,
                Broken::Old | Broken::Over => return,
            },
        };
        if follower.send(Change::Failed(error), 0).await.is_err() {
            return;
        }
        sleep(pauses.wait()).await;
    }
}

/// The `lastRun` of each plugin that has a result.
type LastRuns = HashMap<String, Option<Json>>;

struct Follower<'a> {
    session: &'a Session<'a, AnyTransport>,
    number: usize,
    address: &'a HostAddress,
    changes: Changes,
    /// The newest event that has come.
    cursor: Option<String>,
    /// When the plugins of an older daemon ran last; none before it has answered.
    seen: Option<LastRuns>,
}

impl Follower<'_> {
    /// First the plugins, then each event.
    async fn events(&mut self, pauses: &mut Backoff) -> Broken {
        let page = match &self.address.page {
            Ok(page) => page.clone(),
            Err(reason) => return failed(AskError::Address(reason.clone())),
        };
        // Before the plugins are asked for, so that nothing that comes between is missed.
        let mut stream = match self.open(&page).await {
            Ok(stream) => stream,
            Err(AskError::Open(TransportError { kind: FailureKind::NotFound, .. })) => return Broken::Old,
            Err(error) => return failed(error),
        };
        if let Err(broken) = self.ask().await {
            return broken;
        }
        pauses.reset();
        let mut text = EventText::new(self.changes.memory.clone());
        loop {
            let chunk = match timeout(SILENCE, stream.next()).await {
                Ok(Ok(Some(chunk))) => chunk,
                Ok(Ok(None)) => return failed(lost(&page, "the daemon has ended the stream of events")),
                Ok(Err(reason)) => return failed(lost(&page, &reason)),
                Err(_) => return failed(lost(&page, "the daemon has sent nothing for 45 s")),
            };
            let events = match text.push(&chunk) {
                Ok(events) => events,
                Err(Unread::TooLarge(id)) => {
                    // The next ones are those behind it.
                    self.cursor = id.or_else(|| self.cursor.take());
                    return failed(lost(&page, "an event is too large and is left out"));
                }
                Err(Unread::NoRoom) => return failed(lost(&page, "the events of all hosts are too large at present")),
            };
            for event in events {
                if let Some(id) = event.id {
                    self.cursor = Some(id);
                }
                let outcome = match event.name.as_str() {
                    "result" => match serde_json::from_str::<Map<String, Json>>(&event.data) {
                        Ok(entry) => self.send(Change::Result(PastResult::new(entry)), event.data.len()).await,
                        Err(error) => return failed(lost(&page, &format!("an event cannot be read: {error}"))),
                    },
                    "reload" | "reset" => self.ask().await,
                    "gap" => match self.send(Change::Gap(event.data.parse().unwrap_or_default()), 0).await {
                        Ok(()) => self.ask().await,
                        over => over,
                    },
                    _ => Ok(()),
                };
                if let Err(broken) = outcome {
                    return broken;
                }
            }
        }
    }

    async fn open(&self, page: &Url) -> Result<EventStream, AskError> {
        let mut url = resolve(page, "/events")?;
        if let Some(cursor) = &self.cursor {
            url.query_pairs_mut().append_pair("since", cursor);
        }
        Ok(self.session.transport.open_events(&url).await?)
    }

    /// Asks an older daemon again and again.
    async fn poll(&mut self, pauses: &mut Backoff) -> Broken {
        loop {
            let answer = match host::ask(self.session, self.address).await {
                Ok(answer) => answer,
                Err(error) => return Broken::Failed(error),
            };
            pauses.reset();
            let results = new_results(&mut self.seen, &answer.plugins);
            let changes =
                std::iter::once(Change::Plugins(Box::new(answer))).chain(results.into_iter().map(Change::Result));
            for change in changes {
                if let Err(broken) = self.send(change, 0).await {
                    return broken;
                }
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    async fn ask(&self) -> Result<(), Broken> {
        let answer = host::ask(self.session, self.address).await.map_err(Broken::Failed)?;
        self.send(Change::Plugins(Box::new(answer)), 0).await
    }

    /// Sends a change whose event had this many bytes.
    async fn send(&self, change: Change, bytes: usize) -> Result<(), Broken> {
        let place = if bytes > SMALL_CHANGE { self.changes.memory.take(bytes).await } else { None };
        let sent = SentChange { number: self.number, change, _place: place };
        self.changes.sender.send(sent).await.map_err(|_| Broken::Over)
    }
}

/// The results that the daemon did not have when it was asked before; none when it is asked for the first time.
fn new_results(seen: &mut Option<LastRuns>, plugins: &[Plugin]) -> Vec<PastResult> {
    let is_first = seen.is_none();
    let seen = seen.get_or_insert_default();
    let mut results = Vec::new();
    for plugin in plugins {
        let view = plugin.view();
        let Some(result) = view.result() else { continue };
        let last_run = result.get("lastRun").cloned();
        let before = seen.insert(plugin.name().to_owned(), last_run.clone());
        if before != Some(last_run) && !is_first {
            results.push(PastResult::of_plugin(plugin.name(), result));
        }
    }
    results
}

fn failed(reason: AskError) -> Broken {
    Broken::Failed(HostError { name: None, reason })
}

fn lost(page: &Url, reason: &str) -> AskError {
    AskError::Open(TransportError::new(page, reason.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    #[test]
    fn first_results_that_come_while_an_older_daemon_is_watched_are_new() {
        let plugin = |result: Json| {
            Plugin::parse(to_raw_value(&json!({"name": "p", "lastResult": result})).expect("valid JSON"))
        };
        let ran = |second: u8| plugin(json!({"status": "OK", "lastRun": format!("2020-01-01T00:00:0{second}")}));
        let count = |seen: &mut _, plugin| new_results(seen, &[plugin]).len();
        let mut seen = None;
        assert_eq!(count(&mut seen, plugin(Json::Null)), 0);
        assert_eq!(count(&mut seen, ran(1)), 1);
        assert_eq!(count(&mut seen, ran(1)), 0);
        assert_eq!(count(&mut seen, ran(2)), 1);
        assert_eq!(count(&mut None, ran(1)), 0, "what it has at first is shown with its plugins");
    }
}
