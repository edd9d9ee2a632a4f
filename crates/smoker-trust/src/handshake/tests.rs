//! Both sides in one process: what a handshake accepts, and what its failures say.

use std::io;
use std::sync::Arc;

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, ClientConfig, ClientConnection, DigitallySignedStruct, Error, NamedGroup, ServerConfig,
    ServerConnection, SignatureScheme, SupportedProtocolVersion,
};

use super::any_server::AnyServer;
use super::explain::{Side, failure_of, of_library};
use super::known_host::KnownHostVerifier;
use super::{client, server};
use crate::ca::sign::{Authority, Purpose};
use crate::failure::Failure;
use crate::identity::own::OwnIdentity;
use crate::identity::peer::CertifiedPeer;
use crate::known_hosts::HostTrust;
use crate::pin::Pin;
use crate::provider::provider;
use crate::storage::private_folder::PrivateFolder;

const HOST: &str = "web1:8086";

/// The connections after a handshake, or the first error and the side that it came from.
fn handshake(
    server: Arc<ServerConfig>,
    client: ClientConfig,
    name: &str,
) -> Result<(ServerConnection, ClientConnection), Failure> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let mut client = ClientConnection::new(Arc::new(client), name).expect("a connection");
    let mut server = ServerConnection::new(server).expect("a connection");
    let take = |error: io::Error| error.into_inner().map(|inner| *inner.downcast::<Error>().expect("of the library"));
    for _ in 0..10 {
        let mut wire = Vec::new();
        while client.wants_write() {
            client.write_tls(&mut wire).expect("memory");
        }
        server.read_tls(&mut wire.as_slice()).map_err(take).expect("memory");
        server.process_new_packets().map_err(|error| of_library(&error, Side::Daemon))?;
        let mut wire = Vec::new();
        while server.wants_write() {
            server.write_tls(&mut wire).expect("memory");
        }
        client.read_tls(&mut wire.as_slice()).map_err(take).expect("memory");
        client.process_new_packets().map_err(|error| of_library(&error, Side::Client(HOST)))?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking());
    Ok((server, client))
}

struct Sides {
    _folder: tempfile::TempDir,
    daemon: OwnIdentity,
    alice: OwnIdentity,
    ca: Authority,
}

impl Sides {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let private = |name: &str| PrivateFolder::make(&folder.path().join(name), None).expect("made");
        let daemon = OwnIdentity::load_or_make(&private("daemon"), "web1").expect("made");
        let alice = OwnIdentity::load_or_make(&private("alice"), "alice").expect("made");
        let ca = Authority::init(&private("ca"), "ours").expect("made");
        Self { daemon, alice, ca, _folder: folder }
    }

    fn server(&self) -> Arc<ServerConfig> {
        server::config(&self.daemon).expect("usable")
    }

    fn client(&self, pins: &[Pin], authorities: &[Pin]) -> ClientConfig {
        let trust = HostTrust { host: HOST.to_owned(), pins: pins.to_vec(), authorities: authorities.to_vec() };
        client::known_host(trust, None, Some(&self.alice)).expect("usable")
    }
}

#[test]
fn a_known_daemon_and_any_client_meet_and_nothing_is_left_for_the_next_time() {
    let sides = Sides::new();
    let (server, client) =
        handshake(sides.server(), sides.client(&[sides.daemon.pin], &[]), "any.name").expect("trust");
    let peer = CertifiedPeer::of(server.peer_certificates().expect("shown")).expect("readable").expect("shown");
    assert_eq!(peer.pin(), sides.alice.pin);
    assert_eq!(client.tls13_tickets_received(), 0);
    let trust = HostTrust { host: HOST.to_owned(), pins: vec![sides.daemon.pin], authorities: Vec::new() };
    let old = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&TLS12])
        .expect("usable")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(KnownHostVerifier::new(trust, None)))
        .with_no_client_auth();
    let (server, client) = handshake(sides.server(), old, "web1").expect("TLS 1.2 without a certificate");
    assert!(server.peer_certificates().is_none());
    assert_eq!(client.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_2));
}

