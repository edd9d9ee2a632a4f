//! The keys that may ask: `authorized_clients`, a client a line, as in SSH's `authorized_keys`.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::pki_types::UnixTime;

use crate::access::entry;
use crate::access::expiry;
use crate::access::grant::{Grant, GrantReader};
use crate::authority::ClientAuthorities;
use crate::failure::Failure;
use crate::identity::peer::CertifiedPeer;
use crate::pin::Pin;
use crate::storage::file_error::FileError;
use crate::storage::lines::{self, LineProblem};
use crate::storage::text_file;

/// The name of the file in the daemon's state folder.
pub const FILE: &str = "authorized_clients";

/// Says that a line's pin is that of an authority.
const AUTHORITY: &str = "cert-authority";
/// Names the certificates of an authority that a line is for.
const SUBJECT: &str = "subject";

/// A line: a key, or an authority, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizedClient {
    /// The key.
    pub pin: Pin,
    /// Whether the key is that of an authority, so that the line is for all certificates that it has signed for clients.
    pub is_authority: bool,
    /// The names of which such a certificate has to have one; empty: any name.
    pub subjects: Vec<String>,
    /// What it may.
    pub grant: Arc<Grant>,
}

/// The lines of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorizedClients {
    /// The lines that are understood.
    pub clients: Vec<AuthorizedClient>,
    /// The lines that are not, which give nothing.
    pub problems: Vec<LineProblem>,
    /// The keys whose first line is not understood, and its number: nothing else gives them access, since that line may have been meant to limit it.
    broken: Vec<(Pin, usize)>,
    /// Whether the file cannot be read, so that nobody knows what is in it.
    pub is_unreadable: bool,
}

/// An option as it is written: its name, and its value if it has one.
pub(super) type Written = (&'static str, Option<String>);

/// Who a client is, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// The name of the line, or that of the certificate where an authority has signed it.
    pub name: String,
    /// What it may.
    pub grant: Arc<Grant>,
}

impl AuthorizedClient {
    /// Reads a line of the file.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        Self::read(line, &expiry::instant)
    }

    /// Reads a line as a command takes it, where `expires` may be a duration such as `90d`.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn from_command(line: &str, now: DateTime<Utc>) -> Result<Self, String> {
        Self::read(line, &|text| expiry::from_now(text, now))
    }

    fn read(line: &str, expiry: &dyn Fn(&str) -> Result<DateTime<Utc>, String>) -> Result<Self, String> {
        let (pin, options) = entry::first(line.trim());
        let pin = pin.parse::<Pin>().map_err(|error| error.to_string())?;
        let mut reader = GrantReader::default();
        let (mut is_authority, mut subjects) = (false, Vec::new());
        for word in entry::words(options)? {
            match (word.name.as_str(), &word.value) {
                (AUTHORITY, None) => {
                    reader.once(AUTHORITY)?;
                    is_authority = true;
                }
                (AUTHORITY, Some(_)) => return Err("cert-authority has no value; write it alone".to_owned()),
                (SUBJECT, Some(list)) => {
                    reader.once(SUBJECT)?;
                    subjects =
                        list.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect();
                    if subjects.is_empty() {
                        return Err("subject= has no name; name one, or leave the option away for any".to_owned());
                    }
                }
                _ => reader.take(&word, expiry, &[AUTHORITY, SUBJECT])?,
            }
        }
        if !subjects.is_empty() && !is_authority {
            return Err("subject= is for lines with cert-authority; the key of this line is one client's".to_owned());
        }
        Ok(Self { pin, is_authority, subjects, grant: Arc::new(reader.finish()?) })
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = self.pin.to_string();
        for (name, value) in self.options() {
            entry::push_option(&mut line, name, value.as_deref());
        }
        line
    }

    /// Its options, in the order in which they are written.
    pub(super) fn options(&self) -> Vec<Written> {
        let mut options: Vec<_> = self.is_authority.then_some((AUTHORITY, None)).into_iter().collect();
        options.extend(self.grant.options().into_iter().map(|(name, value)| (name, Some(value))));
        if !self.subjects.is_empty() {
            options.push((SUBJECT, Some(self.subjects.join(","))));
        }
        options
    }
}

