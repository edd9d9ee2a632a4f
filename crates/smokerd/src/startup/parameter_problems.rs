//! Parameters that built-in modules, parsers and actions refuse.

use std::io;
use std::path::Path;

use smoker_config::config;
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::overrides::Overrides;
use smoker_config::spec::places::ParameterKey;
use smoker_model::plugin::PluginSpec;
use smoker_model::plugin::module::ModuleKind;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::modules::parameter_mistakes::{self, ParameterMistake};
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use tokio::runtime::Builder;

/// Verifies the parameters of the plugins, which were read from the
/// configuration at `path`, without a run. The daemon starts all the same, and the run's result has the mistake, too.
pub(crate) fn problems(
    plugins: &[PluginSpec],
    python: &PythonSettings,
    path: &Path,
    overrides: Option<&Overrides>,
) -> io::Result<Vec<Problem>> {
    let mut mistakes = parameter_mistakes::mistakes(plugins, python);
    if mistakes.iter().any(ParameterMistake::needs_lookup) {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        mistakes = runtime.block_on(async {
            Ok::<_, io::Error>(
                parameter_mistakes::of_built_ins_in_use(
                    mistakes,
                    python,
                    &Reaper::start(ContainmentLevel::prepare(None))?,
                )
                .await,
            )
        })?;
    }
    if mistakes.is_empty() {
        return Ok(Vec::new());
    }
    let keys: Vec<_> = mistakes.iter().map(key_of).collect();
    let locations = config::locate(path, overrides, &keys);
    let problem = |(mistake, location): (ParameterMistake, _)| {
        let ParameterMistake { plugin, built_in, action, reason, is_guess, .. } = mistake;
        let what = match (built_in.kind, action) {
            (ModuleKind::Plugin, _) => "Module".to_owned(),
            (ModuleKind::Check, _) => "Check".to_owned(),
            (ModuleKind::Parser, _) => "Parser".to_owned(),
            (ModuleKind::Action, None) => "the action's Module".to_owned(),
            (ModuleKind::Action, Some(action)) => format!("the action {action}: Module"),
        };
        let text = format!("Plugin {plugin}: {what} {}: {reason}", built_in.name);
        // Nobody wrote a `Check` for the original, so what it refuses is nothing that was put up with before.
        let severity =
            if built_in.kind == ModuleKind::Check && !is_guess { Severity::Error } else { Severity::Warning };
        Problem { severity, location, plugin: Some(plugin), text }
    };
    Ok(mistakes.into_iter().zip(locations).map(problem).collect())
}

fn key_of(mistake: &ParameterMistake) -> ParameterKey {
    ParameterKey {
        plugin: mistake.plugin.clone(),
        is_of_action: mistake.built_in.kind == ModuleKind::Action,
        action: mistake.action.clone(),
        name: mistake.parameter.clone(),
    }
}