#[test]
fn another_key_is_refused_with_both_hashes() {
    let sides = Sides::new();
    let known = Pin::of_public_key(b"another");
    let refused = handshake(sides.server(), sides.client(&[known], &[]), "web1").expect_err("changed");
    let changed = Failure::ChangedPin { host: HOST.to_owned(), known: vec![known], found: sides.daemon.pin };
    assert_eq!(refused, changed);
    let refused = handshake(sides.server(), sides.client(&[], &[]), "web1").expect_err("unknown");
    assert_eq!(refused, Failure::UnknownHost { host: HOST.to_owned(), found: sides.daemon.pin });
    let refused = handshake(sides.server(), sides.client(&[], &[known]), "web1").expect_err("another authority");
    assert_eq!(refused, Failure::ServerAuthority { host: HOST.to_owned() });
    // Who only wants to know the key learns it, and the daemon sees a handshake as any other.
    let (server, client) = handshake(sides.server(), client::any_host().expect("usable"), "web1").expect("any");
    let shown = client.peer_certificates().expect("shown");
    assert_eq!(Pin::of_certificate(&shown[0]), Ok(sides.daemon.pin));
    assert!(server.peer_certificates().is_none());
}

#[test]
fn what_the_user_names_is_taken_beside_an_authority_and_not_beside_a_pin() {
    let sides = Sides::new();
    let known = Pin::of_public_key(b"another");
    let client = |pins: &[Pin], authorities: &[Pin], of_named: &[Pin]| {
        let trust = |pins: &[Pin], authorities: &[Pin]| HostTrust {
            host: HOST.to_owned(),
            pins: pins.to_vec(),
            authorities: authorities.to_vec(),
        };
        let named = KnownHostVerifier::new(trust(of_named, &[]), None);
        client::known_host(trust(pins, authorities), Some(Arc::new(named)), None).expect("usable")
    };
    let own = sides.daemon.pin;
    assert!(handshake(sides.server(), client(&[], &[known], &[own]), "web1").is_ok());
    for (pins, of_named) in [(&[known][..], own), (&[], known)] {
        let refused = handshake(sides.server(), client(pins, &[known], &[of_named]), "web1").expect_err("another key");
        assert!(matches!(refused, Failure::ChangedPin { .. }), "{refused:?}");
    }
}

#[test]
fn an_authority_vouches_for_the_names_that_it_has_signed() {
    let mut sides = Sides::new();
    let sign = |purpose, days| {
        let now = chrono::Utc::now() + chrono::TimeDelta::days(days);
        sides.ca.sign(&sides.daemon.chain[0], &["web1".to_owned()], purpose, now).expect("signed")
    };
    let (good, late, wrong) = (sign(Purpose::Daemon, 0), sign(Purpose::Daemon, -500), sign(Purpose::Client, 0));
    let host = || HOST.to_owned();
    for (chain, name, expected) in [
        (&good, "web1", None),
        (&good, "web2", Some(Failure::OtherName { host: host(), names: vec!["web1".to_owned()] })),
        (&late, "web1", Some(Failure::ServerCertificateExpired { host: host() })),
        (&wrong, "web1", Some(Failure::NotForServers { host: host() })),
    ] {
        sides.daemon.chain.clone_from(chain);
        let outcome = handshake(sides.server(), sides.client(&[], &[sides.ca.pin()]), name);
        assert_eq!(outcome.err(), expected, "{name}");
    }
}

/// Shows the certificate of one with the key of another, as a thief of the certificate would: it is public.
#[derive(Debug)]
struct Stolen(Arc<CertifiedKey>);

impl Stolen {
    fn of(victim: &OwnIdentity, thief: &OwnIdentity) -> Arc<Self> {
        let key = provider().key_provider.load_private_key(thief.key.clone_key()).expect("usable");
        Arc::new(Self(Arc::new(CertifiedKey::new(victim.chain.clone(), key))))
    }
}

