//! Writes one value as Python's `%` operator would.

use crate::notation::python_text;
use crate::value::Value;

use crate::python_format::directive::{Directive, Flags};
use crate::python_format::error::FormatError;

/// The text of `value` in the format that `directive` asks for.
///
/// # Errors
///
/// When the format cannot write a value of that type.
pub fn format(directive: &Directive, value: &Value) -> Result<String, FormatError> {
    let text = match directive.character {
        's' => cut(python_text::str(value), directive.precision),
        'r' => cut(python_text::repr(value), directive.precision),
        'a' => cut(ascii(&python_text::repr(value)), directive.precision),
        'c' => character(directive, value)?,
        'd' | 'i' | 'u' => return Ok(pad_number(directive, &decimal(directive, value)?)),
        'o' | 'x' | 'X' => return Ok(pad_number(directive, &radix(directive, value)?)),
        _ => return Ok(pad_number(directive, &float(directive, value)?)),
    };
    let padding = " ".repeat(directive.width.saturating_sub(text.chars().count()));
    Ok(if directive.flags.left { text + &padding } else { padding + &text })
}

/// A number in parts, because zeros are filled in between them.
struct Number {
    negative: bool,
    /// `0x`, `0o` or nothing.
    prefix: &'static str,
    body: String,
}

fn pad_number(directive: &Directive, number: &Number) -> String {
    let Flags { zero, left, blank, plus, .. } = directive.flags;
    let sign = match (number.negative, plus, blank) {
        (true, _, _) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        (false, false, false) => "",
    };
    let Number { prefix, body, .. } = number;
    let missing = directive.width.saturating_sub(sign.len() + prefix.len() + body.len());
    match (left, zero) {
        (true, _) => format!("{sign}{prefix}{body}{}", " ".repeat(missing)),
        (false, true) => format!("{sign}{prefix}{}{body}", "0".repeat(missing)),
        (false, false) => format!("{}{sign}{prefix}{body}", " ".repeat(missing)),
    }
}

fn cut(text: String, precision: Option<usize>) -> String {
    match precision {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

/// Python's `ascii()` of a text that is already a `repr()`.
fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let escape = match u32::from(c) {
            0..=0x7f => String::from(c),
            code @ 0x80..=0xff => format!("\\x{code:02x}"),
            code @ 0x100..=0xffff => format!("\\u{code:04x}"),
            code => format!("\\U{code:08x}"),
        };
        out.push_str(&escape);
    }
    out
}

fn character(directive: &Directive, value: &Value) -> Result<String, FormatError> {
    let code = match value {
        Value::Text(text) if text.chars().count() == 1 => return Ok(text.clone()),
        Value::Bool(value) => Some(u32::from(*value)),
        Value::Int(value) => u32::try_from(*value).ok(),
        _ => None,
    };
    match code.and_then(char::from_u32) {
        Some(c) => Ok(c.to_string()),
        None => Err(wrong_type(directive, value, "one character or its number")),
    }
}

fn decimal(directive: &Directive, value: &Value) -> Result<Number, FormatError> {
    let number = match value {
        Value::Bool(value) => Number { negative: false, prefix: "", body: u8::from(*value).to_string() },
        Value::Int(value) => Number { negative: *value < 0, prefix: "", body: value.unsigned_abs().to_string() },
        Value::Float(value) if value.is_finite() => {
            let whole = value.trunc();
            // A fraction below zero is a plain zero as an integer, so its sign is lost.
            Number { negative: whole < 0.0, prefix: "", body: format!("{:.0}", whole.abs()) }
        }
        _ => return Err(wrong_type(directive, value, "a real number")),
    };
    Ok(at_least(directive, number))
}

fn radix(directive: &Directive, value: &Value) -> Result<Number, FormatError> {
    let value = match value {
        Value::Bool(value) => i128::from(*value),
        Value::Int(value) => *value,
        _ => return Err(wrong_type(directive, value, "an integer")),
    };
    let magnitude = value.unsigned_abs();
    let (prefix, body) = match directive.character {
        'o' => ("0o", format!("{magnitude:o}")),
        'x' => ("0x", format!("{magnitude:x}")),
        _ => ("0X", format!("{magnitude:X}")),
    };
    let prefix = if directive.flags.alternate { prefix } else { "" };
    Ok(at_least(directive, Number { negative: value < 0, prefix, body }))
}

