//! Writes segments with damage again, without it. What was there is kept aside.

use std::io;
use std::path::PathBuf;

use crate::files::damaged::OlderCopies;
use crate::files::segment;
use crate::maintenance::Maintenance;
use crate::segments::content::Content;

/// A segment that was written again, or put aside as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repaired {
    /// The segment.
    pub path: PathBuf,
    /// How many records it has now.
    pub records: usize,
    /// How many bytes of it were no records; all of them where it could not be read.
    pub damaged: u64,
}

impl Maintenance {
    /// Leaves the records of segments with damage in them, and the rest in copies beside them (`*.damaged`). A segment that cannot be
    /// read is put aside as a whole. May be called only while nothing is appended.
    ///
    /// # Errors
    ///
    /// When a copy cannot be kept or a segment cannot be written. It stays as it is.
    pub fn repair(&mut self) -> io::Result<Vec<Repaired>> {
        let mut done = Vec::new();
        for segment in segment::list(self.folder())? {
            let path = segment.path.clone();
            let Ok(content) = Content::load(&segment) else {
                let damaged = segment.size();
                segment.put_aside()?;
                self.removed(damaged);
                done.push(Repaired { path, records: 0, damaged });
                continue;
            };
            let ranges = content.damage.iter().chain(&content.misplaced).chain(&content.torn);
            let damaged = ranges.map(|range| range.len() as u64).sum();
            if damaged == 0 {
                continue;
            }
            segment.keep_damaged(self.folder(), u64::MAX, OlderCopies::Stay)?;
            let bytes: Vec<u8> = content.all_entries().flat_map(|entry| entry.raw().to_vec()).collect();
            self.replace(&[&segment], &bytes)?;
            done.push(Repaired { path, records: content.all_entries().len(), damaged });
        }
        Ok(done)
    }
}
