//! HTTP and HTTPS.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, RequestBuilder, Response, Url};
use rustls::client::danger::ServerCertVerifier;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::known_hosts::HostTrust;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::inventory::address::{host_and_port, without_password};
use crate::transport::bearer_token::{BearerToken, is_loopback};
use crate::transport::certificates;
use crate::transport::event_stream::EventStream;
use crate::transport::exchange::{
    Exchange, FailureKind, KeepAlive, Method, PageBody, PageRequest, Transport, TransportError,
};
use crate::transport::http_client::{self, HttpOptions};
use crate::transport::http_response::{Failure, Received, receive, sent, successful};
use crate::transport::local_connection::{LocalPlace, LocalRequest};

/// Further redirects of one request are not followed.
const MAX_REDIRECTS: usize = 5;

/// How long it may take until a stream of events begins.
const OPEN_LIMIT: Duration = Duration::from_secs(20);

/// Makes requests, never more than the allowed number at once.
pub struct Http {
    options: HttpOptions,
    plain: Client,
    /// Checks servers by `--cacert`.
    cacert: Option<Arc<dyn ServerCertVerifier>>,
    secure: OnceLock<Result<Client, String>>,
    own: OnceLock<Result<Option<OwnIdentity>, String>>,
    /// The clients of known hosts by their addresses: each accepts one host's key.
    known: Mutex<HashMap<String, Client>>,
    slots: Semaphore,
}

/// How a host is asked.
struct Asked {
    /// Its address, if it is asked over TLS.
    over_tls: Option<String>,
    token: TokenWay,
}

