//! What follows a run.

use serde_json::{Map, Value as Json};
use smoker_model::module::ModuleKind;
use smoker_model::plugin::{ActionSpec, Execution, Parameters, StdinMode};
use smoker_model::result::{ComponentShape, Findings, PluginResult};
use smoker_model::timestamp::Timestamp;
use smoker_model::value::Value;
use tokio_util::sync::CancellationToken;

use crate::command::CommandRun;
use crate::modules::dispatch::{ModuleRun, Modules};
use crate::prepared::PreparedPlugin;
use crate::process::containment::family::Family;

/// Runs an action on a result and gives the action's own result.
pub(crate) async fn run(
    action: &ActionSpec,
    plugin: &PreparedPlugin,
    result: &PluginResult,
    forced: bool,
    family: &Family,
    modules: &Modules,
    cancel: &CancellationToken,
) -> PluginResult {
    let started = Timestamp::now();
    let findings = match &action.execution {
        None => Findings::error("No Command or Module to execute!"),
        Some(Execution::Module(name)) => {
            let module = ModuleRun {
                kind: ModuleKind::Action,
                name,
                plugin,
                forced,
                timeout: &action.timeout,
                max_output: action.max_output,
                leave_running: action.leave_running,
                result: Some(fields_of(result)),
                witness: None,
            };
            module.findings(family, modules, cancel).await
        }
        Some(Execution::Command { command, .. }) => {
            let values = overlaid(&plugin.spec().parameters, result);
            let command = CommandRun {
                command,
                lookup: &|name: &str| values.get(name).cloned(),
                environment: &environment(plugin, action, result),
                credentials: plugin.credentials(),
                input: (action.stdin == StdinMode::Json).then(|| as_json(&values)),
                timeout: &action.timeout,
                max_output: action.max_output,
                leave_running: action.leave_running,
                witness: None,
                parser: None,
            };
            command.findings(family, modules, cancel).await
        }
    };
    findings.into_result(started, false)
}

/// The plugin's parameters with the fields of its result over them: the names
/// that an action's command and its standard input know.
fn overlaid(parameters: &Parameters, result: &PluginResult) -> Parameters {
    let mut values = parameters.clone();
    values.extend(fields_of(result).into_iter().map(|(name, value)| (name, Value::from(value))));
    values
}

/// The result as the wire shows it.
fn fields_of(result: &PluginResult) -> Map<String, Json> {
    match serde_json::to_value(result.on_wire(ComponentShape::Plain)) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// One JSON object with all parameters.
pub(crate) fn as_json(values: &Parameters) -> String {
    // Values of the model have text names only, so they always become JSON.
    serde_json::to_string(values).unwrap_or_default()
}

fn environment(plugin: &PreparedPlugin, action: &ActionSpec, result: &PluginResult) -> Vec<(String, String)> {
    let mut environment = plugin.environment().to_vec();
    environment.push(("SMOKER_TIMEOUT".to_owned(), action.timeout.text.clone()));
    environment.push(("SMOKER_STATUS".to_owned(), result.status.to_string()));
    environment
}
