//! Catches what panics, on whatever thread, with the place where it did.

use std::backtrace::Backtrace;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Mutex, Once, PoisonError};

/// How many characters of the message of a panic are kept.
const MOST: usize = 4000;

static SEEN: Mutex<Option<String>> = Mutex::new(None);

/// What `work` returns, or the text of the first panic since it began, on any thread.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let told: String = info.to_string().chars().take(MOST).collect();
            let text = format!("{told}\n{}", Backtrace::capture());
            seen().get_or_insert(text);
        }));
    });
    seen().take();
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    match (done, seen().take()) {
        (Ok(value), None) => Ok(value),
        (_, text) => Err(text.unwrap_or_else(|| "a panic without a text".to_owned())),
    }
}

fn seen() -> std::sync::MutexGuard<'static, Option<String>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}
