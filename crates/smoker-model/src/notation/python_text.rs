//! Values written the way Python's `str()` and `repr()` write them, because
//! that is what `%(Name)s` gives and what the original's messages hold.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDateTime, Timelike};

use crate::value::Value;
use crate::value::secret::MASK;

/// What Python's `str(value)` returns.
#[must_use]
pub fn str(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Secret(_) => MASK.to_owned(),
        Value::Date(date) => date.format("%Y-%m-%d").to_string(),
        Value::Moment(when) => moment(when, ' '),
        Value::ZonedMoment(when) => zoned_moment(when, ' '),
        other => repr(other),
    }
}

/// What Python's `repr(value)` returns.
#[must_use]
pub fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => float(*value),
        Value::Text(text) => quoted(text),
        Value::Secret(_) => quoted(MASK),
        Value::Date(date) => format!("datetime.date({}, {}, {})", date.year(), date.month(), date.day()),
        Value::Moment(when) => format!("datetime.datetime({})", moment_arguments(when)),
        Value::ZonedMoment(when) => zoned_moment_repr(when),
        Value::List(items) => {
            let items: Vec<_> = items.iter().map(repr).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<_> =
                entries.iter().map(|(name, value)| format!("{}: {}", repr(name), repr(value))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// What Python's `text.strip()` leaves: white space of Unicode and the four
/// ASCII separators 0x1c to 0x1f are cut from both ends.
#[must_use]
pub fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c))
}

/// What Python's `repr(float)` returns: the shortest text that reads back as the
/// same number, with an exponent below 1e-4 and from 1e16.
#[must_use]
pub fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, exponent) = match exponent.strip_prefix('-') {
            Some(rest) => ('-', rest),
            None => ('+', exponent),
        };
        return format!("{digits}e{sign}{exponent:0>2}");
    }
    let text = value.to_string();
    if text.contains('.') { text } else { text + ".0" }
}

/// A moment in ISO 8601 with the given separator; the fraction only when there is one.
#[must_use]
pub fn moment(when: &NaiveDateTime, separator: char) -> String {
    let micros = when.nanosecond() / 1000;
    let fraction = if micros == 0 { String::new() } else { format!(".{micros:06}") };
    format!("{}{separator}{}{fraction}", when.format("%Y-%m-%d"), when.format("%H:%M:%S"))
}

/// As [`moment`], with the distance from UTC behind it.
#[must_use]
pub fn zoned_moment(when: &DateTime<FixedOffset>, separator: char) -> String {
    moment(&when.naive_local(), separator) + &when.format("%:z").to_string()
}

fn moment_arguments(when: &NaiveDateTime) -> String {
    let mut numbers = vec![
        when.year().to_string(),
        when.month().to_string(),
        when.day().to_string(),
        when.hour().to_string(),
        when.minute().to_string(),
    ];
    let micros = when.nanosecond() / 1000;
    if when.second() != 0 || micros != 0 {
        numbers.push(when.second().to_string());
    }
    if micros != 0 {
        numbers.push(micros.to_string());
    }
    numbers.join(", ")
}

fn zoned_moment_repr(when: &DateTime<FixedOffset>) -> String {
    let seconds = when.offset().local_minus_utc();
    let zone = match seconds {
        0 => "datetime.timezone.utc".to_owned(),
        1.. => format!("datetime.timezone(datetime.timedelta(seconds={seconds}))"),
        _ => format!("datetime.timezone(datetime.timedelta(days=-1, seconds={}))", seconds + 86_400),
    };
    format!("datetime.datetime({}, tzinfo={zone})", moment_arguments(&when.naive_local()))
}

/// Python's text literal: single quotes, unless only double ones avoid escapes.
fn quoted(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                let escape = match code {
                    0..=0xff => format!("\\x{code:02x}"),
                    0x100..=0xffff => format!("\\u{code:04x}"),
                    _ => format!("\\U{code:08x}"),
                };
                out.push_str(&escape);
            }
        }
    }
    out.push(quote);
    out
}

/// `str.isprintable` for the characters that texts in configurations have:
/// controls, separators other than the space, formatting marks and private
/// use are escaped.
fn is_printable(c: char) -> bool {
    let separator = c != ' ' && c.is_whitespace();
    let invisible = matches!(c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}');
    !(c.is_control() || separator || invisible)
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let cases = [
            (1.5, "1.5"),
            (2.0, "2.0"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e16, "1e+16"),
            (1e15, "1000000000000000.0"),
            (1.5e-7, "1.5e-07"),
            (1e-4, "0.0001"),
            (1.7e308, "1.7e+308"),
            (f64::INFINITY, "inf"),
        ];
        for (value, expected) in cases {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn text_is_quoted_with_the_quote_that_needs_no_escape() {
        assert_eq!(quoted("it's"), "\"it's\"");
        assert_eq!(quoted("say \"it's\""), "'say \"it\\'s\"'");
        assert_eq!(quoted("a\\b\n\u{1b}\u{a0}č"), "'a\\\\b\\n\\x1b\\xa0č'");
    }

    #[test]
    fn nested_values_use_repr_inside() {
        let value = Value::Map(vec![
            (Value::Text("k".into()), Value::List(vec![Value::Int(1), Value::Null, Value::Bool(false)])),
            (Value::Int(2), Value::Date(NaiveDate::from_ymd_opt(2024, 1, 2).expect("a valid date"))),
        ]);
        assert_eq!(str(&value), "{'k': [1, None, False], 2: datetime.date(2024, 1, 2)}");
    }
}
