//! Whether all records that were given to the journal are in it.
//!
//! A short file says it by its name, since a file can be renamed where the disk has no room for another byte. What it holds
//! tells whether the journal is the one that its writer left: the start of the machine, since one that has been started again may
//! have lost what was not synced; the newest record and segment that have to be there; and which file it is itself, since a copy of the
//! journal may be older than what its writer wrote later.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::UNIX_EPOCH;

use crate::disk::Disk;
use crate::files::regular::open_file;

/// The name of the note while all records are there.
const COMPLETE: &str = "complete";

/// Its name while some may be missing.
const INCOMPLETE: &str = "incomplete";

/// Where Linux has the number of the machine's start.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// How many bytes of a note are read.
const MAX_NOTE: u64 = 1024;

/// Whether the segments have all records that the writers before were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// They have.
    Complete,
    /// The machine stopped before they were synced: the newest records may be missing.
    Unsynced,
    /// Some records may be missing, the newest ones too: the disk was full or failed, or segments were removed.
    Incomplete,
    /// The folder is a copy: the original may have had newer records.
    Copied,
    /// The writers before made no note of it.
    Unknown,
}

/// What has to be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Newest {
    /// The number of the newest segment.
    pub(crate) segment: u64,
    /// The number of the newest record.
    pub(crate) sequence: u64,
}

/// The note in the folder of a journal. It is taken back while the journal is being opened.
#[derive(Debug)]
pub(crate) struct Note {
    folder: PathBuf,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    is_complete: bool,
    newest: Newest,
}

impl State {
    fn name(&self) -> &'static str {
        if self.is_complete { COMPLETE } else { INCOMPLETE }
    }
}

impl Note {
    /// Reads the note, and takes it back: from now on records may be missing. Where nothing can be changed it [stays](Self::is_stuck).
    pub(crate) fn take_back(folder: &Path) -> (Self, Completeness, Newest) {
        let state = Mutex::new(State { is_complete: true, newest: Newest::default() });
        let note = Self { folder: folder.to_owned(), state };
        let is_there = |name| fs::symlink_metadata(note.path(name)).is_ok();
        let (found, newest) = match read(&note.path(COMPLETE)) {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !is_there(INCOMPLETE) => {
                (Completeness::Unknown, Newest::default())
            }
            Err(_) => {
                let newest = read(&note.path(INCOMPLETE)).map_or_else(|_| Newest::default(), |(_, newest)| newest);
                (Completeness::Incomplete, newest)
            }
        };
        note.lock().newest = newest;
        note.lose();
        (note, found, newest)
    }

    /// Whether there is a note that cannot be changed, as in a folder that is read-only: it will know nothing of what comes now.
    pub(crate) fn is_stuck(&self) -> bool {
        let is_there = |name| fs::symlink_metadata(self.path(name)).is_ok();
        (is_there(COMPLETE) || is_there(INCOMPLETE)) && self.open(&self.lock()).is_err()
    }

    /// Notes that records may be missing. Where nothing at all can be changed, as on a disk that has become read-only, nothing is.
    pub(crate) fn lose(&self) {
        if std::mem::take(&mut self.lock().is_complete) {
            let _ = fs::rename(self.path(COMPLETE), self.path(INCOMPLETE));
        }
    }

    /// Notes that all records up to these are there, unless the machine stops: then the note of before may be back, until [`Self::complete`].
    pub(crate) fn complete_unsynced(&self, newest: Newest) -> io::Result<()> {
        let mut state = self.lock();
        state.newest = newest;
        let file = self.open(&state)?;
        put(&file, newest, &boot_id())?;
        self.rename(&mut state)
    }

    /// Notes that all records up to these are there, unless the machine stops.
    pub(crate) fn complete(&self, disk: &dyn Disk, newest: Newest) -> io::Result<()> {
        let mut state = self.lock();
        state.newest = newest;
        self.write(disk, &mut state, &boot_id())
    }

