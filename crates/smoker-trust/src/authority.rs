//! Authorities whose signature makes a client's certificate good.

use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, TrustAnchor, UnixTime};
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, OwnedCertRevocationList,
    RevocationCheckDepth, RevocationOptions, RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};

use crate::failure::Failure;
use crate::identity::facts::{self, CertificateFacts};
use crate::identity::peer::CertifiedPeer;
use crate::identity::validity::Validity;
use crate::pin::Pin;
use crate::provider::provider;
use crate::storage::{pem, regular_file};

/// The largest file with authorities or with what they have revoked, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Authorities, and what they and those that they have signed have revoked. The lists are read once, whatever is asked later.
#[derive(Clone, Debug)]
pub struct ClientAuthorities {
    authorities: Vec<Authority>,
    revoked: Arc<[CertRevocationList<'static>]>,
    /// Until when each list counts, as it states.
    lists_end: Vec<Option<DateTime<Utc>>>,
}

/// A certificate that is trusted to sign others.
#[derive(Clone, Debug)]
struct Authority {
    pin: Pin,
    anchor: TrustAnchor<'static>,
    name: String,
    validity: Option<Validity>,
}

/// Which revocation lists have to be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lists {
    /// That of the authority that signed the client's certificate.
    OfClient,
    /// None; those that are there count, for each certificate of the chain.
    Any,
}

impl ClientAuthorities {
    /// Reads the files of `tls_client_ca` and `tls_crl`.
    ///
    /// # Errors
    ///
    /// When a file cannot be read or holds nothing of its kind, or a certificate cannot be an authority's; each names its key and its file.
    pub fn from_files(certificates: &Path, revoked: Option<&Path>) -> Result<Self, String> {
        let read = |key: &str, path: &Path| {
            let content = regular_file::open_named(path).and_then(|file| file.read(path, MAX_FILE));
            content.map_err(|error| format!("{key}: {error}"))
        };
        let certificates_of = || {
            let text = read("tls_client_ca", certificates)?;
            pem::certificates(&text).map_err(|reason| {
                format!(
                    "tls_client_ca: {}: {reason}; name a file with the authority's certificate",
                    certificates.display()
                )
            })
        };
        let lists_of = |path: &Path| {
            let text = read("tls_crl", path)?;
            pem::revocation_lists(&text)
                .map_err(|reason| format!("tls_crl: {}: {reason}; have the authority write it again", path.display()))
        };
        let revoked = revoked.map(lists_of).transpose()?.unwrap_or_default();
        Self::new(&certificates_of()?, &revoked)
            .map_err(|reason| format!("tls_client_ca: {}: {reason}", certificates.display()))
    }

