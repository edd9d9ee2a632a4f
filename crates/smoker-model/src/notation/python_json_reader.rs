//! JSON as Python's `json.loads` reads it, with a bound on the number of its values.
//!
//! Python takes more than the standard does: `NaN` and infinities (null here, as everywhere on the wire), numbers
//! beyond the range of a float (the same), integers of any size (kept), and lone surrogates (U+FFFD, since no text of
//! ours can hold them). What is nested deeper than [`MAX_DEPTH`] becomes text, so that every reader of a page that
//! shows it can read the page.

use std::fmt;

use serde_json::{Map, Number, Value as Json};

use crate::notation::bounded_json::MAX_VALUES;

/// How deep lists and objects may be nested. The readers of most programs, our own client's among them, give up at 128.
pub const MAX_DEPTH: usize = 100;

/// Why a text is not JSON, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// The reason, in a few words.
    pub reason: String,
    /// The byte at which the text stops being JSON.
    pub offset: usize,
    /// Whether the text is JSON, but has more than [`MAX_VALUES`] values.
    pub is_too_large: bool,
}

/// Shows the reason alone: the place counts in the text that was read, of which a caller may show more.
impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl ReadError {
    /// Line and column, both from 1, of the place in `text`, to which `before` bytes do not belong that were read.
    #[must_use]
    pub fn place(&self, text: &str, before: usize) -> (usize, usize) {
        let above = &text[..text.floor_char_boundary(before + self.offset)];
        let line = above.matches('\n').count() + 1;
        let column = above.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }
}

/// Reads one value with blanks around it.
///
/// # Errors
///
/// What is wrong with the text, and where.
pub fn read(text: &str) -> Result<Json, ReadError> {
    read_with(text, false)
}

/// Does the same for one that judges the values. What is no finite number (`NaN`, `1e999`) becomes the text that stands
/// there: it is neither null nor 0. Of a name that an object has twice, with two values, the value is a text that says so.
///
/// # Errors
///
/// As those of [`read`].
pub fn read_for_judgement(text: &str) -> Result<Json, ReadError> {
    read_with(text, true)
}

