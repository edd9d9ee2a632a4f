//! The user's key.

use std::io::{self, IsTerminal};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use smoker_trust::access::authorized_clients::AuthorizedClient;
use smoker_trust::access::entry;
use smoker_trust::identity::own::OwnIdentity;

use crate::cli::trust_args::KeyOptions;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::output;
use crate::trust_store::{TrustStore, user_at_host};
use smoker_model::notation::shell_word::quoted;

/// The user's key, made when there is none.
///
/// # Errors
///
/// When it cannot be used or made.
pub(super) fn identity(store: &TrustStore) -> Result<OwnIdentity, ExitError> {
    OwnIdentity::load_or_make(&store.make_folder()?, &user_at_host()).map_err(|error| ExitError::new(error.to_string()))
}

/// The line that lets the user's key in.
///
/// # Errors
///
/// When the key, the name or the time cannot be used.
pub(super) fn line(store: &TrustStore, options: &KeyOptions) -> Result<AuthorizedClient, ExitError> {
    let name = options.name.clone().unwrap_or_else(user_at_host);
    let mut line = identity(store)?.pin.to_string();
    entry::push(&mut line, "name", &name);
    options.options().for_each(|(option, value)| entry::push(&mut line, option, value));
    AuthorizedClient::from_command(&line, now()).map_err(ExitError::usage)
}

/// Makes the key and prints its line.
pub(super) fn print_key(store: &TrustStore, options: &KeyOptions) -> Result<u8, ExitError> {
    let line = line(store, options)?.line();
    output::print(&format!("{line}\n"))?;
    // Programs read standard output alone.
    if io::stderr().is_terminal() {
        let console = Console::new(Verbosity::Quiet);
        console.info(&format!(
            "A host accepts your key by this command, as root on it: smokerd --authorize {}",
            quoted(&line)
        ));
    }
    Ok(exit_code::SUCCESS)
}

/// The time of this machine.
pub(super) fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}
