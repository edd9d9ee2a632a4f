//! `/processes`: forced runs.

use std::collections::VecDeque;
use std::fmt::Display;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::response::Response;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use hyper::{StatusCode, Uri};
use serde_json::{Map, Value as Json};
use smoker_model::bounded_json;
use smoker_model::notation::python_text;
use smoker_model::plugin::PluginName;
use smoker_model::value::Value;
use smoker_model::wire::force::{AsyncTask, AsyncTaskPage, PollLink, ProcessEntry};
use smoker_trust::access::grant::Grant;
use tokio::time::timeout;

use crate::http::api::error::ApiError;
use crate::http::api::{plugins, view, wait};
use crate::http::audited::Audited;
use crate::http::body_budget::{BodyBudget, BodyBytes, OverBudget};
use crate::http::connections::activity::ConnectionActivity;
use crate::http::held_pages::{HeldPages, PageKey};
use crate::http::json_response;
use crate::http::limits;
use crate::http::streamed_body::StreamedBody;
use crate::results::json_text;
use crate::results::processes::limits::KEPT_PROCESSES;
use crate::results::processes::process::ProcessId;
use crate::results::processes::table::ListedProcess;
use crate::results::requester::Requester;
use crate::results::snapshot::ProcessSnapshot;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::{ForceError, Selection};

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
                plugins.retain(|name| self.is_visible(name));
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

impl Entries {
    /// A plugin that a reload has removed is shown to clients without limits alone.
    fn is_visible(&self, name: &PluginName) -> bool {
        let config = self.manager.state().config_of(name);
        config.is_some_and(|config| config.facts.check(self.limits.as_deref()).is_ok())
    }
}

/// Runs plugins.
pub(crate) async fn force(
    State(manager): State<PluginManager>,
    (State(held), State(bodies)): (State<HeldPages>, State<BodyBudget>),
    Extension(requester): Extension<Requester>,
    Extension(activity): Extension<ConnectionActivity>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    // Before any plugin runs: a client that is refused must not have started anything.
    let wait = wait::wanted(&uri, &headers)?;
    let mut bytes = bodies.body(requester.address);
    let selection = parse_selection(&read_body(body, &mut bytes).await?)?;
    drop(bytes);
    let process = manager.force(&selection, &requester).map_err(ApiError::Force)?;
    // A number that a client has must not be given again after a crash.
    manager.state().written().await;
    let mut response = match wait {
        None => running(process),
        Some(span) => {
            wait::for_end(&manager, process, span, &activity).await;
            present(&manager, process, &requester, &held)?
        }
    };
    set_location(&mut response, process);
    response.extensions_mut().insert(Audited(format!("process {process}, {}", described(&selection))));
    Ok(response)
}

/// The link to poll while runs of a process go on, then their results.
pub(crate) async fn show(
    State(manager): State<PluginManager>,
    State(held): State<HeldPages>,
    Extension(requester): Extension<Requester>,
    Extension(activity): Extension<ConnectionActivity>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = process_id(&uri)?;
    if let Some(span) = wait::wanted(&uri, &headers)? {
        wait::for_end(&manager, id, span, &activity).await;
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
        ProcessSnapshot::Running => Ok(running(id)),
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
        ProcessSnapshot::Dropped => Err(ApiError::NotFound(format!(
            "Process id {id} not found: it has finished and is no longer kept (the newest {KEPT_PROCESSES} are, within \
             history_memory)"
        ))),
    }
}

