//! Asks one daemon for past results of its plugins.

use std::collections::HashSet;
use std::time::Duration;

use reqwest::Url;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use smoker_model::counted::{counted, is_or_are};
use smoker_model::status::Status;

use crate::client::ask_error::AskError;
use crate::client::host::{HostLinks, resolve};
use crate::client::session::{ReadPage, Session};
use crate::inventory::address::without_password;
use crate::report::history::PastResult;
use crate::transport::exchange::{FailureKind, KeepAlive, Transport, TransportError};

/// How long a page may take.
const PAGE_LIMIT: Duration = Duration::from_secs(20);
/// How many results a page has.
const PAGE_RESULTS: &str = "1000";
/// The results of a host beyond this number, of all its plugins together, are left out.
const MAX_RESULTS: usize = 50_000;
/// This number of plugins is asked for one by one; of more of them, those are chosen from the results of all.
const MAX_SINGLE: usize = 20;

/// Which results are asked for.
#[derive(Clone, Debug)]
pub struct HistoryQuery {
    /// From when on, as daemons of any version read it, such as `24h`.
    pub since: String,
    /// With one of these statuses only; none: with any.
    pub statuses: Option<Vec<Status>>,
    /// Of all plugins, also of those that are not configured any more.
    pub of_all: bool,
}

/// A page of results.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    results: Vec<Map<String, Json>>,
    next_cursor: Option<String>,
    /// Whether results may be missing that the daemon has had. Older daemons do not say it.
    #[serde(default)]
    incomplete: bool,
}

/// The newest results of all plugins, newest first, as many as a page has.
///
/// # Errors
///
/// When they cannot be fetched.
pub async fn newest<T: Transport>(session: &Session<'_, T>, links: &HostLinks) -> Result<Vec<PastResult>, AskError> {
    let mut url = resolve(&links.about, "/results")?;
    url.query_pairs_mut().append_pair("limit", PAGE_RESULTS);
    let page = session.get_next::<Page>(&url, PAGE_LIMIT, KeepAlive::IfSmallFleet).await?;
    Ok(page.content.results.into_iter().map(PastResult::new).collect())
}

/// The newest result of each plugin between two times, which are written as RFC 3339 has it. `plugins` are those that the host has now: each of
/// them is asked for by itself where others have more results than can be looked at.
///
/// # Errors
///
/// When they cannot be fetched.
pub async fn newest_between<T: Transport>(
    session: &Session<'_, T>,
    links: &HostLinks,
    plugins: &[&str],
    (since, until): (&str, &str),
) -> Result<Vec<PastResult>, AskError> {
    let until_then = |mut url: Url| {
        url.query_pairs_mut().append_pair("until", until);
        url
    };
    let query = HistoryQuery { since: since.to_owned(), statuses: None, of_all: true };
    let mut all = Vec::new();
    let fetched = results(session, until_then(resolve(&links.about, "/results")?), &query, &mut all).await?;
    let mut is_complete = fetched.is_complete;
    let mut seen = HashSet::new();
    all.retain(|result| !result.is_interrupted() && seen.insert(result.plugin().to_owned()));
    let rare = plugins.iter().filter(|plugin| fetched.is_bounded && !seen.contains(**plugin));
    for plugin in rare {
        let mut of_plugin = Vec::new();
        is_complete &= results(session, until_then(url_of(links, plugin)?), &query, &mut of_plugin).await?.is_complete;
        all.extend(of_plugin.into_iter().find(|result| !result.is_interrupted()));
    }
    if !is_complete {
        say_incomplete(session, links);
    }
    Ok(all)
}

/// Where the results of a plugin are.
fn url_of(links: &HostLinks, plugin: &str) -> Result<Url, AskError> {
    let mut url = resolve(&links.about, "/plugins")?;
    // Every URL of http has a path.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().push(plugin).push("results");
    }
    Ok(url)
}

