//! Syncs what was written, and keeps the bound on the size.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use crate::files::damaged::OlderCopies;
use crate::files::segment::{self, Segment};
use crate::segments::content::{Content, Entry};
use crate::shared::{Shared, SyncError};

/// How often segments are read again that could not be read.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);

/// How long a record stays that is to be kept: those with the largest rank go first, and of these the oldest. Those of rank 0 go only when
/// they take half of the bound by themselves.
pub type Rank = u8;

/// The part of the writer that may wait for the disk. It only touches segments that are no longer appended to.
#[derive(Debug)]
pub struct Maintenance {
    shared: Arc<Shared>,
    max_size: u64,
    segment_size: u64,
    /// Up to this number segments have only records that were to be kept.
    rewritten: u64,
    /// When these take more than this many bytes together, they are rewritten again.
    limit: u64,
    /// Segments that could not be read.
    stuck: HashSet<u64>,
    /// When these were forgotten last, so that they are tried again.
    retry: Instant,
}

/// What was done to keep the bound.
#[derive(Debug, Default)]
pub struct Compacted {
    /// How many records were dropped.
    pub dropped: u64,
    /// The largest rank of which records were dropped that were to be kept, because those take too much of the bound, and the smallest.
    pub kept_dropped: Option<(Rank, Rank)>,
    /// Segments that could not be read, and why. Where there was no room for them they were put aside as copies of damaged ones.
    pub unreadable: Vec<(PathBuf, io::Error)>,
}

/// Which of the records that are to be kept may stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Least {
    rank: Rank,
    /// Of this rank, those from this number on.
    sequence: u64,
}

impl Least {
    const ALL: Self = Self { rank: Rank::MAX, sequence: 0 };

    fn admits(self, rank: Rank, sequence: u64) -> bool {
        rank < self.rank || (rank == self.rank && sequence >= self.sequence)
    }
}

impl Maintenance {
    pub(crate) fn new(shared: Arc<Shared>, max_size: u64, segment_size: u64) -> Self {
        Self {
            shared,
            max_size,
            segment_size,
            rewritten: 0,
            limit: max_size / 4,
            stuck: HashSet::new(),
            retry: Instant::now(),
        }
    }

    /// Changes the bound on the size of all segments, in bytes.
    pub fn set_max_size(&mut self, max_size: u64) {
        (self.max_size, self.limit) = (max_size, max_size / 4);
    }

    /// Syncs all that was written before the call. Returns whether there was anything.
    ///
    /// # Errors
    ///
    /// When a sync fails. The segment is not written again.
    pub fn sync(&self) -> Result<bool, SyncError> {
        self.shared.sync()
    }

