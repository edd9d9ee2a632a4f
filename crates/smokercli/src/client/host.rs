//! The conversation with one daemon.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::value::RawValue;
use smoker_model::wire::{AboutPage, AsyncTaskPage, ForceRequest, ForceSelection, Link};

use crate::inventory::hosts::Address;
use crate::plugin::Plugin;
use crate::transport::web::{Afterwards, AskError, Web};

/// How long the about page may take.
const ABOUT_LIMIT: Duration = Duration::from_secs(5);
/// How long any other answer may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);
/// How often failing polls are repeated before a run is given up.
const POLL_RETRIES: u32 = 3;
/// The shortest pause before a poll; each is half as long again as the one before.
const SHORTEST_PAUSE: Duration = Duration::from_micros(300);
/// The longest pause before a poll.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// By so much each host of a fleet lengthens the first pause, about what a
/// poll costs us: polls that come too early must not crowd out what is useful.
const PAUSE_PER_HOST: Duration = Duration::from_micros(100);
/// Shorter pauses are too fine for the runtime, which counts milliseconds and rounds up twice.
const COARSE_PAUSE: Duration = Duration::from_millis(5);

/// A daemon that has told its plugins.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The name that it gave.
    pub name: String,
    /// Its plugins.
    pub plugins: Vec<Plugin>,
    /// Where runs are asked for, if it takes any.
    pub processes: Result<Url, AskError>,
}

/// A daemon that has not.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The name that it gave, if it came that far.
    pub name: Option<String>,
    /// What went wrong.
    pub reason: AskError,
}

#[derive(Deserialize)]
struct PluginsPage {
    plugins: Items,
}

#[derive(Deserialize)]
struct Items {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    plugin: Box<RawValue>,
}

/// Asks a daemon who it is and what its plugins last gave.
///
/// # Errors
///
/// When it cannot be asked.
pub async fn ask(web: &Web<'_>, address: &Address) -> Result<Asked, Lost> {
    let lost = |name: Option<String>| move |reason| Lost { name, reason };
    let page = address.page.clone().map_err(AskError::Address).map_err(lost(None))?;
    let about = web.get::<AboutPage>(&page, ABOUT_LIMIT, Afterwards::Continue).await.map_err(lost(None))?.about;
    let named = || lost(Some(about.host.clone()));
    let url = link(&page, &about.links, "plugins").map_err(named())?;
    let answer = web.get::<PluginsPage>(&url, PAGE_LIMIT, Afterwards::MayEnd).await.map_err(named())?;
    let plugins = plugins_of(answer, &url).map_err(named())?;
    let processes = link(&page, &about.links, "processes");
    Ok(Asked { name: about.host, plugins, processes })
}

/// Has a daemon run these plugins and waits for what they give.
///
/// # Errors
///
/// When it refuses, or its answer is not to be had.
pub async fn force(web: &Web<'_>, name: &str, processes: &Url, plugins: Vec<String>) -> Result<Vec<Plugin>, AskError> {
    let selection = ForceSelection { plugins: Some(plugins), filter: None };
    let started: AsyncTaskPage = web.post(processes, &ForceRequest { process: selection }, PAGE_LIMIT).await?;
    let mut path = started.async_task.link.poll;
    let mut pause = PAUSE_PER_HOST.saturating_mul(web.hosts()).clamp(SHORTEST_PAUSE, LONGEST_PAUSE);
    let mut retries = 0;
    loop {
        // Nothing is done as soon as it is asked for, so the first pause comes before the first poll.
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LONGEST_PAUSE);
        let url = resolve(processes, &path)?;
        match poll(web, &url).await {
            Ok(Progress::Done(plugins)) => return Ok(plugins),
            Ok(Progress::Running(next)) => path = next,
            Err(error) => {
                web.watch().problem(&format!("Host {name}: {error}"));
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
    // It cannot fail: nothing in it panics, and nobody aborts it.
    let _ = tokio::task::spawn_blocking(move || std::thread::sleep(pause)).await;
}

enum Progress {
    Running(String),
    Done(Vec<Plugin>),
}

/// The body decides, not the status: as long as it has an `asyncTask` the run goes on.
async fn poll(web: &Web<'_>, url: &Url) -> Result<Progress, AskError> {
    let answer: Box<RawValue> = web.get(url, PAGE_LIMIT, Afterwards::MayEnd).await?;
    if let Ok(page) = serde_json::from_str::<AsyncTaskPage>(answer.get()) {
        return Ok(Progress::Running(page.async_task.link.poll));
    }
    let shape = |error: serde_json::Error| AskError::Shape { url: url.to_string(), reason: error.to_string() };
    let page = serde_json::from_str::<PluginsPage>(answer.get()).map_err(shape)?;
    plugins_of(page, url).map(Progress::Done)
}

fn plugins_of(page: PluginsPage, url: &Url) -> Result<Vec<Plugin>, AskError> {
    let parsed: Result<Vec<_>, _> = page.plugins.items.into_iter().map(|item| Plugin::parse(item.plugin)).collect();
    parsed.map_err(|reason| AskError::Shape { url: url.to_string(), reason })
}

fn link(page: &Url, links: &[Link], rel: &str) -> Result<Url, AskError> {
    let link = links.iter().find(|link| link.rel == rel).ok_or_else(|| AskError::Link(rel.to_owned()))?;
    resolve(page, &link.href)
}

/// A path that a daemon named, on that daemon: an answer must not send us to another host.
fn resolve(page: &Url, path: &str) -> Result<Url, AskError> {
    let elsewhere =
        || AskError::Shape { url: page.to_string(), reason: format!("it links to {path:?}, which is elsewhere") };
    let url = page.join(path).map_err(|_| elsewhere())?;
    if url.origin() == page.origin() { Ok(url) } else { Err(elsewhere()) }
}
