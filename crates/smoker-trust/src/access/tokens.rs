//! The tokens that may ask. The file has their hashes: who reads it cannot use them.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

use crate::access::entry;
use crate::access::expiry;
use crate::access::grant::{Grant, GrantReader};
use crate::failure::Failure;
use crate::storage::file_error::FileError;
use crate::storage::lines::{self, LineProblem};
use crate::storage::text_file;

/// The name of the file in the daemon's state folder.
pub const FILE: &str = "tokens";

/// What every token begins with, so that scanners for leaked secrets can find it.
pub const PREFIX: &str = "smoker_";

/// What a hash begins with in the file; it is no pin.
const HASH_PREFIX: &str = "token-sha256//";

/// Says when a token was made.
const CREATED: &str = "created";

const HEADER: &str =
    "# The tokens of this daemon by their hashes, one a line. smokerd --token adds, lists and removes them.\n";

/// A line: the hash of a token, and what it may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    hash: [u8; 32],
    /// When it was made.
    pub created: Option<DateTime<Utc>>,
    /// What it may, and its name.
    pub grant: Arc<Grant>,
}

/// The lines of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tokens {
    /// The lines that are understood.
    pub tokens: Vec<Token>,
    /// The lines that are not, which give nothing.
    pub problems: Vec<LineProblem>,
    /// Whether the file cannot be read, so that nobody knows what is in it.
    pub is_unreadable: bool,
}

/// The text of a token, which is shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Makes a token of 256 random bits.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes.
    pub fn make() -> Result<Self, String> {
        let mut random = [0; 32];
        SystemRandom::new().fill(&mut random).map_err(|_| "the system gives no random bytes; try again".to_owned())?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random))))
    }

    /// The text, to be shown to its owner.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Token {
    /// The line of a token.
    #[must_use]
    pub fn new(secret: &Secret, grant: Grant, created: DateTime<Utc>) -> Self {
        Self { hash: hash(secret.expose()), created: Some(created), grant: Arc::new(grant) }
    }

    /// Reads a line of the file.
    ///
    /// # Errors
    ///
    /// What is wrong with it.
    pub fn parse(line: &str) -> Result<Self, String> {
        let (written, options) = entry::first(line.trim());
        let hash = written.strip_prefix(HASH_PREFIX).and_then(|text| STANDARD.decode(text).ok());
        let hash = hash.and_then(|hash| hash.try_into().ok()).ok_or_else(|| {
            // The line may be a token itself, by mistake.
            format!("it does not begin with {HASH_PREFIX} and a hash; make tokens by smokerd --token add")
        })?;
        let mut reader = GrantReader::default();
        let mut created = None;
        for word in entry::words(options)? {
            match (word.name.as_str(), &word.value) {
                (CREATED, Some(value)) => {
                    reader.once(CREATED)?;
                    created = Some(expiry::instant(value)?);
                }
                _ => reader.take(&word, &expiry::instant, &[CREATED])?,
            }
        }
        Ok(Self { hash, created, grant: Arc::new(reader.finish()?) })
    }

    /// The line.
    #[must_use]
    pub fn line(&self) -> String {
        let mut line = format!("{HASH_PREFIX}{}", STANDARD.encode(self.hash));
        self.grant.options().iter().for_each(|(name, value)| entry::push(&mut line, name, value));
        if let Some(created) = self.created {
            entry::push(&mut line, CREATED, &expiry::text(created));
        }
        line
    }
}

