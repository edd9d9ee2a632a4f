//! The silences that have not ended.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Datelike, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value as Json};
use smoker_model::plugin::PluginName;
use smoker_model::wire::silences::{ListedSilence, PluginSilence, Silence, SilenceStorage};

use crate::results::json_text;
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
    matched: MatchedSilence,
    until: DateTime<Utc>,
    /// How many bytes of text it has.
    size: usize,
}

/// A silence with what it silences. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct MatchedSilence {
    pub(crate) silence: Arc<Silence>,
    /// The plugins that it silences since the last reload, in configuration order.
    pub(crate) silenced: Arc<[PluginName]>,
    /// With which change of the table it came; 0: from the file.
    pub(crate) change: u64,
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
            let (id, size) = (silence.id, size(&silence.plugins, &silence.filter));
            let matched = MatchedSilence { silence, silenced: Arc::default(), change: 0 };
            table.silences.insert(id, Kept { matched, until: until.to_utc(), size });
        }
        table.file = Some(file);
        table.expire(now);
        // What has ended may stay in the file: it ends again.
        table.saved = table.changes;
        table
    }

    /// What the file is to have.
    pub(crate) fn text(&self) -> SilencesText {
        let silences = self.silences.values().map(|kept| Arc::clone(&kept.matched.silence));
        SilencesText { last: self.last, silences: silences.collect() }
    }

    /// Where a silence is kept that came with this change.
    pub(crate) fn storage(&self, change: u64) -> SilenceStorage {
        match &self.file {
            None => SilenceStorage::Memory,
            Some(_) if change <= self.saved => SilenceStorage::Written,
            Some(_) => SilenceStorage::Pending,
        }
    }

    /// Adds one; none when there are too many, or too long ones. `silenced` finds its plugins.
    pub(crate) fn add(
        &mut self,
        new: NewSilence,
        silenced: impl Fn(&Silence) -> Arc<[PluginName]>,
        now: DateTime<Utc>,
    ) -> Option<MatchedSilence> {
        let size = size(&new.plugins, &new.filter);
        let kept = self.silences.values().map(|kept| kept.size).sum::<usize>();
        if self.silences.len() >= MAX_SILENCES || kept + size > MAX_TEXT {
            return None;
        }
        self.last += 1;
        self.changes += 1;
        let NewSilence { by, reason, until, plugins, filter } = new;
        let silence =
            Silence { id: self.last, by, reason, created: rfc3339(now), until: rfc3339(until), plugins, filter };
        let silenced = silenced(&silence);
        let matched = MatchedSilence { silence: Arc::new(silence), silenced, change: self.changes };
        self.silences.insert(self.last, Kept { matched: matched.clone(), until, size });
        Some(matched)
    }

    /// Finds the plugins of all silences again, behind a reload.
    pub(crate) fn match_again(&mut self, silenced: impl Fn(&Silence) -> Arc<[PluginName]>) {
        for Kept { matched, .. } in self.silences.values_mut() {
            matched.silenced = silenced(&matched.silence);
        }
    }

    /// One of them.
    pub(crate) fn get(&self, id: u64) -> Option<MatchedSilence> {
        self.silences.get(&id).map(|kept| kept.matched.clone())
    }

    /// Ends one before its time.
    pub(crate) fn end(&mut self, id: u64) -> Option<MatchedSilence> {
        let ended = self.silences.remove(&id)?;
        self.changes += 1;
        Some(ended.matched)
    }

    /// Ends those whose time has come, and returns them.
    pub(crate) fn expire(&mut self, now: DateTime<Utc>) -> Vec<MatchedSilence> {
        if now.year() >= FIRST_YEAR {
            for kept in self.silences.values_mut() {
                self.changes += u64::from(kept.correct(now));
            }
        }
        let ended: Vec<_> = self.silences.iter().filter(|(_, kept)| kept.until <= now).map(|(id, _)| *id).collect();
        ended.into_iter().filter_map(|id| self.end(id)).collect()
    }

    /// When the next one ends.
    pub(crate) fn next_end(&self) -> Option<DateTime<Utc>> {
        self.silences.values().map(|kept| kept.until).min()
    }

    /// All of them.
    pub(crate) fn all(&self) -> impl Iterator<Item = &MatchedSilence> {
        self.silences.values().map(|kept| &kept.matched)
    }

    /// For each silenced plugin, of `count` that there are, the silence that ends last, as JSON.
    pub(crate) fn shown(&self, count: usize) -> HashMap<PluginName, Arc<str>> {
        let mut kept: Vec<_> = self.silences.values().collect();
        kept.sort_by_key(|kept| Reverse((kept.until, kept.matched.silence.id)));
        let mut shown = HashMap::new();
        for MatchedSilence { silence, silenced, .. } in kept.into_iter().map(|kept| &kept.matched) {
            if shown.len() >= count {
                break;
            }
            let Silence { id, by, reason, until, .. } = (**silence).clone();
            let text: Arc<str> = json_text::to_text(&PluginSilence { id, by, reason, until }).into();
            for plugin in &**silenced {
                shown.entry(plugin.clone()).or_insert_with(|| Arc::clone(&text));
            }
        }
        shown
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

impl MatchedSilence {
    /// As pages list it.
    pub(crate) fn listed(self, storage: SilenceStorage) -> ListedSilence {
        ListedSilence {
            silence: Arc::unwrap_or_clone(self.silence),
            silenced: self.silenced.iter().map(ToString::to_string).collect(),
            survives_restart: storage == SilenceStorage::Written,
            storage: Some(storage),
        }
    }
}

impl Kept {
    /// A silence that was made by a clock that has been set back by hours since lasts as long from now on, not until that time. Returns
    /// whether it is such a one.
    fn correct(&mut self, now: DateTime<Utc>) -> bool {
        let Ok(created) = DateTime::parse_from_rfc3339(&self.matched.silence.created) else { return false };
        let is_wrong = created.to_utc() - now > CORRECTION;
        if is_wrong {
            self.until = now + (self.until - created.to_utc());
            let silence = Arc::make_mut(&mut self.matched.silence);
            (silence.created, silence.until) = (rfc3339(now), rfc3339(self.until));
        }
        is_wrong
    }
}

/// How much text a silence has that may have much, in bytes.
fn size(names: &[String], filter: &Map<String, Json>) -> usize {
    names.iter().map(String::len).sum::<usize>() + Json::Object(filter.clone()).to_string().len()
}

fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {

    use super::*;

    /// All of them are for `a`.
    fn of_a(_: &Silence) -> Arc<[PluginName]> {
        Arc::from(["a".into()])
    }

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
            table.add(new(minutes(end)), of_a, now).expect("there is room");
        }
        let shown = |table: &SilenceTable| table.shown(1).get(&PluginName::from("a")).map(ToString::to_string);
        assert!(shown(&table).is_some_and(|text| text.starts_with("{\"id\": 2, ")), "the one that ends last");
        assert_eq!(table.next_end(), Some(minutes(10)));
        assert_eq!(table.end(3).map(|ended| ended.silence.until.clone()), Some("2026-11-30T12:20:00Z".to_owned()));
        assert!(table.end(3).is_none());
        file.write(|| table.text()).expect("it can be written");
        // Each is written as soon as the file has it, whatever else is not.
        assert_eq!((table.storage(1), table.is_unsaved()), (SilenceStorage::Pending, true));
        table.saved = 2;
        assert_eq!([1, 2, 3].map(|change| table.storage(change) == SilenceStorage::Written), [true, true, false]);
        table.match_again(|_| Arc::default());
        assert_eq!(shown(&table), None);

        let mut restored = SilenceTable::from_file(file.clone(), minutes(15));
        assert_eq!(restored.all().map(|it| it.silence.id).collect::<Vec<_>>(), [2]);
        assert!(
            !restored.is_unsaved() && restored.all().all(|it| restored.storage(it.change) == SilenceStorage::Written)
        );
        let added = restored.add(new(minutes(60)), of_a, now);
        assert_eq!(added.map(|it| it.silence.id), Some(4), "a number that was given is not given again");
        assert_eq!(restored.expire(minutes(60)).len(), 2);
        std::fs::write(folder.path().join("silences"), "rubbish\n{\"id\": 1}\n").expect("a file");
        assert_eq!(SilenceTable::from_file(file, now).all().count(), 0);

        let mut full = SilenceTable::default();
        assert!((0..MAX_SILENCES).all(|_| full.add(new(minutes(1)), of_a, now).is_some()));
        assert!(full.add(new(minutes(1)), of_a, now).is_none() && full.storage(1) == SilenceStorage::Memory);
    }

    #[test]
    fn a_silence_ends_in_time_when_the_clock_was_years_ahead() {
        let wrong: DateTime<Utc> = "2030-01-01T00:00:00Z".parse().expect("a time");
        let right: DateTime<Utc> = "2026-11-30T12:00:00Z".parse().expect("a time");
        let mut table = SilenceTable::default();
        table.add(new(wrong + TimeDelta::minutes(30)), of_a, wrong).expect("there is room");
        let boot = DateTime::UNIX_EPOCH + TimeDelta::minutes(1);
        assert!(table.expire(boot).is_empty());
        assert_eq!(table.next_end(), Some(wrong + TimeDelta::minutes(30)), "the clock is set later");
        assert!(table.expire(wrong - TimeDelta::hours(2)).is_empty());
        assert!(table.expire(right).is_empty());
        assert_eq!(table.next_end(), Some(right + TimeDelta::minutes(30)));
        assert_eq!(table.expire(right + TimeDelta::minutes(30)).len(), 1);
    }
}
