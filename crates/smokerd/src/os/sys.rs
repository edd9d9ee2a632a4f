//! What differs between Linux and other systems.

use std::ffi::CStr;
use std::io;
use std::os::unix::net::{SocketAddr, UnixStream};

use nix::unistd::{Gid, Pid, Uid};

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

/// Connects to a socket that has a name but no file; at once, or not at all.
#[cfg(target_os = "linux")]
pub(crate) fn connect_abstract(name: &[u8]) -> io::Result<UnixStream> {
    use std::os::fd::AsRawFd;

    use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};

    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect(socket.as_raw_fd(), &UnixAddr::new_abstract(name)?)?;
    let stream = UnixStream::from(socket);
    stream.set_nonblocking(false)?;
    Ok(stream)
}

/// There are none.
#[cfg(not(target_os = "linux"))]
pub(crate) fn connect_abstract(_: &[u8]) -> io::Result<UnixStream> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The process that began to listen where a stream leads, and its account at that time. A child that it left the socket to
/// may listen now, and its number may be another process's.
#[cfg(target_os = "linux")]
pub(crate) fn listener(stream: &UnixStream) -> io::Result<(Pid, Uid)> {
    use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};

    let credentials = getsockopt(stream, PeerCredentials)?;
    Ok((Pid::from_raw(credentials.pid()), Uid::from_raw(credentials.uid())))
}

/// Nobody asks for it where there are no such sockets.
#[cfg(not(target_os = "linux"))]
pub(crate) fn listener(_: &UnixStream) -> io::Result<(Pid, Uid)> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The groups of an account, beside its primary one.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn groups_of(account: &CStr, primary: Gid) -> nix::Result<Vec<Gid>> {
    nix::unistd::getgrouplist(account, primary)
}

/// macOS gives no list that is complete.
#[cfg(target_vendor = "apple")]
pub(crate) fn groups_of(_account: &CStr, primary: Gid) -> nix::Result<Vec<Gid>> {
    Ok(vec![primary])
}

/// Gives this process these supplementary groups alone.
#[cfg(not(target_vendor = "apple"))]
pub(crate) fn set_groups(groups: &[Gid]) -> io::Result<()> {
    Ok(nix::unistd::setgroups(groups)?)
}

/// On macOS a program that is started as root keeps those of root in part; launchd starts one as any account.
#[cfg(target_vendor = "apple")]
pub(crate) fn set_groups(_groups: &[Gid]) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "macOS: set UserName in the plist of launchd in place of uid and gid",
    ))
}
