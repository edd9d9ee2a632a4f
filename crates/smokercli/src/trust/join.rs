//! A host without SSH joins: the operator's command waits for it, once, and both prove who they are by TLS. The host has a token with the pin of
//! the authority that has to answer; its own key is proven by the handshake.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use smoker_trust::access::authorized_clients::{self, AuthorizedClient, AuthorizedClients, SameKey};
use smoker_trust::ca::join_token::JoinToken;
use smoker_trust::ca::sign::{Authority, Purpose};
use smoker_trust::handshake::explain::{Side, failure_of};
use smoker_trust::handshake::{client, server};
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::identity::{certificate, key};
use smoker_trust::known_hosts::HostTrust;

use crate::cli::trust_args::CaJoinArgs;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::{ca, operator, ssh};
use crate::trust_store::TrustStore;

/// The name that the operator's command has in its certificate.
const NAME: &str = "join.smoker";

/// How long one connection may take.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// How often to look for a connection while the time runs.
const INTERVAL: Duration = Duration::from_millis(50);

/// What the first identity of a host changes there.
const FIRST: &str = "from now on this host is authenticated unless its configuration sets access: requests from other hosts need TLS, and a \
                     key or a token; to go on answering everybody, write `access: open` into it and reload";

/// No answer is longer.
const MAX_BYTES: u64 = 1 << 20;

/// Waits for a host, or joins with a token.
pub(super) fn run(store: &TrustStore, args: &CaJoinArgs) -> Result<u8, ExitError> {
    match (&args.listen, &args.token_file) {
        (Some(address), _) => listen(store, args, address),
        (None, Some(path)) => join(args, path),
        (None, None) => Err(ExitError::usage("name a file with the token, or --listen HOST:PORT")),
    }
}

/// Prints the token and waits until a host has joined with it, or the time is over.
fn listen(store: &TrustStore, args: &CaJoinArgs, address: &str) -> Result<u8, ExitError> {
    if args.hosts.is_empty() {
        return Err(ExitError::usage("--listen needs the names of the host that joins; name them by -s NAME"));
    }
    let authority = ca::authority(store)?;
    let client = operator::line(store, &args.identity)?;
    let config = own_config(&authority).map_err(ExitError::new)?;
    let failed = |error: io::Error| {
        ExitError::new(format!("cannot wait at {address}: {error}; name an address of this machine"))
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let token = JoinToken::make(address, authority.pin()).map_err(ExitError::new)?;
    output::print(&format!("{}\n", token.expose()))?;
    let console = Console::new(Verbosity::Quiet);
    let begun = Instant::now();
    while begun.elapsed() < args.timeout {
        let Ok((stream, from)) = listener.accept() else {
            sleep(INTERVAL);
            continue;
        };
        match serve(stream, &config, &token, &authority, &args.hosts, &client) {
            Ok(until) => {
                output::print(&format!(
                    "{}: joined from {from}; its certificate is valid until {until}\n",
                    args.hosts.join(", ")
                ))?;
                return Ok(exit_code::SUCCESS);
            }
            Err(reason) => console.warn(&sanitize::line(&format!("{from} did not join: {reason}"))),
        }
    }
    Err(ExitError::new(format!("no host has joined within {} s; the token is void now", args.timeout.as_secs())))
}

/// TLS with a key for this time alone, which the authority has signed.
fn own_config(authority: &Authority) -> Result<Arc<ServerConfig>, String> {
    let key = key::make()?.into();
    let request = certificate::self_signed(&key::pair(&key)?, NAME)?;
    let chain = authority.sign(&request, &[NAME.to_owned()], Purpose::Daemon, operator::now())?;
    server::config(&OwnIdentity { key, chain, pin: authority.pin() })
}

/// Takes the token, and answers with the signed certificate and the operator's line.
fn serve(
    stream: TcpStream,
    config: &Arc<ServerConfig>,
    token: &JoinToken,
    authority: &Authority,
    names: &[String],
    client: &AuthorizedClient,
) -> Result<String, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    limited(&stream).map_err(|error| text(&error))?;
    let connection = ServerConnection::new(Arc::clone(config)).map_err(|error| text(&error))?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    (&mut stream).take(MAX_BYTES).read_line(&mut line).map_err(|error| explained(&error, Side::Daemon))?;
    let shown: JoinToken = line.parse().map_err(|error: smoker_trust::ca::join_token::JoinTokenError| text(&error))?;
    if !shown.is(token) {
        return Err("its token is another one".to_owned());
    }
    let mut stream = stream.into_inner();
    let certificate = stream.conn.peer_certificates().and_then(|chain| chain.first()).cloned();
    let certificate = certificate.ok_or("it showed no certificate")?;
    let (chain, until) = ca::signed(authority, &certificate, names)?;
    stream.write_all(format!("{}\n{chain}", client.line()).as_bytes()).map_err(|error| text(&error))?;
    stream.conn.send_close_notify();
    stream.flush().map_err(|error| text(&error))?;
    Ok(until)
}

