//! `/silences`: spans of time in which no action follows the results of some plugins.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, TimeDelta, Utc};
use hyper::header::{HeaderValue, LOCATION};
use hyper::{StatusCode, Uri};
use serde_json::{Map, Value as Json};
use smoker_model::suggest;
use smoker_model::time::duration;
use smoker_model::value::Value;
use smoker_model::wire::silences::{ListedSilence, SilencePage, SilencesPage};

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::answer::error::ApiError;
use crate::http::api::plugins;
use crate::http::api::request::{request_body, selection};
use crate::http::audited::Audited;
use crate::http::body_budget::BodyBudget;
use crate::http::json_response;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::silencing::SilenceError;

/// How long a silence lasts at most.
pub(crate) const LONGEST: TimeDelta = TimeDelta::days(30);

/// The members of a silence that is to be made.
const MEMBERS: [&str; 7] = ["plugins", "filter", "all", "for", "until", "reason", "author"];

/// How many characters a reason and a name have at most.
const LONGEST_TEXT: usize = 1000;

/// How many bytes a filter has at most, as JSON: it is kept, and compared with each plugin.
const LONGEST_FILTER: usize = 16 * 1024;

/// All silences that have not ended.
pub(crate) async fn list(State(manager): State<PluginManager>, Extension(requester): Extension<Requester>) -> Response {
    // A thousand silences may have a thousand names each.
    let page = move || {
        let page = SilencesPage { silences: manager.list_silences(&requester) };
        json_response::json(StatusCode::OK, &page)
    };
    let written = tokio::task::spawn_blocking(page).await;
    written.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// Makes one. It is in effect when the answer is there, which says whether it is kept.
pub(crate) async fn make(
    State(manager): State<PluginManager>,
    State(bodies): State<BodyBudget>,
    (Extension(requester), Extension(identity)): (Extension<Requester>, Extension<IdentityCheck>),
    body: Body,
) -> Result<Response, ApiError> {
    let mut bytes = bodies.body(requester.address);
    let (body, requester) = request_body::read_body(body, &mut bytes, &identity).await?;
    let body = request_body::parse(&body)?;
    drop(bytes);
    let ((Some(Json::Object(object)), _) | (None, Json::Object(object))) = (body.get("silence"), &body) else {
        let form = r#"{"for": "30m", "reason": "deploy", "plugins": ["Web"]}"#;
        return Err(wrong(&format!("it has to be an object such as {form}")));
    };
    let beside = body.as_object().and_then(|body| body.keys().find(|name| *name != "silence"));
    if let (Some(_), Some(name)) = (body.get("silence"), beside) {
        let text = format!("{name} was found outside of the object `silence`, where it is not read");
        return Err(wrong(&format!("{text}; write {{\"silence\": {{\"{name}\": ..., ...}}}}")));
    }
    refuse_other_members(object)?;
    refuse_unclear_choice(object)?;
    let selection = selection::parse(object).map_err(|error| match error {
        // A name that is no text is the name of no plugin.
        ApiError::Force(error) => ApiError::Silence(SilenceError::NoPlugin(error)),
        other => other,
    })?;
    let until = until(object, Utc::now())?;
    let reason = text(object, "reason")?.ok_or_else(|| wrong("reason is missing: say why"))?;
    let by = match (&requester.identity, text(object, "author")?) {
        (Some(identity), _) => identity.to_string(),
        (None, Some(author)) => format!("{author} ({})", requester.name),
        (None, None) => requester.name.to_string(),
    };
    let what = selection::described(&selection);
    let made = manager.silence(selection, until, reason, by, &requester).await.map_err(ApiError::Silence)?;
    let audited = Audited(format!("{}, {what}", described(&made)));
    Ok(answer(StatusCode::CREATED, made, audited))
}

/// Refuses a member that is not known.
fn refuse_other_members(object: &Map<String, Json>) -> Result<(), ApiError> {
    let Some(unknown) = object.keys().find(|name| !MEMBERS.contains(&name.as_str())) else { return Ok(()) };
    let near = suggest::near(unknown, &MEMBERS).map(|near| format!("; did you mean {near}?"));
    Err(wrong(&format!("{unknown} is none of {}{}", MEMBERS.join(", "), near.unwrap_or_default())))
}

/// Refuses what would silence more than is meant: all plugins have to be asked for by name, since a program whose variable has no value
/// sends null, or leaves the member out.
fn refuse_unclear_choice(object: &Map<String, Json>) -> Result<(), ApiError> {
    const NEXT: &str = "name plugins, give a filter, or write \"all\": true for all plugins";
    let is_empty = |value: &Json| !Value::from(value.clone()).is_truthy();
    let empty =
        ["plugins", "filter"].into_iter().find_map(|name| Some((name, object.get(name).filter(|it| is_empty(it))?)));
    if let Some((name, value)) = empty {
        let is = if value.is_null() { "null" } else { "empty" };
        return Err(wrong(&format!("{name} is {is}, so it chooses nothing; {NEXT}")));
    }
    let chosen = ["plugins", "filter"].into_iter().find(|name| object.contains_key(*name));
    match (object.get("all"), chosen) {
        (Some(Json::Bool(true)), None) | (None, Some(_)) => {}
        (None, None) => return Err(wrong(&format!("it chooses no plugins; {NEXT}"))),
        (Some(Json::Bool(true)), Some(name)) => {
            return Err(wrong(&format!("it has all and {name}; leave one of them out")));
        }
        (Some(_), _) => return Err(wrong(&format!("all can only be true; {NEXT}"))),
    }
    let Some(Json::Object(filter)) = object.get("filter") else { return Ok(()) };
    if let Some((name, _)) = filter.iter().find(|(_, value)| value.is_null()) {
        return Err(wrong(&format!("filter has null for {name}, which is no value to look for; write the value")));
    }
    let length = Json::Object(filter.clone()).to_string().len();
    if length > LONGEST_FILTER {
        return Err(wrong(&format!(
            "filter has {length} bytes, and {LONGEST_FILTER} are allowed; name the plugins instead"
        )));
    }
    Ok(())
}

/// One of them.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let id = number(&uri)?;
    let silence = manager.listed_silence(id, &requester).ok_or_else(|| unknown(id))?;
    Ok(json_response::json(StatusCode::OK, &SilencePage { silence }))
}

