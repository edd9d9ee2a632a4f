//! One thing that is logged, before anybody has formatted it.

use std::borrow::Cow;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, Thread};
use std::time::SystemTime;

use tracing::Metadata;

use crate::records::level::Level;

/// A record. Its texts have no secrets and no line ends any more.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) created: SystemTime,
    pub(crate) level: Level,
    pub(crate) logger: Cow<'static, str>,
    pub(crate) message: String,
    pub(crate) thread: Thread,
    pub(crate) thread_number: u64,
    /// Where in our sources it comes from; none for what the log says about itself.
    pub(crate) metadata: Option<&'static Metadata<'static>>,
}

impl Record {
    /// A record of this thread and moment.
    pub(crate) fn new(level: Level, logger: Cow<'static, str>, message: String) -> Self {
        let (thread, thread_number) = (thread::current(), thread_number());
        Self { created: SystemTime::now(), level, logger, message, thread, thread_number, metadata: None }
    }

    /// About how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        size_of::<Self>() + self.message.len() + self.logger.len()
    }
}

/// Threads are numbered as they first log.
fn thread_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: Cell<u64> = const { Cell::new(0) };
    }
    NUMBER.with(|number| {
        if number.get() == 0 {
            number.set(NEXT.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}
