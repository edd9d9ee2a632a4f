//! Why a request has failed, as JSON.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{ALLOW, HeaderValue, RETRY_AFTER};
use serde_json::{Value as Json, json};
use smoker_model::wire::error::ErrorBody;

use crate::http::access::refusal::Refusal;
use crate::http::api::answer::problem::Reason;
use crate::http::audited::Audited;
use crate::http::json_response;
use crate::http::limits;
use crate::reload_requests::request::NotTaken;
use crate::scheduler::plugin_set::ForceError;
use crate::scheduler::reports::receive::ReportError;
use crate::scheduler::silencing::SilenceError;

/// The methods of most resources, as the `Allow` header lists them.
pub(crate) const READ_ONLY: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS");
/// The methods of a silence.
pub(crate) const READ_AND_DELETE: HeaderValue = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS");
/// The methods of `/processes` and `/silences`.
pub(crate) const READ_AND_POST: HeaderValue = HeaderValue::from_static("GET, HEAD, OPTIONS, POST");

/// The methods of what is only an order.
pub(crate) const POST_ONLY: HeaderValue = HeaderValue::from_static("OPTIONS, POST");

/// Why a request has failed. Each becomes an [`ErrorBody`], but [`Self::WrongInput`], which has an example beside it.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// No such page, plugin or process; says which.
    NotFound(String),
    /// The client's identity is limited to other plugins; says so.
    Forbidden(String),
    /// The client is no longer authorized to do what it was authorized to ask for.
    Refused(Refusal),
    /// The resource does not take this method; has those that it takes.
    MethodNotAllowed(HeaderValue),
    /// The journal cannot be read; says why.
    Journal(String),
    /// Too many others read the journal at this moment.
    JournalBusy,
    /// The body is not JSON.
    NotJson,
    /// The body is JSON of the wrong kind; may have the reason.
    WrongInput(Option<&'static str>),
    /// The body does not say what is needed; says what.
    WrongBody(String),
    /// Nothing is silenced.
    Silence(SilenceError),
    /// The query of the URL has something that cannot be used; says what.
    WrongQuery(String),
    /// More names than [`limits::NAMES`].
    TooManyNames,
    /// No plugin could be forced.
    Force(ForceError),
    /// What a job reports is not taken.
    Report(ReportError),
    /// The request for a reload was not taken, or got no outcome.
    NoReload(NotTaken),
    /// The body is larger than [`limits::BODY`].
    TooLarge,
    /// The bodies of all requests, or those of this client, take more than [`limits::BODIES`] or
    /// [`limits::BODIES_OF_CLIENT`].
    TooManyBodies,
    /// More clients listen than [`limits::LISTENERS`], or what the open files allow.
    TooManyListeners,
    /// The body did not arrive within [`limits::REQUEST_TIME`].
    TooSlow,
}

impl ApiError {
    fn status(&self) -> StatusCode {
        match self {
            Self::NotFound(_) | Self::Report(ReportError::UnknownPlugin(_)) => StatusCode::NOT_FOUND,
            Self::Report(ReportError::NoJob(_)) => StatusCode::CONFLICT,
            Self::Refused(refusal) => refusal.status(),
            Self::MethodNotAllowed(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson
            | Self::WrongInput(_)
            | Self::WrongBody(_)
            | Self::WrongQuery(_)
            | Self::TooManyNames
            | Self::Force(ForceError::WrongValue(_))
            | Self::Silence(SilenceError::NoPlugin(ForceError::NoMatch | ForceError::UnknownPlugin(_))) => {
                StatusCode::BAD_REQUEST
            }
            // Unknown plugins are no error of the client by their status: the original's clients expect this one.
            Self::Journal(_) | Self::Force(ForceError::NoMatch | ForceError::UnknownPlugin(_)) => {
                StatusCode::INTERNAL_SERVER_ERROR
            }
            Self::Forbidden(_)
            | Self::Silence(SilenceError::NoPlugin(_))
            | Self::Force(ForceError::MaskedFilter(_) | ForceError::OtherPlugin(_))
            | Self::Report(ReportError::Refused(ForceError::OtherPlugin(_))) => StatusCode::FORBIDDEN,
            Self::Force(ForceError::TooFast(_)) | Self::Report(ReportError::Refused(ForceError::TooFast(_))) => {
                StatusCode::TOO_MANY_REQUESTS
            }
            Self::JournalBusy
            | Self::TooManyBodies
            | Self::TooManyListeners
            | Self::NoReload(_)
            | Self::Silence(SilenceError::Full)
            | Self::Report(ReportError::Refused(_))
            | Self::Force(ForceError::Full(_) | ForceError::Stopping) => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
        }
    }

    fn message(&self) -> String {
        match self {
            Self::NotFound(text) | Self::WrongBody(text) | Self::WrongQuery(text) | Self::Forbidden(text) => {
                text.clone()
            }
            Self::Refused(refusal) => refusal.message(),
            Self::Journal(reason) => {
                format!("The journal cannot be read: {reason}; smokerd --journal verify says more.")
            }
            Self::JournalBusy => {
                "Too many requests read the journal already: ask again later, or for less, with since.".to_owned()
            }
            Self::MethodNotAllowed(_) => "The method is not allowed for the requested URL.".to_owned(),
            Self::NotJson => "The browser (or proxy) sent a request that this server could not understand.".to_owned(),
            Self::TooManyNames => {
                format!("More than {} plugins are named: use a filter, or ask several times.", limits::NAMES)
            }
            Self::WrongInput(reason) => reason.unwrap_or_default().to_owned(),
            Self::Force(ForceError::NoMatch) => String::new(),
            Self::Force(error) => error.to_string(),
            Self::Silence(error) => error.to_string(),
            Self::Report(error) => error.to_string(),
            Self::NoReload(error) => error.to_string(),
            Self::TooLarge => format!("The body is larger than {} bytes.", limits::BODY),
            Self::TooManyBodies => {
                "The bodies of requests that are being sent take too much memory already: ask again later.".to_owned()
            }
            Self::TooManyListeners => {
                "Too many clients listen to events already, or half of all that may are of this address: ask again later, or poll \
                 /results."
                    .to_owned()
            }
            Self::TooSlow => format!("The body did not arrive within {} seconds.", limits::REQUEST_TIME.as_secs()),
        }
    }
}

/// A body of the right kind, as the original describes it.
fn example(reason: Option<&str>) -> Json {
    let mut body = json!({
        "example_input": {
            "process": {"plugins": "[STRING] | NULL", "filter": "{STRING : STRING} | NULL"}
        },
        "note": "filter is optional key : value pair of plugin parameters to filter"
    });
    if let Some(reason) = reason {
        body["message"] = Json::from(reason);
    }
    body
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.status();
        match self {
            Self::WrongInput(reason) => json_response::json(status, &example(reason)),
            Self::Refused(refusal) => {
                let audited = Audited(format!("refused: {}", refusal.message_for_log()));
                let mut response = refusal.into_response();
                response.extensions_mut().insert(audited);
                response
            }
            error => {
                let message = error.message();
                let mut response = json_response::json(status, &ErrorBody { message: message.clone() });
                response.extensions_mut().insert(Reason(message));
                match error {
                    Self::MethodNotAllowed(allowed) => {
                        response.headers_mut().insert(ALLOW, allowed);
                    }
                    Self::Force(ForceError::TooFast(seconds))
                    | Self::Report(ReportError::Refused(ForceError::TooFast(seconds))) => {
                        response.headers_mut().insert(RETRY_AFTER, seconds.into());
                    }
                    _ => {}
                }
                response
            }
        }
    }
}
