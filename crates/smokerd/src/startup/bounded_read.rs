//! Reads that may hang, such as those of a file server that is gone, end a command instead of keeping it waiting.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::service::error::StartError;

/// How long a configuration may take to be read: that of a loaded machine with thousands of files takes a second.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(30);

/// Runs `work` on its own thread and joins it. After `limit` the thread is abandoned and an error returned that names `what`, the
/// thing being read.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, StartError> {
    let (answer, answered) = mpsc::channel();
    let thread = thread::Builder::new().name("read".to_owned()).spawn(move || {
        // A caller that no longer waits does not need the answer.
        let _ = answer.send(work());
    });
    let thread = thread.map_err(StartError::Runtime)?;
    match answered.recv_timeout(limit) {
        Err(mpsc::RecvTimeoutError::Timeout) => {
            Err(StartError::Hangs { what: what.to_owned(), seconds: limit.as_secs() })
        }
        answered => {
            // The daemon goes into the background without further threads.
            if thread.join().is_err() {
                return Err(StartError::Runtime(std::io::Error::other("reading panicked; please report it")));
            }
            answered.map_err(|error| StartError::Runtime(std::io::Error::other(error)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_hangs_is_given_up_and_what_does_not_is_waited_for() {
        assert_eq!(within(READ_LIMIT, "a", || 5).expect("an answer"), 5);
        let (_open, never) = mpsc::channel::<()>();
        let hangs = within(Duration::from_millis(20), "/mnt/gone", move || never.recv().is_ok());
        assert!(hangs.expect_err("it hangs").to_string().contains("/mnt/gone"));
        assert!(within(READ_LIMIT, "a", || panic!("on purpose")).is_err());
    }
}
