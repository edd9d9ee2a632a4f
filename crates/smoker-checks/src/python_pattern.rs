//! Regular expressions as Python's `re.match` takes them: they match from the beginning of a text.
//!
//! Look-aheads, which the library for regular expressions lacks, are understood behind literal text and before
//! anything else (`^(?!/data)`, `/media/(?!usb)`), where they are patterns of their own.

use regex::Regex;

/// A regular expression that is tried at the beginning of a text.
#[derive(Debug)]
pub(crate) struct PythonPattern {
    alternatives: Vec<Alternative>,
}

#[derive(Debug)]
struct Alternative {
    literal: String,
    look_aheads: Vec<LookAhead>,
    rest: Rest,
}

#[derive(Debug)]
struct LookAhead {
    pattern: PythonPattern,
    is_wanted: bool,
}

#[derive(Debug)]
enum Rest {
    Plain(Regex),
    LookAheads(Box<Alternative>),
}

impl PythonPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// What is wrong with it, in Python's words where these are known.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        if let Some(fault) = fault(pattern) {
            return Err(fault);
        }
        plain(pattern).map(Self::from).or_else(|error| {
            if pattern.contains("(?=") || pattern.contains("(?!") {
                let alternatives = split_alternatives(pattern).into_iter().map(Alternative::new);
                return Ok(Self { alternatives: alternatives.collect::<Result<_, _>>()? });
            }
            Err(reason(&error))
        })
    }

    /// Whether a text begins with what the pattern describes.
    pub(crate) fn matches_start(&self, text: &str) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches_start(text))
    }
}

impl From<Regex> for PythonPattern {
    fn from(regex: Regex) -> Self {
        let alternative = Alternative { literal: String::new(), look_aheads: Vec::new(), rest: Rest::Plain(regex) };
        Self { alternatives: vec![alternative] }
    }
}

impl Alternative {
    fn new(pattern: &str) -> Result<Self, String> {
        let (literal, mut rest) = split_literal(pattern.trim_start_matches('^'));
        let mut look_aheads = Vec::new();
        while let Some((inner, is_wanted, behind)) = split_look_ahead(rest) {
            look_aheads.push(LookAhead { pattern: PythonPattern::new(inner)?, is_wanted });
            rest = behind;
        }
        let rest = match plain(rest) {
            Ok(regex) => Rest::Plain(regex),
            Err(error) if look_aheads.is_empty() => return Err(reason(&error)),
            Err(_) => Rest::LookAheads(Box::new(Self::new(rest)?)),
        };
        Ok(Self { literal, look_aheads, rest })
    }

    fn matches_start(&self, text: &str) -> bool {
        text.strip_prefix(&self.literal).is_some_and(|text| {
            self.look_aheads.iter().all(|look| look.pattern.matches_start(text) == look.is_wanted)
                && match &self.rest {
                    Rest::Plain(regex) => regex.is_match(text),
                    Rest::LookAheads(alternative) => alternative.matches_start(text),
                }
        })
    }
}

/// A pattern without look-aheads. Python's `\Z` is the end of the text.
fn plain(pattern: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!("^(?:{})", pattern.replace("\\Z", "\\z")))
}

/// The library draws an error over several lines, with the reason in the last.
fn reason(error: &regex::Error) -> String {
    let text = error.to_string();
    let reason = text.lines().last().unwrap_or_default();
    format!("a regular expression that is not understood here: {}", reason.strip_prefix("error: ").unwrap_or(reason))
}