    /// The bytes of all segments.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.shared.size.load(Ordering::Relaxed)
    }

    /// Notes that what was written is synced, unless records are missing: the next start of the machine finds all of them.
    ///
    /// # Errors
    ///
    /// When the note cannot be written.
    pub fn declare_synced(&self) -> io::Result<()> {
        self.shared.note.synced(&*self.shared.disk, self.shared.newest())
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.shared.folder
    }

    /// A segment of this size is gone.
    pub(crate) fn removed(&self, bytes: u64) {
        self.shared.shrink(bytes);
    }

    /// Whether the journal is larger than it may be.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.size() > self.max_size
    }

    /// Drops the oldest records, but for those to which `rank` gives a rank, until the journal is as small as it has to be. The bound
    /// comes first: records to keep take half of it at most.
    ///
    /// # Errors
    ///
    /// When a segment cannot be written. It stays as it is. One that cannot be read is passed over.
    pub fn compact(&mut self, mut rank: impl FnMut(&Entry) -> Option<Rank>) -> io::Result<Compacted> {
        let shared = Arc::clone(&self.shared);
        let _rewriting = shared.rewriting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut done = Compacted::default();
        if self.retry.elapsed() >= RETRY_INTERVAL {
            (self.stuck, self.retry) = (HashSet::new(), Instant::now());
        }
        let mut stuck = std::mem::take(&mut self.stuck);
        while self.is_too_large() {
            let mut old = self.unwritten()?;
            old.retain(|segment| !stuck.contains(&segment.number));
            let (rewritten, rest): (Vec<_>, Vec<_>) = old.into_iter().partition(|it| it.number <= self.rewritten);
            let before = (self.size(), self.rewritten, self.limit, stuck.len());
            if sizes(&rewritten) > self.limit {
                self.rewrite(&rewritten, Least::ALL, &mut rank, &mut done, &mut stuck)?;
                self.bound_kept(self.max_size / 2, 0, &mut rank, &mut done, &mut stuck)?;
                let size = sizes(&self.kept_segments(&stuck)?);
                self.limit = (size + size / 2).max(self.max_size / 4).min(self.max_size / 2);
            } else if let Some(next) = rest.into_iter().next() {
                let last = rewritten.into_iter().next_back().filter(|last| last.size() < self.segment_size / 2);
                let number = next.number;
                let segments: Vec<_> = last.into_iter().chain([next]).collect();
                self.rewrite(&segments, Least::ALL, &mut rank, &mut done, &mut stuck)?;
                self.rewritten = number;
            } else {
                // What is written at present takes more than half of the bound by itself. It is rewritten later; until then the newest
                // results of others stay.
                let excess = self.size().saturating_sub(self.max_size);
                let bound = sizes(&rewritten).saturating_sub(excess);
                self.bound_kept(bound, 1, &mut rank, &mut done, &mut stuck)?;
            }
            if (self.size(), self.rewritten, self.limit, stuck.len()) == before {
                break;
            }
        }
        if self.is_too_large() {
            self.put_stuck_aside(&stuck)?;
        }
        self.stuck = stuck;
        Ok(done)
    }

    /// Drops records that are to be kept until the rewritten segments take less than this many bytes: some less, so that it is not to be
    /// done for each segment. Those with a smaller rank than `protected` stay.
    fn bound_kept(
        &mut self,
        bound: u64,
        protected: Rank,
        rank: &mut impl FnMut(&Entry) -> Option<Rank>,
        done: &mut Compacted,
        stuck: &mut HashSet<u64>,
    ) -> io::Result<()> {
        let segments = self.kept_segments(stuck)?;
        if sizes(&segments) <= bound {
            return Ok(());
        }
        let mut kept = Vec::new();
        for content in segments.iter().filter_map(|segment| Content::load(segment).ok()) {
            let ranked = |entry: Entry| Some((rank_of(&entry, rank)?, entry.sequence(), entry.size() as u64));
            kept.extend(content.all_entries().filter_map(ranked));
        }
        // Those that stay longest first.
        kept.sort_unstable_by_key(|(rank, sequence, _)| (*rank, u64::MAX - *sequence));
        let (mut size, mut least) = (0, Least { rank: 0, sequence: u64::MAX });
        let mut dropped: Option<(Rank, Rank)> = None;
        for (rank, sequence, bytes) in kept {
            size += bytes;
            let bound = if rank == 0 { bound } else { bound / 4 * 3 };
            if size <= bound || rank < protected {
                least = Least { rank, sequence };
            } else {
                dropped = Some(dropped.map_or((rank, rank), |(most, fewest)| (most.max(rank), fewest.min(rank))));
            }
        }
        let Some((most, fewest)) = dropped else { return Ok(()) };
        let earlier = done.kept_dropped.unwrap_or((most, fewest));
        done.kept_dropped = Some((most.max(earlier.0), fewest.min(earlier.1)));
        self.rewrite(&segments, least, rank, done, stuck)
    }

    /// The segments that are no longer written, by their numbers.
    fn unwritten(&self) -> io::Result<Vec<Segment>> {
        let mut segments = segment::list(&self.shared.folder)?;
        let active = self.shared.active.load(Ordering::Relaxed);
        segments.retain(|segment| segment.number < active);
        Ok(segments)
    }

    /// Those of them that have only records that were to be kept.
    fn kept_segments(&self, stuck: &HashSet<u64>) -> io::Result<Vec<Segment>> {
        let mut segments = self.unwritten()?;
        segments.retain(|segment| segment.number <= self.rewritten && !stuck.contains(&segment.number));
        Ok(segments)
    }

    /// Makes room where what cannot be read takes it.
    fn put_stuck_aside(&self, stuck: &HashSet<u64>) -> io::Result<()> {
        for segment in self.unwritten()?.iter().filter(|segment| stuck.contains(&segment.number)) {
            let size = segment.size();
            if size > 0 && self.is_too_large() && segment.put_aside().is_ok() {
                self.shared.shrink(size);
            }
        }
        Ok(())
    }

    /// Writes segments again with the records that have a rank, as fewer ones where these fit. One that cannot be read is `stuck`.
    fn rewrite(
        &self,
        segments: &[Segment],
        least: Least,
        rank: &mut impl FnMut(&Entry) -> Option<Rank>,
        done: &mut Compacted,
        stuck: &mut HashSet<u64>,
    ) -> io::Result<()> {
        // By number: a copy of a segment has the same records.
        let (mut read, mut kept, mut size) = (Vec::<&Segment>::new(), BTreeMap::<u64, Entry>::new(), 0);
        for (at, segment) in segments.iter().enumerate() {
            match self.load_to_rewrite(segment) {
                Ok(content) => {
                    for entry in content.all_entries() {
                        let is_kept = rank_of(&entry, rank).is_some_and(|rank| least.admits(rank, entry.sequence()));
                        if is_kept && !kept.contains_key(&entry.sequence()) {
                            size += entry.size() as u64;
                            kept.insert(entry.sequence(), entry.detached());
                        } else {
                            done.dropped += 1;
                        }
                    }
                    read.push(segment);
                }
                Err(error) => {
                    stuck.insert(segment.number);
                    done.unreadable.push((segment.path.clone(), error));
                }
            }
            if size >= self.segment_size || at + 1 == segments.len() {
                let bytes: Vec<u8> = kept.values().flat_map(|entry| entry.raw().iter().copied()).collect();
                self.replace(&std::mem::take(&mut read), &bytes)?;
                (kept, size) = (BTreeMap::new(), 0);
            }
        }
        Ok(())
    }

    /// What a segment has; of one with damage a copy is kept.
    fn load_to_rewrite(&self, segment: &Segment) -> io::Result<Content> {
        let content = Content::load(segment)?;
        if content.is_damaged() || content.torn.is_some() {
            segment.keep_damaged(&self.shared.folder, self.max_size, OlderCopies::Go)?;
        }
        Ok(content)
    }

    /// Puts a segment with these bytes in the place of the last of the segments, and removes the others.
    pub(crate) fn replace(&self, segments: &[&Segment], bytes: &[u8]) -> io::Result<()> {
        let Some((last, others)) = segments.split_last() else { return Ok(()) };
        let before: u64 = segments.iter().map(|segment| segment.size()).sum();
        if bytes.len() as u64 == before && others.is_empty() {
            return Ok(());
        }
        if bytes.is_empty() {
            fs::remove_file(&last.path)?;
        } else {
            let path = last.rewritten_path();
            let written = self.shared.write_new(&path, bytes).and_then(|()| fs::rename(&path, &last.path));
            if let Err(error) = written {
                let _ = fs::remove_file(&path);
                return Err(error);
            }
            self.shared.disk.sync_folder(&self.shared.folder)?;
        }
        for other in others {
            fs::remove_file(&other.path)?;
        }
        self.shared.shrink(before);
        self.shared.grow(bytes.len() as u64);
        Ok(())
    }
}

/// Records of a later version are kept for that as results are.
fn rank_of(entry: &Entry, rank: &mut impl FnMut(&Entry) -> Option<Rank>) -> Option<Rank> {
    if entry.is_known() { rank(entry) } else { Some(1) }
}

fn sizes(segments: &[Segment]) -> u64 {
    segments.iter().map(Segment::size).sum()
}
