//! Sockets that give up at a moment, with the times that their phases took.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use crate::checks::system_file;

/// How long it took, in seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phases {
    /// To look up the name.
    pub(crate) lookup: f64,
    /// To connect.
    pub(crate) connect: f64,
}

/// A stream whose reads and writes fail when its moment has come, however slowly its peer goes on.
pub(crate) struct TimedStream<S> {
    stream: S,
    end: Instant,
}

/// What a time limit can be set for.
pub(crate) trait Limited: Read + Write {
    /// Sets the longest time of each read and write.
    fn limit(&self, limit: Duration) -> io::Result<()>;
}

impl Limited for TcpStream {
    fn limit(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }
}

impl Limited for UnixStream {
    fn limit(&self, limit: Duration) -> io::Result<()> {
        self.set_read_timeout(Some(limit))?;
        self.set_write_timeout(Some(limit))
    }
}

impl<S: Limited> TimedStream<S> {
    /// Limits a stream.
    pub(crate) fn new(stream: S, end: Instant) -> Self {
        Self { stream, end }
    }

    /// When it gives up.
    pub(crate) fn end(&self) -> Instant {
        self.end
    }

    /// Gives up at this moment in the place of its own.
    pub(crate) fn end_at(&mut self, moment: Instant) {
        self.end = moment;
    }

    fn prepare(&self) -> io::Result<()> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.limit(left)
    }
}

impl TimedStream<TcpStream> {
    /// Whether the connection is open, and nothing has come that was not read.
    pub(crate) fn is_quiet(&self) -> bool {
        let would_block =
            |found: io::Result<usize>| found.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock);
        self.stream.set_nonblocking(true).is_ok()
            && would_block(self.stream.peek(&mut [0]))
            && self.stream.set_nonblocking(false).is_ok()
    }
}

/// A read that ran into its limit would block, in the words of the system.
fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock { io::ErrorKind::TimedOut.into() } else { error }
}

impl<S: Limited> Read for TimedStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.prepare()?;
        self.stream.read(buffer).map_err(timed_out)
    }
}

impl<S: Limited> Write for TimedStream<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.prepare()?;
        self.stream.write(buffer).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// The addresses of a host, by the system, however long that takes.
pub(crate) fn resolve(host: &str, port: u16) -> Result<Vec<SocketAddr>, String> {
    named(host, lookup(host, port))
}

/// The same, until a moment.
fn resolve_until(host: &str, port: u16, end: Instant) -> Result<Vec<SocketAddr>, String> {
    resolve_by(lookup, host, port, end)
}

/// The same, by this lookup.
fn resolve_by(
    lookup: fn(&str, u16) -> io::Result<Vec<SocketAddr>>,
    host: &str,
    port: u16,
    end: Instant,
) -> Result<Vec<SocketAddr>, String> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![(address, port).into()]);
    }
    // The system's lookup has no limit, and nothing can interrupt it: a thread of its own is left alone with one that goes on.
    let (answer, answered) = mpsc::channel();
    let name = host.to_owned();
    let look = move || {
        // Nobody may wait for it any more.
        let _ = answer.send(lookup(&name, port));
    };
    let found = thread::Builder::new().name("lookup".to_owned()).spawn(look).and_then(|_| {
        let left = end.saturating_duration_since(Instant::now());
        answered.recv_timeout(left).unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    });
    named(host, found)
}

fn lookup(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (host, port).to_socket_addrs().map(Iterator::collect)
}

fn named(host: &str, found: io::Result<Vec<SocketAddr>>) -> Result<Vec<SocketAddr>, String> {
    let found = found.map_err(|error| format!("{host} cannot be resolved: {}", lookup_reason(&error)))?;
    if found.is_empty() { Err(format!("{host} has no address")) } else { Ok(found) }
}

fn lookup_reason(error: &io::Error) -> String {
    let reason = reason(error);
    reason.strip_prefix("failed to lookup address information: ").unwrap_or(&reason).to_owned()
}

/// Connects to a host until a moment, the lookup of its name included; the error says which step failed and why.
pub(crate) fn connect(host: &str, port: u16, end: Instant) -> Result<(TimedStream<TcpStream>, Phases), String> {
    let start = Instant::now();
    let addresses = resolve_until(host, port, end)?;
    let lookup = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let stream = connect_to_one(&addresses, end).map_err(|refusals| no_connection(&refusals))?;
    // What is sent is whole messages.
    let _ = stream.set_nodelay(true);
    Ok((TimedStream::new(stream, end), Phases { lookup, connect: start.elapsed().as_secs_f64() }))
}

