//! The commands about keys.

use std::path::Path;

use chrono::Utc;
use smoker_trust::access::authorized_clients::{self, AuthorizedClient, AuthorizedClients};
use smoker_trust::access::client_lines::{self, Added, SameKey};
use smoker_trust::access::tokens;

use crate::identity::described::described;
use crate::identity::first_identity;
use crate::identity::host_state::HostState;
use crate::output;

/// Adds a line, and prints the pin of the host.
///
/// # Errors
///
/// When the key has another line, which stays, or a file cannot be used.
pub(super) fn authorize(host: &HostState, client: &AuthorizedClient, same_key: SameKey) -> Result<(), String> {
    let path = host.folder.join(authorized_clients::FILE);
    let added = client_lines::add(&path, client, same_key).map_err(|error| error.to_string())?;
    let now = described(&client.grant, Utc::now());
    let path = path.display();
    match added {
        Added::New => output::report(format_args!("Added a line in {path}: {now}")),
        Added::Same => output::report(format_args!("The line is in {path} already: {now}")),
        Added::Replaced(changes) => {
            output::report(format_args!("Replaced the line of the same key in {path}: {now} ({changes})"));
        }
    }
    first_identity::report(host)?;
    if let Some(text) = host.unreachable() {
        output::report(format_args!("NOTE: {text}"));
    }
    output::print_line(format_args!("{}", host.pin()?))?;
    Ok(())
}

/// Lists the lines.
///
/// # Errors
///
/// When they cannot be read.
pub(super) fn list(host: &HostState) -> Result<(), String> {
    let path = host.folder.join(authorized_clients::FILE);
    let known = AuthorizedClients::load(&path).map_err(|error| error.to_string())?;
    for problem in &known.problems {
        output::report(format_args!("WARNING: {}: {problem}", path.display()));
    }
    if known.clients.is_empty() {
        output::report(format_args!("{} has no key; smokerd --authorize adds one", path.display()));
    }
    for client in &known.clients {
        output::print_line(format_args!("{} {}", client.pin, of_line(client)))?;
    }
    Ok(())
}

/// A line in words.
fn of_line(client: &AuthorizedClient) -> String {
    let what = described(&client.grant, Utc::now());
    match (client.is_authority, &*client.subjects) {
        (false, _) => what,
        (true, []) => format!("{what}: an authority, for all clients that it has signed"),
        (true, names) => format!("{what}: an authority, for its clients {}", names.join(", ")),
    }
}

/// Removes the lines of a name or a pin, and the token of the name.
///
/// # Errors
///
/// When there is neither, or a file cannot be used.
pub(super) fn withdraw(host: &HostState, client: &str) -> Result<(), String> {
    let (keys, tokens) = (host.folder.join(authorized_clients::FILE), host.folder.join(tokens::FILE));
    // What cannot be done with one file keeps nothing from being done with the other.
    let of_keys = withdraw_keys(&keys, client);
    let of_token = tokens::remove(&tokens, client).map_err(|error| error.to_string());
    if of_token == Ok(true) {
        output::report(format_args!("Removed the token {client}; it is refused from now on."));
    }
    let (of_keys, of_token) = (of_keys?, of_token?);
    if !of_keys && !of_token {
        return Err(format!(
            "neither a line of {} nor a token has the name or the pin {client:?}; smokerd --authorized and smokerd --token list show \
             those that there are",
            keys.display()
        ));
    }
    Ok(())
}

/// Whether there were lines to remove.
fn withdraw_keys(path: &Path, client: &str) -> Result<bool, String> {
    let removed = client_lines::remove(path, client).map_err(|error| error.to_string())?;
    for AuthorizedClient { pin, grant, .. } in &removed {
        output::report(format_args!(
            "Removed the line of {} ({pin}); it is refused from now on, also on connections that are open.",
            grant.name
        ));
    }
    Ok(!removed.is_empty())
}
