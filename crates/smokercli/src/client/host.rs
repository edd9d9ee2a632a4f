//! Asks one daemon for its plugins, or has it run some.

use std::time::{Duration, Instant};

use reqwest::Url;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use smoker_model::counted::{counted, is_or_are};
use smoker_model::wire::about::{AboutPage, Link};
use smoker_model::wire::force::{AsyncTaskPage, ForceRequest, ForceSelection};
use smoker_model::wire::not_loaded::NotLoaded;
use smoker_model::wire::pages;

use crate::client::ask_error::AskError;
use crate::client::session::{ForcedRuns, ReadPage, Session};
use crate::filter::Filter;
use crate::inventory::address::{HostAddress, without_password};
use crate::plugin::Plugin;
use crate::transport::exchange::{FailureKind, KeepAlive, Transport, TransportError};

/// How long the about page may take.
const ABOUT_LIMIT: Duration = Duration::from_secs(5);
/// How long any other page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);
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

/// How many names of plugins that are not loaded are printed.
const LISTED_NAMES: usize = 20;

/// What a daemon answered.
#[derive(Clone, Debug)]
pub struct HostAnswer {
    /// The daemon's own name of its host.
    pub name: String,
    /// Its plugins.
    pub plugins: Vec<Plugin>,
    /// What a forced run needs.
    pub links: HostLinks,
    /// The plugins that the daemon has left out.
    pub not_loaded: Option<NotLoaded>,
}

/// What a forced run needs to know of a daemon.
#[derive(Clone, Debug)]
pub struct HostLinks {
    /// The daemon's own name of its host, for messages.
    pub name: String,
    /// The about page, below which all others are.
    pub about: Url,
    /// The page that takes forced runs, if the daemon has one.
    pub processes: Result<Url, AskError>,
    /// Which start of the daemon has answered; none of one that does not tell.
    pub instance: Option<String>,
}

/// Why a daemon could not be asked.
#[derive(Clone, Debug)]
pub struct HostError {
    /// The daemon's own name of its host, if the about page was received.
    pub name: Option<String>,
    /// What went wrong.
    pub reason: AskError,
}

/// As [`pages::PluginsPage`]. Plugins are parsed one by one, and kept as text: an odd entry must not cost the others.
#[derive(Debug, Deserialize)]
struct PluginsPage {
    plugins: Entries,
}

#[derive(Debug, Deserialize)]
struct Entries {
    items: Vec<Box<RawValue>>,
}

type PluginPage = pages::PluginPage<Box<RawValue>, IgnoredAny>;

/// Asks a daemon for its name and the last results of its plugins.
///
/// # Errors
///
/// When it cannot be asked.
pub async fn ask<T: Transport>(session: &Session<'_, T>, address: &HostAddress) -> Result<HostAnswer, HostError> {
    let failed = |name: Option<String>| move |reason| HostError { name, reason };
    let page = address.page.clone().map_err(AskError::Address).map_err(failed(None))?;
    let about = session.get_first::<AboutPage>(&page, ABOUT_LIMIT, KeepAlive::Yes).await;
    let ReadPage { content: AboutPage { mut about }, instance, .. } =
        about.map_err(|reason| reason.of_about_page(&page)).map_err(failed(None))?;
    if about.host.trim().is_empty() {
        about.host.clone_from(&address.label);
    }
    let named = || failed(Some(about.host.clone()));
    let url = link(&page, &about.links, "plugins").map_err(named())?;
    let (plugins, not_loaded) = all_plugins(session, &url, &about.host).await.map_err(named())?;
    let processes = link(&page, &about.links, "processes");
    let links = HostLinks { name: about.host.clone(), about: page, processes, instance };
    Ok(HostAnswer { name: about.host, plugins, links, not_loaded })
}

/// The plugins of the page of all plugins, and those that the daemon has left out. Where the page is too large, those that
/// the call names come from their own pages.
async fn all_plugins<T: Transport>(
    session: &Session<'_, T>,
    url: &Url,
    host: &str,
) -> Result<(Vec<Plugin>, Option<NotLoaded>), AskError> {
    let mut left_out = None;
    let (mut plugins, wanted) = match session.get_next::<PluginsPage>(url, PAGE_LIMIT, session.after_plugins()).await {
        Ok(ReadPage { content, is_cut, not_loaded, .. }) => {
            left_out = not_loaded.filter(|it| it.count > 0);
            if let Some(NotLoaded { count, names }) = &left_out {
                session.observer.remark(&format!("Host {host}: {}", not_loaded_text(*count, names)));
            }
            let plugins = plugins_of(content, Plugin::parse);
            if !is_cut {
                return Ok((plugins, left_out));
            }
            let wanted = wanted_names(session.names, &plugins);
            (plugins, wanted)
        }
        Err(AskError::Open(TransportError { kind: FailureKind::TooLarge, .. })) if !session.names.is_empty() => {
            let both = session.names.iter().flat_map(|name| name.split(',').chain([name.as_str()]));
            (Vec::new(), both.map(str::to_owned).collect())
        }
        Err(error) => return Err(error),
    };
    for name in wanted {
        match own_page(session, url, &name).await {
            Ok(plugin) => {
                plugins.retain(|other| other.name() != plugin.name());
                plugins.push(plugin);
            }
            Err(AskError::Open(TransportError { kind: FailureKind::NotFound, .. })) => {}
            Err(error) => return Err(error),
        }
    }
    Ok((plugins, left_out))
}

