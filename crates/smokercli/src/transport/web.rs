//! One request and its answer.

use std::error::Error;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, ClientBuilder, Method, Proxy, RequestBuilder, Response, Url};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::client::watch::Watch;

/// An answer beyond this is refused: no fleet page comes near it, and a
/// broken server must not fill the memory.
const MAX_ANSWER: usize = 64 << 20;

const MAX_REDIRECTS: usize = 5;

/// Through what requests go.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum ProxyChoice {
    /// Straight to the host, whatever the environment says.
    #[default]
    None,
    /// As `http_proxy`, `https_proxy` and `no_proxy` say.
    Environment,
    /// Through this proxy.
    Url(String),
}

/// What becomes of a connection behind an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Afterwards {
    /// The next request to the same host follows at once.
    Continue,
    /// This may have been the last one. In a large fleet the connection is
    /// closed: idle ones would add up to more files than a process may open.
    MayEnd,
}

/// How requests are made.
#[derive(Clone, Debug, Default)]
pub struct WebOptions {
    /// How long connecting may take.
    pub connect_timeout: Option<Duration>,
    /// How long one answer may take; none: each kind of request has its own limit.
    pub timeout: Option<Duration>,
    /// How many requests may be under way at once.
    pub parallel: usize,
    /// How many hosts there are.
    pub hosts: usize,
    /// Through what requests go.
    pub proxy: ProxyChoice,
}

/// Why an answer is missing or useless.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// This is no address.
    #[error("invalid address: {0}")]
    Address(String),
    /// No answer, or one that tells of a failure.
    #[error("can't open resource {url}: {reason}")]
    Open {
        /// What was asked for.
        url: String,
        /// What went wrong.
        reason: String,
    },
    /// An answer, but no JSON.
    #[error("can't load response as JSON: {reason} ({url})")]
    Json {
        /// What was asked for.
        url: String,
        /// Where the JSON ends to be one.
        reason: String,
    },
    /// JSON, but not what a smokerd answers.
    #[error("not the answer of a smokerd: {reason} ({url})")]
    Shape {
        /// What was asked for.
        url: String,
        /// What is missing.
        reason: String,
    },
    /// The about page does not tell the way.
    #[error("can't find resource {0} on the about page")]
    Link(String),
    /// The result of a run was not to be had.
    #[error(
        "Polling on {path} failed after {retries} retries. This may happen when a plugin died while waiting for the \
         result. Please retry and check log on the hosts if it happens again."
    )]
    Poll {
        /// What was asked for.
        path: String,
        /// How often it was asked for again.
        retries: u32,
    },
}

/// Makes requests, never more than the allowed number at once.
pub struct Web<'a> {
    options: WebOptions,
    plain: Client,
    secure: OnceLock<Result<Client, String>>,
    slots: Semaphore,
    watch: &'a dyn Watch,
}

impl<'a> Web<'a> {
    /// Prepares for requests. Certificates are not looked at before an https host is asked.
    ///
    /// # Errors
    ///
    /// When the proxy is no URL.
    pub fn new(options: WebOptions, watch: &'a dyn Watch) -> Result<Self, String> {
        // A provider that is already installed is as good as ours.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let plain = builder(&options)?.tls_certs_only([]).build().map_err(|error| last_cause(&error))?;
        let slots = Semaphore::new(options.parallel.max(1));
        Ok(Self { options, plain, secure: OnceLock::new(), slots, watch })
    }

    /// How many requests may be under way at once.
    #[must_use]
    pub fn parallel(&self) -> usize {
        self.options.parallel.max(1)
    }

    /// How many hosts there are.
    #[must_use]
    pub fn hosts(&self) -> u32 {
        u32::try_from(self.options.hosts).unwrap_or(u32::MAX)
    }

