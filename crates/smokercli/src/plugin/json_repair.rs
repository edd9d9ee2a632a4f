//! JSON that Python writes and reads, but no standard allows.

use std::iter::Peekable;
use std::str::Chars;

/// The text with each value that cannot be read replaced: `NaN`, infinities and
/// numbers out of range by null, half of a surrogate pair by U+FFFD. One odd
/// value of a plugin must not cost the whole host.
#[must_use]
pub fn repaired(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => string(&mut rest, &mut out),
            '-' | '0'..='9' | 'N' | 'I' => scalar(c, &mut rest, &mut out),
            c => out.push(c),
        }
    }
    out
}

/// A number or one of Python's names, to its last character.
fn scalar(first: char, rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let mut word = String::from(first);
    while let Some(c) = rest.next_if(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')) {
        word.push(c);
    }
    let is_odd = word.parse::<f64>().is_ok_and(|number| !number.is_finite());
    out.push_str(if is_odd { "null" } else { &word });
}

/// The rest of a string, with its closing quote.
fn string(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(c) = rest.next() {
        out.push(c);
        match c {
            '"' => return,
            '\\' => escape(rest, out),
            _ => {}
        }
    }
}

/// What follows a backslash.
fn escape(rest: &mut Peekable<Chars<'_>>, out: &mut String) {
    let code = |chars: &Chars<'_>| u32::from_str_radix(chars.as_str().get(..4)?, 16).ok();
    let Some(kind) = rest.next() else { return };
    out.push(kind);
    if kind != 'u' {
        return;
    }
    let digits: String = rest.by_ref().take(4).collect();
    let is = |range: std::ops::Range<u32>, code: Option<u32>| code.is_some_and(|code| range.contains(&code));
    let first = u32::from_str_radix(&digits, 16).ok();
    if !is(0xd800..0xe000, first) {
        out.push_str(&digits);
        return;
    }
    let following: String = rest.clone().take(6).collect();
    let second = following.strip_prefix("\\u").and_then(|digits| code(&digits.chars()));
    if is(0xd800..0xdc00, first) && is(0xdc00..0xe000, second) {
        out.push_str(&digits);
        out.push_str(&following);
        rest.nth(5);
    } else {
        out.push_str("fffd");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_be_read_is_replaced() {
        for (odd, expected) in [
            (r#"{"a": NaN, "b": [-Infinity, 2e308, 1.5]}"#, r#"{"a": null, "b": [null, null, 1.5]}"#),
            (r#""caf\udce9 \ud83d\ude00 \ud83dx \\ud800""#, r#""caf\ufffd \ud83d\ude00 \ufffdx \\ud800""#),
            (r#"["NaN", "\"2e308", true, null]"#, r#"["NaN", "\"2e308", true, null]"#),
        ] {
            assert_eq!(repaired(odd), expected);
        }
    }
}
