//! A file whose content counts as soon as it changes. It may be on a file server that does not answer: nothing but a thread of its own looks at it.

use std::fmt::Debug;
use std::fs;
use std::iter;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, SendError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::oneshot;
use tokio::time::timeout;

/// A file that has just been written may change once more without a sign: the clock of a file system ticks slowly.
const SETTLING_TIME: Duration = Duration::from_millis(100);

/// For how long a look counts, from its beginning on: a client that asks a thousand times a second does not wake the thread for each of them.
const VALIDITY: Duration = Duration::from_millis(1);

/// How long a look may take.
const LIMIT: Duration = Duration::from_secs(5);

/// What is different after a file was written or replaced: device, inode, size, seconds and nanoseconds of its last changes.
type Stamp = (u64, u64, u64, (i64, i64), (i64, i64));

/// Some files that belong together, and what they mean.
pub(crate) trait Source: Debug + Send + Sync + 'static {
    /// What they say.
    type Content: Debug + Send + Sync;

    /// Reads them.
    ///
    /// # Errors
    ///
    /// Why what they say cannot be used.
    fn load(&self) -> Result<Self::Content, String>;

    /// What counts while they cannot be read, from what counted before.
    fn fallback(&self, before: &Arc<Self::Content>) -> Arc<Self::Content>;

    /// Logs what a change has made of them, once for each change.
    fn report(&self, read: Result<&Self::Content, &str>);
}

/// What some files say, read again when one of them changes. There is one `stat` for each file and each look, and one look for all that ask at once.
#[derive(Debug)]
pub(crate) struct WatchedFile<S: Source> {
    shared: Arc<Shared<S>>,
    /// To the thread that looks; none before the first look.
    asking: Mutex<Option<Sender<Answer<S>>>>,
}

type Answer<S> = oneshot::Sender<Arc<<S as Source>::Content>>;

#[derive(Debug)]
struct Shared<S: Source> {
    paths: Vec<PathBuf>,
    source: S,
    /// How long a look may take.
    limit: Duration,
    read: Mutex<Read<S::Content>>,
    /// Whether the look that goes on takes too long, so that nobody waits for it.
    hangs: AtomicBool,
}

#[derive(Debug)]
struct Read<T> {
    stamps: Vec<Option<Stamp>>,
    /// Whether the files can change without a change of the stamps.
    is_fresh: bool,
    content: Arc<T>,
    /// When the look began.
    begun: Option<Instant>,
}

impl<S: Source> WatchedFile<S> {
    /// These files, which are read at the first look. Until then `content` counts.
    pub(crate) fn new(paths: Vec<PathBuf>, source: S, content: S::Content) -> Self {
        Self::with_limit(paths, source, content, LIMIT)
    }

    fn with_limit(paths: Vec<PathBuf>, source: S, content: S::Content, limit: Duration) -> Self {
        let read = Mutex::new(Read { stamps: Vec::new(), is_fresh: true, content: Arc::new(content), begun: None });
        let shared = Shared { paths, source, limit, read, hangs: AtomicBool::new(false) };
        Self { shared: Arc::new(shared), asking: Mutex::new(None) }
    }

    /// What the files say now; what counts while they cannot be read, if they cannot.
    pub(crate) async fn current(&self) -> Arc<S::Content> {
        if self.shared.hangs.load(Ordering::Relaxed) {
            return self.shared.fallback();
        }
        if let Some(content) = self.shared.just_read() {
            return content;
        }
        let (answer, answered) = oneshot::channel();
        if let Err(error) = self.ask(answer) {
            self.shared.source.report(Err(&format!("{}: no thread can read it: {error}", self.shared.names())));
            return self.shared.fallback();
        }
        match timeout(self.shared.limit, answered).await {
            Ok(Ok(content)) => content,
            Ok(Err(_)) => self.shared.fallback(),
            Err(_) => {
                if !self.shared.hangs.swap(true, Ordering::Relaxed) {
                    let (names, seconds) = (self.shared.names(), self.shared.limit.as_secs());
                    let reason = "see whether the file system that it is on answers";
                    let text = format!("{names}: reading it takes more than {seconds} seconds; {reason}");
                    self.shared.source.report(Err(&text));
                }
                self.shared.fallback()
            }
        }
    }

    /// Has the thread look, which is started when there is none.
    fn ask(&self, mut answer: Answer<S>) -> std::io::Result<()> {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(thread) = &*asking {
            match thread.send(answer) {
                Ok(()) => return Ok(()),
                // It has panicked, which the log has.
                Err(SendError(unsent)) => answer = unsent,
            }
        }
        let (sender, asked) = mpsc::channel();
        let shared = Arc::clone(&self.shared);
        thread::Builder::new().name("watched file".to_owned()).spawn(move || shared.answer(&asked))?;
        let _ = sender.send(answer);
        *asking = Some(sender);
        Ok(())
    }
}