    /// Notes that what is there is synced, if all records are there.
    pub(crate) fn synced(&self, disk: &dyn Disk, newest: Newest) -> io::Result<()> {
        let mut state = self.lock();
        if !state.is_complete {
            return Ok(());
        }
        state.newest = newest;
        self.write(disk, &mut state, "")
    }

    /// A segment was begun, behind this record.
    pub(crate) fn began(&self, newest: Newest) {
        let mut state = self.lock();
        state.newest = newest;
        if state.is_complete {
            // The machine's end is known by the start of the machine, so nothing waits for the device.
            let options = &mut OpenOptions::new();
            let _ =
                open_file(options.write(true), &self.path(COMPLETE)).and_then(|file| put(&file, newest, &boot_id()));
        }
    }

    fn write(&self, disk: &dyn Disk, state: &mut State, boot: &str) -> io::Result<()> {
        let file = self.open(state)?;
        put(&file, state.newest, boot)?;
        file.sync_all()?;
        self.rename(state)?;
        disk.sync_folder(&self.folder)
    }

    /// The file of the note, which has one of its names.
    fn open(&self, state: &State) -> io::Result<File> {
        let options = &mut OpenOptions::new();
        open_file(options.write(true).create(true).truncate(false).mode(0o600), &self.path(state.name()))
    }

    fn rename(&self, state: &mut State) -> io::Result<()> {
        if !state.is_complete {
            fs::rename(self.path(INCOMPLETE), self.path(COMPLETE))?;
            state.is_complete = true;
        }
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the text of a note, which always has the same length: a daemon that is killed meanwhile leaves no half of one.
fn put(file: &File, newest: Newest, boot: &str) -> io::Result<()> {
    let Newest { segment, sequence } = newest;
    let (file_number, made) = identity(file)?;
    let boot = boot.trim_end();
    let text =
        format!("{boot:36}\nsegment {segment:020} record {sequence:020} file {file_number:020} made {made:020}\n");
    file.write_all_at(text.as_bytes(), 0)?;
    file.set_len(text.len() as u64)
}

/// What a copy of the file does not have: its number in the file system and when it was made, in nanoseconds since 1970, where the
/// system knows that.
fn identity(file: &File) -> io::Result<(u64, u64)> {
    let metadata = file.metadata()?;
    let made = metadata.created().ok().and_then(|made| made.duration_since(UNIX_EPOCH).ok());
    Ok((metadata.ino(), made.map_or(0, |made| u64::try_from(made.as_nanos()).unwrap_or(u64::MAX))))
}

fn read(path: &Path) -> io::Result<(Completeness, Newest)> {
    let file = open_file(OpenOptions::new().read(true), path)?;
    let mut text = String::new();
    (&file).take(MAX_NOTE).read_to_string(&mut text)?;
    let mut lines = text.lines();
    let boot = lines.next().unwrap_or_default().trim_end();
    let is_this_start = boot.is_empty() || boot == boot_id().trim_end();
    let found = if is_this_start { Completeness::Complete } else { Completeness::Unsynced };
    // Earlier versions wrote one line, or none.
    let Some(line) = lines.next() else { return Ok((found, Newest::default())) };
    let number = |name: &str| {
        let mut words = line.split(' ').skip_while(|word| *word != name);
        words.nth(1).and_then(|word| word.parse::<u64>().ok())
    };
    let newest = Newest { segment: number("segment").unwrap_or(0), sequence: number("record").unwrap_or(0) };
    let is_own = (number("file"), number("made")) == identity(&file).map(|(file, made)| (Some(file), Some(made)))?;
    Ok((if is_own { found } else { Completeness::Copied }, newest))
}

/// The start of the machine; empty where the system has no number for it, and then it is not told apart from others.
fn boot_id() -> String {
    fs::read_to_string(BOOT_ID).unwrap_or_default()
}