/// Why no connection to a host is possible; none where one is. The error is why that is not known: a name that has no address, or a
/// host that can reach nothing, says nothing of the peer.
pub(crate) fn refusal(host: &str, port: u16, end: Instant) -> Result<Option<String>, String> {
    let addresses = resolve(host, port)?;
    let Err(refusals) = connect_to_one(&addresses, end) else { return Ok(None) };
    let text = no_connection(&refusals);
    // A host without IPv6 does not reach such an address of a name, whose other one tells.
    let is_told = refusals.iter().any(|(_, error)| is_of_peer(error));
    let is_known = refusals.iter().all(|(_, error)| is_of_peer(error) || is_without_route(error));
    if is_told && is_known { Ok(Some(text)) } else { Err(format!("whether it is open is not known: {text}")) }
}

/// A connection to the first of these addresses that takes one, or why each of them does not.
fn connect_to_one(addresses: &[SocketAddr], end: Instant) -> Result<TcpStream, Vec<(SocketAddr, io::Error)>> {
    let mut refusals = Vec::new();
    for (at, address) in addresses.iter().enumerate() {
        let left = end.saturating_duration_since(Instant::now());
        // An address that does not answer leaves time for the others.
        let others = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(address, (left / others).max(Duration::from_millis(1))) {
            Ok(stream) => return Ok(stream),
            Err(error) => refusals.push((*address, error)),
        }
    }
    Err(refusals)
}

fn no_connection(refusals: &[(SocketAddr, io::Error)]) -> String {
    let each: Vec<_> = refusals.iter().map(|(address, error)| format!("{address}: {}", reason(error))).collect();
    format!("no connection to {}", each.join("; "))
}

/// Whether the peer, or what is before it, refuses the connection or does not answer.
fn is_of_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionRefused, ConnectionReset, HostUnreachable, PermissionDenied, TimedOut, WouldBlock};
    matches!(
        error.kind(),
        ConnectionRefused | ConnectionReset | HostUnreachable | PermissionDenied | TimedOut | WouldBlock
    )
}

fn is_without_route(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NetworkUnreachable | io::ErrorKind::AddrNotAvailable)
}

/// Why a read, a write or a connection failed.
pub(crate) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => "no answer in time".to_owned(),
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        _ => system_file::reason(error),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn a_lookup_that_hangs_ends_with_the_time_for_all() {
        let hang: fn(&str, u16) -> io::Result<Vec<SocketAddr>> = |_, _| {
            thread::sleep(Duration::from_secs(120));
            Ok(Vec::new())
        };
        let end = Instant::now() + Duration::from_millis(50);
        let found = resolve_by(hang, "collector.example", 1, end);
        assert_eq!(found, Err("collector.example cannot be resolved: no answer in time".to_owned()));
    }

    #[test]
    fn addresses_are_found_in_time_and_numbers_need_no_lookup() {
        let later = Instant::now() + Duration::from_secs(60);
        let gone = Instant::now();
        assert!(resolve_until("localhost", 5, later).is_ok_and(|found| found.iter().all(|it| it.ip().is_loopback())));
        assert_eq!(resolve_until("::1", 5, gone), Ok(vec!["[::1]:5".parse().expect("an address")]));
        let unknown = resolve_until("no-such-host.invalid", 5, later).expect_err("no such name");
        assert!(unknown.starts_with("no-such-host.invalid cannot be resolved: "), "{unknown}");
    }

    #[test]
    fn a_connection_is_quiet_until_something_comes_or_it_is_closed() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let later = Instant::now() + Duration::from_secs(60);
        let address = listener.local_addr().expect("bound");
        let open = || {
            let (stream, _) = connect("127.0.0.1", address.port(), later).expect("a server");
            (stream, listener.accept().expect("a client").0)
        };
        let wait_until_loud = |stream: &TimedStream<TcpStream>| {
            while stream.is_quiet() {
                assert!(Instant::now() < later, "it is quiet for ever");
                thread::sleep(Duration::from_millis(1));
            }
        };
        let (stream, mut peer) = open();
        assert!(stream.is_quiet() && stream.is_quiet());
        peer.write_all(b"x").expect("open");
        wait_until_loud(&stream);
        let (stream, peer) = open();
        drop(peer);
        wait_until_loud(&stream);
    }
}
