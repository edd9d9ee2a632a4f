//! One request of HTTP/1.1, with the times of its phases.

use std::fmt::Write as _;
use std::io::{BufReader, Read, Write};
use std::time::Instant;

use crate::checks::network::certificate::Certificate;
use crate::checks::network::connection::{self, Phases, reason};
use crate::checks::network::http::answer::{self, Answer};
use crate::checks::network::http::url::Url;
use crate::checks::network::secure::Trust;

/// What is asked for.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// All headers but `Host`, `Connection` and the length of the body.
    pub(crate) headers: Vec<(String, String)>,
    /// Headers that only the origin that is configured gets.
    pub(crate) secret_headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
    /// Where to connect in place of the host of the address.
    pub(crate) connect_to: Option<(String, u16)>,
    pub(crate) is_verified: bool,
    /// Whether an answer whose body cannot be read is none. Otherwise it has what was read.
    pub(crate) needs_body: bool,
}

/// What came of a request.
pub(crate) struct Exchange {
    pub(crate) answer: Answer,
    pub(crate) phases: Phases,
    /// Seconds of the handshake.
    pub(crate) tls: Option<f64>,
    /// Seconds from the beginning to the first byte of the answer.
    pub(crate) first_byte: f64,
    /// The peer's certificates, its own first.
    pub(crate) chain: Vec<Vec<u8>>,
    /// The certificate behind it that ends first.
    pub(in crate::checks::network) authority: Option<Certificate>,
}

/// The certificates of one of several servers that led to a page, and when the first of them ends.
pub(crate) struct FirstToEnd {
    not_after: i64,
    chain: Vec<Vec<u8>>,
    authority: Option<Certificate>,
}

impl Exchange {
    /// Takes the certificates of an earlier server in place of its own where they end earlier, and notes its own where not: a
    /// page is there as long as all that lead to it are.
    pub(crate) fn keep_first_to_end(&mut self, earlier: &mut Option<FirstToEnd>) {
        let own = self.chain.first().and_then(|own| Certificate::of(own)).map(|own| own.not_after);
        let own = own.map(|own| self.authority.as_ref().map_or(own, |authority| own.min(authority.not_after)));
        match earlier {
            Some(earlier) if own.is_none_or(|own| earlier.not_after < own) => {
                self.chain.clone_from(&earlier.chain);
                self.authority.clone_from(&earlier.authority);
            }
            _ => {
                *earlier = own.map(|not_after| FirstToEnd {
                    not_after,
                    chain: self.chain.clone(),
                    authority: self.authority.clone(),
                });
            }
        }
    }
}

/// Why there is no answer.
pub(crate) enum Failure {
    Plain(String),
    /// The certificate is not trusted; its chain.
    Distrust(String, Vec<Vec<u8>>),
}

impl From<String> for Failure {
    fn from(reason: String) -> Self {
        Self::Plain(reason)
    }
}

/// Asks; `origin` is what is configured, which alone gets the secrets.
pub(crate) fn ask(
    request: &Request,
    url: &Url,
    origin: &Url,
    trust: Option<&Trust>,
    end: Instant,
) -> Result<Exchange, Failure> {
    let start = Instant::now();
    let (host, port) = request.connect_to.clone().unwrap_or_else(|| (url.host.clone(), url.port));
    let (stream, phases) = connection::connect(&host, port, end)?;
    let Some(trust) = trust.filter(|_| url.is_secure) else {
        let (answer, first_byte) = exchange(stream, request, url, origin, start)?;
        return Ok(Exchange { answer, phases, tls: None, first_byte, chain: Vec::new(), authority: None });
    };
    let secured = trust.handshake(stream, &url.host)?;
    if let Some(reason) = secured.distrust.filter(|_| request.is_verified) {
        // Nothing is sent to a peer that may be another one.
        return Err(Failure::Distrust(reason, secured.chain));
    }
    let (answer, first_byte) = exchange(secured.stream, request, url, origin, start)?;
    let (tls, authority) = (Some(secured.seconds), secured.authority);
    Ok(Exchange { answer, phases, tls, first_byte, chain: secured.chain, authority })
}

fn exchange(
    mut stream: impl Read + Write,
    request: &Request,
    url: &Url,
    origin: &Url,
    start: Instant,
) -> Result<(Answer, f64), String> {
    let text = text_of(request, url, origin);
    let sent = stream.write_all(text.as_bytes()).and_then(|()| stream.flush());
    sent.map_err(|error| format!("the request cannot be sent: {}", reason(&error)))?;
    let mut stream = BufReader::new(stream);
    let mut found = answer::read_head(&mut stream)?;
    let first_byte = start.elapsed().as_secs_f64();
    let whole = answer::read_body(&mut stream, &mut found, &request.method);
    if request.needs_body {
        whole?;
    }
    Ok((found, first_byte))
}

fn text_of(request: &Request, url: &Url, origin: &Url) -> String {
    let mut text = format!("{} {} HTTP/1.1\r\n", request.method, url.path);
    let secrets = if url.is_same_origin(origin) { request.secret_headers.as_slice() } else { &[] };
    let has = |name: &str| request.headers.iter().any(|(its, _)| its.eq_ignore_ascii_case(name));
    let length = request.body.as_ref().map(|body| ("Content-Length".to_owned(), body.len().to_string()));
    let mut usual = vec![("Connection".to_owned(), "close".to_owned())];
    for (name, value) in [("Host", url.authority()), ("User-Agent", agent()), ("Accept", "*/*".to_owned())] {
        if !has(name) {
            usual.push((name.to_owned(), value));
        }
    }
    for (name, value) in usual.iter().chain(&request.headers).chain(secrets).chain(length.iter()) {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    text + "\r\n" + request.body.as_deref().unwrap_or_default()
}

/// The value of `User-Agent`.
pub(super) fn agent() -> String {
    format!("smokerd/{}", env!("CARGO_PKG_VERSION"))
}
