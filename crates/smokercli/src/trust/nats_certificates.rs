//! Certificates for a NATS server and its users, signed by the user's authority. A file has the key and, behind it, the certificate with that of the
//! authority, so that a renewal is one step.

use chrono::{DateTime, TimeDelta, Utc};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use smoker_nats::subject::token;
use smoker_trust::ca::sign::{Authority, Purpose};
use smoker_trust::identity::facts::{CertificateFacts, NATS_USER};
use smoker_trust::identity::{certificate, key};
use smoker_trust::pin::Pin;
use smoker_trust::storage::file_error::FileError;
use smoker_trust::storage::private_folder::PrivateFolder;
use smoker_trust::storage::{pem, private_file, text_file};

use crate::error::ExitError;
use crate::trust::{ca, operator};
use crate::trust_store::TrustStore;

/// The certificate of the authority, for the server and for those who connect to it.
pub(super) const AUTHORITY: &str = "ca.pem";
/// Key and certificate of the server.
pub(super) const SERVER: &str = "server.pem";

/// A certificate is signed again when it ends sooner.
const RENEWAL: TimeDelta = TimeDelta::days(60);
/// The bytes of a URI at most: readers of certificates pass over longer names.
const MAX_URI: usize = 255;
/// What is not written as `%XX` in a URI. A server reads it, and compares the text that it writes then.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// Signs certificates for a fleet.
#[derive(Debug)]
pub(super) struct Certificates {
    authority: Authority,
    fleet: String,
}

impl Certificates {
    /// By the user's authority.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub(super) fn of(store: &TrustStore, fleet: &str) -> Result<Self, ExitError> {
        Ok(Self { authority: ca::authority(store)?, fleet: fleet.to_owned() })
    }

    /// Writes the certificate of a host or an operator, unless it has a good one, and gives the URI that the server knows it by.
    ///
    /// # Errors
    ///
    /// When the name is too long, or a file cannot be used or written.
    pub(super) fn of_user(&self, kind: &str, folder: &PrivateFolder, name: &str) -> Result<String, ExitError> {
        let encoded = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        // A host and an operator of one name are two users.
        let uri = format!("{NATS_USER}{}:{kind}:{}", encoded(&self.fleet), encoded(name));
        if uri.len() > MAX_URI {
            return Err(ExitError::usage(format!(
                "{name} and the fleet's name are too long for a certificate; use a shorter one"
            )));
        }
        let names = [name.to_owned(), uri.clone()];
        self.write(folder, &format!("{}.pem", token(name)), &names, Purpose::NatsUser)?;
        Ok(uri)
    }

    /// Writes the certificate of the authority and, where the server is named, the server's.
    ///
    /// # Errors
    ///
    /// When a file cannot be used or written.
    pub(super) fn of_server(&self, folder: &PrivateFolder, names: &[String]) -> Result<(), ExitError> {
        let text = pem::of_certificates(std::slice::from_ref(self.authority.certificate()));
        text_file::edit(&folder.path().join(AUTHORITY), |_| Ok((text, ()))).map_err(|error| failed(&error))?;
        if names.is_empty() { Ok(()) } else { self.write(folder, SERVER, names, Purpose::Daemon) }
    }

    fn write(&self, folder: &PrivateFolder, file: &str, names: &[String], purpose: Purpose) -> Result<(), ExitError> {
        let path = folder.path().join(file);
        // Whether others may read it.
        private_file::read(folder, file).map_err(|error| failed(&error))?;
        text_file::edit(&path, |old| {
            let new = self.renewed(old, names, purpose).map_err(|reason| FileError::new(&path, reason))?;
            Ok((new, ()))
        })
        .map_err(|error| failed(&error))
    }

    /// The text of a file with a certificate that is good for a while: the old one, or a new certificate for the key that the old one has.
    fn renewed(&self, old: &str, names: &[String], purpose: Purpose) -> Result<String, String> {
        let secret: PrivateKeyDer<'static> =
            if old.is_empty() { key::make()?.into() } else { pem::key(old.as_bytes())? };
        let pair = key::pair(&secret)?;
        let request = certificate::self_signed(&pair, &names[0])?;
        let now = operator::now();
        if pem::certificates(old.as_bytes()).is_ok_and(|chain| self.is_good(&chain, &request, names, now + RENEWAL)) {
            return Ok(old.to_owned());
        }
        let chain = self.authority.sign(&request, names, purpose, now)?;
        Ok(pem::of_key(&secret) + &pem::of_certificates(&chain))
    }

    /// Whether a certificate is for the key of another one and for these names, by this authority, and valid until a time. Addresses that are not the
    /// first name are not read, so a certificate with some is never good enough.
    fn is_good(
        &self,
        chain: &[CertificateDer<'_>],
        request: &CertificateDer<'_>,
        names: &[String],
        until: DateTime<Utc>,
    ) -> bool {
        let [certificate, authority, ..] = chain else { return false };
        let Some(facts) = CertificateFacts::of(certificate) else { return false };
        authority == self.authority.certificate()
            && Pin::of_certificate(certificate) == Pin::of_certificate(request)
            && facts.not_after.is_some_and(|end| end > until)
            && names.iter().all(|name| facts.names.contains(name))
    }
}

