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

    /// Whether it came before this sequence, of the journal that the other one is of.
    pub(crate) fn is_behind(&self, sequence: Option<u64>, other: &Self) -> bool {
        self.epoch == other.epoch && sequence.is_some_and(|sequence| self.sequence < sequence)
    }
}

/// A number, and the result that had it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Published {
    #[serde(flatten)]
    number: Number,
    /// The run that the result is of. A journal that was lost, or put in the place of another one, has another run under the same number. Files of
    /// earlier bridges do not have it.
    #[serde(default)]
    run: Option<String>,
}

/// The position and its file.
#[derive(Debug)]
pub(crate) struct Position {
    newest: Published,
    file: PathBuf,
    written: Option<(Published, Instant)>,
}

impl Position {
    /// That of the file; without one the beginning.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        let file = folder.join(FILE);
        let newest = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text).ok(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let mut position = Self { newest: newest.unwrap_or_else(beginning), file, written: None };
        // Also before anything was published, so that a folder that cannot be written is known at the start.
        position.save()?;
        Ok(position)
    }

    /// Up to where all is published.
    pub(crate) fn number(&self) -> &Number {
        &self.newest.number
    }

    /// The number behind which the daemon is asked for results: that of the newest one, or the one before, where the newest can be recognized.
    pub(crate) fn since(&self) -> u64 {
        self.newest.number.sequence - u64::from(self.newest.run.is_some())
    }

    /// Whether a result with the newest number is the one that was published, as far as is known: `None` for a result with another number.
    pub(crate) fn has_published(&self, sequence: u64, run: &str) -> Option<bool> {
        let known = self.newest.run.as_ref().filter(|_| sequence == self.newest.number.sequence)?;
        Some(known == run)
    }

    /// The stream has all up to this number, which the result of this run has.
    pub(crate) fn advance(&mut self, sequence: u64, run: &str) {
        if sequence > self.newest.number.sequence {
            self.newest.number.sequence = sequence;
            self.newest.run = Some(run.to_owned());
        }
    }

    /// The stream has less than it has acknowledged: nothing behind this number is known to be there.
    pub(crate) fn go_back(&mut self, sequence: u64) {
        if sequence < self.newest.number.sequence {
            self.newest.number.sequence = sequence;
            self.newest.run = None;
        }
    }

    /// The daemon has lost its journal, and begins again.
    pub(crate) fn begin_again(&mut self) {
        self.newest = beginning();
    }

    /// How long the file may wait; `None` when it is up to date.
    pub(crate) fn due_in(&self) -> Option<Duration> {
        match &self.written {
            Some((newest, _)) if *newest == self.newest => None,
            Some((_, at)) => Some(EVERY.saturating_sub(at.elapsed())),
            None => Some(Duration::ZERO),
        }
    }

    /// Writes the file.
    pub(crate) fn save(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&self.newest)?;
        replace(&ResolvedPath::with_folders(&self.file, None)?, &text, 0o600, None)?;
        self.written = Some((self.newest.clone(), Instant::now()));
        Ok(())
    }
}

fn beginning() -> Published {
    // The keys of a RandomState are random; an epoch has to differ from the few before it.
    let epoch = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    Published { number: Number { epoch, sequence: 0 }, run: None }
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
        position.advance(7, "seven");
        position.advance(5, "five");
        assert!(position.due_in().is_some());
        position.save().expect("saved");
        let again = Position::open(&folder.path().join("state")).expect("a position");
        assert_eq!((again.number(), again.since()), (position.number(), 6));
        assert_eq!((again.has_published(7, "seven"), again.has_published(7, "five")), (Some(true), Some(false)));
        assert_eq!(again.has_published(8, "eight"), None);
        position.begin_again();
        assert_eq!((position.since(), position.has_published(0, "")), (0, None));
        assert!(!again.number().is_at_least(position.number()));
    }

    #[test]
    fn a_file_of_an_earlier_bridge_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), r#"{"epoch": "a", "sequence": 7}"#).expect("written");
        let position = Position::open(folder.path()).expect("a position");
        assert_eq!((position.number().text().as_str(), position.since()), ("a.7", 7));
        assert_eq!(position.has_published(7, "seven"), None);
    }

    #[test]
    fn a_file_that_is_damaged_begins_again() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(FILE), "").expect("written");
        assert_eq!(Position::open(folder.path()).expect("a position").number().sequence, 0);
    }
}