impl<S: Source> Shared<S> {
    /// Answers until nobody can ask any more.
    fn answer(&self, asked: &Receiver<Answer<S>>) {
        while let Ok(first) = asked.recv() {
            // All of them have asked before the look begins.
            let waiting: Vec<_> = iter::once(first).chain(asked.try_iter()).collect();
            let content = self.look();
            if self.hangs.swap(false, Ordering::Relaxed) {
                tracing::info!("{}: it can be read again", self.names());
            }
            for answer in waiting {
                // A request that no longer waits does not need it.
                let _ = answer.send(Arc::clone(&content));
            }
        }
    }

    /// What a look has found that began a moment ago.
    fn just_read(&self) -> Option<Arc<S::Content>> {
        let read = self.lock();
        read.begun.filter(|begun| begun.elapsed() < VALIDITY).map(|_| Arc::clone(&read.content))
    }

    fn look(&self) -> Arc<S::Content> {
        let begun = Some(Instant::now());
        let (stamps, is_fresh) = stamps_of(&self.paths);
        let before = {
            let mut read = self.lock();
            if read.stamps == stamps && !read.is_fresh {
                read.begun = begun;
                return Arc::clone(&read.content);
            }
            Arc::clone(&read.content)
        };
        // Without the lock, since files may be slow.
        let loaded = self.source.load();
        let mut read = self.lock();
        if read.stamps != stamps {
            self.source.report(loaded.as_ref().map_err(String::as_str));
        }
        let content = loaded.map_or_else(|_| self.source.fallback(&before), Arc::new);
        *read = Read { stamps, is_fresh, content: Arc::clone(&content), begun };
        content
    }

    fn fallback(&self) -> Arc<S::Content> {
        let before = Arc::clone(&self.lock().content);
        self.source.fallback(&before)
    }

    fn names(&self) -> String {
        let names: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
        names.join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, Read<S::Content>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The stamps of files, and whether one of them has just been written.
fn stamps_of(paths: &[PathBuf]) -> (Vec<Option<Stamp>>, bool) {
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
    use std::sync::atomic::AtomicUsize;

    use super::*;

    /// A file of text, which says `nothing` where it cannot be read.
    #[derive(Debug, Default)]
    struct Text {
        path: PathBuf,
        loads: AtomicUsize,
        reports: AtomicUsize,
        /// Whether the file system gives no answer.
        is_silent: AtomicBool,
    }

    impl Source for Text {
        type Content = String;

        fn load(&self) -> Result<String, String> {
            while self.is_silent.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(1));
            }
            self.loads.fetch_add(1, Ordering::Relaxed);
            fs::read_to_string(&self.path).map_err(|error| error.to_string())
        }

        fn fallback(&self, _: &Arc<String>) -> Arc<String> {
            Arc::new("nothing".to_owned())
        }

        fn report(&self, _: Result<&String, &str>) {
            self.reports.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn watched(path: PathBuf, limit: Duration) -> WatchedFile<Text> {
        let source = Text { path: path.clone(), ..Text::default() };
        WatchedFile::with_limit(vec![path], source, String::new(), limit)
    }

    #[tokio::test]
    async fn every_change_counts_at_once_and_is_reported_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let file = watched(path.clone(), LIMIT);
        // The same length, many times within a tick of the clock.
        for number in (0..200).map(|number| (number % 10).to_string()) {
            fs::write(&path, &number).expect("writable");
            thread::sleep(VALIDITY);
            assert_eq!(*file.current().await, number);
        }
        fs::remove_file(&path).expect("there");
        thread::sleep(VALIDITY);
        let reports = || file.shared.source.reports.load(Ordering::Relaxed);
        let before = reports();
        for _ in 0..3 {
            assert_eq!(*file.current().await, "nothing");
        }
        assert_eq!(reports(), before + 1);
    }

    #[tokio::test]
    async fn what_has_not_changed_is_not_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = watched(folder.path().join("missing"), LIMIT);
        for _ in 0..3 {
            file.current().await;
            thread::sleep(VALIDITY);
        }
        assert_eq!(file.shared.source.loads.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_file_system_that_gives_no_answer_holds_up_nobody() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, "text").expect("writable");
        let limit = Duration::from_millis(200);
        let file = watched(path, limit);
        let Text { is_silent, reports, .. } = &file.shared.source;
        is_silent.store(true, Ordering::Relaxed);
        // The first one waits, as long as it may, and is the only one that does.
        assert_eq!(*file.current().await, "nothing");
        let waited = Instant::now();
        assert_eq!(*file.current().await, "nothing");
        assert!(waited.elapsed() < limit);
        assert_eq!(reports.load(Ordering::Relaxed), 1);
        is_silent.store(false, Ordering::Relaxed);
        let end = Instant::now() + LIMIT;
        while file.shared.hangs.load(Ordering::Relaxed) {
            assert!(Instant::now() < end, "it hangs for ever");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(*file.current().await, "text");
    }
}
