//! Who sends a request.

use std::fmt;
use std::net::SocketAddr;

/// Who sends the requests of a connection. The server puts it into the extensions of each request, and every check
/// and log of who did something reads it there. Over plain TCP it is no more than an address: nobody proves who
/// they are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    /// The client's end of the connection.
    pub(crate) peer: SocketAddr,
}

/// As logs name the client.
impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.peer.fmt(f)
    }
}
