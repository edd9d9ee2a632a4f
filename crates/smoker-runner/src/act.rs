//! *Act*: the action that follows a check, and its own result.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use smoker_checks::catalogue;
use smoker_model::occasion::{Occasion, ToldPlugin};
use smoker_model::plugin::module::ModuleKind;
use smoker_model::plugin::{ActionSpec, Execution, Invocation, NOTHING_TO_RUN, Parameters};
use smoker_model::result::{ADDED_KEYS, ActionRun, Findings, PluginResult};
use smoker_model::time::moment::Moment;
use smoker_model::value::Value;
use smoker_model::wire::result::ComponentShape;

use crate::command::CommandRun;
use crate::context::RunContext;
use crate::modules::dispatch::{ModuleRun, Modules};
use crate::modules::module_name;
use crate::prepared::PreparedPlugin;
use crate::process::attributes::environment;
use crate::{memory_kills, output};

/// With this number of processes of a plugin that nothing could end, its actions do not run either: they may be what left them.
const MAX_SURVIVORS: usize = 4;

const TOO_MANY_SURVIVORS: &str = "Not run: earlier runs of the plugin and its actions left 4 processes or more that could not be killed; \
                                  they wait in the kernel, as on a file server that does not answer";

/// Runs an action on a result and returns its own result. An action that is a
/// module may change the plugin's result.
pub(crate) async fn run(
    action: &ActionSpec,
    result: &mut PluginResult,
    occasion: &Occasion,
    context: RunContext<'_>,
    modules: &Modules,
) -> ActionRun {
    let started = Moment::now();
    let (findings, changed) = match &action.invocation {
        None => (Findings::fault(NOTHING_TO_RUN), None),
        Some(_) if context.processes.earlier_survivors().len() >= MAX_SURVIVORS => {
            (Findings::fault(TOO_MANY_SURVIVORS), None)
        }
        Some(invocation) => findings(action, invocation, (result, occasion), context, modules).await,
    };
    let findings = memory_kills::noted(findings, context);
    if let Some(changed) = changed {
        result.change_to(changed);
    }
    ActionRun { name: action.name.clone(), result: findings.into_result(started, false) }
}

async fn findings(
    action: &ActionSpec,
    invocation: &Invocation,
    (result, occasion): (&PluginResult, &Occasion),
    context: RunContext<'_>,
    modules: &Modules,
) -> (Findings, Option<Findings>) {
    match &invocation.execution {
        Execution::Module(name) | Execution::Check(name) => {
            let mut fields = fields_of(result);
            if catalogue::find(ModuleKind::Action, name).is_none() {
                // As in the original: a module may look at, or print, each of them.
                fields.retain(|name, _| !ADDED_KEYS.contains(&name.as_str()) || result.extra.contains_key(name));
                context.carried.overlay_refused(&mut fields);
            } else {
                let own = occasion.fields().into_iter().filter(|(name, _)| !result.extra.contains_key(name));
                fields.extend(own);
                fields.insert("plugins".to_owned(), occasion.plugins.iter().map(ToldPlugin::fields).collect());
            }
            let result = Some(fields);
            if let Some(reason) = module_name::mistake_of_action(&action.parameters) {
                return (Findings::fault(&reason), None);
            }
            let parameters = &of_action(&context.plugin.spec().parameters, action);
            modules.act(&ModuleRun { kind: ModuleKind::Action, name, invocation, parameters, result }, context).await
        }
        Execution::Command { command, .. } => {
            let mut parameters = context.plugin.spec().parameters.clone();
            context.carried.overlay(&mut parameters);
            let mut fields = fields_of(result);
            context.carried.overlay_refused(&mut fields);
            let values = &overlaid(&parameters, action, fields, &occasion.fields());
            let environment = &environment(context.plugin, action, invocation, result, occasion);
            let command = CommandRun { command, invocation, values, environment };
            let findings = match command.run(context).await {
                Ok(outcome) => {
                    if let Some(trace) = context.trace {
                        trace.command_outcome(&outcome);
                    }
                    let findings = command.cut_short(&outcome).unwrap_or_else(|| output::findings(&outcome));
                    Findings { end: outcome.end.run_end(), ..findings }
                }
                Err(reason) => Findings::fault(&reason),
            };
            (findings, None)
        }
    }
}

