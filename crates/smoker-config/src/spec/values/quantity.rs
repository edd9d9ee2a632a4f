//! Amounts with a unit: `30s`, `1h30m`, `64K`.

use std::time::Duration;

use smoker_model::notation::python_text;
use smoker_model::plugin::TimeLimit;
use smoker_model::time::duration;
use smoker_model::value::Value;

use crate::spec::values::shown::{number_or_kind, shown};
use crate::yaml::node::kind_name;
use crate::yaml::words::number;

/// Reads a time in seconds: a number, or text with units as [`duration`] has them.
/// Whatever Python holds for false means 0.
///
/// A number in quotes is refused, as the original did: it has no unit.
pub(crate) fn seconds(value: &Value) -> Result<f64, String> {
    if let Some(number) = value.as_number() {
        return Ok(number);
    }
    if !value.is_truthy() {
        return Ok(0.0);
    }
    let how = format!("a number of seconds or {}", duration::FORMS);
    let Some(text) = value.as_text() else { return Err(format!("has to be {how}, not {}", kind_name(value))) };
    if let Some(duration) = duration::parse(text) {
        return Ok(duration.as_secs_f64());
    }
    let (number, unit) = split(text);
    if unit.is_empty() && number.parse::<f64>().is_ok() {
        return Err(format!("has to be {how}, not the text '{text}': write it without quotes"));
    }
    let next = words_to_write(text).map(|words| format!("; write {words}")).unwrap_or_default();
    Err(format!("has to be {how}, not '{text}'{next}"))
}

/// Reads a time above 0, as [`seconds`]. True and false are none, although Python counts with them.
///
/// # Errors
///
/// Why the value is none, and what to write.
pub(crate) fn time_above_zero(value: &Value) -> Result<Duration, String> {
    if let Value::Bool(_) = value {
        return Err(format!("has to be a time such as 30s or 5m, not {}", python_text::str(value)));
    }
    let time = Duration::try_from_secs_f64(seconds(value)?).ok().filter(|time| !time.is_zero());
    time.ok_or_else(|| format!("has to be a time above 0, not {}", shown(value)))
}

/// How a time is written here that has the words of other tools: `5min`, `every 5 minutes`, `1e3`.
fn words_to_write(text: &str) -> Option<String> {
    plain_seconds(text).map(|seconds| seconds.to_string()).or_else(|| duration::meant(text))
}

/// The seconds of a number that is a text in YAML 1.1: `1e3`.
fn plain_seconds(text: &str) -> Option<f64> {
    text.trim().parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds > 0.0)
}

/// Whether a text in quotes would be a number without them: `1e10` and `inf` would not.
fn is_number(text: &str) -> bool {
    (number::looks_like_int(text) || number::looks_like_float(text)) && text.parse::<f64>().is_ok()
}

/// Reads a `Timeout`: a number of seconds above 0, or text with a unit as [`seconds`] takes it.
///
/// # Errors
///
/// Why the value is none, and what to write.
pub(crate) fn timeout(value: &Value) -> Result<TimeLimit, String> {
    let with_unit = value.as_text().and_then(duration::parse).map(|duration| duration.as_secs_f64());
    let is_whole = |seconds: f64| seconds.fract() == 0.0 && seconds < 1e15;
    #[expect(clippy::cast_possible_truncation, reason = "whole and small")]
    let number = with_unit.map(|it| if is_whole(it) { Value::Int(it as i128) } else { Value::Float(it) });
    TimeLimit::from_value(number.as_ref().unwrap_or(value)).ok_or_else(|| wrong_timeout(value))
}

/// Why a value is no `Timeout`, and what to write.
fn wrong_timeout(value: &Value) -> String {
    let how = "a number of seconds above 0";
    match value {
        Value::Text(text) if is_number(text.trim()) => {
            format!("Timeout has to be {how}, not the text '{text}': write it without quotes")
        }
        Value::Text(text) if text.trim().parse::<f64>().is_ok() => {
            let digits = plain_seconds(text).map(|seconds| format!(": write {seconds}")).unwrap_or_default();
            format!("Timeout has to be {how}, not '{text}', which is a text in YAML 1.1{digits}")
        }
        Value::Text(text) => {
            let next = words_to_write(text).map(|words| format!("; write {words}")).unwrap_or_default();
            format!("Timeout has to be {how} or {}, not '{text}'{next}", duration::FORMS)
        }
        number if number.as_number().is_some() => {
            format!("Timeout parameter can't be 0: it has to be {how}, not {}", python_text::str(number))
        }
        other => format!("Timeout has to be {how}, not {}", kind_name(other)),
    }
}

