//! From when until when a certificate is valid, and when it has to be renewed.

use chrono::{DateTime, TimeDelta, Utc};

use crate::identity::facts::CertificateFacts;

/// How long before its end a certificate has to be renewed at the latest, however long it is valid.
const LONGEST_NOTICE: TimeDelta = TimeDelta::days(30);
/// Which part of its time is left then at most: a certificate for 90 days has to be renewed 30 days before its end, one for a week 56 hours before.
const NOTICE_PART: i32 = 3;

/// The time for which a certificate is valid, as it states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its begin; `None` when it is not understood.
    pub begins: Option<DateTime<Utc>>,
    /// Its end.
    pub ends: DateTime<Utc>,
}

impl Validity {
    /// That of a certificate; `None` when it does not say its end.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Option<Self> {
        Self::stated(&CertificateFacts::of(certificate)?)
    }

    /// That of a certificate that has been read.
    #[must_use]
    pub fn stated(facts: &CertificateFacts) -> Option<Self> {
        Some(Self { begins: facts.not_before, ends: facts.not_after? })
    }

    /// Whether the certificate has to be renewed: in the last third of its time, and not sooner than 30 days before its end. This one rule is for
    /// all certificates whose end is warned of.
    #[must_use]
    pub fn is_renewal_due(&self, now: DateTime<Utc>) -> bool {
        let third = self.begins.map(|begins| (self.ends - begins).max(TimeDelta::zero()) / NOTICE_PART);
        self.ends - now < third.map_or(LONGEST_NOTICE, |third| third.min(LONGEST_NOTICE)) || self.ends <= now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_renewal_is_due_in_the_last_third_or_in_the_last_month() {
        let begins: DateTime<Utc> = "2027-01-01T00:00:00Z".parse().expect("an instant");
        for (hours, notice) in
            [(397 * 24, 30 * 24), (90 * 24, 30 * 24), (60 * 24, 20 * 24), (7 * 24, 56), (24, 8), (0, 0)]
        {
            let ends = begins + TimeDelta::hours(hours);
            let validity = Validity { begins: Some(begins), ends };
            let due = ends - TimeDelta::hours(notice);
            assert!(hours == 0 || !validity.is_renewal_due(due), "{hours} h are noticed too soon");
            assert!(validity.is_renewal_due(due + TimeDelta::seconds(1)), "{hours} h are noticed too late");
            assert!(validity.is_renewal_due(ends), "{hours} h have ended");
        }
    }

    #[test]
    fn a_begin_that_is_not_understood_or_behind_the_end() {
        let ends: DateTime<Utc> = "2027-01-31T00:00:00Z".parse().expect("an instant");
        for (begins, notice) in [(None, 30), (Some(ends + TimeDelta::days(9)), 0)] {
            let validity = Validity { begins, ends };
            assert!(!validity.is_renewal_due(ends - TimeDelta::days(notice) - TimeDelta::seconds(1)), "{begins:?}");
            assert!(validity.is_renewal_due(ends), "{begins:?}");
        }
    }
}
