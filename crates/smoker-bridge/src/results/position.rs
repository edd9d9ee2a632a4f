//! Up to which result the stream has all. It is kept in the state folder, so that neither a restart nor a crash loses one. The file may be older than
//! the stream: what is published again then is recognized by the stream's newest result of the plugin.

use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use smoker_paths::replace::replace;
use smoker_paths::resolved_path::ResolvedPath;

/// The name of the file in the state folder.
const FILE: &str = "published.json";
/// How often the file is written at most.
const EVERY: Duration = Duration::from_secs(2);

/// The number of a result, and the epoch of the daemon's journal: a journal that was lost begins with the same numbers again.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Number {
    pub(crate) epoch: String,
    pub(crate) sequence: u64,
}

impl Number {
    /// As the header of a published result has it.
    pub(crate) fn text(&self) -> String {
        format!("{}.{}", self.epoch, self.sequence)
    }

    /// What [`Number::text`] wrote.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let (epoch, sequence) = text.split_once('.')?;
        Some(Self { epoch: epoch.to_owned(), sequence: sequence.parse().ok()? })
    }

    /// Whether this result is the other one, or came after it from the same journal.
    pub(crate) fn is_at_least(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.sequence >= other.sequence
    }
}

/// The position and its file.
#[derive(Debug)]
pub(crate) struct Position {
    number: Number,
    file: PathBuf,
    written: Option<(Number, Instant)>,
}

impl Position {
    /// That of the file; without one the beginning.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let file = folder.join(FILE);
        let number = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut position = Self { number: number.unwrap_or_else(beginning), file, written: None };
        // Also before anything was published, so that a folder that cannot be written is known at the start.
        position.save()?;
        Ok(position)
    }

    /// Up to where all is published.
    pub(crate) fn number(&self) -> &Number {
        &self.number
    }

    /// The stream has all up to this number.
    pub(crate) fn advance(&mut self, sequence: u64) {
        self.number.sequence = self.number.sequence.max(sequence);
    }

    /// The daemon has lost its journal, and begins again.
    pub(crate) fn begin_again(&mut self) {
        self.number = beginning();
    }

    /// How long the file may wait; `None` when it is up to date.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        match &self.written {
            Some((number, _)) if *number == self.number => None,
            Some((_, at)) => Some(EVERY.saturating_sub(at.elapsed())),
            None => Some(Duration::ZERO),
        }
    }

    /// Writes the file.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.number)?;
        replace(&ResolvedPath::with_folders(&self.file, None)?, &text, 0o600, None)?;
        self.written = Some((self.number.clone(), Instant::now()));
        Ok(())
    }
}

fn beginning() -> Number {
    // The keys of a RandomState are random; an epoch has to differ from the few before it.
    Number { epoch: format!("{:016x}", RandomState::new().hash_one(std::process::id())), sequence: 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_another_epoch_are_not_compared() {
        let number = |text| Number::read(text).expect("a number");
        assert!(number("a.5").is_at_least(&number("a.5")) && number("a.6").is_at_least(&number("a.5")));
        assert!(!number("a.4").is_at_least(&number("a.5")) && !number("b.6").is_at_least(&number("a.5")));
        assert_eq!(number("a.5").text(), "a.5");
        assert_eq!(Number::read("5"), None);
    }

    #[test]
    fn it_comes_back_from_its_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut position = Position::open(&folder.path().join("state")).expect("a position");
        assert_eq!((position.number().sequence, position.due_in()), (0, None));
        position.advance(7);
        position.advance(5);
        assert!(position.due_in().is_some());
        position.save().expect("saved");
        let again = Position::open(&folder.path().join("state")).expect("a position");
        assert_eq!(again.number(), position.number());
        position.begin_again();
        assert!(!again.number().is_at_least(position.number()));
    }

    #[test]
    fn a_file_that_is_damaged_begins_again() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "").expect("written");
        assert_eq!(Position::open(folder.path()).expect("a position").number().sequence, 0);
    }
}
