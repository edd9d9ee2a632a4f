//! What the segments hold, and what of it is damaged.

use std::io;
use std::path::{Path, PathBuf};

use crate::content::{Content, Entry};
use crate::segment::{self, Segment};

/// What the segments of a folder hold.
#[derive(Debug, Default)]
pub struct Survey {
    /// How many segments there are.
    pub segments: usize,
    /// How many records.
    pub records: u64,
    /// The bytes of all segments.
    pub bytes: u64,
    /// The number of the oldest record.
    pub oldest: Option<u64>,
    /// The number of the newest record.
    pub newest: Option<u64>,
    /// Bytes that are no records, where records are missing, too.
    pub damage: Vec<Damage>,
    /// The end of the newest segment, when a write there was not finished.
    pub torn: Option<Damage>,
    /// Segments that could not be read.
    pub unreadable: Vec<(PathBuf, io::Error)>,
    /// Copies of segments that were damaged once.
    pub copies: Vec<PathBuf>,
}

/// Bytes of a segment that are no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The segment.
    pub path: PathBuf,
    /// Where they begin, in bytes.
    pub offset: u64,
    /// How many there are.
    pub length: u64,
}

impl Survey {
    /// Looks through all segments of a folder, and shows each record, newest first. Another process may write meanwhile.
    ///
    /// # Errors
    ///
    /// When the folder cannot be listed.
    pub fn of(folder: &Path, visit: impl FnMut(Entry)) -> io::Result<Self> {
        let copies = segment::damaged_copies(folder)?;
        Ok(Self { copies, ..Self::of_segments(&segment::list(folder)?, visit) })
    }

    pub(crate) fn of_segments(segments: &[Segment], mut visit: impl FnMut(Entry)) -> Self {
        let mut survey = Self { segments: segments.len(), ..Self::default() };
        let mut below = u64::MAX;
        for (at, segment) in segments.iter().enumerate().rev() {
            let content = match Content::load(segment) {
                Ok(content) => content,
                Err(error) => {
                    survey.unreadable.push((segment.path.clone(), error));
                    continue;
                }
            };
            survey.add(segment, &content, at + 1 == segments.len());
            // A rewriting that was interrupted leaves the older of two segments with records that the newer has, too.
            for entry in content.entries().rev() {
                if entry.sequence() < below {
                    below = entry.sequence();
                    survey.records += 1;
                    survey.newest = survey.newest.or(Some(below));
                    survey.oldest = Some(below);
                    visit(entry);
                }
            }
        }
        survey
    }

    fn add(&mut self, segment: &Segment, content: &Content, is_newest: bool) {
        let damage = |range: &std::ops::Range<usize>| Damage {
            path: segment.path.clone(),
            offset: range.start as u64,
            length: range.len() as u64,
        };
        self.bytes += content.size() as u64;
        self.damage.extend(content.damage.iter().map(damage));
        let torn = content.torn.as_ref().map(damage);
        if is_newest {
            self.torn = torn;
        } else {
            self.damage.extend(torn);
        }
    }

    /// Whether no record is damaged and all segments could be read. A torn end is no damage.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.damage.is_empty() && self.unreadable.is_empty()
    }

    /// Whether the segment can be read and has no damage but a torn end.
    pub(crate) fn is_whole(&self, segment: &Segment) -> bool {
        !self.damage.iter().any(|damage| damage.path == segment.path)
            && !self.unreadable.iter().any(|(path, _)| *path == segment.path)
    }
}
