//! Errors of the library as failures.

use std::error::Error as StdError;
use std::io;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use crate::failure::Failure;

/// Which side an error is seen from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side<'a> {
    /// The daemon's.
    Daemon,
    /// The client's, which asks this host.
    Client(&'a str),
}

/// The failure behind an error of a connection, if it is one of the handshake: the causes are looked through.
#[must_use]
pub fn failure_of(error: &(dyn StdError + 'static), side: Side<'_>) -> Option<Failure> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(failure) = error.downcast_ref::<Failure>() {
            return Some(failure.clone());
        }
        if let Some(error) = error.downcast_ref::<Error>() {
            return Some(of_library(error, side));
        }
        if let Some(error) = error.downcast_ref::<io::Error>() {
            if let Some(inner) = error.get_ref() {
                // The source of such an error is that of the inner one, so the inner one itself would be left out.
                return failure_of(inner, side).or_else(|| of_system(error));
            }
            return of_system(error);
        }
        cause = error.source();
    }
    None
}

fn of_system(error: &io::Error) -> Option<Failure> {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Some(Failure::HandshakeEnded),
        // The first is what a socket with a limit says.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => Some(Failure::HandshakeTimeout),
        _ => None,
    }
}

/// The failure that an error of the library means.
#[must_use]
pub fn of_library(error: &Error, side: Side<'_>) -> Failure {
    match error {
        Error::InvalidCertificate(error) => of_certificate(error, side),
        Error::InvalidMessage(
            InvalidMessage::CertificatePayloadTooLarge | InvalidMessage::HandshakePayloadTooLarge,
        ) => Failure::UnreadableCertificate { reason: "with those behind it, it is larger than 64 KiB".to_owned() },
        Error::InvalidMessage(_) | Error::InappropriateMessage { .. } => match side {
            Side::Daemon => Failure::NotTls,
            Side::Client(_) => Failure::ServerIsPlain,
        },
        Error::NoCertificatesPresented | Error::AlertReceived(AlertDescription::CertificateRequired) => {
            Failure::NoIdentity
        }
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::SupportedVersionsExtensionRequired
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            // A client of TLS 1.1 sends none, and that is noticed first.
            | PeerIncompatible::SignatureAlgorithmsExtensionRequired,
        )
        | Error::AlertReceived(AlertDescription::ProtocolVersion) => Failure::OldTls,
        Error::PeerIncompatible(
            PeerIncompatible::NoKxGroupsInCommon
            | PeerIncompatible::NamedGroupsExtensionRequired
            | PeerIncompatible::KeyShareExtensionRequired
            | PeerIncompatible::UncompressedEcPointsRequired
            | PeerIncompatible::EcPointsExtensionRequired,
        ) => Failure::NoCommonGroup,
        Error::PeerIncompatible(PeerIncompatible::NoSignatureSchemesInCommon) => Failure::NoCommonSignature,
        Error::PeerIncompatible(PeerIncompatible::NoCipherSuitesInCommon) => Failure::NoCommonCipher,
        Error::NoApplicationProtocol | Error::AlertReceived(AlertDescription::NoApplicationProtocol) => {
            Failure::NoCommonProtocol
        }
        // The other side says no more than this.
        Error::AlertReceived(AlertDescription::HandshakeFailure | AlertDescription::InsufficientSecurity) => {
            Failure::NothingInCommon
        }
        Error::AlertReceived(alert) => Failure::RefusedByPeer { alert: format!("{alert:?}") },
        other => Failure::Handshake { reason: other.to_string() },
    }
}

fn of_certificate(error: &CertificateError, side: Side<'_>) -> Failure {
    if let CertificateError::Other(other) = error
        && let Some(failure) = other.0.downcast_ref::<Failure>()
    {
        return failure.clone();
    }
    let host = match side {
        Side::Client(host) => Some(host.to_owned()),
        Side::Daemon => None,
    };
    match (error, host) {
        (CertificateError::BadSignature, _) => Failure::WrongSignature,
        (CertificateError::BadEncoding | CertificateError::UnhandledCriticalExtension, _) => {
            Failure::UnreadableCertificate { reason: error.to_string() }
        }
        (CertificateError::Expired | CertificateError::ExpiredContext { .. }, Some(host)) => {
            Failure::ServerCertificateExpired { host }
        }
        (CertificateError::Expired | CertificateError::ExpiredContext { .. }, None) => {
            Failure::ClientCertificateExpired
        }
        (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, Some(host)) => {
            Failure::ServerCertificateEarly { host }
        }
        (CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. }, None) => {
            Failure::ClientCertificateEarly
        }
        (CertificateError::NotValidForNameContext { presented, .. }, Some(host)) => {
            Failure::OtherName { host, names: presented.iter().map(|name| bare(name)).collect() }
        }
        (CertificateError::NotValidForName, Some(host)) => Failure::OtherName { host, names: Vec::new() },
        (CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }, Some(host)) => {
            Failure::NotForServers { host }
        }
        (CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. }, None) => {
            Failure::NotForClients
        }
        (CertificateError::Revoked, None) => Failure::ClientCertificateRevoked,
        (CertificateError::Revoked, Some(_)) => Failure::Handshake { reason: error.to_string() },
        // Also a root that a server shows as its own, or one of the same name with a key of another kind.
        (_, Some(host)) => Failure::ServerAuthority { host },
        (CertificateError::UnknownIssuer, None) => Failure::ClientAuthority,
        (CertificateError::Other(other), None) => Failure::Handshake { reason: other.0.to_string() },
        _ => Failure::Handshake { reason: error.to_string() },
    }
}

/// A name of a certificate as people write it: the library says `DnsName("web1")`.
fn bare(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
    inner.unwrap_or(name).trim_matches('"').to_owned()
}
