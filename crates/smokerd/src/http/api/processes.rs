//! `/processes`: forced runs.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use hyper::{StatusCode, Uri};
use serde_json::Value as Json;
use smoker_model::plugin::PluginName;
use smoker_model::wire::force::{AsyncTask, AsyncTaskPage, PollLink, ProcessEntry};
use smoker_trust::access::grant::Grant;

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::answer::error::ApiError;
use crate::http::api::answer::view;
use crate::http::api::plugins;
use crate::http::api::request::{request_body, selection, wait};
use crate::http::audited::Audited;
use crate::http::body_budget::BodyBudget;
use crate::http::connections::activity::ConnectionActivity;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::json_response;
use crate::http::streamed_body::StreamedBody;
use crate::results::json_text;
use crate::results::plugin::snapshot::ProcessSnapshot;
use crate::results::processes::limits::KEPT_PROCESSES;
use crate::results::processes::process::ProcessId;
use crate::results::processes::table::ListedProcess;
use crate::results::requester::Requester;
use crate::scheduler::manager::{PluginManager, Started};
use crate::scheduler::plugin_set::Selection;

/// How many bytes of the list of processes are written before the rest is written while it is sent.
const LISTED_AT_ONCE: usize = 64 * 1024;

/// How many names of plugins are read from the state at a time.
const NAMES_AT_ONCE: usize = 256;

/// Numbers and plugins of all processes.
pub(crate) async fn list(State(manager): State<PluginManager>, Extension(requester): Extension<Requester>) -> Response {
    let entries = Entries { manager, limits: requester.limits, last: 0, is_first: true, next: VecDeque::new() };
    let mut entries = entries.peekable();
    let mut page = String::from("[");
    while page.len() < LISTED_AT_ONCE {
        let Some(entry) = entries.next() else { break };
        page.push_str(&entry);
    }
    if entries.peek().is_none() {
        page.push_str("]\n");
        return json_response::json_bytes(StatusCode::OK, page.into());
    }
    // A long list is read from the state while it is sent: processes may come and go meanwhile.
    let pieces = [page].into_iter().chain(entries).chain(["]\n".to_owned()]);
    json_response::json_body(StatusCode::OK, StreamedBody::new(pieces, None, None).into_body())
}

/// The entries of all processes as JSON, with commas between them. Reads a part of them from the state at a time.
struct Entries {
    manager: PluginManager,
    /// The plugins that the client may see; `None`: all.
    limits: Option<Arc<Grant>>,
    last: ProcessId,
    is_first: bool,
    next: VecDeque<ListedProcess>,
}

impl Iterator for Entries {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        loop {
            if self.next.is_empty() {
                self.next = self.manager.state().processes(self.last, NAMES_AT_ONCE).into();
            }
            let ListedProcess { id, mut plugins, triggered_by } = self.next.pop_front()?;
            self.last = id;
            if self.limits.is_some() {
                plugins.retain(|name| is_visible(&self.manager, name, self.limits.as_deref()));
                if plugins.is_empty() {
                    continue;
                }
            }
            let separator = if std::mem::take(&mut self.is_first) { "" } else { ", " };
            let plugins = plugins.iter().map(ToString::to_string).collect();
            let triggered_by = triggered_by.as_deref().map(str::to_owned);
            let entry = ProcessEntry { href: format!("processes/{id}"), plugins, triggered_by };
            return Some(format!("{separator}{}", json_text::to_text(&entry)));
        }
    }
}

/// Runs plugins.
pub(crate) async fn force(
    State(manager): State<PluginManager>,
    (State(held), State(bodies)): (State<HeldPages>, State<BodyBudget>),
    (Extension(requester), Extension(identity)): (Extension<Requester>, Extension<IdentityCheck>),
    Extension(activity): Extension<ConnectionActivity>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // Before any plugin runs: a client that is refused must not have started anything.
    let wait = wait::wanted(&uri, &headers)?;
    let mut bytes = bodies.body(requester.address);
    let (body, requester) = request_body::read_body(body, &mut bytes, &identity).await?;
    let selection = parse_selection(&body)?;
    drop(bytes);
    let Started { process, values } = manager.force(&selection, &requester).map_err(ApiError::Force)?;
    // A number that a client has must not be given again after a crash.
    manager.state().written().await;
    let mut response = match wait {
        None => running(process),
        Some(span) => {
            wait::for_end(&manager, process, span, &activity).await;
            let requester = identity.requester().await.map_err(ApiError::Refused)?;
            present(&manager, process, &requester, &held)?
        }
    };
    set_location(&mut response, process);
    let with = if values.is_empty() { "" } else { ", with " };
    let audited = format!("process {process}, {}{with}{values}", selection::described(&selection));
    response.extensions_mut().insert(Audited(audited));
    Ok(response)
}

/// The link to poll while runs of a process go on, then their results.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    (Extension(mut requester), Extension(identity)): (Extension<Requester>, Extension<IdentityCheck>),
    Extension(activity): Extension<ConnectionActivity>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = process_id(&uri)?;
    if let Some(span) = wait::wanted(&uri, &headers)? {
        if manager.state().process_end(id).is_some_and(|end| !end.is_cancelled()) {
            require_visible(&manager, id, &requester)?;
        }
        wait::for_end(&manager, id, span, &activity).await;
        requester = identity.requester().await.map_err(ApiError::Refused)?;
    }
    present(&manager, id, &requester, &held)
}

