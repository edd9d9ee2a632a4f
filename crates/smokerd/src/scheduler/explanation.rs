//! Explains a plugin: when it runs, why not, and what its configuration comes from.

use std::path::Path;
use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value as Json;
use smoker_config::problem::Location;
use smoker_model::calendar::zone::Zone;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_model::secrets::mask::masked;
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_model::value::Value;
use smoker_model::wire::explanation::{ExplainedParameter, ExplainedRun, Explanation};
use smoker_model::wire::result::stored;
use smoker_runner::check;
use smoker_runner::prepared::PreparedPlugin;

use crate::results::json_text;
use crate::results::queries::run_query::{RunQuery, StoredRun};
use crate::scheduler::explanation::limits::limits;
use crate::scheduler::explanation::obstacles::{Known, in_the_way};
use crate::scheduler::explanation::relations::relations;
use crate::scheduler::explanation::restarts::RestartAction;
use crate::scheduler::explanation::schedule::schedule;
use crate::scheduler::explanation::skips::skipped_runs;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::schedule::upcoming::upcoming;

mod limits;
pub(crate) mod obstacles;
mod relations;
mod restarts;
mod schedule;
mod skips;

/// How many runs of the future, and of the past, are shown.
const RUNS: usize = 5;

/// How long a maintenance lock may take to be looked for: its file server may not answer.
pub(crate) const LOCK_LIMIT: Duration = Duration::from_secs(2);

/// From how long after its time on a run says when it was to start, in seconds: then it was made up for, or waited.
const LATE: i64 = 1;

/// What is known of a plugin by its configuration alone, and by what a daemon knows of it.
pub(crate) fn of(
    spec: &PluginSpec,
    places: &[(String, Option<Location>)],
    surroundings: Known<'_>,
    now: Moment,
) -> Explanation {
    let known = surroundings.plugin;
    let planned = Schedule::of(spec, now, known.and_then(|known| known.last_planned)).and_then(|plan| plan.next(now));
    let shown = known.and_then(|known| known.next_run);
    let is_soft = known.and_then(|known| known.attempt).is_some_and(|attempt| attempt.is_soft);
    // What comes before the plan, behind a soft result, is the next attempt and no run of the schedule.
    let retry = shown.filter(|shown| is_soft && planned.is_none_or(|planned| *shown < planned));
    let first = if retry.is_some() { planned } else { shown.or(planned) };
    Explanation {
        plugin: spec.name.to_string(),
        not_loaded: Vec::new(),
        schedule: schedule(spec),
        next_runs: first.map(|first| upcoming(spec, first, RUNS)).unwrap_or_default(),
        in_the_way: in_the_way(spec, surroundings, retry, now.wall),
        skipped: known.map(|known| skipped_runs(known, &spec.rules.zone)).unwrap_or_default(),
        limits: limits(spec),
        relations: relations(spec),
        parameters: parameters(spec, places),
        last_runs: Vec::new(),
    }
}

/// What is known of a plugin that is not loaded because of `reasons`: no times, since it does not run. `spec` is what can be
/// understood of it.
pub(crate) fn of_not_loaded(
    name: &str,
    spec: Option<&PluginSpec>,
    places: &[(String, Option<Location>)],
    reasons: Vec<String>,
) -> Explanation {
    let parameters = spec.map(|spec| parameters(spec, places)).unwrap_or_default();
    Explanation { plugin: name.to_owned(), not_loaded: reasons, parameters, ..Explanation::default() }
}

fn parameters(spec: &PluginSpec, places: &[(String, Option<Location>)]) -> Vec<ExplainedParameter> {
    let parameter = |(name, value): (&String, &Value)| {
        let value = serde_json::from_str(&json_text::to_text(&masked(name, value))).unwrap_or(Json::Null);
        let place = places.iter().find(|(known, _)| known == name).and_then(|(_, place)| place.as_ref());
        ExplainedParameter { name: name.clone(), value, place: place.map(ToString::to_string) }
    };
    spec.parameters.iter().map(parameter).collect()
}

impl PluginManager {
    /// Explains a plugin; none when it is not configured, or this client may not see it.
    pub(crate) async fn explain(&self, name: &PluginName) -> Option<Explanation> {
        let plugin = self.set().prepared_of(name)?;
        let spec = plugin.spec();
        let known = self.state().plugin_now(name);
        let places = match self.configuration() {
            Some(path) => {
                let name = name.to_string();
                let read = move || smoker_config::config::parameter_places(&path, &name);
                tokio::task::spawn_blocking(read).await.unwrap_or_default()
            }
            None => Vec::new(),
        };
        let leaders: Vec<_> =
            spec.rules.after.iter().filter_map(|name| self.leader_line(name, &spec.rules.zone)).collect();
        let lock = lock_in_the_way(&plugin).await;
        let surroundings = Known { plugin: known.as_ref(), leaders: &leaders, lock: lock.as_deref() };
        let mut explanation = of(spec, &places, surroundings, self.0.context.clock.now());
        explanation.relations.extend(self.alert_lines(&plugin));
        let restarts = RestartAction::of_plugin(spec);
        if !restarts.is_empty() {
            let read = move || restarts.iter().filter_map(RestartAction::line).collect::<Vec<_>>();
            explanation.relations.extend(tokio::task::spawn_blocking(read).await.unwrap_or_default());
        }
        let query = RunQuery { plugin: Some(name.clone()), limit: RUNS, ..RunQuery::default() };
        let runs = self.state().runs(query).await.map(|page| page.runs).unwrap_or_default();
        explanation.last_runs = runs.iter().map(|it| run(it, &spec.rules.zone)).collect();
        Some(explanation)
    }
}