/// What there is to say of plugins that a daemon has left out, of which these are the first names: none of them can be seen in its pages.
#[must_use]
pub fn not_loaded_text(count: usize, names: &[String]) -> String {
    let mut listed = names.iter().take(LISTED_NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len().min(LISTED_NAMES) < count {
        listed += ", ...";
    }
    let (plugins, are) = (counted(count, "plugin"), is_or_are(count));
    format!("{plugins} {are} not loaded ({listed}): `smokerd --check` on that host says why")
}

fn wanted_names(names: &[String], plugins: &[Plugin]) -> Vec<String> {
    let filter = Filter { names: names.to_vec(), ..Filter::default() };
    let wanted = filter.wanted_names(&plugins.iter().map(Plugin::name));
    wanted.into_iter().flat_map(|wanted| wanted.names).collect()
}

/// A plugin from its own page.
async fn own_page<T: Transport>(session: &Session<'_, T>, plugins: &Url, name: &str) -> Result<Plugin, AskError> {
    let mut url = plugins.clone();
    // Every URL of http has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(name);
    }
    let page = session.get_next::<PluginPage>(&url, PAGE_LIMIT, session.after_plugins()).await?;
    Ok(Plugin::parse(page.content.plugin))
}

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
/// When the daemon refuses, or runs that are forced once would be waited for longer than [`LONGEST_RATE_WAIT`] in all.
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

/// Which start of the daemon answers now; none of one that does not tell.
///
/// # Errors
///
/// When its about page cannot be read.
pub async fn instance<T: Transport>(session: &Session<'_, T>, host: &HostLinks) -> Result<Option<String>, AskError> {
    let page = session.get_first::<IgnoredAny>(&host.about, ABOUT_LIMIT, KeepAlive::IfSmallFleet).await?;
    Ok(page.instance)
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

/// An entry without a plugin is one without a name, and with a result that cannot be read.
fn plugins_of(page: PluginsPage, parse: impl Fn(Box<RawValue>) -> Plugin) -> Vec<Plugin> {
    let plugin = |item: Box<RawValue>| match serde_json::from_str::<pages::PluginItem<Box<RawValue>>>(item.get()) {
        Ok(item) => item.plugin,
        // As a text, so that nothing in it is taken for a result.
        Err(_) => to_raw_value(item.get()).unwrap_or_default(),
    };
    page.plugins.items.into_iter().map(|item| parse(plugin(item))).collect()
}

fn link(page: &Url, links: &[Link], rel: &str) -> Result<Url, AskError> {
    let link = links.iter().find(|link| link.rel == rel).ok_or_else(|| AskError::Link(rel.to_owned()))?;
    resolve(page, &link.href)
}

/// A path that a daemon named, on the same daemon: an answer must not redirect
/// the client to another host. A daemon behind a proxy does not know the path
/// under which it is served there, which is that of its about page.
pub(super) fn resolve(about: &Url, path: &str) -> Result<Url, AskError> {
    let elsewhere = || AskError::Shape {
        url: without_password(about),
        reason: format!("it links to {path:?}, which is elsewhere"),
    };
    let prefix = about.path().trim_end_matches('/');
    // The original puts it behind the address, so `//x` names no other host.
    let slashes = path.len() - path.trim_start_matches('/').len();
    let path = &path[slashes.saturating_sub(1)..];
    let is_below = path.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('/'));
    let is_absolute = path.starts_with('/');
    let path = if is_absolute && !is_below { format!("{prefix}{path}") } else { path.to_owned() };
    let mut folder = about.clone();
    folder.set_path(&format!("{prefix}/"));
    let url = folder.join(&path).map_err(|_| elsewhere())?;
    if daemon_of(&url) == daemon_of(about) { Ok(url) } else { Err(elsewhere()) }
}

/// What a URL says of the daemon: scheme, host and port.
fn daemon_of(url: &Url) -> (&str, Option<&str>, Option<u16>) {
    (url.scheme(), url.host_str(), url.port_or_known_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lie_below_the_about_page() {
        for (about, path, expected) in [
            ("http://h:1/", "/plugins", Some("http://h:1/plugins")),
            ("https://h/web1/", "/plugins", Some("https://h/web1/plugins")),
            ("https://u:p@h/web1", "/processes/7", Some("https://u:p@h/web1/processes/7")),
            ("https://h/web1/", "/web1/plugins", Some("https://h/web1/plugins")),
            ("https://h/a/b/", "plugins", Some("https://h/a/b/plugins")),
            ("https://h/plugins/", "/plugins", Some("https://h/plugins/plugins")),
            ("https://h/web1/", "https://h/plugins", Some("https://h/plugins")),
            ("https://h/web1/", "//plugins", Some("https://h/web1/plugins")),
            ("https://h/web1/", "http://h/plugins", None),
            ("https://h/", "https://h:444/plugins", None),
            ("nats://Web%3A1/", "/plugins", Some("nats://Web%3A1/plugins")),
            ("nats://Web1/", "nats://web1/plugins", None),
        ] {
            let url = Url::parse(about).expect("a URL");
            assert_eq!(resolve(&url, path).ok().as_ref().map(Url::as_str), expected, "{about} {path}");
        }
    }
}
