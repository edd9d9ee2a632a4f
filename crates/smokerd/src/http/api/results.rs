//! `GET /results`, `GET /plugins/NAME/results` and `GET /plugins/NAME/summary`: results with what is known of their runs.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use chrono::{DateTime, Utc};
use hyper::Uri;
use hyper::header::HeaderMap;
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;
use smoker_model::wire::results::{RunFacts as WireRunFacts, SummaryPage};

use crate::http::api::answer::error::ApiError;
use crate::http::api::answer::view::{self, Page};
use crate::http::api::plugins;
use crate::http::api::request::query::Parameters;
use crate::http::api::request::{conditional, instant};
use crate::http::held_pages::HeldPages;
use crate::http::limits;
use crate::results::json_text;
use crate::results::queries::journal_reads::NotRead;
use crate::results::queries::run_query::{RunPage, RunQuery, StoredRun};
use crate::results::requester::Requester;
use crate::results::summary::{self, MeasuredRun};
use crate::scheduler::manager::PluginManager;

/// The statuses that a result can have.
const STATUSES: [Status; 3] = [Status::Ok, Status::Warn, Status::Error];

/// Results of all plugins.
pub(crate) async fn of_all(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let mut query = parse(&uri, None)?;
    if let Some(limits) = requester.limits.as_deref() {
        let (_, mut plugins) = manager.state().plugins();
        plugins.retain(|plugin| plugin.config.facts.check(Some(limits)).is_ok());
        query.visible = Some(plugins.iter().map(|plugin| plugin.config.facts.name().to_owned()).collect());
    }
    let page = find(&manager, query).await?;
    Ok(answer(&page, &headers, &held))
}

/// Results of one plugin.
pub(crate) async fn of_plugin(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let name = PluginName::from(plugins::item_name(&uri).as_str());
    check(&manager, &name, &requester)?;
    let query = parse(&uri, Some(name.clone()))?;
    let page = find(&manager, query).await?;
    // The journal still has the results of plugins that were removed.
    if page.runs.is_empty() && manager.state().config_of(&name).is_none() {
        return Err(plugins::unknown(&name));
    }
    Ok(answer(&page, &headers, &held))
}

/// What became of the runs of one plugin.
pub(crate) async fn summary(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let (since, until) = span(&Parameters::of(&uri, &["since", "until"])?)?;
    let name = PluginName::from(plugins::item_name(&uri).as_str());
    check(&manager, &name, &requester)?;
    let mut query =
        RunQuery { plugin: Some(name.clone()), since, until, limit: limits::RESULTS, ..RunQuery::default() };
    let (mut runs, mut is_incomplete) = (Vec::new(), false);
    loop {
        let page = find(&manager, query.clone()).await?;
        is_incomplete |= page.is_incomplete;
        runs.extend(page.runs.iter().filter_map(|run| MeasuredRun::of(&run.facts)));
        let Some(next) = page.next else { break };
        query.before = Some(next);
    }
    if runs.is_empty() && manager.state().config_of(&name).is_none() {
        return Err(plugins::unknown(&name));
    }
    runs.reverse();
    let text =
        json_text::to_text(&SummaryPage { summary: summary::of(&name, &runs), incomplete: is_incomplete }) + "\n";
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    Ok(conditional::answer(hasher.finish(), &headers, &held, || Page::of_text(text.into())))
}

/// Whether the client may see results of this plugin. One that is not configured is shown to clients without limits alone.
fn check(manager: &PluginManager, name: &PluginName, requester: &Requester) -> Result<(), ApiError> {
    let limits = requester.limits.as_deref();
    match manager.state().config_of(name) {
        Some(config) => config.facts.check(limits).map_err(|failure| ApiError::Forbidden(failure.for_client())),
        None if limits.is_some() => Err(plugins::unknown(name)),
        None => Ok(()),
    }
}

/// The plugin is configured, and the client may see it.
///
/// # Errors
///
/// When one of both is not so.
pub(crate) fn require_configured(
    manager: &PluginManager,
    name: &PluginName,
    requester: &Requester,
) -> Result<(), ApiError> {
    check(manager, name, requester)?;
    if manager.state().config_of(name).is_none() { Err(plugins::unknown(name)) } else { Ok(()) }
}

