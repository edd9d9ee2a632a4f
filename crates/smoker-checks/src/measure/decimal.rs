//! Decimal numbers of any size, compared without rounding: as floating-point numbers 9007199254740993 and its neighbour are one.

use std::cmp::Ordering;
use std::fmt;

/// Not more zeros than these are shown at the end of a number.
const MOST_ZEROS: usize = 100;

/// A number as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Decimal {
    is_negative: bool,
    /// Its digits, without zeros at either end; none for zero.
    digits: String,
    /// How many of the digits are before the point; below 0 for zeros behind it.
    before_point: i64,
}

impl Decimal {
    /// Reads digits with a sign, a point and an exponent, of which each may be absent.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (is_negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let digits = all.trim_start_matches('0');
        let zeros = i64::try_from(all.len() - digits.len()).ok()?;
        let before_point = i64::try_from(whole.len()).ok()? - zeros + i64::from(exponent);
        let digits = digits.trim_end_matches('0').to_owned();
        let is_zero = digits.is_empty();
        Some(Self {
            is_negative: is_negative && !is_zero,
            digits,
            before_point: if is_zero { 0 } else { before_point },
        })
    }

    /// Whether it has no digits behind the point.
    pub(crate) fn is_whole(&self) -> bool {
        i64::try_from(self.digits.len()).is_ok_and(|count| count <= self.before_point.max(0))
    }

    /// The nearest floating-point number.
    pub(crate) fn nearest(&self) -> f64 {
        let sign = if self.is_negative { "-" } else { "" };
        format!("{sign}0.{}e{}", if self.digits.is_empty() { "0" } else { &self.digits }, self.before_point)
            .parse()
            .unwrap_or(f64::NAN)
    }

    fn compare_sizes(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Behind the point digits are compared as texts are.
            (false, false) => self.before_point.cmp(&other.before_point).then_with(|| self.digits.cmp(&other.digits)),
        }
    }
}

/// With all its digits, for one that is whole; another one as the nearest floating-point number.
impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let zeros = usize::try_from(self.before_point).ok().and_then(|count| count.checked_sub(self.digits.len()));
        match zeros {
            Some(zeros) if zeros <= MOST_ZEROS => {
                let sign = if self.is_negative { "-" } else { "" };
                let digits = if self.digits.is_empty() { "0" } else { &self.digits };
                write!(f, "{sign}{digits}{}", "0".repeat(zeros))
            }
            _ => write!(f, "{}", self.nearest()),
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.compare_sizes(other),
            (true, true) => other.compare_sizes(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is no number"))
    }

    #[test]
    fn numbers_have_an_order_without_rounding() {
        let rising = [
            "-1e400",
            "-9007199254740993",
            "-9007199254740992",
            "-1.5",
            "-1.25",
            "-0.001",
            "0",
            "1e-400",
            "0.09",
            "0.1",
            "0.10000000000000000001",
            "1",
            "1.05",
            "9.99",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e400",
        ];
        for (at, one) in rising.iter().enumerate() {
            for (other_at, other) in rising.iter().enumerate() {
                assert_eq!(of(one).cmp(&of(other)), at.cmp(&other_at), "{one} {other}");
            }
        }
        for (one, other) in
            [("1", "1.0"), ("100", "1e2"), ("0.5", "5E-1"), ("-0", "0.00"), ("+7", "007"), (".5", "0.5")]
        {
            assert_eq!(of(one), of(other), "{one} {other}");
        }
    }

    #[test]
    fn whole_numbers_are_known_and_others_are_none() {
        assert!(of("1e3").is_whole() && of("10.0").is_whole() && of("0").is_whole());
        assert!(!of("1.5").is_whole() && !of("0.001").is_whole());
        for text in
            ["", "-", ".", "e5", "1e", "1e5.5", "1 2", "0x10", "NaN", "inf", "1,5", "1_000", "1e99999999999", "--1"]
        {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
        for (text, shown) in [("9007199254740993", "9007199254740993"), ("-1200", "-1200"), ("0", "0"), ("1.5", "1.5")]
        {
            assert_eq!(of(text).to_string(), shown);
        }
        for (text, expected) in [("-12.5", -12.5), ("0", 0.0), ("1e3", 1000.0), ("0.001", 0.001)] {
            assert!((of(text).nearest() - expected).abs() < f64::EPSILON, "{text}");
        }
    }
}
