//! A host without SSH joins: the operator's command waits for it, once, and both prove who they are by TLS. The host has a token with the pin of
//! the authority that has to answer; its own key is proven by the handshake.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection, StreamOwned};
use smoker_trust::access::authorized_clients::{self, AuthorizedClient, AuthorizedClients};
use smoker_trust::access::client_lines::{self, SameKey};
use smoker_trust::access::first_identity;
use smoker_trust::ca::join_token::JoinToken;
use smoker_trust::ca::sign::{Authority, Purpose};
use smoker_trust::failure::Failure;
use smoker_trust::handshake::explain::{Side, failure_of};
use smoker_trust::handshake::{client, server};
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::identity::{certificate, key};
use smoker_trust::known_hosts::HostTrust;
use smoker_trust::pin::Pin;

use crate::cli::trust_args::CaJoinArgs;
use crate::error::ExitError;
use crate::exit_code;
use crate::terminal::console::{Console, Verbosity};
use crate::terminal::{output, sanitize};
use crate::trust::bounded_stream::BoundedStream;
use crate::trust::{ca, operator};
use crate::trust_store::TrustStore;
use smoker_model::notation::shell_word;

/// The name that the operator's command has in its certificate.
const NAME: &str = "join.smoker";

/// The time that one connection may take in all.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);

/// How often to look for a connection while the time runs.
const INTERVAL: Duration = Duration::from_millis(50);

/// What a host is answered whose token is not taken.
const REFUSED: &str = "refused\n";

/// What a host says that has put everything in its place; another line is the reason why not.
const DONE: &str = "done";

/// No token is longer, and no reason.
const MAX_TOKEN: u64 = 1024;

/// How many connections may be open at once.
const MAX_CONNECTIONS: usize = 64;

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
    let end = Instant::now() + args.timeout;
    let offer = Arc::new(Offer {
        config,
        token,
        authority,
        names: args.hosts.clone(),
        client,
        is_taken: AtomicBool::new(false),
    });
    let (from, until) = wait_for_host(&listener, &offer, end).ok_or_else(|| {
        ExitError::new(format!("no host has joined within {} s; the token is void now", args.timeout.as_secs()))
    })?;
    let until = until.map_err(|reason| {
        let text = format!("{from} has got its certificate, but has not joined: {reason}; the token is void now");
        ExitError::new(sanitize::line(&text).into_owned())
    })?;
    output::print(&format!("{}: joined from {from}; its certificate is valid until {until}\n", args.hosts.join(", ")))?;
    Ok(exit_code::SUCCESS)
}

/// What the host that joins is given.
struct Offer {
    config: Arc<ServerConfig>,
    token: JoinToken,
    authority: Authority,
    names: Vec<String>,
    client: AuthorizedClient,
    /// Whether a host has shown the token, which is for one.
    is_taken: AtomicBool,
}

/// Why a connection has not made a host join.
enum NotJoined {
    /// It has got nothing, and the right one may still come.
    Refused(String),
    /// It has got the certificate, and the host cannot use it.
    Failed(String),
}

/// Where the host that has joined is, and until when its certificate is valid, or why it cannot use it; none when the time is over. Each connection has a
/// thread: one that says nothing must not keep the host out.
fn wait_for_host(
    listener: &TcpListener,
    offer: &Arc<Offer>,
    end: Instant,
) -> Option<(SocketAddr, Result<String, String>)> {
    let console = Console::new(Verbosity::Quiet);
    let (sender, ended) = mpsc::channel();
    let mut open = VecDeque::new();
    while Instant::now() < end {
        while let Ok((from, outcome)) = ended.try_recv() {
            match outcome {
                Ok(until) => return Some((from, Ok(until))),
                Err(NotJoined::Failed(reason)) => return Some((from, Err(reason))),
                Err(NotJoined::Refused(reason)) => {
                    console.warn(&sanitize::line(&format!("{from} did not join: {reason}")));
                }
            }
        }
        let Ok((stream, from)) = listener.accept() else {
            sleep(INTERVAL);
            continue;
        };
        open.extend(stream.try_clone());
        if open.len() > MAX_CONNECTIONS {
            // The one that has been open longest.
            let _ = open.pop_front().map(|oldest: TcpStream| oldest.shutdown(Shutdown::Both));
        }
        let (sender, offer) = (sender.clone(), Arc::clone(offer));
        let end = end.min(Instant::now() + CONNECTION_LIMIT);
        spawn(move || sender.send((from, serve(stream, end, &offer))));
    }
    None
}