fn failed(error: &FileError) -> ExitError {
    ExitError::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn made() -> (tempfile::TempDir, PrivateFolder, Certificates) {
        let home = tempfile::tempdir().expect("a folder");
        let private = |name: &str| PrivateFolder::make(&home.path().join(name), None).expect("made");
        let authority = Authority::init(&private("ca"), "ours").expect("made");
        let folder = private("fleet");
        (home, folder, Certificates { authority, fleet: "prod.eu".to_owned() })
    }

    fn chain(folder: &PrivateFolder, file: &str) -> Vec<CertificateDer<'static>> {
        pem::certificates(&fs::read(folder.path().join(file)).expect("there")).expect("certificates")
    }

    #[test]
    fn a_user_has_one_uri_and_keeps_its_key_and_certificate() {
        let (_home, folder, certificates) = made();
        let uri = certificates.of_user("host", &folder, "web.1").expect("made");
        assert_eq!(uri, "urn:smoker:nats:prod%2Eeu:host:web%2E1");
        let first = fs::read_to_string(folder.path().join("web%2E1.pem")).expect("there");
        let facts = CertificateFacts::of(&chain(&folder, "web%2E1.pem")[0]).expect("a certificate");
        assert_eq!((&facts.names, facts.is_for_nats()), (&vec!["web.1".to_owned(), uri.clone()], true));
        assert!(facts.dns_names.is_empty(), "a server would take it for a user's name");
        assert_eq!(certificates.of_user("host", &folder, "web.1").as_ref(), Ok(&uri));
        assert_eq!(fs::read_to_string(folder.path().join("web%2E1.pem")).expect("there"), first);

        // An operator's certificate in its place is none of a host.
        let of_operator = certificates.of_user("operator", &folder, "web.1").expect("made");
        assert_ne!(of_operator, uri);
        let pin = |chain: &[CertificateDer<'_>]| Pin::of_certificate(&chain[0]).expect("a pin");
        let now = chain(&folder, "web%2E1.pem");
        assert_eq!(pin(&now), pin(&pem::certificates(first.as_bytes()).expect("certificates")));
        assert!(certificates.of_user("host", &folder, &"x".repeat(250)).is_err());
    }

    #[test]
    fn what_ends_soon_or_is_of_another_authority_is_signed_again() {
        let (_home, folder, certificates) = made();
        let names = ["web1".to_owned(), format!("{NATS_USER}prod:host:web1")];
        let text = certificates.renewed("", &names, Purpose::NatsUser).expect("made");
        assert_eq!(certificates.renewed(&text, &names, Purpose::NatsUser).as_ref(), Ok(&text));
        let secret = pem::key(text.as_bytes()).expect("a key");
        let request = pem::certificates(text.as_bytes()).expect("certificates").remove(0);
        let at = operator::now() - TimeDelta::days(397 - 59);
        let old = certificates.authority.sign(&request, &names, Purpose::NatsUser, at).expect("signed");
        let old = pem::of_key(&secret) + &pem::of_certificates(&old);
        assert_ne!(certificates.renewed(&old, &names, Purpose::NatsUser).expect("signed"), old);

        let place = PrivateFolder::make(&folder.path().join("other"), None).expect("made");
        let other = Authority::init(&place, "ours").expect("made");
        let other = Certificates { authority: other, fleet: "prod".to_owned() };
        assert_ne!(other.renewed(&text, &names, Purpose::NatsUser).expect("signed"), text);
        assert!(
            certificates.renewed("rubbish", &names, Purpose::NatsUser).is_err(),
            "what is there is not written over"
        );
    }

    #[test]
    fn the_server_has_its_names_and_addresses() {
        let (_home, folder, certificates) = made();
        for (names, is_kept) in
            [(&["nats.example.org", "n2"][..], true), (&["192.0.2.7"], true), (&["n1", "192.0.2.7"], false)]
        {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            certificates.of_server(&folder, &names).expect("made");
            let first = chain(&folder, SERVER);
            certificates.of_server(&folder, &names).expect("kept");
            assert_eq!(chain(&folder, SERVER) == first, is_kept, "{names:?}");
        }
        let first = chain(&folder, SERVER);
        assert_eq!(chain(&folder, AUTHORITY), [certificates.authority.certificate().clone()]);
        certificates.of_server(&folder, &["other.example.org".to_owned()]).expect("made");
        assert_ne!(chain(&folder, SERVER), first);
    }
}
