//! What actions were told, and which calls failed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::time::backoff::doubled;
use smoker_model::time::waits::spread;

use crate::scheduler::alerts::told::{AlertKey, Told, ToldLine};
use crate::scheduler::alerts::told_file::ToldFile;

/// How long after a call that failed the next one follows, at first and at most; up to a fifth of it is added, so that hosts
/// whose calls failed together do not make them again together.
const SHORTEST_BACKOFF: Duration = Duration::from_secs(5);
const LONGEST_BACKOFF: Duration = Duration::from_secs(600);

/// The longest time that a receiver may ask for with `Retry-After`.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// After this many failures in a row, which take a day, what should have been told counts as told. They are counted, because the
/// clock of a host may be set by years when its network comes up.
const GIVE_UP: u32 = 150;

/// How long after the file could not be written it is tried again, with the next event.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// What all actions were told, and which calls failed.
#[derive(Debug, Default)]
pub(crate) struct AlertBoard {
    told: HashMap<AlertKey, Told>,
    failures: HashMap<AlertKey, CallFailure>,
    file: Option<ToldFile>,
    has_changed: bool,
    /// When the file is written again that could not be written the last time.
    next_try: Option<Instant>,
}

/// Calls of an action that failed in a row.
#[derive(Clone, Debug)]
pub(super) struct CallFailure {
    count: u32,
    /// When the next call is due.
    until: DateTime<Utc>,
    /// How long that was when the last one failed.
    wait: TimeDelta,
    reason: String,
}

impl CallFailure {
    /// Until when the next call waits; none when it is due.
    pub(super) fn waits_until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A later time is one of before the clock was set back.
        let latest = now + self.wait;
        Some(self.until).filter(|until| *until > now && *until <= latest)
    }
}

impl AlertBoard {
    /// What a file has, which has it from now on.
    pub(super) fn from_file(file: ToldFile) -> Self {
        Self { told: file.read().into_iter().collect(), file: Some(file), ..Self::default() }
    }

    /// What an action was told last.
    pub(super) fn told(&self, key: &AlertKey) -> Option<&Told> {
        self.told.get(key)
    }

    /// Whether the last call failed.
    pub(super) fn failure(&self, key: &AlertKey) -> Option<&CallFailure> {
        self.failures.get(key)
    }

    /// Notes what an action was told.
    pub(super) fn set_told(&mut self, key: AlertKey, told: Told) {
        self.failures.remove(&key);
        self.has_changed = true;
        self.told.insert(key, told);
    }

    /// Notes that nothing is to be told any more.
    pub(super) fn forget_failure(&mut self, key: &AlertKey) {
        self.failures.remove(key);
    }

    /// Notes that a call failed, where the receiver may have asked for a wait. Returns how long the next one waits; none when there
    /// is none, because calls have failed for long.
    pub(super) fn fail(
        &mut self,
        key: &AlertKey,
        (reason, asked): (&str, Option<Duration>),
        now: DateTime<Utc>,
    ) -> Option<Duration> {
        let before = self.failures.remove(key);
        let count = before.map_or(0, |before| before.count);
        if count >= GIVE_UP {
            return None;
        }
        let backoff = doubled(SHORTEST_BACKOFF, LONGEST_BACKOFF, count);
        // A receiver that asks for less is given up no sooner.
        let wait = asked.map_or(backoff, |asked| asked.min(LONGEST_ASKED).max(backoff));
        let wait = spread(wait, wait / 5);
        let by = TimeDelta::from_std(wait).unwrap_or_default();
        let failure = CallFailure { count: count + 1, until: now + by, wait: by, reason: reason.to_owned() };
        self.failures.insert(key.clone(), failure);
        Some(wait)
    }

    /// Keeps only what is about these plugins.
    pub(super) fn retain(&mut self, is_known: impl Fn(&PluginName) -> bool) {
        let before = self.told.len();
        self.told.retain(|key, _| is_known(&key.plugin));
        self.failures.retain(|key, _| is_known(&key.plugin));
        self.has_changed |= self.told.len() != before;
    }

    /// The file, when it does not have everything yet.
    pub(super) fn take_unsaved(&mut self) -> Option<ToldFile> {
        let is_later = self.next_try.is_some_and(|next| Instant::now() < next);
        if is_later || !std::mem::take(&mut self.has_changed) {
            return None;
        }
        self.file.clone()
    }

