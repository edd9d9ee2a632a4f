//! Segments one after another, the next of which is read while one is looked at.

use std::io;
use std::sync::mpsc::sync_channel;
use std::thread;

use crate::files::segment::Segment;
use crate::segments::content::Content;

/// Shows what each segment holds, or why it cannot be read, with its place; the last one first. Two of them are in memory at a time.
pub(crate) fn last_first(segments: &[Segment], mut visit: impl FnMut(usize, io::Result<Content>)) {
    let (sender, contents) = sync_channel(0);
    thread::scope(|scope| {
        let read = move || {
            for segment in segments.iter().rev() {
                if sender.send(Content::load(segment)).is_err() {
                    break;
                }
            }
        };
        // Without a thread, or without the rest of what a thread that panicked had to read, they are read here.
        let reader = thread::Builder::new().name("journal-reader".to_owned());
        let is_read = segments.len() > 1 && reader.spawn_scoped(scope, read).is_ok();
        for (at, segment) in segments.iter().enumerate().rev() {
            let read = if is_read { contents.recv().ok() } else { None };
            visit(at, read.unwrap_or_else(|| Content::load(segment)));
        }
    });
}
