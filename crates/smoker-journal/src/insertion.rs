//! Puts records that could not be written when they came into their places, when the disk can be written again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::sync::TryLockError;
use std::sync::atomic::Ordering;

use crate::files::damaged::OlderCopies;
use crate::files::segment::{self, MAX_SEGMENT, Segment};
use crate::journal::Journal;
use crate::segments::content::{Content, Entry};
use crate::segments::order::in_order;

impl Journal {
    /// Writes records that may belong before others that were written. Segments with such ones are written again, as one that has both: a
    /// reader finds all records in their order at any time. Nothing is changed when it fails.
    ///
    /// # Errors
    ///
    /// When the disk has no room, or too many records belong together.
    pub fn insert(&mut self, records: &[Entry]) -> io::Result<()> {
        let Some(oldest) = records.iter().map(Entry::sequence).min() else { return Ok(()) };
        self.make_folder()?;
        let shared = std::sync::Arc::clone(&self.shared);
        let _rewriting = match shared.rewriting.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(io::Error::other("the journal is being compacted")),
        };
        let listed = segment::list(&shared.folder)?;
        let number = listed.last().map_or(0, |segment| segment.number).max(shared.active.load(Ordering::Relaxed)) + 1;
        let replaced = reaching(in_order(listed).segments, oldest)?;
        let mut all = BTreeMap::new();
        for entry in replaced.iter().flat_map(|(_, content)| content.all_entries()).chain(records.iter().cloned()) {
            all.entry(entry.sequence()).or_insert(entry);
        }
        let size: u64 = all.values().map(|entry| entry.size() as u64).sum();
        if size > MAX_SEGMENT / 2 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        for (segment, content) in &replaced {
            if content.is_damaged() || content.torn.is_some() {
                segment.keep_damaged(&shared.folder, u64::MAX, OlderCopies::Stay)?;
            }
        }
        let segment = Segment::new(&shared.folder, number);
        let path = segment.rewritten_path();
        let bytes = all.values().fold(Vec::new(), |mut bytes, entry| {
            bytes.extend_from_slice(entry.raw());
            bytes
        });
        let put = shared.write_new(&path, &bytes).and_then(|()| fs::rename(&path, &segment.path));
        if let Err(error) = put {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        // From here on the older ones only have what this one has, too.
        self.active = None;
        shared.active.store(number, Ordering::Relaxed);
        shared.grow(size);
        shared.made_segment();
        if let Some(newest) = all.keys().next_back() {
            shared.newest.fetch_max(*newest, Ordering::Relaxed);
        }
        shared.note.began(shared.newest());
        for (segment, content) in &replaced {
            if fs::remove_file(&segment.path).is_ok() {
                shared.shrink(content.size() as u64);
            }
        }
        Ok(())
    }
}

/// The segments that have records from this number on, and those that have none: the one that is written may be empty.
fn reaching(segments: Vec<Segment>, oldest: u64) -> io::Result<Vec<(Segment, Content)>> {
    let mut found = Vec::new();
    for segment in segments.into_iter().rev() {
        // What cannot be read stays as it is.
        let content = match Content::load(&segment) {
            Ok(content) => content,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => continue,
            Err(error) => return Err(error),
        };
        let first = content.all_entries().next().map(|entry| entry.sequence());
        let last = content.all_entries().next_back().map(|entry| entry.sequence());
        if last.is_none_or(|last| last >= oldest) {
            found.push((segment, content));
        }
        if first.is_some_and(|first| first <= oldest) {
            break;
        }
    }
    Ok(found)
}
