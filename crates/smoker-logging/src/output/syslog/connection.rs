//! A socket to a syslog.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::plan::syslog_address::{Address, Transport};

/// How long connecting or one write may take.
const WRITE_TIMEOUT: Duration = Duration::from_secs(5);

/// After this time a host's name is looked up again: the host may have moved,
/// and UDP reports no error.
const LOOKUP_INTERVAL: Duration = Duration::from_secs(60);

/// An open socket.
#[derive(Debug)]
pub(crate) enum Connection {
    UnixDatagram(UnixDatagram),
    UnixStream(UnixStream),
    Udp(UdpSocket, SocketAddr, Instant),
    Tcp(TcpStream),
}

impl Connection {
    pub(crate) fn open(address: &Address) -> io::Result<Self> {
        match address {
            Address::Unix(path, Some(Transport::Datagram)) => unix_datagram(path),
            Address::Unix(path, Some(Transport::Stream)) => unix_stream(path),
            // As Python does: most listen for datagrams, the others refuse them.
            Address::Unix(path, None) => unix_datagram(path).or_else(|error| unix_stream(path).map_err(|_| error)),
            Address::Network(host, port, Transport::Datagram) => udp(resolve(host, *port)?),
            Address::Network(host, port, Transport::Stream) => tcp(resolve(host, *port)?),
        }
    }

    /// Whether the connection may lead to where the host was.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Udp(_, _, since) if since.elapsed() > LOOKUP_INTERVAL)
    }

    pub(crate) fn send(&mut self, message: &[u8]) -> io::Result<()> {
        let sent = match self {
            Self::UnixDatagram(socket) => socket.send(message).map(drop),
            Self::UnixStream(socket) => socket.write_all(message),
            Self::Udp(socket, address, _) => socket.send_to(message, *address).map(drop),
            Self::Tcp(socket) => socket.write_all(message),
        };
        sent.map_err(|error| match error.kind() {
            io::ErrorKind::WouldBlock => io::Error::new(io::ErrorKind::TimedOut, "no reader took it in time"),
            _ => error,
        })
    }
}

fn unix_datagram(path: &Path) -> io::Result<Connection> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok(Connection::UnixDatagram(socket))
}

fn unix_stream(path: &Path) -> io::Result<Connection> {
    let socket = UnixStream::connect(path)?;
    socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok(Connection::UnixStream(socket))
}

/// Not connected: else a line that no syslog received would make the next one fail.
fn udp(address: SocketAddr) -> io::Result<Connection> {
    let ours = match address {
        SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
    };
    let socket = UdpSocket::bind(ours)?;
    socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok(Connection::Udp(socket, address, Instant::now()))
}

fn tcp(address: SocketAddr) -> io::Result<Connection> {
    let socket = TcpStream::connect_timeout(&address, WRITE_TIMEOUT)?;
    socket.set_write_timeout(Some(WRITE_TIMEOUT))?;
    Ok(Connection::Tcp(socket))
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
    // A syslog that listens on one family only listens on the older one.
    let address = addresses.iter().find(|address| address.is_ipv4()).or(addresses.first());
    address.copied().ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "the host has no address"))
}
