//! What is signed is good for its purpose and its time.

use std::time::Duration;

use rustls::pki_types::UnixTime;

use super::*;
use crate::access::authorized_clients::AuthorizedClients;
use crate::authority::ClientAuthorities;
use crate::failure::Failure;
use crate::identity::own::OwnIdentity;
use crate::identity::peer::CertifiedPeer;

fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().expect("an instant")
}

fn at(days: i64) -> UnixTime {
    let instant = now() + TimeDelta::days(days);
    UnixTime::since_unix_epoch(Duration::from_secs(instant.timestamp().unsigned_abs()))
}

fn private(folder: &tempfile::TempDir, name: &str) -> PrivateFolder {
    PrivateFolder::make(&folder.path().join(name), None).expect("made")
}

#[test]
fn an_authority_is_made_once_and_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = private(&folder, "ca");
    assert!(Authority::load(&ca).expect("no error").is_none());
    let made = Authority::init(&ca, "our ca").expect("made");
    let loaded = Authority::load(&ca).expect("loaded").expect("there");
    assert_eq!((loaded.pin(), loaded.name()), (made.pin(), "our ca"));
    assert!(Authority::init(&ca, "another").expect_err("there is one").reason.contains("already"));
    // Of two files that do not belong together neither is changed.
    let certificate = ca.path().join(CERTIFICATE_FILE);
    let other = private(&folder, "other");
    Authority::init(&other, "other ca").expect("made");
    std::fs::copy(other.path().join(CERTIFICATE_FILE), &certificate).expect("copied");
    let foreign = std::fs::read(&certificate).expect("there");
    assert!(Authority::load(&ca).expect_err("of two backups").reason.contains("same backup"));
    assert_eq!(std::fs::read(&certificate).expect("there"), foreign);
    std::fs::remove_file(certificate).expect("there");
    assert!(Authority::load(&ca).expect_err("half of it").reason.contains("backup"));
}

#[test]
fn a_client_of_an_authority_is_known_by_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::init(&private(&folder, "ca"), "our ca").expect("made");
    let own = OwnIdentity::load_or_make(&private(&folder, "alice"), "alice@laptop").expect("made");
    let signed = |names: &[&str], purpose| {
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let chain = ca.sign(&own.chain[0], &names, purpose, now()).expect("signed");
        CertifiedPeer::of(&chain).expect("readable").expect("there")
    };
    let alice = signed(&["alice@laptop"], Purpose::Client);
    assert_eq!(alice.pin(), own.pin);
    let line = format!("{} cert-authority role=run name=ours", ca.pin());
    let of = |text: &str| AuthorizedClients::parse(text);
    assert_eq!(of(&line).identify(&alice, None, at(0)).expect("known").name, "alice@laptop");
    assert_eq!(of(&line).identify(&alice, None, at(398)), Err(Failure::ClientCertificateExpired));
    assert_eq!(of(&line).identify(&alice, None, at(-3)), Err(Failure::ClientCertificateEarly));
    let others = of(&format!("{line} subject=bob"));
    assert_eq!(
        others.identify(&alice, None, at(0)),
        Err(Failure::UnknownSubject { names: vec!["alice@laptop".to_owned()] })
    );
    // The certificate of a host opens no other host.
    assert_eq!(of(&line).identify(&signed(&["web1"], Purpose::Daemon), None, at(0)), Err(Failure::NotForClients));
    // Nor does that of a user of a NATS server, whichever way its authority is known.
    let nats = signed(&["web1", "urn:smoker:nats:prod:host:web1"], Purpose::NatsUser);
    assert_eq!(nats.names(false), ["web1", "urn:smoker:nats:prod:host:web1"]);
    assert_eq!(of(&line).identify(&nats, None, at(0)), Err(Failure::ForNats));
    let known = ClientAuthorities::new(std::slice::from_ref(ca.certificate()), &[]).expect("usable");
    assert_eq!(of(&line).identify(&nats, Some(&known), at(0)), Err(Failure::ForNats));
    // A line with the key itself is enough.
    let own_line = of(&format!("{} role=read name=al", own.pin));
    assert_eq!(own_line.identify(&alice, None, at(9999)).expect("known").name, "al");
}

#[test]
fn the_authority_has_to_have_signed_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let ca = Authority::init(&private(&folder, "ca"), "our ca").expect("made");
    let other = Authority::init(&private(&folder, "other"), "our ca").expect("made");
    let own = OwnIdentity::load_or_make(&private(&folder, "mallory"), "mallory").expect("made");
    let mut forged = other.sign(&own.chain[0], &["alice".to_owned()], Purpose::Client, now()).expect("signed");
    forged[1] = ca.certificate().clone();
    let forged = CertifiedPeer::of(&forged).expect("readable").expect("there");
    let clients = AuthorizedClients::parse(&format!("{} cert-authority role=run name=ours", ca.pin()));
    let refused = clients.identify(&forged, None, at(0)).expect_err("forged");
    assert!(matches!(refused, Failure::ClientAuthority | Failure::WrongSignature), "{refused:?}");
    let plain = CertifiedPeer::of(&own.chain).expect("readable").expect("there");
    assert_eq!(clients.identify(&plain, None, at(0)), Err(Failure::UnknownPin { pin: own.pin }));
    // An authority that the daemon knows by its file, with and without a line for it.
    let known = ClientAuthorities::new(std::slice::from_ref(other.certificate()), &[]).expect("usable");
    let mut signed = other.sign(&own.chain[0], &["bob".to_owned()], Purpose::Client, now()).expect("signed");
    signed.truncate(1);
    let bob = CertifiedPeer::of(&signed).expect("readable").expect("there");
    assert_eq!(
        clients.identify(&bob, Some(&known), at(0)),
        Err(Failure::UnknownSubject { names: vec!["bob".to_owned()] })
    );
    let clients = AuthorizedClients::parse(&format!("{} cert-authority role=run name=ours", other.pin()));
    assert_eq!(clients.identify(&bob, Some(&known), at(0)).expect("known").name, "bob");
    assert_eq!(clients.identify(&bob, None, at(0)), Err(Failure::UnknownPin { pin: own.pin }));
}
