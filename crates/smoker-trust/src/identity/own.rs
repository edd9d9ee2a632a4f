//! The identity of this program.

use std::path::Path;

use chrono::{DateTime, SecondsFormat, Utc};
use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::identity::validity::Validity;
use crate::identity::{certificate, key};
use crate::pin::Pin;
use crate::provider::provider;
use crate::storage::file_error::FileError;
use crate::storage::pem;
use crate::storage::private_file;
use crate::storage::private_folder::PrivateFolder;
use crate::storage::regular_file::{self, MAX_BYTES};
use crate::storage::text_file;

/// The private key in its folder.
pub const KEY_FILE: &str = "key.pem";
/// Its certificate, with those of its authority behind it when one has signed it.
pub const CERTIFICATE_FILE: &str = "certificate.pem";

/// A private key, its certificate with those that vouch for it, and its pin.
#[derive(Debug)]
pub struct OwnIdentity {
    /// The private key.
    pub key: PrivateKeyDer<'static>,
    /// The certificate first.
    pub chain: Vec<CertificateDer<'static>>,
    /// What the key is known by.
    pub pin: Pin,
}

impl Clone for OwnIdentity {
    fn clone(&self) -> Self {
        Self { key: self.key.clone_key(), chain: self.chain.clone(), pin: self.pin }
    }
}

impl OwnIdentity {
    /// The identity in this folder; `None` when it has no key. A certificate that is missing, or is another key's, is made again for this name.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub fn load(folder: &PrivateFolder, name: &str) -> Result<Option<Self>, FileError> {
        let Some(Stored { key, pair, pin, chain }) = Stored::read(folder)? else { return Ok(None) };
        if let Some(chain) = chain {
            return Ok(Some(Self { key, chain, pin }));
        }
        let path = folder.path().join(CERTIFICATE_FILE);
        let made = certificate::self_signed(&pair, name).map_err(|reason| FileError::new(&path, reason))?;
        let chain = vec![made];
        text_file::edit(&path, |_| Ok((pem::of_certificates(&chain), ())))?;
        Ok(Some(Self { key, chain, pin }))
    }

    /// The identity in this folder, where nothing is missing; nothing is made.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub fn read(folder: &PrivateFolder) -> Result<Option<Self>, FileError> {
        let stored = Stored::read(folder)?;
        Ok(stored.and_then(|Stored { key, pin, chain, .. }| Some(Self { key, chain: chain?, pin })))
    }

    /// Reads what [`OwnIdentity::load`] reads, and makes nothing. Returns from when until when the certificate is valid, as it states.
    ///
    /// # Errors
    ///
    /// When a file that is there cannot be used.
    pub fn check(folder: &PrivateFolder) -> Result<Option<Validity>, FileError> {
        let chain = Stored::read(folder)?.and_then(|stored| stored.chain);
        Ok(chain.and_then(|chain| validity_of(&chain)))
    }

    /// From when until when its certificate is valid, as that states.
    #[must_use]
    pub fn validity(&self) -> Option<Validity> {
        validity_of(&self.chain)
    }

    /// The identity in this folder; a key is made when there is none. Of two programs that begin at the same time one makes it, and both have it.
    ///
    /// # Errors
    ///
    /// When a file cannot be used or made.
    pub fn load_or_make(folder: &PrivateFolder, name: &str) -> Result<Self, FileError> {
        if let Some(identity) = Self::load(folder, name)? {
            return Ok(identity);
        }
        let path = folder.path().join(KEY_FILE);
        let key = key::make().map_err(|reason| FileError::new(&path, reason))?;
        private_file::make(folder, KEY_FILE, pem::of_key(&key.into()).as_bytes())?;
        Self::load(folder, name)?.ok_or_else(|| FileError::new(&path, "it was removed while it was made; try again"))
    }

    /// The identity of named files (`tls_cert`, `tls_key`): any key and certificate that TLS can use.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, everybody may read the key, or the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, FileError> {
        let chain = regular_file::open_named(certificate)?.read(certificate, MAX_BYTES)?;
        let chain = pem::certificates(&chain).map_err(|reason| FileError::new(certificate, reason))?;
        let pin = Pin::of_certificate(&chain[0]).map_err(|error| FileError::new(certificate, error.to_string()))?;
        let file = regular_file::open_named(key)?;
        let mode = file.mode();
        // Before the mode is looked at, which a file without a key may have.
        let secret = pem::key(&file.read(key, MAX_BYTES)?).map_err(|reason| FileError::new(key, reason))?;
        if mode & 0o007 != 0 {
            let reason =
                format!("everybody may read this private key (mode {mode:04o}); run chmod 600 {}", key.display());
            return Err(FileError::new(key, reason));
        }
        let signing = provider().key_provider.load_private_key(secret.clone_key()).map_err(|error| {
            FileError::new(key, format!("the key cannot be used ({error}); use RSA, P-256, P-384 or Ed25519"))
        })?;
        if signing.public_key().is_some_and(|public| Pin::of_public_key(&public) != pin) {
            let reason = format!(
                "it is not the key of the certificate in {}; name the two that belong together",
                certificate.display()
            );
            return Err(FileError::new(key, reason));
        }
        Ok(Self { key: secret, chain, pin })
    }
}

