//! Who may see a page that others than its user can reach: requests with a token.

use std::path::{Path, PathBuf};

use axum::http::header::{AUTHORIZATION, HeaderMap, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use smoker_trust::access::bearer;
use smoker_trust::access::tokens::Tokens;
use smoker_trust::failure::Failure;
use smoker_trust::role::Role;
use smokercli::error::ExitError;

/// Has a browser ask for the token, as a password for any user; programs send it as `Bearer`.
const ASKING: HeaderValue =
    HeaderValue::from_static("Basic realm=\"Smoker fleet: a token as the password\", charset=\"UTF-8\"");

/// The file of tokens, which is read for each request: one that is removed counts no longer.
#[derive(Clone, Debug)]
pub(crate) struct TokenFile(PathBuf);

impl TokenFile {
    /// The file at this path, which has to have a token.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or has none.
    pub(crate) fn open(path: &Path) -> Result<Self, ExitError> {
        let tokens = Tokens::load(path).map_err(|error| ExitError::new(format!("--tokens: {error}")))?;
        if let Some(problem) = tokens.problems.first() {
            return Err(ExitError::new(format!("--tokens: {}: {problem}", path.display())));
        }
        if tokens.tokens.is_empty() {
            return Err(ExitError::new(format!(
                "--tokens: {} has no token, so nobody could see the page: smokerd --token add NAME --role read makes one, in state_dir/tokens",
                path.display()
            )));
        }
        Ok(Self(path.to_owned()))
    }

    /// Why a request from this address may not see the page; none if it may.
    pub(crate) fn refusal(&self, headers: &HeaderMap, address: std::net::IpAddr) -> Option<Response> {
        let failure = self.check(headers, address).err()?;
        let status = StatusCode::from_u16(failure.status()).unwrap_or(StatusCode::UNAUTHORIZED);
        let text = match failure {
            // The sentence of the failure is about a daemon.
            Failure::NoIdentity => "This page needs a token: it is the password, for any user\n".to_owned(),
            failure => format!("{failure}\n"),
        };
        let mut response = (status, text).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(WWW_AUTHENTICATE, ASKING);
        }
        Some(response)
    }

    fn check(&self, headers: &HeaderMap, address: std::net::IpAddr) -> Result<(), Failure> {
        let mut sent = headers.get_all(AUTHORIZATION).iter();
        let header = sent.next().ok_or(Failure::NoIdentity)?;
        if sent.next().is_some() {
            return Err(Failure::MalformedToken);
        }
        let token = bearer::token_or_password(header.as_bytes())?;
        let grant = Tokens::load(&self.0).unwrap_or_else(|_| Tokens::unreadable()).identify(&token)?;
        grant.check(Utc::now(), Some(address))?;
        grant.require(Role::Read)?;
        if !grant.scope.is_everything() {
            // The page has no part for some plugins alone.
            return Err(Failure::OtherPlugin { name: grant.name.clone(), plugin: "all of the fleet".to_owned() });
        }
        Ok(())
    }
}
