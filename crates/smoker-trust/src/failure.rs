//! Every way in which a handshake or an authorization fails.

use std::fmt;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::pin::Pin;
use crate::role::Role;

/// Why a handshake or an authorization failed. `Display` is the sentence for the client's user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The client spoke http where the daemon wants TLS.
    PlainRefused,
    /// The client spoke TLS to a server that speaks http.
    ServerIsPlain,
    /// The first bytes are neither http nor TLS.
    NotTls,
    /// The peer offers nothing newer than TLS 1.1.
    OldTls,
    /// There is no cipher suite that both sides have.
    NoCommonCipher,
    /// There is no group (curve) for the exchange of keys that both sides have.
    NoCommonGroup,
    /// The peer accepts no signature that the own key can make.
    NoCommonSignature,
    /// The peer offers protocols by ALPN, and http/1.1 is not among them.
    NoCommonProtocol,
    /// The peer found nothing in common, and does not say of what.
    NothingInCommon,
    /// The handshake was not completed in time.
    HandshakeTimeout,
    /// The connection ended during the handshake.
    HandshakeEnded,
    /// The peer does not have the private key of its certificate.
    WrongSignature,
    /// The peer's certificate cannot be read.
    UnreadableCertificate {
        /// The reason.
        reason: String,
    },
    /// The peer ended the handshake with this alert.
    RefusedByPeer {
        /// The alert's name.
        alert: String,
    },
    /// Anything else that the library reports.
    Handshake {
        /// Its words.
        reason: String,
    },

    /// The client has neither a certificate nor a token.
    NoIdentity,
    /// No line of `authorized_clients` has the client's key.
    UnknownPin {
        /// The client's key.
        pin: Pin,
    },
    /// The line of `authorized_clients` that has the client's key is not understood.
    BrokenLine {
        /// Its number.
        line: usize,
    },
    /// The file that lists keys or tokens cannot be used, so the daemon knows none of them.
    UnusableList {
        /// Its name.
        file: &'static str,
    },
    /// The line of the client was removed after a request of the same connection had been answered.
    Withdrawn {
        /// The name that it had.
        name: String,
    },
    /// The identity or the token is no longer valid.
    Expired {
        /// Its name.
        name: String,
        /// Until when it was.
        at: DateTime<Utc>,
    },
    /// The identity or token is not for the network that the request came from.
    OtherNetwork {
        /// Its name.
        name: String,
        /// Where the request came from.
        address: IpAddr,
    },
    /// The role is too small.
    RoleTooSmall {
        /// Who asked.
        name: String,
        /// The role that it has.
        has: Role,
        /// The role that the request needs.
        needs: Role,
    },
    /// The identity or token is for other plugins.
    OtherPlugin {
        /// Who asked.
        name: String,
        /// The plugin.
        plugin: String,
    },

    /// The client's certificate is signed by no authority that the daemon trusts.
    ClientAuthority,
    /// The authority that signed the client's certificate is no longer valid.
    AuthorityEnded {
        /// The authority's name.
        name: String,
    },
    /// The client's certificate is no longer valid.
    ClientCertificateExpired,
    /// The client's certificate is not valid yet.
    ClientCertificateEarly,
    /// The client's certificate is on the revocation list.
    ClientCertificateRevoked,
    /// The daemon's revocation list is too old.
    RevocationListExpired,
    /// The daemon has no revocation list of the authority that signed the client's certificate.
    RevocationUnknown,
    /// The certificate is not for clients.
    NotForClients,
    /// The certificate is that of a user of a NATS server.
    ForNats,
    /// The certificate is good, but no line names its subject.
    UnknownSubject {
        /// The names in the certificate.
        names: Vec<String>,
    },

    /// The `Authorization` header is not `Bearer` and a token.
    MalformedToken,
    /// The daemon does not have this token.
    UnknownToken,
    /// A token was sent over plain http from another host, so that it has to be replaced.
    TokenInTheClear,
    /// Too many failed attempts came from this address.
    TooManyAttempts {
        /// Seconds after which the next attempt is looked at.
        retry_after: u64,
    },
    /// The Unix socket was used by an account without any right.
    SocketWithoutRight {
        /// The account's number.
        user: u32,
    },
    /// A request over loopback without an identity has no right.
    AnonymousRefused,
    /// A proxy has passed on a request that proves nothing, so that nobody knows from where it comes.
    Forwarded,
    /// A request over loopback is for another address or port, so that a proxy or a forwarded port has passed it on.
    ForwardedPort {
        /// The host and the port that the request is for.
        host: String,
    },

    /// The daemon has another key than the one known for its address.
    ChangedPin {
        /// Its address.
        host: String,
        /// The known keys.
        known: Vec<Pin>,
        /// The key that it has.
        found: Pin,
    },
    /// The daemon's key is not known, and no authority vouches for it.
    UnknownHost {
        /// Its address.
        host: String,
        /// The key that it has.
        found: Pin,
    },
    /// The daemon's certificate is for other names.
    OtherName {
        /// Its address.
        host: String,
        /// The names in the certificate.
        names: Vec<String>,
    },
    /// The daemon's certificate is signed by another authority.
    ServerAuthority {
        /// Its address.
        host: String,
    },
    /// The daemon's certificate is no longer valid.
    ServerCertificateExpired {
        /// Its address.
        host: String,
    },
    /// The daemon's certificate is not valid yet.
    ServerCertificateEarly {
        /// Its address.
        host: String,
    },
    /// The daemon's certificate is not for servers.
    NotForServers {
        /// Its address.
        host: String,
    },
}

