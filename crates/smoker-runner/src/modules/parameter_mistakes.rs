//! Parameters that the built-ins of plugins refuse, found without running any of them.

use serde_json::{Map, Value as Json};
use smoker_checks::spec::Spec;
use smoker_checks::verify::fault::ParameterFault;
use smoker_checks::{catalogue, verify};
use smoker_model::plugin::module::ModuleKind;
use smoker_model::plugin::{Execution, PluginName, PluginSpec};
use smoker_model::value::Value;
use smoker_model::value::secret::MASK;

use crate::modules::dispatch::{as_map, has_module};
use crate::modules::host::settings::PythonSettings;
use crate::modules::lookup::{named_modules, not_found};
use crate::process::containment::orphans::Reaper;

/// A mistake in the parameters that a plugin gives to a built-in.
#[derive(Clone, Debug)]
pub struct ParameterMistake {
    /// The plugin.
    pub plugin: PluginName,
    /// What the built-in declares.
    pub built_in: &'static Spec,
    /// The name of the action that has it, of a built-in action that has one.
    pub action: Option<String>,
    /// The parameter as the configuration writes it; none when it is missing.
    pub parameter: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
    /// Whether it may be a parameter of the user's own whose name is near to a known one by chance.
    pub is_guess: bool,
}

impl ParameterMistake {
    /// Whether the built-in gives way to a module that is installed for the interpreter.
    #[must_use]
    pub fn needs_lookup(&self) -> bool {
        self.built_in.kind != ModuleKind::Check && !self.built_in.is_original && self.built_in.name.contains('.')
    }
}

/// The mistakes of all plugins. Where a module in a folder of the user's own
/// takes precedence over a built-in, the built-in's parameters are not looked at.
#[must_use]
pub fn mistakes(plugins: &[PluginSpec], python: &PythonSettings) -> Vec<ParameterMistake> {
    plugins.iter().flat_map(|plugin| mistakes_of(plugin, python)).collect()
}

/// The mistakes whose built-in no installed module replaces. Without a usable
/// interpreter there is no such module.
pub async fn of_built_ins_in_use(
    mistakes: Vec<ParameterMistake>,
    python: &PythonSettings,
    reaper: &Reaper,
) -> Vec<ParameterMistake> {
    let mut names: Vec<_> = mistakes.iter().filter(|one| one.needs_lookup()).map(|one| one.built_in.name).collect();
    names.sort_unstable();
    names.dedup();
    let Ok(missing) = not_found(&names, python, reaper).await else { return mistakes };
    let is_in_use =
        |one: &ParameterMistake| !one.needs_lookup() || missing.iter().any(|name| name == one.built_in.name);
    mistakes.into_iter().filter(is_in_use).collect()
}

fn mistakes_of(plugin: &PluginSpec, python: &PythonSettings) -> Vec<ParameterMistake> {
    let mut built_ins: Vec<_> = named_modules(plugin)
        .iter()
        .filter_map(|module| catalogue::find(module.kind, module.name))
        .filter(|built_in| !built_in.parameters.is_empty() && !is_replaced(built_in, python))
        .collect();
    if built_ins.is_empty() {
        return Vec::new();
    }
    built_ins.sort_by_key(|built_in| built_in.name);
    built_ins.dedup_by_key(|built_in| built_in.name);
    let mut parameters = plugin.parameters.clone();
    let actions = plugin.actions.iter().map(|action| action.parameters.clone()).collect();
    parameters.insert("Action".to_owned(), Value::List(actions));
    // A fault quotes the value, so that of a secret is found with a mask in its place.
    let hidden = parameters.iter().map(|(name, value)| (name.clone(), value.hidden())).collect();
    let real = faults_of(plugin, &built_ins, &as_map(&parameters));
    let shown = faults_of(plugin, &built_ins, &as_map(&hidden));
    let mistake = |fault: BuiltInFault| {
        let BuiltInFault { built_in, action, fault: ParameterFault { parameter, reason, is_guess } } = fault;
        let is_of_it = |other: &&BuiltInFault| other.built_in.name == built_in.name && other.action == action;
        let mut shown = shown.iter().filter(is_of_it).map(|shown| &shown.fault);
        // What may be meant so is told by names alone.
        let is_shown = is_guess || shown.clone().any(|shown| shown.reason == reason);
        let reason = if is_shown {
            reason
        } else {
            // A reason that does not quote the mask is about the mask itself.
            let is_of_same = |shown: &&ParameterFault| shown.parameter == parameter && shown.reason.contains(MASK);
            let of_same = shown.find(is_of_same).map(|shown| shown.reason.clone());
            let name = parameter.as_deref().unwrap_or("a value");
            of_same.unwrap_or_else(|| format!("{name} is refused; it is not shown, because it is of !env or !file"))
        };
        let action = action.and_then(|at| plugin.actions.get(at)?.name.clone());
        ParameterMistake { plugin: plugin.name.clone(), built_in, action, parameter, reason, is_guess }
    };
    real.into_iter().map(mistake).collect()
}

