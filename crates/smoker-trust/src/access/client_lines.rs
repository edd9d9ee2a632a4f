//! Lines of `authorized_clients` are added and removed. All others stay as they are, comments too.

use std::path::Path;

use crate::access::authorized_clients::{AuthorizedClient, AuthorizedClients, Written};
use crate::access::entry;
use crate::pin::Pin;
use crate::storage::file_error::FileError;
use crate::storage::lines;
use crate::storage::text_file;

/// What begins a new file.
const HEADER: &str =
    "# Who may ask this daemon, one a line: the pin of a key, and options. smokerd --authorize adds lines.\n";

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

/// What is different in another line of the same key, for messages.
fn changes(before: &AuthorizedClient, new: &AuthorizedClient) -> String {
    let (before, after) = (before.options(), new.options());
    let shown = |(name, value): &Written| {
        let mut text = String::new();
        entry::push_option(&mut text, name, value.as_deref());
        text.trim_start().to_owned()
    };
    let of_name = |options: &[Written], name: &str| options.iter().find(|(known, _)| *known == name).map(shown);
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

/// Whether a new line takes the place of an old one: both are of the same key, and where that is an authority's, the new one is for names that the old one
/// is for, or both are for all.
fn is_same(old: &AuthorizedClient, new: &AuthorizedClient) -> bool {
    let is_listed = |name: &String| old.subjects.iter().any(|other| other.eq_ignore_ascii_case(name));
    let is_of_same_names = || match (old.subjects.is_empty(), new.subjects.is_empty()) {
        (false, false) => new.subjects.iter().all(is_listed),
        (of_all, is_for_all) => of_all && is_for_all,
    };
    old.pin == new.pin && (!(old.is_authority && new.is_authority) || is_of_same_names())
}

/// Adds a line to the file.
///
/// # Errors
///
/// When the file cannot be written, when another line of the same key [stays](SameKey::Stays): what would change, and how it is changed; and when the line
/// would not count, because of those before it.
pub fn add(path: &Path, client: &AuthorizedClient, same_key: SameKey) -> Result<Added, FileError> {
    text_file::edit(path, |old| {
        let known = AuthorizedClients::parse(old).clients;
        if known.contains(client) {
            return Ok((old.to_owned(), Added::Same));
        }
        // What is not counted gives nothing, and goes.
        let is_replaced = |line: &str| match AuthorizedClient::parse(line) {
            Ok(other) if known.contains(&other) => is_same(&other, client),
            _ => is_for(line, |pin| pin == client.pin),
        };
        let before = known.iter().find(|known| is_same(known, client));
        let broken = || {
            let line = lines::lines(old).find(|(_, line)| is_replaced(line))?;
            Some(format!("line {} of its key, which is not understood, goes", line.0))
        };
        let changes = before.map(|before| changes(before, client)).or_else(broken);
        if let (Some(changes), SameKey::Stays) = (&changes, same_key) {
            let reason = format!(
                "the key of {} has a line already, which stays as it is: with the new one {changes}. Add --replace if that is meant",
                client.grant.name
            );
            return Err(FileError::new(path, reason));
        }
        let mut new = if old.is_empty() { HEADER.to_owned() } else { String::new() };
        let replaces = old.lines().any(is_replaced);
        // What an authority gives to some names comes before what it gives to all.
        let is_behind = |line: &str| {
            let other = AuthorizedClient::parse(line).ok();
            !replaces
                && other
                    .is_some_and(|other| other.pin == client.pin && known.contains(&other) && other.subjects.is_empty())
        };
        let mut is_written = false;
        for line in old.lines() {
            if (is_replaced(line) || is_behind(line)) && !std::mem::replace(&mut is_written, true) {
                new.push_str(&client.line());
                new.push('\n');
            }
            if !is_replaced(line) {
                new.push_str(line);
                new.push('\n');
            }
        }
        if !is_written {
            new.push_str(&client.line());
            new.push('\n');
        }
        let after = AuthorizedClients::parse(&new);
        if !after.clients.contains(client) {
            let reason = after.problems.last().map_or_else(String::new, |problem| problem.reason.clone());
            return Err(FileError::new(path, format!("the new line would not count: {reason}")));
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
    let is_named = |pin: Pin| pin_or_name.parse() == Ok(pin);
    let is_meant = |client: &AuthorizedClient| client.grant.name == pin_or_name || is_named(client.pin);
    text_file::edit(path, |old| {
        let counted = AuthorizedClients::parse(old).clients;
        let pins: Vec<_> = counted.iter().filter(|client| is_meant(client)).map(|client| client.pin).collect();
        let mut removed: Vec<AuthorizedClient> = Vec::new();
        let new = lines::kept(old, |line| {
            let client = AuthorizedClient::parse(line).ok();
            let is_removed = match &client {
                Some(client) if counted.contains(client) => is_meant(client),
                // One that does not count, because of another of its key, would count without that one.
                _ => is_for(line, |pin| pins.contains(&pin) || is_named(pin)) || client.as_ref().is_some_and(is_meant),
            };
            let is_new = |client: &AuthorizedClient| {
                !removed.iter().any(|other| other.pin == client.pin && other.subjects == client.subjects)
            };
            if let Some(client) = client.filter(|client| is_removed && is_meant(client) && is_new(client)) {
                removed.push(client);
            }
            !is_removed
        });
        Ok((new, removed))
    })
}

/// Whether the key of a line, which may otherwise be broken, is meant.
fn is_for(line: &str, is_meant: impl Fn(Pin) -> bool) -> bool {
    entry::first(line.trim()).0.parse().is_ok_and(is_meant)
}
