//! The identity of the other side of a connection.

use rustls::pki_types::CertificateDer;

use crate::identity::facts::CertificateFacts;
use crate::pin::{Pin, UnreadableCertificate};

/// The certificates of the other side, which has proven that it has the key of the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifiedPeer {
    chain: Vec<CertificateDer<'static>>,
    pin: Pin,
}

impl CertifiedPeer {
    /// The peer with these certificates, as `peer_certificates()` of a connection gives them; `None` when it showed none.
    ///
    /// # Errors
    ///
    /// When the first cannot be read.
    pub fn of(chain: &[CertificateDer<'_>]) -> Result<Option<Self>, UnreadableCertificate> {
        let Some(first) = chain.first() else { return Ok(None) };
        let pin = Pin::of_certificate(first)?;
        Ok(Some(Self { chain: chain.iter().map(|certificate| certificate.clone().into_owned()).collect(), pin }))
    }

    /// What its key is known by.
    #[must_use]
    pub fn pin(&self) -> Pin {
        self.pin
    }

    /// Its certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.chain[0]
    }

    /// The certificates that it showed behind its own.
    #[must_use]
    pub fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.chain[1..]
    }

    /// The names in its certificate, which only a verified authority makes true. Where one limits names (`is_limited`, or one that is shown), only those count that such
    /// limits are for: an authority of a team must not give anybody the common name of another team's.
    #[must_use]
    pub fn names(&self, is_limited: bool) -> Vec<String> {
        let limits =
            |shown: &CertificateDer<'_>| CertificateFacts::of(shown).is_none_or(|facts| facts.constrains_names);
        let is_limited = is_limited || self.authorities().iter().any(limits);
        let facts = CertificateFacts::of(&self.chain[0]);
        facts.map_or_else(Vec::new, |facts| if is_limited { facts.dns_names } else { facts.names })
    }
}