/// What a client asks to be run, shortened.
fn described(selection: &Selection) -> String {
    const SHOWN: usize = 20;
    let mut names: Vec<_> = selection.names.iter().take(SHOWN).map(String::as_str).collect();
    if names.len() < selection.names.len() {
        names.push("...");
    }
    let filter: Vec<_> = selection.filter.iter().take(SHOWN).map(|(name, _)| name.as_str()).collect();
    match (names.is_empty(), filter.is_empty()) {
        (_, true) => format!("plugins {}", names.join(", ")),
        (true, false) => format!("plugins by {}", filter.join(", ")),
        (false, false) => format!("plugins {}, and by {}", names.join(", "), filter.join(", ")),
    }
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

async fn read_body(body: Body, bytes: &mut BodyBytes) -> Result<Vec<u8>, ApiError> {
    // A body whose announced length is too large is refused before it arrives.
    if body.size_hint().lower() > limits::BODY as u64 {
        return Err(ApiError::TooLarge);
    }
    timeout(limits::REQUEST_TIME, collect(body, bytes)).await.map_err(|_| ApiError::TooSlow)?
}

/// Copies what arrives: kept as it comes, a body of many small parts would take many times its length.
async fn collect(body: Body, bytes: &mut BodyBytes) -> Result<Vec<u8>, ApiError> {
    let mut body = Limited::new(body, limits::BODY);
    let mut whole = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame
            .map_err(|error| if error.is::<LengthLimitError>() { ApiError::TooLarge } else { ApiError::NotJson })?;
        if let Ok(part) = frame.into_data() {
            bytes.add(part.len()).map_err(|OverBudget| ApiError::TooManyBodies)?;
            whole.extend_from_slice(&part);
        }
    }
    Ok(whole)
}

/// Parses the request's body as JSON whatever its content type is: the original's client sends JSON as a form. It is
/// more lenient than `smoker_model::wire::force::ForceRequest`, and its messages are the original's.
fn parse_selection(body: &[u8]) -> Result<Selection, ApiError> {
    // Some clients of Windows send a byte order mark, which the original ignored.
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let body: Json = bounded_json::parse(body).map_err(|error| {
        if error.is_data() { ApiError::WrongInput(Some("The body has too many values")) } else { ApiError::NotJson }
    })?;
    let Some(Json::Object(process)) = body.get("process") else { return Err(ApiError::WrongInput(None)) };
    if process.is_empty() {
        return Err(ApiError::WrongInput(None));
    }
    let names = parse_names(process.get("plugins").unwrap_or(&Json::Null))?;
    let filter = parse_filter(process.get("filter").unwrap_or(&Json::Null))?;
    if names.is_empty() && filter.is_empty() {
        return Err(ApiError::WrongInput(Some("Plugin names or filter have to be set")));
    }
    Ok(Selection { names, filter: filter.into_iter().collect() })
}

fn parse_names(plugins: &Json) -> Result<Vec<String>, ApiError> {
    match plugins {
        Json::Array(names) if names.len() > limits::NAMES => Err(ApiError::TooManyNames),
        Json::Array(names) => names.iter().map(parse_name).collect(),
        falsy if is_falsy(falsy) => Ok(Vec::new()),
        _ => Err(ApiError::WrongInput(Some("Element plugins have to be list"))),
    }
}

fn parse_name(name: &Json) -> Result<String, ApiError> {
    match name {
        Json::String(name) => Ok(name.clone()),
        Json::Array(_) | Json::Object(_) => Err(ApiError::WrongInput(Some("Elements of plugins have to be text"))),
        // The number 1 is not the name "1".
        other => Err(ApiError::Force(ForceError::UnknownPlugin(python_text::str(&Value::from(other.clone()))))),
    }
}

fn parse_filter(filter: &Json) -> Result<Map<String, Json>, ApiError> {
    match filter {
        Json::Object(filter) => Ok(filter.clone()),
        falsy if is_falsy(falsy) => Ok(Map::new()),
        _ => Err(ApiError::WrongInput(Some("Element filter have to be dictionary"))),
    }
}

fn is_falsy(json: &Json) -> bool {
    !Value::from(json.clone()).is_truthy()
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
            let request = ForceRequest { process: ForceSelection { plugins, filter } };
            parse_selection(&serde_json::to_vec(&request).expect("JSON")).expect("a selection")
        };
        assert_eq!(selection(Some(&["b", "a"]), None).names, ["b", "a"]);
        let filtered = selection(None, Some(filter));
        assert!(filtered.names.is_empty());
        assert_eq!(filtered.filter, [("Type".to_owned(), Json::from("job"))]);
    }
}
