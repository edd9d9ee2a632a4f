//! The commands about tokens.

use chrono::Utc;
use smoker_trust::access::expiry;
use smoker_trust::access::grant::Grant;
use smoker_trust::access::tokens::{self, Tokens};

use crate::identity::described::described;
use crate::identity::first_identity;
use crate::identity::host_state::HostState;
use crate::output;

/// Makes a token, and prints it this once.
///
/// # Errors
///
/// When its name is taken, a file cannot be used, or nobody can read the token.
pub(super) fn add(host: &HostState, grant: &Grant) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    let now = Utc::now();
    let what = described(grant, now);
    let secret = tokens::add(&path, grant, now).map_err(|error| error.to_string())?;
    output::report(format_args!("Added a token in {}: {what}. It is shown this once:", path.display()));
    if let Err(error) = output::print_secret(secret.expose()) {
        let is_removed = tokens::remove(&path, &grant.name).is_ok();
        let next = if is_removed { "it is removed again" } else { "remove it with smokerd --token remove" };
        return Err(format!("{error}; nobody has read the token, so {next}"));
    }
    // Behind the token, which nobody could read any more if this failed.
    first_identity::report(host)
}

/// Lists the tokens, without their texts.
///
/// # Errors
///
/// When they cannot be read.
pub(super) fn list(host: &HostState) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    let tokens = Tokens::load(&path).map_err(|error| error.to_string())?;
    for problem in &tokens.problems {
        output::report(format_args!("WARNING: {}: {problem}", path.display()));
    }
    if tokens.tokens.is_empty() {
        output::report(format_args!("{} has no token; smokerd --token add makes one", path.display()));
    }
    for token in &tokens.tokens {
        let created = token.created.map_or_else(String::new, |at| format!(", made {}", expiry::text(at)));
        output::print_line(format_args!("{}{created}", described(&token.grant, Utc::now())))?;
    }
    Ok(())
}

/// Removes a token.
///
/// # Errors
///
/// When there is none of this name, or the file cannot be used.
pub(super) fn remove(host: &HostState, name: &str) -> Result<(), String> {
    let path = host.folder.join(tokens::FILE);
    if tokens::remove(&path, name).map_err(|error| error.to_string())? {
        output::report(format_args!("Removed the token {name}; it is refused from now on."));
        return Ok(());
    }
    Err(format!("there is no token {name:?} in {}; smokerd --token list shows those that there are", path.display()))
}