/// Splits at each `|` that is in no group and in no set.
fn split_alternatives(pattern: &str) -> Vec<&str> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, sign) in signs(pattern) {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            '|' if depth == 0 => {
                found.push(&pattern[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(&pattern[start..]);
    found
}

/// The text that a pattern begins with, and the rest of the pattern.
fn split_literal(pattern: &str) -> (String, &str) {
    let mut literal = String::new();
    let mut rest = pattern;
    loop {
        let mut chars = rest.chars();
        let character = match chars.next() {
            Some('\\') => chars.next().filter(char::is_ascii_punctuation),
            first => first.filter(|first| !".^$*+?{}[]|()".contains(*first)),
        };
        let behind = chars.as_str();
        let Some(character) = character.filter(|_| !behind.starts_with(['*', '+', '?', '{'])) else {
            return (literal, rest);
        };
        literal.push(character);
        rest = behind;
    }
}

/// The look-ahead that a pattern begins with: what is in it, whether it is wanted, and the rest of the pattern.
fn split_look_ahead(pattern: &str) -> Option<(&str, bool, &str)> {
    let is_wanted = pattern.starts_with("(?=");
    if !is_wanted && !pattern.starts_with("(?!") {
        return None;
    }
    let mut depth = 0_usize;
    for (at, sign) in signs(pattern) {
        match sign {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&pattern[3..at], is_wanted, &pattern[at + 1..]));
        }
    }
    None
}

/// The characters of a pattern with their places, without what is escaped or in a set.
fn signs(pattern: &str) -> impl Iterator<Item = (usize, char)> {
    let mut end = 0;
    pattern.char_indices().filter(move |&(at, character)| {
        if at < end {
            return false;
        }
        end = at
            + match character {
                '\\' => 1 + pattern[at + 1..].chars().next().map_or(0, char::len_utf8),
                '[' => set_length(&pattern[at..]).unwrap_or(1),
                _ => return true,
            };
        false
    })
}

/// The length of the set that a text begins with, in bytes; none when it has no end.
fn set_length(text: &str) -> Option<usize> {
    let mut at = if text[1..].starts_with('^') { 2 } else { 1 };
    // The first bracket is one of the set.
    if text[at..].starts_with(']') {
        at += 1;
    }
    loop {
        let character = text[at..].chars().next()?;
        at += character.len_utf8();
        match character {
            '\\' => at += text[at..].chars().next()?.len_utf8(),
            ']' => return Some(at),
            _ => {}
        }
    }
}

/// What Python says of a pattern that it cannot read, for the usual mistakes. Places count characters.
fn fault(pattern: &str) -> Option<String> {
    let place = |at: usize| pattern[..at].chars().count();
    let mut open = Vec::new();
    // Whether something stands there that can be repeated, and how often it is repeated already.
    let (mut can_repeat, mut repeats) = (false, 0);
    let mut chars = pattern.char_indices().peekable();
    while let Some((at, character)) = chars.next() {
        let before = std::mem::replace(&mut can_repeat, true);
        let repeated = std::mem::take(&mut repeats);
        match character {
            '\\' => {
                let Some((_, escaped)) = chars.next() else {
                    return Some(format!("bad escape (end of pattern) at position {}", place(at)));
                };
                can_repeat = !"AbBZ".contains(escaped);
            }
            '[' => {
                let Some(length) = set_length(&pattern[at..]) else {
                    return Some(format!("unterminated character set at position {}", place(at)));
                };
                while chars.next_if(|(next, _)| *next < at + length).is_some() {}
            }
            '(' => {
                open.push(at);
                can_repeat = false;
                // The question mark of `(?:`, `(?P<name>` and so on repeats nothing.
                while chars.next_if(|(_, next)| "?:=!<P".contains(*next)).is_some() {}
            }
            ')' if open.pop().is_none() => return Some(format!("unbalanced parenthesis at position {}", place(at))),
            '|' | '^' | '$' => can_repeat = false,
            '*' | '+' | '?' if repeated == 1 && character != '*' => repeats = 2,
            '*' | '+' | '?' if repeated > 0 => return Some(format!("multiple repeat at position {}", place(at))),
            '*' | '+' | '?' if !before => return Some(format!("nothing to repeat at position {}", place(at))),
            '*' | '+' | '?' => repeats = 1,
            _ => {}
        }
    }
    open.last().map(|at| format!("missing ), unterminated subpattern at position {}", place(*at)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_from_the_beginning() {
        let matches = |pattern: &str, text| PythonPattern::new(pattern).expect(pattern).matches_start(text);
        for (pattern, yes, no) in [
            ("/ho|/sys", "/home", "/var/home"),
            ("^/dev/shm$", "/dev/shm", "/dev/shmx"),
            (r"/dev\Z", "/dev", "/dev/x"),
            ("^(?!/data|/srv)", "/home", "/data/1"),
            ("^(?!/data).*cache", "/var/cache", "/data/cache"),
            ("/media/(?!usb)", "/media/cd", "/media/usb1"),
            ("/media/(?=usb[(])", "/media/usb(1)", "/media/usb1"),
            (r"/a\.b/(?!(?:x|y)$)(?!z).", "/a.b/xx", "/a.b/x"),
            ("/x|/a(?!b)/(?=d)d*", "/a/d", "/ab/d"),
            ("/a(?!b(?!c))", "/abc", "/abd"),
        ] {
            assert!(matches(pattern, yes), "{pattern} {yes}");
            assert!(!matches(pattern, no), "{pattern} {no}");
        }
    }

    #[test]
    fn mistakes_are_reported_in_the_words_of_python() {
        let told = |pattern: &str| PythonPattern::new(pattern).expect_err(pattern);
        for (pattern, expected) in [
            ("(", "missing ), unterminated subpattern at position 0"),
            ("é(a(b", "missing ), unterminated subpattern at position 3"),
            ("a)b", "unbalanced parenthesis at position 1"),
            ("/x[a", "unterminated character set at position 2"),
            ("a\\", "bad escape (end of pattern) at position 1"),
            ("*", "nothing to repeat at position 0"),
            ("/a|*b", "nothing to repeat at position 3"),
            ("(*)", "nothing to repeat at position 1"),
            ("a**", "multiple repeat at position 2"),
            ("a*??", "multiple repeat at position 3"),
        ] {
            assert_eq!(told(pattern), expected, "{pattern}");
        }
        assert!(told("(?<=a)b").contains("not understood here"), "{}", told("(?<=a)b"));
        for fine in ["a*?", "a+?b", "[]a]", "[^]]*", "(?P<n>a)?", "(?:a)*", "\\)", "[(]"] {
            assert!(PythonPattern::new(fine).is_ok(), "{fine}");
        }
    }
}
