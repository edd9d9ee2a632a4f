//! `--test-action`: one action of the configuration, called once with a result that is made up.

use std::path::Path;

use chrono::{TimeDelta, Utc};
use smoker_config::config;
use smoker_logging::log;
use smoker_logging::records::level::Level;
use smoker_model::messages::{Level as MessageLevel, Messages};
use smoker_model::occasion::{Occasion, OccasionEvent};
use smoker_model::plugin::PluginSpec;
use smoker_model::result::{ActionRun, Findings, TEST};
use smoker_model::status::Status;
use smoker_model::suggest;
use smoker_model::time::moment::Moment;
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::trace::recorder::TraceRecorder;
use std::sync::Arc;
use tokio::runtime::Builder;

use crate::output;
use crate::service::error::StartError;
use crate::service::logger_names::LOGGER_NAMES;
use crate::service::privileges;
use crate::service::signals;
use crate::standalone::{self, Outcome};
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::configuration::ENVIRONMENT;
use crate::test_plugin::action_trial::ActionTrial;
use crate::test_plugin::exit::{code, fail};
use crate::test_plugin::selection::Selection;
use crate::test_plugin::test_request::{ActionTestRequest, TestRequest, TrialFormat};
use crate::test_plugin::{json, text};

/// How long the plugin has been bad, as the action is told.
const BAD_FOR: TimeDelta = TimeDelta::minutes(5);

/// Calls the action, prints the report and returns the exit code.
pub(crate) fn run(request: &ActionTestRequest, config: &Path, trusted: &[String], log_level: Level) -> u8 {
    log::to_standard_error(log_level, &LOGGER_NAMES);
    let plugin = match plugin_with(&request.action, config) {
        Ok(plugin) => plugin,
        Err(error) => return fail(&error),
    };
    let test = TestRequest { plugin, parameters: Vec::new(), with_action: true, format: request.format };
    let selection = match Selection::of(&test, config, trusted) {
        Ok(selection) => selection,
        Err(error) => return fail(&error),
    };
    let (trial, was_interrupted) = match call(selection, request) {
        Ok(trial) => trial,
        Err(error) => return fail(&error),
    };
    let report = match request.format {
        TrialFormat::Text => text::of_action(&trial),
        TrialFormat::Json => json::of_action(&trial),
    };
    match output::print(&report) {
        Err(error) => fail(&error),
        Ok(()) => code(trial.ran.result.status, was_interrupted),
    }
}

/// The first plugin of the configuration that has the action.
fn plugin_with(action: &str, path: &Path) -> Result<String, String> {
    let (read, what) = (path.to_owned(), path.display().to_string());
    let loaded = bounded_read::within(READ_LIMIT, &what, move || config::load(&read, ENVIRONMENT));
    let config = loaded.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    let names = |spec: &PluginSpec| -> Vec<String> { spec.actions.iter().filter_map(|it| it.name.clone()).collect() };
    let found = config.plugins.iter().find(|spec| names(spec).iter().any(|name| name == action));
    found.map(|spec| spec.name.to_string()).ok_or_else(|| {
        let all: Vec<_> = config.plugins.iter().flat_map(names).collect();
        let known: Vec<_> = all.iter().map(String::as_str).collect();
        let next = match suggest::near(action, &known) {
            Some(near) => format!("did you mean {near}?"),
            None => "an action is tested with the account and the parameters of a plugin that names it".to_owned(),
        };
        format!("no plugin of {what} has an action {action}; {next}")
    })
}

fn call(selection: Selection, request: &ActionTestRequest) -> Result<(ActionTrial, bool), StartError> {
    let Selection { mut spec, settings, python, .. } = selection;
    spec.actions.retain(|action| action.name.as_deref() == Some(&request.action));
    spec.actions.truncate(1);
    signals::block_signals();
    if let Some(credentials) = privileges::credentials_of(&settings)? {
        privileges::drop_privileges(&credentials)?;
    }
    let plugin = PreparedPlugin::new(Arc::new(spec));
    let runtime = Builder::new_current_thread().enable_all().build().map_err(StartError::Runtime)?;
    let (status, spec) = (request.status, Arc::clone(plugin.spec()));
    let ran = standalone::run(python, "this test", async |runner, cancel| {
        let recorder = TraceRecorder::default();
        let run = runner.begin(&plugin, RunKind::Forced, cancel).traced_by(&recorder);
        let mut result = sample(&request.action, status);
        let now = Utc::now();
        let is_bad = status != Status::Ok;
        let (event, previous) =
            if is_bad { (OccasionEvent::Problem, Status::Ok) } else { (OccasionEvent::Recovery, Status::Error) };
        let since = if is_bad { now } else { now - BAD_FOR };
        let mut occasion = Occasion::of_result(&spec.name, &result, Some((previous, since)));
        (occasion.event, occasion.bad_since) = (event, Some(since));
        for told in &mut occasion.plugins {
            (told.event, told.bad_since) = (event, Some(since));
        }
        let ran = match spec.actions.first() {
            Some(action) => Some(run.act(action, &mut result, &occasion).await),
            None => None,
        };
        drop(run);
        (ran, recorder.finish().await)
    });
    let Outcome { results: (ran, trace), was_interrupted } = runtime.block_on(ran).map_err(StartError::Runtime)?;
    let ran = ran.unwrap_or_else(|| ActionRun {
        name: Some(request.action.clone()),
        result: Findings::error("it was not called").into_result(Moment::now(), false),
    });
    Ok((ActionTrial { spec: Arc::clone(plugin.spec()), told: status, trace, ran }, was_interrupted))
}

/// The result that the action follows.
fn sample(action: &str, status: Status) -> smoker_model::result::PluginResult {
    let level = match status {
        Status::Ok => MessageLevel::Info,
        Status::Warn => MessageLevel::Warn,
        Status::Error | Status::Unknown => MessageLevel::Error,
    };
    let text = format!("a test of the action {action}; nothing has happened");
    let mut findings = Findings::new(status, Messages::of(level, &text));
    findings.extra.insert(TEST.to_owned(), true.into());
    findings.into_result(Moment::now(), false)
}
