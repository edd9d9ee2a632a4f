//! Has the user's key accepted by daemons over SSH, and takes theirs.

use smoker_trust::access::authorized_clients::AuthorizedClient;
use smoker_trust::known_hosts;
use smoker_trust::pin::Pin;

use crate::cli::trust_args::AddArgs;
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::targets::{self, Target};
use crate::trust::{operator, parallel, ssh};
use crate::trust_store::TrustStore;
use smoker_model::notation::shell_word;

/// Runs `smokerd --authorize` on each host, whose last line is the daemon's pin.
pub(super) fn run(store: &TrustStore, args: &AddArgs, config: &ClientConfig) -> Result<u8, ExitError> {
    let targets = targets::of(&args.hosts, config)?;
    let client = operator::line(store, &args.identity)?;
    let replace = if args.replace { " --replace" } else { "" };
    let command = format!("{} --authorize {}{replace}", args.smokerd.command, shell_word::quoted(&client.line()));
    let options = &args.smokerd.ssh;
    let answers = parallel::for_each(&targets, options.parallel, |target| ssh::run(options, target, &command, b""));
    let console = Console::new(Verbosity::Quiet);
    let mut code = exit_code::SUCCESS;
    for (target, answer) in targets.iter().zip(answers) {
        if let Ok(printed) = &answer {
            printed.notes().for_each(|note| console.warn(&format!("Host {}: {note}", target.address())));
        }
        match answer.and_then(|printed| take(store, target, pin_of(&printed.stdout)?, &client)) {
            Ok(line) => output::print(&format!("{line}\n"))?,
            Err(reason) => {
                code = exit_code::FAILURE;
                console.error(&sanitize::line(&format!("Host {}: {reason}", target.address())));
            }
        }
    }
    Ok(code)
}

/// The pin that a daemon's command printed last. What else a shell prints, before it or at its end, says nothing.
///
/// # Errors
///
/// When there is none.
pub(super) fn pin_of(printed: &str) -> Result<Pin, String> {
    let mut lines = printed.lines().rev().map(str::trim).filter(|line| !line.is_empty());
    let last = lines.clone().next().unwrap_or_default();
    lines.find_map(|line| line.parse().ok()).ok_or_else(|| {
        format!(
            "the command printed no pin of the daemon, but {last:?}; is smokerd on the host older than this smokercli?"
        )
    })
}

fn take(store: &TrustStore, target: &Target, pin: Pin, client: &AuthorizedClient) -> Result<String, String> {
    let folder = store.make_folder().map_err(|error| error.message)?;
    let path = folder.path().join(known_hosts::FILE);
    let before = known_hosts::set(&path, &target.address(), pin).map_err(|error| error.to_string())?;
    let (name, role) = (&client.grant.name, client.grant.role);
    let changed = before.iter().find(|before| **before != pin);
    let changed = changed.map_or(String::new(), |before| format!(", which was {before} before"));
    Ok(format!("{}: {name} has the role {role}; the key of the host is {pin}{changed}", target.address()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_found_among_what_shells_print() {
        let pin = Pin::of_public_key(b"key");
        for printed in [format!("{pin}\n"), format!("Welcome\r\n{pin}\r\n\n"), format!("\u{1b}[2J\n{pin}\nlogout\n")] {
            assert_eq!(pin_of(&printed), Ok(pin), "{printed:?}");
        }
        assert!(pin_of("Welcome\n").is_err_and(|reason| reason.contains("Welcome")));
    }
}