/// What a built-in refuses.
struct BuiltInFault {
    built_in: &'static Spec,
    /// Which of the plugin's actions it is, counted from 0.
    action: Option<usize>,
    fault: ParameterFault,
}

/// Parameters, those that take precedence first.
type Layers<'a> = Vec<&'a Map<String, Json>>;

/// What these built-ins refuse in the parameters.
fn faults_of(plugin: &PluginSpec, built_ins: &[&'static Spec], parameters: &Map<String, Json>) -> Vec<BuiltInFault> {
    let actions = parameters.get("Action").and_then(Json::as_array).into_iter().flatten().enumerate();
    let actions: Vec<_> = actions.filter_map(|(at, action)| Some((at, action.as_object()?))).collect();
    let mut found = Vec::new();
    for built_in in built_ins.iter().copied() {
        let names_it = |(_, action): &&(usize, &Map<String, Json>)| {
            action.get("Module").and_then(Json::as_str).is_some_and(|name| {
                catalogue::find(built_in.kind, name).is_some_and(|found| found.name == built_in.name)
            })
        };
        let layers: Vec<(Option<usize>, Layers<'_>)> = match built_in.kind {
            ModuleKind::Action => {
                let own = actions.iter().filter(names_it).copied();
                let below = built_in.reads_plugin().then_some(parameters);
                own.map(|(at, own)| (Some(at), [own].into_iter().chain(below).collect())).collect()
            }
            ModuleKind::Plugin | ModuleKind::Check | ModuleKind::Parser => vec![(None, vec![parameters])],
        };
        for (action, layers) in layers {
            let faults = verify::verify(built_in, &layers, |name| command_uses(plugin, name));
            found.extend(faults.into_iter().map(|fault| BuiltInFault { built_in, action, fault }));
        }
    }
    found
}

/// The parameters that the built-in parser of this name reads, and those that only others read; none when there is no such
/// built-in, or a module of the user's own runs in its place.
#[must_use]
pub fn of_parser(name: &str, python: &PythonSettings) -> Option<(Vec<&'static str>, Vec<&'static str>)> {
    let built_in = catalogue::find(ModuleKind::Parser, name).filter(|built_in| !is_replaced(built_in, python))?;
    let names = |spec: &'static Spec| spec.parameters.iter().map(|parameter| parameter.name);
    let own: Vec<_> = names(built_in).collect();
    let others = catalogue::specs().filter(|spec| spec.kind == ModuleKind::Parser).flat_map(names);
    let mut others: Vec<_> = others.filter(|name| !own.contains(name)).collect();
    others.sort_unstable();
    others.dedup();
    Some((own, others))
}

/// Whether a module in a folder of the user's own runs in place of the built-in.
fn is_replaced(built_in: &Spec, python: &PythonSettings) -> bool {
    built_in.kind != ModuleKind::Check && has_module(python.users_path(), built_in.name, built_in.kind)
}

/// Whether the plugin's command has the parameter filled in.
fn command_uses(plugin: &PluginSpec, name: &str) -> bool {
    match &plugin.invocation.execution {
        Execution::Command { command, .. } => {
            command.exposed_text().is_some_and(|command| command.contains(&format!("%({name})")))
        }
        Execution::Module(_) | Execution::Check(_) => false,
    }
}
