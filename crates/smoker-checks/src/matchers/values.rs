//! Values of JSON as matchers compare them: what is equal, and the document, number, length or version that is in one.

use serde_json::Value as Json;
use smoker_model::notation::python_json_reader;

use crate::measure::decimal::Decimal;
use crate::plain_text::plain_text;

/// The document that a path looks into: a text is read as JSON. A name that an object has twice with two values says neither.
pub(super) fn document_of(found: &Json) -> Result<Json, String> {
    let Json::String(text) = found else { return Ok(found.clone()) };
    let bare = text.trim_start().trim_start_matches('\u{feff}');
    match python_json_reader::read_for_judgement(bare) {
        Ok(document) => Ok(document),
        Err(error) if error.is_too_large => serde_json::from_str(bare).map_err(|error| error.to_string()),
        Err(error) => {
            let (line, column) = error.place(bare, 0);
            Err(format!("line {line}, column {column}: {error}"))
        }
    }
}

/// Whether both are equal; none where a text, a number or a truth value is compared with a list or a mapping that has it: that is neither
/// what is wanted nor what `Not` means.
pub(super) fn equality(wanted: &Json, found: &Json) -> Option<bool> {
    if is_equal(wanted, found) {
        return Some(true);
    }
    let is_scalar = !matches!(wanted, Json::Null | Json::Array(_) | Json::Object(_));
    (!(is_scalar && has_element(found, |element| is_equal(wanted, element)))).then_some(false)
}

/// Whether a list has an element, or a mapping a value, like that.
pub(super) fn has_element(found: &Json, is_like: impl Fn(&Json) -> bool) -> bool {
    match found {
        Json::Array(items) => items.iter().any(is_like),
        Json::Object(members) => members.values().any(is_like),
        _ => false,
    }
}

fn is_equal(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Number(_), Json::Number(_)) => is_same_number(wanted, found),
        // A text that was read from a file or a socket has no other type than text.
        (Json::Number(_), Json::String(text)) => plain_text(wanted) == text.trim() || is_same_number(wanted, found),
        (Json::Bool(_), Json::String(text)) => plain_text(wanted) == text.trim(),
        (Json::String(wanted), Json::String(found)) => without_end(wanted) == without_end(found),
        // YAML reads `128` as a number where a text was meant.
        (Json::String(text), Json::Number(number)) => *text == number.to_string() || is_same_number(wanted, found),
        (Json::Array(items), Json::Array(others)) => {
            items.len() == others.len() && items.iter().zip(others).all(|(item, other)| is_equal(item, other))
        }
        (Json::Object(members), Json::Object(others)) => {
            let has_same = |(name, member): (&String, &Json)| others.get(name).is_some_and(|it| is_equal(member, it));
            members.len() == others.len() && members.iter().all(has_same)
        }
        _ => wanted == found,
    }
}

fn is_same_number(one: &Json, other: &Json) -> bool {
    number_of(one).is_some_and(|one| number_of(other) == Some(one))
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

pub(super) fn number_of(value: &Json) -> Option<Decimal> {
    match value {
        Json::Number(number) => Decimal::parse(&number.to_string()),
        Json::String(text) => Decimal::parse(text.trim()),
        _ => None,
    }
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

/// The version in a text such as `OpenSSH_9.2p1`, `1:2.3-1` or `v20`: its first numbers with points between them, without those
/// its first number. An epoch before a colon is left out.
pub(crate) fn version_of(text: &str) -> Option<semver::Version> {
    let text = text.trim();
    let text = match text.split_once(':') {
        Some((epoch, rest)) if epoch.chars().all(|c| c.is_ascii_digit()) => rest,
        _ => text,
    };
    if let Ok(version) = semver::Version::parse(text.trim_start_matches('v')) {
        return Some(version);
    }
    let is_of_version = |c: char| c.is_ascii_digit() || c == '.';
    let numbers = text.split(|c| !is_of_version(c)).map(|word| word.trim_matches('.')).filter(|word| !word.is_empty());
    // The 86 of `x86_64-linux-gnu-gcc 12.2.0` and the 4 of `log4j-2.17.1` are no versions.
    let version = numbers.clone().find(|word| word.contains('.')).or_else(|| numbers.clone().next())?;
    // A part that is too large to be read is not 0.
    let mut parts = version.split('.').take(3).map(|part| part.parse::<u64>().ok());
    let mut next = || parts.next().unwrap_or(Some(0));
    Some(semver::Version::new(next()?, next()?, next()?))
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
            ("x86_64-linux-gnu-gcc (Debian) 12.2.0", "12.2.0"),
            ("log4j-2.17.1.jar", "2.17.1"),
            ("utf8 3.", "8.0.0"),
            ("build 7", "7.0.0"),
        ] {
            assert_eq!(version_of(text).expect("a version").to_string(), expected);
        }
        assert_eq!(version_of("none"), None);
        assert_eq!(version_of("99999999999999999999.1"), None, "too large is not 0");
    }
}