/// The precision of an integer is its least number of digits.
fn at_least(directive: &Directive, mut number: Number) -> Number {
    let missing = directive.precision.unwrap_or(0).saturating_sub(number.body.len());
    number.body.insert_str(0, &"0".repeat(missing));
    number
}

fn float(directive: &Directive, value: &Value) -> Result<Number, FormatError> {
    let Some(value) = value.as_number() else {
        return Err(wrong_type(directive, value, "a real number"));
    };
    let precision = directive.precision.unwrap_or(6);
    let alternate = directive.flags.alternate;
    let magnitude = value.abs();
    let body = match directive.character.to_ascii_lowercase() {
        _ if value.is_nan() => "nan".to_owned(),
        _ if value.is_infinite() => "inf".to_owned(),
        'e' => scientific(magnitude, precision, alternate),
        'f' => with_point(format!("{magnitude:.precision$}"), alternate),
        _ => general(magnitude, precision, alternate),
    };
    let body = if directive.character.is_ascii_uppercase() { body.to_ascii_uppercase() } else { body };
    Ok(Number { negative: value.is_sign_negative() && !value.is_nan(), prefix: "", body })
}

/// C's `%e`: one digit, the fraction, and an exponent of two digits or more.
fn scientific(magnitude: f64, precision: usize, alternate: bool) -> String {
    let (digits, exponent) = split_exponent(magnitude, precision);
    format!("{}{}", with_point(digits, alternate), exponent_text(exponent))
}

/// C's `%g`: `precision` significant digits, in whichever notation is shorter.
fn general(magnitude: f64, precision: usize, alternate: bool) -> String {
    let significant = precision.max(1);
    let (digits, exponent) = split_exponent(magnitude, significant - 1);
    let written_out = usize::try_from(exponent).map_or(exponent >= -4, |exponent| exponent < significant);
    if written_out {
        let fraction = usize::try_from(i64::try_from(significant).unwrap_or(i64::MAX) - 1 - exponent).unwrap_or(0);
        without_zeros(format!("{magnitude:.fraction$}"), alternate)
    } else {
        without_zeros(digits, alternate) + &exponent_text(exponent)
    }
}

fn split_exponent(magnitude: f64, precision: usize) -> (String, i64) {
    let text = format!("{magnitude:.precision$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (digits.to_owned(), exponent.parse().unwrap_or(0))
}

fn exponent_text(exponent: i64) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("e{sign}{:02}", exponent.unsigned_abs())
}

fn with_point(digits: String, alternate: bool) -> String {
    if alternate && !digits.contains('.') { digits + "." } else { digits }
}

