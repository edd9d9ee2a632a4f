//! What others send over NATS: answers in parts, presence, and requests to a bridge.
//!
//! Messages are separated by a record separator (0x1E): lines with headers, an empty line, and the payload.

use std::str::FromStr;

use async_nats::{HeaderMap, HeaderName, HeaderValue};
use bytes::Bytes;
use smoker_bridge::head;
use smoker_nats::part::{ANSWER, END, HOST, NUMBER};
use smoker_nats::presence::{MAX_PRESENCE, Presence};
use smoker_nats::subject::{self, Fleet};
use smokercli::transport::nats::answer;

use crate::inputs::fields::SEPARATOR;
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "nats",
    about: "answers, presence and requests over NATS",
    check,
    make,
    words: &WORDS,
    time: limits::TIME,
};

/// The host that is asked.
const ASKED: &str = "web.1";
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

fn check(input: &[u8]) -> String {
    let messages: Vec<_> = input.split(|byte| *byte == SEPARATOR).map(message).collect();
    let outcome = answer::read(ASKED, messages.iter().cloned());
    if let Ok(Some((status, content))) = &outcome {
        check_whole(&messages, content);
        assert!((100..1000).contains(status), "{status}");
    }
    let requests = messages.iter().filter(|(_, payload)| is_request(payload)).count();
    for (headers, payload) in &messages {
        check_presence(payload);
        if let Some(host) = headers.get(HOST) {
            check_names(host.as_str());
        }
    }
    let kind = match &outcome {
        Ok(Some((status, _))) => format!("status {}", status / 100),
        Ok(None) => "not whole".to_owned(),
        Err(reason) => {
            let words = reason.split('"').next().unwrap_or_default();
            words.chars().filter(|letter| !letter.is_ascii_digit()).collect()
        }
    };
    format!("{kind}, requests {}", requests.min(2))
}

fn message(bytes: &[u8]) -> (HeaderMap, Bytes) {
    let mut headers = HeaderMap::new();
    let at = bytes.windows(2).position(|bytes| bytes == b"\n\n");
    let (head, payload) = at.map_or((&b""[..], bytes), |at| (&bytes[..at], &bytes[at + 2..]));
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(": ") else { continue };
        if let (Ok(name), Ok(value)) = (HeaderName::from_str(name), HeaderValue::from_str(value)) {
            headers.append(name, value);
        }
    }
    (headers, Bytes::copy_from_slice(payload))
}

/// An answer is made of the first messages, all of which are of the host, of one answer, and in their order.
fn check_whole(messages: &[(HeaderMap, Bytes)], content: &[u8]) {
    let text = |headers: &HeaderMap, name| headers.get(name).map(|value: &HeaderValue| value.as_str().to_owned());
    let last = messages.iter().position(|(headers, _)| headers.get(END).is_some()).expect("an end");
    let end = text(&messages[last].0, END).expect("an end");
    assert_eq!(end.parse(), Ok(last + 1), "the end counts the parts");
    let mut joined = Vec::new();
    for (number, (headers, payload)) in messages[..=last].iter().enumerate() {
        assert_eq!(text(headers, HOST).as_deref().and_then(subject::name).as_deref(), Some(ASKED));
        assert_eq!(text(headers, NUMBER).and_then(|text| text.parse().ok()), Some(number));
        assert_eq!(text(headers, ANSWER), text(&messages[0].0, ANSWER), "parts of two answers");
        joined.extend_from_slice(payload);
    }
    assert!(content.len() <= joined.len());
    let is_chunked = joined.to_ascii_lowercase().windows(7).any(|bytes| bytes == b"chunked");
    assert!(is_chunked || joined.ends_with(content), "the content is the end of what came");
}

fn check_presence(payload: &[u8]) {
    let presence = Presence::read(ASKED.to_owned(), payload);
    assert_eq!(presence.name, ASKED, "no host says who it is itself");
    let texts = presence.groups.iter().chain(presence.labels.values()).map(String::len).sum::<usize>();
    assert!(texts <= MAX_PRESENCE);
}

