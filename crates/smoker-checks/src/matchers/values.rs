//! Values of JSON as matchers compare them: what is equal, and the document, number, length or version that is in one.

use serde_json::Value as Json;

use crate::plain_text::plain_text;

/// The document that a path looks into: a text is read as JSON.
pub(super) fn document_of(found: &Json) -> Result<Json, String> {
    match found {
        Json::String(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
        other => Ok(other.clone()),
    }
}

pub(super) fn is_equal(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Number(_), Json::Number(_)) => number_of(wanted) == number_of(found),
        // A text that was read from a file or a socket has no other type than text.
        (Json::Number(_) | Json::Bool(_), Json::String(text)) => plain_text(wanted) == text.trim(),
        (Json::String(wanted), Json::String(found)) => without_end(wanted) == without_end(found),
        // YAML reads `128` as a number where a text was meant.
        (Json::String(wanted), Json::Number(found)) => *wanted == found.to_string(),
        _ => wanted == found,
    }
}

/// A text without the line breaks at its end: what programs print has one, and so has a block (`|`) of the configuration.
pub(super) fn without_end(text: &str) -> &str {
    text.trim_end_matches(['\r', '\n'])
}

/// Whether a text has a part. A line break at the end of the part may be the end of the text.
pub(super) fn has_part(text: &str, part: &str) -> bool {
    let bare = without_end(part);
    text.contains(part) || (bare.len() < part.len() && !bare.is_empty() && without_end(text).ends_with(bare))
}

pub(super) fn number_of(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.to_string().parse().ok(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
    .filter(|number: &f64| number.is_finite())
}

#[expect(clippy::cast_precision_loss, reason = "no text is that long")]
pub(super) fn length_of(value: &Json) -> f64 {
    (match value {
        Json::String(text) => text.chars().count(),
        Json::Array(items) => items.len(),
        Json::Object(members) => members.len(),
        Json::Null => 0,
        other => other.to_string().chars().count(),
    }) as f64
}

/// The version in a text such as `OpenSSH_9.2p1`, `1:2.3-1` or `v20`: its first numbers with points between them. An
/// epoch before a colon is left out.
pub(crate) fn version_of(text: &str) -> Option<semver::Version> {
    let text = text.trim();
    let text = match text.split_once(':') {
        Some((epoch, rest)) if epoch.chars().all(|c| c.is_ascii_digit()) => rest,
        _ => text,
    };
    if let Ok(version) = semver::Version::parse(text.trim_start_matches('v')) {
        return Some(version);
    }
    let start = text.find(|c: char| c.is_ascii_digit())?;
    let end = text[start..].find(|c: char| !c.is_ascii_digit() && c != '.').map_or(text.len(), |end| start + end);
    let mut parts = text[start..end].split('.').map(|part| part.parse::<u64>().unwrap_or(0));
    let mut next = || parts.next().unwrap_or(0);
    Some(semver::Version::new(next(), next(), next()))
}

#[cfg(test)]
mod tests {
    use super::version_of;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        for (text, expected) in [
            ("1:2.3-1+deb12u1", "2.3.0"),
            ("v20", "20.0.0"),
            ("OpenSSH_9.2p1 x", "9.2.0"),
            ("1.2.3-rc.1", "1.2.3-rc.1"),
        ] {
            assert_eq!(version_of(text).expect("a version").to_string(), expected);
        }
        assert_eq!(version_of("none"), None);
    }
}
