//! Patterns of values that a request may give to a parameter.

use regex::Regex;

/// Whether a text matches a regular expression as a whole. One that is no regular expression matches nothing; it is reported when the
/// configuration is read.
#[must_use]
pub fn matches_whole(pattern: &str, text: &str) -> bool {
    whole(pattern).is_ok_and(|pattern| pattern.is_match(text))
}

/// The regular expression that has to match a text as a whole.
pub(crate) fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(r"\A(?:{pattern})\z"))
}
