//! Makes an authority and signs certificates.

use std::net::IpAddr;

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData, SanType, SignatureAlgorithm, date_time_ymd,
};
use rustls::pki_types::CertificateDer;

use crate::identity::facts::CertificateFacts;
use crate::identity::key;
use crate::identity::own::{CERTIFICATE_FILE, KEY_FILE, Stored};
use crate::pin::{Pin, public_key_of};
use crate::storage::file_error::FileError;
use crate::storage::private_folder::PrivateFolder;
use crate::storage::{pem, private_file, text_file};

/// How long a signed certificate is valid; 397 days is the longest that browsers take.
pub const VALID_DAYS: i64 = 397;

/// A `SubjectPublicKeyInfo` of P-256 is these bytes and 65 bytes of the key.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce,
    0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

/// What a certificate is for. A host's must not open other hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A daemon.
    Daemon,
    /// A client.
    Client,
    /// A user of a NATS server, who is known there by the URI behind the name.
    NatsUser,
}

/// An authority.
#[derive(Debug)]
pub struct Authority {
    certificate: CertificateDer<'static>,
    pair: KeyPair,
    name: String,
    pin: Pin,
}

impl Authority {
    /// Makes an authority in this folder, unless there is one.
    ///
    /// # Errors
    ///
    /// When there is one, or a file cannot be made.
    pub fn init(folder: &PrivateFolder, name: &str) -> Result<Self, FileError> {
        let path = folder.path().join(KEY_FILE);
        let failed = |reason: String| FileError::new(&path, reason);
        let key = key::make().map_err(failed)?;
        let pair = key::pair(&key.clone_key().into()).map_err(failed)?;
        let params = of_authority(name);
        let made =
            params.self_signed(&pair).map_err(|error| failed(format!("no certificate can be made ({error})")))?;
        let certificate = made.der().clone();
        if !private_file::make(folder, KEY_FILE, pem::of_key(&key.into()).as_bytes())? {
            return Err(failed(
                "there is an authority already; to begin with another one, remove the folder first".to_owned(),
            ));
        }
        let text = pem::of_certificates(std::slice::from_ref(&certificate));
        text_file::edit(&folder.path().join(CERTIFICATE_FILE), |_| Ok((text, ())))?;
        let pin = Pin::of_public_key(&pair.subject_public_key_info());
        Ok(Self { certificate, pair, name: name.to_owned(), pin })
    }

    /// The authority in this folder; `None` when there is none.
    ///
    /// # Errors
    ///
    /// When a file cannot be used.
    pub fn load(folder: &PrivateFolder) -> Result<Option<Self>, FileError> {
        let path = folder.path().join(CERTIFICATE_FILE);
        if private_file::read(folder, KEY_FILE)?.is_none() {
            return Ok(None);
        }
        if text_file::read(&path)?.is_none() {
            return Err(FileError::new(
                &path,
                "it is missing beside the key of the authority; restore both from a backup",
            ));
        }
        // Read and not repaired: a certificate that is made again would be no authority's, and nobody would have the old one.
        let Some(Stored { key, chain, pin, .. }) = Stored::read(folder)? else { return Ok(None) };
        let chain = chain.ok_or_else(|| {
            FileError::new(&path, "it is not the certificate of the key beside it; restore both from the same backup")
        })?;
        let pair = key::pair(&key).map_err(|reason| FileError::new(&folder.path().join(KEY_FILE), reason))?;
        let name = CertificateFacts::of(&chain[0]).and_then(|facts| facts.names.into_iter().next());
        let name =
            name.ok_or_else(|| FileError::new(&path, "its certificate has no name; restore it from a backup"))?;
        let certificate = chain[0].clone();
        Ok(Some(Self { certificate, pair, name, pin }))
    }

    /// Its pin, by which clients and daemons know it.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Signs the key of a certificate for these names, host names and addresses (for [`Purpose::NatsUser`] a name and its URI), for [`VALID_DAYS`]. The certificate, which its owner has signed itself, is what others call a
    /// request: what it says of names and dates does not count. Returns the new certificate with the authority's behind it.
    ///
    /// # Errors
    ///
    /// When the key is no P-256 key, or a name cannot be in a certificate.
    pub fn sign(
        &self,
        request: &CertificateDer<'_>,
        names: &[String],
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Result<Vec<CertificateDer<'static>>, String> {
        let info = public_key_of(request).map_err(|error| error.to_string())?;
        let point = info.strip_prefix(&P256[..]).filter(|point| point.len() == 65);
        let key = RequestedKey(
            point.ok_or("its key is no P-256 key; only those that smokerd and smokercli make can be signed")?.to_vec(),
        );
        let first = names.first().ok_or("there is no name to sign for; name a host")?;
        let wanted: Vec<_> = names.iter().filter(|name| may_be_alternative(name, purpose)).cloned().collect();
        let mut params = CertificateParams::new(wanted)
            .map_err(|error| format!("{names:?} cannot be in a certificate ({error})"))?;
        for uri in names.iter().skip(1).filter(|_| purpose == Purpose::NatsUser) {
            let uri =
                uri.as_str().try_into().map_err(|error| format!("{uri:?} cannot be in a certificate ({error})"))?;
            params.subject_alt_names.push(SanType::URI(uri));
        }
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, first.as_str());
        // A clock that is a little late must not refuse it.
        let (from, to) = (now - TimeDelta::days(1), now + TimeDelta::days(VALID_DAYS));
        params.not_before = date_time_ymd(from.year(), part(from.month()), part(from.day()));
        params.not_after = date_time_ymd(to.year(), part(to.month()), part(to.day()));
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match purpose {
            Purpose::Daemon => ExtendedKeyUsagePurpose::ServerAuth,
            Purpose::Client | Purpose::NatsUser => ExtendedKeyUsagePurpose::ClientAuth,
        }];
        let issuer = Issuer::new(of_authority(&self.name), &self.pair);
        let signed = params.signed_by(&key, &issuer).map_err(|error| format!("it cannot be signed ({error})"))?;
        Ok(vec![signed.der().clone(), self.certificate.clone()])
    }
}

/// A client's name, such as `alice@laptop`, is the subject alone. A NATS server would take a host's name for that of another user.
fn may_be_alternative(name: &str, purpose: Purpose) -> bool {
    match purpose {
        Purpose::Daemon => true,
        Purpose::Client => name.parse::<IpAddr>().is_ok() || !name.contains(['@', ' ']),
        Purpose::NatsUser => false,
    }
}

fn of_authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(9999, 12, 31);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign, KeyUsagePurpose::DigitalSignature];
    params
}

/// A month or day as `rcgen` takes it.
fn part(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(1)
}

/// The point of a P-256 key.
struct RequestedKey(Vec<u8>);

impl PublicKeyData for RequestedKey {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

#[cfg(test)]
mod tests;
