//! What the server accepts connections from: a TCP port, or a Unix socket.

use std::io;

use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::http::access::peer::Peer;

/// A socket that listens.
#[derive(Debug)]
pub(crate) enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener),
}

/// A connection that was accepted.
#[derive(Debug)]
pub(crate) enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Listener {
    /// The next connection, and whose it is. Nothing is lost when this is not awaited to its end.
    pub(crate) async fn accept(&self) -> io::Result<(Stream, Peer)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                Ok((Stream::Tcp(stream), Peer::Tcp(address)))
            }
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                let peer = Peer::Unix(stream.peer_cred()?.into());
                Ok((Stream::Unix(stream), peer))
            }
        }
    }
}

impl Stream {
    /// The first byte that the client has sent, which stays to be read; none at its end, and from a Unix socket, where
    /// nothing depends on it.
    pub(crate) async fn first_byte(&self) -> io::Result<Option<u8>> {
        match self {
            Self::Tcp(stream) => {
                let mut first = [0];
                Ok((stream.peek(&mut first).await? == 1).then_some(first[0]))
            }
            Self::Unix(stream) => stream.readable().await.map(|()| None),
        }
    }
}
