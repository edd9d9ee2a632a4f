//! Asks one daemon for its plugins, or has it run some.

use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use smoker_model::counted::{counted, is_or_are};
use smoker_model::wire::about::{AboutPage, Link};
use smoker_model::wire::not_loaded::NotLoaded;
use smoker_model::wire::pages;

use crate::client::ask_error::AskError;
use crate::client::session::{ReadPage, Session};
use crate::filter::Filter;
use crate::inventory::address::{HostAddress, without_password};
use crate::plugin::Plugin;
use crate::transport::exchange::{FailureKind, KeepAlive, Transport, TransportError};

/// How long the about page may take.
pub(super) const ABOUT_LIMIT: Duration = Duration::from_secs(5);
/// How long any other page may take.
pub(super) const PAGE_LIMIT: Duration = Duration::from_secs(20);

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
pub(super) struct PluginsPage {
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

/// Which start of the daemon answers now; none of one that does not tell.
///
/// # Errors
///
/// When its about page cannot be read.
pub async fn instance<T: Transport>(session: &Session<'_, T>, host: &HostLinks) -> Result<Option<String>, AskError> {
    let page = session.get_first::<IgnoredAny>(&host.about, ABOUT_LIMIT, KeepAlive::IfSmallFleet).await?;
    Ok(page.instance)
}

/// An entry without a plugin is one without a name, and with a result that cannot be read.
pub(super) fn plugins_of(page: PluginsPage, parse: impl Fn(Box<RawValue>) -> Plugin) -> Vec<Plugin> {
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
