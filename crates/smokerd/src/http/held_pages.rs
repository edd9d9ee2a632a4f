//! Pages that are being sent, and a bound for what they keep in memory.
//!
//! A page shares its texts with the state. When results change, a client that reads slowly keeps those that were replaced, so
//! that many such clients would keep a page each. When they keep too much, the page that was begun first is taken away from
//! its readers: their connections are closed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use axum::body::Body;
use bytes::Bytes;
use smoker_model::plugin::PluginName;

use crate::http::connections::activity::ConnectionActivity;
use crate::http::limits::{HELD_PAGES, SMALL_PAGE};
use crate::results::processes::process::ProcessId;

/// For how long a client may read a page before it can be taken away, unless twice the bound is reached.
const UNTOUCHED_TIME: Duration = Duration::from_secs(1);

/// How many pages of the size of a new one there may be at least.
const PAGES_OF_ANY_SIZE: usize = 4;

/// What a page shows. Pages that show the same share their texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageKey {
    /// All plugins, at this revision of the state.
    Plugins(u64),
    /// One plugin, at this revision of the state.
    Plugin(PluginName, u64),
    /// A process that has finished, and so changes no more.
    Process(ProcessId),
    /// Something whose texts are those of this answer alone, which has this number.
    Own(u64),
}

