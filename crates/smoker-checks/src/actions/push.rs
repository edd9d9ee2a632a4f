//! Posts JSON of the daemon itself to one address, again and again: on a kept connection, compressed, with authorities that are read
//! once.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::time::Instant;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::actions::post::{self, Answered};
use crate::checks::network::authorities::Authorities;
use crate::checks::network::http::answer::Answer;
use crate::checks::network::http::kept::KeptConnection;
use crate::checks::network::http::url::Url;

/// Where requests go, and what they have in common.
pub struct Pusher {
    url: Url,
    headers: Vec<(String, String)>,
    /// What an answer must not repeat.
    sent: Vec<String>,
    /// None for plain http.
    authorities: Option<Authorities>,
    is_compressed: bool,
    /// That of the request before, unless it was closed.
    connection: Option<KeptConnection>,
}

/// What a service answered to a request of the daemon itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status of HTTP.
    pub status: u16,
    /// The header `Retry-After` as it came.
    pub retry_after: Option<String>,
    /// The body, with a mask in place of the values of headers that were sent.
    pub body: String,
}

impl Reply {
    /// The answer in short, for a message.
    #[must_use]
    pub fn text(&self) -> String {
        Answered::of(self.status, &self.body).text()
    }
}

/// Headers are not shown: they have tokens, as a rule.
impl fmt::Debug for Pusher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pusher")
            .field("url", &self.url)
            .field("is_compressed", &self.is_compressed)
            .finish_non_exhaustive()
    }
}

/// What is wrong with a file of authorities that are to be trusted, if anything is.
#[must_use]
pub fn fault_of_authorities(file: &Path) -> Option<String> {
    Authorities::of(Some(file), "CaFile").current().err()
}

impl Pusher {
    /// Requests to this address with these headers. For `https` the authorities of `ca_file` are trusted, which messages call
    /// by `ca_key`, or those of the system. Nothing is read or sent yet.
    ///
    /// # Errors
    ///
    /// What is wrong with the address.
    pub fn new(
        address: &str,
        mut headers: Vec<(String, String)>,
        (ca_key, ca_file): (&'static str, Option<&Path>),
        is_compressed: bool,
    ) -> Result<Self, String> {
        let url = Url::parse(address)?;
        let sent = post::what_was_sent(headers.iter().map(|(_, value)| value.as_str()));
        post::add_content_type(&mut headers);
        if is_compressed {
            headers.push(("Content-Encoding".to_owned(), "gzip".to_owned()));
        }
        let authorities = url.is_secure.then(|| Authorities::of(ca_file, ca_key));
        Ok(Self { url, headers, sent, authorities, is_compressed, connection: None })
    }

    /// Posts JSON. Redirects are not followed: what is sent is for this address alone. Blocks until the answer is there, or until `end`,
    /// whatever takes so long: the lookup of the name, the connection, TLS, the request or the answer.
    ///
    /// # Errors
    ///
    /// Why there is no answer.
    pub fn post(&mut self, body: &str, end: Instant) -> Result<Reply, String> {
        let answer = self.answer(body, end)?;
        let retry_after = answer.header("retry-after");
        let body = post::without(&self.sent, &String::from_utf8_lossy(&answer.body));
        Ok(Reply { status: answer.status, retry_after, body })
    }

    fn answer(&mut self, body: &str, end: Instant) -> Result<Answer, String> {
        let Self { url, headers, authorities, is_compressed, connection, .. } = self;
        let compressed = is_compressed.then(|| gzip(body.as_bytes()));
        let body = compressed.as_deref().unwrap_or(body.as_bytes());
        let kept = connection.take();
        let (trust, is_new) = match authorities {
            Some(authorities) => {
                let (trust, is_new) = authorities.current()?;
                (Some(trust), is_new)
            }
            None => (None, false),
        };
        // The peer of before may not be trusted any more.
        if let Some(mut kept) = kept.filter(|_| !is_new)
            && kept.is_usable()
        {
            match kept.post(url, headers, body, end) {
                Ok(answer) => {
                    *connection = Some(kept);
                    return Ok(answer);
                }
                // It was idle for too long, and was closed at this very moment.
                Err(error) if error.was_closed => {}
                Err(error) => return Err(error.reason),
            }
        }
        let mut opened = KeptConnection::open(url, trust, end)?;
        let answer = opened.post(url, headers, body, end).map_err(|error| error.reason)?;
        *connection = Some(opened);
        Ok(answer)
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 8), Compression::fast());
    // Writing into a vector cannot fail.
    let _ = encoder.write_all(body);
    encoder.finish().unwrap_or_default()
}
