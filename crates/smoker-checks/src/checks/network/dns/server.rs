//! Asks DNS servers themselves: over UDP, and over TCP for an answer that is too long for a packet.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, UdpSocket};
use std::time::{Duration, Instant};

use crate::checks::network::connection::{TimedStream, reason};
use crate::checks::network::dns::message::{self, Answer};
use crate::checks::system_file;

const PORT: u16 = 53;

/// How often each server is asked over UDP, which may lose packets.
const TRIES: u32 = 2;

/// The servers that this host asks, see `resolv.conf(5)`.
pub(super) fn of_this_host() -> Result<Vec<SocketAddr>, String> {
    const PATH: &str = "/etc/resolv.conf";
    let text = system_file::read(PATH)?;
    let servers = text.lines().filter_map(|line| line.trim().strip_prefix("nameserver"));
    // An address of a link has a zone, which the library does not read.
    let servers = servers.filter_map(|address| address.trim().parse::<IpAddr>().ok());
    let servers: Vec<_> = servers.map(|address| SocketAddr::new(address, PORT)).collect();
    if servers.is_empty() { Err(format!("{PATH} names no server: set Server")) } else { Ok(servers) }
}

/// The records of a name; `None` where there is no such name. The servers are asked one after the other, until one answers.
pub(super) fn ask(servers: &[SocketAddr], name: &str, kind: u16, end: Instant) -> Result<Option<Vec<String>>, String> {
    let id = RandomState::new().build_hasher().finish().to_be_bytes();
    let id = u16::from_be_bytes([id[0], id[1]]);
    let question = message::question(id, name, kind).ok_or_else(|| format!("{name} is no name"))?;
    let mut turns = TRIES * u32::try_from(servers.len()).unwrap_or(1);
    let mut reasons = Vec::new();
    for server in (0..TRIES).flat_map(|_| servers) {
        let limit = end.saturating_duration_since(Instant::now()) / turns.max(1);
        turns = turns.saturating_sub(1);
        match ask_one(*server, &question, kind, Instant::now() + limit.max(Duration::from_millis(1))) {
            Ok(Answer::Records(records)) => return Ok(Some(records)),
            Ok(_) => return Ok(None),
            Err(error) => reasons.push(format!("{server}: {error}")),
        }
    }
    reasons.dedup();
    reasons.sort();
    reasons.dedup();
    Err(reasons.join("; "))
}

fn ask_one(server: SocketAddr, question: &[u8], kind: u16, end: Instant) -> Result<Answer, String> {
    let packet = over_udp(server, question, end).map_err(|error| reason(&error))?;
    match message::read(&packet, question, kind)? {
        Answer::Truncated => {
            let message = over_tcp(server, question, end).map_err(|error| reason(&error))?;
            match message::read(&message, question, kind)? {
                Answer::Truncated => Err("the answer over TCP is cut, too".to_owned()),
                answer => Ok(answer),
            }
        }
        answer => Ok(answer),
    }
}

/// The first packet that answers this question; others are passed over.
fn over_udp(server: SocketAddr, question: &[u8], end: Instant) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(server)?;
    socket.send(question)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        socket.set_read_timeout(Some(left))?;
        let count = socket.recv(&mut buffer)?;
        if buffer[..count].get(..2) == question.get(..2) {
            return Ok(buffer[..count].to_vec());
        }
    }
}

/// Over TCP each message has its length in front.
fn over_tcp(server: SocketAddr, question: &[u8], end: Instant) -> io::Result<Vec<u8>> {
    let left = end.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
    let mut stream = TimedStream::new(TcpStream::connect_timeout(&server, left)?, end);
    let mut message = u16::try_from(question.len()).unwrap_or(u16::MAX).to_be_bytes().to_vec();
    message.extend(question);
    stream.write_all(&message)?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}