/// Joins on this host with the token of a file.
fn join(args: &CaJoinArgs, path: &Path) -> Result<u8, ExitError> {
    let read = if path == Path::new("-") { io::read_to_string(io::stdin()) } else { fs::read_to_string(path) };
    let text =
        read.map_err(|error| ExitError::new(format!("{}: {error}; name a file with the token", path.display())))?;
    let token: JoinToken = text
        .parse()
        .map_err(|error: smoker_trust::ca::join_token::JoinTokenError| ExitError::new(error.to_string()))?;
    let identity = ca::daemon(&args.state_dir.state_dir)?;
    let answer = ask(&token, &identity).map_err(|reason| ExitError::new(format!("{}: {reason}", token.address)))?;
    let (line, chain) = answer.split_once('\n').unwrap_or_default();
    let client = AuthorizedClient::parse(line).map_err(|reason| {
        ExitError::new(format!("{} refused the token or sent no line of a client: {reason}", token.address))
    })?;
    ca::put(&args.state_dir.state_dir, chain)?;
    let list = args.state_dir.state_dir.join(authorized_clients::FILE);
    let is_first = AuthorizedClients::load(&list).is_ok_and(|known| !known.limits_access());
    authorized_clients::add(&list, &client, SameKey::Stays).map_err(|error| {
        let line = ssh::quoted(&client.line());
        ExitError::new(format!("the certificate is in its place, but {error}: smokerd --authorize {line} --replace"))
    })?;
    output::print(&format!("joined; {} has the role {} on this host\n", client.grant.name, client.grant.role))?;
    if is_first {
        Console::new(Verbosity::Quiet).warn(FIRST);
    }
    Ok(exit_code::SUCCESS)
}

/// Sends the token to the one that the authority vouches for, and receives its answer.
fn ask(token: &JoinToken, identity: &OwnIdentity) -> Result<String, String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let trust = HostTrust { host: token.address.clone(), pins: Vec::new(), authorities: vec![token.authority] };
    let config = client::known_host(trust, None, Some(identity))?;
    let name = ServerName::try_from(NAME).map_err(|error| text(&error))?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| text(&error))?;
    let mut addresses = token.address.to_socket_addrs().map_err(|error| text(&error))?;
    let address = addresses.next().ok_or("it has no address")?;
    let stream = TcpStream::connect_timeout(&address, CONNECTION_LIMIT);
    let stream = stream.map_err(|error| format!("{error}; does smokercli trust ca join --listen still wait there?"))?;
    limited(&stream).map_err(|error| text(&error))?;
    let mut stream = StreamOwned::new(connection, stream);
    let side = Side::Client(&token.address);
    stream.write_all(format!("{}\n", token.expose()).as_bytes()).map_err(|error| explained(&error, side))?;
    let mut answer = String::new();
    let read = stream.take(MAX_BYTES).read_to_string(&mut answer);
    // What ends without TLS's own end may be cut; a certificate that is cut is found out by its reader.
    match read {
        Err(error) if answer.is_empty() => Err(explained(&error, side)),
        _ => Ok(answer),
    }
}

fn limited(stream: &TcpStream) -> io::Result<()> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(CONNECTION_LIMIT))?;
    stream.set_write_timeout(Some(CONNECTION_LIMIT))
}

fn explained(error: &io::Error, side: Side<'_>) -> String {
    failure_of(error, side).map_or_else(|| error.to_string(), |failure| failure.for_client())
}
