//! The way to the hosts of a call: straight over HTTP, or through a NATS server.

use std::time::Duration;

use reqwest::Url;

use crate::transport::event_stream::EventStream;
use crate::transport::exchange::{Exchange, FailureKind, PageRequest, Transport, TransportError};
use crate::transport::http::Http;
use crate::transport::http_client::HttpOptions;
use crate::transport::nats::requests::{Nats, NatsOptions};

/// How requests reach the hosts of a call.
#[derive(Clone, Debug)]
pub enum Route {
    /// Each host at its own address.
    Http(Box<HttpOptions>),
    /// All hosts through one connection to a NATS server.
    Nats(NatsOptions),
}

/// Carries the requests of a call on its route.
pub enum AnyTransport {
    /// Straight to each host.
    Http(Box<Http>),
    /// Through a NATS server.
    Nats(Nats),
}

impl Route {
    /// The same route to another number of hosts.
    #[must_use]
    pub fn to_hosts(&self, hosts: usize) -> Self {
        match self {
            Self::Http(options) => Self::Http(Box::new(HttpOptions { hosts, ..(**options).clone() })),
            Self::Nats(options) => Self::Nats(NatsOptions { hosts, ..options.clone() }),
        }
    }

    /// What carries requests on it.
    ///
    /// # Errors
    ///
    /// When an option of it cannot be used, such as a file of certificates.
    pub fn transport(&self) -> Result<AnyTransport, String> {
        Ok(match self {
            Self::Http(options) => AnyTransport::Http(Box::new(Http::new((**options).clone())?)),
            Self::Nats(options) => AnyTransport::Nats(Nats::new(options.clone())),
        })
    }
}

impl AnyTransport {
    /// Opens the stream of a daemon's events.
    ///
    /// # Errors
    ///
    /// When there is no answer, or none with success. An answer through a NATS server has an end, so that there is no such page.
    pub async fn open_events(&self, url: &Url) -> Result<EventStream, TransportError> {
        match self {
            Self::Http(http) => http.open_events(url).await,
            Self::Nats(_) => Err(TransportError::new(url, "there are no events through a NATS server".to_owned())
                .of_kind(FailureKind::NotFound)),
        }
    }
}

impl Transport for AnyTransport {
    async fn exchange(&self, request: PageRequest<'_>) -> Exchange {
        match self {
            Self::Http(http) => http.exchange(request).await,
            Self::Nats(nats) => nats.exchange(request).await,
        }
    }

    fn parallel(&self) -> usize {
        match self {
            Self::Http(http) => http.parallel(),
            Self::Nats(nats) => nats.parallel(),
        }
    }

    fn cost_of_request(&self) -> Duration {
        match self {
            Self::Http(http) => http.cost_of_request(),
            Self::Nats(nats) => nats.cost_of_request(),
        }
    }
}