fn read_with(text: &str, is_judged: bool) -> Result<Json, ReadError> {
    let mut reader = Reader { text, at: 0, values: 0, is_judged };
    let value = reader.value()?;
    reader.skip_blanks();
    if reader.at < text.len() {
        return Err(reader.error("something follows the end of the JSON"));
    }
    if reader.values > MAX_VALUES {
        let reason = format!("it has more than {MAX_VALUES} values");
        return Err(ReadError { reason, offset: 0, is_too_large: true });
    }
    Ok(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    values: usize,
    /// Whether what Python takes and nobody can judge becomes a text.
    is_judged: bool,
}

/// A list or an object that is not closed yet.
struct Open {
    start: usize,
    kind: Container,
}

enum Container {
    List(Vec<Json>),
    Object(Map<String, Json>, String),
}

impl Reader<'_> {
    /// Reads a value of any depth without recursion: a hostile text must not use up the stack.
    fn value(&mut self) -> Result<Json, ReadError> {
        let mut open: Vec<Open> = Vec::new();
        loop {
            let mut value = match self.begin()? {
                Begin::Whole(value) => value,
                Begin::Open(container) => {
                    open.push(Open { start: self.at - 1, kind: container });
                    match self.first_of(&mut open)? {
                        Some(empty) => empty,
                        None => continue,
                    }
                }
            };
            // Puts the value into what is open, and closes what ends behind it.
            loop {
                let Some(last) = open.last_mut() else { return Ok(value) };
                self.values += 1;
                if self.values <= MAX_VALUES {
                    match &mut last.kind {
                        Container::List(items) => items.push(value),
                        Container::Object(members, name) => {
                            let name = std::mem::take(name);
                            if let Some(before) = members.get(&name).filter(|it| self.is_judged && **it != value) {
                                value = Json::from(format!("{before} and {value}, since the name is there twice"));
                            }
                            members.insert(name, value);
                        }
                    }
                }
                if self.goes_on(last)? {
                    break;
                }
                let Some(closed) = open.pop() else { return Ok(Json::Null) };
                value = self.closed(closed, open.len());
            }
        }
    }

    /// Begins a value: all of it, unless it is a list or an object.
    fn begin(&mut self) -> Result<Begin, ReadError> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        let not_finite = ["NaN", "Infinity", "-Infinity"].map(|word| (word, self.not_finite(word)));
        match rest.as_bytes().first() {
            Some(b'{') => {
                self.at += 1;
                Ok(Begin::Open(Container::Object(Map::new(), String::new())))
            }
            Some(b'[') => {
                self.at += 1;
                Ok(Begin::Open(Container::List(Vec::new())))
            }
            Some(b'"') => self.string().map(Json::String).map(Begin::Whole),
            None => Err(self.error("the text ends where a value is expected")),
            Some(_) => {
                if let Some((word, value)) =
                    words.into_iter().chain(not_finite).find(|(word, _)| rest.starts_with(word))
                {
                    self.at += word.len();
                    return Ok(Begin::Whole(value));
                }
                self.number().map(Begin::Whole)
            }
        }
    }

    /// Behind an opening bracket: the empty list or object if it is one, else nothing; then its first value follows.
    fn first_of(&mut self, open: &mut Vec<Open>) -> Result<Option<Json>, ReadError> {
        self.skip_blanks();
        let Some(last) = open.last_mut() else { return Ok(None) };
        let next = self.text.as_bytes().get(self.at);
        match &mut last.kind {
            Container::List(_) if next == Some(&b']') => {}
            Container::Object(..) if next == Some(&b'}') => {}
            Container::List(_) => return Ok(None),
            Container::Object(_, name) => {
                *name = self.name()?;
                return Ok(None);
            }
        }
        self.at += 1;
        let depth = open.len() - 1;
        Ok(open.pop().map(|empty| self.closed(empty, depth)))
    }

    /// Behind a value in what is open: whether another one follows; otherwise it was closed.
    fn goes_on(&mut self, open: &mut Open) -> Result<bool, ReadError> {
        self.skip_blanks();
        let next = self.text.as_bytes().get(self.at).copied();
        let (end, what) = match open.kind {
            Container::List(_) => (b']', "`,` or `]`"),
            Container::Object(..) => (b'}', "`,` or `}`"),
        };
        match next {
            Some(found) if found == end => {
                self.at += 1;
                Ok(false)
            }
            Some(b',') => {
                self.at += 1;
                self.skip_blanks();
                if self.text.as_bytes().get(self.at) == Some(&end) {
                    return Err(self.error("trailing comma"));
                }
                if let Container::Object(_, name) = &mut open.kind {
                    *name = self.name()?;
                }
                Ok(true)
            }
            Some(_) => Err(self.error(&format!("expected {what}"))),
            None => Err(self.error(&format!("the text ends where {what} is expected"))),
        }
    }

    fn closed(&self, closed: Open, depth: usize) -> Json {
        match closed.kind {
            _ if depth > MAX_DEPTH => Json::Null,
            _ if depth == MAX_DEPTH => Json::from(&self.text[closed.start..self.at]),
            Container::List(items) => Json::Array(items),
            Container::Object(members, _) => Json::Object(members),
        }
    }

    /// The name of a member and the colon behind it.
    fn name(&mut self) -> Result<String, ReadError> {
        match self.text.as_bytes().get(self.at) {
            Some(b'"') => {}
            None => return Err(self.error("the text ends inside of an object")),
            Some(_) => return Err(self.error("expected a name in double quotes")),
        }
        let name = self.string()?;
        self.skip_blanks();
        if self.text.as_bytes().get(self.at) != Some(&b':') {
            return Err(self.error("expected `:`"));
        }
        self.at += 1;
        Ok(name)
    }

    fn string(&mut self) -> Result<String, ReadError> {
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

    fn number(&mut self) -> Result<Json, ReadError> {
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
        if end == sign + whole {
            // `-0` is 0 in Python.
            let text = if text == "-0" { "0" } else { text };
            return Ok(text.parse().map_or_else(|_| self.not_finite(text), Json::Number));
        }
        let number = text.parse().ok().and_then(Number::from_f64);
        Ok(number.map_or_else(|| self.not_finite(text), Json::Number))
    }

    /// The value that stands for a number that is not finite.
    fn not_finite(&self, text: &str) -> Json {
        if self.is_judged { Json::from(text) } else { Json::Null }
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    }

    fn error(&self, reason: &str) -> ReadError {
        ReadError { reason: reason.to_owned(), offset: self.at, is_too_large: false }
    }
}

