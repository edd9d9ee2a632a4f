//! An answer in parts: messages of NATS are bounded, answers of daemons are not.
//!
//! Each part has the header `Smoker-Host` (the host as a [`token`](crate::subject::token)) and `Smoker-Part` (its number, from 0); the last part has
//! `Smoker-End` (the number of all parts), too. All parts of an answer have the same `Smoker-Answer`, which no other answer has. The payloads, joined in the order of the numbers, are the bytes of the REST answer.

use async_nats::HeaderMap;
use bytes::{Bytes, BytesMut};
use thiserror::Error;

use crate::subject;

/// The host that answers, as a token.
pub const HOST: &str = "Smoker-Host";
/// The number of a part, from 0.
pub const NUMBER: &str = "Smoker-Part";
/// How many parts there are; only the last part has it.
pub const END: &str = "Smoker-End";
/// Which answer a part is of: a text that no other answer has, so that two bridges of one name, or an answer that is given twice, cannot be mixed.
pub const ANSWER: &str = "Smoker-Answer";

/// The bytes of a part at most. A server accepts 1 MiB by default.
pub const MAX_PART: usize = 256 * 1024;
/// What is left of the server's `max_payload` for the headers of a part.
const HEADERS: usize = 4096;
/// The bytes of a request at most; a larger one is refused with the status 413.
pub const MAX_REQUEST: usize = 1024 * 1024;
/// The bytes of an answer at most that [`Parts`] keeps.
pub const MAX_ANSWER: usize = 256 * 1024 * 1024;

/// What is wrong with a message that should be a part.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
pub enum PartError {
    /// A header is missing or is not what it should be.
    #[error("its header {0} is missing or is not understood")]
    Header(&'static str),
    /// The number of a part is not the next one: a message was lost or came twice.
    #[error("part {expected} is missing, part {found} came")]
    Order {
        /// The number that should have come.
        expected: u32,
        /// The number that came.
        found: u32,
    },
    /// The number of all parts is not what came.
    #[error("it should have {said} parts, but {came} came")]
    Count {
        /// What the last part says.
        said: u32,
        /// How many came.
        came: u32,
    },
    /// The parts are of different answers.
    #[error("parts of two answers came; see whether two bridges have the name of this host")]
    Mixed,
    /// The answer is larger than [`MAX_ANSWER`].
    #[error("the answer is larger than {MAX_ANSWER} bytes")]
    TooLarge,
}

/// A part of an answer.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part {
    /// The name of the host that answers.
    pub host: String,
    /// Its number, from 0.
    pub number: u32,
    /// How many parts there are, when it is the last one.
    pub end: Option<u32>,
    /// Its piece of the answer.
    pub bytes: Bytes,
}

impl Part {
    /// Reads the headers and the payload of a message.
    ///
    /// # Errors
    ///
    /// When a header is missing or wrong: the message is no part.
    pub fn read(headers: Option<&HeaderMap>, payload: Bytes) -> Result<Self, PartError> {
        let text = |header| headers.and_then(|headers| headers.get(header)).map(async_nats::HeaderValue::as_str);
        let host = text(HOST).and_then(subject::name).ok_or(PartError::Header(HOST))?;
        let number = text(NUMBER).and_then(|text| text.parse().ok()).ok_or(PartError::Header(NUMBER))?;
        let end = text(END).map(|text| text.parse().map_err(|_| PartError::Header(END))).transpose()?;
        Ok(Self { host, number, end, bytes: payload })
    }

    /// The headers that the message of this part has.
    #[must_use]
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, subject::token(&self.host));
        headers.insert(NUMBER, self.number.to_string());
        if let Some(end) = self.end {
            headers.insert(END, end.to_string());
        }
        headers
    }
}

/// The bytes of a part at most where a server takes messages of `max_payload` bytes with their headers: [`MAX_PART`], or less where it takes less.
#[must_use]
pub fn max_bytes(max_payload: usize) -> usize {
    MAX_PART.min(max_payload.saturating_sub(HEADERS).max(max_payload / 2)).max(1)
}

/// Which answer a message is a part of, if it says so: the first bridges do not.
#[must_use]
pub fn answer_of(headers: Option<&HeaderMap>) -> Option<&str> {
    headers.and_then(|headers| headers.get(ANSWER)).map(async_nats::HeaderValue::as_str)
}

/// An answer that is complete, cut into parts. An empty answer is one empty part.
pub fn split(host: &str, answer: Bytes) -> impl Iterator<Item = Part> {
    let count = u32::try_from(answer.len().div_ceil(MAX_PART).max(1)).unwrap_or(u32::MAX);
    (0..count).map(move |number| {
        let start = number as usize * MAX_PART;
        let bytes = answer.slice(start..answer.len().min(start + MAX_PART));
        Part { host: host.to_owned(), number, end: (number + 1 == count).then_some(count), bytes }
    })
}

/// The parts of one host's answer, as they come.
#[derive(Debug, Default)]
pub struct Parts {
    came: u32,
    answer: Option<String>,
    bytes: BytesMut,
}

