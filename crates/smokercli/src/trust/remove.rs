//! Forgets the keys of daemons; with `--via ssh` the daemons are asked first to withdraw the access of a client.

use std::path::Path;

use smoker_trust::known_hosts;

use crate::cli::trust_args::RemoveArgs;
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::targets::{self, Target};
use crate::trust::{parallel, ssh};
use crate::trust_store::TrustStore;
use smoker_model::notation::shell_word;

/// Runs `smokerd --withdraw` on each host, where that is wanted, and forgets the hosts for which it succeeds.
pub(super) fn run(store: &TrustStore, args: &RemoveArgs, config: &ClientConfig) -> Result<u8, ExitError> {
    let targets = targets::of(&args.hosts, config)?;
    let withdrawn = match &args.via {
        Some(_) => withdraw(store, args, &targets)?,
        None => targets.iter().map(|_| Ok(())).collect(),
    };
    let path = store.make_folder()?.path().join(known_hosts::FILE);
    let console = Console::new(Verbosity::Quiet);
    let mut code = exit_code::SUCCESS;
    for (target, withdrawn) in targets.iter().zip(withdrawn) {
        match withdrawn.and_then(|()| conclude(args, target, &path)) {
            Ok(text) => output::print(&text)?,
            Err(reason) => {
                code = exit_code::FAILURE;
                console.error(&sanitize::line(&format!("Host {}: {reason}", target.address())));
            }
        }
    }
    Ok(code)
}

fn withdraw(store: &TrustStore, args: &RemoveArgs, targets: &[Target]) -> Result<Vec<Result<(), String>>, ExitError> {
    let client = match &args.client {
        Some(client) => client.clone(),
        None => match store.own().map_err(|error| ExitError::new(error.to_string()))? {
            Some(own) => own.pin.to_string(),
            None => {
                return Err(ExitError::new(
                    "you have no key whose access could be withdrawn; name another by --client NAME|PIN",
                ));
            }
        },
    };
    let command = format!("{} --withdraw {}", args.smokerd.command, shell_word::quoted(&client));
    let options = &args.smokerd.ssh;
    Ok(parallel::for_each(targets, options.parallel, |target| ssh::run(options, target, &command, b"").map(|_| ())))
}

/// What is printed for a host, which is forgotten unless the access of another client was withdrawn.
fn conclude(args: &RemoveArgs, target: &Target, path: &Path) -> Result<String, String> {
    let address = target.address();
    if let Some(client) = &args.client {
        return Ok(format!("{address}: the access of {client} is withdrawn\n"));
    }
    let removed = known_hosts::remove(path, &address).map_err(|error| error.to_string())?;
    if removed.is_empty() && args.via.is_none() {
        return Err("no key is known; smokercli trust list shows those that are".to_owned());
    }
    let withdrawn = if args.via.is_some() { format!("{address}: your access is withdrawn\n") } else { String::new() };
    let forgotten = removed.iter().map(|host| format!("{}: forgotten, {}\n", host.host, host.pin));
    Ok(withdrawn + &forgotten.collect::<String>())
}
