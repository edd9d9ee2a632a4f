//! Files of certificates and keys that the configuration names, and that this host lacks or that hold none.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

use smoker_checks::actions::push;
use smoker_checks::catalogue;
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_config::spec::settings::DaemonSettings;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::plugin::{ActionSpec, PluginSpec};
use smoker_model::value::Value;

/// The parameters of built-ins that name such files.
const PARAMETERS: [&str; 3] = ["CaFile", "ClientCert", "ClientKey"];

/// What is wrong with the files of the built-in checks and actions.
pub(crate) fn problems(plugins: &[PluginSpec]) -> Vec<(Problem, ParameterKey)> {
    plugins.iter().flat_map(of_plugin).collect()
}

/// The same for those of the daemon's own settings, each with its key.
pub(crate) fn of_settings(settings: &DaemonSettings) -> Option<(&'static str, String)> {
    let path = settings.otlp.as_ref()?.ca_file.as_deref()?;
    let reason = fault("CaFile", path)?;
    Some(("otlp", format!("otlp.ca_file: {reason}, so nothing would be sent; correct it")))
}

fn of_plugin(plugin: &PluginSpec) -> Vec<(Problem, ParameterKey)> {
    let own = |name: &str| plugin.parameters.get(name);
    let runs = [(ModuleKind::Check, "Check"), (ModuleKind::Plugin, "Module")];
    let own = runs.into_iter().flat_map(|(kind, key)| faults(kind, own(key), own)).map(|fault| (None, fault));
    let of_actions = plugin.actions.iter().flat_map(|action| {
        let given = |name: &str| member(&action.parameters, name);
        faults(ModuleKind::Action, given("Module"), given).into_iter().map(move |fault| (Some(action), fault))
    });
    own.chain(of_actions).map(|(action, (name, reason))| problem(plugin, action, name, &reason)).collect()
}

fn member<'a>(parameters: &'a Value, name: &str) -> Option<&'a Value> {
    let Value::Map(members) = parameters else { return None };
    members.iter().find(|(key, _)| key.as_text() == Some(name)).map(|(_, value)| value)
}

/// What is wrong with the files of a run of the built-in of this kind, whose parameters `given` tells.
fn faults<'a>(
    kind: ModuleKind,
    built_in: Option<&'a Value>,
    given: impl Fn(&str) -> Option<&'a Value>,
) -> Vec<(&'static str, String)> {
    let Some(spec) = built_in.and_then(Value::as_text).and_then(|name| catalogue::find(kind, name)) else {
        return Vec::new();
    };
    let reads = PARAMETERS.into_iter().filter(|name| spec.parameters.iter().any(|parameter| parameter.name == *name));
    reads.filter_map(|name| Some((name, fault(name, Path::new(given(name)?.as_text()?))?))).collect()
}

/// What is wrong with this file. Another account than ours may be allowed to read it, and a relative path depends on where the daemon
/// is started.
fn fault(name: &str, path: &Path) -> Option<String> {
    if !path.is_absolute() {
        return None;
    }
    let unreadable = |error: io::Error| {
        let is_of_others = error.kind() == ErrorKind::PermissionDenied;
        (!is_of_others).then(|| format!("{} cannot be read: {error}", path.display()))
    };
    match fs::metadata(path).and_then(|found| found.is_file().then(|| File::open(path)).transpose()) {
        Err(error) => unreadable(error),
        Ok(None) => Some(format!("{} is no file", path.display())),
        Ok(Some(_)) if name == "CaFile" => push::fault_of_authorities(path),
        Ok(Some(_)) => None,
    }
}

fn problem(plugin: &PluginSpec, action: Option<&ActionSpec>, name: &str, reason: &str) -> (Problem, ParameterKey) {
    let whole = if action.is_some() { "every run of its action will fail" } else { "every run will fail" };
    let text = format!("Plugin {}: {whole}: {name}: {reason}; correct it", plugin.name);
    let key = ParameterKey {
        plugin: plugin.name.clone(),
        is_of_action: action.is_some(),
        action: action.and_then(|action| action.name.clone()),
        name: Some(name.to_owned()),
    };
    (Problem { severity: Severity::Warning, location: None, plugin: Some(plugin.name.clone()), text }, key)
}
