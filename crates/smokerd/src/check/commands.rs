//! Commands that no run can fill in.

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_model::plugin::PluginSpec;
use smoker_runner::rendering::{self, CommandFault};

/// An ERROR for each command of a plugin or of its action. Plugins share actions and templates: what is wrong with one of
/// these is reported for its first plugin.
pub(crate) fn problems(plugins: &[PluginSpec]) -> Vec<(Problem, ParameterKey)> {
    plugins.iter().flat_map(rendering::faults).map(problem).collect()
}

fn problem(fault: CommandFault) -> (Problem, ParameterKey) {
    let CommandFault { plugin, is_of_action, action, reason } = fault;
    let what = match (is_of_action, &action) {
        (true, Some(action)) => format!("every run of its action {action}"),
        (true, None) => "every run of its action".to_owned(),
        (false, _) => "every run".to_owned(),
    };
    let text = format!("Plugin {plugin}: {what} will fail: {reason}");
    let key = ParameterKey { plugin: plugin.clone(), is_of_action, action, name: Some("Command".to_owned()) };
    (Problem { severity: Severity::Error, location: None, plugin: Some(plugin), text }, key)
}