    /// These authorities, with these revocation lists.
    ///
    /// # Errors
    ///
    /// When a certificate cannot be an authority's, or a list cannot be read.
    pub fn new(
        certificates: &[CertificateDer<'_>],
        revoked: &[CertificateRevocationListDer<'_>],
    ) -> Result<Self, String> {
        let authorities = certificates.iter().map(Authority::of).collect::<Result<_, _>>()?;
        let read = |list: &CertificateRevocationListDer<'_>| {
            let list = OwnedCertRevocationList::from_der(list).map_err(|error| {
                format!("the authorities cannot be used ({error:?}); look at tls_client_ca and tls_crl")
            })?;
            Ok::<_, String>(CertRevocationList::from(list))
        };
        let lists_end = revoked.iter().map(|list| facts::next_update(list.as_ref())).collect();
        Ok(Self { authorities, revoked: revoked.iter().map(read).collect::<Result<_, _>>()?, lists_end })
    }

    /// Whether one of the authorities has this key.
    #[must_use]
    pub fn has(&self, authority: Pin) -> bool {
        self.authorities.iter().any(|known| known.pin == authority)
    }

    /// Whether one of the authorities with this key limits the names of those that it signs.
    #[must_use]
    pub fn limits_names(&self, authority: Pin) -> bool {
        let mut known = self.authorities.iter().filter(|known| known.pin == authority);
        known.any(|known| known.anchor.name_constraints.is_some())
    }

    /// Whether one of the authorities has signed the peer's certificate for clients, and neither date nor revocation speaks against it.
    ///
    /// # Errors
    ///
    /// What speaks against it.
    pub fn verify(&self, peer: &CertifiedPeer, now: UnixTime) -> Result<(), Failure> {
        self.verify_by(|_| true, peer, now)
    }

    /// As [`ClientAuthorities::verify`], by the authority with this key alone.
    ///
    /// # Errors
    ///
    /// What speaks against the certificate.
    pub fn verify_by_one(&self, authority: Pin, peer: &CertifiedPeer, now: UnixTime) -> Result<(), Failure> {
        self.verify_by(|known| known.pin == authority, peer, now)
    }

    fn verify_by(
        &self,
        is_meant: impl Fn(&Authority) -> bool,
        peer: &CertifiedPeer,
        now: UnixTime,
    ) -> Result<(), Failure> {
        check_use(peer)?;
        let meant = || self.authorities.iter().filter(|authority| is_meant(authority));
        let verify = |anchors: &[TrustAnchor<'_>], lists| {
            verify(peer, anchors, &self.revoked, lists, now).map_err(|error| failure_of(&error))
        };
        let valid: Vec<_> = meant().filter(|known| !known.has_ended(now)).map(|known| known.anchor.clone()).collect();
        let verified = verify(&valid, Lists::OfClient).and_then(|()| verify(&valid, Lists::Any));
        match verified {
            Err(Failure::ClientAuthority) => {
                // Only those that have ended are left.
                let signer = meant()
                    .filter(|known| known.has_ended(now))
                    .find(|known| verify(std::slice::from_ref(&known.anchor), Lists::Any).is_ok());
                Err(signer
                    .map_or(Failure::ClientAuthority, |signer| Failure::AuthorityEnded { name: signer.name.clone() }))
            }
            verified => verified,
        }
    }

    /// Whether an authority that is not one of these, and whose certificate the peer shows behind its own, has signed the peer's: revocation lists that
    /// are there count, also for the authority itself.
    ///
    /// # Errors
    ///
    /// What speaks against the certificate.
    pub fn verify_by_shown(
        known: Option<&Self>,
        shown: &CertificateDer<'_>,
        peer: &CertifiedPeer,
        now: UnixTime,
    ) -> Result<(), Failure> {
        check_use(peer)?;
        let authority = Authority::of(shown).map_err(|reason| Failure::UnreadableCertificate { reason })?;
        let revoked = known.map_or(&[][..], |known| &known.revoked);
        verify(peer, &[authority.anchor], revoked, Lists::Any, now).map_err(|error| failure_of(&error))?;
        let Some(known) = known else { return Ok(()) };
        let anchors: Vec<_> = known.authorities.iter().map(|known| known.anchor.clone()).collect();
        match verify(peer, &anchors, revoked, Lists::Any, now) {
            Err(error @ (Error::CertRevoked | Error::CrlExpired { .. })) => Err(failure_of(&error)),
            // The line vouches for it, not these.
            _ => Ok(()),
        }
    }

    /// What an administrator has to know of authorities that have ended or soon end, and of revocation lists that are too old.
    #[must_use]
    pub fn warnings(&self, now: DateTime<Utc>) -> Vec<String> {
        let of_authority = |authority: &Authority| {
            let ends = authority.validity.filter(|validity| validity.is_renewal_due(now))?.ends;
            let state = if ends <= now { "ended" } else { "ends" };
            Some(format!(
                "the authority {} {state} on {}: from then on no certificate that it has signed is accepted; put its new certificate \
                 into the file",
                authority.name,
                ends.to_rfc3339_opts(SecondsFormat::Secs, true)
            ))
        };
        let of_list = |ends: &DateTime<Utc>| {
            format!(
                "a revocation list of tls_crl ended on {}: no certificate of its authority is accepted; put the authority's newest list into \
                 the file",
                ends.to_rfc3339_opts(SecondsFormat::Secs, true)
            )
        };
        let ended = self.lists_end.iter().flatten().filter(|ends| **ends < now);
        self.authorities.iter().filter_map(of_authority).chain(ended.map(of_list)).collect()
    }
}

impl Authority {
    fn of(certificate: &CertificateDer<'_>) -> Result<Self, String> {
        let pin = Pin::of_certificate(certificate).map_err(|error| error.to_string())?;
        let anchor = anchor_from_trusted_cert(certificate).map_err(|error| {
            format!("a certificate cannot be that of an authority ({error:?}); name the authority's own")
        })?;
        let facts = CertificateFacts::of(certificate);
        let validity = facts.as_ref().and_then(Validity::stated);
        let name = facts.and_then(|facts| facts.names.into_iter().next());
        Ok(Self { pin, anchor: anchor.to_owned(), name: name.unwrap_or_else(|| pin.to_string()), validity })
    }

