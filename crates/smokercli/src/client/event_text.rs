//! Server-sent events out of the text of a stream, as the HTML standard has them.

use crate::client::event_memory::{EventMemory, Place};

/// The largest event that is read, in bytes.
const MAX_EVENT: usize = 16 << 20;

/// An event that is being received takes this many bytes without asking.
const SMALL_EVENT: usize = 64 << 10;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReceivedEvent {
    /// Its number, if it has one.
    pub(super) id: Option<String>,
    /// Its kind; empty for one that has a number alone.
    pub(super) name: String,
    pub(super) data: String,
}

/// Why an event is not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than any event that is read; its number, if it has one.
    TooLarge(Option<String>),
    /// There is no room for it beside those that other hosts send at present.
    NoRoom,
}

/// What has been received of a stream and is no whole event yet.
#[derive(Debug)]
pub(super) struct EventText {
    text: Vec<u8>,
    memory: EventMemory,
    /// The room for more than [`SMALL_EVENT`].
    place: Option<Place>,
}

impl EventText {
    pub(super) fn new(memory: EventMemory) -> Self {
        Self { text: Vec::new(), memory, place: None }
    }

    /// Adds what has been received, and takes out the events that are whole.
    pub(super) fn push(&mut self, received: &[u8]) -> Result<Vec<ReceivedEvent>, Unread> {
        let looked_at = self.text.len().saturating_sub(1);
        self.text.extend_from_slice(received);
        let mut events = Vec::new();
        let mut from = looked_at;
        while let Some(at) = self.text[from..].windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<_> = self.text.drain(..from + at + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&block)));
            from = 0;
        }
        self.take_room()?;
        Ok(events)
    }

    fn take_room(&mut self) -> Result<(), Unread> {
        if self.text.len() > MAX_EVENT {
            // Its number is in one of the first lines.
            let begin = String::from_utf8_lossy(&self.text[..SMALL_EVENT]);
            let id = begin.lines().take(2).find_map(|line| line.strip_prefix("id:"));
            return Err(Unread::TooLarge(id.map(|id| id.trim().to_owned())));
        }
        let wanted = self.text.len().saturating_sub(SMALL_EVENT);
        if wanted == 0 {
            if self.place.take().is_some() {
                self.text.shrink_to(SMALL_EVENT);
            }
        } else if self.place.as_ref().is_none_or(|place| place.bytes() < wanted) {
            self.place = None;
            self.place = Some(self.memory.try_take(wanted.next_power_of_two()).ok_or(Unread::NoRoom)?);
        }
        Ok(())
    }
}

fn event(block: &str) -> Option<ReceivedEvent> {
    let mut event = ReceivedEvent { id: None, name: String::new(), data: String::new() };
    for line in block.lines() {
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "id" => event.id = Some(value.to_owned()),
            "event" => value.clone_into(&mut event.name),
            "data" => event.data.push_str(value),
            _ => {}
        }
    }
    (event.id.is_some() || !event.data.is_empty()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_whole_however_the_text_is_cut() {
        let text = "retry: 1000\nid: 3\n\n: heartbeat\n\nid: 5\nevent: result\ndata: {\"a\": \"é\"}\n\nevent: start\ndata: {}\n\n";
        for length in [1, 2, 3, 7, 1000] {
            let mut stream = EventText::new(EventMemory::default());
            let events: Vec<_> =
                text.as_bytes().chunks(length).flat_map(|chunk| stream.push(chunk).expect("small")).collect();
            let shown: Vec<_> = events.iter().map(|it| (it.id.as_deref(), &*it.name, &*it.data)).collect();
            let expected = [(Some("3"), "", ""), (Some("5"), "result", "{\"a\": \"é\"}"), (None, "start", "{}")];
            assert_eq!(shown, expected, "{length}");
        }
    }

    #[test]
    fn an_event_that_is_too_large_is_told_by_its_number_and_others_need_room() {
        let memory = EventMemory::default();
        let begin = b"id: 7\nevent: result\ndata: ";
        let part = vec![b'x'; 1 << 20];
        let mut streams: Vec<_> = (0..5).map(|_| EventText::new(memory.clone())).collect();
        for stream in &mut streams {
            assert_eq!(stream.push(begin), Ok(Vec::new()));
        }
        for stream in &mut streams[..4] {
            for _ in 0..15 {
                assert_eq!(stream.push(&part), Ok(Vec::new()));
            }
        }
        assert_eq!(streams[4].push(&part), Err(Unread::NoRoom), "four hosts have taken all there is");
        assert_eq!(streams[0].push(&part), Err(Unread::TooLarge(Some("7".to_owned()))));
        assert_eq!(streams[1].push(b"\n\n").map(|events| events.len()), Ok(1));
        assert_eq!(streams[4].push(b"x"), Ok(Vec::new()), "there is room again");
    }
}