impl Parts {
    /// Takes the next part, and gives the answer when it was the last one. Afterwards another answer can begin.
    ///
    /// # Errors
    ///
    /// When parts are missing, came twice or are too many: the answer cannot be put together, and what came is dropped.
    pub fn take(&mut self, part: &Part) -> Result<Option<Bytes>, PartError> {
        self.take_of(part, None)
    }

    /// As [`Parts::take`], with the answer that the message says to be a part of ([`answer_of`]).
    ///
    /// # Errors
    ///
    /// As [`Parts::take`], and when it is another one than that of the parts before.
    pub fn take_of(&mut self, part: &Part, answer: Option<&str>) -> Result<Option<Bytes>, PartError> {
        if self.came == 0 {
            self.answer = answer.map(str::to_owned);
        }
        if self.came == 0 && part.number == 0 && part.end == Some(1) && part.bytes.len() <= MAX_ANSWER {
            // As most answers are; nothing has to be put together.
            return Ok(Some(part.bytes.clone()));
        }
        let taken = if self.answer.as_deref() == answer { self.append(part) } else { Err(PartError::Mixed) };
        match taken {
            Ok(false) => Ok(None),
            Ok(true) => {
                self.came = 0;
                Ok(Some(self.bytes.split().freeze()))
            }
            Err(error) => {
                *self = Self::default();
                Err(error)
            }
        }
    }

    /// How many parts came of the answer that is not complete yet.
    #[must_use]
    pub fn came(&self) -> u32 {
        self.came
    }

    fn append(&mut self, part: &Part) -> Result<bool, PartError> {
        if part.number != self.came {
            return Err(PartError::Order { expected: self.came, found: part.number });
        }
        self.came += 1;
        if self.bytes.len() + part.bytes.len() > MAX_ANSWER {
            return Err(PartError::TooLarge);
        }
        self.bytes.extend_from_slice(&part.bytes);
        match part.end {
            Some(said) if said != self.came => Err(PartError::Count { said, came: self.came }),
            end => Ok(end.is_some()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(answer: &[u8]) -> (usize, Bytes) {
        let mut parts = Parts::default();
        let mut count = 0;
        for part in split("web.1", Bytes::copy_from_slice(answer)) {
            assert!(part.bytes.len() <= MAX_PART);
            let read = Part::read(Some(&part.headers()), part.bytes.clone()).expect("a part");
            assert_eq!(read, part);
            count += 1;
            if let Some(answer) = parts.take(&read).expect("in order") {
                return (count, answer);
            }
        }
        panic!("no part was the last one");
    }

    #[test]
    fn an_answer_comes_back_from_its_parts() {
        for (length, count) in [(0, 1), (1, 1), (MAX_PART, 1), (MAX_PART + 1, 2), (3 * MAX_PART, 3)] {
            let answer: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap_or(0)).collect();
            let (found, bytes) = joined(&answer);
            assert_eq!((found, &bytes[..]), (count, &answer[..]), "{length}");
        }
    }

    #[test]
    fn what_is_lost_or_doubled_is_seen() {
        let all: Vec<_> = split("a", Bytes::from(vec![0; 2 * MAX_PART + 1])).collect();
        let mut parts = Parts::default();
        assert_eq!(parts.take(&all[0]), Ok(None));
        assert_eq!(parts.take(&all[2]), Err(PartError::Order { expected: 1, found: 2 }));
        assert_eq!(parts.take(&all[0]), Ok(None));
        assert_eq!(parts.take(&all[0]), Err(PartError::Order { expected: 1, found: 0 }));
        let early = Part { end: Some(3), ..all[0].clone() };
        assert_eq!(parts.take(&early), Err(PartError::Count { said: 3, came: 1 }));
    }

    /// Parts that were lost on their way would otherwise leave gaps that those of another answer fill.
    #[test]
    fn parts_of_two_answers_are_never_one() {
        let all: Vec<_> = split("a", Bytes::from(vec![0; MAX_PART + 1])).collect();
        for (one, other) in [(Some("1"), Some("2")), (Some("1"), None), (None, Some("2"))] {
            let mut parts = Parts::default();
            assert_eq!(parts.take_of(&all[0], one), Ok(None));
            assert_eq!(parts.take_of(&all[1], other), Err(PartError::Mixed), "{one:?} {other:?}");
            assert_eq!((parts.take_of(&all[0], other), parts.came()), (Ok(None), 1));
            assert!(parts.take_of(&all[1], other).is_ok_and(|whole| whole.is_some()));
        }
    }

    #[test]
    fn parts_are_as_small_as_the_server_wants_them() {
        for (max_payload, expected) in [(1024 * 1024, MAX_PART), (65_536, 61_440), (1024, 512), (1, 1), (0, 1)] {
            assert_eq!(max_bytes(max_payload), expected, "{max_payload}");
        }
    }

    #[test]
    fn a_message_without_headers_is_no_part() {
        assert_eq!(Part::read(None, Bytes::new()), Err(PartError::Header(HOST)));
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "a");
        assert_eq!(Part::read(Some(&headers), Bytes::new()), Err(PartError::Header(NUMBER)));
        headers.insert(NUMBER, "0");
        headers.insert(END, "many");
        assert_eq!(Part::read(Some(&headers), Bytes::new()), Err(PartError::Header(END)));
    }
}
