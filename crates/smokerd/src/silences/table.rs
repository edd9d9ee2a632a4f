//! The silences that have not ended.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value as Json};
use smoker_model::wire::silences::{PluginSilence, Silence};

use crate::silences::file::{SilencesFile, SilencesText};

/// How many there may be at a time.
pub(crate) const MAX_SILENCES: usize = 1000;

/// How much text they may have together, in bytes: the file of them has to be one that can be read again.
const MAX_TEXT: usize = 16 << 20;

/// A clock that is set back by more than this was wrong before.
const CORRECTION: TimeDelta = TimeDelta::hours(3);

/// A clock that shows an earlier year has not been set since the boot: of a machine without a clock of its own that keeps time.
const FIRST_YEAR: i32 = 2026;

/// The silences by their numbers.
#[derive(Debug, Default)]
pub(crate) struct SilenceTable {
    silences: BTreeMap<u64, Kept>,
    last: u64,
    file: Option<SilencesFile>,
    /// How often they have changed, and with which of these changes the file has them.
    pub(crate) changes: u64,
    pub(crate) saved: u64,
    /// How many writes of it go on.
    pub(crate) writers: usize,
    /// Whether it could not be written the last time.
    pub(crate) is_failing: bool,
}

#[derive(Debug)]
struct Kept {
    silence: Silence,
    until: DateTime<Utc>,
}

/// A silence that is to be made.
#[derive(Debug)]
pub(crate) struct NewSilence {
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) until: DateTime<Utc>,
    pub(crate) plugins: Vec<String>,
    pub(crate) filter: Map<String, Json>,
}

impl SilenceTable {
    /// Those that a file has and that have not ended.
    pub(crate) fn from_file(file: SilencesFile, now: DateTime<Utc>) -> Self {
        let SilencesText { last, silences } = file.read();
        let mut table = Self { last, ..Self::default() };
        for silence in silences {
            table.last = table.last.max(silence.id);
            let Ok(until) = DateTime::parse_from_rfc3339(&silence.until) else { continue };
            table.silences.insert(silence.id, Kept { silence, until: until.to_utc() });
        }
        table.file = Some(file);
        table.expire(now);
        table
    }

    /// What the file is to have.
    pub(crate) fn text(&self) -> SilencesText {
        SilencesText { last: self.last, silences: self.all().cloned().collect() }
    }

    /// Whether a restart of the daemon leaves them: all are in the file.
    pub(crate) fn survive_restart(&self) -> bool {
        self.file.is_some() && !self.is_unsaved()
    }

    /// Adds one; none when there are too many, or too long ones.
    pub(crate) fn add(&mut self, new: NewSilence, now: DateTime<Utc>) -> Option<Silence> {
        let text = |names: &[String], filter: &Map<String, Json>| {
            names.iter().map(String::len).sum::<usize>() + Json::Object(filter.clone()).to_string().len()
        };
        let kept = self.silences.values().map(|kept| text(&kept.silence.plugins, &kept.silence.filter)).sum::<usize>();
        if self.silences.len() >= MAX_SILENCES || kept + text(&new.plugins, &new.filter) > MAX_TEXT {
            return None;
        }
        self.last += 1;
        let NewSilence { by, reason, until, plugins, filter } = new;
        let silence =
            Silence { id: self.last, by, reason, created: rfc3339(now), until: rfc3339(until), plugins, filter };
        self.silences.insert(silence.id, Kept { silence: silence.clone(), until });
        Some(silence)
    }

    /// One of them.
    pub(crate) fn get(&self, id: u64) -> Option<&Silence> {
        self.silences.get(&id).map(|kept| &kept.silence)
    }

    /// Ends one before its time.
    pub(crate) fn end(&mut self, id: u64) -> Option<Silence> {
        self.silences.remove(&id).map(|kept| kept.silence)
    }

    /// Ends those whose time has come, and returns them.
    pub(crate) fn expire(&mut self, now: DateTime<Utc>) -> Vec<Silence> {
        if now.year() >= FIRST_YEAR {
            self.silences.values_mut().for_each(|kept| kept.correct(now));
        }
        let ended: Vec<_> = self.silences.iter().filter(|(_, kept)| kept.until <= now).map(|(id, _)| *id).collect();
        ended.into_iter().filter_map(|id| self.end(id)).collect()
    }