    /// Whom to tell what happens.
    #[must_use]
    pub fn watch(&self) -> &'a dyn Watch {
        self.watch
    }

    /// Fetches a page of JSON, which may take `limit` unless the options say otherwise.
    ///
    /// # Errors
    ///
    /// When there is no answer, or one that cannot be used.
    pub async fn get<T: DeserializeOwned>(
        &self,
        url: &Url,
        limit: Duration,
        afterwards: Afterwards,
    ) -> Result<T, AskError> {
        self.ask(Method::GET, url, limit, afterwards, |request| request).await
    }

    /// Sends JSON and takes JSON, as [`Self::get`].
    ///
    /// # Errors
    ///
    /// When there is no answer, or one that cannot be used.
    pub async fn post<T: DeserializeOwned>(
        &self,
        url: &Url,
        body: &impl Serialize,
        limit: Duration,
    ) -> Result<T, AskError> {
        let body = serde_json::to_vec(body).map_err(|error| open_error(url, error.to_string()))?;
        let with_body = |request: RequestBuilder| request.header("content-type", "application/json").body(body);
        self.ask(Method::POST, url, limit, Afterwards::Continue, with_body).await
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        url: &Url,
        limit: Duration,
        afterwards: Afterwards,
        finish: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Result<T, AskError> {
        let client = self.client_for(url)?;
        // The semaphore is never closed, so a slot is always to be had.
        let _slot = self.slots.acquire().await;
        let start = Instant::now();
        let timeout = self.options.timeout.unwrap_or(limit);
        let mut request = finish(client.request(method.clone(), url.clone()).timeout(timeout));
        if afterwards == Afterwards::MayEnd && self.options.hosts > self.options.parallel {
            request = request.header("connection", "close");
        }
        let answer = receive(request, url).await;
        let outcome = match &answer {
            Ok(body) => format!("{} bytes", body.len()),
            Err(error) => error.to_string(),
        };
        self.watch.request(&format!("{method} {} ({} ms): {outcome}", shown(url), start.elapsed().as_millis()));
        let body = answer?;
        serde_json::from_slice(&body).map_err(|error| parse_error(url, &body, &error))
    }

    fn client_for(&self, url: &Url) -> Result<&Client, AskError> {
        if url.scheme() == "http" {
            return Ok(&self.plain);
        }
        let build = || builder(&self.options)?.build().map_err(|error| last_cause(&error));
        self.secure.get_or_init(build).as_ref().map_err(|reason| open_error(url, reason.clone()))
    }
}

fn builder(options: &WebOptions) -> Result<ClientBuilder, String> {
    let mut builder = Client::builder()
        .user_agent(concat!("smokercli/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::custom(redirect))
        .pool_max_idle_per_host(1)
        .tcp_nodelay(true);
    if let Some(timeout) = options.connect_timeout {
        builder = builder.connect_timeout(timeout);
    }
    Ok(match &options.proxy {
        ProxyChoice::None => builder.no_proxy(),
        ProxyChoice::Environment => builder,
        ProxyChoice::Url(url) => {
            let proxy =
                Proxy::all(url).map_err(|error| format!("the proxy {url:?} is not a URL: {}", last_cause(&error)))?;
            builder.proxy(proxy)
        }
    })
}

/// Follows within one scheme only: the client for http knows no certificates.
fn redirect(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let scheme = |url: &Url| url.scheme().to_owned();
    let same = attempt.previous().last().map(scheme) == Some(scheme(attempt.url()));
    if same && attempt.previous().len() <= MAX_REDIRECTS { attempt.follow() } else { attempt.stop() }
}

async fn receive(request: RequestBuilder, url: &Url) -> Result<Vec<u8>, AskError> {
    let failed = |error: &reqwest::Error| {
        open_error(url, if error.is_timeout() { "timed out".to_owned() } else { last_cause(error) })
    };
    let mut response = request.send().await.map_err(|error| failed(&error))?;
    if !response.status().is_success() {
        return Err(open_error(url, refusal(response).await));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failed(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER {
            return Err(open_error(url, format!("the answer is larger than {} MiB", MAX_ANSWER >> 20)));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What a refusing answer says: its status, where it sends us, and the message
/// that a smokerd puts into it.
async fn refusal(mut response: Response) -> String {
    #[derive(Deserialize)]
    struct Refusal {
        message: String,
    }
    let status = response.status();
    let to = response.headers().get("location").and_then(|to| to.to_str().ok());
    let to = to.map_or(String::new(), |to| format!(", redirected to {to}"));
    // The first piece of the answer has the whole message; a longer one is no smokerd's.
    let first = response.chunk().await.ok().flatten().unwrap_or_default();
    let message = serde_json::from_slice(&first).map_or(String::new(), |refusal: Refusal| refusal.message);
    let is_news = !message.is_empty() && Some(message.as_str()) != status.canonical_reason();
    let message = if is_news { format!(": {message}") } else { String::new() };
    format!("HTTP Error {status}{to}{message}")
}

fn parse_error(url: &Url, body: &[u8], error: &serde_json::Error) -> AskError {
    let url = shown(url);
    if error.is_data() {
        return AskError::Shape { url, reason: error.to_string() };
    }
    let reason = if body.is_empty() { "the answer is empty".to_owned() } else { error.to_string() };
    AskError::Json { url, reason }
}

fn open_error(url: &Url, reason: String) -> AskError {
    AskError::Open { url: shown(url), reason }
}

/// A URL without what nobody else should read.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    let _ = url.set_password(None);
    url.to_string()
}

/// The innermost cause, which is what went wrong; the layers above only say where.
fn last_cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
