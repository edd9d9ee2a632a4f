//! What each failure says: what happened, and what helps. The client's user and the daemon's administrator need different cures.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::failure::Failure;
use crate::pin::Pin;

impl Failure {
    /// The sentence for the client's user.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: one row for each failure")]
    pub fn for_client(&self) -> String {
        match self {
            Self::PlainRefused => "this daemon answers other hosts over TLS alone; run smokercli trust add -s HOST --via ssh, or without \
                                   SSH smokercli trust key and smokercli trust scan -s HOST, and have other programs ask \
                                   https://HOST:PORT with a key or a token"
                .to_owned(),
            Self::ServerIsPlain => "the server does not speak TLS; set state_dir in the configuration of the daemon so that it has a key, and \
                                    start it again, name it as http://HOST:PORT, or see whether another program listens on this port"
                .to_owned(),
            Self::NotTls => {
                "the server answered with something that is neither http nor TLS; is it a smokerd that listens on this port?"
                    .to_owned()
            }
            Self::OldTls => "the two sides have no version of TLS in common; smoker needs TLS 1.2 or 1.3, so update the \
                             client's library, or whatever stands between the two"
                .to_owned(),
            Self::NoCommonCipher => "the two sides have no cipher suite in common; smoker has those with AEAD and forward \
                                     secrecy alone (AES-GCM, ChaCha20-Poly1305), so update the other side's library"
                .to_owned(),
            Self::NoCommonGroup => "the two sides have no curve for the exchange of keys in common; smoker has X25519, P-256 and P-384, so \
                                    allow one of them in the configuration of the other side's TLS library"
                .to_owned(),
            Self::NoCommonSignature => "one side accepts no signature of the kind that the other side's key makes; allow ECDSA with P-256 \
                                        and SHA-256 in the TLS library, or use a key of a kind that it accepts (tls_cert and tls_key)"
                .to_owned(),
            Self::NoCommonProtocol => "the client offers by ALPN only other protocols than http/1.1, such as h2; have it offer http/1.1 \
                                       (curl --http1.1), or leave ALPN away"
                .to_owned(),
            Self::NothingInCommon => "the other side found no cipher suite, curve or signature algorithm that both have; the log of a daemon \
                                      that was started with -v says which one is missing"
                .to_owned(),
            Self::HandshakeTimeout => {
                "the TLS handshake was not completed in time; look at the network and at the load of the daemon's host".to_owned()
            }
            Self::HandshakeEnded => "the connection was closed during the TLS handshake; the log of a daemon that was started with -v \
                                     says why, or the server does not speak TLS: then name it as http://HOST:PORT"
                .to_owned(),
            Self::WrongSignature => "the other side does not have the private key of its certificate; certificate and key do not \
                                     belong together, so make both again or name the right files"
                .to_owned(),
            Self::UnreadableCertificate { reason } => {
                format!("the certificate cannot be read ({reason}); make another, an X.509 certificate of version 3")
            }
            Self::RefusedByPeer { alert } => {
                format!(
                    "the other side refused the TLS handshake with the alert {alert}; the log of a daemon that was started with -v says why"
                )
            }
            Self::Handshake { reason } => format!("the TLS handshake failed: {reason}; look into the log of the other side"),
            Self::NoIdentity => "the daemon wants an identity, and the request has none (clients do not show a certificate whose key is \
                                 neither P-256, P-384, Ed25519 nor RSA); have the line that smokercli trust key prints \
                                 added on the host by smokerd --authorize 'LINE', or use --token-file FILE"
                .to_owned(),
            Self::UnknownPin { pin } => format!(
                "the daemon does not know the key {pin}; run smokercli trust add -s HOST --via ssh, or have the line that smokercli \
                 trust key prints added on the host by smokerd --authorize 'LINE'"
            ),
            Self::BrokenLine { line } => format!(
                "line {line} of the daemon's authorized_clients has this key and is not understood; have its administrator correct it, which \
                 smokerd --check explains"
            ),
            Self::UnusableList { file } => format!(
                "the daemon cannot use its {file}, so it knows nobody by it; have its administrator correct the file, which smokerd --check \
                 explains"
            ),
            Self::Withdrawn { name } => {
                format!("the access of {name} was withdrawn on the daemon's host; ask its administrator")
            }
            Self::Expired { name, at } => format!(
                "the access of {name} ended on {}; have a key renewed by smokercli trust add -s HOST --via ssh --replace or smokerd \
                 --authorize 'LINE' --replace, a token by smokerd --token remove NAME and smokerd --token add NAME --role ROLE",
                instant(at)
            ),
            Self::OtherNetwork { name, address } => format!(
                "{name} may not ask from {address}; ask from a network that its from= lists, or have the list changed on the \
                 daemon's host"
            ),
            Self::RoleTooSmall { name, has, needs } => format!(
                "{name} has the role {has}, and this needs {needs}; have it given on the daemon's host (smokerd --authorize 'LINE' \
                 --replace with role={needs}, or another token), or use another identity"
            ),
            Self::OtherPlugin { name, plugin } => format!(
                "{name} may not have the plugin {plugin}; name one that its plugin=, category=, component= or type= on the daemon's \
                 host covers"
            ),
            Self::ClientAuthority => "the client's certificate is signed by no authority that the daemon trusts; use one of the \
                                      authority in tls_client_ca, or have its key authorized by smokerd --authorize 'LINE'"
                .to_owned(),
            Self::AuthorityEnded { name } => format!(
                "the certificate of the authority {name}, which signed the client's, is no longer valid; have the daemon's administrator put \
                 the authority's new certificate into tls_client_ca"
            ),
            Self::ClientCertificateExpired => {
                "the client's certificate is no longer valid; renew it, or set the clock of the daemon's host".to_owned()
            }
            Self::ClientCertificateEarly => "the client's certificate is not valid yet; set the clock of the daemon's host, or of the host \
                                             that made the certificate"
                .to_owned(),
            Self::ClientCertificateRevoked => {
                "the client's certificate was revoked by its authority; ask it for another".to_owned()
            }
            Self::RevocationListExpired => "the revocation list of the daemon is too old to accept certificates by; its \
                                            administrator has to replace the file that tls_crl names"
                .to_owned(),
            Self::RevocationUnknown => "the daemon has revocation lists, but none of the authority that signed the client's certificate; its \
                                        administrator has to add that list to tls_crl"
                .to_owned(),
            Self::NotForClients => {
                "the certificate is not for clients; have one made with the extended key usage clientAuth".to_owned()
            }
            Self::ForNats => {
                "the certificate is for a NATS server alone, and opens no daemon; leave it away, or name another one".to_owned()
            }
            Self::UnknownSubject { names } => format!(
                "the certificate is good, but the daemon has no line for {}; have a line with cert-authority and subject= added to \
                 its authorized_clients",
                listed(names)
            ),
            Self::MalformedToken => "the Authorization header is not \"Bearer\" and a token; a token begins with smoker_, as smokerd \
                                     --token add prints it"
                .to_owned(),
            Self::UnknownToken => "the daemon does not have this token, or has removed it; have another made on its host by smokerd \
                                   --token add NAME --role ROLE"
                .to_owned(),
            Self::TokenInTheClear => "a token was sent over plain http, where everybody on the way reads it; replace it by another \
                                      (smokerd --token remove NAME, then smokerd --token add NAME --role ROLE), and ask https://HOST:PORT, whose \
                                      pin smokerd --identity prints"
                .to_owned(),
            Self::TooManyAttempts { retry_after } => format!(
                "too many failed attempts came from this address; correct the token or the key, and wait {retry_after} s"
            ),
            Self::SocketWithoutRight { user } => format!(
                "the user {user} has no right on this socket; ask as root or as a member of the group smoker, or have local_role \
                 set in the configuration of the daemon"
            ),
            Self::AnonymousRefused => "the daemon answers nobody without an identity (local_role: none); ask over its socket as root, \
                                       or with a key or a token"
                .to_owned(),
            Self::Forwarded => "the headers say that a proxy has passed the request on, so it may come from any host, and it proves nothing; \
                                have the client or the proxy show a token (Authorization: Bearer TOKEN)"
                .to_owned(),
            Self::ForwardedPort { host } => format!(
                "the request came over loopback and is for {host}, so a proxy or a forwarded port has passed it on from any host, and it proves \
                 nothing; show a key or a token, or ask by localhost and the daemon's own port on its host"
            ),
            Self::ChangedPin { host, known, found } => format!(
                "THE KEY OF {host} HAS CHANGED: known is {}, but the host has {found}; either the daemon was installed again, or another \
                 machine answers in its place. Compare with smokerd --identity on the host, then run smokercli trust remove -s {host} \
                 and smokercli trust add -s {host} --via ssh, or smokercli trust scan -s {host}",
                pins(known)
            ),
            Self::UnknownHost { host, found } => format!(
                "the key {found} of {host} is not known; compare it with smokerd --identity on the host and take it by smokercli \
                 trust scan -s {host}, or by smokercli trust add -s {host} --via ssh"
            ),
            Self::OtherName { host, names } => format!(
                "the certificate is for {}, not for {host}; ask the host by one of these names, or have its certificate made for this \
                 one",
                listed(names)
            ),
            Self::ServerAuthority { host } => format!(
                "the certificate of {host} is not signed by an authority that is trusted here; take the host's key by smokercli trust \
                 scan -s {host} or smokercli trust add -s {host} --via ssh, or name the file of its authority by --cacert FILE"
            ),
            Self::ServerCertificateExpired { host } => format!(
                "the certificate of {host} is no longer valid; renew it (smokercli trust ca sign -s {host} --via ssh), or set the clock \
                 of this host"
            ),
            Self::ServerCertificateEarly { host } => {
                format!("the certificate of {host} is not valid yet; set the clock of this host, or of the one that made it")
            }
            Self::NotForServers { host } => format!(
                "the certificate of {host} is not for servers; have one made with the extended key usage serverAuth"
            ),
        }
    }

