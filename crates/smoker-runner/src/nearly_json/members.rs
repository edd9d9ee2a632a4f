//! Finds the members of an object that may be no JSON: with the quotes of another language, or with its end missing.

use std::borrow::Cow;

use smoker_model::status::Status;

/// The quotes of languages and of word processors, and the backslash before a quote.
const QUOTES: [char; 8] = ['"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\\'];

/// The members of a result besides its status.
const OF_RESULTS: [&str; 3] = ["messages", "componentResults", "action"];

/// How many times the length of the output is read at most in search of a result.
const MAX_PASSES: usize = 16;

/// How many bytes may still be read, and where the last status stands.
pub(super) struct Budget {
    bytes: usize,
    last_status: usize,
}

impl Budget {
    pub(super) fn of(text: &str) -> Self {
        Self { bytes: text.len().saturating_mul(MAX_PASSES), last_status: statuses(text).last().unwrap_or(0) }
    }
}

/// What an object looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has a status.
    Result,
    /// It is not closed, and all that is there is as in a result.
    CutOff,
    Other,
}

/// Judges the object that begins at this byte. One whose quotes or brackets do not match is a result when there is a
/// status anywhere behind its beginning.
pub(super) fn kind(text: &str, start: usize, budget: &mut Budget) -> Kind {
    let object = &text[start..];
    let bytes = object.as_bytes();
    let (mut depth, mut at, mut previous) = (0_usize, 0, b' ');
    let mut is_of_result = false;
    while at < bytes.len() && budget.bytes > 0 {
        budget.bytes -= 1;
        let byte = bytes[at];
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            // An apostrophe in a text without quotes begins no other one.
            b'"' | b'\'' if byte == b'"' || matches!(previous, b'{' | b'[' | b',' | b':') => {
                let Some(length) = quoted_length(&bytes[at..], byte) else {
                    // Only in the last line a text can be cut off.
                    let rest = &object[at + 1..];
                    is_of_result |= depth == 1 && previous != b':' && !rest.is_empty() && "status".starts_with(rest);
                    is_of_result &= !rest.contains('\n');
                    break;
                };
                let name = &*unescaped(&object[at + 1..at + length - 1]);
                let behind = object[at + length..].trim_start();
                if depth == 1 && name == "status" && (behind.starts_with([':', '=']) || behind.is_empty()) {
                    return Kind::Result;
                }
                is_of_result |= depth == 1 && OF_RESULTS.contains(&name) && behind.starts_with(':');
                budget.bytes = budget.bytes.saturating_sub(length);
                at += length - 1;
            }
            _ => {}
        }
        if depth == 0 {
            // An object that is whole and has no status, or braces of another language.
            let is_member = statuses(&object[..at]).next().is_some_and(|found| {
                let before = object[..found].trim_end();
                before.ends_with(['{', ',']) && !before[1..].contains('{')
            });
            return if is_member { Kind::Result } else { Kind::Other };
        }
        if !byte.is_ascii_whitespace() {
            previous = byte;
        }
        at += 1;
    }
    match budget.last_status > start {
        true => Kind::Result,
        false if is_of_result => Kind::CutOff,
        false => Kind::Other,
    }
}

/// A name whose escapes, as in `\u0073tatus`, stand for what they mean.
fn unescaped(name: &str) -> Cow<'_, str> {
    if !name.contains("\\u") {
        return Cow::Borrowed(name);
    }
    serde_json::from_str(&format!("\"{name}\"")).map_or(Cow::Borrowed(name), Cow::Owned)
}

/// Where a status begins that is a member in any quotes, or in none, as Python, Ruby, Java, JavaScript and a careless
/// shell write it.
fn statuses(text: &str) -> impl Iterator<Item = usize> {
    text.match_indices("status").filter_map(|(at, name)| {
        let before = without_quotes(
            &text[..at],
            |text, quotes| text.trim_end_matches(quotes),
            |text, quote| text.strip_suffix(quote),
        );
        let behind = |text| {
            without_quotes(
                text,
                |text: &str, quotes| text.trim_start_matches(quotes),
                |text, quote| text.strip_prefix(quote),
            )
        };
        let sign = behind(&text[at + name.len()..]).trim_start();
        let value = sign.strip_prefix(':').or_else(|| sign.strip_prefix("=>")).or_else(|| sign.strip_prefix('='))?;
        let value = behind(value.trim_start());
        let word = value.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        // A name of Ruby has a colon before it.
        Status::of_result(word).map(|_| before.strip_suffix(':').unwrap_or(before).len())
    })
}

/// A text without the quotes at one of its ends.
fn without_quotes<'a>(
    text: &'a str,
    trim: fn(&'a str, &[char]) -> &'a str,
    strip: fn(&'a str, &str) -> Option<&'a str>,
) -> &'a str {
    let mut rest = text;
    loop {
        let trimmed = trim(rest, &QUOTES);
        let Some(stripped) = strip(trimmed, "&quot;").or_else(|| strip(trimmed, "&#34;")) else { return trimmed };
        rest = stripped;
    }
}

/// The length of a text in quotes, with them; none when it is not closed on its line.
fn quoted_length(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 1;
    loop {
        match *bytes.get(at)? {
            b'\\' => at += 2,
            b'\n' => return None,
            byte if byte == quote => return Some(at + 1),
            _ => at += 1,
        }
    }
}
