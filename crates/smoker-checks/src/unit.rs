//! How a number is written: percentages, times, sizes.

use smoker_model::time::duration;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Percent; `90%` or `90`.
    Percent,
    /// Seconds; `500ms`, `5s`, `10m`, `1h30m`, `1.5h`, or a plain number of seconds.
    Seconds,
    /// Seconds that are shown as days; a plain number counts days.
    Days,
    /// Bytes; `64K`, `2M`, `5G`, `1T`, powers of 1024, or a plain number of bytes.
    Bytes,
    /// A plain number.
    Number,
}

const PERCENT: [(&str, f64); 2] = [("%", 1.0), ("", 1.0)];
const TIMES: [(&str, f64); 9] = [
    ("us", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("", 1.0),
    ("min", 60.0),
    ("m", 60.0),
    ("h", 3600.0),
    ("d", DAY),
    ("w", 7.0 * DAY),
];
const SIZES: [(&str, f64); 6] = [
    ("", 1.0),
    ("k", 1024.0),
    ("m", 1_048_576.0),
    ("g", 1_073_741_824.0),
    ("t", 1_099_511_627_776.0),
    ("p", 1_125_899_906_842_624.0),
];
const DAY: f64 = 86_400.0;

impl Unit {
    /// Reads a number of this unit; `None` for anything else.
    #[must_use]
    pub fn read(self, text: &str) -> Option<f64> {
        let text = text.trim();
        if let (Self::Seconds | Self::Days, Some(duration)) = (self, duration::parse(text)) {
            return Some(duration.as_secs_f64());
        }
        let is_digit = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
        let end = text.find(|c: char| !is_digit(c)).unwrap_or(text.len());
        let number: f64 = text[..end].parse().ok()?;
        let unit = text[end..].trim().to_lowercase();
        let factor_of =
            |units: &[(&str, f64)], unit: &str| units.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
        let factor = match self {
            Self::Percent => factor_of(&PERCENT, &unit),
            Self::Seconds => factor_of(&TIMES, &unit),
            Self::Days if unit.is_empty() => Some(DAY),
            Self::Days => factor_of(&TIMES, unit.strip_suffix("ays").or(unit.strip_suffix("ay")).unwrap_or(&unit)),
            Self::Bytes => {
                let letter = unit.strip_suffix('b').unwrap_or(&unit);
                factor_of(&SIZES, letter.strip_suffix('i').unwrap_or(letter))
            }
            Self::Number => unit.is_empty().then_some(1.0),
        };
        Some(number * factor?).filter(|value| value.is_finite())
    }

    /// The number as messages show it.
    #[must_use]
    pub fn show(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{}%", plain(value, 1)),
            Self::Number => plain(value, 2),
            Self::Seconds | Self::Days => show_time(value),
            Self::Bytes => {
                let fit = SIZES.iter().rev().find(|(_, factor)| value.abs() >= *factor);
                let (name, factor) = fit.copied().unwrap_or(("", 1.0));
                let unit = if name.is_empty() { "B".to_owned() } else { format!("{}iB", name.to_uppercase()) };
                format!("{} {unit}", plain(value / factor, 1))
            }
        }
    }

    /// The unit of performance data.
    #[must_use]
    pub fn of_perfdata(self) -> &'static str {
        match self {
            Self::Percent => "%",
            Self::Seconds | Self::Days => "s",
            Self::Bytes => "B",
            Self::Number => "",
        }
    }

    /// What a limit looks like, for messages.
    #[must_use]
    pub fn example(self) -> &'static str {
        match self {
            Self::Percent => "> 90%",
            Self::Seconds => "> 500ms",
            Self::Days => "< 14d",
            Self::Bytes => "< 5G",
            Self::Number => "> 10",
        }
    }
}

fn show_time(seconds: f64) -> String {
    let size = seconds.abs();
    let sign = if seconds < 0.0 { "-" } else { "" };
    if size >= DAY {
        let (days, hours) = ((size / DAY).floor(), ((size % DAY) / 3600.0).floor());
        let hours = if hours > 0.0 { format!(" {hours}h") } else { String::new() };
        return format!("{sign}{days}d{hours}");
    }
    let (value, unit) = match size {
        0.0 => (0.0, "s"),
        small if small < 0.001 => (size * 1e6, "us"),
        small if small < 1.0 => (size * 1e3, "ms"),
        small if small < 120.0 => (size, "s"),
        small if small < 7200.0 => (size / 60.0, "min"),
        _ => (size / 3600.0, "h"),
    };
    format!("{sign}{}{unit}", plain(value, 1))
}

/// A number with at most these many digits behind the point.
pub(crate) fn plain(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_with_the_units_of_their_kind() {
        for (unit, text, expected) in [
            (Unit::Percent, "90%", Some(90.0)),
            (Unit::Percent, " 90.5 %", Some(90.5)),
            (Unit::Percent, "90", Some(90.0)),
            (Unit::Percent, "5G", None),
            (Unit::Seconds, "500ms", Some(0.5)),
            (Unit::Seconds, "2m", Some(120.0)),
            (Unit::Seconds, "2 min", Some(120.0)),
            (Unit::Seconds, "1h30m", Some(5400.0)),
            (Unit::Seconds, "1.5h", Some(5400.0)),
            (Unit::Seconds, "2us", Some(2e-6)),
            (Unit::Days, "1d12h", Some(1.5 * DAY)),
            (Unit::Seconds, "-1.5", Some(-1.5)),
            (Unit::Seconds, "1x", None),
            (Unit::Days, "14", Some(14.0 * DAY)),
            (Unit::Days, "14 days", Some(14.0 * DAY)),
            (Unit::Days, "12h", Some(DAY / 2.0)),
            (Unit::Bytes, "64K", Some(65_536.0)),
            (Unit::Bytes, "1 GiB", Some(1_073_741_824.0)),
            (Unit::Bytes, "2mb", Some(2_097_152.0)),
            (Unit::Bytes, "10%", None),
            (Unit::Number, "4", Some(4.0)),
            (Unit::Number, "4s", None),
            (Unit::Number, "", None),
            (Unit::Number, "1-2", None),
        ] {
            assert_eq!(unit.read(text), expected, "{unit:?} {text}");
        }
    }

    #[test]
    fn numbers_are_shown_short() {
        for (unit, value, expected) in [
            (Unit::Percent, 93.24, "93.2%"),
            (Unit::Percent, 100.0, "100%"),
            (Unit::Seconds, 0.0, "0s"),
            (Unit::Seconds, 0.0123, "12.3ms"),
            (Unit::Seconds, 0.000_05, "50us"),
            (Unit::Seconds, 90.0, "90s"),
            (Unit::Seconds, -600.0, "-10min"),
            (Unit::Days, 13.5 * DAY, "13d 12h"),
            (Unit::Bytes, 5.0 * 1_073_741_824.0, "5 GiB"),
            (Unit::Bytes, 12.0, "12 B"),
            (Unit::Bytes, 0.0, "0 B"),
            (Unit::Number, 2.0, "2"),
            (Unit::Number, -0.001, "0"),
        ] {
            assert_eq!(unit.show(value), expected, "{unit:?} {value}");
        }
    }
}
