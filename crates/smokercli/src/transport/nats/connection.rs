//! The connection to a NATS server, which all requests of a call share.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_nats::connection::State;
use async_nats::{Client, ConnectErrorKind, Event, Message};
use bytes::Bytes;
use smoker_nats::connect::{Connect, ConnectError};
use smoker_nats::presence::{self, Present};
use smoker_nats::subject::Fleet;
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

use crate::transport::exchange::FailureKind;
use crate::transport::http_response::{Failure, last_cause};
use crate::transport::nats::answer::Answer;
use crate::transport::nats::inbox::{Answers, Inbox};

/// How many refusals of the server are remembered: those of one call, since each request gets one at most.
const REFUSALS: usize = 4096;

/// What the server has refused, newest last.
type Refusals = Arc<Mutex<VecDeque<String>>>;

/// A connection. It has a thread of its own, so that it lives on between the rounds of a call, which have runtimes of their own.
pub struct NatsConnection {
    client: Client,
    inbox: Inbox,
    fleet: Fleet,
    servers: String,
    requests: AtomicU64,
    refusals: Refusals,
    /// None while it is being dropped.
    runtime: Option<Runtime>,
}

impl NatsConnection {
    /// Connects to a server, for the hosts of this fleet.
    ///
    /// # Errors
    ///
    /// When a file of the identity cannot be used, or no server takes the connection within the limit, with the next step.
    pub fn open(connect: &Connect, fleet: Fleet, limit: Duration) -> Result<Self, String> {
        // Fails if a provider is installed already, which then serves as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_multi_thread().worker_threads(1).thread_name("nats").enable_all().build();
        let runtime = runtime.map_err(|error| format!("cannot set up networking: {error}"))?;
        let refusals = Refusals::default();
        let heard = Arc::clone(&refusals);
        let options = connect.options().map_err(|error| format!("--nats: {error}"))?.connection_timeout(limit);
        let options = options.event_callback(move |event| {
            remember(&heard, &event);
            std::future::ready(())
        });
        let opened = runtime.block_on(async {
            let client = connect.open_with(options).await.map_err(|error| explained(&error))?;
            let inbox = Inbox::open(&client).await.map_err(|error| last_cause(&error))?;
            Ok::<_, String>((client, inbox))
        });
        let (servers, requests) = (connect.shown_servers(), AtomicU64::new(0));
        match opened {
            Ok((client, inbox)) => {
                Ok(Self { client, inbox, fleet, servers, requests, refusals, runtime: Some(runtime) })
            }
            Err(reason) => {
                // A name server that does not answer must not delay the exit.
                runtime.shutdown_background();
                Err(format!("--nats: {reason}"))
            }
        }
    }

    /// The hosts that have ever said that they are there, by name.
    ///
    /// # Errors
    ///
    /// When the server keeps no such inventory, or does not permit to read it.
    pub fn present(&self) -> Result<Vec<Present>, String> {
        let Some(runtime) = &self.runtime else { return Ok(Vec::new()) };
        runtime.block_on(presence::present(&self.client, &self.fleet)).map_err(|error| {
            format!(
                "{}: the inventory of the fleet cannot be read: {error}; make it by smoker-bridge streams, have the \
                 server permit you to read it, or name the hosts by -s",
                self.servers
            )
        })
    }

    /// Sends a request to a host and waits for all parts of the answer, this long at most. Parts that come later are dropped.
    pub(super) async fn ask(&self, host: &str, request: Vec<u8>, limit: Duration) -> Result<Bytes, Failure> {
        let mut answers = self.inbox.answers(self.requests.fetch_add(1, Ordering::Relaxed));
        let mut answer = Answer::of(host);
        let whole = timeout(limit, async {
            let sent = self.client.publish_with_reply(self.fleet.host(host), answers.subject.clone(), request.into());
            sent.await.map_err(|error| failure(format!("the request cannot be sent: {}", last_cause(&error))))?;
            while let Some(Message { status, headers, payload, .. }) = answers.next().await {
                if let Some(whole) = answer.take(status, headers.as_ref(), payload)? {
                    return Ok(whole);
                }
            }
            Err(failure(Answers::end()))
        });
        whole.await.unwrap_or_else(|_| Err(failure(self.silence(host, answer.came()))))
    }

    /// Why a host has not answered in time, as far as it is known. This many parts of its answer came.
    fn silence(&self, host: &str, came: u32) -> String {
        let subject = format!("\"{}\"", self.fleet.host(host));
        let refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refusal) = refusals.iter().rev().find(|refusal| refusal.contains(&subject)) {
            return format!("timed out; the NATS server refuses the request: {refusal}");
        }
        if self.client.connection_state() != State::Connected {
            return format!("timed out: the connection to the NATS server {} is lost", self.servers);
        }
        match came {
            0 => "timed out".to_owned(),
            1 => "timed out: one part of the answer came, and its end did not".to_owned(),
            came => format!("timed out: {came} parts of the answer came, and its end did not"),
        }
    }
}

fn failure(reason: String) -> Failure {
    Failure { reason, kind: FailureKind::Other }
}

fn remember(refusals: &Refusals, event: &Event) {
    let Event::ServerError(error) = event else { return };
    let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
    refusals.push_back(error.to_string());
    if refusals.len() > REFUSALS {
        refusals.pop_front();
    }
}

/// A failure to connect, with the next step.
fn explained(error: &ConnectError) -> String {
    let step = match error {
        // What has been explained has its next step.
        ConnectError::Refused { reason, error, .. } if *reason != error.to_string() => "",
        ConnectError::Refused { error, .. } => match error.kind() {
            ConnectErrorKind::AuthorizationViolation | ConnectErrorKind::Authentication => {
                "; name the file of your credentials by --creds, or your certificate by --cert and --key"
            }
            ConnectErrorKind::Tls => "; name the certificates that sign the server's by --cacert",
            _ => "; see whether a NATS server listens there",
        },
        _ => "",
    };
    format!("{error}{step}")
}

impl Drop for NatsConnection {
    fn drop(&mut self) {
        // Nor here.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for NatsConnection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsConnection")
            .field("servers", &self.servers)
            .field("fleet", &self.fleet)
            .finish_non_exhaustive()
    }
}
