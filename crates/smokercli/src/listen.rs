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
}

/// Reads an address of this host alone, or a path with a slash in it.
///
/// # Errors
///
/// When it is neither.
pub(crate) fn parse_listen(text: &str) -> Result<Listen, String> {
    if text.contains('/') {
        return Ok(Listen::Socket(PathBuf::from(text)));
    }
    let address: SocketAddr = text.replace("localhost:", "127.0.0.1:").parse().map_err(|_| {
        "has to be an address with a port, such as 127.0.0.1:8087, or the path of a unix socket".to_owned()
    })?;
    if !address.ip().is_loopback() {
        return Err("is not an address of this host alone: everybody who reaches the page reads with your identity; \
                    listen on 127.0.0.1 or on a unix socket, and let a proxy that authenticates its users come before it"
            .to_owned());
    }
    Ok(Listen::Loopback(address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_host_reaches_the_page() {
        for (text, expected) in [
            ("127.0.0.1:0", Listen::Loopback("127.0.0.1:0".parse().expect("an address"))),
            ("localhost:80", Listen::Loopback("127.0.0.1:80".parse().expect("an address"))),
            ("[::1]:80", Listen::Loopback("[::1]:80".parse().expect("an address"))),
            ("./s", Listen::Socket("./s".into())),
        ] {
            assert_eq!(parse_listen(text), Ok(expected), "{text}");
        }
        for refused in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80", "8087", "", "web01:80"] {
            assert!(parse_listen(refused).is_err(), "{refused}");
        }
    }
}
