//! Why a request is refused before any page sees it, as a response.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use smoker_model::wire::error::ErrorBody;
use smoker_trust::failure::Failure;
use smoker_trust::role::Role;

use crate::http::access::client::{Client, Proof};
use crate::http::access::peer::Peer;
use crate::http::json_response;
use crate::http::limits;

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A browser asks on behalf of another site, the request is for a foreign name, or the client's network is not allowed;
    /// says which.
    Forbidden(String),
    /// A request without an identity may not do this; says what helps.
    Unauthorized(String),
    /// The client has not proved who it is, or may not do this.
    Failed(Failure),
    /// A header that may be there once is there twice; says which.
    BadRequest(&'static str),
    /// Path and headers are larger than [`limits::HEADERS`], or more than [`limits::HEADER_COUNT`].
    HeadersTooLarge,
}

impl Refusal {
    /// For a client that may not do what needs this role.
    pub(crate) fn role_too_small(client: &Client, needed: Role) -> Self {
        match (&client.proof, &client.peer, client.role) {
            (Proof::Account, Peer::Unix(account), None) => {
                Self::Failed(Failure::SocketWithoutRight { user: account.uid })
            }
            (Proof::Account, Peer::Unix(account), Some(role)) => Self::Forbidden(format!(
                "The account with uid {} has only the role {role} on the socket, and this needs {needed}; ask as root or as a member of \
                 the group smoker{}",
                account.uid,
                or_local_role(needed)
            )),
            (Proof::Token(name) | Proof::Certificate { name, .. }, _, Some(has)) => {
                Self::Failed(Failure::RoleTooSmall { name: name.clone(), has, needs: needed })
            }
            (_, _, Some(role)) => Self::Unauthorized(format!(
                "A request without an identity has only the role {role}, and this needs {needed}; ask with a key or a token, or over the \
                 socket as root{}",
                or_local_role(needed)
            )),
            (_, _, None) => Self::Failed(Failure::AnonymousRefused),
        }
    }

    /// The status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::Failed(failure) => StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::FORBIDDEN),
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    /// The reason, as the client reads it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Forbidden(message) | Self::Unauthorized(message) => message.clone(),
            Self::Failed(failure) => failure.for_client(),
            Self::BadRequest(message) => (*message).to_owned(),
            Self::HeadersTooLarge => format!(
                "Path and headers are larger than {} bytes, or more than {} headers.",
                limits::HEADERS,
                limits::HEADER_COUNT
            ),
        }
    }

    /// The reason, as the log of the daemon has it.
    pub(crate) fn message_for_log(&self) -> String {
        match self {
            Self::Failed(failure) => failure.for_daemon(),
            other => other.message(),
        }
    }
}

/// `local_role` never makes an administrator.
fn or_local_role(needed: Role) -> &'static str {
    if needed == Role::Admin { "" } else { ", or change 'local_role' in the configuration" }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = json_response::json(status, &ErrorBody { message: self.message() });
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Self::Failed(Failure::TooManyAttempts { retry_after }) = self {
            headers.insert(RETRY_AFTER, retry_after.into());
        }
        response
    }
}
