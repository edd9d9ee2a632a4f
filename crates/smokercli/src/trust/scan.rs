//! Asks daemons for their keys, shows them, and takes those that the user confirms.

use std::io::{self, BufRead, IsTerminal, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use smoker_trust::failure::Failure;
use smoker_trust::handshake::client;
use smoker_trust::handshake::explain::{Side, failure_of};
use smoker_trust::known_hosts;
use smoker_trust::pin::Pin;

use crate::cli::trust_args::ScanArgs;
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::bounded_stream::BoundedStream;
use crate::trust::parallel;
use crate::trust::targets::{self, Target};
use crate::trust_store::TrustStore;

/// How many hosts are asked at once.
const PARALLEL: usize = 64;

/// Asks each host, shows its key, and takes it when it is confirmed.
pub(super) fn run(store: &TrustStore, args: &ScanArgs, config: &ClientConfig) -> Result<u8, ExitError> {
    let targets = targets::of(&args.hosts, config)?;
    let mut accepted = Vec::new();
    for pin in &args.accept {
        accepted.push(pin.parse::<Pin>().map_err(|error| ExitError::usage(error.to_string()))?);
    }
    let pins = parallel::for_each(&targets, PARALLEL, |target| pin_of(target, args.timeout));
    let path = store.make_folder()?.path().join(known_hosts::FILE);
    let console = Console::new(Verbosity::Quiet);
    let mut code = exit_code::SUCCESS;
    let mut known = Vec::new();
    for (target, pin) in targets.iter().zip(pins) {
        let address = target.address();
        let taken = pin.and_then(|pin| confirmed(store, target, pin, &accepted).map(|()| pin));
        match taken {
            Ok(pin) => {
                known_hosts::set(&path, &address, pin).map_err(|error| ExitError::new(error.to_string()))?;
                output::print(&format!("{address}: its key {pin} is known now\n"))?;
                known.push(address);
            }
            Err(reason) => {
                code = exit_code::FAILURE;
                console.error(&sanitize::line(&format!("Host {address}: {reason}")));
            }
        }
    }
    if let Some(next) = next_step(&known) {
        console.info(&sanitize::line(&next));
    }
    Ok(code)
}

/// What lets the user ask the hosts whose keys are known now.
fn next_step(known: &[String]) -> Option<String> {
    let hosts = known.join(" ");
    (!known.is_empty()).then(|| {
        format!(
            "From now on they are asked over TLS. Next, have them accept your key, unless they do: smokercli trust add -s {hosts} --via ssh; \
             without SSH run smokerd --authorize 'LINE' on each of them with the line that smokercli trust key prints. Then try it: \
             smokercli -s {hosts}"
        )
    })
}

/// Whether the user takes this key.
///
/// # Errors
///
/// When not, and what helps.
fn confirmed(store: &TrustStore, target: &Target, pin: Pin, accepted: &[Pin]) -> Result<(), String> {
    let address = target.address();
    if accepted.contains(&pin) {
        return Ok(());
    }
    if !accepted.is_empty() {
        return Err(format!("its key is {pin}, which --accept does not list"));
    }
    let known = store.known.of(&target.host, target.port).map_or_else(Vec::new, |trust| trust.pins);
    if known.contains(&pin) {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(format!(
            "its key is {pin}; compare it with smokerd --identity on the host, then name it: smokercli trust scan -s {address} \
             --accept {pin}"
        ));
    }
    if !known.is_empty() {
        return Err(Failure::ChangedPin { host: address, known, found: pin }.for_client());
    }
    let mut error = io::stderr().lock();
    let mut answer = String::new();
    let asked =
        write!(error, "{address} has the key {pin}\nIs it what smokerd --identity prints on that host (yes/no)? ")
            .and_then(|()| error.flush())
            .and_then(|()| io::stdin().lock().read_line(&mut answer));
    if asked.is_err() || !is_yes(&answer) {
        return Err("not confirmed, so its key was not taken; answer yes to take it".to_owned());
    }
    Ok(())
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes))
}

/// The key that a daemon has.
///
/// # Errors
///
/// When it cannot be asked over TLS.
fn pin_of(target: &Target, limit: Duration) -> Result<Pin, String> {
    let addresses = (target.bare_host(), target.port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut last = "it has no address".to_owned();
    for candidate in addresses {
        let stream = TcpStream::connect_timeout(&candidate, limit);
        match stream.map_err(|error| error.to_string()).and_then(|stream| handshake(target, stream, limit)) {
            Ok(pin) => return Ok(pin),
            Err(reason) => last = reason,
        }
    }
    Err(format!("it cannot be asked for its key: {last}"))
}

/// Completes a handshake, which proves that the daemon has the key, and asks for nothing.
fn handshake(target: &Target, stream: TcpStream, limit: Duration) -> Result<Pin, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let mut stream = BoundedStream::until(stream, Instant::now() + limit).map_err(|error| text(&error))?;
    let name = ServerName::try_from(target.bare_host().to_owned()).map_err(|error| text(&error))?;
    let mut connection = ClientConnection::new(Arc::new(client::any_host()?), name).map_err(|error| text(&error))?;
    connection.complete_io(&mut stream).map_err(|error| {
        let failure = failure_of(&error, Side::Client(&target.address()));
        failure.map_or_else(|| text(&error), |failure| failure.for_client())
    })?;
    let shown = connection.peer_certificates().and_then(|chain| chain.first()).ok_or("it shows no certificate")?;
    let pin = Pin::of_certificate(shown).map_err(|error| text(&error))?;
    connection.send_close_notify();
    // A daemon that does not read it sees the connection end all the same.
    let _ = connection.write_tls(&mut stream);
    Ok(pin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_has_two_forms() {
        assert_eq!(["y\n", "Yes\n", " yes ", "YES"].map(is_yes), [true; 4]);
        assert_eq!(["", "n\n", "no\n", "yesterday\n", "yy"].map(is_yes), [false; 5]);
    }

    #[test]
    fn the_next_step_names_the_hosts() {
        assert_eq!(next_step(&[]), None);
        let next = next_step(&["web1:8086".to_owned(), "web2:8086".to_owned()]).expect("a step");
        assert!(
            next.contains("trust add -s web1:8086 web2:8086 --via ssh") && next.contains("smokerd --authorize"),
            "{next}"
        );
    }
}
