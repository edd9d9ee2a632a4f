//! *Check*: from the maintenance lock to the result of a plugin's command or module.

use std::io;
use std::path::Path;
use std::time::Duration;

use smoker_model::calendar::maintenance;
use smoker_model::counted::counted;
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::Execution;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::result::{Findings, PluginResult};
use smoker_model::status::Status;
use smoker_model::time::moment::Moment;
use smoker_model::time::timestamp::Timestamp;
use tokio::time::timeout;

use crate::command::CommandRun;
use crate::context::RunContext;
use crate::modules::dispatch::{ModuleRun, Modules};
use crate::modules::module_name;
use crate::prepared::PreparedPlugin;
use crate::{detached, memory_kills, output};

/// What came of a check.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckOutcome {
    /// The plugin ran, whatever became of that: an action may follow.
    Ran(PluginResult),
    /// The plugin did not run, because of a window of maintenance or its maintenance lock, or because
    /// looking for that failed. No action follows.
    NotRun(PluginResult),
}

/// What a result says whose plugin was not run because of its maintenance lock.
pub const LOCKED: &str = "Skipped because of maintenance in progress";

/// Runs the plugin, unless there is maintenance by this time, or else by the machine's clock.
pub(crate) async fn run(context: RunContext<'_>, now: Option<Moment>, modules: &Modules) -> CheckOutcome {
    let started = Moment::now();
    let forced = context.kind.is_forced();
    if let Some(reason) = maintenance(context, now.unwrap_or(started)).await {
        return CheckOutcome::NotRun(reason.into_result(started, forced));
    }
    let findings = match left_behind(context) {
        Some(reason) => Findings::fault(&reason),
        None => memory_kills::noted(findings(context, modules).await, context),
    };
    let result = findings.into_result(started, forced);
    if let Some(trace) = context.trace {
        trace.duration(result.duration);
    }
    CheckOutcome::Ran(result)
}

/// Why a plugin is not run that has left processes which nothing could end; none when it has left none. Its actions run, since
/// somebody has to hear of it.
fn left_behind(context: RunContext<'_>) -> Option<String> {
    /// How many processes the message names.
    const MAX_NAMED: usize = 5;

    let pids = context.processes.earlier_survivors();
    if pids.is_empty() {
        return None;
    }
    let named: Vec<_> = pids.iter().take(MAX_NAMED).map(ToString::to_string).collect();
    let named = named.join(", ");
    let more = if pids.len() > MAX_NAMED { ", ..." } else { "" };
    let (wait, are) = if pids.len() == 1 { ("it waits", "it is") } else { ("they wait", "they are") };
    Some(format!(
        "Not run: an earlier run left {} that could not be killed ({named}{more}); {wait} in the kernel, as on a file \
         server that does not answer, and each run could add one. The plugin runs again when {are} gone",
        counted(pids.len(), "process")
    ))
}

async fn findings(context: RunContext<'_>, modules: &Modules) -> Findings {
    let spec = context.plugin.spec();
    let invocation = &spec.invocation;
    match &invocation.execution {
        Execution::Module(name) | Execution::Check(name) => {
            let kind = match invocation.execution {
                Execution::Check(_) => ModuleKind::Check,
                _ => ModuleKind::Plugin,
            };
            if let Some(reason) = module_name::mistake_of_plugin("Module", &spec.parameters) {
                return Findings::fault(&reason);
            }
            let module = ModuleRun { kind, name, invocation, parameters: &spec.parameters, result: None };
            modules.run(&module, context).await
        }
        Execution::Command { command, parser } => {
            let environment = context.plugin.environment();
            let command = CommandRun { command, invocation, values: &spec.parameters, environment };
            let outcome = match command.run(context).await {
                Ok(outcome) => outcome,
                Err(reason) => return Findings::fault(&reason),
            };
            if let Some(trace) = context.trace {
                trace.command_outcome(&outcome);
            }
            let findings = match (command.cut_short(&outcome), parser) {
                (Some(findings), _) => findings,
                (None, Some(parser)) => modules.parse(parser, &outcome, context).await,
                (None, None) => output::findings(&outcome),
            };
            Findings { end: outcome.end.run_end(), ..findings }
        }
    }
}

/// Why the plugin is not to run now; none when it is.
async fn maintenance(context: RunContext<'_>, now: Moment) -> Option<Findings> {
    let skipped = |until: &str| Findings::new(Status::Warn, Messages::of(Level::Warn, &format!("{LOCKED}{until}")));
    let windows = &context.plugin.spec().rules.maintenance;
    if let Some(end) = maintenance::end_at(windows, now.wall) {
        return Some(skipped(&format!(", until {}", Timestamp::from(end))));
    }
    let lock = context.plugin.spec().maintenance_lock.as_ref()?;
    let limit = &context.plugin.spec().invocation.timeout;
    let shown = lock.display();
    match lock_exists(lock, context.plugin, limit.duration).await {
        Some(Ok(false)) => None,
        Some(Ok(true)) => {
            if let Some(trace) = context.trace {
                trace.maintenance_lock(&lock.to_string_lossy());
            }
            Some(skipped(""))
        }
        Some(Err(error)) => Some(Findings::fault(&format!("cannot look for MaintenanceLock {shown}: {error}"))),
        None => Some(Findings::fault(&format!(
            "Execution timeout after {} seconds, while looking for MaintenanceLock {shown}",
            limit.text
        ))),
    }
}

/// Whether the plugin's maintenance lock is there. False without one, and when it cannot be looked for within `limit`.
pub async fn is_locked(plugin: &PreparedPlugin, limit: Duration) -> bool {
    match &plugin.spec().maintenance_lock {
        Some(lock) => lock_exists(lock, plugin, limit).await.is_some_and(|exists| exists.unwrap_or(false)),
        None => false,
    }
}

/// Looks for the maintenance lock within `limit`, not on a thread of the runtime: a file server that is gone answers late or
/// never. None when that takes longer. A plugin has one such check at a time, so that checks that never return do not use up
/// the threads.
///
/// # Errors
///
/// When the system does not say whether it is there.
pub async fn lock_exists(lock: &Path, plugin: &PreparedPlugin, limit: Duration) -> Option<io::Result<bool>> {
    let path = lock.to_owned();
    let look = async {
        let turn = plugin.lock_check().lock_owned().await;
        let look = move || {
            let _turn = turn;
            path.exists()
        };
        detached::run_blocking(look).await
    };
    timeout(limit, look).await.ok()
}
