//! What a start warns of when it prepares the plugins.

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_logging::secrets::values;
use smoker_model::plugin::PluginSpec;
use smoker_runner::prepared;

/// Variables that a plugin does not get, secrets that the log does not hide, and a lock that is always there.
pub(crate) fn problems(plugins: &[PluginSpec]) -> Vec<(Problem, ParameterKey)> {
    plugins.iter().flat_map(of_plugin).collect()
}

fn of_plugin(spec: &PluginSpec) -> Vec<(Problem, ParameterKey)> {
    // A command that reads its own text from its environment is none that anybody writes.
    let warnings =
        prepared::variable_warnings(spec).into_iter().filter(|text| !text.starts_with("parameter 'Command' "));
    let variables = warnings.map(|text| (None, text));
    let secrets = values::too_short(spec).into_iter().map(|it| (Some(it.parameter.clone()), it.to_string()));
    let lock = spec.maintenance_lock.as_ref().filter(|lock| lock.is_absolute() && lock.is_dir()).map(|lock| {
        let text = format!(
            "MaintenanceLock {} is a folder, and as long as that exists no run takes place; name a file that is there during maintenance only",
            lock.display()
        );
        (Some("MaintenanceLock".to_owned()), text)
    });
    let problem = |(name, text)| {
        let plugin = spec.name.clone();
        let text = format!("Plugin {plugin}: {text}");
        let problem = Problem { severity: Severity::Warning, location: None, plugin: Some(plugin.clone()), text };
        (problem, ParameterKey { plugin, is_of_action: false, action: None, name })
    };
    variables.chain(secrets).chain(lock).map(problem).collect()
}
