//! The log of notifications: what was delivered to actions, and which calls failed.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::calendar::zone::Zone;
use smoker_model::plugin::{ActionSpec, PluginName, PluginSpec};
use smoker_model::status::Status;
use smoker_model::time::backoff::doubled;
use smoker_model::time::waits::spread;

use crate::scheduler::alerts::holds::lock::LockedPlugins;
use crate::scheduler::alerts::told::{AlertKey, Delivery, Told, ToldLine};
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

/// How long after the file could not be written it is tried again.
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// What was delivered to all actions, and which calls failed.
#[derive(Debug, Default)]
pub(crate) struct NotificationLog {
    deliveries: HashMap<AlertKey, Delivery>,
    failures: HashMap<AlertKey, CallFailure>,
    /// The plugins whose calls are held because of their maintenance locks.
    pub(super) locked: LockedPlugins,
    file: Option<ToldFile>,
    has_changed: bool,
    /// When the file is written again that could not be written the last time.
    next_try: Option<Instant>,
}

/// Calls of an action that failed in a row.
#[derive(Clone, Debug)]
pub(super) struct CallFailure {
    /// What was called: another definition of the action has not failed.
    action: ActionSpec,
    count: u32,
    /// When the next call is due.
    until: DateTime<Utc>,
    /// How long that was when the last one failed.
    wait: TimeDelta,
    reason: String,
}

impl CallFailure {
    /// Until when the next call of an action waits; none when it is due.
    pub(super) fn waits_until(&self, action: &ActionSpec, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        // A later time is one of before the clock was set back.
        let latest = now + self.wait;
        Some(self.until).filter(|until| self.action == *action && *until > now && *until <= latest)
    }
}

impl NotificationLog {
    /// What a file has, which has it from now on.
    pub(super) fn from_file(file: ToldFile) -> Self {
        Self { deliveries: file.read().into_iter().collect(), file: Some(file), ..Self::default() }
    }

    /// Since when plugins are bad by what was told of them.
    pub(super) fn bad_since(&self) -> Vec<(PluginName, DateTime<Utc>)> {
        let bad = |(key, delivery): (&AlertKey, &Delivery)| {
            let told = delivery.confirmed.as_ref().filter(|told| told.status != Status::Ok)?;
            Some((key.plugin.clone(), told.bad_since?))
        };
        self.deliveries.iter().filter_map(bad).collect()
    }

    /// Whether anything was told of a plugin.
    pub(crate) fn knows(&self, plugin: &PluginName) -> bool {
        self.deliveries.keys().any(|key| key.plugin == *plugin)
    }

    /// What was delivered to an action.
    pub(super) fn delivery(&self, key: &AlertKey) -> Delivery {
        self.deliveries.get(key).cloned().unwrap_or_default()
    }

    /// Whether the last call failed.
    pub(super) fn failure(&self, key: &AlertKey) -> Option<&CallFailure> {
        self.failures.get(key)
    }

    /// Notes what an action was told for certain, or what counts as that.
    pub(super) fn confirm(&mut self, key: AlertKey, told: Told) {
        self.failures.remove(&key);
        self.has_changed = true;
        self.deliveries.insert(key, Delivery { confirmed: Some(told), ..Delivery::default() });
    }

    /// Notes that a call begins which tells this. Until it has succeeded, nobody knows whether it was told.
    pub(super) fn begin(&mut self, key: &AlertKey, told: &Told) {
        let delivery = self.deliveries.entry(key.clone()).or_default();
        let before = delivery.unconfirmed.take();
        self.has_changed |= before.as_ref().is_none_or(|before| before.status != told.status);
        // How long it was bad is told with its end.
        let bad_since = told.bad_since.or_else(|| before.as_ref().and_then(|before| before.bad_since));
        delivery.earlier_unconfirmed.splice(0..0, before);
        delivery.earlier_unconfirmed.retain(|before| before.status != told.status);
        delivery.unconfirmed = Some(Told { bad_since, ..told.clone() });
    }

    /// Notes that nothing is to be told any more.
    pub(super) fn forget_failure(&mut self, key: &AlertKey) {
        self.failures.remove(key);
    }