    /// The sentence for the daemon's log; it has no address, which the log adds.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a table: one row for each failure")]
    pub fn for_daemon(&self) -> String {
        match self {
            Self::PlainRefused => {
                "plain http from another host was refused (access: authenticated); have the client use https, or \
                                   set access: open"
                    .to_owned()
            }
            Self::ServerIsPlain => {
                "the client spoke TLS, and this daemon has no identity; set state_dir, or tls_cert and tls_key"
                    .to_owned()
            }
            Self::NotTls => {
                "the first bytes are neither http nor TLS; something else than a client of smoker asks this port"
                    .to_owned()
            }
            Self::OldTls => "the client offers nothing newer than TLS 1.1; update its TLS library".to_owned(),
            Self::NoCommonCipher => "the client offers no cipher suite with AEAD and forward secrecy for this daemon's key (ECDSA, unless \
                                     tls_key is another); update its TLS library, or allow such a suite there"
                .to_owned(),
            Self::NoCommonGroup => "the client offers no curve for the exchange of keys that this daemon has; allow X25519, P-256 or P-384 in \
                                    its TLS library"
                .to_owned(),
            Self::NoCommonSignature => "the client accepts no signature that this daemon's key makes; allow ECDSA with P-256 and SHA-256 in its \
                                        TLS library, or give the daemon a key of a kind that it accepts (tls_cert and tls_key)"
                .to_owned(),
            Self::NoCommonProtocol => "the client offers by ALPN other protocols than http/1.1 alone; have it offer http/1.1 (curl \
                                       --http1.1), or leave ALPN away"
                .to_owned(),
            Self::NothingInCommon => "the client found no cipher suite, curve or signature algorithm that both sides have; update its TLS \
                                      library, or allow ECDSA with P-256 and AES-GCM there"
                .to_owned(),
            Self::HandshakeTimeout => {
                "the client did not complete the TLS handshake in time; look at the network".to_owned()
            }
            Self::HandshakeEnded => {
                "the client closed the connection during the TLS handshake; if it is one of smoker, its known_hosts lacks this daemon's key \
                 or has another: compare with smokerd --identity"
                    .to_owned()
            }
            Self::WrongSignature => {
                "the client does not have the private key of its certificate; its certificate and key do not belong \
                                     together"
                    .to_owned()
            }
            Self::UnreadableCertificate { reason } => {
                format!(
                    "the client's certificate cannot be read ({reason}); have another made, or a key by smokercli trust key"
                )
            }
            Self::RefusedByPeer { alert } => format!(
                "the client refused this daemon's certificate with the alert {alert}; compare smokerd --identity with what the client knows: \
                 its known_hosts, or the file of --cacert"
            ),
            Self::Handshake { reason } => format!("the TLS handshake failed: {reason}; look at the client's message"),
            Self::NoIdentity => {
                "the client has neither a key nor a token; add its key by smokerd --authorize 'LINE', or make a token by smokerd --token \
                 add NAME --role ROLE"
                    .to_owned()
            }
            Self::UnknownPin { pin } => format!(
                "no line of authorized_clients has the client's key {pin}; if it may ask, run smokerd --authorize '{pin} role=run name=NAME'"
            ),
            Self::BrokenLine { line } => format!(
                "line {line} of authorized_clients has the client's key and is not understood, so the key gets nothing; correct the line, which \
                 smokerd --check explains"
            ),
            Self::UnusableList { file } => {
                format!("{file} cannot be used, so nobody has access by it; correct the file, which smokerd --check explains")
            }
            Self::Withdrawn { name } => {
                format!(
                    "the line of {name} was removed while its connection was open; the connection is refused from now on"
                )
            }
            Self::Expired { name, at } => {
                format!(
                    "the access of {name} ended on {}; renew it (smokerd --authorize 'LINE' --replace, or another token), or remove it \
                     (smokerd --withdraw '{name}')",
                    instant(at)
                )
            }
            Self::OtherNetwork { name, address } => {
                format!(
                    "{name} asked from {address}, which its from= does not list; add the network, if that was its owner"
                )
            }
            Self::RoleTooSmall { name, has, needs } => {
                format!("{name} has the role {has} and asked for what needs {needs}; give it role={needs}, if it may")
            }
            Self::OtherPlugin { name, plugin } => {
                format!(
                    "{name} asked for the plugin {plugin}, which its filter leaves out; widen the filter, if it may"
                )
            }
            Self::ClientAuthority => {
                "the client's certificate is signed by none of the authorities in tls_client_ca, and its key is in no \
                                      line of authorized_clients; add either, if it may ask"
                    .to_owned()
            }
            Self::AuthorityEnded { name } => format!(
                "the certificate of the authority {name} in tls_client_ca is no longer valid, so no certificate that it has signed is \
                 accepted; put its new certificate into the file"
            ),
            Self::ClientCertificateExpired => {
                "the client's certificate is no longer valid by this host's clock; have it renewed, or set the clock"
                    .to_owned()
            }
            Self::ClientCertificateEarly => {
                "the client's certificate is not valid yet by this host's clock; set the clock (timedatectl)".to_owned()
            }
            Self::ClientCertificateRevoked => {
                "the client's certificate is on the revocation list in tls_crl; nothing is to be done here, or \
                                               the list is to be corrected"
                    .to_owned()
            }
            Self::RevocationListExpired => {
                "the revocation list in tls_crl is too old, so no certificate is accepted by it; replace the file"
                    .to_owned()
            }
            Self::RevocationUnknown => {
                "tls_crl has no list of the authority that signed the client's certificate, so the certificate is \
                                        refused; add that list"
                    .to_owned()
            }
            Self::NotForClients => {
                "the client's certificate lacks the extended key usage clientAuth; have its authority make another"
                    .to_owned()
            }
            Self::ForNats => {
                "the client's certificate is for a NATS server alone; see why it is shown to a daemon, and whether its host \
                 has it to itself"
                    .to_owned()
            }
            Self::UnknownSubject { names } => format!(
                "the client's certificate is good, but no line of authorized_clients is for {}; add it to the subject= of a line with \
                 cert-authority",
                listed(names)
            ),
            Self::MalformedToken => {
                "the client's Authorization header is not \"Bearer\" and a token; look at its configuration".to_owned()
            }
            Self::UnknownToken => {
                "the client's token is unknown or was removed; smokerd --token list shows those that are known"
                    .to_owned()
            }
            Self::TokenInTheClear => {
                "a token came over plain http from another host; replace it by another (smokerd --token remove NAME, then smokerd --token add NAME --role ROLE), and have \
                 the client use https"
                    .to_owned()
            }
            Self::TooManyAttempts { retry_after } => format!(
                "too many failed attempts came from this address; its requests are refused for {retry_after} s. Correct its token or key"
            ),
            Self::SocketWithoutRight { user } => format!(
                "the user {user} asked over the Unix socket and has no right there; add it to the group smoker, or set local_role"
            ),
            Self::AnonymousRefused => {
                "a request without an identity was refused (local_role: none); give its client a key or a token"
                    .to_owned()
            }
            Self::Forwarded => "a proxy on this host has passed on a request that proves nothing; have its client or the proxy show a token \
                                (Authorization: Bearer TOKEN), which smokerd --token add NAME --role ROLE makes, and set local_role: none, since not \
                                every proxy shows itself"
                .to_owned(),
            Self::ForwardedPort { host } => format!(
                "a request over loopback is for {host}, so a proxy or a forwarded port on this host passes on requests of other hosts, whose clients \
                 can leave that out; set local_role: none, and have them show keys or tokens"
            ),
            // What only a client finds out.
            Self::ChangedPin { .. }
            | Self::UnknownHost { .. }
            | Self::OtherName { .. }
            | Self::ServerAuthority { .. }
            | Self::ServerCertificateExpired { .. }
            | Self::ServerCertificateEarly { .. }
            | Self::NotForServers { .. } => self.for_client(),
        }
    }
}

fn instant(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn pins(pins: &[Pin]) -> String {
    let pins: Vec<_> = pins.iter().map(ToString::to_string).collect();
    pins.join(" or ")
}

/// The names of a certificate, which its maker chose: bounded.
fn listed(names: &[String]) -> String {
    const MOST: usize = 5;
    if names.is_empty() {
        return "no name".to_owned();
    }
    let mut listed = names.iter().take(MOST).cloned().collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        listed.push_str(" and others");
    }
    listed
}
