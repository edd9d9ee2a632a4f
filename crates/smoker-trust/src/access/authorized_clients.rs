//! The keys that may ask: `authorized_clients`, a client a line, as in SSH's `authorized_keys`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use rustls::pki_types::UnixTime;

use crate::access::entry;
use crate::access::expiry;
use crate::access::grant::{Grant, GrantReader};
use crate::authority::ClientAuthorities;
use crate::failure::Failure;
use crate::identity::peer::Peer;
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

/// What begins a new file.
const HEADER: &str =
    "# Who may ask this daemon, one a line: the pin of a key, and options. smokerd --authorize adds lines.\n";

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

/// Who a client is, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authorized {
    /// The name of the line, or that of the certificate where an authority has signed it.
    pub name: String,
    /// What it may.
    pub grant: Arc<Grant>,
}

/// What becomes of another line of the same key when one is added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameKey {
    /// It stays, and the new line is refused: what a client may is not changed by the way.
    Stays,
    /// The new line takes its place.
    Replaced,
}

/// What adding a line has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Added {
    /// The line is there now, and its key was not known before.
    New,
    /// The same line was there already.
    Same,
    /// The line has taken the place of another of the same key, of which this is different.
    Replaced(String),
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

    /// Reads a line as a command takes it, where `expires` may be a span such as `90d`.
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
    fn options(&self) -> Vec<(&'static str, Option<String>)> {
        let mut options: Vec<_> = self.is_authority.then_some((AUTHORITY, None)).into_iter().collect();
        options.extend(self.grant.options().into_iter().map(|(name, value)| (name, Some(value))));
        if !self.subjects.is_empty() {
            options.push((SUBJECT, Some(self.subjects.join(","))));
        }
        options
    }

    /// What is different in another line of the same key, for messages.
    fn changes_to(&self, new: &Self) -> String {
        let (before, after) = (self.options(), new.options());
        let shown = |(name, value): &(&str, Option<String>)| {
            let mut text = String::new();
            entry::push_option(&mut text, name, value.as_deref());
            text.trim_start().to_owned()
        };
        let of_name = |options: &[(&str, Option<String>)], name: &str| {
            options.iter().find(|(known, _)| *known == name).map(shown)
        };
        let mut changes = Vec::new();
        for option in &before {
            match of_name(&after, option.0) {
                Some(same) if same == shown(option) => {}
                Some(other) => changes.push(format!("{} becomes {other}", shown(option))),
                None => changes.push(format!("{} is dropped", shown(option))),
            }
        }
        let added = after.iter().filter(|option| of_name(&before, option.0).is_none());
        changes.extend(added.map(|option| format!("{} is added", shown(option))));
        changes.join(", ")
    }
}

