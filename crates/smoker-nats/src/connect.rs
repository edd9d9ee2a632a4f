//! Which server, and as whom.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::time::Duration;

use async_nats::{Client, ConnectOptions};
use percent_encoding::percent_decode_str;
use thiserror::Error;

/// The time between two attempts to connect at most. The time is drawn at random up to it, so that the hosts of a fleet do not come back all at once.
pub const MAX_RECONNECT_DELAY: Duration = Duration::from_secs(8);
/// How long a connection may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How often a silent server is asked whether it is there. The third question without an answer ends the connection, so that a server that a cut network
/// has taken away is known after 15 s; no other sign of it would come.
pub const PING_EVERY: Duration = Duration::from_secs(5);

/// The names of TLS alerts by which a server refuses the certificate of a client, or that there is none.
const ALERTS: &[&str] = &[
    "BadCertificate",
    "CertificateExpired",
    "CertificateRequired",
    "CertificateRevoked",
    "CertificateUnknown",
    "UnknownCA",
    "UnsupportedCertificate",
];
/// How the system says that the other side has ended a connection: the alert is lost where that was faster.
const ENDS: &[&str] = &["reset by peer", "Broken pipe", "end of file", "close_notify", "closed"];

/// Servers, and the files that say who connects. An identity is one of: a certificate, a seed, credentials, or a user and password in the address.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Connect {
    /// Addresses (`nats://HOST:4222`, `tls://HOST`), separated by commas. What is not said is `nats://` and port 4222.
    pub servers: String,
    /// The name that the server shows for this connection.
    pub name: String,
    /// A file with credentials (`.creds`): a JWT and its seed, or the seed of an `NKey` alone.
    pub creds: Option<PathBuf>,
    /// A file with the seed of an `NKey`.
    pub nkey: Option<PathBuf>,
    /// A file with the certificates (PEM) that may sign the server's; without it those of the system.
    pub cacert: Option<PathBuf>,
    /// Files (PEM) with a certificate and its key, for a server with `verify_and_map`.
    pub cert_and_key: Option<(PathBuf, PathBuf)>,
}

/// Why there is no connection.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// A file with an identity cannot be read.
    #[error("cannot read {path}: {error}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        error: std::io::Error,
    },
    /// An address is none.
    #[error("\"{0}\" is no address of a NATS server; write nats://HOST:4222 or tls://HOST:4222")]
    Address(String),
    /// The server cannot be reached, or refuses.
    #[error("cannot connect to {servers}: {reason}")]
    Refused {
        /// The addresses, without passwords.
        servers: String,
        /// Why not, as [`Connect::explained`] says it.
        reason: String,
        /// What the library says.
        error: async_nats::ConnectError,
    },
}

impl Connect {
    /// The options of these files. What the connection does later (events, reconnects) may be added to them.
    ///
    /// # Errors
    ///
    /// When a file cannot be read, or has no credentials.
    pub fn options(&self) -> Result<ConnectOptions, ConnectError> {
        let mut options = ConnectOptions::new()
            .name(&self.name)
            .connection_timeout(CONNECT_TIMEOUT)
            .ping_interval(PING_EVERY)
            .reconnect_delay_callback(reconnect_delay);
        if let Some((user, password)) = self.user_and_password() {
            options = options.user_and_password(user, password);
        }
        if let Some(path) = &self.creds {
            let text = read(path)?;
            options = if text.trim_start().starts_with("SU") {
                options.nkey(text.trim().to_owned())
            } else {
                options.credentials(&text).map_err(|error| ConnectError::Unreadable { path: path.clone(), error })?
            };
        }
        if let Some(path) = &self.nkey {
            options = options.nkey(read(path)?.trim().to_owned());
        }
        if let Some(path) = &self.cacert {
            options = options.add_root_certificates(path.clone()).require_tls(true);
        }
        if let Some((cert, key)) = &self.cert_and_key {
            options = options.add_client_certificate(cert.clone(), key.clone()).require_tls(true);
        }
        Ok(options)
    }

    /// Connects, or fails when no server takes the connection within [`CONNECT_TIMEOUT`].
    ///
    /// # Errors
    ///
    /// When a file cannot be read, an address is none, or no server takes the connection.
    pub async fn open(&self) -> Result<Client, ConnectError> {
        self.open_with(self.options()?).await
    }

