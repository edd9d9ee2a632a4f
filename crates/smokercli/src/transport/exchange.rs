//! What a transport is: it sends one request to a daemon and receives the response.

use std::fmt;
use std::time::Duration;

use reqwest::Url;
use smoker_model::wire::not_loaded::NotLoaded;

use crate::inventory::address::without_password;

/// The kind of a request, with what it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Method {
    /// Fetch a page.
    Get,
    /// Send this JSON.
    Post(Vec<u8>),
    /// Remove what the page shows.
    Delete,
}

/// What happens to the connection after the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    /// It stays open: the next request to the same host follows at once.
    Yes,
    /// It is closed.
    No,
    /// It stays open unless there are more hosts than parallel requests: idle
    /// connections of a large fleet would exceed the limit on open files.
    IfSmallFleet,
}

/// A request to a daemon.
#[derive(Clone, Debug)]
pub struct PageRequest<'a> {
    /// Its kind.
    pub method: Method,
    /// The page.
    pub url: &'a Url,
    /// How long the response may take, unless the user has set another limit.
    pub limit: Duration,
    /// What happens to the connection after the response.
    pub keep_alive: KeepAlive,
    /// Whether it is sent again, once, if the connection is lost before the response: it comes on a kept connection, which the
    /// server may have closed. Of a POST only where it does no harm if the server has taken it twice.
    pub may_send_again: bool,
    /// How long the daemon may wait with its response for the end of a run, at most: less when the time for the response
    /// is short. It does not wait in a large fleet, where that would keep other hosts from being asked.
    pub wait: Option<Duration>,
}

impl PageRequest<'_> {
    /// For how many seconds the daemon is asked to wait, of a response that may take `limit`. It is not asked to in a large
    /// fleet, where other hosts wait for their turn meanwhile.
    pub(super) fn wait_seconds(&self, limit: Duration, is_small_fleet: bool) -> Option<u64> {
        let seconds = self.wait?.min(limit / 2).as_secs();
        (is_small_fleet && seconds > 0).then_some(seconds)
    }
}

/// Why there is no response, or none with success.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("can't open resource {url}: {reason}")]
pub struct TransportError {
    /// The page, without a password.
    pub url: String,
    /// What went wrong.
    pub reason: String,
    /// What kind of failure it is.
    pub kind: FailureKind,
}

/// What kind of failure keeps a response away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FailureKind {
    /// Any other.
    #[default]
    Other,
    /// The connection ended before the response began, as a kept one does that the server has closed.
    ConnectionLost,
    /// The connection ended within the response.
    CutOff,
    /// Nobody listens at the address.
    Refused,
    /// The server, or a proxy before it, says that it cannot answer now: HTTP 502, 503 or 504.
    Unavailable,
    /// The server takes no more requests of this client yet, and says after which time it does: HTTP 429 with `Retry-After`.
    TooMany(Duration),
    /// The server has no such page.
    NotFound,
    /// The body is larger than the client takes.
    TooLarge,
}

/// The body of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageBody {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether long texts of it have been cut.
    pub is_cut: bool,
    /// The plugins that the daemon has left out, as a header says.
    pub not_loaded: Option<NotLoaded>,
    /// Which start of the daemon has answered, as a header says.
    pub instance: Option<String>,
}

impl TransportError {
    /// This page could not be fetched for this reason.
    #[must_use]
    pub fn new(url: &Url, reason: String) -> Self {
        Self { url: without_password(url), reason, kind: FailureKind::default() }
    }

    /// The same failure, of this kind.
    #[must_use]
    pub fn of_kind(self, kind: FailureKind) -> Self {
        Self { kind, ..self }
    }
}

/// The outcome of one request.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The body of the response.
    pub body: Result<PageBody, TransportError>,
    /// How long the request was under way; `None` if it was never sent.
    pub duration: Option<Duration>,
}

/// Carries requests to daemons.
pub trait Transport {
    /// Sends a request and receives the response, however many others are under way.
    fn exchange(&self, request: PageRequest<'_>) -> impl Future<Output = Exchange>;

    /// How many requests it has under way at once; more of them wait.
    fn parallel(&self) -> usize;

    /// About how long a request keeps the client and its host busy in a large fleet, where they are many. Polls that come sooner after each other
    /// would delay useful requests.
    fn cost_of_request(&self) -> Duration;
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Get => "GET",
            Self::Post(_) => "POST",
            Self::Delete => "DELETE",
        })
    }
}
