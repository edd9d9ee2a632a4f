//! How many hosts may be bad.

use std::fmt;

/// Thousandths of a percent in all of something.
const WHOLE: u32 = 100_000;

/// A number of hosts, or a share of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// This number.
    Count(usize),
    /// This many thousandths of a percent.
    Percent(u32),
}

/// How many hosts may be bad; without a limit none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// At most this number or share may be bad.
    pub allow_bad: Option<Share>,
    /// At least this number or share has to be good.
    pub min_ok: Option<Share>,
}

impl Share {
    /// Reads `3` or `1%` or `0.5%`.
    ///
    /// # Errors
    ///
    /// When it is neither, or a share above 100 %.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "has to be a number of hosts such as 2, or a share from 0% to 100% such as 1% or 0.125%, with three digits behind the point at \
             most"
                .to_owned()
        };
        let Some(percent) = text.strip_suffix('%') else {
            return text.parse().map(Self::Count).map_err(|_| wrong());
        };
        let (whole, part) = percent.split_once('.').unwrap_or((percent, "0"));
        let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > 3 {
            return Err(wrong());
        }
        let thousandths = whole.parse::<u32>().ok().and_then(|whole| whole.checked_mul(1000));
        let part = format!("{part:0<3}").parse::<u32>().ok();
        let sum = thousandths.zip(part).and_then(|(whole, part)| whole.checked_add(part));
        sum.filter(|sum| *sum <= WHOLE).map(Self::Percent).ok_or_else(wrong)
    }

    /// How many of `total` hosts this is, a share rounded up.
    #[must_use]
    pub fn rounded_up(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count.min(total),
            Self::Percent(share) => {
                let hosts = (u128::from(share) * total as u128).div_ceil(u128::from(WHOLE));
                usize::try_from(hosts).unwrap_or(total)
            }
        }
    }

    /// Whether `count` of `total` hosts are at most this share.
    fn covers(self, count: usize, total: usize) -> bool {
        match self {
            Self::Count(limit) => count <= limit,
            Self::Percent(share) => count as u128 * u128::from(WHOLE) <= u128::from(share) * total as u128,
        }
    }

    /// Whether `count` of `total` hosts are at least this share.
    fn is_reached(self, count: usize, total: usize) -> bool {
        match self {
            Self::Count(limit) => count >= limit,
            Self::Percent(share) => count as u128 * u128::from(WHOLE) >= u128::from(share) * total as u128,
        }
    }
}

impl Budget {
    /// Whether any number of bad hosts among `total` keeps it.
    #[must_use]
    pub fn can_be_kept(&self, total: usize) -> bool {
        self.is_kept(0, total)
    }

    /// Whether so few of `total` hosts are bad.
    #[must_use]
    pub fn is_kept(self, bad: usize, total: usize) -> bool {
        let good = total.saturating_sub(bad);
        match (self.allow_bad, self.min_ok) {
            (None, None) => bad == 0,
            (allowed, wanted) => {
                allowed.is_none_or(|allowed| allowed.covers(bad, total))
                    && wanted.is_none_or(|wanted| wanted.is_reached(good, total))
            }
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{count}"),
            Self::Percent(share) if share % 1000 == 0 => write!(f, "{}%", share / 1000),
            Self::Percent(share) => {
                let text = format!("{}.{:03}", share / 1000, share % 1000);
                write!(f, "{}%", text.trim_end_matches('0'))
            }
        }
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.allow_bad, self.min_ok) {
            (None, None) => f.write_str("none may be bad"),
            (Some(allowed), None) => write!(f, "{allowed} may be bad"),
            (None, Some(wanted)) => write!(f, "{wanted} have to be good"),
            (Some(allowed), Some(wanted)) => write!(f, "{allowed} may be bad and {wanted} have to be good"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_shares_are_read_and_written() {
        for text in ["0", "3", "1%", "0.5%", "99.999%", "100%"] {
            assert_eq!(Share::parse(text).expect(text).to_string(), text);
        }
        for text in ["", "%", "-1", "1.5", "101%", "1%%", "1.%", ".5%", "1.2345%", "99999999999%", "x"] {
            assert!(Share::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_budget_is_kept_up_to_its_limit() {
        let budget =
            |allow: &str, min: &str| Budget { allow_bad: Share::parse(allow).ok(), min_ok: Share::parse(min).ok() };
        for (allow, min, bad, total, expected) in [
            ("", "", 0, 10, true),
            ("", "", 1, 10, false),
            ("2", "", 2, 10, true),
            ("2", "", 3, 10, false),
            ("1%", "", 2, 200, true),
            ("1%", "", 2, 199, false),
            ("0%", "", 1, 1_000_000, false),
            ("", "9", 1, 10, true),
            ("", "99%", 2, 200, true),
            ("", "99%", 3, 200, false),
            ("", "5", 0, 3, false),
            ("5", "9", 2, 10, false),
        ] {
            assert_eq!(budget(allow, min).is_kept(bad, total), expected, "{allow} {min} {bad} of {total}");
        }
        assert!(
            budget("0", "3").can_be_kept(3) && budget("", "100%").can_be_kept(3) && !budget("9", "4").can_be_kept(3)
        );
    }
}
