//! Sends requests and reads JSON for all hosts of a call.

use std::time::Duration;

use reqwest::Url;
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::{Map, Value as Json};
use smoker_model::wire::not_loaded::NotLoaded;

use crate::client::ask_error::AskError;
use crate::client::observer::ProgressObserver;
use crate::inventory::address::without_password;
use crate::plugin::json_repair::repaired;
use crate::transport::exchange::{KeepAlive, Method, PageBody, PageRequest, Transport, TransportError};

/// How a call has plugins run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForcedRuns {
    /// Not at all.
    None,
    /// Once. They are asked for on a connection of its own: a kept one may have been closed by the server, and this POST is
    /// never sent twice.
    Once,
    /// In rounds, so that one run more does no harm. They are asked for on the connection that has just given the plugins, and
    /// once more when the server has closed it.
    Repeated {
        /// Whether a run is expected to be asked for behind the pages; if not, the connection need not wait for it.
        is_expected: bool,
    },
}

impl ForcedRuns {
    /// One run, if any.
    #[must_use]
    pub fn once_if(is_wanted: bool) -> Self {
        if is_wanted { Self::Once } else { Self::None }
    }
}

/// What all requests of a call share.
#[derive(Clone, Copy)]
pub struct Session<'a, T> {
    /// Carries the requests.
    pub transport: &'a T,
    /// Is notified of the progress.
    pub observer: &'a dyn ProgressObserver,
    /// How many hosts the call asks.
    pub hosts: usize,
    /// Whether forced runs follow.
    pub forces: ForcedRuns,
    /// The names of plugins that the call asks for; empty for all. They are
    /// fetched one by one when the page of all plugins is too large.
    pub names: &'a [String],
    /// Values for parameters of the plugins that are run, for these runs alone.
    pub values: Option<&'a Map<String, Json>>,
}

/// A page that was read.
pub(super) struct ReadPage<P> {
    pub(super) content: P,
    /// Whether long texts of it have been cut.
    pub(super) is_cut: bool,
    /// The plugins that the daemon has left out, as a header says.
    pub(super) not_loaded: Option<NotLoaded>,
    /// Which start of the daemon has answered, as a header says.
    pub(super) instance: Option<String>,
}