/// Ends one before its time.
pub(crate) async fn end(
    State(manager): State<PluginManager>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
) -> Result<Response, ApiError> {
    let id = number(&uri)?;
    let ended = manager.end_silence(id, &requester).await.ok_or_else(|| unknown(id))?;
    let audited = Audited(format!("ended {}", described(&ended)));
    Ok(answer(StatusCode::OK, ended, audited))
}

fn answer(status: StatusCode, silence: ListedSilence, audited: Audited) -> Response {
    let path = HeaderValue::from_str(&format!("/silences/{}", silence.silence.id));
    let mut response = json_response::json(status, &SilencePage { silence });
    if let Ok(path) = path
        && status == StatusCode::CREATED
    {
        response.headers_mut().insert(LOCATION, path);
    }
    response.extensions_mut().insert(audited);
    response
}

fn described(listed: &ListedSilence) -> String {
    let silence = &listed.silence;
    format!("silence {} by {} until {}: {}", silence.id, silence.by, silence.until, silence.reason)
}

/// The end of a silence: `for` says how long it lasts, or `until` when it ends.
fn until(object: &Map<String, Json>, now: DateTime<Utc>) -> Result<DateTime<Utc>, ApiError> {
    let until = match (object.get("for"), object.get("until")) {
        (Some(Json::String(span)), None) => {
            let span = duration::parse_or_seconds(span).and_then(|span| TimeDelta::from_std(span).ok());
            span.and_then(|span| now.checked_add_signed(span))
        }
        (Some(Json::Number(seconds)), None) => seconds
            .as_u64()
            .and_then(|seconds| TimeDelta::try_seconds(seconds.try_into().ok()?))
            .and_then(|span| now.checked_add_signed(span)),
        (None, Some(Json::String(until))) => DateTime::parse_from_rfc3339(until).ok().map(|until| until.to_utc()),
        (None, None) => return Err(wrong("a silence has to end: say for how long (\"for\": \"30m\"), or until when")),
        _ => None,
    };
    let until = until.ok_or_else(|| {
        let forms = duration::FORMS;
        wrong(&format!("for has to be {forms}, or seconds; until, in its place, a time such as 2026-11-30T12:00:00Z"))
    })?;
    if until <= now || until - now > LONGEST {
        return Err(wrong(&format!("a silence lasts for more than 0 s and at most {} days", LONGEST.num_days())));
    }
    Ok(until)
}

/// A member that is text; none without it, or when it is empty.
fn text(object: &Map<String, Json>, name: &str) -> Result<Option<String>, ApiError> {
    match object.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.chars().count() <= LONGEST_TEXT => {
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            Ok(Some(text).filter(|text| !text.is_empty()))
        }
        Some(_) => Err(wrong(&format!("{name} has to be text of at most {LONGEST_TEXT} characters"))),
    }
}

fn wrong(reason: &str) -> ApiError {
    ApiError::WrongBody(format!("The body makes no silence: {reason}"))
}

fn number(uri: &Uri) -> Result<u64, ApiError> {
    let segment = plugins::item_name(uri);
    segment
        .parse()
        .map_err(|_| ApiError::NotFound(format!("There is no page /silences/{segment}: a silence has a number")))
}

fn unknown(id: u64) -> ApiError {
    ApiError::NotFound(format!("Silence {id} not found: it has ended, or there was none"))
}
