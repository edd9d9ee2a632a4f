//! The machine's time zone, whose file may be replaced while a daemon runs.

use std::env;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{
    DateTime, FixedOffset, Local, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
};

/// The time zone of `TZ`, or else the one in `/etc/localtime`. As with glibc a
/// file that is replaced or changed is followed, within a second; chrono's
/// `Local` notices only a link that is replaced, not the file that it leads to.
#[derive(Clone, Copy, Debug)]
pub struct LocalZone;

impl LocalZone {
    /// The present time.
    #[must_use]
    pub fn now() -> DateTime<Self> {
        Utc::now().with_timezone(&Self)
    }
}

impl TimeZone for LocalZone {
    type Offset = FixedOffset;

    fn from_offset(_: &FixedOffset) -> Self {
        Self
    }

    fn offset_from_local_date(&self, date: &NaiveDate) -> MappedLocalTime<FixedOffset> {
        self.offset_from_local_datetime(&date.and_time(NaiveTime::MIN))
    }

    fn offset_from_local_datetime(&self, local: &NaiveDateTime) -> MappedLocalTime<FixedOffset> {
        offset_of_local(*local, |utc| self.offset_from_utc_datetime(&utc))
    }

    fn offset_from_utc_date(&self, date: &NaiveDate) -> FixedOffset {
        self.offset_from_utc_datetime(&date.and_time(NaiveTime::MIN))
    }

    fn offset_from_utc_datetime(&self, utc: &NaiveDateTime) -> FixedOffset {
        offset_of_machine(*utc).unwrap_or_else(|| Local.offset_from_utc_datetime(utc))
    }
}

/// None with `TZ`, and where the file is missing or not understood.
fn offset_of_machine(utc: NaiveDateTime) -> Option<FixedOffset> {
    static ZONE: Mutex<ZoneFile> = Mutex::new(ZoneFile { zone: None, read: None });
    if env::var_os("TZ").is_some() {
        return None;
    }
    let mut zone = ZONE.lock().unwrap_or_else(PoisonError::into_inner);
    zone.offset(Path::new("/etc/localtime"), Instant::now(), utc)
}

/// The offsets with which a local time exists: two when clocks are put back, none when they are put forward.
fn offset_of_local(
    local: NaiveDateTime,
    offset: impl Fn(NaiveDateTime) -> FixedOffset,
) -> MappedLocalTime<FixedOffset> {
    // No offset is longer than a day, so these lie before and after the moment.
    let [before, after] = [-1, 1].map(|days| {
        let there = offset(local.checked_add_signed(TimeDelta::days(days))?);
        (offset(local.checked_sub_offset(there)?) == there).then_some(there)
    });
    match (before, after) {
        (Some(before), Some(after)) if before != after => MappedLocalTime::Ambiguous(before, after),
        (before, after) => before.or(after).map_or(MappedLocalTime::None, MappedLocalTime::Single),
    }
}

/// What a zone file held when it was last read.
struct ZoneFile {
    zone: Option<jiff::tz::TimeZone>,
    read: Option<Instant>,
}

impl ZoneFile {
    /// How long the zone counts before the file is read again. The file is
    /// small, so it is read whether it has changed or not: a comparison of
    /// modification times would save little, and misses some changes.
    const FRESH: Duration = Duration::from_secs(1);

    /// The offset at a moment, from the file as it is at `now`.
    fn offset(&mut self, path: &Path, now: Instant, utc: NaiveDateTime) -> Option<FixedOffset> {
        if self.read.is_none_or(|read| now.saturating_duration_since(read) >= Self::FRESH) {
            self.read = Some(now);
            let zone = fs::read(path).ok().and_then(|file| jiff::tz::TimeZone::tzif("", &file).ok());
            // A file that is only half written, or not yet there again, is understood the next time.
            self.zone = zone.or(self.zone.take());
        }
        let at = jiff::Timestamp::from_second(utc.and_utc().timestamp()).ok()?;
        FixedOffset::east_opt(self.zone.as_ref()?.to_offset(at).seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(hours: i32) -> FixedOffset {
        FixedOffset::east_opt(hours * 3600).expect("less than a day")
    }

    /// A zone file of version 1 with one offset for all times.
    fn zone_file(hours: i32) -> Vec<u8> {
        let counts = [0u32, 0, 0, 0, 1, 4].map(u32::to_be_bytes).concat();
        let offset = (hours * 3600).to_be_bytes();
        [b"TZif\0".as_slice(), &[0; 15], &counts, &offset, &[0, 0], b"ABC\0"].concat()
    }

    #[test]
    fn a_replaced_file_is_followed_behind_its_link() {
        let folder = tempfile::tempdir().expect("a folder");
        let (link, file) = (folder.path().join("localtime"), folder.path().join("Here"));
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        let mut zone = ZoneFile { zone: None, read: None };
        let start = Instant::now();
        let mut offset =
            |seconds| zone.offset(&link, start + Duration::from_secs(seconds), DateTime::UNIX_EPOCH.naive_utc());
        let write = |name: &str, text: &[u8]| fs::write(folder.path().join(name), text).expect("a file");

        assert_eq!(offset(0), None, "no file");
        write("Here", &zone_file(1));
        assert_eq!((offset(0), offset(1)), (None, Some(hours(1))), "read once a second");
        write("new", &zone_file(9));
        fs::rename(folder.path().join("new"), &file).expect("the same folder");
        assert_eq!(offset(2), Some(hours(9)), "replaced");
        write("Here", &zone_file(-3));
        assert_eq!(offset(3), Some(hours(-3)), "written over");
        write("Here", b"TZif");
        assert_eq!(offset(4), Some(hours(-3)), "half written");
        write("Here", &zone_file(2));
        assert_eq!(offset(5), Some(hours(2)), "complete again");
    }

    #[test]
    fn local_times_that_come_twice_or_never() {
        let day: NaiveDate = "2024-10-27".parse().expect("a date");
        let at = |hour, minute| day.and_hms_opt(hour, minute, 0).expect("a time");
        let changing =
            |before, after| move |utc: NaiveDateTime| if utc < at(1, 0) { hours(before) } else { hours(after) };
        let autumn = changing(2, 1);
        assert_eq!(offset_of_local(at(1, 59), autumn), MappedLocalTime::Single(hours(2)));
        assert_eq!(offset_of_local(at(2, 30), autumn), MappedLocalTime::Ambiguous(hours(2), hours(1)));
        assert_eq!(offset_of_local(at(3, 0), autumn), MappedLocalTime::Single(hours(1)));
        let spring = changing(1, 2);
        assert_eq!(offset_of_local(at(2, 30), spring), MappedLocalTime::None);
        assert_eq!(offset_of_local(at(3, 0), spring), MappedLocalTime::Single(hours(2)));
    }
}
