//! Numbers as YAML 1.1 writes them: <https://yaml.org/type/int.html>, <https://yaml.org/type/float.html>.

use std::sync::LazyLock;

use regex::Regex;
use smoker_model::value::Value;

use crate::yaml::words::pattern::pattern;

static INT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        "[-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+",
    )
});

static FLOAT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?",
        r"|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*",
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
    ))
});

/// Whether a plain scalar is a whole number: `12`, `1_000`, `017`, `0x1F`, `0b101`, `1:30`.
pub(crate) fn looks_like_int(text: &str) -> bool {
    INT.is_match(text)
}

/// Whether a plain scalar is a number with a fraction: `1.5`, `1.0e+3`, `1:30.5`, `.inf`, `.nan`; but not `1e3`.
pub(crate) fn looks_like_float(text: &str) -> bool {
    FLOAT.is_match(text)
}

/// Reads a whole number. One that is too large for 128 bits stays text, so that no digit is lost.
pub(crate) fn int(text: &str) -> Result<Value, String> {
    let refuse = || format!("{text} is not a whole number; write it in quotes if text is meant");
    let plain = text.replace('_', "");
    let (negative, digits) = signed(&plain);
    if digits.is_empty() {
        return Err(refuse());
    }
    let magnitude = if let Some(binary) = digits.strip_prefix("0b") {
        radix(binary, 2)
    } else if let Some(hex) = digits.strip_prefix("0x") {
        radix(hex, 16)
    } else if digits.starts_with('0') {
        radix(digits, 8)
    } else if digits.contains(':') {
        sexagesimal_int(digits)
    } else {
        radix(digits, 10)
    };
    match magnitude {
        Magnitude::Number(value) => Ok(Value::Int(if negative { -value } else { value })),
        Magnitude::TooLarge => Ok(Value::Text(text.to_owned())),
        Magnitude::NotOne => Err(refuse()),
    }
}

enum Magnitude {
    Number(i128),
    TooLarge,
    NotOne,
}

fn radix(digits: &str, radix: u32) -> Magnitude {
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Magnitude::NotOne;
    }
    i128::from_str_radix(digits, radix).map_or(Magnitude::TooLarge, Magnitude::Number)
}

fn sexagesimal_int(digits: &str) -> Magnitude {
    let mut sum = 0_i128;
    for part in digits.split(':') {
        let Magnitude::Number(part) = radix(part, 10) else { return Magnitude::NotOne };
        match sum.checked_mul(60).and_then(|sum| sum.checked_add(part)) {
            Some(next) => sum = next,
            None => return Magnitude::TooLarge,
        }
    }
    Magnitude::Number(sum)
}

/// Reads a number with a fraction.
pub(crate) fn float(text: &str) -> Result<f64, String> {
    let refuse = || format!("{text} is not a number; write it in quotes if text is meant");
    let plain = text.replace('_', "").to_lowercase();
    let (negative, digits) = signed(&plain);
    let magnitude = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if digits.contains(':') => {
            let mut sum = 0.0;
            for part in digits.split(':') {
                sum = sum * 60.0 + part.parse::<f64>().map_err(|_| refuse())?;
            }
            sum
        }
        _ => digits.parse().map_err(|_| refuse())?,
    };
    Ok(if negative { -magnitude } else { magnitude })
}

fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

#[cfg(test)]
mod tests {
    use crate::yaml::words::scalar::plain;

    use super::*;

    #[test]
    fn whole_numbers() {
        let cases = [
            ("0", 0),
            ("12", 12),
            ("-7", -7),
            ("+5", 5),
            ("1_000", 1000),
            ("1_", 1),
            ("017", 15),
            ("0_7", 7),
            ("00", 0),
            ("-010", -8),
            ("0x1F", 31),
            ("-0xff_ff", -65535),
            ("0b101", 5),
            ("1:30", 90),
            ("-1:30", -90),
            ("190:20:30", 685_230),
            ("1:5", 65),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), Ok(Value::Int(expected)), "{text}");
        }
    }

    #[test]
    fn fractions() {
        let cases = [
            ("1.5", 1.5),
            ("2.0", 2.0),
            ("1.", 1.0),
            (".5", 0.5),
            ("-0.5", -0.5),
            ("1.0e+3", 1000.0),
            ("1.5E-1", 0.15),
            ("1_0.5_0", 10.5),
            ("1:30.5", 90.5),
            ("-1:0.5", -60.5),
            ("08.5", 8.5),
            (".inf", f64::INFINITY),
            ("-.Inf", f64::NEG_INFINITY),
            ("+.INF", f64::INFINITY),
        ];
        for (text, expected) in cases {
            assert_eq!(plain(text), Ok(Value::Float(expected)), "{text}");
        }
        for nan in [".nan", ".NaN", ".NAN"] {
            assert!(matches!(plain(nan), Ok(Value::Float(value)) if value.is_nan()), "{nan}");
        }
    }

    #[test]
    fn what_only_resembles_a_number_is_text() {
        let cases = [
            "0o17",
            "1e3",
            "1.5e3",
            "08",
            "09",
            "0:30",
            "1:60",
            "1:30:99",
            "1.2.3",
            "127.0.0.1",
            "+",
            "-",
            ".",
            "-.nan",
            ".Nan",
            "0x",
            "0b",
            "0b2",
            "1,000",
            "12a",
            "10s",
            "inf",
            "nan",
            "-.5",
        ];
        for text in cases {
            assert_eq!(plain(text), Ok(Value::Text(text.to_owned())), "{text}");
        }
    }

    #[test]
    fn digits_beyond_128_bits_are_kept_as_text() {
        let long = "9".repeat(60);
        assert_eq!(plain(&long), Ok(Value::Text(long.clone())));
    }

    #[test]
    fn what_python_could_not_convert_is_refused() {
        for text in ["0b_", "0x_"] {
            assert!(plain(text).is_err(), "{text}");
        }
    }
}
