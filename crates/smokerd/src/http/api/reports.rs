//! `POST /plugins/NAME/results`: what a job reports to its plugin.

use axum::Extension;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use chrono::SecondsFormat;
use hyper::{StatusCode, Uri};
use serde_json::Value as Json;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;
use smoker_model::wire::report::{ReportPage, ReportRequest, TakenReport};

use crate::http::access::authorize::IdentityCheck;
use crate::http::api::answer::error::ApiError;
use crate::http::api::plugins;
use crate::http::api::request::request_body;
use crate::http::audited::Audited;
use crate::http::body_budget::BodyBudget;
use crate::http::json_response;
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::reports::report::Report;

/// What a body looks like, for messages.
const FORM: &str = r#"{"status": "OK", "message": "done"} or {"exit": 0}"#;

/// Takes a report. It is kept when the answer is there; its plugin makes a result of it at once.
pub(crate) async fn report(
    State(manager): State<PluginManager>,
    State(bodies): State<BodyBudget>,
    (Extension(requester), Extension(identity)): (Extension<Requester>, Extension<IdentityCheck>),
    uri: Uri,
    body: Body,
) -> Result<Response, ApiError> {
    let mut bytes = bodies.body(requester.address);
    let (body, requester) = request_body::read_body(body, &mut bytes, &identity).await?;
    let report = report_of(request_body::parse(&body)?)?;
    drop(bytes);
    let plugin = PluginName::from(plugins::item_name(&uri).as_str());
    let (status, at) = (report.status(), report.at());
    manager.report(&plugin, report, &requester).await.map_err(ApiError::Report)?;
    let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    let page = ReportPage { report: TakenReport { plugin: plugin.to_string(), status, at } };
    let mut response = json_response::json(StatusCode::CREATED, &page);
    response.extensions_mut().insert(Audited(format!("plugin {plugin}, {status}")));
    Ok(response)
}

fn report_of(body: Json) -> Result<Report, ApiError> {
    let Some(members) = body.as_object() else { return Err(wrong(&format!("it has to be an object such as {FORM}"))) };
    if let Some((name, _)) = members.iter().find(|(_, value)| value.is_null()) {
        return Err(wrong(&format!("{name} is null: leave it out")));
    }
    if members.get("messages").is_some_and(|messages| messages.as_object().is_none_or(serde_json::Map::is_empty)) {
        return Err(wrong("messages has to be an object with the lists info, warn and error"));
    }
    let request: ReportRequest =
        serde_json::from_value(body).map_err(|error| wrong(&format!("{error}; it has to be such as {FORM}")))?;
    let status = match (request.status, request.exit) {
        (Some(status @ (Status::Ok | Status::Warn | Status::Error)), None) => status,
        (None, Some(0)) => Status::Ok,
        (None, Some(_)) => Status::Error,
        (None, None) => return Err(wrong(&format!("status is missing: it has to be such as {FORM}"))),
        (Some(Status::Unknown), None) => return Err(wrong("status has to be OK, WARN or ERROR")),
        (Some(_), Some(_)) => return Err(wrong("it has a status and an exit: remove one of the two")),
    };
    if request.message.is_some() && request.messages.is_some() {
        return Err(wrong("it has a message and messages: remove one of the two"));
    }
    let messages = Messages::parse(request.messages.unwrap_or_default()).map_err(|error| wrong(&error.to_string()))?;
    let mut messages = messages.unwrap_or_default();
    if let Some(exit) = request.exit.filter(|exit| *exit != 0) {
        messages.add(Level::Error, &format!("the job ended with exit status {exit}"));
    }
    let level = match status {
        Status::Ok => Level::Info,
        Status::Warn => Level::Warn,
        Status::Error | Status::Unknown => Level::Error,
    };
    messages.add(level, request.message.as_deref().unwrap_or_default());
    messages.bound();
    Ok(Report::new(status, messages))
}

fn wrong(reason: &str) -> ApiError {
    ApiError::WrongBody(format!("The body is no report: {reason}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_has_a_status_and_messages() {
        let taken = |body: Json| report_of(body).map(Report::into_json).expect("a report");
        let failed = taken(json!({"exit": 2, "message": "disk full\nno copy"}));
        assert_eq!(failed["status"], "ERROR");
        assert_eq!(failed["messages"]["error"], json!(["the job ended with exit status 2", "disk full", "no copy"]));
        assert_eq!(taken(json!({"exit": 0}))["status"], "OK");
        assert_eq!(taken(json!({"status": "WARN", "message": "slow"}))["messages"]["warn"], json!(["slow"]));
        let messages = json!({"info": ["a"], "warn": [], "error": []});
        assert_eq!(taken(json!({"status": "OK", "messages": messages}))["messages"]["info"], json!(["a"]));
    }

    #[test]
    fn what_is_not_understood_is_no_report() {
        for body in [
            json!({}),
            json!([]),
            json!({"status": "ok"}),
            json!({"status": "UNKNOWN"}),
            json!({"exit": 256}),
            json!({"exit": -1}),
            json!({"exit": null, "status": "OK"}),
            json!({"exit": "0"}),
            json!({"status": "OK", "exit": 0}),
            json!({"status": "OK", "mesage": "a"}),
            json!({"status": "OK", "message": "a", "messages": {}}),
            json!({"status": "OK", "messages": {"info": "a"}}),
        ] {
            assert!(matches!(report_of(body.clone()), Err(ApiError::WrongBody(_))), "{body}");
        }
    }
}
