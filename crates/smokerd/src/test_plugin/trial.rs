//! One run of a plugin and its outcome.

use std::sync::Arc;

use smoker_model::occasion::Occasion;
use smoker_model::plugin::{Execution, PluginSpec};
use smoker_model::result::PluginResult;
use smoker_model::suggest;
use smoker_runner::context::RunKind;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::trace::recorder::TraceRecorder;
use smoker_runner::trace::run_trace::{Exit, RunTrace};
use tokio::runtime::Builder;

use crate::scheduler::actions::{Acting, check_and_act};
use crate::service::error::StartError;
use crate::service::privileges;
use crate::service::signals;
use crate::standalone::{self, Outcome};
use crate::test_plugin::explain;
use crate::test_plugin::selection::Selection;

/// A plugin that was tried.
#[derive(Debug)]
pub(crate) struct Trial {
    pub(crate) spec: Arc<PluginSpec>,
    /// The uid and gid that it ran with, when they are not the daemon's.
    pub(crate) ids: Option<(u32, u32)>,
    pub(crate) trace: RunTrace,
    pub(crate) result: PluginResult,
    /// The errors in the plugin's configuration and in its output.
    pub(crate) problems: Vec<String>,
    /// What was not done, and why.
    pub(crate) notes: Vec<String>,
    /// Whether a signal ended it.
    pub(crate) was_interrupted: bool,
}

impl Trial {
    /// Runs the plugin as the daemon would.
    pub(crate) fn run(selection: Selection) -> Result<Self, StartError> {
        let Selection { spec, warnings, unread, left_out_actions, settings, python } = selection;
        signals::block_signals();
        if let Some(credentials) = privileges::credentials_of(&settings)? {
            privileges::drop_privileges(&credentials)?;
        }
        let plugin = PreparedPlugin::new(Arc::new(spec));
        let runtime = Builder::new_current_thread().enable_all().build().map_err(StartError::Runtime)?;
        let run = standalone::run(python, "this test", async |runner, cancel| {
            let recorder = TraceRecorder::default();
            let run = runner.begin(&plugin, RunKind::Forced, cancel).traced_by(&recorder);
            let name = &plugin.spec().name;
            let acted = check_and_act(run, |_| Acting::All, |result| Occasion::of_result(name, result, None)).await;
            (acted.result, recorder.finish().await)
        });
        let Outcome { results: (result, trace), was_interrupted } =
            runtime.block_on(run).map_err(StartError::Runtime)?;
        let spec = Arc::clone(plugin.spec());
        let mut problems: Vec<_> = warnings.iter().map(ToString::to_string).collect();
        if is_json_expected(&spec, &trace) {
            problems.extend(explain::output(&trace.stdout.text));
        }
        problems.extend(trace.invalid.iter().flat_map(explain::result));
        let unread = unread.iter().map(|name| unread_note(&spec, name));
        let notes = unread.chain(notes(&spec, &trace, left_out_actions, was_interrupted)).collect();
        let ids = plugin.credentials().as_ref().ok().and_then(Option::as_ref);
        let ids = ids.map(|ids| (ids.uid.as_raw(), ids.gid.as_raw()));
        Ok(Self { spec, ids, trace, result, problems, notes, was_interrupted })
    }
}

/// Whether the daemon tries to read the output as JSON: that of a command without a
/// parser that ended by itself, when no part of the output was cut.
fn is_json_expected(spec: &PluginSpec, trace: &RunTrace) -> bool {
    let ended = matches!(trace.exit, Some(Exit::Status(_) | Exit::Signal { .. }));
    ended && trace.stdout.cut == 0 && matches!(&spec.invocation.execution, Execution::Command { parser: None, .. })
}

/// About a parameter of the command line that changes nothing.
fn unread_note(spec: &PluginSpec, name: &str) -> String {
    let others: Vec<_> = spec.parameters.keys().map(String::as_str).filter(|other| *other != name).collect();
    let near = suggest::near(name, &others).map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    format!("nothing of the plugin reads the parameter {name}: its Command has no %({name})s{near}")
}

fn notes(spec: &PluginSpec, trace: &RunTrace, left_out_actions: usize, was_interrupted: bool) -> Vec<String> {
    let lock = trace.maintenance_lock.as_ref();
    let lock = lock.map(|path| format!("not run, because the MaintenanceLock {path} exists"));
    let action = (left_out_actions > 0).then(|| {
        let (what, them) = if left_out_actions == 1 { ("action was", "it") } else { ("actions were", "them") };
        format!("its {what} not run; --with-action runs {them}")
    });
    let end = was_interrupted.then(|| "interrupted by a signal; the result is incomplete".to_owned());
    let cuts = [("output", &trace.stdout), ("error", &trace.stderr)].into_iter().filter(|(_, it)| it.cut > 0);
    let cuts = cuts.map(|(stream, printed)| {
        let (cut, limit) = (printed.cut, spec.invocation.max_output);
        format!("MaxOutput ({limit} bytes) cut {cut} bytes from the middle of standard {stream}")
    });
    let has_parser = matches!(spec.invocation.execution, Execution::Command { .. }) && !trace.printed.is_empty();
    let parser = has_parser.then(|| format!("the parser printed:\n{}", trace.printed));
    lock.into_iter().chain(action).chain(end).chain(cuts).chain(parser).collect()
}