/// The beginning of a value.
enum Begin {
    Whole(Json),
    Open(Container),
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_python_reads_is_read() {
        let cases = [
            (r#"{"a": [1, -2.5, 1E5, "x\n\u00e9\ud83d\ude00/"], "b": {}, "a": null}"#, json!({"a": null, "b": {}})),
            (
                "[NaN, -Infinity, Infinity, 2e308, -1e400, true, false]",
                json!([null, null, null, null, null, true, false]),
            ),
            (r#" ["\udce9", "\ud800x", "\ud800\ud83d\ude00"] "#, json!(["\u{fffd}", "\u{fffd}x", "\u{fffd}😀"])),
            ("[-0, 0, 0.5, 1e2, [], [[]]]", json!([0, 0, 0.5, 100.0, [], [[]]])),
            ("\"x\"", json!("x")),
        ];
        for (text, expected) in cases {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
        let big = "[123456789012345678901234567890123456789012345678901234567890, -18446744073709551617]";
        assert_eq!(read(big).expect("JSON").to_string(), big.replace(' ', ""));
    }

    #[test]
    fn what_python_refuses_is_refused_with_its_place() {
        let cases = [
            ("", (1, 1), "the text ends where a value is expected"),
            ("{\"a\": 1,}", (1, 9), "trailing comma"),
            ("[1,\n 2\n 3]", (3, 2), "expected `,` or `]`"),
            ("{'a': 1}", (1, 2), "expected a name in double quotes"),
            ("{\"a\" 1}", (1, 6), "expected `:`"),
            ("{\"a\": OK}", (1, 7), "expected a value"),
            ("[1, 2", (1, 6), "the text ends where `,` or `]` is expected"),
            ("[\"a", (1, 2), "this text has no closing quote"),
            ("[\"\\x\"]", (1, 3), "invalid escape"),
            ("{} {}", (1, 4), "something follows the end of the JSON"),
            ("[01]", (1, 3), "expected `,` or `]`"),
            ("[1.]", (1, 3), "expected `,` or `]`"),
            ("\u{feff}{}", (1, 1), "expected a value"),
        ];
        for (text, place, reason) in cases {
            let error = read(text).expect_err(text);
            assert_eq!((error.place(text, 0), error.reason.as_str()), (place, reason), "{text}");
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        let read_back = |depth| serde_json::from_str::<Json>(&read(&nested(depth)).expect("JSON").to_string());
        assert!(read_back(MAX_DEPTH).expect("JSON").to_string().starts_with(&"[".repeat(MAX_DEPTH)));
        assert!(read_back(90_000).expect("JSON").to_string().contains(&format!("[\"{}", nested(90_000 - MAX_DEPTH))));
        let many = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(read(&many(MAX_VALUES)).is_ok());
        let error = read(&many(MAX_VALUES + 1)).expect_err("too many");
        assert!(error.is_too_large && error.reason == "it has more than 100000 values");
        assert!(!read(&(many(MAX_VALUES + 1) + "]")).expect_err("no JSON").is_too_large);
    }
}
