//! Runs outside of a daemon, for `--test-plugin` and `--compare`.

use std::io;

use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::process::guardian::{self, Guardian};
use smoker_runner::runner::Runner;
use tokio_util::sync::CancellationToken;

use crate::service::signals::Signals;

/// What the runs gave.
pub(crate) struct Outcome<T> {
    pub(crate) results: T,
    /// Whether a signal ended them.
    pub(crate) was_interrupted: bool,
}

/// Does these runs, contained as those of a daemon are. A signal cancels them, and their processes are ended first.
/// `purpose` names them in the log.
pub(crate) async fn run<T>(
    python: PythonSettings,
    purpose: &str,
    runs: impl AsyncFnOnce(&Runner, &CancellationToken) -> T,
) -> io::Result<Outcome<T>> {
    let signals = Signals::listen()?;
    let reaper = Reaper::start(ContainmentLevel::prepare(None))?;
    let runner = Runner::new(reaper.clone(), python);
    let guardian = Guardian::start(&reaper).await.unwrap_or_else(|error| {
        tracing::warn!("{}", guardian::absence_message(&error, purpose));
        None
    });
    let cancel = CancellationToken::new();
    let mut runs = std::pin::pin!(runs(&runner, &cancel));
    let (results, was_interrupted) = tokio::select! {
        results = &mut runs => (results, false),
        () = signals.any() => {
            cancel.cancel();
            (runs.await, true)
        }
    };
    guardian::end(&reaper, guardian).await;
    Ok(Outcome { results, was_interrupted })
}
