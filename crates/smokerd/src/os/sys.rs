//! What differs between Linux and other systems.

use std::io;
use std::os::unix::net::SocketAddr;

/// The address of a socket that has a name but no file.
#[cfg(target_os = "linux")]
pub(crate) fn abstract_address(name: &[u8]) -> io::Result<SocketAddr> {
    use std::os::linux::net::SocketAddrExt;

    SocketAddr::from_abstract_name(name)
}

/// There are none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn abstract_address(_: &[u8]) -> io::Result<SocketAddr> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Linux has abstract sockets"))
}
