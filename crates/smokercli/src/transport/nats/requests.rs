//! Requests through a NATS server: all hosts share one connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use percent_encoding::percent_decode_str;
use reqwest::Url;
use tokio::sync::Semaphore;

use crate::transport::exchange::{Exchange, PageBody, PageRequest, Transport, TransportError};
use crate::transport::http_response::{Failure, received};
use crate::transport::nats::connection::NatsConnection;
use crate::transport::nats::http_text;

/// How requests are made.
#[derive(Clone, Debug)]
pub struct NatsOptions {
    /// The connection.
    pub connection: Arc<NatsConnection>,
    /// How long an answer may take; `None`: each kind of request has a limit of its own.
    pub timeout: Option<Duration>,
    /// How many requests may be under way at once. The answers to all of them may have to wait in the server, which closes a
    /// connection that it has too much for.
    pub parallel: usize,
    /// How many hosts are asked.
    pub hosts: usize,
}

/// Makes requests, never more than the allowed number at once.
pub struct Nats {
    options: NatsOptions,
    slots: Semaphore,
}

impl Nats {
    /// Prepares for requests.
    #[must_use]
    pub fn new(options: NatsOptions) -> Self {
        let slots = Semaphore::new(options.parallel.max(1));
        Self { options, slots }
    }

    async fn fetch(&self, request: &PageRequest<'_>) -> Result<PageBody, Failure> {
        let NatsOptions { connection, timeout: limit, parallel, hosts } = &self.options;
        let limit = limit.unwrap_or(request.limit);
        let host = host_of(request.url);
        let wait = request.wait_seconds(limit, hosts <= parallel);
        let answer = connection.ask(&host, http_text::of_request(request, wait), limit).await?;
        received(http_text::answer(&answer)?).await
    }
}

/// The name of the host that a URL is of.
fn host_of(url: &Url) -> String {
    percent_decode_str(url.host_str().unwrap_or_default()).decode_utf8_lossy().into_owned()
}

impl Transport for Nats {
    async fn exchange(&self, request: PageRequest<'_>) -> Exchange {
        // The semaphore is never closed, so this returns a slot.
        let _slot = self.slots.acquire().await;
        let start = Instant::now();
        let body = self.fetch(&request).await;
        let body = body.map_err(|Failure { reason, kind }| TransportError::new(request.url, reason).of_kind(kind));
        Exchange { body, duration: Some(start.elapsed()) }
    }

    fn parallel(&self) -> usize {
        self.options.parallel.max(1)
    }

    fn cost_of_request(&self) -> Duration {
        // No connection is opened for it, and the server sends the answers of many hosts at once.
        Duration::from_micros(30)
    }
}
