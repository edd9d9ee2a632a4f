//! Commands that no run can fill in, or that the shell does not understand.

use std::io;

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_model::plugin::PluginSpec;
use smoker_runner::preflight::rendering::{self, CommandFault};
use smoker_runner::preflight::shell_syntax;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::runtime::Builder;

/// An ERROR for each command of a plugin or of its action. Plugins share actions and templates: what is wrong with one of
/// these is reported for its first plugin.
pub(crate) fn problems(plugins: &[PluginSpec]) -> Vec<(Problem, ParameterKey)> {
    plugins.iter().flat_map(rendering::faults).map(problem).collect()
}

/// The same for each command that the shell does not understand.
pub(crate) fn of_shell(plugins: &[PluginSpec]) -> io::Result<Vec<(Problem, ParameterKey)>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let faults = runtime.block_on(async {
        Ok::<_, io::Error>(shell_syntax::faults(plugins, &Reaper::start(ContainmentLevel::prepare(None))?).await)
    })?;
    Ok(faults.into_iter().map(problem).collect())
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