    /// Notes that a call failed, where the receiver may have asked for a wait. Returns how long the next one waits, the same time for all
    /// that it told, so that they are told together again; and what is not told any more, because calls have failed for long.
    pub(super) fn fail(
        &mut self,
        (tells, action): (&[(AlertKey, Told)], &ActionSpec),
        (reason, asked): (&str, Option<Duration>),
        now: DateTime<Utc>,
    ) -> (Option<Duration>, Vec<(AlertKey, Told)>) {
        let before = |log: &mut Self, key: &AlertKey| {
            log.failures.remove(key).filter(|before| before.action == *action).map_or(0, |before| before.count)
        };
        let counts: Vec<_> = tells.iter().map(|(key, _)| before(self, key)).collect();
        let (kept, given_up): (Vec<_>, Vec<_>) = tells.iter().zip(counts).partition(|(_, count)| *count < GIVE_UP);
        let given_up = given_up.into_iter().map(|(told, _)| told.clone()).collect();
        let Some(most) = kept.iter().map(|(_, count)| *count).max() else { return (None, given_up) };
        let backoff = doubled(SHORTEST_BACKOFF, LONGEST_BACKOFF, most);
        // A receiver that asks for less is given up no sooner.
        let wait = asked.map_or(backoff, |asked| asked.min(LONGEST_ASKED).max(backoff));
        let wait = spread(wait, wait / 5);
        let by = TimeDelta::from_std(wait).unwrap_or_default();
        for ((key, _), count) in kept {
            let (action, reason) = (action.clone(), reason.to_owned());
            let failure = CallFailure { action, count: count + 1, until: now + by, wait: by, reason };
            self.failures.insert(key.clone(), failure);
        }
        (Some(wait), given_up)
    }

    /// Keeps only what is about these plugins.
    pub(super) fn retain(&mut self, is_known: impl Fn(&PluginName) -> bool) {
        let before = self.deliveries.len();
        self.deliveries.retain(|key, _| is_known(&key.plugin));
        self.failures.retain(|key, _| is_known(&key.plugin));
        self.has_changed |= self.deliveries.len() != before;
    }