/// Past results of these plugins, newest first.
///
/// # Errors
///
/// When they cannot be fetched.
pub async fn ask<T: Transport>(
    session: &Session<'_, T>,
    links: &HostLinks,
    plugins: &[&str],
    query: &HistoryQuery,
) -> Result<Vec<PastResult>, AskError> {
    let mut all = Vec::new();
    if query.of_all || plugins.len() > MAX_SINGLE {
        let fetched = results(session, resolve(&links.about, "/results")?, query, &mut all).await?;
        if fetched.is_bounded {
            say_bounded(session, links, all.len());
        }
        let wanted: HashSet<_> = plugins.iter().copied().collect();
        all.retain(|result| query.of_all || wanted.contains(result.plugin()));
        if !fetched.is_complete {
            say_incomplete(session, links);
        }
        return Ok(all);
    }
    let mut is_complete = true;
    for plugin in plugins {
        if all.len() >= MAX_RESULTS {
            break;
        }
        is_complete &= results(session, url_of(links, plugin)?, query, &mut all).await?.is_complete;
    }
    if all.len() >= MAX_RESULTS {
        say_bounded(session, links, all.len());
    }
    if !is_complete {
        say_incomplete(session, links);
    }
    all.sort_by_key(|result| std::cmp::Reverse(result.sequence()));
    Ok(all)
}

fn say_bounded<T: Transport>(session: &Session<'_, T>, links: &HostLinks, count: usize) {
    let name = &links.name;
    let text = format!(
        "Host {name}: only {} {} shown; name a later --since, or fewer plugins",
        counted(count, "result"),
        is_or_are(count)
    );
    session.observer.problem(&text);
}

fn say_incomplete<T: Transport>(session: &Session<'_, T>, links: &HostLinks) {
    let name = &links.name;
    let text = format!(
        "Host {name}: results may be missing: its journal could not be read or written as a whole; its log says why"
    );
    session.observer.problem(&text);
}

/// What was fetched.
#[derive(Clone, Copy, Debug)]
struct Fetched {
    /// Whether the daemon has all that there were.
    is_complete: bool,
    /// Whether the daemon has more, beyond [`MAX_RESULTS`].
    is_bounded: bool,
}

/// Adds all pages of results, newest first, up to [`MAX_RESULTS`] with those that there are.
async fn results<T: Transport>(
    session: &Session<'_, T>,
    mut url: Url,
    query: &HistoryQuery,
    all: &mut Vec<PastResult>,
) -> Result<Fetched, AskError> {
    url.query_pairs_mut().append_pair("since", &query.since).append_pair("limit", PAGE_RESULTS);
    if let Some(statuses) = &query.statuses {
        // No result of the past is UNKNOWN.
        let statuses: Vec<_> =
            statuses.iter().filter(|status| **status != Status::Unknown).map(|status| status.as_str()).collect();
        if statuses.is_empty() {
            return Ok(Fetched { is_complete: true, is_bounded: false });
        }
        url.query_pairs_mut().append_pair("status", &statuses.join(","));
    }
    let mut next = url.clone();
    let mut cursors = HashSet::new();
    let mut is_complete = true;
    loop {
        let page = session.get_next::<Page>(&next, PAGE_LIMIT, KeepAlive::IfSmallFleet).await;
        let ReadPage { content: Page { results, next_cursor, incomplete }, .. } =
            page.map_err(|error| match error {
                AskError::Open(TransportError { kind: FailureKind::NotFound, .. }) => AskError::NoHistory,
                other => other,
            })?;
        is_complete &= !incomplete;
        let is_empty = results.is_empty();
        all.extend(results.into_iter().map(PastResult::new));
        let Some(cursor) = next_cursor else { return Ok(Fetched { is_complete, is_bounded: false }) };
        // Each page brings results, so that the pages end with `MAX_RESULTS`, whatever the daemon answers.
        if is_empty || !cursors.insert(cursor.clone()) {
            let reason = if is_empty { "a page without results" } else { "a second page" };
            let reason = format!("{reason} has the nextCursor {cursor:?}");
            return Err(AskError::Shape { url: without_password(&next), reason });
        }
        if all.len() >= MAX_RESULTS {
            return Ok(Fetched { is_complete, is_bounded: true });
        }
        next = url.clone();
        next.query_pairs_mut().append_pair("cursor", &cursor);
    }
}