    /// Notes that the file was written, or why not; then it is tried again, which is said once.
    pub(super) fn saved(&mut self, written: Result<(), String>) {
        match written {
            Ok(()) => {
                if self.next_try.take().is_some() {
                    tracing::info!("actions: the record of notifications can be written again");
                }
            }
            Err(error) => {
                self.has_changed = true;
                if self.next_try.replace(Instant::now() + BETWEEN_TRIES).is_none() {
                    tracing::error!("actions: {error}; after a crash some would be called once more");
                }
            }
        }
    }

    /// What the file is to have.
    pub(super) fn lines(&self) -> Vec<ToldLine> {
        self.told.iter().map(|(key, told)| ToldLine::of(key, told)).collect()
    }

    /// What an action was told, for people.
    pub(super) fn describe(&self, key: &AlertKey) -> Vec<String> {
        let rfc3339 = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let told = self.told.get(key).map(|told| format!("told {} at {}", told.status, rfc3339(told.at)));
        let failed = self.failures.get(key).map(|failure| {
            let CallFailure { count, until, reason, .. } = failure;
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!("failed {times}, tried again at {}: {reason}", rfc3339(*until))
        });
        told.into_iter().chain(failed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_written_is_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut board = AlertBoard::from_file(ToldFile::in_folder(folder.path()));
        board.has_changed = true;
        assert!(board.take_unsaved().is_some() && board.take_unsaved().is_none());
        board.saved(Err("the disk is full".to_owned()));
        assert!(board.take_unsaved().is_none(), "not at once");
        board.next_try = Some(Instant::now());
        assert!(board.take_unsaved().is_some());
        board.saved(Ok(()));
        assert!(board.next_try.is_none() && board.take_unsaved().is_none());
    }

    /// Each host of a fleet has one call that fails.
    #[test]
    fn calls_that_fail_at_one_moment_do_not_follow_at_one_moment() {
        let start = Utc::now();
        let moments: std::collections::BTreeSet<_> = (0..100)
            .map(|host| {
                let key = AlertKey { plugin: "Db".into(), action: format!("Page{host}") };
                let mut board = AlertBoard::default();
                let _ = board.fail(&key, ("refused", None), start);
                let until = board.failure(&key).and_then(|failure| failure.waits_until(start)).expect("it waits");
                (until - start).num_milliseconds() / 10
            })
            .collect();
        assert!(moments.len() > 10 && moments.iter().all(|it| (500..=600).contains(it)), "{moments:?}");
    }

    #[test]
    fn calls_that_fail_wait_longer_and_longer_until_they_are_given_up() {
        let mut board = AlertBoard::default();
        let key = AlertKey { plugin: "Db".into(), action: "Page".to_owned() };
        let start = Utc::now();
        for seconds in [5, 10, 20, 40, 80, 160, 320, 600, 600] {
            let (least, wait) = (Duration::from_secs(seconds), board.fail(&key, ("refused", None), start));
            assert!(wait.is_some_and(|wait| wait >= least && wait < least + least / 5), "{seconds}: {wait:?}");
        }
        assert!(board.describe(&key)[0].starts_with("failed 9 times, tried again at "));
        let failure = board.failure(&key).expect("it failed");
        assert!(failure.waits_until(start).is_some_and(|until| until >= start + TimeDelta::seconds(600)));
        // The clock was years behind, or ahead.
        let years = TimeDelta::days(1000);
        assert_eq!([start + years, start - years].map(|now| failure.waits_until(now)), [None, None]);
        assert!((9..150).all(|_| board.fail(&key, ("refused", None), start + years).is_some()));
        assert_eq!(board.fail(&key, ("refused", None), start), None);
        assert!(board.failure(&key).is_none());
    }

    #[test]
    fn a_receiver_says_how_long_it_wants_no_call_and_a_fleet_comes_apart() {
        let key = AlertKey { plugin: "Db".into(), action: "Page".to_owned() };
        let now = Utc::now();
        for (asked, least) in [(90, 90), (1, 5), (u64::MAX, 3600)] {
            let asked = Some(Duration::from_secs(asked));
            let hosts: Vec<_> = (0..50).map(|_| AlertBoard::default().fail(&key, ("busy", asked), now)).collect();
            let least = Duration::from_secs(least);
            let is_right = |wait: &Option<Duration>| wait.is_some_and(|it| it >= least && it < least + least / 5);
            assert!(hosts.iter().all(is_right) && hosts.iter().any(|wait| *wait != hosts[0]), "{hosts:?}");
        }
    }
}
