//! Modules and parsers that a configuration names and that cannot be found or imported, or of which a changed copy is not used.

use std::io;

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_model::module::ModuleKind;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::modules::lookup;
use smoker_runner::process::attributes::credentials::Credentials;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::runtime::Builder;

/// Looks for all of them once, without running any, as the accounts that import them; `daemon` is that of the daemon.
/// Each that is missing is a warning only: its file may be installed after the daemon has started.
pub(crate) fn problems(
    plugins: &[PluginSpec],
    python: &PythonSettings,
    daemon: Option<&Credentials>,
) -> io::Result<Vec<(Problem, ParameterKey)>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let missing = runtime.block_on(async {
        Ok::<_, io::Error>(
            lookup::missing(plugins, python, daemon, &Reaper::start(ContainmentLevel::prepare(None))?).await,
        )
    })?;
    let missing =
        missing.into_iter().map(|(plugin, kind, reason)| (plugin, kind, format!("every run will fail: {reason}")));
    let misplaced = lookup::misplaced(plugins, python);
    let problem = |(plugin, kind, reason): (PluginName, ModuleKind, String)| {
        let text = format!("Plugin {plugin}: {reason}");
        let name = if kind == ModuleKind::Parser { "Parser" } else { "Module" };
        let key = ParameterKey {
            plugin: plugin.clone(),
            is_of_action: kind == ModuleKind::Action,
            action: None,
            name: Some(name.to_owned()),
        };
        (Problem { severity: Severity::Warning, location: None, plugin: Some(plugin), text }, key)
    };
    Ok(missing.chain(misplaced).map(problem).collect())
}

/// Advice on installed modules of the Python Smoker that the plugins name; the built-ins run in their place.
pub(crate) fn advice(plugins: &[PluginSpec], python: &PythonSettings) -> io::Result<Vec<String>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let unused = runtime.block_on(async {
        Ok::<_, io::Error>(
            lookup::unused_originals(plugins, python, &Reaper::start(ContainmentLevel::prepare(None))?).await,
        )
    })?;
    let advice = |file| {
        format!(
            "{file} is not used, because its module is built in; if you have changed it, copy it into the folder \
             smoker/server/plugins beside the configuration"
        )
    };
    Ok(unused.into_iter().map(advice).collect())
}
