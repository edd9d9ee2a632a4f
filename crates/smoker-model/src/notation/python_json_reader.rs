//! JSON as Python's `json.loads` reads it, with a bound on the number of its values.
//!
//! Python takes more than the standard does: `NaN` and infinities (null here, as everywhere on the wire), numbers
//! beyond the range of a float (the same), integers of any size (kept), and lone surrogates (U+FFFD, since no text of
//! ours can hold them). What is nested deeper than [`MAX_DEPTH`] becomes text, so that every reader of a page that
//! shows it can read the page.

use serde_json::{Map, Number, Value as Json};

use crate::notation::bounded_json::MAX_VALUES;
use crate::notation::json_scanner::{JsonScanner, NumberText};
use crate::notation::read_error::ReadError;

/// How deep lists and objects may be nested. The readers of most programs, our own client's among them, give up at 128.
pub const MAX_DEPTH: usize = 100;

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
    let mut reader = Reader { scanner: JsonScanner::of(text), values: 0, is_judged };
    let value = reader.value()?;
    reader.scanner.skip_blanks();
    if reader.scanner.next().is_some() {
        return Err(reader.scanner.error("something follows the end of the JSON"));
    }
    if reader.values > MAX_VALUES {
        let reason = format!("it has more than {MAX_VALUES} values");
        return Err(ReadError { reason, offset: 0, is_too_large: true });
    }
    Ok(value)
}

struct Reader<'a> {
    scanner: JsonScanner<'a>,
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
                    open.push(Open { start: self.scanner.at - 1, kind: container });
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
        self.scanner.skip_blanks();
        let words = [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        let not_finite = ["NaN", "Infinity", "-Infinity"].map(|word| (word, self.not_finite(word)));
        match self.scanner.next() {
            Some(b'{') => {
                self.scanner.at += 1;
                Ok(Begin::Open(Container::Object(Map::new(), String::new())))
            }
            Some(b'[') => {
                self.scanner.at += 1;
                Ok(Begin::Open(Container::List(Vec::new())))
            }
            Some(b'"') => self.scanner.string().map(Json::String).map(Begin::Whole),
            None => Err(self.scanner.error("the text ends where a value is expected")),
            Some(_) => {
                if let Some((_, value)) = words.into_iter().chain(not_finite).find(|(word, _)| self.scanner.skip(word))
                {
                    return Ok(Begin::Whole(value));
                }
                let number = self.scanner.number()?;
                Ok(Begin::Whole(self.value_of(number)))
            }
        }
    }

    /// Behind an opening bracket: the empty list or object if it is one, else nothing; then its first value follows.
    fn first_of(&mut self, open: &mut Vec<Open>) -> Result<Option<Json>, ReadError> {
        self.scanner.skip_blanks();
        let Some(last) = open.last_mut() else { return Ok(None) };
        let next = self.scanner.next();
        match &mut last.kind {
            Container::List(_) if next == Some(b']') => {}
            Container::Object(..) if next == Some(b'}') => {}
            Container::List(_) => return Ok(None),
            Container::Object(_, name) => {
                *name = self.name()?;
                return Ok(None);
            }
        }
        self.scanner.at += 1;
        let depth = open.len() - 1;
        Ok(open.pop().map(|empty| self.closed(empty, depth)))
    }

    /// Behind a value in what is open: whether another one follows; otherwise it was closed.
    fn goes_on(&mut self, open: &mut Open) -> Result<bool, ReadError> {
        self.scanner.skip_blanks();
        let next = self.scanner.next();
        let (end, what) = match open.kind {
            Container::List(_) => (b']', "`,` or `]`"),
            Container::Object(..) => (b'}', "`,` or `}`"),
        };
        match next {
            Some(found) if found == end => {
                self.scanner.at += 1;
                Ok(false)
            }
            Some(b',') => {
                self.scanner.at += 1;
                self.scanner.skip_blanks();
                if self.scanner.next() == Some(end) {
                    return Err(self.scanner.error("trailing comma"));
                }
                if let Container::Object(_, name) = &mut open.kind {
                    *name = self.name()?;
                }
                Ok(true)
            }
            Some(_) => Err(self.scanner.error(&format!("expected {what}"))),
            None => Err(self.scanner.error(&format!("the text ends where {what} is expected"))),
        }
    }

    fn closed(&self, closed: Open, depth: usize) -> Json {
        match closed.kind {
            _ if depth > MAX_DEPTH => Json::Null,
            _ if depth == MAX_DEPTH => Json::from(self.scanner.since(closed.start)),
            Container::List(items) => Json::Array(items),
            Container::Object(members, _) => Json::Object(members),
        }
    }

    /// The name of a member and the colon behind it.
    fn name(&mut self) -> Result<String, ReadError> {
        match self.scanner.next() {
            Some(b'"') => {}
            None => return Err(self.scanner.error("the text ends inside of an object")),
            Some(_) => return Err(self.scanner.error("expected a name in double quotes")),
        }
        let name = self.scanner.string()?;
        self.scanner.skip_blanks();
        if self.scanner.next() != Some(b':') {
            return Err(self.scanner.error("expected `:`"));
        }
        self.scanner.at += 1;
        Ok(name)
    }

    fn value_of(&self, number: NumberText<'_>) -> Json {
        let NumberText { text, is_whole } = number;
        if is_whole {
            // `-0` is 0 in Python.
            let text = if text == "-0" { "0" } else { text };
            return text.parse().map_or_else(|_| self.not_finite(text), Json::Number);
        }
        let number = text.parse().ok().and_then(Number::from_f64);
        number.map_or_else(|| self.not_finite(text), Json::Number)
    }

    /// The value that stands for a number that is not finite.
    fn not_finite(&self, text: &str) -> Json {
        if self.is_judged { Json::from(text) } else { Json::Null }
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
