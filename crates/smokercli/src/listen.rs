//! Where a page is served.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Where a page is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address of this host alone.
    Loopback(SocketAddr),
    /// A unix socket, for the user who starts the program.
    Socket(PathBuf),
    /// Any address, over TLS, for requests with a token.
    Tls(SocketAddr, TlsFiles),
}

/// What a page needs that others than the user who starts the program may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, in PEM.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The tokens that may see the page, by their hashes, as `smokerd --token` writes them.
    pub tokens: PathBuf,
}

/// A place as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Address(SocketAddr),
    Socket(PathBuf),
}

/// Reads an address with a port, or a path with a slash in it.
///
/// # Errors
///
/// When it is neither.
pub(crate) fn parse_place(text: &str) -> Result<Place, String> {
    if text.contains('/') {
        return Ok(Place::Socket(PathBuf::from(text)));
    }
    text.replace("localhost:", "127.0.0.1:").parse().map(Place::Address).map_err(|_| {
        "has to be an address with a port, such as 127.0.0.1:8087, or the path of a unix socket".to_owned()
    })
}

/// What is served there, with these files.
///
/// # Errors
///
/// When others could reach the page without TLS and a token, and when a socket has files that only addresses need.
pub(crate) fn listen(place: &Place, files: Option<TlsFiles>) -> Result<Listen, String> {
    match (place, files) {
        (Place::Address(address), Some(files)) => Ok(Listen::Tls(*address, files)),
        (Place::Address(address), None) if address.ip().is_loopback() => Ok(Listen::Loopback(*address)),
        (Place::Address(address), None) => Err(format!(
            "--listen: {address} is not an address of this host alone, and everybody who reaches the page reads with your identity: give \
             --tls-cert, --tls-key and --tokens, or listen on 127.0.0.1 or on a unix socket"
        )),
        (Place::Socket(path), None) => Ok(Listen::Socket(path.clone())),
        (Place::Socket(path), Some(_)) => Err(format!(
            "--listen: {} is a unix socket, which only you can use: leave --tls-cert, --tls-key and --tokens away, or name an address",
            path.display()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> TlsFiles {
        TlsFiles { certificate: "c".into(), key: "k".into(), tokens: "t".into() }
    }

    fn place(text: &str) -> Place {
        parse_place(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn only_this_host_reaches_the_page_without_tls_and_tokens() {
        for (text, expected) in [
            ("127.0.0.1:0", Listen::Loopback("127.0.0.1:0".parse().expect("an address"))),
            ("localhost:80", Listen::Loopback("127.0.0.1:80".parse().expect("an address"))),
            ("[::1]:80", Listen::Loopback("[::1]:80".parse().expect("an address"))),
            ("./s", Listen::Socket("./s".into())),
        ] {
            assert_eq!(listen(&place(text), None), Ok(expected), "{text}");
        }
        for text in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "[::ffff:127.0.0.1]:80"] {
            assert!(listen(&place(text), None).is_err_and(|reason| reason.contains("--tokens")), "{text}");
            assert!(matches!(listen(&place(text), Some(files())), Ok(Listen::Tls(..))), "{text}");
        }
        // Who asks for TLS has it, wherever it is.
        assert!(matches!(listen(&place("127.0.0.1:80"), Some(files())), Ok(Listen::Tls(..))));
        assert!(listen(&place("./s"), Some(files())).is_err());
        for refused in ["8087", "", "web01:80"] {
            assert!(parse_place(refused).is_err(), "{refused}");
        }
    }
}
