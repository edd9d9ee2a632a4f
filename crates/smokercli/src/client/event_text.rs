//! Server-sent events out of the text of a stream, as the HTML standard has them.

/// The largest event that is read, in bytes.
const MAX_EVENT: usize = 64 << 20;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ReceivedEvent {
    /// Its number, if it has one.
    pub(super) id: Option<String>,
    /// Its kind; empty for one that has a number alone.
    pub(super) name: String,
    pub(super) data: String,
}

/// What has been received of a stream and is no whole event yet.
#[derive(Debug, Default)]
pub(super) struct EventText(Vec<u8>);

impl EventText {
    /// Adds what has been received, and takes out the events that are whole. None when an event is too large.
    pub(super) fn push(&mut self, received: &[u8]) -> Option<Vec<ReceivedEvent>> {
        let looked_at = self.0.len().saturating_sub(1);
        self.0.extend_from_slice(received);
        let mut events = Vec::new();
        let mut from = looked_at;
        while let Some(at) = self.0[from..].windows(2).position(|pair| pair == b"\n\n") {
            let block: Vec<_> = self.0.drain(..from + at + 2).collect();
            events.extend(event(&String::from_utf8_lossy(&block)));
            from = 0;
        }
        (self.0.len() <= MAX_EVENT).then_some(events)
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
            let mut stream = EventText::default();
            let events: Vec<_> =
                text.as_bytes().chunks(length).flat_map(|chunk| stream.push(chunk).expect("small")).collect();
            let shown: Vec<_> = events.iter().map(|it| (it.id.as_deref(), &*it.name, &*it.data)).collect();
            let expected = [(Some("3"), "", ""), (Some("5"), "result", "{\"a\": \"é\"}"), (None, "start", "{}")];
            assert_eq!(shown, expected, "{length}");
        }
    }
}