impl AuthorizedClients {
    /// Reads the text of a file. A line that is not understood gives nothing and is reported; the others count.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        // The first line of each key, also one that is not understood: what it was meant to limit must not be given by a later one.
        let mut first: HashMap<Pin, (usize, bool)> = HashMap::new();
        for (line, written) in lines::lines(text) {
            let client = AuthorizedClient::parse(written);
            let earlier = pins_in(written).find_map(|pin| first.get(&pin).copied());
            for pin in pins_in(written) {
                if client.is_err() && !first.contains_key(&pin) {
                    found.broken.push((pin, line));
                }
                first.entry(pin).or_insert((line, client.is_ok()));
            }
            let reason = match (client, earlier) {
                (Ok(client), None) => {
                    found.clients.push(client);
                    continue;
                }
                (Err(reason), _) => reason,
                (Ok(_), Some((first, true))) => {
                    format!("its key is in line {first} already, which counts; remove one of the two")
                }
                (Ok(_), Some((first, false))) => format!(
                    "its key is in line {first} already, which is not understood and may have been meant to give less; correct or remove \
                     line {first}"
                ),
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
        peer: &Peer,
        known: Option<&ClientAuthorities>,
        now: UnixTime,
    ) -> Result<Authorized, Failure> {
        if let Some(own) = self.clients.iter().find(|client| !client.is_authority && client.pin == peer.pin()) {
            return Ok(Authorized { name: own.grant.name.clone(), grant: Arc::clone(&own.grant) });
        }
        if let Some((_, line)) = self.broken.iter().find(|(pin, _)| *pin == peer.pin()) {
            return Err(Failure::BrokenLine { line: *line });
        }
        let mut failure = Failure::UnknownPin { pin: peer.pin() };
        for line in self.clients.iter().filter(|client| client.is_authority) {
            let Some(verified) = verified_by(line, peer, known, now) else { continue };
            if let Err(reason) = verified {
                failure = reason;
                continue;
            }
            let names = peer.names();
            let name = names.iter().find(|name| line.subjects.is_empty() || line.subjects.contains(name));
            if let Some(name) = name.cloned().or_else(|| line.subjects.is_empty().then(|| line.grant.name.clone())) {
                return Ok(Authorized { name, grant: Arc::clone(&line.grant) });
            }
            failure = Failure::UnknownSubject { names };
        }
        match (&failure, known) {
            // No line is for its authority; whether the daemon knows that authority says what is missing.
            (Failure::UnknownPin { .. }, Some(known)) => Err(match known.verify(peer, now) {
                Ok(()) => Failure::UnknownSubject { names: peer.names() },
                // A self-signed certificate is no authority's at all.
                Err(Failure::ClientAuthority) => failure,
                Err(reason) => reason,
            }),
            _ => Err(failure),
        }
    }
}

/// Whether the authority of a line has signed the certificate; `None` when neither the client shows that authority nor the daemon knows it.
fn verified_by(
    line: &AuthorizedClient,
    peer: &Peer,
    known: Option<&ClientAuthorities>,
    now: UnixTime,
) -> Option<Result<(), Failure>> {
    if let Some(known) = known.filter(|known| known.has(line.pin)) {
        return Some(known.verify_by_one(line.pin, peer, now));
    }
    let shown = peer.authorities().iter().find(|shown| Pin::of_certificate(shown) == Ok(line.pin))?;
    Some(ClientAuthorities::verify_by_shown(known, shown, peer, now))
}

/// Adds a line to the file.
///
/// # Errors
///
/// When the file cannot be written, and when another line of the same key [stays](SameKey::Stays): what would change, and how it is changed.
pub fn add(path: &Path, client: &AuthorizedClient, same_key: SameKey) -> Result<Added, FileError> {
    text_file::edit(path, |old| {
        let is_of_key = |line: &str| is_for(line, |pin| pin == client.pin);
        let before = AuthorizedClients::parse(old).clients.into_iter().find(|known| known.pin == client.pin);
        if before.as_ref() == Some(client) {
            return Ok((old.to_owned(), Added::Same));
        }
        let broken = || {
            let line = lines::lines(old).find(|(_, line)| is_of_key(line))?;
            Some(format!("line {} of its key, which is not understood, goes", line.0))
        };
        let changes = before.map(|before| before.changes_to(client)).or_else(broken);
        if let (Some(changes), SameKey::Stays) = (&changes, same_key) {
            let reason = format!(
                "the key of {} has a line already, which stays as it is: with the new one {changes}. Add --replace if that is meant",
                client.grant.name
            );
            return Err(FileError::new(path, reason));
        }
        let mut new = if old.is_empty() { HEADER.to_owned() } else { String::new() };
        let mut is_written = false;
        for line in old.lines() {
            if !is_of_key(line) {
                new.push_str(line);
            } else if std::mem::replace(&mut is_written, true) {
                continue;
            } else {
                new.push_str(&client.line());
            }
            new.push('\n');
        }
        if !is_written {
            new.push_str(&client.line());
            new.push('\n');
        }
        Ok((new, changes.map_or(Added::New, Added::Replaced)))
    })
}

/// Removes the lines of this pin, or of this name, and returns them.
///
/// # Errors
///
/// When the file cannot be written.
pub fn remove(path: &Path, pin_or_name: &str) -> Result<Vec<AuthorizedClient>, FileError> {
    let is_meant =
        |client: &AuthorizedClient| client.grant.name == pin_or_name || pin_or_name.parse() == Ok(client.pin);
    text_file::edit(path, |old| {
        // Each line by itself: also one that does not count, because an earlier one has its key.
        let clients = lines::lines(old).filter_map(|(_, line)| AuthorizedClient::parse(line).ok());
        let mut seen = HashSet::new();
        let removed: Vec<_> = clients.filter(is_meant).filter(|client| seen.insert(client.pin)).collect();
        let counted = AuthorizedClients::parse(old).clients;
        let pins: Vec<_> = counted.iter().filter(|client| is_meant(client)).map(|client| client.pin).collect();
        let is_removed = |line: &str| {
            is_for(line, |pin| pins.contains(&pin) || pin_or_name.parse() == Ok(pin))
                || AuthorizedClient::parse(line).is_ok_and(|client| is_meant(&client))
        };
        let new = lines::kept(old, |line| !is_removed(line));
        Ok((new, removed))
    })
}

/// The keys that a line, which may be broken, names.
fn pins_in(line: &str) -> impl Iterator<Item = Pin> {
    let words = line.split(|c: char| c.is_whitespace() || ",;\"'".contains(c));
    words.take_while(|word| !word.starts_with('#')).filter_map(|word| word.parse().ok())
}

/// Whether the key of a line, which may otherwise be broken, is meant.
fn is_for(line: &str, is_meant: impl Fn(Pin) -> bool) -> bool {
    entry::first(line.trim()).0.parse().is_ok_and(is_meant)
}

#[cfg(test)]
mod tests;