    /// Takes over what is known to the actions that plugins have now, where an action has another place among them than before: its receiver
    /// has heard what it has heard. What is left is about actions that these plugins do not have any more, and is forgotten; what of it said
    /// that a plugin is bad is returned.
    pub(super) fn carry_over<'a>(&mut self, specs: impl Iterator<Item = &'a PluginSpec>) -> Vec<AlertKey> {
        let mut known = HashMap::<PluginName, Vec<AlertKey>>::new();
        for key in self.deliveries.keys() {
            known.entry(key.plugin.clone()).or_default().push(key.clone());
        }
        let mut ended = Vec::new();
        for spec in specs {
            let Some(mut left) = known.remove(&spec.name) else { continue };
            let keys: Vec<_> = spec.actions.iter().map(|action| (AlertKey::of(spec, action), action)).collect();
            left.retain(|key| !keys.iter().any(|(of_action, _)| of_action == key));
            left.sort_by(|one, other| one.place().total_cmp(&other.place()));
            let ways: [fn(&AlertKey, &ActionSpec) -> bool; 2] = [AlertKey::is_older_one_of, AlertKey::has_name_of];
            for is_same in ways {
                for (key, action) in &keys {
                    let at = left.iter().position(|before| is_same(before, action));
                    let Some(at) = at.filter(|_| !self.deliveries.contains_key(key)) else { continue };
                    let before = self.forget(&left.remove(at));
                    self.deliveries.insert(key.clone(), before);
                }
            }
            ended.extend(left.into_iter().filter(|key| self.forget(key).all().any(|told| told.status != Status::Ok)));
        }
        ended
    }

    fn forget(&mut self, key: &AlertKey) -> Delivery {
        self.has_changed = true;
        self.failures.remove(key);
        self.deliveries.remove(key).unwrap_or_default()
    }

    /// The file, when it does not have everything yet, and is not to be tried later because it could not be written.
    pub(super) fn take_unsaved(&mut self) -> Option<ToldFile> {
        let is_later = self.next_try.is_some_and(|next| Instant::now() < next);
        if is_later { None } else { self.take_unsaved_now() }
    }

    /// The same, whenever it could not be written the last time.
    pub(super) fn take_unsaved_now(&mut self) -> Option<ToldFile> {
        if std::mem::take(&mut self.has_changed) { self.file.clone() } else { None }
    }

    /// When the file is tried again that could not be written the last time.
    pub(super) fn next_save(&self) -> Option<Instant> {
        self.next_try.filter(|_| self.has_changed && self.file.is_some())
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
        self.deliveries.iter().map(|(key, delivery)| ToldLine::of(key, delivery)).collect()
    }

    /// What an action was told, for people, by the clocks of a zone.
    pub(super) fn describe(&self, key: &AlertKey, zone: &Zone) -> Vec<String> {
        let told = self.deliveries.get(key).and_then(|delivery| delivery.confirmed.as_ref());
        let told = told.map(|told| format!("told {} at {}", told.status, zone.shown(told.at)));
        let failed = self.failures.get(key).map(|failure| {
            let CallFailure { count, until, reason, .. } = failure;
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!("failed {times}, tried again at {}: {reason}", zone.shown(*until))
        });
        told.into_iter().chain(failed).collect()
    }
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;
    use smoker_model::plugin::ActionRules;
    use smoker_model::value::Value;

    use super::*;

    fn action() -> ActionSpec {
        ActionSpec {
            name: Some("Page".to_owned()),
            parameters: Value::Map(Vec::new()),
            own_parameters: IndexMap::new(),
            invocation: None,
            rules: ActionRules::default(),
        }
    }

    /// How long the next call waits after one that told of this plugin alone failed.
    fn failed(
        log: &mut NotificationLog,
        key: &AlertKey,
        (reason, asked): (&str, Option<Duration>),
        now: DateTime<Utc>,
    ) -> Option<Duration> {
        let told = Told { status: Status::Error, sequence: 1, at: now, bad_since: None };
        log.fail((&[(key.clone(), told)], &action()), (reason, asked), now).0
    }

    #[test]
    fn what_a_call_told_together_is_told_together_again() {
        let mut log = NotificationLog::default();
        let now = Utc::now();
        let told = Told { status: Status::Error, sequence: 1, at: now, bad_since: None };
        let key = |number: usize| AlertKey { plugin: format!("p{number}").as_str().into(), action: "Page".to_owned() };
        let tells: Vec<_> = (0..100).map(|number| (key(number), told.clone())).collect();
        for _ in 0..3 {
            let (wait, given_up) = log.fail((&tells, &action()), ("refused", None), now);
            assert!(wait.is_some() && given_up.is_empty());
        }
        let until = |number| log.failure(&key(number)).and_then(|failure| failure.waits_until(&action(), now));
        assert!(until(0).is_some() && (0..100).all(|number| until(number) == until(0)));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_tried_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut log = NotificationLog::from_file(ToldFile::in_folder(folder.path()));
        log.has_changed = true;
        assert!(log.take_unsaved().is_some() && log.take_unsaved().is_none());
        assert_eq!(log.next_save(), None);
        log.saved(Err("the disk is full".to_owned()));
        assert!(log.take_unsaved().is_none(), "not at once");
        assert!(log.next_save().is_some_and(|next| next > Instant::now()), "without another event");
        assert!(log.take_unsaved_now().is_some(), "at once when the daemon ends");
        log.saved(Err("the disk is full".to_owned()));
        log.next_try = Some(Instant::now());
        assert!(log.take_unsaved().is_some());
        log.saved(Ok(()));
        assert!(log.next_try.is_none() && log.next_save().is_none() && log.take_unsaved().is_none());
    }

    /// The one that is told last is where older daemons look for it.
    #[test]
    fn all_that_was_tried_is_kept_in_the_file_until_a_call_succeeds() {
        use Status::{Error, Ok, Warn};
        let folder = tempfile::tempdir().expect("a folder");
        let file = ToldFile::in_folder(folder.path());
        let (mut log, now) = (NotificationLog::from_file(file.clone()), Utc::now());
        let key = AlertKey { plugin: "Db".into(), action: "Page".to_owned() };
        let told = |status| Told { status, sequence: 1, at: now, bad_since: None };
        for status in [Warn, Error, Warn, Ok, Error] {
            log.begin(&key, &told(status));
        }
        let statuses = |log: &NotificationLog| log.delivery(&key).all().map(|told| told.status).collect::<Vec<_>>();
        assert_eq!(statuses(&log), [Error, Ok, Warn]);
        assert_eq!(log.delivery(&key).bad_beside(Ok, Some(Error)), [Warn]);
        file.write(|| log.lines()).expect("it can be written");
        let mut restored = NotificationLog::from_file(file);
        assert_eq!(restored.delivery(&key), log.delivery(&key));
        restored.confirm(key.clone(), told(Ok));
        assert_eq!(statuses(&restored), [Ok]);
    }

    /// Each host of a fleet has one call that fails.
    #[test]
    fn calls_that_fail_at_one_moment_do_not_follow_at_one_moment() {
        let start = Utc::now();
        let moments: std::collections::BTreeSet<_> = (0..100)
            .map(|host| {
                let key = AlertKey { plugin: "Db".into(), action: format!("Page{host}") };
                let mut log = NotificationLog::default();
                let _ = failed(&mut log, &key, ("refused", None), start);
                let until =
                    log.failure(&key).and_then(|failure| failure.waits_until(&action(), start)).expect("it waits");
                (until - start).num_milliseconds() / 10
            })
            .collect();
        assert!(moments.len() > 10 && moments.iter().all(|it| (500..=600).contains(it)), "{moments:?}");
    }

    #[test]
    fn calls_that_fail_wait_longer_and_longer_until_they_are_given_up() {
        let mut log = NotificationLog::default();
        let key = AlertKey { plugin: "Db".into(), action: "Page".to_owned() };
        let start = Utc::now();
        for seconds in [5, 10, 20, 40, 80, 160, 320, 600, 600] {
            let (least, wait) = (Duration::from_secs(seconds), failed(&mut log, &key, ("refused", None), start));
            assert!(wait.is_some_and(|wait| wait >= least && wait < least + least / 5), "{seconds}: {wait:?}");
        }
        assert!(log.describe(&key, &Zone::Machine)[0].starts_with("failed 9 times, tried again at "));
        let failure = log.failure(&key).expect("it failed");
        assert!(failure.waits_until(&action(), start).is_some_and(|until| until >= start + TimeDelta::seconds(600)));
        let other = ActionSpec { own_parameters: IndexMap::from([("Url".to_owned(), Value::Null)]), ..action() };
        assert_eq!(failure.waits_until(&other, start), None, "another definition has not failed");
        // The clock was years behind, or ahead.
        let years = TimeDelta::days(1000);
        assert_eq!([start + years, start - years].map(|now| failure.waits_until(&action(), now)), [None, None]);
        assert!((9..150).all(|_| failed(&mut log, &key, ("refused", None), start + years).is_some()));
        assert_eq!(failed(&mut log, &key, ("refused", None), start), None);
        assert!(log.failure(&key).is_none());
    }

    #[test]
    fn a_receiver_says_how_long_it_wants_no_call_and_a_fleet_comes_apart() {
        let key = AlertKey { plugin: "Db".into(), action: "Page".to_owned() };
        let now = Utc::now();
        for (asked, least) in [(90, 90), (1, 5), (u64::MAX, 3600)] {
            let asked = Some(Duration::from_secs(asked));
            let hosts: Vec<_> =
                (0..50).map(|_| failed(&mut NotificationLog::default(), &key, ("busy", asked), now)).collect();
            let least = Duration::from_secs(least);
            let is_right = |wait: &Option<Duration>| wait.is_some_and(|it| it >= least && it < least + least / 5);
            assert!(hosts.iter().all(is_right) && hosts.iter().any(|wait| *wait != hosts[0]), "{hosts:?}");
        }
    }
}
