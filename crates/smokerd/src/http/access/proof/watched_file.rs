//! A file whose content counts as soon as it changes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// A file that has just been written may change once more without a sign: the clock of a file system ticks slowly.
const SETTLING_TIME: Duration = Duration::from_millis(100);

/// What is different after a file was written or replaced: device, inode, size, seconds and nanoseconds of its last changes.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

/// What some files say, read again when one of them changes. There is one `stat` for each file and each look.
#[derive(Debug)]
pub(crate) struct WatchedFile<T> {
    paths: Vec<PathBuf>,
    read: Mutex<Read<T>>,
}

#[derive(Debug)]
struct Read<T> {
    stamps: Vec<Option<Stamp>>,
    /// Whether the files can change without a change of the stamps.
    is_fresh: bool,
    content: Arc<T>,
}

impl<T> WatchedFile<T> {
    /// These files, which are read at the first look. Until then `content` counts.
    pub(crate) fn new(paths: Vec<PathBuf>, content: T) -> Self {
        Self { paths, read: Mutex::new(Read { stamps: Vec::new(), is_fresh: true, content: Arc::new(content) }) }
    }

    /// What the files say now, by `load`. When they have changed and cannot be read, `fallback` says what counts, from what counted
    /// before. Each change is reported once.
    pub(crate) fn current<E>(
        &self,
        load: impl FnOnce() -> Result<T, E>,
        fallback: impl FnOnce(&Arc<T>) -> Arc<T>,
        report: impl FnOnce(Result<&T, &E>),
    ) -> Arc<T> {
        let (stamps, is_fresh) = look(&self.paths);
        let before = {
            let read = self.lock();
            if read.stamps == stamps && !read.is_fresh {
                return Arc::clone(&read.content);
            }
            Arc::clone(&read.content)
        };
        // Without the lock, since files may be slow.
        let loaded = load();
        let mut read = self.lock();
        if read.stamps != stamps {
            report(loaded.as_ref());
        }
        let content = loaded.map_or_else(|_| fallback(&before), Arc::new);
        *read = Read { stamps, is_fresh, content: Arc::clone(&content) };
        content
    }

    fn lock(&self) -> MutexGuard<'_, Read<T>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stamps of files, and whether one of them has just been written.
fn look(paths: &[PathBuf]) -> (Vec<Option<Stamp>>, bool) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let mut is_fresh = false;
    let stamps = paths.iter().map(|path| {
        let data = fs::metadata(path).ok()?;
        let changed = Duration::new(data.ctime().try_into().unwrap_or(0), data.ctime_nsec().try_into().unwrap_or(0));
        is_fresh |= now.saturating_sub(changed) < SETTLING_TIME;
        Some((
            data.dev(),
            data.ino(),
            data.size(),
            (data.mtime(), data.mtime_nsec()),
            (data.ctime(), data.ctime_nsec()),
        ))
    });
    (stamps.collect(), is_fresh)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io;

    use super::*;

    #[test]
    fn every_change_counts_at_once_and_is_reported_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let load = || fs::read_to_string(&path);
        let file = WatchedFile::new(vec![path.clone()], String::new());
        let reports = Cell::new(0);
        let nothing = |_: &Arc<String>| Arc::new("nothing".to_owned());
        let current = || file.current(load, nothing, |_| reports.set(reports.get() + 1));
        // The same length, many times within a tick of the clock.
        for number in (0..200).map(|number| (number % 10).to_string()) {
            fs::write(&path, &number).expect("writable");
            assert_eq!(*current(), number);
        }
        fs::remove_file(&path).expect("there");
        let before = reports.get();
        for _ in 0..3 {
            assert_eq!(*current(), "nothing");
        }
        assert_eq!(reports.get(), before + 1);
    }

    #[test]
    fn what_has_not_changed_is_not_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = WatchedFile::new(vec![folder.path().join("missing")], 0);
        let current = |number| *file.current(|| Ok::<_, io::Error>(number), Arc::clone, |_| {});
        assert_eq!((current(1), current(2)), (1, 1));
    }
}
