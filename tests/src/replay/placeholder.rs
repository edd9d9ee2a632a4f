//! Compares two texts, one of them with placeholders.

use std::sync::LazyLock;

use chrono::{DateTime, Local, NaiveDateTime, Utc};
use regex::Regex;
use sha2::{Digest, Sha256};

use crate::sandbox::Sandbox;

/// Texts with more characters than this are compared by length and hash.
const LONG: usize = 2000;

const ISO: &str = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?";

static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| compile("<(any|time|time:future|time:past|host|pid)>"));
static WHOLE_LONG: LazyLock<Regex> = LazyLock::new(|| compile("^<long:[0-9]+:[0-9a-f]+>$"));
static WHOLE_TIME: LazyLock<Regex> = LazyLock::new(|| compile(&format!("^(?:{ISO})$")));

/// Whether an actual text is what the expected one, with placeholders, says.
#[must_use]
pub fn matches(expected: &str, actual: &str, sandbox: &Sandbox) -> bool {
    let expected = sandbox.fill(expected);
    if expected == actual {
        return true;
    }
    match expected.as_str() {
        "<time:future>" => time(actual).is_some_and(|time| time > now()),
        "<time:past>" => time(actual).is_some_and(|time| time <= now()),
        long if WHOLE_LONG.is_match(long) => shorten(actual).is_some_and(|short| short == long),
        pattern => PLACEHOLDER.is_match(pattern) && compile(&to_regex(pattern)).is_match(actual),
    }
}

/// `<long:LENGTH:HASH>` of a text that is long enough for it.
fn shorten(text: &str) -> Option<String> {
    let length = text.chars().count();
    (length > LONG).then(|| format!("<long:{length}:{}>", hash(text)))
}

/// The first eight bytes of the SHA-256 of a text in UTF-8, as the recorder writes them.
fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(8).fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"))
}

fn to_regex(expected: &str) -> String {
    let mut regex = String::from("(?s)^");
    let mut done = 0;
    for hit in PLACEHOLDER.captures_iter(expected) {
        let (whole, [kind]) = hit.extract();
        let at = hit.get(0).map_or(done, |hit| hit.start());
        regex.push_str(&regex::escape(&expected[done..at]));
        match kind {
            "any" => regex.push_str(".*"),
            "host" => regex.push_str(&regex::escape(&host())),
            "pid" => regex.push_str("[0-9]+"),
            _ => regex.push_str(ISO),
        }
        done = at + whole.len();
    }
    regex.push_str(&regex::escape(&expected[done..]));
    regex.push('$');
    regex
}

/// This machine's name.
#[must_use]
pub fn host() -> String {
    nix::unistd::gethostname().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A moment that a text names, a time without a zone being local.
fn time(text: &str) -> Option<DateTime<Utc>> {
    if !WHOLE_TIME.is_match(text) {
        return None;
    }
    let zoned = DateTime::parse_from_str(&text.replace('Z', "+00:00"), "%Y-%m-%dT%H:%M:%S%.f%z");
    if let Ok(time) = zoned {
        return Some(time.to_utc());
    }
    let naive = NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    naive.and_local_timezone(Local).earliest().map(|time| time.to_utc())
}

fn now() -> DateTime<Utc> {
    Utc::now()
}

fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the parts that are not fixed are escaped")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_stand_for_what_they_say() {
        let sandbox = Sandbox::new();
        let port = format!("port {} of {}", sandbox.port(), sandbox.config_folder().display());
        let cases = [
            ("plain", "plain", true),
            ("plain", "plainly", false),
            ("<nothing known>", "x", false),
            ("a <any> c", "a b\nb c", true),
            ("a <any> c", "a b d", false),
            ("(<any>", "(x", true),
            ("at <time>!", "at 2024-05-06T07:08:09.123456!", true),
            ("<time>", "2024-05-06T07:08:09+02:00", true),
            ("<time>", "2024-05-06 07:08:09", false),
            ("<time>", "2024-05-06T07:08:09 ", false),
            ("<time:past>", "2024-05-06T07:08:09", true),
            ("<time:future>", "2024-05-06T07:08:09", false),
            ("<time:future>", "2924-05-06T07:08:09Z", true),
            ("<time:past>", "2924-05-06T07:08:09.5", false),
            ("<time:past>", "yesterday", false),
            ("<time:past>", "2024-13-06T07:08:09", false),
            ("pid <pid>", "pid 12", true),
            ("pid <pid>", "pid x", false),
            ("port {{PORT}} of {{DIR}}", &port, true),
        ];
        for (expected, actual, same) in cases {
            assert_eq!(matches(expected, actual, &sandbox), same, "{expected} and {actual}");
        }
        assert!(matches("<host>", &host(), &sandbox));
        assert!(!matches("<host>", "not this machine", &sandbox));
    }

    #[test]
    fn long_texts_are_compared_by_length_and_hash() {
        let sandbox = Sandbox::new();
        let text = "ä".repeat(2001);
        let expected = format!("<long:2001:{}>", hash(&text));
        assert!(matches(&expected, &text, &sandbox));
        assert!(!matches(&expected, &text.replacen('ä', "a", 1), &sandbox));
        assert!(!matches("<long:3:0000000000000000>", "abc", &sandbox));
    }

    #[test]
    fn the_hash_is_the_recorders() {
        let sandbox = Sandbox::new();
        // Case 056 was recorded with a line of 1 MiB of the letter x.
        assert!(matches("<long:1048576:8f990ba0b577b51c>", &"x".repeat(1 << 20), &sandbox));
    }
}
