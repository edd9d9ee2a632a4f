//! The answer of one host, put together of messages that anybody may have sent.

use async_nats::{HeaderMap, StatusCode};
use bytes::Bytes;
use smoker_nats::part::{Part, PartError, Parts, answer_of};

use crate::transport::exchange::FailureKind;
use crate::transport::http_response::Failure;
use crate::transport::nats::http_text;

/// What came of an answer.
#[derive(Debug)]
pub(super) struct Answer {
    host: String,
    parts: Parts,
}

impl Answer {
    /// That of this host, of which nothing came yet.
    pub(super) fn of(host: &str) -> Self {
        Self { host: host.to_owned(), parts: Parts::default() }
    }

    /// How many parts came.
    pub(super) fn came(&self) -> u32 {
        self.parts.came()
    }

    /// Takes the next message, and gives the answer when it is whole. A server that knows nobody who could answer says so by a status.
    ///
    /// # Errors
    ///
    /// When the message is no part of the host's answer, or not the next one: whatever comes behind it, there is no answer.
    pub(super) fn take(
        &mut self,
        status: Option<StatusCode>,
        headers: Option<&HeaderMap>,
        payload: Bytes,
    ) -> Result<Option<Bytes>, Failure> {
        if status == Some(StatusCode::NO_RESPONDERS) {
            let reason = "no smoker-bridge of this host is connected to the NATS server".to_owned();
            return Err(Failure { reason, kind: FailureKind::Refused });
        }
        let part = Part::read(headers, payload).map_err(|error| broken(&error))?;
        if part.host != self.host {
            let reason = format!("the answer is that of another host, {:?}", part.host);
            return Err(Failure { reason, kind: FailureKind::Other });
        }
        self.parts.take_of(&part, answer_of(headers)).map_err(|error| broken(&error))
    }
}

/// What a client makes of the messages that come in answer to one request to a host: the status and the content, `None` while the answer lacks a part.
///
/// # Errors
///
/// Why there is no answer.
pub fn read(
    host: &str,
    messages: impl IntoIterator<Item = (HeaderMap, Bytes)>,
) -> Result<Option<(u16, Vec<u8>)>, String> {
    let mut answer = Answer::of(host);
    for (headers, payload) in messages {
        if let Some(whole) = answer.take(None, Some(&headers), payload).map_err(|failure| failure.reason)? {
            return http_text::status_and_content(&whole).map(Some).map_err(|failure| failure.reason);
        }
    }
    Ok(None)
}

fn broken(error: &PartError) -> Failure {
    let kind = if *error == PartError::TooLarge { FailureKind::TooLarge } else { FailureKind::CutOff };
    Failure { reason: format!("the answer cannot be put together: {error}"), kind }
}