impl<T: Transport> Session<'_, T> {
    /// What happens to the connection after the page of all plugins.
    pub(super) fn after_plugins(&self) -> KeepAlive {
        match self.forces {
            ForcedRuns::Once => KeepAlive::No,
            ForcedRuns::Repeated { is_expected: true } => KeepAlive::Yes,
            ForcedRuns::None | ForcedRuns::Repeated { is_expected: false } => KeepAlive::IfSmallFleet,
        }
    }

    /// Fetches a page of JSON. It may take `limit` unless the user has set another one.
    pub(super) async fn get<P: DeserializeOwned>(
        &self,
        url: &Url,
        limit: Duration,
        keep_alive: KeepAlive,
    ) -> Result<P, AskError> {
        self.get_first(url, limit, keep_alive).await.map(|page| page.content)
    }

    /// As [`Self::get`], with what headers say.
    pub(super) async fn get_first<P: DeserializeOwned>(
        &self,
        url: &Url,
        limit: Duration,
        keep_alive: KeepAlive,
    ) -> Result<ReadPage<P>, AskError> {
        // Rounds of a small fleet come on kept connections.
        let may_send_again = matches!(self.forces, ForcedRuns::Repeated { .. });
        let request = PageRequest { method: Method::Get, url, limit, keep_alive, may_send_again, wait: None };
        self.send(request).await
    }

    /// As [`Self::get`], for the page of a run, whose end the daemon may wait for.
    pub(super) async fn get_run<P: DeserializeOwned>(
        &self,
        url: &Url,
        limit: Duration,
        wait: Duration,
    ) -> Result<P, AskError> {
        let keep_alive = KeepAlive::IfSmallFleet;
        let request =
            PageRequest { method: Method::Get, url, limit, keep_alive, may_send_again: false, wait: Some(wait) };
        self.send(request).await.map(|page| page.content)
    }

    /// As [`Self::get`], for a page that follows another one on the same connection.
    pub(super) async fn get_next<P: DeserializeOwned>(
        &self,
        url: &Url,
        limit: Duration,
        keep_alive: KeepAlive,
    ) -> Result<ReadPage<P>, AskError> {
        self.send(PageRequest { method: Method::Get, url, limit, keep_alive, may_send_again: true, wait: None }).await
    }

    /// Sends JSON and receives JSON, within the same limits as [`Self::get`]. The daemon may wait for the end of the run.
    pub(super) async fn post<P: DeserializeOwned>(
        &self,
        url: &Url,
        body: &impl Serialize,
        limit: Duration,
        wait: Duration,
    ) -> Result<P, AskError> {
        let body = serde_json::to_vec(body).map_err(|error| TransportError::new(url, error.to_string()))?;
        let method = Method::Post(body);
        let may_send_again = matches!(self.forces, ForcedRuns::Repeated { .. });
        // Hosts of a gate all run at once, so that each connection that is kept would be open for each of them.
        let keep_alive = if may_send_again { KeepAlive::IfSmallFleet } else { KeepAlive::Yes };
        let request = PageRequest { method, url, limit, keep_alive, may_send_again, wait: Some(wait) };
        self.send(request).await.map(|page| page.content)
    }

    /// Has the server close the connection that is kept, if there is one: it is asked for a page there, whatever that has.
    pub(super) async fn close_kept(&self, url: &Url, limit: Duration) {
        let (method, keep_alive) = (Method::Get, KeepAlive::No);
        let request = PageRequest { method, url, limit, keep_alive, may_send_again: true, wait: None };
        // What the page has does not matter, nor whether there is one.
        let _ = self.send::<IgnoredAny>(request).await;
    }

    /// Removes what a page shows, and receives JSON, within the same limits as [`Self::get`].
    pub(super) async fn delete<P: DeserializeOwned>(&self, url: &Url, limit: Duration) -> Result<P, AskError> {
        let (method, keep_alive) = (Method::Delete, KeepAlive::IfSmallFleet);
        let request = PageRequest { method, url, limit, keep_alive, may_send_again: false, wait: None };
        self.send(request).await.map(|page| page.content)
    }

    /// As [`Self::post`], for what the daemon does at once.
    pub(super) async fn post_once<P: DeserializeOwned>(
        &self,
        url: &Url,
        body: &impl Serialize,
        limit: Duration,
    ) -> Result<P, AskError> {
        let body = serde_json::to_vec(body).map_err(|error| TransportError::new(url, error.to_string()))?;
        let (method, keep_alive) = (Method::Post(body), KeepAlive::IfSmallFleet);
        let request = PageRequest { method, url, limit, keep_alive, may_send_again: false, wait: None };
        self.send(request).await.map(|page| page.content)
    }

    async fn send<P: DeserializeOwned>(&self, request: PageRequest<'_>) -> Result<ReadPage<P>, AskError> {
        let (url, method) = (request.url, request.method.to_string());
        let exchange = self.transport.exchange(request).await;
        if let Some(duration) = exchange.duration {
            let outcome = match &exchange.body {
                Ok(body) => format!("{} bytes", body.bytes.len()),
                Err(error) => error.to_string(),
            };
            let milliseconds = duration.as_millis();
            self.observer.request(&format!("{method} {} ({milliseconds} ms): {outcome}", without_password(url)));
        }
        let PageBody { bytes, is_cut, not_loaded, instance } = exchange.body?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let content = serde_json::from_slice(bytes).or_else(|error| {
            let repaired = repaired(&String::from_utf8_lossy(bytes));
            serde_json::from_str(&repaired).map_err(|_| AskError::of_json(url, bytes, &error))
        })?;
        Ok(ReadPage { content, is_cut, not_loaded, instance })
    }
}