    /// The same with options that [`Connect::options`] gave and that were added to.
    ///
    /// # Errors
    ///
    /// When an address is none, or no server takes the connection.
    pub async fn open_with(&self, options: ConnectOptions) -> Result<Client, ConnectError> {
        let servers = self.addresses()?;
        options.connect(servers).await.map_err(|error| {
            let reason = self.explained(&error.to_string());
            ConnectError::Refused { servers: self.shown_servers(), reason, error }
        })
    }

    /// The library's words for a failure to connect, and behind them what they mean where certificates are concerned: a server that refuses the
    /// client's sends an alert that names neither the certificate nor the reason, or just ends the connection.
    #[must_use]
    pub fn explained(&self, words: &str) -> String {
        let has = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
        let meaning = match &self.cert_and_key {
            _ if has(&["UnknownIssuer", "BadSignature"]) => {
                "the server's certificate is not signed by an authority that is known; name the certificates that sign it by cacert"
                    .to_owned()
            }
            _ if has(&["NotValidForName", "not valid for name"]) => {
                "the server's certificate is for another name; connect to a name that it has, or have it signed for this one".to_owned()
            }
            _ if has(&["certificate: Expired", "certificate expired"]) => {
                "the server's certificate has ended; have it renewed".to_owned()
            }
            None if has(ALERTS) => {
                "the server wants a certificate of its clients; name yours by cert and key".to_owned()
            }
            Some((cert, _)) if has(ALERTS) => format!(
                "the server does not accept the certificate {}; see whether it has ended, and whether the server's ca_file has its authority",
                cert.display()
            ),
            None if self.is_over_tls() && has(ENDS) => {
                "the server has ended the connection; where it wants a certificate of its clients, name yours by cert and key".to_owned()
            }
            Some((cert, _)) if has(ENDS) => format!(
                "the server has ended the connection; see whether it accepts the certificate {}",
                cert.display()
            ),
            Some((cert, _)) if has(&["authorization violation"]) => format!(
                "the certificate {} is that of no user of the server; see whether its configuration has this host or operator",
                cert.display()
            ),
            _ => return words.to_owned(),
        };
        format!("{words}: {meaning}")
    }

    fn is_over_tls(&self) -> bool {
        self.cacert.is_some() || self.cert_and_key.is_some() || self.servers.contains("tls://")
    }

    /// The addresses as they may be shown: without passwords.
    #[must_use]
    pub fn shown_servers(&self) -> String {
        self.servers.split(',').map(shown).collect::<Vec<_>>().join(",")
    }

    /// Those of the first address that has them: the library passes over what addresses say.
    fn user_and_password(&self) -> Option<(String, String)> {
        let addresses = self.addresses().unwrap_or_default();
        let with_user = addresses.iter().find(|address| address.has_user_pass())?;
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some((decoded(with_user.username()?), decoded(with_user.password().unwrap_or_default())))
    }

    fn addresses(&self) -> Result<Vec<async_nats::ServerAddr>, ConnectError> {
        let each = self.servers.split(',').map(str::trim).filter(|server| !server.is_empty());
        let addresses: Vec<_> = each
            .map(|server| server.parse().map_err(|_| ConnectError::Address(shown(server))))
            .collect::<Result<_, _>>()?;
        if addresses.is_empty() { Err(ConnectError::Address(String::new())) } else { Ok(addresses) }
    }
}

/// An address as it may be shown.
fn shown(server: &str) -> String {
    let (scheme, rest) = server.trim().split_once("://").unwrap_or(("nats", server.trim()));
    format!("{scheme}://{}", rest.rsplit_once('@').map_or(rest, |(_, host)| host))
}

/// How long to wait before the next attempt: a random part of a bound that doubles from 250 ms to [`MAX_RECONNECT_DELAY`].
#[must_use]
pub fn reconnect_delay(attempts: usize) -> Duration {
    let doubled = u32::try_from(attempts.saturating_sub(1).min(8)).unwrap_or(8);
    let bound = (Duration::from_millis(250) * 2_u32.pow(doubled)).min(MAX_RECONNECT_DELAY);
    random_part_of(bound)
}

