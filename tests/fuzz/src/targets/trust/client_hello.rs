//! The first bytes of a TLS client. Records arrive in pieces, and whatever they are, the daemon answers with a failure that has a cure.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection};
use smoker_trust::handshake::explain::{Side, of_library};
use smoker_trust::handshake::{client, server};
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::identity::{certificate, key};
use smoker_trust::known_hosts::HostTrust;
use smoker_trust::pin::Pin;

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "client-hello",
    about: "the first bytes of a TLS client",
    check,
    make,
    words: &[
        "\u{16}\u{3}\u{1}",
        "\u{1}\u{0}",
        "\u{3}\u{3}",
        "GET / HTTP/1.1\r\n\r\n",
        "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{28}",
        "\u{0}\u{0}",
    ],
    time: limits::TIME,
};

fn identity() -> &'static OwnIdentity {
    static IDENTITY: OnceLock<OwnIdentity> = OnceLock::new();
    IDENTITY.get_or_init(|| {
        let key = key::make().expect("random").into();
        let made = certificate::self_signed(&key::pair(&key).expect("ours"), "web1").expect("signed");
        OwnIdentity { pin: Pin::of_certificate(&made).expect("ours"), chain: vec![made], key }
    })
}

fn check(input: &[u8]) -> String {
    static CONFIG: OnceLock<Arc<ServerConfig>> = OnceLock::new();
    let config = CONFIG.get_or_init(|| server::config(identity()).expect("usable"));
    let mut connection = ServerConnection::new(Arc::clone(config)).expect("a connection");
    let mut rest = input;
    while !rest.is_empty() {
        match connection.read_tls(&mut rest) {
            Ok(0) => break,
            Ok(_) => {}
            Err(error) => return error.kind().to_string(),
        }
        if let Err(error) = connection.process_new_packets() {
            let failure = of_library(&error, Side::Daemon);
            assert!(failure.for_daemon().contains("; "), "no cure: {failure:?}");
            return format!("{failure:?}").chars().take(80).collect();
        }
        let mut answer = Vec::new();
        while connection.wants_write() {
            connection.write_tls(&mut answer).expect("memory");
        }
    }
    // Bytes alone complete no handshake: the client would have to compute with what the daemon chose.
    assert!(connection.is_handshaking());
    format!("{:?} {:?}", connection.protocol_version(), connection.server_name().map(str::len))
}

/// A real hello, changed or not.
fn make(random: &mut Random) -> Vec<u8> {
    let config = client::known_host(HostTrust::default(), None, Some(identity())).expect("usable");
    let name = ServerName::try_from("web1.example.org").expect("a name");
    let mut connection = ClientConnection::new(Arc::new(config), name).expect("a connection");
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).expect("memory");
    for _ in 0..random.few(8) {
        let at = random.below(hello.len());
        hello[at] = random.byte();
    }
    hello.truncate(random.below(4 * hello.len()).max(1));
    hello
}
