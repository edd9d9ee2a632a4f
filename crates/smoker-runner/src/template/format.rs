//! Writes one value as Python's `%` operator would.

use smoker_model::python_text;
use smoker_model::value::Value;

use crate::template::directive::{Directive, Flags};
use crate::template::error::TemplateError;

/// The text of `value` in the format that `directive` asks for.
pub(crate) fn format(directive: &Directive, value: &Value) -> Result<String, TemplateError> {
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

fn character(directive: &Directive, value: &Value) -> Result<String, TemplateError> {
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

fn decimal(directive: &Directive, value: &Value) -> Result<Number, TemplateError> {
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

fn radix(directive: &Directive, value: &Value) -> Result<Number, TemplateError> {
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

fn float(directive: &Directive, value: &Value) -> Result<Number, TemplateError> {
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

fn wrong_type(directive: &Directive, value: &Value, wanted: &'static str) -> TemplateError {
    let found = match value {
        Value::Float(value) if !value.is_finite() => python_text::float(*value),
        other => other.python_type().to_owned(),
    };
    TemplateError::WrongType { name: directive.name.clone(), character: directive.character, wanted, found }
}