    /// When the next one ends.
    pub(crate) fn next_end(&self) -> Option<DateTime<Utc>> {
        self.silences.values().map(|kept| kept.until).min()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Silence> {
        self.silences.values().map(|kept| &kept.silence)
    }

    /// The one that ends last of those that match.
    pub(crate) fn longest(&self, matches: impl Fn(&Silence) -> bool) -> Option<PluginSilence> {
        let longest = self.silences.values().filter(|kept| matches(&kept.silence)).max_by_key(|kept| kept.until)?;
        let Silence { id, by, reason, until, .. } = longest.silence.clone();
        Some(PluginSilence { id, by, reason, until })
    }

    /// Whether the file does not have all of them yet.
    pub(crate) fn is_unsaved(&self) -> bool {
        self.saved < self.changes
    }

    /// Whether the file has to be written, and nobody does it: the last write failed.
    pub(crate) fn has_to_save(&self) -> bool {
        self.file.is_some() && self.is_unsaved() && self.writers == 0
    }

    /// Where they are kept; none without a state folder.
    pub(crate) fn file(&self) -> Option<SilencesFile> {
        self.file.clone()
    }
}

impl Kept {
    /// A silence that was made by a clock that has been set back by hours since lasts as long from now on, not until that time.
    fn correct(&mut self, now: DateTime<Utc>) {
        let Ok(created) = DateTime::parse_from_rfc3339(&self.silence.created) else { return };
        if created.to_utc() - now > CORRECTION {
            self.until = now + (self.until - created.to_utc());
            (self.silence.created, self.silence.until) = (rfc3339(now), rfc3339(self.until));
        }
    }
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {

    use super::*;

    fn new(until: DateTime<Utc>) -> NewSilence {
        NewSilence {
            by: "ann".to_owned(),
            reason: "deploy".to_owned(),
            until,
            plugins: vec!["a".to_owned()],
            filter: Map::new(),
        }
    }

    #[test]
    fn silences_end_and_come_back_from_their_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = SilencesFile::in_folder(folder.path());
        let now: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().expect("a time");
        let minutes = |minutes| now + TimeDelta::minutes(minutes);
        let mut table = SilenceTable::from_file(file.clone(), now);
        for end in [10, 30, 20] {
            table.add(new(minutes(end)), now).expect("there is room");
        }
        assert_eq!(table.longest(|_| true).map(|silence| silence.id), Some(2));
        assert_eq!((table.longest(|silence| silence.id > 5), table.next_end()), (None, Some(minutes(10))));
        assert_eq!(table.end(3).map(|silence| silence.until), Some("2026-11-30T12:20:00Z".to_owned()));
        assert_eq!(table.end(3), None);
        file.write(|| table.text()).expect("it can be written");

        let mut restored = SilenceTable::from_file(file.clone(), minutes(15));
        assert_eq!(restored.all().map(|silence| silence.id).collect::<Vec<_>>(), [2]);
        assert_eq!(
            restored.add(new(minutes(60)), now).map(|silence| silence.id),
            Some(4),
            "a number that was given is not given again"
        );
        assert_eq!(restored.expire(minutes(60)).len(), 2);
        std::fs::write(folder.path().join("silences"), "rubbish\n{\"id\": 1}\n").expect("a file");
        assert_eq!(SilenceTable::from_file(file, now).all().count(), 0);

        let mut full = SilenceTable::default();
        assert!((0..MAX_SILENCES).all(|_| full.add(new(minutes(1)), now).is_some()));
        assert!(full.add(new(minutes(1)), now).is_none() && !full.survive_restart());
    }

    #[test]
    fn a_silence_ends_in_time_when_the_clock_was_years_ahead() {
        let wrong: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().expect("a time");
        let right: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().expect("a time");
        let mut table = SilenceTable::default();
        table.add(new(wrong + TimeDelta::minutes(30)), wrong).expect("there is room");
        let boot = DateTime::UNIX_EPOCH + TimeDelta::minutes(1);
        assert!(table.expire(boot).is_empty());
        assert_eq!(table.next_end(), Some(wrong + TimeDelta::minutes(30)), "the clock is set later");
        assert!(table.expire(wrong - TimeDelta::hours(2)).is_empty());
        assert!(table.expire(right).is_empty());
        assert_eq!(table.next_end(), Some(right + TimeDelta::minutes(30)));
        assert_eq!(table.expire(right + TimeDelta::minutes(30)).len(), 1);
    }
}
