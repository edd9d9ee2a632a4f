//! *Act*: the action that follows a check, and its own result.

use serde_json::{Map, Value as Json};
use smoker_model::module::ModuleKind;
use smoker_model::plugin::{ActionSpec, Execution, Invocation, Parameters};
use smoker_model::result::{ActionResult, ComponentShape, Findings, PluginResult};
use smoker_model::timestamp::Timestamp;
use smoker_model::value::Value;

use crate::command::CommandRun;
use crate::context::RunContext;
use crate::modules::dispatch::{ModuleRun, Modules};
use crate::output;
use crate::prepared::PreparedPlugin;

/// Runs an action on a result and gives the result with the action's own in
/// it. An action that is a module may change the plugin's result.
pub(crate) async fn run(
    action: &ActionSpec,
    result: PluginResult,
    context: RunContext<'_>,
    modules: &Modules,
) -> PluginResult {
    let started = Timestamp::now();
    let (findings, changed) = match &action.invocation {
        None => (Findings::error("No Command or Module to execute!"), None),
        Some(invocation) => findings(invocation, &result, context, modules).await,
    };
    let result = match changed {
        Some(changed) => changed.into_result(result.last_run, result.forced),
        None => result,
    };
    PluginResult { action: Some(ActionResult::Ran(Box::new(findings.into_result(started, false)))), ..result }
}

async fn findings(
    invocation: &Invocation,
    result: &PluginResult,
    context: RunContext<'_>,
    modules: &Modules,
) -> (Findings, Option<Findings>) {
    match &invocation.execution {
        Execution::Module(name) => {
            let result = Some(fields_of(result));
            modules.act(&ModuleRun { kind: ModuleKind::Action, name, invocation, result }, context).await
        }
        Execution::Command { command, .. } => {
            let values = &overlaid(&context.plugin.spec().parameters, result);
            let environment = &environment(context.plugin, invocation, result);
            let command = CommandRun { command, invocation, values, environment };
            let findings = match command.run(context).await {
                Ok(outcome) => command.cut_short(&outcome).unwrap_or_else(|| output::findings(&outcome)),
                Err(reason) => Findings::error(&reason),
            };
            (findings, None)
        }
    }
}

/// The plugin's parameters with the fields of its result over them: the names
/// that an action's command and its standard input know.
fn overlaid(parameters: &Parameters, result: &PluginResult) -> Parameters {
    let mut values = parameters.clone();
    values.extend(fields_of(result).into_iter().map(|(name, value)| (name, Value::from(value))));
    values
}

/// The result as the wire shows it, but that the original marked it as forced
/// only after the action: an action finds `forced` false.
fn fields_of(result: &PluginResult) -> Map<String, Json> {
    let mut fields = match serde_json::to_value(result.on_wire(ComponentShape::Plain)) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("forced".to_owned(), Json::Bool(false));
    fields
}

fn environment(plugin: &PreparedPlugin, action: &Invocation, result: &PluginResult) -> Vec<(String, String)> {
    let mut environment = plugin.environment().to_vec();
    environment.push(("SMOKER_TIMEOUT".to_owned(), action.timeout.text.clone()));
    environment.push(("SMOKER_STATUS".to_owned(), result.status.to_string()));
    environment
}