/// TLS with a key for this time alone, which the authority has signed.
fn own_config(authority: &Authority) -> Result<Arc<ServerConfig>, String> {
    let key = key::make()?.into();
    let request = certificate::self_signed(&key::pair(&key)?, NAME)?;
    let chain = authority.sign(&request, &[NAME.to_owned()], Purpose::Daemon, operator::now())?;
    let pin = Pin::of_certificate(&chain[0]).map_err(|error| error.to_string())?;
    server::config(&OwnIdentity { key, chain, pin })
}

/// Takes the token, answers with the signed certificate and the operator's line, and hears whether the host has put them in their places.
fn serve(stream: TcpStream, end: Instant, offer: &Offer) -> Result<String, NotJoined> {
    let (until, stream) = hand_over(stream, end, offer).map_err(NotJoined::Refused)?;
    let mut verdict = String::new();
    // What is missing says enough.
    let _ = BufReader::new(stream).take(MAX_TOKEN).read_line(&mut verdict);
    match verdict.trim() {
        DONE => Ok(until),
        "" => Err(NotJoined::Failed("it did not say whether it uses it; see what its command says there".to_owned())),
        reason => Err(NotJoined::Failed(reason.to_owned())),
    }
}

/// A connection with the host that joins.
type Answered = StreamOwned<ServerConnection, BoundedStream>;

fn hand_over(stream: TcpStream, end: Instant, offer: &Offer) -> Result<(String, Answered), String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let stream = BoundedStream::until(stream, end).map_err(|error| text(&error))?;
    let connection = ServerConnection::new(Arc::clone(&offer.config)).map_err(|error| text(&error))?;
    let mut stream = BufReader::new(StreamOwned::new(connection, stream));
    let mut line = String::new();
    (&mut stream).take(MAX_TOKEN).read_line(&mut line).map_err(|error| explained(&error, Side::Daemon))?;
    let mut stream = stream.into_inner();
    let answer = line
        .parse()
        .map_err(|error: smoker_trust::ca::join_token::JoinTokenError| text(&error))
        .and_then(|shown: JoinToken| answer_to(&shown, &stream.conn, offer));
    let sent = answer.as_ref().map_or(REFUSED, |(_, answer)| answer.as_str());
    let written = stream.write_all(sent.as_bytes()).and_then(|()| {
        stream.conn.send_close_notify();
        stream.flush()
    });
    let (until, _) = answer?;
    written.map_err(|error| {
        // The host has not got it, and may try again.
        offer.is_taken.store(false, Ordering::SeqCst);
        text(&error)
    })?;
    Ok((until, stream))
}

/// Until when the signed certificate is valid, and what the host is told.
fn answer_to(shown: &JoinToken, connection: &ServerConnection, offer: &Offer) -> Result<(String, String), String> {
    if !shown.is(&offer.token) {
        return Err("its token is another one".to_owned());
    }
    let certificate =
        connection.peer_certificates().and_then(|chain| chain.first()).ok_or("it showed no certificate")?;
    let (chain, until) = ca::signed(&offer.authority, certificate, &offer.names)?;
    if offer.is_taken.swap(true, Ordering::SeqCst) {
        return Err("another host has joined with its token".to_owned());
    }
    Ok((until, format!("{}\n{chain}", offer.client.line())))
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
    let asked = ask(&token, &identity);
    let (answer, mut stream) = asked.map_err(|reason| ExitError::new(format!("{}: {reason}", token.address)))?;
    if answer == REFUSED {
        return Err(ExitError::new(format!(
            "{}: the command there does not take this token; copy the one that smokercli trust ca join --listen printed last",
            token.address
        )));
    }
    let joined = take(args, &token, &answer);
    let verdict = joined.as_ref().map_or_else(|error| sanitize::line(&error.message).into_owned(), |_| DONE.to_owned());
    // The operator's command has to hear it; this one says the same here.
    let _ = stream.write_all(format!("{verdict}\n").as_bytes()).and_then(|()| {
        stream.conn.send_close_notify();
        stream.flush()
    });
    let (client, is_first) = joined?;
    output::print(&format!("joined; {} has the role {} on this host\n", client.grant.name, client.grant.role))?;
    if is_first {
        let (needed, stay_open) = (first_identity::NEEDED, first_identity::STAY_OPEN);
        let text = format!(
            "from now on this host is authenticated unless its configuration sets access: {needed}. {stay_open}"
        );
        Console::new(Verbosity::Quiet).warn(&text);
    }
    Ok(exit_code::SUCCESS)
}

