//! Answers requests: what a client publishes goes to the daemon, what the daemon answers goes back in parts.

use std::hash::{BuildHasher, RandomState};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_nats::{Client, HeaderMap, Message, Subject};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::SelectAll;
use smoker_nats::part::{ANSWER, MAX_REQUEST, Part, max_bytes};
use smoker_nats::streams::is_resent;
use smoker_nats::subject::EVERYBODY;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::daemon::Daemon;
use crate::failure::Failure;
use crate::head::{self, Request};
use crate::settings::Settings;

/// How long the daemon may take: a request may wait 60 s for the end of its runs.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(75);
/// How many requests wait for their turn, beside those that the daemon is asked.
const MAX_WAITING: usize = 32;
/// How long requests may go on when the bridge stops.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(3);

/// What an answer needs.
#[derive(Debug)]
struct Bridge {
    client: Client,
    daemon: Daemon,
    host: String,
    running: Semaphore,
    /// What the names of answers of this bridge begin with; another one of the same host has another one.
    begun: u64,
    answers: AtomicU64,
}

/// Where an answer goes.
#[derive(Debug)]
struct Reply {
    subject: Subject,
    /// The name of the answer, for all of its parts.
    answer: String,
}

/// Answers requests until `stop` changes; those that go on then have [`DRAIN_TIMEOUT`].
pub(crate) async fn answer_all(
    client: Client,
    daemon: Daemon,
    settings: &Settings,
    mut stop: watch::Receiver<bool>,
) -> Result<(), Failure> {
    let mut requests = SelectAll::new();
    for subject in subjects(settings) {
        let subscription = client.subscribe(subject.clone()).await;
        requests.push(subscription.map_err(|error| Failure::new(format!("cannot subscribe to {subject}: {error}")))?);
    }
    let running = Semaphore::new(settings.max_requests);
    let max = settings.max_requests + MAX_WAITING;
    let (host, begun) = (settings.name.clone(), RandomState::new().hash_one(std::process::id()));
    let bridge = Arc::new(Bridge { client: client.clone(), daemon, host, running, begun, answers: AtomicU64::new(0) });
    let mut answers = JoinSet::new();
    let mut idle = pin!(bridge.daemon.close_idle());
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            () = idle.as_mut() => {}
            Some(_) = answers.join_next() => {}
            request = requests.next() => match request {
                // A host may have the server send a message of a stream to the subject of another one.
                Some(Message { headers, .. }) if is_resent(headers.as_ref()) => {
                    tracing::warn!("a request that nobody has published is dropped");
                }
                Some(Message { reply: Some(reply), payload, .. }) if answers.len() < max => {
                    let (bridge, reply) = (Arc::clone(&bridge), bridge.reply(reply));
                    answers.spawn(async move { bridge.answer(&payload, &reply).await });
                }
                Some(Message { reply: Some(reply), .. }) => {
                    let text = "Too many requests wait for this host; try again later.";
                    bridge.say(&bridge.reply(reply), "503 Service Unavailable", text).await;
                }
                Some(_) => tracing::debug!("a request without a reply subject is dropped"),
                None => return Err(Failure::new("the connection to NATS was closed")),
            },
        }
    }
    for mut subscription in requests {
        // Nothing is lost when the connection is gone.
        let _ = subscription.unsubscribe().await;
    }
    let drained = async { while answers.join_next().await.is_some() {} };
    if timeout(DRAIN_TIMEOUT, drained).await.is_err() {
        tracing::warn!("requests that go on are given up");
    }
    Ok(())
}

fn subjects(settings: &Settings) -> Vec<String> {
    let groups = settings.groups.iter().map(String::as_str).chain([EVERYBODY]);
    let groups = groups.map(|group| settings.fleet.group(group));
    [settings.fleet.host(&settings.name)].into_iter().chain(groups).collect()
}

impl Bridge {
    fn reply(&self, subject: Subject) -> Reply {
        let number = self.answers.fetch_add(1, Ordering::Relaxed);
        Reply { subject, answer: format!("{:x}.{number}", self.begun) }
    }

    async fn answer(&self, request: &Bytes, reply: &Reply) {
        // The semaphore is never closed.
        let Ok(_permit) = self.running.acquire().await else { return };
        if request.len() > MAX_REQUEST {
            return self.say(reply, "413 Payload Too Large", "A request over NATS has 1 MiB at most.").await;
        }
        let Some(request) = head::prepare(request) else {
            return self.say(reply, "400 Bad Request", "This is no HTTP/1.1 request.").await;
        };
        if request.is_for_events {
            let text = "Events do not end, so they are not sent over NATS; subscribe to the results of this host.";
            return self.say(reply, "501 Not Implemented", text).await;
        }
        let relayed = timeout(REQUEST_TIMEOUT, self.relay(&request, reply)).await;
        if relayed.is_err() {
            self.say(reply, "504 Gateway Timeout", "The daemon does not answer.").await;
        }
    }

    /// Sends the request to the daemon and its answer to the client.
    async fn relay(&self, request: &Request, reply: &Reply) {
        let mut answer = match self.daemon.ask(request).await {
            Ok(answer) => answer,
            Err(error) => return self.unreachable(reply, &error.to_string()).await,
        };
        let mut number = 0;
        // Of the server that is connected now; where the next one takes less, the client misses a part.
        let size = max_bytes(self.client.max_payload());
        loop {
            let piece = match answer.piece(size).await {
                Ok(piece) if number == 0 && piece.is_empty() => {
                    return self.unreachable(reply, "it has closed the connection").await;
                }
                Err(error) if number == 0 => return self.unreachable(reply, &error.to_string()).await,
                Ok(piece) => piece,
                // What is missing is seen by the length that the answer says.
                Err(_) => Bytes::new(),
            };
            let end = (piece.len() < size).then_some(number + 1);
            let part = Part { host: self.host.clone(), number, end, bytes: piece };
            if end.is_some() {
                // Before the client has its answer and asks again.
                self.daemon.keep(answer);
                return self.send(reply, part).await;
            }
            self.send(reply, part).await;
            number += 1;
        }
    }

    async fn unreachable(&self, reply: &Reply, reason: &str) {
        let text = format!("The daemon cannot be asked at {}: {reason}", self.daemon.socket.display());
        tracing::warn!("{text}");
        self.say(reply, "502 Bad Gateway", &text).await;
    }

    async fn say(&self, reply: &Reply, status: &str, text: &str) {
        let bytes = head::error(status, text);
        self.send(reply, Part { host: self.host.clone(), number: 0, end: Some(1), bytes }).await;
    }

    async fn send(&self, reply: &Reply, part: Part) {
        let mut headers: HeaderMap = part.headers();
        headers.insert(ANSWER, reply.answer.as_str());
        if let Err(error) = self.client.publish_with_headers(reply.subject.clone(), headers, part.bytes).await {
            tracing::warn!("an answer cannot be sent: {error}");
        }
    }
}
