//! Each command from its beginning to its end. What a script reads is printed on standard output, what was done on standard error.

use std::path::Path;

use chrono::Utc;
use smoker_trust::access::authorized_clients::{self, AuthorizedClient};
use smoker_trust::access::expiry;
use smoker_trust::access::grant::Grant;
use smoker_trust::access::tokens::{self, Tokens};

use crate::exit_code;
use crate::identity::first_identity;
use crate::identity::host_state::HostState;
use crate::identity::identity_request::IdentityRequest;
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
        IdentityRequest::Authorize(line) => {
            let client = AuthorizedClient::from_command(line, Utc::now())
                .map_err(|reason| format!("the line cannot be added: {reason}"))?;
            authorize(&HostState::of(config)?, &client)?;
        }
        IdentityRequest::Withdraw(client) => withdraw(&HostState::of(config)?, client)?,
        IdentityRequest::AddToken { name, options } => {
            let grant = tokens::grant_from_command(name, options, Utc::now())
                .map_err(|reason| format!("the token cannot be made: {reason}"))?;
            add_token(&HostState::of(config)?, &grant)?;
        }
        IdentityRequest::ListTokens => list_tokens(&HostState::of(config)?)?,
        IdentityRequest::RemoveToken(name) => remove_token(&HostState::of(config)?, name)?,
    }
    Ok(exit_code::SUCCESS)
}

fn authorize(host: &HostState, client: &AuthorizedClient) -> Result<(), String> {
    let path = host.folder.join(authorized_clients::FILE);
    let added = authorized_clients::add(&path, client).map_err(|error| error.to_string())?;
    let verb = if added.replaced.is_some() { "Replaced the line of the same key" } else { "Added a line" };
    output::report(format_args!("{verb} in {}: {}", path.display(), described(&added.client.grant)));
    tell_first(host)?;
    output::print_line(format_args!("{}", host.pin()?))?;
    Ok(())
}

fn withdraw(host: &HostState, client: &str) -> Result<(), String> {
    let path = host.folder.join(authorized_clients::FILE);
    let removed = authorized_clients::remove(&path, client).map_err(|error| error.to_string())?;
    for AuthorizedClient { pin, grant, .. } in &removed {
        output::report(format_args!(
            "Removed the line of {} ({pin}); it is refused from now on, also on connections that are open.",
            grant.name
        ));
    }
    if removed.is_empty() {
        return Err(format!(
            "no line of {} has the name or the pin {client:?}; look into the file for those that there are",
            path.display()
        ));
    }
    Ok(())
}

fn add_token(host: &HostState, grant: &Grant) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    let what = described(grant);
    let added = tokens::add(&path, grant, Utc::now()).map_err(|error| error.to_string())?;
    output::report(format_args!("Added a token in {}: {what}. It is shown this once:", path.display()));
    tell_first(host)?;
    if let Err(error) = output::print_secret(added.secret.expose()) {
        let is_removed = tokens::remove(&path, &grant.name).is_ok();
        let next = if is_removed { "it is removed again" } else { "remove it with smokerd --token remove" };
        return Err(format!("{error}; nobody has read the token, so {next}"));
    }
    Ok(())
}

fn tell_first(host: &HostState) -> Result<(), String> {
    if let Some(text) = first_identity::note(host)? {
        output::report(format_args!("{text}"));
    }
    Ok(())
}

fn list_tokens(host: &HostState) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    let tokens = Tokens::load(&path).map_err(|error| error.to_string())?;
    for problem in &tokens.problems {
        output::report(format_args!("WARNING: {}: {problem}", path.display()));
    }
    for token in &tokens.tokens {
        let created = token.created.map_or_else(String::new, |at| format!(", made {}", expiry::text(at)));
        output::print_line(format_args!("{}{created}", described(&token.grant)))?;
    }
    Ok(())
}

fn remove_token(host: &HostState, name: &str) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    if tokens::remove(&path, name).map_err(|error| error.to_string())? {
        output::report(format_args!("Removed the token {name}; it is refused from now on."));
        return Ok(());
    }
    Err(format!("there is no token {name:?} in {}; smokerd --token list shows those that there are", path.display()))
}

/// A grant in a few words.
fn described(grant: &Grant) -> String {
    let expires = grant.expires.map_or_else(String::new, |at| format!(" until {}", expiry::text(at)));
    let networks = grant.from.iter().map(|network| format!("from={network}"));
    let limits = grant.scope.options().map(|(name, value)| format!("{name}={value}"));
    let limits: Vec<_> = networks.chain(limits).collect();
    let limits = if limits.is_empty() { String::new() } else { format!(", for {}", limits.join(" ")) };
    format!("{} has the role {}{expires}{limits}", grant.name, grant.role)
}
