//! Blocking work that may take long or hang, on a thread of its own.

use std::io;
use std::thread::Builder;

use tokio::sync::oneshot;

/// Runs `work` and returns its result. A thread of its own, not one of the
/// runtime's: those are waited for when the daemon ends, and a look at a file
/// server that is gone never returns.
///
/// # Errors
///
/// When there can be no further thread, or when the work panicked.
pub async fn run_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let (answer, answered) = oneshot::channel();
    let work = move || {
        // A caller that no longer waits does not need the answer.
        let _ = answer.send(work());
    };
    Builder::new().name("detached".to_owned()).spawn(work)?;
    answered.await.map_err(|_| io::Error::other("it panicked; please report it, with the log"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error() {
        assert_eq!(run_blocking(|| 5).await.expect("an answer"), 5);
        assert!(run_blocking(|| panic!("on purpose")).await.is_err());
    }
}
