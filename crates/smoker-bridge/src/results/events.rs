//! The events of the daemon, as server-sent events.

use std::io;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::daemon::Daemon;

/// How long a stream may be silent; the daemon has a heartbeat each 15 s.
const SILENCE: Duration = Duration::from_secs(60);
/// The bytes of an event at most; a result is far smaller.
const MAX_EVENT: usize = 16 * 1024 * 1024;
/// The bytes of the head of the answer at most.
const MAX_HEAD: usize = 16 * 1024;

/// An event with a kind.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    /// The number that the daemon gave it, if it can be repeated.
    pub(crate) id: Option<u64>,
    /// `result`, `reset`, ...
    pub(crate) kind: String,
    /// Its JSON.
    pub(crate) data: String,
}

/// The events behind a number.
#[derive(Debug)]
pub(crate) struct Events {
    stream: UnixStream,
    read: Vec<u8>,
    /// How much of `read` has been looked at.
    taken: usize,
}

impl Events {
    /// Asks for the events of runs behind this number.
    pub(crate) async fn behind(daemon: &Daemon, number: u64) -> io::Result<Self> {
        // HTTP/1.0, so that the body comes as it is.
        let request = format!("GET /events?since={number} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        let stream = daemon.send(request.as_bytes()).await?;
        let mut events = Self { stream, read: Vec::new(), taken: 0 };
        let head = events.head().await?;
        if head.get(9..12) == Some("200") {
            return Ok(events);
        }
        let status = head.lines().next().unwrap_or_default();
        Err(io::Error::other(format!("the daemon answers \"{status}\" to a request for its events")))
    }

    /// The next event; `None` when the daemon has ended the stream. What was read is kept when the wait is given up.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Event>> {
        loop {
            if let Some(event) = self.ready() {
                return Ok(Some(event));
            }
            if self.read.len() - self.taken > MAX_EVENT {
                return Err(io::Error::other("the daemon sends an event that is too long"));
            }
            if !self.read_more().await? {
                return Ok(None);
            }
        }
    }

    /// The next event, if all of it has come already and it is one of these; else it is still the next one.
    pub(crate) fn ready_if(&mut self, wanted: impl Fn(&Event) -> bool) -> Option<Event> {
        let before = self.taken;
        let event = self.ready()?;
        if wanted(&event) {
            return Some(event);
        }
        self.taken = before;
        None
    }

    fn ready(&mut self) -> Option<Event> {
        loop {
            let rest = &self.read[self.taken..];
            let length = rest.windows(2).position(|bytes| bytes == b"\n\n")? + 2;
            let event = parse(&String::from_utf8_lossy(&rest[..length]));
            self.taken += length;
            if event.is_some() {
                return event;
            }
        }
    }

    async fn head(&mut self) -> io::Result<String> {
        loop {
            if let Some(end) = self.read.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                self.taken = end + 4;
                return Ok(String::from_utf8_lossy(&self.read[..end]).into_owned());
            }
            if self.read.len() > MAX_HEAD || !self.read_more().await? {
                return Err(io::Error::other("the daemon gives no answer to a request for its events"));
            }
        }
    }

    async fn read_more(&mut self) -> io::Result<bool> {
        self.read.drain(..self.taken);
        self.taken = 0;
        self.read.reserve(64 * 1024);
        let read = timeout(SILENCE, self.stream.read_buf(&mut self.read)).await;
        Ok(read.map_err(|_| io::Error::other("the daemon's events have no heartbeat"))?? > 0)
    }
}

/// An event; `None` for what has no kind, such as a heartbeat.
fn parse(text: &str) -> Option<Event> {
    let mut event = Event { id: None, kind: String::new(), data: String::new() };
    for line in text.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = value.parse().ok(),
            "event" => value.clone_into(&mut event.kind),
            "data" => {
                if !event.data.is_empty() {
                    event.data.push('\n');
                }
                event.data.push_str(value);
            }
            _ => {}
        }
    }
    (!event.kind.is_empty()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_read() {
        let event = parse("id: 5\nevent: result\ndata: {\"a\": \"b: c\"}\n\n").expect("an event");
        assert_eq!(event, Event { id: Some(5), kind: "result".to_owned(), data: "{\"a\": \"b: c\"}".to_owned() });
        assert_eq!(parse(": heartbeat\nid: 5\n\n"), None);
        assert_eq!(parse("retry: 1000\nid: 3\n\n"), None);
        let event = parse("event: reload\ndata: a\ndata: b\n\n").expect("an event");
        assert_eq!((event.id, event.data.as_str()), (None, "a\nb"));
    }
}
