//! HTTP and HTTPS.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::{Client, RequestBuilder, Url};
use tokio::sync::Semaphore;

use crate::inventory::address::without_password;
use crate::transport::exchange::{
    Exchange, FailureKind, KeepAlive, Method, PageBody, PageRequest, Transport, TransportError,
};
use crate::transport::http_client::{self, HttpOptions};
use crate::transport::http_response::{Failure, Received, receive};

/// Further redirects of one request are not followed.
const MAX_REDIRECTS: usize = 5;

/// Makes requests, never more than the allowed number at once.
pub struct Http {
    options: HttpOptions,
    plain: Client,
    secure: OnceLock<Result<Client, String>>,
    slots: Semaphore,
}

impl Http {
    /// Prepares for requests. Root certificates are loaded when the first https host is asked.
    ///
    /// # Errors
    ///
    /// When the proxy is not a URL, or the certificates of `--cacert` cannot be read.
    pub fn new(options: HttpOptions) -> Result<Self, String> {
        let plain = http_client::plain(&options)?;
        let slots = Semaphore::new(options.parallel.max(1));
        let secure = OnceLock::new();
        if options.cacert.is_some() {
            let _ = secure.set(Ok(http_client::secure(&options)?));
        }
        Ok(Self { options, plain, secure, slots })
    }

    fn client_for(&self, url: &Url) -> Result<&Client, TransportError> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let secure = self.secure.get_or_init(|| http_client::secure(&self.options));
        secure.as_ref().map_err(|reason| TransportError::new(url, reason.clone()))
    }

    fn prepare(&self, client: &Client, request: &PageRequest<'_>, url: &Url) -> RequestBuilder {
        let url = url.clone();
        let mut prepared = match &request.method {
            Method::Get => client.get(url),
            Method::Post(body) => client.post(url).header("content-type", "application/json").body(body.clone()),
        };
        let is_kept = match request.keep_alive {
            KeepAlive::Yes => true,
            KeepAlive::No => false,
            KeepAlive::IfSmallFleet => self.is_small_fleet(),
        };
        if !is_kept {
            prepared = prepared.header("connection", "close");
        }
        let limit = self.options.timeout.unwrap_or(request.limit);
        if let Some(seconds) = self.wait(request, limit) {
            // Not in the query: older daemons ignore both, but a proxy in front of one may look at queries.
            prepared = prepared.header("prefer", format!("wait={seconds}"));
        }
        prepared.timeout(limit)
    }

    /// Whether every host can have a request under way at once.
    fn is_small_fleet(&self) -> bool {
        self.options.hosts <= self.options.parallel
    }

    /// For how many seconds the daemon is asked to wait.
    fn wait(&self, request: &PageRequest<'_>, limit: Duration) -> Option<u64> {
        let seconds = request.wait?.min(limit / 2).as_secs();
        (self.is_small_fleet() && seconds > 0).then_some(seconds)
    }

    /// Receives the page. A GET follows redirects on its host, and is sent again
    /// once when a kept connection turns out to be closed. A POST starts a run,
    /// so it is sent once, and to the page that the user's address led to.
    async fn fetch(&self, client: &Client, request: &PageRequest<'_>) -> Result<PageBody, Failure> {
        let is_get = matches!(request.method, Method::Get);
        let mut url = request.url.clone();
        let mut redirects = 0;
        let mut may_send_again = is_get && request.may_send_again;
        loop {
            match receive(self.prepare(client, request, &url), is_get).await {
                Ok(Received::Body(body)) => return Ok(body),
                Ok(Received::Redirect(target)) if redirects == MAX_REDIRECTS => {
                    let target = without_password(&target);
                    let reason = format!("redirected more than {MAX_REDIRECTS} times, at last to {target}");
                    return Err(Failure { reason, kind: FailureKind::Other });
                }
                Ok(Received::Redirect(target)) => {
                    redirects += 1;
                    url = target;
                }
                Err(Failure { kind: FailureKind::ConnectionLost, .. }) if may_send_again => may_send_again = false,
                Err(failure) => return Err(failure),
            }
        }
    }
}

impl Transport for Http {
    async fn exchange(&self, request: PageRequest<'_>) -> Exchange {
        let url = request.url;
        let client = match self.client_for(url) {
            Ok(client) => client,
            Err(error) => return Exchange { body: Err(error), duration: None },
        };
        // The semaphore is never closed, so this returns a slot.
        let _slot = self.slots.acquire().await;
        let start = Instant::now();
        let body = self
            .fetch(client, &request)
            .await
            .map_err(|failure| TransportError::new(url, failure.reason).of_kind(failure.kind));
        Exchange { body, duration: Some(start.elapsed()) }
    }

    fn parallel(&self) -> usize {
        self.options.parallel.max(1)
    }
}
