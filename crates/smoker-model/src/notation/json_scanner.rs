//! The words of JSON, one after the other: texts, numbers, blanks.

use crate::notation::read_error::ReadError;

/// A place in a text of JSON.
pub(super) struct JsonScanner<'a> {
    text: &'a str,
    /// The byte that comes next.
    pub(super) at: usize,
}

/// A number as it is written.
#[derive(Clone, Copy)]
pub(super) struct NumberText<'a> {
    pub(super) text: &'a str,
    /// Whether it has neither a fraction nor an exponent.
    pub(super) is_whole: bool,
}

impl<'a> JsonScanner<'a> {
    /// The beginning of a text.
    pub(super) const fn of(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The byte that comes next; none at the end.
    pub(super) fn next(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// What was read since a place.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    /// Moves behind a word, if it comes next.
    pub(super) fn skip(&mut self, word: &str) -> bool {
        let is_next = self.text[self.at..].starts_with(word);
        self.at += if is_next { word.len() } else { 0 };
        is_next
    }

    /// The text whose quote is here.
    pub(super) fn string(&mut self) -> Result<String, ReadError> {
        let start = self.at;
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            out.push_str(&rest[..plain]);
            self.at += plain;
            match self.text.as_bytes().get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => {
                    return Err(self.error(
                        "a control character, such as a tab or a line break, inside of a text: write it as \\t or \\n",
                    ));
                }
                None => {
                    self.at = start;
                    return Err(self.error("this text has no closing quote"));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, ReadError> {
        let escape = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match escape {
            Some(b'"' | b'\\' | b'/') => escape.map(char::from),
            Some(b'b') => Some('\u{8}'),
            Some(b'f') => Some('\u{c}'),
            Some(b'n') => Some('\n'),
            Some(b'r') => Some('\r'),
            Some(b't') => Some('\t'),
            _ => None,
        };
        if let Some(c) = plain {
            self.at += 2;
            return Ok(c);
        }
        let Some(unit) = self.unit(self.at) else { return Err(self.error("invalid escape")) };
        self.at += 6;
        let pair = if (0xd800..0xdc00).contains(&unit) { self.unit(self.at) } else { None };
        if let Some(low) = pair.filter(|low| (0xdc00..0xe000).contains(low)) {
            self.at += 6;
            return Ok(char::from_u32(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).unwrap_or('\u{fffd}'));
        }
        Ok(char::from_u32(unit).unwrap_or('\u{fffd}'))
    }

    /// The number of a `\uXXXX` at this place.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) { u32::from_str_radix(digits, 16).ok() } else { None }
    }

    /// The number that begins here, as it is written.
    pub(super) fn number(&mut self) -> Result<NumberText<'a>, ReadError> {
        let rest = &self.text[self.at..];
        let bytes = rest.as_bytes();
        let digits = |from: usize| bytes[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let sign = usize::from(bytes.first() == Some(&b'-'));
        let whole = digits(sign);
        let whole = if bytes.get(sign) == Some(&b'0') { 1 } else { whole };
        if whole == 0 {
            return Err(self.error("expected a value"));
        }
        let mut end = sign + whole;
        if bytes.get(end) == Some(&b'.') && digits(end + 1) > 0 {
            end += 1 + digits(end + 1);
        }
        if matches!(bytes.get(end), Some(b'e' | b'E')) {
            let signed = end + 1 + usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
            if digits(signed.min(bytes.len())) > 0 {
                end = signed + digits(signed);
            }
        }
        let text = &rest[..end];
        self.at += end;
        Ok(NumberText { text, is_whole: end == sign + whole })
    }

    pub(super) fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    /// Why this place is not JSON.
    pub(super) fn error(&self, reason: &str) -> ReadError {
        ReadError { reason: reason.to_owned(), offset: self.at, is_too_large: false }
    }
}