    /// Whether its certificate is no longer valid, which the library does not look at.
    fn has_ended(&self, now: UnixTime) -> bool {
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        self.validity.is_some_and(|validity| validity.ends.timestamp() < now)
    }
}

/// A certificate for a NATS server is one for clients, and on every host of a fleet.
fn check_use(peer: &CertifiedPeer) -> Result<(), Failure> {
    let facts = CertificateFacts::of(peer.certificate());
    if facts.is_some_and(|facts| facts.is_for_nats()) { Err(Failure::ForNats) } else { Ok(()) }
}

/// Whether an anchor, or an authority that it has signed and the peer shows, has signed the peer's certificate for clients.
fn verify(
    peer: &CertifiedPeer,
    anchors: &[TrustAnchor<'_>],
    revoked: &[CertRevocationList<'_>],
    lists: Lists,
    now: UnixTime,
) -> Result<(), Error> {
    let revoked: Vec<_> = revoked.iter().collect();
    let certificate = EndEntityCert::try_from(peer.certificate())?;
    let algorithms = provider().signature_verification_algorithms.all;
    let usage = KeyUsage::client_auth();
    let options = options(&revoked, lists);
    certificate.verify_for_usage(algorithms, anchors, peer.authorities(), now, usage, options, None).map(|_| ())
}

/// How revocation lists count; none when there is no list.
fn options<'a>(revoked: &'a [&'a CertRevocationList<'a>], lists: Lists) -> Option<RevocationOptions<'a>> {
    let (depth, policy) = match lists {
        // A list of an authority between is rarely at hand; that of the client's own authority is needed.
        Lists::OfClient => (RevocationCheckDepth::EndEntity, UnknownStatusPolicy::Deny),
        Lists::Any => (RevocationCheckDepth::Chain, UnknownStatusPolicy::Allow),
    };
    let builder = RevocationOptionsBuilder::new(revoked).ok()?;
    let builder = builder.with_depth(depth).with_status_policy(policy);
    Some(builder.with_expiration_policy(ExpirationPolicy::Enforce).build())
}

#[expect(deprecated, reason = "the library may still report errors that it has newer ones for")]
fn failure_of(error: &Error) -> Failure {
    match error {
        Error::CertExpired { .. } => Failure::ClientCertificateExpired,
        Error::CertNotValidYet { .. } => Failure::ClientCertificateEarly,
        Error::CertRevoked => Failure::ClientCertificateRevoked,
        Error::CrlExpired { .. } => Failure::RevocationListExpired,
        Error::RequiredEkuNotFound | Error::RequiredEkuNotFoundContext(_) => Failure::NotForClients,
        Error::BadDer | Error::BadDerTime | Error::TrailingData(_) | Error::UnsupportedCriticalExtension => {
            Failure::UnreadableCertificate { reason: error.to_string() }
        }
        // A list that its authority has not signed is none.
        Error::UnknownRevocationStatus | Error::InvalidCrlSignatureForPublicKey | Error::IssuerNotCrlSigner => {
            Failure::RevocationUnknown
        }
        _ => Failure::ClientAuthority,
    }
}

#[cfg(test)]
mod tests;
