//! Whether a connection begins with TLS.

/// The first byte of a TLS record with a handshake, which no HTTP method begins with.
const HANDSHAKE: u8 = 22;

/// What a connection begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// A TLS handshake.
    Tls,
    /// Anything else, such as http.
    Plain,
}

/// What a connection with this first byte begins with.
#[must_use]
pub fn opening(first: u8) -> Opening {
    if first == HANDSHAKE { Opening::Tls } else { Opening::Plain }
}

#[test]
fn http_is_no_tls() {
    assert!(b"GET POST \r\n".iter().all(|byte| opening(*byte) == Opening::Plain));
    assert_eq!(opening(0x16), Opening::Tls);
}