/// Puts certificate and line in their places. Returns whose line it is, and whether it is the first one.
fn take(args: &CaJoinArgs, token: &JoinToken, answer: &str) -> Result<(AuthorizedClient, bool), ExitError> {
    let (line, chain) = answer.split_once('\n').unwrap_or_default();
    let client = AuthorizedClient::parse(line).map_err(|reason| {
        ExitError::new(format!(
            "{} sent no line of a client: {reason}; are both smokercli of the same version?",
            token.address
        ))
    })?;
    ca::put(&args.state_dir.state_dir, chain)?;
    let list = args.state_dir.state_dir.join(authorized_clients::FILE);
    let is_first = AuthorizedClients::load(&list).is_ok_and(|known| !known.limits_access());
    client_lines::add(&list, &client, SameKey::Stays).map_err(|error| {
        let line = client.line();
        let line = shell_word::quoted(&line);
        ExitError::new(format!("the certificate is in its place, but {error}: smokerd --authorize {line} --replace"))
    })?;
    Ok((client, is_first))
}

/// Sends the token to the one that the authority vouches for, and receives its answer. The connection stays open to say what has become of it.
fn ask(
    token: &JoinToken,
    identity: &OwnIdentity,
) -> Result<(String, StreamOwned<ClientConnection, BoundedStream>), String> {
    let text = |error: &dyn std::error::Error| error.to_string();
    let trust = HostTrust { host: token.address.clone(), pins: Vec::new(), authorities: vec![token.authority] };
    let config = client::known_host(trust, None, Some(identity))?;
    let name = ServerName::try_from(NAME).map_err(|error| text(&error))?;
    let connection = ClientConnection::new(Arc::new(config), name).map_err(|error| text(&error))?;
    let mut addresses = token.address.to_socket_addrs().map_err(|error| text(&error))?;
    let address = addresses.next().ok_or("it has no address")?;
    let stream = TcpStream::connect_timeout(&address, CONNECTION_LIMIT);
    let stream = stream.map_err(|error| format!("{error}; does smokercli trust ca join --listen still wait there?"))?;
    let stream = BoundedStream::until(stream, Instant::now() + CONNECTION_LIMIT).map_err(|error| text(&error))?;
    let mut stream = StreamOwned::new(connection, stream);
    let side = Side::Client(&token.address);
    stream.write_all(format!("{}\n", token.expose()).as_bytes()).map_err(|error| explained(&error, side))?;
    let mut answer = String::new();
    let read = (&mut stream).take(MAX_BYTES).read_to_string(&mut answer);
    // What ends without TLS's own end may be cut; a certificate that is cut is found out by its reader.
    match read {
        Err(error) if answer.is_empty() => Err(explained(&error, side)),
        _ => Ok((answer, stream)),
    }
}

fn explained(error: &io::Error, side: Side<'_>) -> String {
    let sentence = |failure: Failure| {
        match side {
        Side::Daemon => failure.for_daemon(),
        Side::Client(_) if matches!(failure, Failure::ServerAuthority { .. }) => "another authority than that of the token \
             answers there; copy the token that the command there has printed last, and see whether this host reaches the operator's \
             machine at that address"
            .to_owned(),
        Side::Client(_) => failure.for_client(),
    }
    };
    failure_of(error, side).map_or_else(|| error.to_string(), sentence)
}
