//! Asks one daemon for its plugins, or has it run some.

use std::time::Duration;

use reqwest::Url;
use serde_json::value::RawValue;
use smoker_model::wire::about::{AboutPage, Link};
use smoker_model::wire::force::{AsyncTaskPage, ForceRequest, ForceSelection};
use smoker_model::wire::pages;

use crate::client::ask_error::AskError;
use crate::client::session::Session;
use crate::inventory::address::HostAddress;
use crate::plugin::Plugin;
use crate::transport::exchange::{KeepAlive, Transport};

/// How long the about page may take.
const ABOUT_LIMIT: Duration = Duration::from_secs(5);
/// How long any other page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);
/// How often failing polls are repeated before a run is given up.
const POLL_RETRIES: u32 = 3;
/// The shortest pause before a poll; each is half as long again as the one before.
const SHORTEST_PAUSE: Duration = Duration::from_micros(300);
/// The longest pause before a poll.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// How much each host of a fleet lengthens the first pause: about the time that
/// a poll costs the client. Polls that come too early would delay useful requests.
const PAUSE_PER_HOST: Duration = Duration::from_micros(100);
/// Shorter pauses are too fine for the runtime, which counts milliseconds and rounds up twice.
const COARSE_PAUSE: Duration = Duration::from_millis(5);

/// What a daemon answered.
#[derive(Clone, Debug)]
pub struct HostAnswer {
    /// The daemon's own name of its host.
    pub name: String,
    /// Its plugins.
    pub plugins: Vec<Plugin>,
    /// The page that takes forced runs, if the daemon has one.
    pub processes: Result<Url, AskError>,
}

/// Why a daemon could not be asked.
#[derive(Clone, Debug)]
pub struct HostError {
    /// The daemon's own name of its host, if the about page was received.
    pub name: Option<String>,
    /// What went wrong.
    pub reason: AskError,
}

/// Plugins are parsed one by one, and kept as text.
type PluginsPage = pages::PluginsPage<Box<RawValue>>;

/// Asks a daemon for its name and the last results of its plugins.
///
/// # Errors
///
/// When it cannot be asked.
pub async fn ask<T: Transport>(session: &Session<'_, T>, address: &HostAddress) -> Result<HostAnswer, HostError> {
    let failed = |name: Option<String>| move |reason| HostError { name, reason };
    let page = address.page.clone().map_err(AskError::Address).map_err(failed(None))?;
    let about = session.get::<AboutPage>(&page, ABOUT_LIMIT, KeepAlive::Yes).await.map_err(failed(None))?.about;
    let named = || failed(Some(about.host.clone()));
    let url = link(&page, &about.links, "plugins").map_err(named())?;
    let answer = session.get_next::<PluginsPage>(&url, PAGE_LIMIT, KeepAlive::IfSmallFleet).await.map_err(named())?;
    let plugins = plugins_of(answer, &url).map_err(named())?;
    let processes = link(&page, &about.links, "processes");
    Ok(HostAnswer { name: about.host, plugins, processes })
}

/// Has a daemon run these plugins and waits for their results. Problems that
/// are tried again are reported under `name`.
///
/// # Errors
///
/// When the daemon refuses, or the results cannot be fetched.
pub async fn force<T: Transport>(
    session: &Session<'_, T>,
    name: &str,
    processes: &Url,
    plugins: Vec<String>,
) -> Result<Vec<Plugin>, AskError> {
    let selection = ForceSelection { plugins: Some(plugins), filter: None };
    let started: AsyncTaskPage = session.post(processes, &ForceRequest { process: selection }, PAGE_LIMIT).await?;
    let mut path = started.async_task.link.poll;
    let hosts = u32::try_from(session.hosts).unwrap_or(u32::MAX);
    let mut pause = PAUSE_PER_HOST.saturating_mul(hosts).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    let mut retries = 0;
    loop {
        // No run ends at once, so a pause comes before the first poll, too.
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        let url = resolve(processes, &path)?;
        match poll(session, &url).await {
            Ok(PollAnswer::Done(plugins)) => return Ok(plugins),
            Ok(PollAnswer::Running(next)) => path = next,
            Err(error) => {
                session.observer.problem(&format!("Host {name}: {error}"));
                if retries == POLL_RETRIES {
                    return Err(AskError::Poll { path, retries });
                }
                retries += 1;
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

enum PollAnswer {
    /// The run goes on; the path of the next poll.
    Running(String),
    Done(Vec<Plugin>),
}

/// The body decides, not the status: as long as it has an `asyncTask` the run goes on.
async fn poll<T: Transport>(session: &Session<'_, T>, url: &Url) -> Result<PollAnswer, AskError> {
    let answer: Box<RawValue> = session.get(url, PAGE_LIMIT, KeepAlive::IfSmallFleet).await?;
    if let Ok(page) = serde_json::from_str::<AsyncTaskPage>(answer.get()) {
        return Ok(PollAnswer::Running(page.async_task.link.poll));
    }
    let shape = |error: serde_json::Error| AskError::Shape { url: url.to_string(), reason: error.to_string() };
    let page = serde_json::from_str::<PluginsPage>(answer.get()).map_err(shape)?;
    plugins_of(page, url).map(PollAnswer::Done)
}

fn plugins_of(page: PluginsPage, url: &Url) -> Result<Vec<Plugin>, AskError> {
    let parsed: Result<Vec<_>, _> = page.plugins.items.into_iter().map(|item| Plugin::parse(item.plugin)).collect();
    parsed.map_err(|reason| AskError::Shape { url: url.to_string(), reason })
}

fn link(page: &Url, links: &[Link], rel: &str) -> Result<Url, AskError> {
    let link = links.iter().find(|link| link.rel == rel).ok_or_else(|| AskError::Link(rel.to_owned()))?;
    resolve(page, &link.href)
}

/// A path that a daemon named, on the same daemon: an answer must not redirect the client to another host.
fn resolve(page: &Url, path: &str) -> Result<Url, AskError> {
    let elsewhere =
        || AskError::Shape { url: page.to_string(), reason: format!("it links to {path:?}, which is elsewhere") };
    let url = page.join(path).map_err(|_| elsewhere())?;
    if url.origin() == page.origin() { Ok(url) } else { Err(elsewhere()) }
}