fn without_zeros(digits: String, alternate: bool) -> String {
    if alternate || !digits.contains('.') {
        return with_point(digits, alternate);
    }
    digits.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn wrong_type(directive: &Directive, value: &Value, wanted: &'static str) -> FormatError {
    let found = match value {
        Value::Float(value) if !value.is_finite() => python_text::float(*value),
        other => other.python_type().to_owned(),
    };
    FormatError::WrongType { name: directive.name.clone(), character: directive.character, wanted, found }
}

#[cfg(test)]
mod tests {
    use crate::value::Value::{self, Bool, Float, Int, Null};

    use crate::python_format::directive::{Piece, parse};
    use crate::python_format::error::FormatError;

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    /// Formats with no thought of a shell.
    fn format(template: &str, value: &Value) -> Result<String, FormatError> {
        let parts = parse(template)?.into_iter().map(|piece| match piece {
            Piece::Text(text) => Ok(text),
            Piece::Hole(directive) => super::format(&directive, value),
        });
        parts.collect()
    }

    /// The expected texts were written by Python 3.11.
    #[test]
    fn every_type_is_written_as_python_writes_it() {
        let cases = [
            ("%(k)s", Int(42), "42"),
            ("%(k)s", Float(1.5), "1.5"),
            ("%(k)s", Float(1e16), "1e+16"),
            ("%(k)s", Bool(true), "True"),
            ("%(k)s", Null, "None"),
            ("%(k)s", text("it's č"), "it's č"),
            ("%(k)s", text(""), ""),
            ("%(k)-8.3s|", text("it's č"), "it'     |"),
            ("%(k)-8.3s|", Null, "Non     |"),
            ("%(k)08s", text("it's č"), "  it's č"),
            ("%(k)r", text("it's č"), "\"it's č\""),
            ("%(k)r", Null, "None"),
            ("%(k)12.8a", text("it's č"), "    \"it's \\u"),
            ("%(k)d", Int(42), "42"),
            ("%(k)d", Int(-255), "-255"),
            ("%(k)d", Float(1.5), "1"),
            ("%(k)d", Float(-0.5), "0"),
            ("%(k)d", Float(1e16), "10000000000000000"),
            ("%(k)d", Bool(true), "1"),
            ("%(k)05d", Int(42), "00042"),
            ("%(k)05d", Int(-255), "-0255"),
            ("%(k)+ld", Int(42), "+42"),
            ("%(k)+ld", Int(-255), "-255"),
            ("%(k) d", Int(42), " 42"),
            ("%(k)-05i|", Int(42), "42   |"),
            ("%(k)8.4u", Int(-255), "   -0255"),
            ("%(k)08.4d", Int(-255), "-0000255"),
            ("%(k)x", Int(42), "2a"),
            ("%(k)x", Int(-255), "-ff"),
            ("%(k)x", Bool(true), "1"),
            ("%(k)#010X", Int(-255), "-0X00000FF"),
            ("%(k)#o", Int(42), "0o52"),
            ("%(k)#o", Int(0), "0o0"),
            ("%(k)#-8.4x|", Int(42), "0x002a  |"),
            ("%(k)f", Int(42), "42.000000"),
            ("%(k)f", Float(1.5), "1.500000"),
            ("%(k)f", Float(f64::INFINITY), "inf"),
            ("%(k)f", Float(f64::NAN), "nan"),
            ("%(k)+07F", Float(f64::INFINITY), "+000INF"),
            ("%(k)+07F", Float(f64::NAN), "+000NAN"),
            ("%(k).2f", Float(1.5), "1.50"),
            ("%(k).2f", Float(-0.5), "-0.50"),
            ("%(k).2f", Bool(true), "1.00"),
            ("%(k)#.0f", Float(1.5), "2."),
            ("%(k)#.0f", Float(-0.5), "-0."),
            ("%(k)08.2f", Float(-0.5), "-0000.50"),
            ("%(k)e", Float(1.5), "1.500000e+00"),
            ("%(k)e", Int(0), "0.000000e+00"),
            ("%(k)e", Float(0.0001), "1.000000e-04"),
            ("%(k)#.0E", Float(1e16), "1.E+16"),
            ("%(k).17g", Float(0.0001), "0.0001"),
            ("%(k)g", Float(1.5), "1.5"),
            ("%(k)g", Float(0.0001), "0.0001"),
            ("%(k)g", Float(1e16), "1e+16"),
            ("%(k)g", Int(42), "42"),
            ("%(k)g", Int(0), "0"),
            ("%(k)#g", Int(42), "42.0000"),
            ("%(k).1G", Int(-255), "-3E+02"),
            ("%(k).0g", Float(1.5), "2"),
            ("%(k)c", Int(42), "*"),
            ("%(k)-3c|", Int(42), "*  |"),
        ];
        for (template, value, expected) in cases {
            assert_eq!(format(template, &value).as_deref(), Ok(expected), "{template} of {value:?}");
        }
    }

    #[test]
    fn wrong_types_are_named() {
        let cases = [
            ("%(k)d", text("5"), "%d format: a real number is required, not str (parameter 'k')"),
            ("%(k)i", Null, "%i format: a real number is required, not NoneType"),
            ("%(k)d", Float(f64::NAN), "%d format: a real number is required, not nan"),
            ("%(k)x", Float(1.5), "%x format: an integer is required, not float"),
            ("%(k).1f", text("1.5"), "%f format: a real number is required, not str"),
            ("%(k)e", Value::List(vec![]), "%e format: a real number is required, not list"),
            ("%(k)c", text("ab"), "%c format: one character or its number is required, not str"),
            ("%(k)c", Int(-1), "%c format: one character or its number is required, not int"),
            ("%(k)c", Int(0x11_0000), "%c format: one character or its number is required, not int"),
        ];
        for (template, value, expected) in cases {
            let message = format(template, &value).expect_err(template).to_string();
            assert!(message.starts_with(expected), "{template} of {value:?}: {message}");
        }
    }
}