/// How the token gets to a host.
enum TokenWay {
    /// There is none, or none that is meant for this host.
    None,
    /// Over TLS.
    Tls(HeaderValue),
    /// In plain text, to a daemon of this host alone. What helps when another account listens there.
    Local(LocalPlace, HeaderValue, String),
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
        let cacert = options.cacert.as_deref().map(certificates::of_cacert).transpose()?;
        let (secure, own, known) = (OnceLock::new(), OnceLock::new(), Mutex::new(HashMap::new()));
        Ok(Self { options, plain, cacert, secure, own, known, slots })
    }

    /// Opens the stream of a daemon's events, which is none of the requests whose number is bounded: it is open as long as the host
    /// is watched.
    ///
    /// # Errors
    ///
    /// When there is no answer, or none with success.
    pub async fn open_events(&self, url: &Url) -> Result<EventStream, TransportError> {
        let (client, asked) = self.prepare_for(url)?;
        let request = client.get(url.clone()).header(ACCEPT, "text/event-stream");
        let limit = self.options.timeout.unwrap_or(OPEN_LIMIT);
        let open = async { successful(self.send(request, &asked).await?).await };
        match timeout(limit, open).await {
            Ok(Ok(response)) => Ok(EventStream::new(response, asked.over_tls)),
            Ok(Err(failure)) => Err(self.failed(url, failure)),
            Err(_) => Err(TransportError::new(url, "timed out".to_owned())),
        }
    }

    /// The failure of a request. Its URL does not say over which socket it went.
    fn failed(&self, url: &Url, failure: Failure) -> TransportError {
        let reason = match &self.options.socket {
            // An error of the system means that there is no connection, since daemons answer in words.
            Some(socket) if failure.reason.contains("(os error ") => {
                let (reason, socket) = (failure.reason, socket.display());
                format!(
                    "no connection to the socket {socket}: {reason}; is it the `socket` of a daemon that runs, and of one that you may ask?"
                )
            }
            _ => failure.reason,
        };
        TransportError::new(url, reason).of_kind(failure.kind)
    }

    /// The client for a host, and how the host is asked.
    fn prepare_for(&self, url: &Url) -> Result<(Client, Asked), TransportError> {
        let trust = self.trust_in(url);
        let client = self.client_for(url, trust.as_ref()).map_err(|reason| TransportError::new(url, reason))?;
        let token = self.token_way(url).map_err(|reason| TransportError::new(url, reason))?;
        let over_tls = (url.scheme() == "https").then(|| address_of(url));
        Ok((client, Asked { over_tls, token }))
    }

    /// What is known of the host of an https URL.
    fn trust_in(&self, url: &Url) -> Option<HostTrust> {
        let port = url.port_or_known_default().filter(|_| url.scheme() == "https")?;
        self.options.trust.known.of(url.host_str()?, port)
    }

    fn client_for(&self, url: &Url, trust: Option<&HostTrust>) -> Result<Client, String> {
        if let Some(trust) = trust {
            return self.client_for_known(trust);
        }
        if url.scheme() == "http" {
            if self.options.certificate.is_some() {
                return Err(format!(
                    "the certificate of --cert is shown over TLS alone, and this host is asked over plain http; {}",
                    self.over_tls(url)
                ));
            }
            return Ok(self.plain.clone());
        }
        self.secure.get_or_init(|| http_client::secure(&self.options, self.cacert.clone())).clone()
    }

    fn client_for_known(&self, trust: &HostTrust) -> Result<Client, String> {
        let named = || self.options.certificate.clone().map(|own| Ok(Some(own)));
        let of_folder = || self.options.trust.own().map_err(|error| error.to_string());
        let own = self.own.get_or_init(|| named().unwrap_or_else(of_folder));
        let own = own.as_ref().map_err(Clone::clone)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = known.get(&trust.host) {
            return Ok(client.clone());
        }
        let client = http_client::known(&self.options, trust.clone(), self.cacert.clone(), own.as_ref())?;
        known.insert(trust.host.clone(), client.clone());
        Ok(client)
    }

    /// How the token gets to a host. It is not sent where others could read it.
    fn token_way(&self, url: &Url) -> Result<TokenWay, String> {
        let Some(token) = &self.options.token else { return Ok(TokenWay::None) };
        if url.scheme() == "https" {
            return header_of(token).map(TokenWay::Tls);
        }
        if let Some(socket) = &self.options.socket {
            if !token.is_for_socket() {
                return Ok(TokenWay::None);
            }
            let cure = "name the daemon's own socket, or ask it over TLS".to_owned();
            return Ok(TokenWay::Local(LocalPlace::Socket(socket.clone()), header_of(token)?, cure));
        }
        if !is_loopback(url) || self.options.proxy.is_used_for_http() {
            return Err(format!(
                "the token is not sent over plain http, where everybody on the way could read it; {}",
                self.over_tls(url)
            ));
        }
        let cure = format!("ask over the Unix socket (--socket), or {}", self.over_tls(url));
        Ok(TokenWay::Local(LocalPlace::Port, header_of(token)?, cure))
    }

    /// How a host is asked over TLS.
    fn over_tls(&self, url: &Url) -> String {
        let address = address_of(url);
        let port = url.port_or_known_default().unwrap_or_default();
        // An authority alone leads no request over loopback to TLS.
        let is_led = |trust: HostTrust| !trust.pins.is_empty() || !is_loopback(url);
        if url.host_str().is_some_and(|host| self.options.trust.known.of(host, port).is_some_and(is_led)) {
            return format!("its key is known, so name it as {address}, without http://");
        }
        format!(
            "take the host's key by smokercli trust scan -s {address} or smokercli trust add -s {address} --via ssh, or name it as \
             https://{address}/ with the file of its authority (--cacert FILE)"
        )
    }

    fn prepare(&self, client: &Client, request: &PageRequest<'_>, url: &Url) -> RequestBuilder {
        let url = url.clone();
        let mut prepared = match &request.method {
            Method::Get => client.get(url),
            Method::Delete => client.delete(url),
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
        if let Some(seconds) = request.wait_seconds(limit, self.is_small_fleet()) {
            // Not in the query: older daemons ignore both, but a proxy in front of one may look at queries.
            prepared = prepared.header("prefer", format!("wait={seconds}"));
        }
        prepared.timeout(limit)
    }

    /// Whether every host can have a request under way at once.
    fn is_small_fleet(&self) -> bool {
        self.options.hosts <= self.options.parallel
    }

    /// Sends the request, with the token where there is one for this host.
    async fn send(&self, request: RequestBuilder, asked: &Asked) -> Result<Response, Failure> {
        let over_tls = asked.over_tls.as_deref();
        match &asked.token {
            TokenWay::None => sent(request, over_tls).await,
            TokenWay::Tls(token) => sent(request.header(AUTHORIZATION, token.clone()), over_tls).await,
            TokenWay::Local(place, token, cure) => {
                let connect_timeout = self.options.connect_timeout;
                LocalRequest { place, request, token, connect_timeout, cure }.send().await
            }
        }
    }

    /// One attempt to receive the page, within the time that the request has.
    async fn attempt(
        &self,
        client: &Client,
        request: &PageRequest<'_>,
        url: &Url,
        asked: &Asked,
    ) -> Result<Received, Failure> {
        let prepared = self.prepare(client, request, url);
        let is_get = matches!(request.method, Method::Get);
        let received = async { receive(self.send(prepared, asked).await?, is_get, asked.over_tls.as_deref()).await };
        match &asked.token {
            TokenWay::None | TokenWay::Tls(_) => received.await,
            // Its connection knows no limits.
            TokenWay::Local(..) => {
                let limit = self.options.timeout.unwrap_or(request.limit);
                let timed_out = |_| Failure { reason: "timed out".to_owned(), kind: FailureKind::Other };
                timeout(limit, received).await.map_err(timed_out)?
            }
        }
    }

    /// Receives the page. A GET follows redirects on its host. A POST starts a run, so it is sent to the page that the user's
    /// address led to. What may be sent again is, once, when a kept connection turns out to be closed.
    async fn fetch(&self, client: &Client, request: &PageRequest<'_>, asked: &Asked) -> Result<PageBody, Failure> {
        let mut url = request.url.clone();
        let mut redirects = 0;
        let mut may_send_again = request.may_send_again;
        loop {
            match self.attempt(client, request, &url, asked).await {
                Ok(Received::Body(body)) => return Ok(body),
                Ok(Received::Redirect(target)) if redirects == MAX_REDIRECTS => {
                    let target = without_password(&target);
                    let reason = format!("redirected more than {MAX_REDIRECTS} times, at last to {target}");
                    return Err(Failure { reason, kind: FailureKind::Other });
                }
                Ok(Received::Redirect(target)) if asked.token.is_some() && target.origin() != url.origin() => {
                    let target = without_password(&target);
                    let reason = format!(
                        "redirected to {target}, where the token is not sent; name that address if it is meant"
                    );
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

impl TokenWay {
    fn is_some(&self) -> bool {
        !matches!(self, Self::None)
    }
}

fn header_of(token: &BearerToken) -> Result<HeaderValue, String> {
    let mut header = HeaderValue::try_from(token.header()).map_err(|error| error.to_string())?;
    header.set_sensitive(true);
    Ok(header)
}

/// Host and port of a URL, as `known_hosts` has them.
fn address_of(url: &Url) -> String {
    let (host, port) = host_and_port(url).unwrap_or_default();
    format!("{host}:{port}")
}

impl Transport for Http {
    async fn exchange(&self, request: PageRequest<'_>) -> Exchange {
        let url = request.url;
        let (client, asked) = match self.prepare_for(url) {
            Ok(prepared) => prepared,
            Err(error) => return Exchange { body: Err(error), duration: None },
        };
        // The semaphore is never closed, so this returns a slot.
        let _slot = self.slots.acquire().await;
        let start = Instant::now();
        let body = self.fetch(&client, &request, &asked).await.map_err(|failure| self.failed(url, failure));
        Exchange { body, duration: Some(start.elapsed()) }
    }

    fn parallel(&self) -> usize {
        self.options.parallel.max(1)
    }

    fn cost_of_request(&self) -> Duration {
        Duration::from_micros(100)
    }
}
