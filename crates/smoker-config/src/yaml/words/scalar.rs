//! What an unquoted word means: YAML 1.1's implicit types as PyYAML's safe loader
//! resolves them (<https://yaml.org/type/>), and the explicit tags `!!int`, `!!str`...

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::value::Value;

use crate::yaml::words::number;
use crate::yaml::words::pattern::pattern;
use crate::yaml::words::timestamp;

/// Words that are booleans; `y` and `n` are not among them.
static BOOL: LazyLock<Regex> =
    LazyLock::new(|| pattern("yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF"));

/// What a plain scalar without a tag means.
///
/// The error says why a text that looks like a date or a number is none.
pub(crate) fn plain(text: &str) -> Result<Value, String> {
    let Some(first) = text.chars().next() else { return Ok(Value::Null) };
    match first {
        'y' | 'Y' | 'n' | 'N' | 't' | 'T' | 'f' | 'F' | 'o' | 'O' | '~' => Ok(word(text)),
        '0'..='9' | '+' | '-' | '.' => {
            if number::looks_like_float(text) {
                number::float(text).map(Value::Float)
            } else if number::looks_like_int(text) {
                number::int(text)
            } else if timestamp::looks_like_one(text) {
                timestamp::parse(text)
            } else {
                Ok(Value::Text(text.to_owned()))
            }
        }
        _ => Ok(Value::Text(text.to_owned())),
    }
}

fn word(text: &str) -> Value {
    match text {
        "~" | "null" | "Null" | "NULL" => Value::Null,
        _ if BOOL.is_match(text) => bool_word(text).map_or(Value::Null, Value::Bool),
        _ => Value::Text(text.to_owned()),
    }
}

fn bool_word(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// What a scalar with one of YAML's own tags means. `None` for a tag that no scalar can have.
pub(crate) fn tagged(tag: &str, text: &str) -> Option<Result<Value, String>> {
    Some(match tag {
        "str" | "value" | "merge" => Ok(Value::Text(text.to_owned())),
        "int" => number::int(text),
        "float" => number::float(text).map(Value::Float),
        "bool" => bool_word(text).map(Value::Bool).ok_or_else(|| format!("{text} is neither yes nor no")),
        "null" => Ok(Value::Null),
        "timestamp" => timestamp::parse(text),
        "binary" => binary(text),
        _ => return None,
    })
}

/// Base64. The daemon serves values as JSON, which has no bytes: they have to be UTF-8 text.
fn binary(text: &str) -> Result<Value, String> {
    let broken = || "the !!binary value is not base64".to_owned();
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    let digits = text.trim_end_matches(|c: char| c == '=' || c.is_whitespace());
    for c in digits.chars().filter(|c| !c.is_whitespace()) {
        let digit = match c {
            'A'..='Z' => u32::from(c) - u32::from('A'),
            'a'..='z' => u32::from(c) - u32::from('a') + 26,
            '0'..='9' => u32::from(c) - u32::from('0') + 52,
            '+' => 62,
            '/' => 63,
            _ => return Err(broken()),
        };
        bits = (bits << 6 | digit) & 0xfff;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    if held >= 6 {
        return Err(broken());
    }
    String::from_utf8(bytes).map(Value::Text).map_err(|_| {
        "the !!binary value is not UTF-8 text, and nothing else can be served as JSON; keep it in a file".to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn words() {
        for yes in ["yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"] {
            assert_eq!(plain(yes), Ok(Value::Bool(true)), "{yes}");
        }
        for no in ["no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"] {
            assert_eq!(plain(no), Ok(Value::Bool(false)), "{no}");
        }
        for null in ["", "~", "null", "Null", "NULL"] {
            assert_eq!(plain(null), Ok(Value::Null), "{null}");
        }
        for other in ["y", "n", "Y", "N", "yEs", "nULL", "tRUE", "none", "None", "oN", "=", "<<", "nope", "~x"] {
            assert_eq!(plain(other), Ok(text(other)), "{other}");
        }
    }

    #[test]
    fn tags_decide_over_the_text() {
        let cases = [
            ("str", "12", Ok(text("12"))),
            ("int", "0x1F", Ok(Value::Int(31))),
            ("float", "1", Ok(Value::Float(1.0))),
            ("float", "1e3", Ok(Value::Float(1000.0))),
            ("bool", "YES", Ok(Value::Bool(true))),
            ("bool", "y", Err("y is neither yes nor no".to_owned())),
            ("null", "anything", Ok(Value::Null)),
            ("binary", "aGVs\n bG8=", Ok(text("hello"))),
            (
                "binary",
                "/w==",
                Err("the !!binary value is not UTF-8 text, and nothing else can be served as JSON; keep it in a file"
                    .to_owned()),
            ),
            ("binary", "a!", Err("the !!binary value is not base64".to_owned())),
        ];
        for (tag, value, expected) in cases {
            assert_eq!(tagged(tag, value), Some(expected), "!!{tag} {value}");
        }
        assert_eq!(tagged("python/object", "x"), None);
    }
}