impl ResolvesServerCert for Stolen {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

impl ResolvesClientCert for Stolen {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[test]
fn a_certificate_without_its_key_is_refused_by_both_sides() {
    let (sides, thief) = (Sides::new(), Sides::new());
    let (of_daemon, of_alice) = (Stolen::of(&sides.daemon, &thief.daemon), Stolen::of(&sides.alice, &thief.alice));
    for version in [&TLS12, &TLS13] {
        let mut server = ServerConfig::clone(&sides.server());
        server.cert_resolver = of_daemon.clone();
        let refused = handshake(server.into(), of_version(version, sides.client(&[sides.daemon.pin], &[])), "web1");
        assert_eq!(refused.err(), Some(Failure::WrongSignature), "a daemon with {:?}", version.version);
        let mut client = of_version(version, sides.client(&[sides.daemon.pin], &[]));
        client.client_auth_cert_resolver = of_alice.clone();
        let refused = handshake(sides.server(), client, "web1");
        assert_eq!(refused.err(), Some(Failure::WrongSignature), "a client with {:?}", version.version);
    }
}

/// The configuration with this version alone.
fn of_version(version: &'static SupportedProtocolVersion, config: ClientConfig) -> ClientConfig {
    let trust = ClientConfig::builder_with_provider(provider()).with_protocol_versions(&[version]).expect("usable");
    let mut only =
        trust.dangerous().with_custom_certificate_verifier(Arc::new(AnyServer::default())).with_no_client_auth();
    only.client_auth_cert_resolver = config.client_auth_cert_resolver;
    only
}

#[test]
fn a_configuration_whose_key_is_anothers_is_refused() {
    let (mut sides, other) = (Sides::new(), Sides::new());
    sides.daemon.key = other.daemon.key.clone_key();
    assert!(server::config(&sides.daemon).is_err(), "the library sees it by itself");
}

#[test]
fn what_both_sides_lack_in_common_is_named() {
    let sides = Sides::new();
    let client = |version: &'static SupportedProtocolVersion, change: &dyn Fn(&mut CryptoProvider)| {
        let mut own = CryptoProvider::clone(&provider());
        change(&mut own);
        let trust = ClientConfig::builder_with_provider(own.into()).with_protocol_versions(&[version]).expect("usable");
        trust
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(RsaAlone(AnyServer::default())))
            .with_no_client_auth()
    };
    let refused = handshake(sides.server(), client(&TLS13, &|_| {}), "web1").err();
    assert_eq!(refused, Some(Failure::NoCommonSignature));
    let group = |own: &mut CryptoProvider| own.kx_groups.retain(|group| group.name() == NamedGroup::secp384r1);
    let mut server = ServerConfig::clone(&sides.server());
    let mut own = CryptoProvider::clone(&provider());
    own.kx_groups.retain(|group| group.name() == NamedGroup::X25519);
    server = ServerConfig::builder_with_provider(own.into())
        .with_protocol_versions(&[&TLS12, &TLS13])
        .expect("usable")
        .with_no_client_auth()
        .with_cert_resolver(server.cert_resolver);
    for version in [&TLS12, &TLS13] {
        let refused = handshake(Arc::new(server.clone()), client(version, &group), "web1").err();
        assert_eq!(refused, Some(Failure::NoCommonGroup));
    }
    let mut of_h2 = sides.client(&[sides.daemon.pin], &[]);
    of_h2.alpn_protocols = vec![b"h2".to_vec()];
    assert_eq!(handshake(sides.server(), of_h2, "web1").err(), Some(Failure::NoCommonProtocol));
    for (alert, failure) in [
        (AlertDescription::HandshakeFailure, Failure::NothingInCommon),
        (AlertDescription::NoApplicationProtocol, Failure::NoCommonProtocol),
    ] {
        assert_eq!(of_library(&Error::AlertReceived(alert), Side::Client(HOST)), failure);
    }
}

/// Accepts any server whose key is of RSA.
#[derive(Debug)]
struct RsaAlone(AnyServer);

impl ServerCertVerifier for RsaAlone {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.0.verify_server_cert(certificate, others, name, response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::RSA_PSS_SHA256]
    }
}

#[test]
fn errors_are_found_behind_others() {
    let changed = Failure::UnknownHost { host: HOST.to_owned(), found: Pin::of_public_key(b"x") };
    let inner = super::any_client::as_error(changed.clone());
    let wrapped = io::Error::other(io::Error::other(inner));
    assert_eq!(failure_of(&wrapped, Side::Daemon), Some(changed));
    let ended = io::Error::from(io::ErrorKind::UnexpectedEof);
    assert_eq!(failure_of(&ended, Side::Daemon), Some(Failure::HandshakeEnded));
    assert_eq!(failure_of(&io::Error::other("no"), Side::Daemon), None);
    let http = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    let sides = Sides::new();
    let name = ServerName::try_from("web1").expect("a name");
    let mut client = ClientConnection::new(Arc::new(sides.client(&[], &[])), name).expect("a connection");
    client.read_tls(&mut &http[..]).expect("memory");
    let error = client.process_new_packets().expect_err("no TLS");
    assert_eq!(of_library(&error, Side::Client(HOST)), Failure::ServerIsPlain);
    let mut server = ServerConnection::new(sides.server()).expect("a connection");
    server.read_tls(&mut &b"GET / HTTP/1.1\r\n\r\n"[..]).expect("memory");
    let error = server.process_new_packets().expect_err("no TLS");
    assert_eq!(of_library(&error, Side::Daemon), Failure::NotTls);
}
