//! Numbers, durations and sizes.

use crate::verdict::odd::mask::page::Placeholder;
use crate::verdict::odd::mask::words::ends_word;

/// Units of time that may stand beside a number.
const TIMES: [&str; 33] = [
    "ns",
    "us",
    "µs",
    "μs",
    "ms",
    "s",
    "m",
    "h",
    "d",
    "msec",
    "msecs",
    "usec",
    "sec",
    "secs",
    "second",
    "seconds",
    "min",
    "mins",
    "minute",
    "minutes",
    "hr",
    "hrs",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "milliseconds",
];

/// Units of time that have to touch their number.
const TOUCHING_TIMES: [&str; 2] = ["w", "y"];

/// The end of a number, whose first digit is here: `1.5`, `1,234`, `1e-05`, `2.4.57`.
pub(super) fn number(bytes: &[u8], at: usize) -> usize {
    let digits = |at: usize| at + bytes[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut end = digits(at);
    while matches!(bytes.get(end), Some(b'.' | b',' | b'\'' | b'_')) && is_digit(end + 1) {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits((end + 1 + sign).min(bytes.len()));
        if exponent > end + 1 + sign && ends_word(bytes, exponent) {
            return exponent;
        }
    }
    end
}

/// The end of a duration such as `5 minutes`, `1.2s` or `1h30m`.
pub(super) fn duration(bytes: &[u8], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        if !bytes.get(end).is_some_and(u8::is_ascii_digit) {
            return None;
        }
        let number_end = number(bytes, end);
        let (unit, unit_end, touches) = unit(bytes, number_end)?;
        let is_time = TIMES.contains(&unit) || (touches && TOUCHING_TIMES.contains(&unit));
        if !is_time {
            return None;
        }
        if ends_word(bytes, unit_end) {
            return Some(unit_end);
        }
        end = unit_end;
    }
}

/// The word behind a number, where it ends, and whether it touches the number. A blank may stand before it.
fn unit(bytes: &[u8], number_end: usize) -> Option<(&str, usize, bool)> {
    let touches = bytes.get(number_end) != Some(&b' ');
    let start = number_end + usize::from(!touches);
    // The two letters that stand for a millionth lie beyond ASCII.
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || matches!(byte, 0xc2 | 0xce | 0xb5 | 0xbc);
    let end = start + bytes[start.min(bytes.len())..].iter().take_while(|byte| is_letter(byte)).count();
    let word = str::from_utf8(bytes.get(start..end)?).ok().filter(|word| !word.is_empty())?;
    Some((word, end, touches))
}

/// A number with what it counts, if that is time or bytes, else the number alone.
pub(super) fn quantity(bytes: &[u8], at: usize) -> (Placeholder, usize) {
    if let Some(end) = duration(bytes, at) {
        return (Placeholder::Time, end);
    }
    let number_end = number(bytes, at);
    match unit(bytes, number_end) {
        Some((word, end, touches)) if is_size(word, touches) && ends_word(bytes, end) => {
            (Placeholder::Size, end + if bytes[end..].starts_with(b"/s") { 2 } else { 0 })
        }
        _ => (Placeholder::Number, number_end),
    }
}

/// `B`, `kB`, `MiB`, `Gbit`, `Mbps`, `bytes`, and `M` if it touches its number.
fn is_size(word: &str, touches: bool) -> bool {
    if matches!(word, "byte" | "bytes") {
        return true;
    }
    let scaled = word.strip_prefix(['k', 'K', 'M', 'G', 'T', 'P', 'E']);
    let rest = scaled.map_or(word, |rest| rest.strip_prefix('i').unwrap_or(rest));
    match rest {
        "" => touches && scaled.is_some(),
        "B" | "Bps" | "bit" | "bps" => true,
        "b" | "bytes" => scaled.is_some(),
        _ => false,
    }
}
