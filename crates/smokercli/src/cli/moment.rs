//! Times in the past on a command line: `2026-11-29T10:00`, also with a zone, `yesterday`, `14:30`, or how long ago.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, SecondsFormat, TimeDelta, TimeZone, Utc};
use smoker_model::time::duration;
use smoker_model::time::local_zone::LocalZone;

/// Forms without a zone, which are in the zone of this machine.
const LOCAL_FORMS: [&str; 4] = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S"];

/// From this number on one without a unit is seconds since 1970, as daemons read it.
const LEAST_SINCE_1970: i64 = 100_000_000;

/// A time in the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So long before the present.
    Ago(Duration),
    /// This instant.
    At(DateTime<Utc>),
}

impl Moment {
    /// The instant; none beyond the calendar.
    pub(crate) fn instant(self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Ago(span) => now.checked_sub_signed(TimeDelta::from_std(span).ok()?),
            Self::At(instant) => Some(instant),
        }
    }

    /// So long before it; the earliest time there is, where that is beyond the calendar.
    pub(crate) fn earlier(self, span: Duration) -> Self {
        match self {
            Self::Ago(ago) => Self::Ago(ago.saturating_add(span)),
            Self::At(instant) => {
                let span = TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX);
                Self::At(instant.checked_sub_signed(span).unwrap_or(DateTime::<Utc>::MIN_UTC))
            }
        }
    }

    /// The end of a span that has this time as its last: daemons take what was before its end, and instants are typed in whole seconds.
    pub(crate) fn inclusive_end(self) -> Self {
        match self {
            Self::Ago(_) => self,
            Self::At(instant) => {
                Self::At(instant.checked_add_signed(TimeDelta::seconds(1)).unwrap_or(DateTime::<Utc>::MAX_UTC))
            }
        }
    }

    /// The time as daemons of any version read it. How long ago stays that, since their clocks may differ from this machine's.
    pub(crate) fn for_daemons(self) -> String {
        match self {
            Self::Ago(span) => duration::in_one_unit(span),
            Self::At(instant) => written(instant),
        }
    }
}

/// Reads a time in the past.
///
/// # Errors
///
/// When it is none.
pub(crate) fn parse_moment(text: &str) -> Result<Moment, String> {
    let now = Utc::now();
    let moment = read(text, now);
    let instant = moment.and_then(|moment| moment.instant(now));
    let Some((moment, instant)) = moment.zip(instant) else {
        let next = duration::meant(text).map(|meant| format!("; write {meant}")).unwrap_or_default();
        return Err(format!(
            "has to be a time such as 2026-11-29T10:00, 2026-11-29T10:00Z, 14:30, yesterday or today, or how long ago: {}{next}",
            duration::FORMS
        ));
    };
    if instant > now { Err(format!("is not in the past: {}", written(instant))) } else { Ok(moment) }
}

/// The time as RFC 3339 has it.
pub(crate) fn written(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn read(text: &str, now: DateTime<Utc>) -> Option<Moment> {
    if let Some(seconds) = text.parse::<i64>().ok().filter(|seconds| *seconds >= LEAST_SINCE_1970) {
        return DateTime::from_timestamp(seconds, 0).map(Moment::At);
    }
    let instant = || with_zone(text).or_else(|| local(text)).or_else(|| by_the_day(text, now));
    duration::parse_or_seconds(text).map(Moment::Ago).or_else(|| instant().map(Moment::At))
}

fn with_zone(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M%:z"))
        .map(|time| time.to_utc())
        .ok()
        .or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok().map(|time| time.and_utc()))
}

fn local(text: &str) -> Option<DateTime<Utc>> {
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(|day| day.and_time(NaiveTime::MIN));
    at_local(LOCAL_FORMS.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).or_else(day)?)
}

/// `today` and `yesterday`, which are the first moments of these days, and a time of the day, which is the last time that clocks
/// here showed it.
fn by_the_day(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let today = now.with_timezone(&LocalZone).date_naive();
    match text {
        "today" => return at_local(today.and_time(NaiveTime::MIN)),
        "yesterday" => return at_local(today.pred_opt()?.and_time(NaiveTime::MIN)),
        _ => {}
    }
    let time = ["%H:%M", "%H:%M:%S"].iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())?;
    let days = [Some(today), today.pred_opt()];
    days.into_iter().flatten().filter_map(|day| at_local(day.and_time(time))).find(|instant| *instant <= now)
}

fn at_local(time: NaiveDateTime) -> Option<DateTime<Utc>> {
    LocalZone.from_local_datetime(&time).earliest().map(|time| time.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_with_and_without_a_zone_are_read() {
        for (text, expected) in [
            ("2026-11-29T10:00Z", "2026-11-29T10:00:00Z"),
            ("2026-11-29T10:00:30+02:00", "2026-11-29T08:00:30Z"),
            ("2026-11-29T10:00+02:00", "2026-11-29T08:00:00Z"),
        ] {
            assert_eq!(with_zone(text).map(written).as_deref(), Some(expected), "{text}");
        }
        let here = local("2020-11-29T10:00").expect("a time");
        for text in ["2020-11-29 10:00", "2020-11-29T10:00:00"] {
            assert_eq!(local(text), Some(here), "{text}");
        }
    }

    #[test]
    fn how_long_ago_is_kept_as_that() {
        for (text, sent) in [
            ("24h", "86400s"),
            ("1h30m", "5400s"),
            ("1.5h", "5400s"),
            ("500ms", "500ms"),
            ("90", "90s"),
            ("1700000000", "2023-11-14T22:13:20Z"),
        ] {
            assert_eq!(parse_moment(text).map(Moment::for_daemons).as_deref(), Ok(sent), "{text}");
        }
    }

    #[test]
    fn days_and_times_of_the_day_are_in_the_past() {
        let now = Utc::now();
        let instant = |text| parse_moment(text).ok().and_then(|moment| moment.instant(now)).expect("a time");
        let (yesterday, today) = (instant("yesterday"), instant("today"));
        assert!(yesterday < today && today <= now, "{yesterday} {today}");
        for text in ["00:00", "12:30", "23:59:59"] {
            let age = now - instant(text);
            assert!(age >= TimeDelta::minutes(-1) && age < TimeDelta::hours(26), "{text}: {age}");
        }
    }

    #[test]
    fn other_words_are_refused_with_advice() {
        for text in ["", "tomorrow", "2026-13-01T00:00", "2x", "-1h", "9999-01-01", "1h30", "25:00", "99999999999w"] {
            assert!(parse_moment(text).is_err(), "{text}");
        }
        assert!(parse_moment("2 hours ago").expect_err("other words").ends_with("; write 2h"));
        assert!(parse_moment("9999-01-01").expect_err("far away").starts_with("is not in the past"));
    }
}