impl PageKey {
    /// That of a page whose texts no other page has.
    pub(crate) fn own() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        Self::Own(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

/// What a page is written from.
pub(crate) trait PageSource: Send + Sync {
    /// Gives up what has not been written.
    fn take_away(&self);
}

/// All pages that are being sent. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct HeldPages(Arc<Mutex<Pages>>);

#[derive(Debug, Default)]
struct Pages {
    /// In the order of their beginning.
    held: Vec<HeldPage>,
    bytes: usize,
    last_reader: u64,
}

#[derive(Debug)]
struct HeldPage {
    key: PageKey,
    length: usize,
    readers: Vec<Reader>,
}

struct Reader {
    id: u64,
    begun: Instant,
    source: Weak<dyn PageSource>,
}

/// A page that is being sent to one client, until this is dropped.
#[derive(Debug)]
pub(crate) struct PageGuard {
    pages: HeldPages,
    reader: u64,
}

/// The bytes of a page of which others have the same, for one connection.
struct SharedPage {
    page: Bytes,
    _guard: Option<PageGuard>,
    _connection: Arc<ConnectionActivity>,
}

impl AsRef<[u8]> for SharedPage {
    fn as_ref(&self) -> &[u8] {
        &self.page
    }
}

impl PageSource for ConnectionActivity {
    fn take_away(&self) {
        self.abort();
    }
}

impl HeldPages {
    /// A page of this length, in bytes, begins to be sent. Small ones do not count.
    pub(crate) fn hold(
        &self,
        key: PageKey,
        length: usize,
        source: &Arc<impl PageSource + 'static>,
    ) -> Option<PageGuard> {
        if length <= SMALL_PAGE {
            return None;
        }
        let source: Weak<dyn PageSource> = Arc::downgrade(source) as _;
        let mut pages = self.lock();
        pages.last_reader += 1;
        let reader = Reader { id: pages.last_reader, begun: Instant::now(), source };
        let id = reader.id;
        if let Some(page) = pages.held.iter_mut().find(|page| page.key == key) {
            page.readers.push(reader);
        } else {
            pages.bytes += length;
            pages.held.push(HeldPage { key, length, readers: vec![reader] });
        }
        let excess = pages.take_excess(length);
        drop(pages);
        // Without the lock: texts are freed, and guards may be dropped.
        let readers: Vec<_> = excess.iter().flat_map(|page| &page.readers).collect();
        if !readers.is_empty() {
            let (count, limit) = (readers.len(), HELD_PAGES >> 20);
            tracing::info!(
                "Clients that read slowly keep more than {limit} MiB of pages that are out of date: the connections of \
                 the slowest are closed ({count})"
            );
        }
        readers.iter().filter_map(|reader| reader.source.upgrade()).for_each(|source| source.take_away());
        Some(PageGuard { pages: self.clone(), reader: id })
    }

    /// The body of a page that is kept anyway, sent without a copy. As long as any of it waits for the client, the page counts as
    /// held; when it is taken away, the connection is closed.
    pub(crate) fn body(&self, key: PageKey, page: Bytes, connection: ConnectionActivity) -> Body {
        if page.len() <= SMALL_PAGE {
            return page.into();
        }
        let connection = Arc::new(connection);
        let guard = self.hold(key, page.len(), &connection);
        Bytes::from_owner(SharedPage { page, _guard: guard, _connection: connection }).into()
    }

    fn lock(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    /// Takes out the pages that were begun first, until the others are within the bound. The newest, which has this
    /// length, stays.
    fn take_excess(&mut self, newest: usize) -> Vec<HeldPage> {
        let limit = HELD_PAGES.max(PAGES_OF_ANY_SIZE.saturating_mul(newest));
        let mut excess = Vec::new();
        while self.bytes > limit {
            let is_due = self.bytes / 2 > limit;
            let newest = self.last_reader;
            let is_taken = |page: &HeldPage| {
                page.readers.iter().all(|it| it.id != newest && (is_due || it.begun.elapsed() >= UNTOUCHED_TIME))
            };
            let Some(at) = self.held.iter().position(is_taken) else { break };
            let page = self.held.remove(at);
            self.bytes -= page.length;
            excess.push(page);
        }
        excess
    }

    fn release(&mut self, reader: u64) {
        let Some(at) = self.held.iter().position(|page| page.readers.iter().any(|it| it.id == reader)) else { return };
        let page = &mut self.held[at];
        page.readers.retain(|it| it.id != reader);
        if page.readers.is_empty() {
            self.bytes -= self.held.remove(at).length;
        }
    }
}

impl Drop for PageGuard {
    fn drop(&mut self) {
        self.pages.lock().release(self.reader);
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("id", &self.id).field("begun", &self.begun).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    #[derive(Debug, Default)]
    struct Source(AtomicBool);

    impl PageSource for Source {
        fn take_away(&self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }

    impl Source {
        fn is_taken(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }

    const LENGTH: usize = HELD_PAGES / 8;

    fn hold(pages: &HeldPages, revision: u64, length: usize) -> (Arc<Source>, Option<PageGuard>) {
        let source = Arc::new(Source::default());
        let guard = pages.hold(PageKey::Plugins(revision), length, &source);
        (source, guard)
    }

    fn age(pages: &HeldPages) {
        let mut pages = pages.lock();
        for reader in pages.held.iter_mut().flat_map(|page| &mut page.readers) {
            reader.begun = reader.begun.checked_sub(UNTOUCHED_TIME).expect("a machine that runs for a second");
        }
    }

    #[test]
    fn pages_that_are_out_of_date_are_bounded_and_those_begun_first_are_taken_away() {
        let pages = HeldPages::default();
        let held: Vec<_> = (0..8).map(|revision| hold(&pages, revision, LENGTH)).collect();
        let same: Vec<_> = (0..100).map(|_| hold(&pages, 7, LENGTH)).collect();
        age(&pages);
        assert!(held.iter().chain(&same).all(|(source, _)| !source.is_taken()), "the same page counts once");
        let newest = [hold(&pages, 8, LENGTH), hold(&pages, 9, LENGTH)];
        assert_eq!(held.iter().filter(|(source, _)| source.is_taken()).count(), 2);
        assert!(held[0].0.is_taken() && held[1].0.is_taken());
        drop((held, same, newest));
        let pages = pages.lock();
        assert_eq!((pages.bytes, pages.held.len()), (0, 0));
    }

    #[test]
    fn a_page_is_not_taken_away_at_once_unless_they_are_far_too_many() {
        let pages = HeldPages::default();
        let held: Vec<_> = (0..16).map(|revision| hold(&pages, revision, LENGTH)).collect();
        assert!(held.iter().all(|(source, _)| !source.is_taken()));
        let more: Vec<_> = (16..40).map(|revision| hold(&pages, revision, LENGTH)).collect();
        assert!(held[0].0.is_taken() && !more[23].0.is_taken());
        assert!(pages.lock().bytes <= 2 * HELD_PAGES + LENGTH);
    }

    #[test]
    fn a_few_pages_of_any_size_and_small_ones_of_any_number_are_sent() {
        let pages = HeldPages::default();
        let large: Vec<_> = (0..4).map(|revision| hold(&pages, revision, 10 * HELD_PAGES)).collect();
        age(&pages);
        assert!(large.iter().all(|(source, _)| !source.is_taken()));
        assert!(hold(&pages, 5, SMALL_PAGE).1.is_none());
    }
}
