//! Why a request is refused before any page sees it, as a response.

use axum::response::{IntoResponse, Response};
use hyper::StatusCode;
use hyper::header::{HeaderValue, WWW_AUTHENTICATE};
use smoker_model::wire::error::ErrorBody;

use crate::http::access::identity::{Identity, Proof};
use crate::http::access::peer::Peer;
use crate::http::access::role::Role;
use crate::http::json_response;
use crate::http::limits;

/// Why a request is refused.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A browser asks on behalf of another site, the request is for a foreign name, the client's network is not allowed, or
    /// its role is too small; says which.
    Forbidden(String),
    /// The client has not proved who it is; says how it can.
    Unauthorized(String),
    /// A header that may be there once is there twice; says which.
    BadRequest(&'static str),
    /// Path and headers are larger than [`limits::HEADERS`], or more than [`limits::HEADER_COUNT`].
    HeadersTooLarge,
}

impl Refusal {
    /// For a client that may not do what needs this role.
    pub(crate) fn role_too_small(identity: &Identity, needed: Role) -> Self {
        let cure = match needed {
            Role::Read | Role::Run => {
                "use the Unix socket as root or as a member of the group smoker, or change 'local_role'"
            }
            Role::Admin => "use the Unix socket as root or as a member of the group smoker",
        };
        let allowed = identity.role.map_or_else(|| "nothing".to_owned(), |role| format!("only the role {role}"));
        match (&identity.proof, identity.peer) {
            (Proof::Account, Peer::Unix(account)) => Self::Forbidden(format!(
                "This needs the role {needed}, and the account with uid {} has {allowed} on the socket: {cure}.",
                account.uid
            )),
            _ => Self::Unauthorized(format!(
                "This needs the role {needed}, and requests without an identity have {allowed}: {cure}."
            )),
        }
    }

    /// The status of the response.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::Unauthorized(_) => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::HeadersTooLarge => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        }
    }

    /// The reason, as the client reads it.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Forbidden(message) | Self::Unauthorized(message) => message.clone(),
            Self::BadRequest(message) => (*message).to_owned(),
            Self::HeadersTooLarge => format!(
                "Path and headers are larger than {} bytes, or more than {} headers.",
                limits::HEADERS,
                limits::HEADER_COUNT
            ),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = json_response::json(self.status(), &ErrorBody { message: self.message() });
        if matches!(self, Self::Unauthorized(_)) {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
