//! Explains a plugin: when it runs, why not, and what its configuration comes from.

use chrono::{DateTime, Utc};
use serde_json::Value as Json;
use smoker_config::problem::Location;
use smoker_model::calendar::maintenance;
use smoker_model::calendar::zone::Zone;
use smoker_model::counted::counted;
use smoker_model::plugin::{ActionOn, ActionSpec, OnParentBad, PluginName, PluginSpec, RunAs, Trigger};
use smoker_model::secrets::mask::masked;
use smoker_model::time::moment::Moment;
use smoker_model::value::Value;
use smoker_model::wire::explanation::{ExplainedParameter, ExplainedRun, Explanation};
use smoker_model::wire::result::stored;
use smoker_model::wire::silences::PluginSilence;

use crate::results::json_text;
use crate::results::plugin_entry::PluginNow;
use crate::results::queries::run_query::{RunQuery, StoredRun};
use crate::scheduler::manager::PluginManager;
use crate::scheduler::schedule::plan::Schedule;
use crate::scheduler::schedule::upcoming::upcoming;

/// How many runs of the future, and of the past, are shown.
const RUNS: usize = 5;

/// What is known of a plugin by its configuration alone, and by what a daemon knows of it.
pub(crate) fn of(
    spec: &PluginSpec,
    places: &[(String, Option<Location>)],
    known: Option<&PluginNow>,
    now: Moment,
) -> Explanation {
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
        in_the_way: in_the_way(spec, known, retry, now.wall),
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

fn schedule(spec: &PluginSpec) -> Vec<String> {
    let mut lines = Vec::new();
    match &spec.trigger {
        None if spec.rules.after.is_empty() => {
            lines.push("on request only: it has none of Interval, Cron, At and After".to_owned());
        }
        None => lines.push(format!("after {}: it has no time of its own", list(&spec.rules.after))),
        Some(Trigger::Every { interval, splay }) => {
            lines.push(format!("each {} s, first runs spread over {} s", interval.as_secs_f64(), splay.as_secs_f64()));
        }
        Some(Trigger::Calendar { schedule, splay }) => {
            let patterns: Vec<_> = schedule.patterns.iter().map(|pattern| format!("'{}'", pattern.text())).collect();
            let zone = schedule.zone.name().unwrap_or("the machine's time zone");
            let spread =
                if splay.is_zero() { String::new() } else { format!(", spread over {} s", splay.as_secs_f64()) };
            lines.push(format!("at {} in {zone}{spread}", patterns.join(", ")));
        }
    }
    if let Some(retries) = spec.rules.retries.filter(|retries| *retries > 1) {
        let interval = spec
            .rules
            .retry_interval
            .map_or_else(String::new, |it| format!(", tried again after {} s", it.as_secs_f64()));
        lines.push(format!("a result is soft until it was bad {} in a row{interval}", counted(retries, "time")));
    }
    if let Some(lock) = &spec.maintenance_lock {
        lines.push(format!("not while {} exists (MaintenanceLock)", lock.display()));
    }
    lines
}

fn limits(spec: &PluginSpec) -> Vec<String> {
    let invocation = &spec.invocation;
    let process = &invocation.process;
    let mut lines = vec![
        format!("Timeout {} s", invocation.timeout.text),
        format!("MaxOutput {} bytes of each stream", invocation.max_output),
        format!("History {}, HistoryFailures {}", counted(spec.history, "result"), spec.history_failures),
    ];
    lines.extend(process.max_memory.map(|bytes| format!("MaxMemory {bytes} bytes")));
    lines.extend(process.max_processes.map(|count| format!("MaxProcesses {count}")));
    lines.extend(process.nice.map(|nice| format!("Nice {nice}")));
    lines.push(match &spec.run_as {
        RunAs::Daemon => "the account of the daemon".to_owned(),
        RunAs::Account { user, group } => format!("uid {user}, gid {group}"),
        RunAs::Unusable(reason) => format!("no account: {reason}"),
    });
    if spec.serial {
        lines.push("its runs wait for each other (Serial)".to_owned());
    }
    lines.extend(
        spec.rules
            .serial_group
            .as_ref()
            .map(|group| format!("its runs wait for those of the group {group} (SerialGroup)")),
    );
    lines
}

fn relations(spec: &PluginSpec) -> Vec<String> {
    let rules = &spec.rules;
    let mut lines = Vec::new();
    if !rules.depends_on.is_empty() {
        let what = match rules.on_parent_bad {
            OnParentBad::Skip => "is skipped while one of them is bad",
            OnParentBad::Run => "runs also while one of them is bad",
        };
        lines.push(format!("depends on {}, and {what}", list(&rules.depends_on)));
    }
    if !rules.after.is_empty() {
        lines.push(format!("runs after {}, when that ends OK", list(&rules.after)));
    }
    if spec.actions.is_empty() {
        lines.push("no action follows its results".to_owned());
    } else {
        let name = |action: &ActionSpec| {
            let name = action.name.as_deref().unwrap_or("its own");
            match (action.rules.on, action.rules.escalates_after) {
                (_, Some(after)) => format!("{name} (when it has been bad for {} s)", after.as_secs_f64()),
                (ActionOn::Always, None) => name.to_owned(),
                (on, None) => format!("{name} (on {})", on.as_str()),
            }
        };
        lines.push(format!("actions: {}", spec.actions.iter().map(name).collect::<Vec<_>>().join(", ")));
    }
    lines
}

fn list(names: &[PluginName]) -> String {
    names.iter().map(PluginName::as_str).collect::<Vec<_>>().join(", ")
}

fn in_the_way(
    spec: &PluginSpec,
    known: Option<&PluginNow>,
    retry: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Vec<String> {
    let mut lines = Vec::new();
    let zone = &spec.rules.zone;
    let end = maintenance::end_at(&spec.rules.maintenance, now);
    lines.extend(end.map(|end| format!("Maintenance until {}: no run takes place", zone.shown(end))));
    if let Some(only) = spec.rules.only.as_ref().filter(|only| !only.has(now)) {
        let next = only.next_from(now).map_or_else(|| "never".to_owned(), |next| zone.shown(next));
        lines.push(format!("Only: scheduled runs take place again from {next} on"));
    }
    let Some(known) = known else { return lines };
    lines.extend(known.skipped.as_ref().map(|reason| format!("its runs are skipped: {reason}")));
    lines.extend(known.attempt.filter(|attempt| attempt.is_soft).map(|attempt| {
        let retries = spec.rules.retries.unwrap_or_default();
        let again = retry.map_or_else(String::new, |at| format!(", tried again at {}", zone.shown(at)));
        format!("the last result is soft: attempt {} of {retries}{again}", attempt.number)
    }));
    if known.is_flapping {
        lines.push("it is flapping: its status changes too often".to_owned());
    }
    lines.extend(known.silence.as_ref().map(|PluginSilence { until, by, reason, .. }| {
        let until = until.parse().map_or_else(|_| until.clone(), |until| zone.shown(until));
        format!("no action follows: silenced until {until} by {by}: {reason}")
    }));
    if known.runs_skipped > 0 {
        lines.push(format!(
            "{} scheduled runs were skipped since the start; the log has the reasons",
            known.runs_skipped
        ));
    }
    lines
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
        let mut explanation = of(spec, &places, known.as_ref(), self.0.context.clock.now());
        explanation.relations.extend(self.alert_lines(&plugin));
        let query = RunQuery { plugin: Some(name.clone()), limit: RUNS, ..RunQuery::default() };
        let runs = self.state().runs(query).await.map(|page| page.runs).unwrap_or_default();
        explanation.last_runs = runs.iter().map(|it| run(it, &spec.rules.zone)).collect();
        Some(explanation)
    }
}

fn run(run: &StoredRun, zone: &Zone) -> ExplainedRun {
    let facts = &run.facts;
    ExplainedRun {
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
    use crate::results::plugin::standing::Attempt;

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
            let explanation = of(&spec, &[], Some(&known), now);
            let next: Vec<_> = explanation.next_runs.iter().map(String::as_str).collect();
            assert_eq!(next[..2], ["2026-12-01T08:50:00+00:00", "2026-12-02T08:50:00+00:00"]);
            let shown = retry.replace('Z', "+00:00");
            let soft = format!("the last result is soft: attempt 1 of 3, tried again at {shown}");
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
        let explanation = of(&config.plugins[1], &places, None, now);
        let lines = explanation.lines().join("\n");
        let next: Vec<_> = explanation.next_runs.iter().map(String::as_str).collect();
        assert_eq!(next[..2], ["2026-03-30T02:30:00+02:00", "2026-03-31T02:30:00+02:00"]);
        assert_eq!(next.len(), RUNS);
        for part in [
            "at '30 2 * * *' in Europe/Prague",
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
