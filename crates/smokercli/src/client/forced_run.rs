//! Forces runs on one daemon, and waits for their results.

use std::time::{Duration, Instant};

use reqwest::Url;
use serde_json::value::RawValue;
use smoker_model::wire::force::{AsyncTaskPage, ForceRequest, ForceSelection};

use crate::client::ask_error::AskError;
use crate::client::host::{ABOUT_LIMIT, HostLinks, PAGE_LIMIT, PluginsPage, plugins_of, resolve};
use crate::client::session::{ForcedRuns, Session};
use crate::inventory::address::without_password;
use crate::plugin::Plugin;
use crate::transport::exchange::{FailureKind, Transport, TransportError};

/// How long a daemon may wait for the end of a run before it answers the request to run it. It is short: without the
/// answer nobody knows where the results will be.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// How long it may wait before it answers a poll. Older daemons do not wait.
const POLL_WAIT: Duration = Duration::from_secs(10);
/// How often polls that fail one after the other are repeated before a run is given up.
const POLL_RETRIES: u32 = 3;
/// The shortest pause before a poll that follows a failed one; it grows with each of them.
const RETRY_PAUSE: Duration = Duration::from_millis(250);
/// The shortest pause before a poll; each is half as long again as the one before.
const SHORTEST_PAUSE: Duration = Duration::from_micros(300);
/// The longest pause before a poll.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Shorter pauses are too fine for the runtime, which counts milliseconds and rounds up twice.
const COARSE_PAUSE: Duration = Duration::from_millis(5);

/// How long a daemon is waited for, in all, that does not let this client force runs yet: it counts runs a second.
const LONGEST_RATE_WAIT: Duration = Duration::from_secs(300);

/// Has the daemon run these plugins and waits for their results. A daemon that does not let this client force runs yet is waited for, and
/// the observer is told of that once.
///
/// # Errors
///
/// When the daemon refuses, or the results cannot be fetched.
pub async fn force<T: Transport>(
    session: &Session<'_, T>,
    host: &HostLinks,
    plugins: Vec<String>,
) -> Result<Vec<Plugin>, AskError> {
    let mut is_told = false;
    let on_wait = |wait: Duration| {
        if !std::mem::replace(&mut is_told, true) {
            let (name, seconds) = (&host.name, wait.as_secs());
            let reason = "its max_forced_rate lets this client run no more plugins yet";
            session.observer.remark(&format!("Host {name}: {reason}; asking again in {seconds} s"));
        }
    };
    let begun = begin_run(session, host, plugins, on_wait).await?;
    run_results(session, host, begun).await
}

/// Has the daemon begin to run these plugins. One that does not let this client force runs yet says when it does, and is asked again
/// then; `on_wait` is called before each such wait. Rounds are waited for as long as it takes, since they have a deadline of their own.
///
/// # Errors
///
/// When the daemon refuses, or runs that are forced once would be waited for longer than five minutes in all.
pub async fn begin_run<T: Transport>(
    session: &Session<'_, T>,
    host: &HostLinks,
    plugins: Vec<String>,
    mut on_wait: impl FnMut(Duration),
) -> Result<BegunRun, AskError> {
    let processes = host.processes.as_ref().map_err(Clone::clone)?;
    let selection = ForceSelection { plugins: Some(plugins), filter: None, parameters: session.values.cloned() };
    let request = ForceRequest { process: selection };
    let is_once = session.forces == ForcedRuns::Once;
    let mut waited = Duration::ZERO;
    loop {
        let asked = Instant::now();
        let error = match session.post::<Box<RawValue>>(processes, &request, PAGE_LIMIT, FIRST_WAIT).await {
            Ok(answer) => return Ok(BegunRun { asked, answer: run_answer(processes, &answer)? }),
            Err(error) => error,
        };
        let Some(wait) = error.rate_wait() else { return Err(error) };
        waited = waited.saturating_add(wait);
        if is_once && waited > LONGEST_RATE_WAIT {
            return Err(error);
        }
        on_wait(wait);
        tokio::time::sleep(wait).await;
        if is_once {
            // The server may close the kept connection at any time, and a POST that is lost there is not sent again.
            session.close_kept(&host.about, ABOUT_LIMIT).await;
        }
    }
}