impl Failure {
    /// A word for it that stays the same, for logs and scripts.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::PlainRefused => "plain_refused",
            Self::ServerIsPlain => "server_is_plain",
            Self::NotTls => "not_tls",
            Self::OldTls => "old_tls",
            Self::NoCommonCipher => "no_common_cipher",
            Self::NoCommonGroup => "no_common_group",
            Self::NoCommonSignature => "no_common_signature",
            Self::NoCommonProtocol => "no_common_protocol",
            Self::NothingInCommon => "nothing_in_common",
            Self::HandshakeTimeout => "handshake_timeout",
            Self::HandshakeEnded => "handshake_ended",
            Self::WrongSignature => "wrong_signature",
            Self::UnreadableCertificate { .. } => "unreadable_certificate",
            Self::RefusedByPeer { .. } => "refused_by_peer",
            Self::Handshake { .. } => "handshake",
            Self::NoIdentity => "no_identity",
            Self::UnknownPin { .. } => "unknown_pin",
            Self::BrokenLine { .. } => "broken_line",
            Self::UnusableList { .. } => "unusable_list",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired { .. } => "expired",
            Self::OtherNetwork { .. } => "other_network",
            Self::RoleTooSmall { .. } => "role_too_small",
            Self::OtherPlugin { .. } => "other_plugin",
            Self::ClientAuthority => "client_authority",
            Self::AuthorityEnded { .. } => "authority_ended",
            Self::ClientCertificateExpired => "client_certificate_expired",
            Self::ClientCertificateEarly => "client_certificate_early",
            Self::ClientCertificateRevoked => "client_certificate_revoked",
            Self::RevocationListExpired => "revocation_list_expired",
            Self::RevocationUnknown => "revocation_unknown",
            Self::NotForClients => "not_for_clients",
            Self::ForNats => "for_nats",
            Self::UnknownSubject { .. } => "unknown_subject",
            Self::MalformedToken => "malformed_token",
            Self::UnknownToken => "unknown_token",
            Self::TokenInTheClear => "token_in_the_clear",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::SocketWithoutRight { .. } => "socket_without_right",
            Self::AnonymousRefused => "anonymous_refused",
            Self::Forwarded => "forwarded",
            Self::ForwardedPort { .. } => "forwarded_port",
            Self::ChangedPin { .. } => "changed_pin",
            Self::UnknownHost { .. } => "unknown_host",
            Self::OtherName { .. } => "other_name",
            Self::ServerAuthority { .. } => "server_authority",
            Self::ServerCertificateExpired { .. } => "server_certificate_expired",
            Self::ServerCertificateEarly { .. } => "server_certificate_early",
            Self::NotForServers { .. } => "not_for_servers",
        }
    }

    /// The HTTP status of the answer, where there is one: 401 when another identity or token helps, 403 when this one is known and has not the right,
    /// 429 after too many attempts.
    #[must_use]
    pub fn status(&self) -> u16 {
        match self {
            Self::TooManyAttempts { .. } => 429,
            Self::OtherNetwork { .. }
            | Self::RoleTooSmall { .. }
            | Self::OtherPlugin { .. }
            | Self::SocketWithoutRight { .. }
            | Self::PlainRefused
            | Self::UnknownSubject { .. } => 403,
            _ => 401,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.for_client())
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests;
