//! The syntax of a line: words, and options as `name=value`. A value with spaces is in double quotes, in which `\"` and `\\` are these two characters.

use std::fmt::Write as _;

/// A word of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word, or the name of the option.
    pub name: String,
    /// The value of an option.
    pub value: Option<String>,
}

/// The first word of a line, and the rest.
#[must_use]
pub fn first(line: &str) -> (&str, &str) {
    line.split_once(char::is_whitespace).unwrap_or((line, ""))
}

/// The words of a line, as far as a word that begins with `#`: behind it is a comment.
///
/// # Errors
///
/// When a quote is not closed, or a character cannot be part of a line.
pub fn words(line: &str) -> Result<Vec<Word>, String> {
    if let Some(wrong) = line.chars().find(|c| c.is_control() && *c != '\t') {
        return Err(format!("it has the control character {}; remove it", wrong.escape_default()));
    }
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let end = rest.find(|c: char| c.is_whitespace() || c == '=' || c == '"').unwrap_or(rest.len());
        let (name, behind) = rest.split_at(end);
        if name.is_empty() || behind.starts_with('"') {
            return Err(format!(
                "{:?} is no option; an option is NAME=VALUE, with a value in quotes if it has spaces",
                shortened(rest)
            ));
        }
        let (value, behind) = match behind.strip_prefix('=') {
            None => (None, behind),
            Some(behind) => {
                let (value, behind) = value(behind)?;
                (Some(value), behind)
            }
        };
        words.push(Word { name: name.to_owned(), value });
        rest = behind.trim_start();
    }
    Ok(words)
}

/// The value at the beginning of a text, and what follows.
fn value(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        let (value, behind) = text.split_at(end);
        if value.contains('"') {
            return Err(format!("{:?} has a quote in its middle; quote the whole value", shortened(value)));
        }
        return Ok((value.to_owned(), behind));
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => {
                let behind = &quoted[at + 1..];
                if !behind.is_empty() && !behind.starts_with(char::is_whitespace) {
                    return Err(format!("{:?} follows a closing quote; put a space between", shortened(behind)));
                }
                return Ok((value, behind));
            }
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => value.push(escaped),
                _ => {
                    return Err("a backslash in quotes may precede a quote or a backslash alone; write \\\\".to_owned());
                }
            },
            _ => value.push(character),
        }
    }
    Err("a quote is not closed; add the closing one".to_owned())
}

/// Appends an option to a line.
pub fn push(line: &mut String, name: &str, value: &str) {
    let is_plain = !value.is_empty() && !value.contains(|c: char| c.is_whitespace() || c == '"' || c == '\\');
    let quoted =
        if is_plain { value.to_owned() } else { format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")) };
    // Writing to a text never fails.
    let _ = write!(line, " {name}={quoted}");
}

/// Appends an option, or a word that stands alone, to a line.
pub(super) fn push_option(line: &mut String, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        return push(line, name, value);
    }
    line.push(' ');
    line.push_str(name);
}

/// The beginning of a text, for messages.
fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_options_are_read_as_they_are_written() {
        let mut line = "flag".to_owned();
        let values = ["plain", "with space", "", "a\"b", "back\\slash", "a=b", "é,ü"];
        for value in values {
            push(&mut line, "x", value);
        }
        line.push_str(" # role=admin \"");
        let words = words(&line).expect("our own");
        assert_eq!(words[0], Word { name: "flag".to_owned(), value: None });
        let read: Vec<_> = words[1..].iter().filter_map(|word| word.value.as_deref()).collect();
        assert_eq!(read, values);
    }

    #[test]
    fn what_is_no_option_is_said() {
        for (line, reason) in [
            ("a=\"b", "not closed"),
            ("a=\"b\"c", "follows a closing quote"),
            ("a=b\"c\"", "in its middle"),
            ("=b", "no option"),
            ("\"a\"", "no option"),
            ("a=\"\\n\"", "backslash"),
            ("a=\u{1b}[0m", "control character"),
        ] {
            let error = words(line).expect_err(line);
            assert!(error.contains(reason), "{line}: {error}");
        }
    }
}