impl Tokens {
    /// Reads the text of a file. A line that is not understood gives nothing and is reported; the others count. Of lines with the same hash the first one
    /// counts, also when it is not understood: what it was meant to limit is not given by a later one.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut first: HashMap<String, usize> = HashMap::new();
        for (line, written) in lines::lines(text) {
            let earlier = hash_in(written).and_then(|hash| first.get(&hash).copied());
            if let (Some(hash), None) = (hash_in(written), earlier) {
                first.insert(hash, line);
            }
            let reason = match (Token::parse(written), earlier) {
                (Ok(token), None) => {
                    found.tokens.push(token);
                    continue;
                }
                (Err(reason), _) => reason,
                (Ok(_), Some(first)) => {
                    format!("its token is in line {first} already, which decides; correct or remove one of the two")
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
        self.is_unreadable || !self.tokens.is_empty() || !self.problems.is_empty()
    }

    /// The token with this text. All hashes are compared, each in constant time: how long it takes says nothing of any of them. What the grant says
    /// of time, network, role and plugins is for the caller to check.
    ///
    /// # Errors
    ///
    /// When there is none.
    pub fn identify(&self, text: &str) -> Result<Arc<Grant>, Failure> {
        if self.is_unreadable {
            return Err(Failure::UnusableList { file: FILE });
        }
        let hash = hash(text);
        let mut found = u64::MAX;
        for (at, token) in (0_u64..).zip(&self.tokens) {
            let is_equal: Choice = token.hash.ct_eq(&hash);
            found.conditional_assign(&at, is_equal);
        }
        let token = usize::try_from(found).ok().and_then(|at| self.tokens.get(at)).ok_or(Failure::UnknownToken)?;
        Ok(Arc::clone(&token.grant))
    }
}

/// The hash that a line, which may be broken, names.
fn hash_in(line: &str) -> Option<String> {
    let mut words = line.split(|c: char| c.is_whitespace() || ",;\"'".contains(c));
    words.find(|word| word.starts_with(HASH_PREFIX)).map(str::to_owned)
}

fn hash(text: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    hash
}

/// Reads the options of a token as a command takes them, such as `role=read expires=90d from=10.0.0.0/8`, without its name.
///
/// # Errors
///
/// What is wrong with them.
pub fn grant_from_command(name: &str, options: &str, now: DateTime<Utc>) -> Result<Grant, String> {
    let mut reader = GrantReader::default();
    let name = entry::Word { name: "name".to_owned(), value: Some(name.to_owned()) };
    for word in entry::words(options)?.iter().chain([&name]) {
        reader.take(word, &|text| expiry::from_now(text, now), &[])?;
    }
    reader.finish()
}

/// Makes a token and adds its line to the file.
///
/// # Errors
///
/// When the name is taken, or the file cannot be written.
pub fn add(path: &Path, grant: &Grant, now: DateTime<Utc>) -> Result<Secret, FileError> {
    let secret = Secret::make().map_err(|reason| FileError::new(path, reason))?;
    text_file::edit(path, |old| {
        let before = Tokens::parse(old).tokens;
        if before.iter().any(|token| token.grant.name == grant.name) {
            let reason = format!(
                "there is a token {:?} already; remove it first (smokerd --token remove), or use another name",
                grant.name
            );
            return Err(FileError::new(path, reason));
        }
        let header = if old.is_empty() { HEADER } else { "" };
        let separator = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
        let line = Token::new(&secret, grant.clone(), expiry::whole_seconds(now)).line();
        Ok((format!("{header}{old}{separator}{line}\n"), ()))
    })?;
    Ok(secret)
}

/// Removes the token of this name. Returns whether there was one.
///
/// # Errors
///
/// When the file cannot be written.
pub fn remove(path: &Path, name: &str) -> Result<bool, FileError> {
    text_file::edit(path, |old| {
        let has_name = |line: &str| Token::parse(line).is_ok_and(|token| token.grant.name == name);
        // A later line of the same token, which did not count, must not count from now on.
        let counted: Vec<_> = Tokens::parse(old).tokens.into_iter().filter(|token| token.grant.name == name).collect();
        let is_same =
            |line: &str| Token::parse(line).is_ok_and(|token| counted.iter().any(|known| known.hash == token.hash));
        let is_meant = |line: &str| has_name(line) || is_same(line);
        let new = lines::kept(old, |line| !is_meant(line));
        let is_removed = old.lines().any(is_meant);
        Ok((if is_removed { new } else { old.to_owned() }, is_removed))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::role::Role;

    fn now() -> DateTime<Utc> {
        expiry::instant("2026-03-01T12:00:00Z").expect("an instant")
    }

    #[test]
    fn a_token_is_known_by_its_text_and_the_file_does_not_have_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(FILE);
        let grant = |name| grant_from_command(name, "role=read expires=90d plugin=\"disk /\"", now()).expect("a grant");
        let first = add(&path, &grant("prometheus"), now()).expect("added");
        let second = add(&path, &grant("script"), now()).expect("added");
        assert_eq!(first.expose().len(), PREFIX.len() + 43);
        assert_eq!(format!("{first:?}"), "***");
        let text = fs::read_to_string(&path).expect("there");
        assert!(!text.contains(&first.expose()[PREFIX.len()..]), "{text}");
        let tokens = Tokens::load(&path).expect("read");
        assert_eq!(tokens.problems, []);
        assert_eq!(tokens.identify(second.expose()).expect("known").name, "script");
        let expires = Some(now() + chrono::TimeDelta::days(90));
        assert_eq!(tokens.identify(first.expose()).expect("known").expires, expires);
        assert_eq!(tokens.identify("smoker_x"), Err(Failure::UnknownToken));
        assert_eq!(Tokens::default().identify(""), Err(Failure::UnknownToken));
        let unusable = Tokens::unreadable().identify(second.expose());
        assert_eq!(unusable, Err(Failure::UnusableList { file: FILE }), "another token would not help");
        assert!(add(&path, &grant("script"), now()).expect_err("taken").reason.contains("already"));
        assert_eq!((remove(&path, "script"), remove(&path, "script")), (Ok(true), Ok(false)));
        let tokens = Tokens::load(&path).expect("read");
        assert_eq!(tokens.identify(second.expose()), Err(Failure::UnknownToken));
        assert!(tokens.identify(first.expose()).is_ok());
    }

    #[test]
    fn a_broken_line_gives_nothing_and_is_reported_with_its_number() {
        let secret = Secret::make().expect("random");
        let line = |secret: &Secret| {
            Token::new(secret, grant_from_command("a", "role=run", now()).expect("a grant"), now()).line()
        };
        let (good, broken) = (line(&secret), line(&Secret::make().expect("random")));
        let text = format!(
            "# comment\n{}\n{good}\n{good} role=admin\nsmoker_secret role=run name=b\n{}\n{broken}\n",
            broken.replace("role=run", "role=god"),
            good.replace("role=run", "role=admin")
        );
        let tokens = Tokens::parse(&text);
        assert_eq!(tokens.tokens.len(), 1);
        assert_eq!(tokens.identify(secret.expose()).expect("known").role, Role::Run, "the first line counts");
        let lines: Vec<_> = tokens.problems.iter().map(|problem| problem.line).collect();
        assert_eq!(lines, [2, 4, 5, 6, 7]);
        assert!(!tokens.problems[2].to_string().contains("smoker_secret"), "a token is not repeated in a log");
        assert!(grant_from_command("a", "", now()).expect_err("no role").contains("no role"));
        assert!(grant_from_command("a", "role=run name=b", now()).expect_err("twice").contains("twice"));
    }
}