async fn find(manager: &PluginManager, query: RunQuery) -> Result<RunPage, ApiError> {
    manager.state().runs(query).await.map_err(|not_read| match not_read {
        NotRead::Busy => ApiError::JournalBusy,
        NotRead::Failed(error) => ApiError::Journal(error.to_string()),
    })
}

/// From when on, and until when.
type Span = (Option<DateTime<Utc>>, Option<DateTime<Utc>>);

fn span(parameters: &Parameters) -> Result<Span, ApiError> {
    let now = Utc::now();
    let moment = |name| parameters.get(name, instant::FORMS, |value| instant::parse(value, now));
    let (since, until) = (moment("since")?, moment("until")?);
    match (since, until) {
        (Some(since), Some(until)) if since >= until => Err(ApiError::WrongQuery(
            "The query has a time of since that is not before that of until: exchange them.".to_owned(),
        )),
        both => Ok(both),
    }
}

/// The statuses that are asked for.
pub(crate) fn statuses(parameters: &Parameters) -> Result<Option<Vec<Status>>, ApiError> {
    parameters.get("status", "one or more of OK, WARN, ERROR with commas between", |value| {
        let status = |word: &str| STATUSES.into_iter().find(|status| word.trim().eq_ignore_ascii_case(status.as_str()));
        value.split(',').map(status).collect::<Option<Vec<_>>>()
    })
}

fn parse(uri: &Uri, plugin: Option<PluginName>) -> Result<RunQuery, ApiError> {
    let parameters = Parameters::of(uri, &["status", "since", "until", "limit", "cursor"])?;
    let (since, until) = span(&parameters)?;
    let limit = parameters.get("limit", format!("a whole number from 1 to {}", limits::RESULTS), |value| {
        value.parse().ok().filter(|limit| (1..=limits::RESULTS).contains(limit))
    })?;
    let before = parameters.get("cursor", "the nextCursor of an answer", |value| value.parse().ok())?;
    let statuses = statuses(&parameters)?;
    let limit = limit.unwrap_or(limits::RESULTS_BY_DEFAULT);
    Ok(RunQuery { plugin, visible: None, statuses, since, until, before, limit })
}

fn answer(page: &RunPage, headers: &HeaderMap, held: &HeldPages) -> Response {
    let mut hasher = DefaultHasher::new();
    (page.next, page.is_incomplete).hash(&mut hasher);
    for run in &page.runs {
        // Without a journal numbers count from 1 in each start of the daemon.
        (run.sequence, run.facts.started).hash(&mut hasher);
    }
    conditional::answer(hasher.finish(), headers, held, || {
        let next_cursor = page.next.map(|next| next.to_string());
        let incomplete = if page.is_incomplete { ", \"incomplete\": true" } else { "" };
        let end = format!("], \"nextCursor\": {}{incomplete}}}\n", json_text::to_text(&next_cursor));
        view::result_list(page.runs.iter().map(entry).collect(), end.into())
    })
}

/// The members of an entry before its result, and the result.
pub(crate) fn entry(run: &StoredRun) -> (Arc<str>, Arc<str>) {
    let facts = json_text::to_text(&facts(run));
    let members = facts.strip_suffix('}').unwrap_or(&facts);
    (format!("{members}, \"result\": ").into(), run.text.as_str().into())
}

fn facts(run: &StoredRun) -> WireRunFacts {
    let StoredRun { sequence, plugin, facts, .. } = run;
    WireRunFacts {
        sequence: *sequence,
        plugin: plugin.as_str().to_owned(),
        trigger: facts.trigger.as_str().to_owned(),
        triggered_by: facts.trigger.by().map(ToString::to_string),
        planned: json_text::moment(facts.planned),
        started: json_text::moment(facts.started),
        attempt: facts.attempt,
        generation: facts.generation,
        interrupted: facts.is_interrupted,
    }
}
