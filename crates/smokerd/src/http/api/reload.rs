//! `POST /reload`: the daemon reads its configuration again, as on SIGHUP, and the answer says what became of it.

use axum::Extension;
use axum::extract::State;
use axum::response::Response;
use hyper::header::HeaderMap;
use hyper::{StatusCode, Uri};
use smoker_model::wire::reload::{ReloadOutcome, ReloadPage};

use crate::http::api::answer::error::ApiError;
use crate::http::api::request::wait;
use crate::http::audited::Audited;
use crate::http::connections::activity::ConnectionActivity;
use crate::http::json_response;
use crate::http::limits;
use crate::reload_requests::report::{Outcome, ReloadReport};
use crate::reload_requests::request::{NotTaken, ReloadRequests, RequestedBy};
use crate::results::requester::Requester;
use crate::scheduler::manager::PluginManager;

/// Reloads the configuration. Waits for the outcome, unless the request wants an answer earlier.
pub(crate) async fn reload(
    State(reloads): State<ReloadRequests>,
    State(manager): State<PluginManager>,
    Extension(activity): Extension<ConnectionActivity>,
    Extension(requester): Extension<Requester>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let span = wait::named(&uri, &headers)?.unwrap_or(limits::WAIT);
    let outcome = reloads.ask(RequestedBy::Client).map_err(ApiError::NoReload)?;
    let outcome = async {
        tokio::select! {
            biased;
            outcome = outcome => outcome.ok(),
            () = manager.stopping() => None,
        }
    };
    let (status, mut page) = match wait::for_outcome(outcome, span, &activity).await {
        Some(Some(report)) => page(&report),
        Some(None) => return Err(ApiError::NoReload(NotTaken::Stopping)),
        None => (StatusCode::ACCEPTED, pending()),
    };
    let audited = Audited(page.message.clone());
    if requester.limits.is_some() {
        without_names(page.outcome).clone_into(&mut page.message);
        page.problems.clear();
    }
    let mut response = json_response::json(status, &page);
    response.extensions_mut().insert(audited);
    Ok(response)
}

/// The outcome for a client that may not see all plugins: the sentence and the problems would tell it of the others.
fn without_names(outcome: ReloadOutcome) -> &'static str {
    match outcome {
        ReloadOutcome::InEffect => "The configuration is in effect",
        ReloadOutcome::InPart => "The configuration is in effect in part; the daemon's log says what of it is not",
        ReloadOutcome::Refused => {
            "The configuration is refused, and the previous one stays in effect; the daemon's log says why"
        }
        ReloadOutcome::Pending => "The configuration is being read; the daemon's log will have the outcome",
    }
}

/// A configuration that is refused is an error: a script that looks at the status alone has to see it.
fn page(report: &ReloadReport) -> (StatusCode, ReloadPage) {
    let (status, outcome) = match report.outcome {
        Outcome::InEffect => (StatusCode::OK, ReloadOutcome::InEffect),
        Outcome::InPart => (StatusCode::OK, ReloadOutcome::InPart),
        Outcome::Refused => (StatusCode::CONFLICT, ReloadOutcome::Refused),
    };
    (status, ReloadPage { outcome, message: report.summary.clone(), problems: report.lines().collect() })
}

fn pending() -> ReloadPage {
    let outcome = ReloadOutcome::Pending;
    ReloadPage { outcome, message: without_names(outcome).to_owned(), problems: Vec::new() }
}