fn check_names(token: &str) {
    if let Some(name) = subject::name(token) {
        assert_eq!(subject::token(&name), token, "a name has one token");
        let fleet = Fleet::new(token);
        assert_eq!(fleet.read_present(&fleet.present(&name)).as_deref(), Some(name.as_str()));
        assert_eq!(fleet.read_result(&fleet.result(&name, token)), Some((name.clone(), token.to_owned())));
    }
}

/// Whether a bridge takes it for a request. What its daemon gets has the same body, and the one line that ends the connection, or it is a head alone.
fn is_request(payload: &[u8]) -> bool {
    let Some(request) = head::prepare(payload) else { return false };
    let split = |bytes: &[u8]| {
        let at = bytes.windows(4).position(|bytes| bytes == END_OF_HEAD).expect("a head");
        (String::from_utf8(bytes[..at].to_vec()).expect("text"), bytes[at + 4..].to_vec())
    };
    let ((head, body), (_, expected)) = (split(&request.bytes), split(payload));
    assert_eq!(body, expected);
    assert!(!head.replace("\r\n", "").contains(['\r', '\n']), "its daemon could see another line, or another end");
    let of_connection = head.split("\r\n").filter(|line| line.to_ascii_lowercase().starts_with("connection:"));
    let expected: &[&str] = if request.may_share_connection { &[] } else { &["Connection: close"] };
    assert_eq!(of_connection.collect::<Vec<_>>(), expected);
    assert!(!request.may_share_connection || body.is_empty() && head.starts_with("GET "), "{head}");
    true
}

/// An answer that is good, but for one thing now and then.
fn make(random: &mut Random) -> Vec<u8> {
    let body = random.texts(&WORDS, 8);
    let length = if random.one_in(8) { random.number() } else { body.len().to_string() };
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}");
    let count = 1 + random.below(4);
    let size = answer.len().div_ceil(count);
    let pieces: Vec<_> = answer.as_bytes().chunks(size).collect();
    let mut input = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        if random.one_in(24) {
            continue;
        }
        let number = if random.one_in(24) { random.number() } else { number.to_string() };
        let host = random.pick(&["web%2E1", "web%2E1", "web%2E1", "web%2E1", "web%2E1", "web%2E1", "web2", "web.1"]);
        let answer = random.pick(&["a", "a", "a", "a", "a", "a", "a", "b"]);
        input.extend(format!("{HOST}: {host}\n{NUMBER}: {number}\n{ANSWER}: {answer}\n").into_bytes());
        if number == (pieces.len() - 1).to_string() && !random.one_in(12) {
            input.extend(format!("{END}: {}\n", pieces.len()).into_bytes());
        }
        input.push(b'\n');
        input.extend_from_slice(piece);
        input.push(SEPARATOR);
    }
    input.extend(random.texts(&WORDS, 4).into_bytes());
    input
}

const WORDS: [&str; 28] = [
    "Smoker-Host: web%2E1\n",
    "Smoker-Part: 0\n",
    "Smoker-Part: 1\n",
    "Smoker-End: 1\n",
    "Smoker-End: 2\n",
    "Smoker-Answer: a\n",
    "Nats-Stream: SMOKER_test\n",
    "\n",
    "\u{1e}",
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 502 Bad Gateway\r\n",
    "content-length: 2\r\n",
    "transfer-encoding: chunked\r\n",
    "\r\n",
    "2\r\n{}\r\n",
    "0\r\n\r\n",
    "{}",
    "GET / HTTP/1.1\r\n",
    "POST /processes?wait=1s HTTP/1.1\r\n",
    "GET /events HTTP/1.1\r\n",
    "Connection: keep-alive\r\n",
    "{\"name\": \"web.1\", \"since\": \"2026-01-01T00:00:00Z\"",
    ", \"daemon\": true",
    ", \"groups\": [\"all\", \"*\"]",
    ", \"labels\": {\"a\": \"b\"}",
    "}",
    "%2E",
    ">",
];
