//! The bounded copy of an output stream.

use std::borrow::Cow;

use crate::process::result_scan::ResultScan;

/// Keeps a stream whole up to a limit; beyond it the head and the tail, half
/// each, since both the first error and the last lines show what happened.
#[derive(Debug)]
pub(crate) struct Capture {
    limit: usize,
    kept: Vec<u8>,
    /// Where in `kept` the next byte of the tail goes, once the limit is passed.
    tail_position: usize,
    total: u64,
    /// Looks through the whole stream, once the limit is passed.
    scan: Option<ResultScan>,
}

impl Capture {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, kept: Vec::new(), tail_position: 0, total: 0, scan: None }
    }

    /// Takes the next bytes of the stream.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let room = self.limit - self.kept.len();
        let (fits, rest) = bytes.split_at(room.min(bytes.len()));
        self.kept.extend_from_slice(fits);
        if !rest.is_empty() {
            let scan = self.scan.get_or_insert_with(|| {
                let mut scan = ResultScan::default();
                scan.push(&self.kept);
                scan
            });
            scan.push(rest);
            self.push_to_tail(rest);
        }
    }

    /// How many bytes of the stream were not kept.
    pub(crate) fn cut(&self) -> u64 {
        self.total - self.kept.len() as u64
    }

    /// Whether a line of a stream that was cut begins with a result, be it in the part that is not kept.
    pub(crate) fn has_cut_result(&self) -> bool {
        self.scan.as_ref().is_some_and(ResultScan::has_result)
    }

    /// The kept bytes as text, with replacement characters for what is not
    /// UTF-8; with a line break where something was cut.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self.bytes() {
            Cow::Borrowed(kept) => String::from_utf8_lossy(kept),
            Cow::Owned(joined) => Cow::Owned(String::from_utf8_lossy(&joined).into_owned()),
        }
    }

    /// The kept bytes, with a line break where something was cut.
    pub(crate) fn bytes(&self) -> Cow<'_, [u8]> {
        if self.cut() == 0 {
            return Cow::Borrowed(&self.kept);
        }
        let (head, ring) = self.kept.split_at(self.head_length());
        let (newest, oldest) = ring.split_at(self.tail_position);
        Cow::Owned([head, b"\n", oldest, newest].concat())
    }

    fn head_length(&self) -> usize {
        self.limit / 2
    }

    /// Overwrites the oldest bytes of the tail, which is a ring behind the
    /// head. Only called when everything up to the limit is full.
    fn push_to_tail(&mut self, bytes: &[u8]) {
        let head = self.head_length();
        let ring = &mut self.kept[head..];
        if ring.is_empty() {
            return;
        }
        let mut rest = &bytes[bytes.len().saturating_sub(ring.len())..];
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(ring.len() - self.tail_position));
            ring[self.tail_position..self.tail_position + now.len()].copy_from_slice(now);
            self.tail_position = (self.tail_position + now.len()) % ring.len();
            rest = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_up_to_the_limit_is_kept_whole() {
        let mut capture = Capture::new(6);
        capture.push(b"");
        assert_eq!((capture.text().as_ref(), capture.cut()), ("", 0));
        capture.push(b"abc");
        capture.push(b"def");
        assert_eq!((capture.text().as_ref(), capture.cut()), ("abcdef", 0));
    }

    #[test]
    fn beyond_the_limit_head_and_tail_are_kept() {
        for chunk in 1..=26 {
            let mut capture = Capture::new(6);
            for bytes in b"abcdefghijklmnopqrstuvwxyz".chunks(chunk) {
                capture.push(bytes);
            }
            assert_eq!((capture.text().as_ref(), capture.cut()), ("abc\nxyz", 20), "in chunks of {chunk}");
        }
    }
}