/// The plugin's parameters for one of its actions, which finds its own under `Action`.
fn of_action<'a>(parameters: &'a Parameters, action: &ActionSpec) -> Cow<'a, Parameters> {
    if parameters.get("Action") == Some(&action.parameters) {
        return Cow::Borrowed(parameters);
    }
    let mut own = parameters.clone();
    own.insert("Action".to_owned(), action.parameters.clone());
    Cow::Owned(own)
}

/// The plugin's parameters, over them the action's own, over them the fields
/// of the plugin's result: the names that an action's command and its standard input know. A
/// parameter that has the name of a field that the original did not have takes precedence. An end or performance data
/// that the result does not have are null: an action that asks for them must not fail for that.
///
/// What the occasion adds gives way to parameters, too.
pub(crate) fn overlaid(
    parameters: &Parameters,
    action: &ActionSpec,
    fields: Map<String, Json>,
    occasion: &Map<String, Json>,
) -> Parameters {
    let mut values = of_action(parameters, action).into_owned();
    values.extend(action.own_parameters.clone());
    let gives_way = |name: &str| ADDED_KEYS.contains(&name) && values.contains_key(name);
    let fields: Vec<_> = fields.into_iter().filter(|(name, _)| !gives_way(name)).collect();
    values.extend(fields.into_iter().map(|(name, value)| (name, Value::from(value))));
    for name in ["exitStatus", "signal", "perfdata"] {
        values.entry(name.to_owned()).or_insert(Value::Null);
    }
    for (name, value) in occasion {
        values.entry(name.clone()).or_insert_with(|| Value::from(value.clone()));
    }
    values
}

/// The result as the wire shows it, but that the original marked it as forced
/// only after the action: an action finds `forced` false.
pub(crate) fn fields_of(result: &PluginResult) -> Map<String, Json> {
    let mut fields = match serde_json::to_value(result.on_wire(ComponentShape::Plain)) {
        Ok(Json::Object(fields)) => fields,
        _ => Map::new(),
    };
    fields.insert("forced".to_owned(), Json::Bool(false));
    fields
}

fn environment(
    plugin: &PreparedPlugin,
    action: &ActionSpec,
    invocation: &Invocation,
    result: &PluginResult,
    occasion: &Occasion,
) -> Vec<(String, String)> {
    let mut environment = environment::of_action(plugin.environment(), action);
    environment.push(("SMOKER_TIMEOUT".to_owned(), invocation.timeout.text.clone()));
    environment.push(("SMOKER_STATUS".to_owned(), result.status.to_string()));
    environment.extend(occasion.variables());
    environment
}

#[cfg(test)]
mod tests {
    use smoker_model::messages::Messages;
    use smoker_model::plugin::ActionRules;
    use smoker_model::run_end::RunEnd;
    use smoker_model::status::Status;

    use super::*;

    #[test]
    fn an_action_finds_every_field_of_a_result() {
        let parameters = Parameters::default();
        let action = ActionSpec {
            name: None,
            parameters: Value::Null,
            own_parameters: Parameters::default(),
            invocation: None,
            rules: ActionRules::default(),
        };
        let mut result = Findings::new(Status::Ok, Messages::new()).into_result(Moment::now(), false);
        let fields = ["exitStatus", "signal", "perfdata"];
        let values = overlaid(&parameters, &action, fields_of(&result), &Map::new());
        assert!(fields.iter().all(|name| values.get(*name) == Some(&Value::Null)));
        result.end = Some(RunEnd::Exited(3));
        let values = overlaid(&parameters, &action, fields_of(&result), &Map::new());
        assert_eq!(values.get("exitStatus"), Some(&Value::Int(3)));
    }
}
