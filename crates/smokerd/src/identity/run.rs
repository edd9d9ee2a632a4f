//! Each command from its beginning to its end. What a script reads is printed on standard output, what was done on standard error.

use std::path::Path;

use chrono::Utc;
use smoker_trust::access::authorized_clients::AuthorizedClient;
use smoker_trust::access::tokens::grant_from_command;

use crate::exit_code;
use crate::identity::host_state::HostState;
use crate::identity::identity_request::IdentityRequest;
use crate::identity::{clients, tokens};
use crate::output;

/// Does what the request asks for, with the state folder of this configuration.
///
/// # Errors
///
/// Why nothing was done, and what helps.
pub(crate) fn run(request: &IdentityRequest, config: &Path) -> Result<u8, String> {
    // A line that is wrong is refused before anything is made.
    match request {
        IdentityRequest::Show => output::print_line(format_args!("{}", HostState::of(config)?.pin()?))?,
        IdentityRequest::Authorize(line, same_key) => {
            let client = AuthorizedClient::from_command(line, Utc::now())
                .map_err(|reason| format!("the line cannot be added: {reason}"))?;
            clients::authorize(&HostState::of(config)?, &client, *same_key)?;
        }
        IdentityRequest::ListClients => clients::list(&HostState::of(config)?)?,
        IdentityRequest::Withdraw(client) => clients::withdraw(&HostState::of(config)?, client)?,
        IdentityRequest::AddToken { name, options } => {
            let grant = grant_from_command(name, options, Utc::now())
                .map_err(|reason| format!("the token cannot be made: {reason}"))?;
            tokens::add(&HostState::of(config)?, &grant)?;
        }
        IdentityRequest::ListTokens => tokens::list(&HostState::of(config)?)?,
        IdentityRequest::RemoveToken(name) => tokens::remove(&HostState::of(config)?, name)?,
    }
    Ok(exit_code::SUCCESS)
}
