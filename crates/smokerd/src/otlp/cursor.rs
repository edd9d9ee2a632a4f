//! Up to which result the collector has all. It is kept in the state folder, so that neither a restart nor a crash loses one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use smoker_runner::detached;
use smoker_trust::storage::text_file;

use crate::results::kept::history::Sequence;

/// The name of the file in the state folder.
const FILE: &str = "otlp";

/// The number of the newest result that the collector has, or that it was said to be without. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Cursor(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// None without a collector.
    position: Mutex<Option<Sequence>>,
    /// None without a journal: its numbers would begin again.
    file: Option<PathBuf>,
    is_failing: AtomicBool,
}

impl Cursor {
    /// That of a daemon that starts, whose newest record has the number `newest`. `folder` is the state folder, if there is a journal. Without a
    /// collector nothing is read, and what the file says is forgotten: the next collector, whatever its address, gets results from
    /// then on. A file that is not there is not made.
    pub(crate) fn open(folder: Option<&Path>, newest: Sequence, is_wanted: bool) -> Self {
        let file = folder.map(|folder| folder.join(FILE));
        let kept = if is_wanted { file.as_deref().and_then(read) } else { None };
        let position = match kept {
            Some(position) if position > newest => {
                tracing::warn!(
                    "otlp: the results that are kept are not those that were sent before, so all of them are sent"
                );
                Some(0)
            }
            position => position,
        };
        let position = if is_wanted { position.or(Some(newest)) } else { None };
        let shared = Shared { position: Mutex::new(position), file, is_failing: AtomicBool::new(false) };
        let cursor = Self(Arc::new(shared));
        // Also before anything was sent: a crash before that must lose nothing.
        if let Err(error) = cursor.write() {
            let why = if is_wanted {
                "the next start does not know which results were sent"
            } else {
                "a collector that is configured later would get results of before"
            };
            tracing::error!("otlp: {error}; {why}");
        }
        cursor
    }

    /// Begins behind this number, unless it is known where to go on.
    pub(super) async fn begin(&self, newest: Sequence) {
        self.lock().get_or_insert(newest);
        self.save().await;
    }

    /// The number of the newest result that needs not be sent.
    pub(super) fn position(&self) -> Sequence {
        self.lock().unwrap_or(0)
    }

    /// The collector has all up to this number. It is kept from now on.
    pub(super) async fn advance(&self, to: Sequence) {
        {
            let mut position = self.lock();
            *position = position.map(|before| before.max(to));
        }
        self.save().await;
    }

    /// There is no collector any more: the next one gets results from then on.
    pub(super) async fn forget(&self) {
        *self.lock() = None;
        self.save().await;
    }

    async fn save(&self) {
        let cursor = self.clone();
        let written = detached::run_blocking(move || cursor.write()).await;
        let failing = match written {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(error) => Some(error.to_string()),
        };
        let was_failing = self.0.is_failing.swap(failing.is_some(), Ordering::Relaxed);
        if let Some(error) = failing.filter(|_| !was_failing) {
            tracing::error!("otlp: {error}; after a restart results would be sent once more");
        }
    }

    /// Writes where it is now: writers that overtake each other leave the newest.
    fn write(&self) -> Result<(), String> {
        let Some(file) = &self.0.file else { return Ok(()) };
        // Nothing to forget.
        if self.lock().is_none()
            && fs::symlink_metadata(file).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
        {
            return Ok(());
        }
        let text = |_: &str| Ok((self.lock().map(|position| format!("{position}\n")).unwrap_or_default(), ()));
        text_file::edit(file, text).map_err(|error| error.to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Sequence>> {
        self.0.position.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(file: &Path) -> Option<Sequence> {
    let text = text_file::read(file).unwrap_or_else(|error| {
        tracing::error!("otlp: {error}; results from now on are sent");
        None
    })?;
    let text = text.trim();
    let number = text.parse().ok();
    if number.is_none() && !text.is_empty() {
        tracing::error!("otlp: {} has no number; results from now on are sent", file.display());
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_position_comes_back_until_it_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |newest, is_wanted| Cursor::open(Some(folder.path()), newest, is_wanted);
        let cursor = open(7, true);
        assert_eq!(cursor.position(), 7, "what was before is not sent");
        cursor.advance(9).await;
        cursor.advance(8).await;
        assert_eq!((open(20, true).position(), open(5, true).position()), (9, 0));
        cursor.forget().await;
        assert_eq!(open(20, true).position(), 20);
        cursor.begin(3).await;
        assert_eq!(open(20, true).position(), 3, "also before anything was sent");
        cursor.advance(4).await;
        drop(open(20, false));
        assert_eq!(open(21, true).position(), 21, "a daemon without a collector has forgotten it");
        fs::write(folder.path().join(FILE), "x").expect("writable");
        assert_eq!(open(22, true).position(), 22);
    }

    /// Also one that cannot be read: it is not looked at.
    #[test]
    fn without_a_collector_no_file_is_made_or_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |newest, is_wanted| Cursor::open(Some(folder.path()), newest, is_wanted);
        assert_eq!(open(7, false).position(), 0);
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0);
        fs::write(folder.path().join(FILE), "no number").expect("writable");
        drop(open(7, false));
        assert_eq!(fs::read_to_string(folder.path().join(FILE)).expect("there"), "");
    }

    #[tokio::test]
    async fn without_a_journal_nothing_is_written() {
        let cursor = Cursor::open(None, 0, true);
        cursor.advance(5).await;
        assert_eq!((cursor.position(), Cursor::open(None, 0, true).position()), (5, 0));
    }
}
