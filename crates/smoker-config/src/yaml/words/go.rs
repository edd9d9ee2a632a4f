//! What an unquoted word means to programs in Go, whose YAML library reads `yes` and `on` as texts, `1e3` as a number and
//! `12:30` as text. Names are texts always: the mappings of those programs have no others.

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::value::Value;

use crate::yaml::words::pattern::pattern;

static FLOAT: LazyLock<Regex> = LazyLock::new(|| pattern(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"));

/// What a plain scalar without a tag means.
pub(crate) fn plain(text: &str, is_name: bool) -> Value {
    if is_name {
        return Value::Text(text.to_owned());
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Value::Float(f64::NEG_INFINITY),
        _ => number(text).unwrap_or_else(|| Value::Text(text.to_owned())),
    }
}

fn number(text: &str) -> Option<Value> {
    text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)).then_some(())?;
    let digits = text.replace('_', "");
    let is_negative = digits.starts_with('-');
    let magnitude = digits.strip_prefix(['-', '+']).unwrap_or(&digits);
    let lower = magnitude.to_lowercase();
    let of = |digits: &str, radix| {
        digits.starts_with(|c: char| c.is_ascii_hexdigit()).then(|| i128::from_str_radix(digits, radix).ok()).flatten()
    };
    let whole = if let Some(digits) = lower.strip_prefix("0x") {
        of(digits, 16)
    } else if let Some(digits) = lower.strip_prefix("0o") {
        of(digits, 8)
    } else if let Some(digits) = lower.strip_prefix("0b") {
        of(digits, 2)
    } else if lower.len() > 1 && lower.starts_with('0') {
        of(&lower, 8)
    } else {
        of(&lower, 10)
    };
    match whole {
        Some(whole) => Some(Value::Int(if is_negative { -whole } else { whole })),
        None if FLOAT.is_match(&digits) => digits.parse().ok().map(Value::Float),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_yaml_1_1_reads_as_values_are_texts() {
        for text in
            ["yes", "no", "on", "off", "Yes", "OFF", "y", "12:30", "1:30:00", "2024-01-01", "1.2.3", "0x", "=", "-"]
        {
            assert_eq!(plain(text, false), Value::Text(text.to_owned()), "{text}");
        }
        for name in ["true", "12", "null", "1.10", "~", "on"] {
            assert_eq!(plain(name, true), Value::Text(name.to_owned()), "{name}");
        }
    }

    #[test]
    fn values_and_numbers() {
        for (text, expected) in [
            ("true", Value::Bool(true)),
            ("FALSE", Value::Bool(false)),
            ("~", Value::Null),
            ("12", Value::Int(12)),
            ("-1_000", Value::Int(-1000)),
            ("0644", Value::Int(420)),
            ("0o644", Value::Int(420)),
            ("0x1F", Value::Int(31)),
            ("0b101", Value::Int(5)),
            ("08", Value::Float(8.0)),
            ("1e3", Value::Float(1000.0)),
            ("1.10", Value::Float(1.1)),
            ("-.inf", Value::Float(f64::NEG_INFINITY)),
        ] {
            assert_eq!(plain(text, false), expected, "{text}");
        }
    }
}
