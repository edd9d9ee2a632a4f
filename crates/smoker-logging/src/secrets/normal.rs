//! Text without the backslashes that quote it, however often it was quoted:
//! JSON in a message in JSON has `\\\"` for a quote. Each byte knows where it
//! came from.

use std::borrow::Cow;

/// A text in the form in which secrets are looked for.
#[derive(Debug)]
pub(crate) struct Normal<'a> {
    pub(crate) bytes: Cow<'a, [u8]>,
    /// Where in the text each byte comes from, and where the text ends; none
    /// when the bytes are those of the text.
    places: Option<Vec<usize>>,
}

impl<'a> Normal<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        if !text.contains('\\') {
            return Self { bytes: text.as_bytes().into(), places: None };
        }
        let (mut bytes, mut places) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        let mut rest = text;
        while let Some((c, after)) = next(rest) {
            let place = text.len() - rest.len();
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            places.resize(bytes.len(), place);
            rest = after;
        }
        places.push(text.len());
        Self { bytes: bytes.into(), places: Some(places) }
    }

    /// The position in the text of a position in the bytes.
    pub(crate) fn place(&self, at: usize) -> usize {
        self.places.as_ref().map_or(at, |places| places[at])
    }
}

/// One character, after any number of backslashes, and the rest.
fn next(text: &str) -> Option<(char, &str)> {
    let behind = text.trim_start_matches('\\');
    let mut chars = behind.chars();
    let Some(c) = chars.next() else {
        // Nothing but backslashes is left.
        return (!text.is_empty()).then_some(('\\', ""));
    };
    let rest = chars.as_str();
    if behind.len() == text.len() {
        return Some((c, rest));
    }
    let escaped = match c {
        'n' => Some(('\n', rest)),
        'r' => Some(('\r', rest)),
        't' => Some(('\t', rest)),
        'b' => Some(('\u{8}', rest)),
        'f' => Some(('\u{c}', rest)),
        'x' => code(rest, 2).and_then(|(code, rest)| Some((char::from_u32(code)?, rest))),
        'U' => code(rest, 8).and_then(|(code, rest)| Some((char::from_u32(code)?, rest))),
        'u' => code(rest, 4).and_then(|(code, rest)| utf16(code, rest)),
        _ => None,
    };
    escaped.or(Some((c, rest)))
}

/// A number with this many digits.
fn code(text: &str, digits: usize) -> Option<(u32, &str)> {
    let number = text.get(..digits).filter(|number| number.bytes().all(|digit| digit.is_ascii_hexdigit()))?;
    Some((u32::from_str_radix(number, 16).ok()?, &text[digits..]))
}

/// A character whose first unit was read; some have a second one.
fn utf16(first: u32, rest: &str) -> Option<(char, &str)> {
    if !(0xd800..0xdc00).contains(&first) {
        return Some((char::from_u32(first)?, rest));
    }
    let behind = rest.trim_start_matches('\\');
    let (second, rest) = behind.strip_prefix('u').and_then(|digits| code(digits, 4))?;
    let low = second.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    Some((char::from_u32(0x10000 + ((first - 0xd800) << 10) + low)?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        String::from_utf8(Normal::of(text).bytes.into_owned()).expect("characters")
    }

    #[test]
    fn any_depth_of_quoting_is_undone() {
        let mut text = "it's \"ü\\ 🐎\n\t\u{1f}/".to_owned();
        let expected = normal(&text);
        for _ in 0..4 {
            text = serde_json::to_string(&text).expect("text is JSON");
            text = text[1..text.len() - 1].to_owned();
            assert_eq!(normal(&text), expected);
        }
        assert_eq!(normal("\\u00fc\\\\ud83d\\\\udc0e\\xfc\\U0001f40e"), "ü🐎ü🐎");
        for odd in ["\\", "\\u12", "\\ud83d", "\\ud83d\\u0041", "\\xč", "a\\\\"] {
            assert_eq!(Normal::of(odd).place(normal(odd).len()), odd.len(), "{odd}");
        }
    }

    #[test]
    fn places_lead_back_to_the_text() {
        let text = "a\\\\\\\"b\\u00fcc";
        let places = Normal::of(text);
        assert_eq!((0..=6).map(|at| places.place(at)).collect::<Vec<_>>(), [0, 1, 5, 6, 6, 12, 13]);
    }
}