impl PluginManager {
    /// Why a plugin that runs after this one does not run because of it; none when the newest result of this one is OK.
    fn leader_line(&self, leader: &PluginName, zone: &Zone) -> Option<String> {
        if self.set().prepared_of(leader).is_none() {
            return Some(format!("After: {leader} is not loaded, so it starts nothing"));
        }
        match self.state().last_status(leader) {
            None => Some(format!("After: {leader} has no result yet")),
            Some((Status::Ok, _)) => None,
            Some((status, since)) => {
                let since = zone.shown(since);
                Some(format!("After: {leader} is {status} since {since}; this runs when it ends OK"))
            }
        }
    }
}

/// What there is to say of the maintenance lock of a plugin, if anything.
async fn lock_in_the_way(plugin: &PreparedPlugin) -> Option<String> {
    let lock = plugin.spec().maintenance_lock.as_ref()?;
    match check::lock_exists(lock, plugin, LOCK_LIMIT).await {
        Some(Ok(false)) => None,
        Some(Ok(true)) => Some(locked(lock)),
        Some(Err(error)) => Some(format!("cannot look for MaintenanceLock {}: {error}", lock.display())),
        None => Some(format!(
            "MaintenanceLock {} was looked for, without an answer for {} s",
            lock.display(),
            LOCK_LIMIT.as_secs()
        )),
    }
}

/// What there is to say of a maintenance lock that exists.
pub(crate) fn locked(lock: &Path) -> String {
    format!("MaintenanceLock {} exists: nothing is checked", lock.display())
}

fn run(run: &StoredRun, zone: &Zone) -> ExplainedRun {
    let facts = &run.facts;
    let is_late = facts.started.signed_duration_since(facts.planned) >= TimeDelta::seconds(LATE);
    ExplainedRun {
        planned: is_late.then(|| zone.shown(facts.planned)),
        started: zone.shown(facts.started),
        status: facts.status.as_str().to_owned(),
        trigger: facts.trigger.as_str().to_owned(),
        triggered_by: facts.trigger.by().map(ToString::to_string),
        attempt: facts.attempt,
        duration: facts.duration.as_secs_f64(),
        message: message(&run.text),
    }
}

/// The reason of a result, which is written as JSON; none of one that has none, and of one that cannot be read.
fn message(text: &str) -> Option<String> {
    let object = serde_json::from_str(text).ok()?;
    stored::read(object).ok()?.reason()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use chrono::{DateTime, Utc};

    use crate::results::plugin::standing::Attempt;
    use crate::results::plugin_entry::PluginNow;

    #[test]
    fn an_attempt_is_no_run_of_the_schedule_and_one_outside_of_the_hours_takes_no_time() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {Command: x}}\nplugins:\n  Db: {Interval: 1d, Splay: 0, Only: '08:00-09:00', Timezone: UTC, Retries: 3, RetryInterval: 30m}\n";
        std::fs::write(file.path(), text).expect("writable");
        let spec = smoker_config::config::load(file.path(), |_| None).expect("it is valid").plugins.remove(0);
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let now = Moment { wall: at("2026-11-30T08:51:00Z"), monotonic: Instant::now() };
        for retry in ["2026-11-30T09:20:00Z", "2026-11-30T08:55:00Z"] {
            let attempt = Some(Attempt { number: 1, is_bad: true, is_soft: true });
            let (next_run, last_planned) = (Some(at(retry)), Some(at("2026-11-30T08:50:00Z")));
            let known = PluginNow { next_run, last_planned, attempt, ..PluginNow::default() };
            let explanation = of(&spec, &[], Known { plugin: Some(&known), ..Known::default() }, now);
            let next: Vec<_> = explanation.next_runs.iter().map(String::as_str).collect();
            assert_eq!(next[..2], ["2026-12-01T08:50:00+00:00", "2026-12-02T08:50:00+00:00"]);
            let shown = retry.replace('Z', "+00:00");
            let soft = format!("the last result is soft: attempt 1 of 3, next try at {shown}");
            assert!(explanation.in_the_way.contains(&soft), "{:?}", explanation.in_the_way);
        }
    }

    #[test]
    fn a_plugin_is_explained_by_its_configuration_alone() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let text = "templates: {BasePlugin: {Timeout: 15}}\nplugins:\n  Db: {Command: x}\n  Backup:\n    Command: backup\n    At: '02:30'\n    Timezone: Europe/Prague\n    DependsOn: Db\n    Only: Mon-Fri\n    Password: hunter2\n";
        std::fs::write(file.path(), text).expect("writable");
        let config = smoker_config::config::load(file.path(), |_| None).expect("it is valid");
        let places = smoker_config::config::parameter_places(file.path(), "Backup");
        // A Saturday, before the clocks are put forward.
        let now = Moment { wall: "2026-03-28T12:00:00Z".parse().expect("a time"), monotonic: Instant::now() };
        let explanation = of(&config.plugins[1], &places, Known::default(), now);
        let lines = explanation.lines().join("\n");
        let next: Vec<_> = explanation.next_runs.iter().map(String::as_str).collect();
        assert_eq!(next[..2], ["2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"]);
        assert_eq!(next.len(), RUNS);
        for part in [
            "at 02:30 in Europe/Prague",
            "Only: scheduled runs take place again from 2026-03-30T00:00:00+02:00 on",
            "Timeout 15 s",
            "depends on Db, and is skipped while one of them is bad",
            "no action follows its results",
            ":1:",
            ":6:5)",
            "= 10  (default)",
            "Password  = ***",
        ] {
            assert!(lines.contains(part), "{part}: {lines}");
        }
    }
}