/// A time below this one, at random.
#[must_use]
pub fn random_part_of(bound: Duration) -> Duration {
    // Each RandomState has keys of its own, which is random enough to spread hosts.
    let part = u32::try_from(RandomState::new().hash_one(std::process::id()) % 1024).unwrap_or(0);
    bound * part / 1024
}

fn read(path: &PathBuf) -> Result<String, ConnectError> {
    fs::read_to_string(path).map_err(|error| ConnectError::Unreadable { path: path.clone(), error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_not_shown() {
        let connect = Connect { servers: "nats://me:secret@one:4222, two".to_owned(), ..Connect::default() };
        assert_eq!(connect.shown_servers(), "nats://one:4222,nats://two");
        assert_eq!(connect.addresses().expect("addresses").len(), 2);
        let wrong = Connect { servers: "http://me:secret@one".to_owned(), ..Connect::default() };
        assert!(!wrong.addresses().expect_err("no address of NATS").to_string().contains("secret"));
    }

    #[test]
    fn user_and_password_are_those_of_the_address() {
        let of = |servers: &str| Connect { servers: servers.to_owned(), ..Connect::default() }.user_and_password();
        let pair = |user: &str, password: &str| Some((user.to_owned(), password.to_owned()));
        assert_eq!(of("nats://one,nats://me:se%40cret@two:4222"), pair("me", "se@cret"));
        assert_eq!(of("tls://me@one"), pair("me", ""));
        assert_eq!(of("nats://one"), None);
        assert_eq!(of(""), None);
    }

    #[test]
    fn a_refused_certificate_is_said_in_words() {
        let without = Connect { servers: "tls://one".to_owned(), ..Connect::default() };
        let with = Connect { cert_and_key: Some(("/c".into(), "/k".into())), ..without.clone() };
        let plain = Connect { servers: "nats://one".to_owned(), ..Connect::default() };
        for (connect, words, meaning) in [
            (&without, "received fatal alert: BadCertificate", "name yours by cert and key"),
            (&plain, "received fatal alert: CertificateRequired", "name yours by cert and key"),
            (&without, "Connection reset by peer (os error 104)", "name yours by cert and key"),
            (&with, "received fatal alert: BadCertificate", "does not accept the certificate /c"),
            (&with, "Broken pipe (os error 32)", "accepts the certificate /c"),
            (&with, "authorization violation", "/c is that of no user"),
            (&with, "invalid peer certificate: UnknownIssuer", "by cacert"),
            (&with, "invalid peer certificate: BadSignature", "by cacert"),
            (&with, "invalid peer certificate: certificate not valid for name \"b\"", "for another name"),
            (&with, "invalid peer certificate: certificate expired: verification time 5 (UNIX)", "have it renewed"),
        ] {
            let said = connect.explained(words);
            assert!(said.starts_with(words) && said.contains(meaning), "{said}");
        }
        for (connect, words) in
            [(&plain, "Connection reset by peer"), (&without, "authorization violation"), (&with, "timed out")]
        {
            assert_eq!(connect.explained(words), words);
        }
    }

    #[test]
    fn addresses_that_are_none() {
        for servers in ["", " , ", "http://one"] {
            let connect = Connect { servers: servers.to_owned(), ..Connect::default() };
            assert!(matches!(connect.addresses(), Err(ConnectError::Address(_))), "{servers}");
        }
    }

    #[test]
    fn files_that_are_missing() {
        let path = PathBuf::from("/nonexistent/seed");
        let connect = Connect { nkey: Some(path.clone()), ..Connect::default() };
        let error = connect.options().expect_err("no such file");
        assert_eq!(error.to_string(), "cannot read /nonexistent/seed: No such file or directory (os error 2)");
        let connect = Connect { creds: Some(path), ..Connect::default() };
        assert!(connect.options().is_err());
    }

    #[test]
    fn attempts_are_spread_and_bounded() {
        for attempts in [0, 1, 5, 6, 100, usize::MAX] {
            for _ in 0..50 {
                assert!(reconnect_delay(attempts) < MAX_RECONNECT_DELAY);
            }
        }
        let drawn: std::collections::HashSet<_> = (0..100).map(|_| reconnect_delay(100)).collect();
        assert!(drawn.len() > 20, "{drawn:?}");
    }
}