/// The number in the path. One that no process can have is 0.
fn process_id(uri: &Uri) -> Result<ProcessId, ApiError> {
    let segment = plugins::item_name(uri);
    if segment.is_empty() || !segment.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(ApiError::NotFound(format!("There is no page /processes/{segment}: a process has a number")));
    }
    let digits = segment.trim_start_matches('0');
    if digits.is_empty() {
        return Ok(0);
    }
    // A number too large for the type was never given to a process.
    digits.parse().map_err(|_| unknown(digits))
}

fn unknown(process: impl Display) -> ApiError {
    ApiError::NotFound(format!("Process id {process} not found"))
}

/// The page of a process as it is now.
fn present(
    manager: &PluginManager,
    id: ProcessId,
    requester: &Requester,
    held: &HeldPages,
) -> Result<Response, ApiError> {
    match manager.state().process(id) {
        ProcessSnapshot::Running => require_visible(manager, id, requester).map(|()| running(id)),
        ProcessSnapshot::Finished(mut runs) => {
            runs.retain(|(plugin, _)| plugin.config.facts.check(requester.limits.as_deref()).is_ok());
            if runs.is_empty() && requester.limits.is_some() {
                return Err(unknown(id));
            }
            let manager = manager.clone();
            let at_end = Box::new(move || manager.state().set_process_read(id));
            let page = view::finished_process(runs, requester.is_local_administrator);
            let body = page.into_body(held, PageKey::Process(id), Some(at_end));
            Ok(json_response::json_body(StatusCode::OK, body))
        }
        ProcessSnapshot::Unknown => Err(unknown(id)),
        // Nobody knows any more whose plugins it had.
        ProcessSnapshot::Dropped if requester.limits.is_some() => Err(unknown(id)),
        ProcessSnapshot::Dropped => Err(ApiError::NotFound(format!(
            "Process id {id} not found: it has finished and is no longer kept (the newest {KEPT_PROCESSES} are, within \
             history_memory)"
        ))),
    }
}

/// Refuses a client with limits that may see none of the plugins of a process, in the words for one that there is not.
fn require_visible(manager: &PluginManager, id: ProcessId, requester: &Requester) -> Result<(), ApiError> {
    let Some(limits) = requester.limits.as_deref() else { return Ok(()) };
    let listed = manager.state().processes(id.saturating_sub(1), 1).into_iter().find(|process| process.id == id);
    let plugins = listed.map(|process| process.plugins).unwrap_or_default();
    let is_visible = plugins.iter().any(|name| is_visible(manager, name, Some(limits)));
    if is_visible { Ok(()) } else { Err(unknown(id)) }
}

/// A plugin that a reload has removed is shown to clients without limits alone.
fn is_visible(manager: &PluginManager, name: &PluginName, limits: Option<&Grant>) -> bool {
    manager.state().config_of(name).is_some_and(|config| config.facts.check(limits).is_ok())
}

fn running(process: ProcessId) -> Response {
    let page = AsyncTaskPage { async_task: AsyncTask { link: PollLink { poll: format!("/processes/{process}") } } };
    let text = serde_json::to_string_pretty(&page).unwrap_or_default() + "\n";
    let mut response = json_response::json_bytes(StatusCode::ACCEPTED, Bytes::from(text));
    set_location(&mut response, process);
    response
}

/// Says where the page of the process is.
fn set_location(response: &mut Response, process: ProcessId) {
    if let Ok(path) = HeaderValue::from_str(&format!("/processes/{process}")) {
        response.headers_mut().insert(LOCATION, path);
    }
}

/// Parses the request's body as JSON whatever its content type is: the original's client sends JSON as a form. It is
/// more lenient than `smoker_model::wire::force::ForceRequest`, and its messages are the original's.
fn parse_selection(body: &[u8]) -> Result<Selection, ApiError> {
    let body = request_body::parse(body)?;
    let Some(Json::Object(process)) = body.get("process") else { return Err(ApiError::WrongInput(None)) };
    if process.is_empty() {
        return Err(ApiError::WrongInput(None));
    }
    let parameters = selection::parse_values(process)?;
    let selection = Selection { parameters, ..selection::parse(process)? };
    if selection.names.is_empty() && selection.filter.is_empty() {
        return Err(ApiError::WrongInput(Some("Plugin names or filter have to be set")));
    }
    Ok(selection)
}

#[cfg(test)]
mod tests {
    use smoker_model::wire::force::{ForceRequest, ForceSelection};

    use super::*;

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let names = |body: &str| parse_selection(body.as_bytes()).map(|selection| selection.names).ok();
        assert_eq!(names("\u{feff}{\"process\": {\"plugins\": [\"a\"]}}"), Some(vec!["a".to_owned()]));
        assert_eq!(names("\u{feff}"), None);
    }

    #[test]
    fn a_request_of_the_wire_type_is_understood() {
        let Json::Object(filter) = serde_json::json!({"Type": "job"}) else { panic!("not an object") };
        let selection = |names: Option<&[&str]>, filter| {
            let plugins = names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
            let request = ForceRequest { process: ForceSelection { plugins, filter, parameters: None } };
            parse_selection(&serde_json::to_vec(&request).expect("JSON")).expect("a selection")
        };
        assert_eq!(selection(Some(&["b", "a"]), None).names, ["b", "a"]);
        let filtered = selection(None, Some(filter));
        assert!(filtered.names.is_empty());
        assert_eq!(filtered.filter, [("Type".to_owned(), Json::from("job"))]);
    }
}