/// Reads a size in bytes: a whole number above 0, or text with one of the
/// units K, M and G, which are powers of 1024.
pub(crate) fn bytes(value: &Value) -> Result<usize, String> {
    const UNITS: [(&str, f64); 4] = [("", 1.0), ("K", 1024.0), ("M", 1_048_576.0), ("G", 1_073_741_824.0)];
    let how = "a whole number of bytes above 0 or a text such as 64K, 2M or 1G";
    let refuse = |shown: &str| Err(format!("has to be {how}, not {shown}"));
    match value {
        Value::Int(number) => match usize::try_from(*number) {
            Ok(size) if size > 0 => Ok(size),
            _ => refuse(&number.to_string()),
        },
        Value::Text(text) => {
            let (number, unit) = split(text);
            let unit = unit.trim_end_matches(['b', 'B']).trim_end_matches('i');
            let factor = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name)).map(|(_, factor)| factor);
            match (number.parse::<f64>(), factor) {
                (Ok(number), Some(factor)) if number * factor >= 1.0 =>
                {
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive; saturates")]
                    Ok((number * factor) as usize)
                }
                _ => refuse(&format!("'{text}'")),
            }
        }
        other => refuse(&number_or_kind(other)),
    }
}

/// Splits digits from the unit behind them.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    (&text[..end], text[end..].trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn times() {
        let cases = [
            (Value::Int(60), 60.0),
            (Value::Float(0.5), 0.5),
            (Value::Bool(true), 1.0),
            (Value::Null, 0.0),
            (Value::List(vec![]), 0.0),
            (text(""), 0.0),
            (text("30s"), 30.0),
            (text("5m"), 300.0),
            (text("1.5h"), 5400.0),
            (text("1 d"), 86_400.0),
            (text("0s"), 0.0),
            (text("2H"), 7200.0),
            (text("500ms"), 0.5),
            (text("1h30m"), 5400.0),
            (text("1w"), 604_800.0),
        ];
        for (value, expected) in cases {
            assert_eq!(seconds(&value), Ok(expected), "{value:?}");
        }
        for value in [text("30"), text("soon"), text("-5s"), text("s"), text("1e3s"), text("5m30")] {
            assert!(seconds(&value).is_err(), "{value:?}");
        }
        let words = [
            ("5min", "5m"),
            ("1 hour 30 minutes", "1h30m"),
            ("every 5 minutes", "5m"),
            ("every hour", "1h"),
            ("2 weeks", "14d"),
            ("1e3", "1000"),
        ];
        for (other, own) in words {
            let reason = seconds(&text(other)).expect_err("a unit of other tools");
            assert!(reason.ends_with(&format!("; write {own}")), "{reason}");
        }
        assert!(!seconds(&text("at noon")).expect_err("no time").contains("write"));
        assert!(seconds(&text("30")).expect_err("quoted").contains("without quotes"));
        assert!(seconds(&Value::List(vec![Value::Int(1)])).expect_err("a list").contains("not a list"));
    }

    #[test]
    fn sizes() {
        let cases = [
            (Value::Int(1000), 1000),
            (text("1000"), 1000),
            (text("64K"), 65_536),
            (text("64 KiB"), 65_536),
            (text("2m"), 2_097_152),
            (text("0.5M"), 524_288),
            (text("1GB"), 1_073_741_824),
        ];
        for (value, expected) in cases {
            assert_eq!(bytes(&value), Ok(expected), "{value:?}");
        }
        for value in
            [Value::Int(0), Value::Int(-1), Value::Bool(true), Value::Null, text("0K"), text("big"), text("-1K")]
        {
            assert!(bytes(&value).is_err(), "{value:?}");
        }
    }

    #[test]
    fn a_wrong_timeout_says_what_to_write() {
        for (value, advice) in [
            ("5", "not the text '5': write it without quotes"),
            ("1.5e+3", "not the text '1.5e+3': write it without quotes"),
            ("1e10", "not '1e10', which is a text in YAML 1.1: write 10000000000"),
            ("1.5e3", "not '1.5e3', which is a text in YAML 1.1: write 1500"),
            ("inf", "not 'inf', which is a text in YAML 1.1"),
            ("5min", "not '5min'; write 5m"),
        ] {
            let told = timeout(&text(value)).expect_err("no limit");
            assert!(told.ends_with(advice), "{told}");
        }
        for (value, seconds, shown) in [
            ("2h", 7200.0, "7200"),
            ("0.5s", 0.5, "0.5"),
            ("1.5m", 90.0, "90"),
            ("1 d", 86_400.0, "86400"),
            ("500ms", 0.5, "0.5"),
            ("1h30m", 5400.0, "5400"),
        ] {
            let limit = timeout(&text(value)).expect("a limit");
            assert_eq!((limit.duration.as_secs_f64(), limit.text.as_str()), (seconds, shown), "{value}");
        }
        assert!(timeout(&text("0s")).is_err());
    }
}
