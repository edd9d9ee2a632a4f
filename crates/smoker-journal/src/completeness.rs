//! Whether all records that were given to the journal are in it.
//!
//! An empty or short file says it by its name, since a file can be renamed where the disk has no room for another byte. What
//! it holds is the start of the machine in which it was written: a machine that has been started again may have lost what was not
//! synced.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::disk::Disk;
use crate::segment;

/// The name of the note while all records are there.
const COMPLETE: &str = "complete";

/// Its name while some may be missing.
const INCOMPLETE: &str = "incomplete";

/// Where Linux has the number of the machine's start.
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// Whether the segments have all records that the writers before were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// They have.
    Complete,
    /// The machine stopped before they were synced: the newest records may be missing.
    Unsynced,
    /// Some records may be missing, the newest ones too: the disk was full or failed.
    Incomplete,
    /// The writers before made no note of it.
    Unknown,
}

/// The note in the folder of a journal. It is taken back while the journal is being opened.
#[derive(Debug)]
pub(crate) struct Note {
    folder: PathBuf,
    is_complete: Mutex<bool>,
}

impl Note {
    /// Reads the note, and takes it back: from now on records may be missing.
    pub(crate) fn take_back(folder: &Path) -> (Self, Completeness) {
        let note = Self { folder: folder.to_owned(), is_complete: Mutex::new(true) };
        let found = match fs::read_to_string(note.path(COMPLETE)) {
            Ok(text) if text.is_empty() || text == boot_id() => Completeness::Complete,
            Err(error) if error.kind() == io::ErrorKind::NotFound && !note.path(INCOMPLETE).exists() => {
                Completeness::Unknown
            }
            Ok(_) => Completeness::Unsynced,
            Err(_) => Completeness::Incomplete,
        };
        note.lose();
        (note, found)
    }

    /// Notes that records may be missing. Where nothing at all can be changed, as on a disk that has become read-only, nothing is.
    pub(crate) fn lose(&self) {
        if std::mem::take(&mut *self.lock()) {
            let _ = fs::rename(self.path(COMPLETE), self.path(INCOMPLETE));
        }
    }

    /// Notes that all records are there, unless the machine stops.
    pub(crate) fn complete(&self, disk: &dyn Disk) -> io::Result<()> {
        self.write(disk, &boot_id())
    }

    /// Notes that what is there is synced, if all records are there.
    pub(crate) fn synced(&self, disk: &dyn Disk) -> io::Result<()> {
        if *self.lock() { self.write(disk, "") } else { Ok(()) }
    }

    fn write(&self, disk: &dyn Disk, text: &str) -> io::Result<()> {
        let mut is_complete = self.lock();
        let from = if *is_complete { COMPLETE } else { INCOMPLETE };
        let options = &mut OpenOptions::new();
        let mut file =
            segment::open_file(options.write(true).create(true).truncate(true).mode(0o600), &self.path(from))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(self.path(from), self.path(COMPLETE))?;
        *is_complete = true;
        disk.sync_folder(&self.folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.is_complete.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The start of the machine; empty where the system has no number for it, and then it is not told apart from others.
fn boot_id() -> String {
    fs::read_to_string(BOOT_ID).unwrap_or_default()
}