/// Waits for the results of a run.
///
/// # Errors
///
/// When they cannot be fetched.
pub async fn run_results<T: Transport>(
    session: &Session<'_, T>,
    host: &HostLinks,
    BegunRun { mut asked, answer }: BegunRun,
) -> Result<Vec<Plugin>, AskError> {
    let mut path = match answer {
        RunAnswer::Done(plugins) => return Ok(plugins),
        RunAnswer::Running(path) => path,
    };
    let hosts = u32::try_from(session.hosts).unwrap_or(u32::MAX);
    // Each host of a fleet lengthens the first pause by the time that a poll costs.
    let mut pause = session.transport.cost_of_request().saturating_mul(hosts).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    let mut retries = 0;
    loop {
        // No run ends at once, so a pause comes before the first poll, too; none after an answer that the daemon waited
        // with.
        sleep(pause.saturating_sub(asked.elapsed())).await;
        asked = Instant::now();
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        let url = resolve(&host.about, &path)?;
        match poll(session, &url).await {
            Ok(RunAnswer::Done(plugins)) => return Ok(plugins),
            Ok(RunAnswer::Running(next)) => {
                path = next;
                // A run of an hour may meet more failures than a daemon that is gone.
                retries = 0;
            }
            Err(AskError::Open(TransportError { kind: FailureKind::NotFound, reason, .. })) => {
                return Err(AskError::Gone { path, reason });
            }
            // The connection of the request before had been closed; that is nothing to report.
            Err(AskError::Open(TransportError { kind: FailureKind::ConnectionLost, .. })) if retries == 0 => {
                retries = 1;
            }
            Err(error) => {
                session.observer.problem(&format!("Host {}: {error}", host.name));
                if retries == POLL_RETRIES {
                    return Err(AskError::Poll { path, retries });
                }
                retries += 1;
                // A daemon that starts again, or has no room for a request, needs a moment.
                pause = pause.max(RETRY_PAUSE * retries);
            }
        }
    }
}

/// Sleeps, with a thread's precision where that matters.
async fn sleep(pause: Duration) {
    if pause >= COARSE_PAUSE {
        return tokio::time::sleep(pause).await;
    }
    // It cannot fail: nothing in it panics, and nothing aborts it.
    let _ = tokio::task::spawn_blocking(move || std::thread::sleep(pause)).await;
}

/// A forced run that a daemon has begun, and may have ended already.
#[derive(Debug)]
pub struct BegunRun {
    asked: Instant,
    answer: RunAnswer,
}

impl BegunRun {
    /// Whether its results are still to come.
    #[must_use]
    pub fn is_running(&self) -> bool {
        matches!(self.answer, RunAnswer::Running(_))
    }
}

/// What a daemon says of a forced run.
#[derive(Debug)]
enum RunAnswer {
    /// The run goes on; the path of the next poll.
    Running(String),
    Done(Vec<Plugin>),
}

async fn poll<T: Transport>(session: &Session<'_, T>, url: &Url) -> Result<RunAnswer, AskError> {
    let answer: Box<RawValue> = session.get_run(url, PAGE_LIMIT, POLL_WAIT).await?;
    run_answer(url, &answer)
}

/// The body decides, not the status: as long as it has an `asyncTask` the run goes on.
fn run_answer(url: &Url, answer: &RawValue) -> Result<RunAnswer, AskError> {
    if let Ok(page) = serde_json::from_str::<AsyncTaskPage>(answer.get()) {
        return Ok(RunAnswer::Running(page.async_task.link.poll));
    }
    let page = serde_json::from_str::<PluginsPage>(answer.get()).map_err(|error| AskError::Shape {
        url: without_password(url),
        reason: format!("it has neither results nor a link to them: {error}"),
    })?;
    Ok(RunAnswer::Done(plugins_of(page, Plugin::parse_forced)))
}