/// What an administrator has to know of a daemon's certificate; nothing before [it has to be renewed](Validity::is_renewal_due).
#[must_use]
pub fn ending(validity: Validity, now: DateTime<Utc>) -> Option<String> {
    let ends = validity.ends;
    let state = if ends <= now { "ended" } else { "ends" };
    validity.is_renewal_due(now).then(|| {
        format!(
            "the daemon's certificate {state} on {}: clients that know its authority, and not its pin, refuse it from then on; renew it by \
             smokercli trust ca sign -s HOST --via ssh, or by the PKI that it is of",
            ends.to_rfc3339_opts(SecondsFormat::Secs, true)
        )
    })
}

fn validity_of(chain: &[CertificateDer<'_>]) -> Option<Validity> {
    Validity::of(chain.first()?)
}

/// What is in a folder.
pub(crate) struct Stored {
    pub(crate) key: PrivateKeyDer<'static>,
    pair: KeyPair,
    pub(crate) pin: Pin,
    /// The certificate first; `None` when there is none, or that of another key.
    pub(crate) chain: Option<Vec<CertificateDer<'static>>>,
}

impl Stored {
    /// Reads key and certificate, and makes nothing; `None` when there is no key.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub(crate) fn read(folder: &PrivateFolder) -> Result<Option<Self>, FileError> {
        let Some(text) = private_file::read(folder, KEY_FILE)? else { return Ok(None) };
        let path = folder.path().join(KEY_FILE);
        let failed = |reason: String| FileError::new(&path, reason);
        let key = pem::key(&text).map_err(failed)?;
        let pair = key::pair(&key).map_err(failed)?;
        let pin = Pin::of_public_key(&rcgen::PublicKeyData::subject_public_key_info(&pair));
        let path = folder.path().join(CERTIFICATE_FILE);
        let chain = text_file::read(&path)?.map(|text| pem::certificates(text.as_bytes()));
        let chain = chain.transpose().map_err(|reason| {
            FileError::new(&path, format!("{reason}; remove it, and another one is made with the same pin"))
        })?;
        let chain = chain.filter(|chain| Pin::of_certificate(&chain[0]) == Ok(pin));
        Ok(Some(Self { key, pair, pin, chain }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn private() -> (tempfile::TempDir, PrivateFolder) {
        let folder = tempfile::tempdir().expect("a folder");
        let private = PrivateFolder::make(&folder.path().join("p"), None).expect("made");
        (folder, private)
    }

    #[test]
    fn it_is_made_once_and_stays() {
        let (_folder, private) = private();
        assert!(OwnIdentity::load(&private, "web1").expect("no error").is_none());
        let made = OwnIdentity::load_or_make(&private, "web1").expect("made");
        let again = OwnIdentity::load_or_make(&private, "web2").expect("loaded");
        assert_eq!((made.pin, made.chain.clone()), (again.pin, again.chain));
        // The certificate is another matter than the identity.
        fs::remove_file(private.path().join(CERTIFICATE_FILE)).expect("there");
        OwnIdentity::check(&private).expect("a certificate may be missing");
        assert!(!private.path().join(CERTIFICATE_FILE).exists(), "a check makes nothing");
        let again = OwnIdentity::load(&private, "web1").expect("loaded").expect("there");
        assert_eq!(again.pin, made.pin);
        assert_eq!(Pin::of_certificate(&again.chain[0]), Ok(made.pin));
    }

    #[test]
    fn a_certificate_that_has_to_be_renewed_is_told_of() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("an instant");
        let validity = Validity { begins: Some(at("2026-01-31T00:00:00Z")), ends: at("2027-01-31T00:00:00Z") };
        assert_eq!(ending(validity, at("2027-01-01T00:00:00Z")), None);
        for (now, said) in
            [("2027-01-01T00:00:01Z", "ends on 2027-01-31"), ("2027-01-31T00:00:00Z", "ended on 2027-01-31")]
        {
            assert!(ending(validity, at(now)).is_some_and(|text| text.contains(said)), "{now}");
        }
        let (_folder, private) = private();
        let made = OwnIdentity::load_or_make(&private, "web1").expect("made");
        assert_eq!(OwnIdentity::check(&private).expect("read"), made.validity());
        assert_eq!(
            ending(made.validity().expect("dates"), at("2027-01-31T00:00:00Z")),
            None,
            "a key of our own has no end"
        );
    }

    #[test]
    fn a_broken_key_is_reported_and_stays() {
        let (_folder, private) = private();
        private_file::make(&private, KEY_FILE, b"rubbish").expect("made");
        let error = OwnIdentity::load_or_make(&private, "web1").expect_err("rubbish").to_string();
        assert!(error.contains("key.pem") && error.contains("no private key"), "{error}");
        assert_eq!(OwnIdentity::check(&private).expect_err("rubbish").to_string(), error);
        assert_eq!(private_file::read(&private, KEY_FILE).expect("there").as_deref(), Some(&b"rubbish"[..]));
    }

    #[test]
    fn named_files_have_to_belong_together() {
        let ((_one, one), (_two, two)) = (private(), private());
        let made = OwnIdentity::load_or_make(&one, "web1").expect("made");
        OwnIdentity::load_or_make(&two, "web2").expect("made");
        let (certificate, key) = (one.path().join(CERTIFICATE_FILE), one.path().join(KEY_FILE));
        assert_eq!(OwnIdentity::from_files(&certificate, &key).expect("loaded").pin, made.pin);
        let other = two.path().join(KEY_FILE);
        assert!(
            OwnIdentity::from_files(&certificate, &other).expect_err("another key").reason.contains("belong together")
        );
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("ours");
        assert!(OwnIdentity::from_files(&certificate, &key).expect_err("open").reason.contains("chmod 600"));
        assert!(OwnIdentity::from_files(&key, &key).expect_err("none").reason.contains("no certificate"));
    }
}
