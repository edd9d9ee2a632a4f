//! The sockets that the daemon listens on.

use std::net::{SocketAddr, TcpListener, ToSocketAddrs};

use ipnet::IpNet;
use nix::sys::socket::{Backlog, listen};
use smoker_config::spec::settings::DaemonSettings;

use crate::service::error::StartError;
use crate::service::unix_socket::UnixSocket;

/// The sockets of a daemon.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) tcp: Vec<TcpListener>,
    pub(crate) unix: Option<UnixSocket>,
}

impl Sockets {
    /// Makes those that the settings name.
    ///
    /// # Errors
    ///
    /// When one cannot be made, with what to do.
    pub(crate) fn bind(settings: &DaemonSettings) -> Result<Self, StartError> {
        let tcp = bind(&settings.bind_host, settings.bind_port)?;
        let unix = settings.access.socket.as_deref().map(UnixSocket::bind).transpose()?;
        Ok(Self { tcp, unix })
    }
}

/// Binds every address that the host has; a literal address has one.
///
/// # Errors
///
/// When the name is unknown or one of the addresses cannot be bound.
fn bind(host: &str, port: u16) -> Result<Vec<TcpListener>, StartError> {
    let unresolved = |source| StartError::Resolve { host: host.to_owned(), source };
    let mut addresses: Vec<SocketAddr> = (host, port).to_socket_addrs().map_err(unresolved)?.collect();
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        return Err(unresolved(std::io::Error::other("the name has no address")));
    }
    let mut listeners: Vec<TcpListener> = Vec::new();
    for mut address in addresses {
        // With port 0 all addresses of a name share the port that the first was given.
        if let (0, Some(first)) = (port, listeners.first()) {
            address.set_port(first.local_addr().map_or(0, |first| first.port()));
        }
        listeners.push(bind_one(address).map_err(|source| StartError::Bind { address: address.to_string(), source })?);
    }
    Ok(listeners)
}

fn bind_one(address: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    // The standard library's queue of 128 is short for a fleet that polls at the full minute.
    listen(&listener, Backlog::MAXCONN)?;
    Ok(listener)
}

/// Warns of addresses that serve clients of every network.
pub(crate) fn warn_if_open(addresses: &[SocketAddr], allowed: Option<&[IpNet]>, is_open: bool) {
    for address in addresses.iter().filter(|address| is_open && !address.ip().is_loopback() && allowed.is_none()) {
        tracing::warn!(
            "{address} is open to every network, and requests need no identity: write 'access: authenticated' and add identities \
             (smokerd --authorize), or list the networks that may ask under 'allow'"
        );
    }
}