impl AuthorizedClients {
    /// Reads the text of a file. A line that is not understood gives nothing and is reported; the others count.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut known: HashMap<Pin, KeyLines> = HashMap::new();
        for (line, written) in lines::lines(text) {
            let client = AuthorizedClient::parse(written);
            let pins: Vec<_> = pins_in(written).collect();
            let earlier = |client| pins.iter().find_map(|pin| known.get(pin)?.instead_of(client));
            let reason = match client {
                Err(reason) => {
                    for pin in pins {
                        let lines = known.entry(pin).or_default();
                        if lines.first.is_none() {
                            found.broken.push((pin, line));
                        }
                        lines.note_broken(line);
                    }
                    reason
                }
                Ok(client) => {
                    let Some(reason) = earlier(&client) else {
                        known.entry(client.pin).or_default().note(&client, line);
                        found.clients.push(client);
                        continue;
                    };
                    reason
                }
            };
            found.problems.push(LineProblem { line, reason });
        }
        found
    }

    /// Reads the file; one that is missing has no line.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn load(path: &Path) -> Result<Self, FileError> {
        Ok(text_file::read(path)?.map_or_else(Self::default, |text| Self::parse(&text)))
    }

    /// A file that cannot be read, which gives nothing.
    #[must_use]
    pub fn unreadable() -> Self {
        Self { is_unreadable: true, ..Self::default() }
    }

    /// Whether a host with this file is no longer open to everybody where nothing else decides it: also by a line that is not understood, since who writes one
    /// wants access to be limited, too.
    #[must_use]
    pub fn limits_access(&self) -> bool {
        self.is_unreadable || !self.clients.is_empty() || !self.problems.is_empty()
    }

    /// Who this client is. A line with its own key comes first, then the authorities that have signed its certificate: those that it shows behind it, and `known` ones
    /// (`tls_client_ca`), whose revocation lists count. What the grant says of time, network, role and plugins is for the caller to check.
    ///
    /// # Errors
    ///
    /// When no line is for it, and why.
    pub fn identify(
        &self,
        peer: &CertifiedPeer,
        known: Option<&ClientAuthorities>,
        now: UnixTime,
    ) -> Result<Authorized, Failure> {
        if let Some(own) = self.clients.iter().find(|client| !client.is_authority && client.pin == peer.pin()) {
            return Ok(Authorized { name: own.grant.name.clone(), grant: Arc::clone(&own.grant) });
        }
        if let Some((_, line)) = self.broken.iter().find(|(pin, _)| *pin == peer.pin()) {
            return Err(Failure::BrokenLine { line: *line });
        }
        if self.is_unreadable {
            return Err(Failure::UnusableList { file: FILE });
        }
        let mut failure = Failure::UnknownPin { pin: peer.pin() };
        // An authority may have several lines, and is asked once.
        let mut verdicts: HashMap<Pin, Option<Result<(), Failure>>> = HashMap::new();
        for line in self.clients.iter().filter(|client| client.is_authority) {
            let verdict = verdicts.entry(line.pin).or_insert_with(|| verified_by(line.pin, peer, known, now));
            match verdict {
                None => continue,
                Some(Err(reason)) => {
                    failure = reason.clone();
                    continue;
                }
                Some(Ok(())) => {}
            }
            let names = peer.names(known.is_some_and(|known| known.limits_names(line.pin)));
            let is_listed = |name: &str| line.subjects.iter().any(|subject| subject.eq_ignore_ascii_case(name));
            let name = names.iter().find(|name| line.subjects.is_empty() || is_listed(name));
            if let Some(name) = name.cloned().or_else(|| line.subjects.is_empty().then(|| line.grant.name.clone())) {
                return Ok(Authorized { name, grant: Arc::clone(&line.grant) });
            }
            failure = Failure::UnknownSubject { names };
        }
        match (&failure, known) {
            // No line is for its authority; whether the daemon knows that authority says what is missing.
            (Failure::UnknownPin { .. }, Some(known)) => Err(match known.verify(peer, now) {
                Ok(()) => Failure::UnknownSubject { names: peer.names(false) },
                // A self-signed certificate is no authority's at all.
                Err(Failure::ClientAuthority) => failure,
                Err(reason) => reason,
            }),
            _ => Err(failure),
        }
    }
}

/// The lines of one key so far.
#[derive(Debug, Default)]
struct KeyLines {
    first: Option<usize>,
    /// The first one that is not understood: nobody knows what it was meant to limit, so no later one counts.
    broken: Option<usize>,
    /// The first one that is for all that the key can prove: it is a client's own, or an authority's without names.
    whole: Option<usize>,
    /// The names of an authority's certificates that have a line, and its number.
    subjects: HashMap<String, usize>,
}

impl KeyLines {
    fn note_broken(&mut self, line: usize) {
        self.first = self.first.or(Some(line));
        self.broken = self.broken.or(Some(line));
    }

    fn note(&mut self, client: &AuthorizedClient, line: usize) {
        self.first = self.first.or(Some(line));
        if client.subjects.is_empty() {
            self.whole = self.whole.or(Some(line));
        }
        for subject in &client.subjects {
            self.subjects.entry(subject.to_ascii_lowercase()).or_insert(line);
        }
    }

    /// Why a further line of the key does not count, because of one of these; `None` when it does: an authority has a line for each of its groups of names.
    fn instead_of(&self, client: &AuthorizedClient) -> Option<String> {
        if let Some(broken) = self.broken {
            return Some(format!(
                "its key is in line {broken} already, which is not understood and may have been meant to give less; correct or remove \
                 line {broken}"
            ));
        }
        let of_names = || {
            let mut lines = client.subjects.iter().map(|name| self.subjects.get(&name.to_ascii_lowercase()).copied());
            lines.try_fold(None, |_, line| line.map(Some)).flatten()
        };
        let first = self.whole.or_else(|| if client.is_authority { of_names() } else { self.first })?;
        let what = if client.is_authority && self.whole != Some(first) {
            "the names of its authority are"
        } else {
            "its key is"
        };
        Some(format!("{what} in line {first} already, which counts; remove one of the two"))
    }
}

/// Whether this authority has signed the certificate; `None` when neither the client shows that authority nor the daemon knows it.
fn verified_by(
    authority: Pin,
    peer: &CertifiedPeer,
    known: Option<&ClientAuthorities>,
    now: UnixTime,
) -> Option<Result<(), Failure>> {
    if let Some(known) = known.filter(|known| known.has(authority)) {
        return Some(known.verify_by_one(authority, peer, now));
    }
    let shown = peer.authorities().iter().find(|shown| Pin::of_certificate(shown) == Ok(authority))?;
    Some(ClientAuthorities::verify_by_shown(known, shown, peer, now))
}

/// The keys that a line, which may be broken, names.
fn pins_in(line: &str) -> impl Iterator<Item = Pin> {
    let words = line.split(|c: char| c.is_whitespace() || ",;\"'".contains(c));
    words.take_while(|word| !word.starts_with('#')).filter_map(|word| word.parse().ok())
}

#[cfg(test)]
mod tests;
