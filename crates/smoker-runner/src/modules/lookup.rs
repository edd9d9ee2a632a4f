//! Looks for the modules that plugins name, without running any of them.

use std::ffi::OsStr;
use std::time::Duration;

use smoker_model::module::ModuleKind;
use smoker_model::plugin::{Execution, PluginName, PluginSpec};
use tokio_util::sync::CancellationToken;

use crate::modules::host::settings::PythonSettings;
use crate::modules::host::{PYTHON_ADVICE, sources};
use crate::process::containment::family::Family;
use crate::process::containment::reaper::Reaper;
use crate::process::execute::{End, Limits, execute};
use crate::process::spawn::Program;

/// What looks along the path of an interpreter.
const SCRIPT: &str = include_str!("../../python/lookup.py");

/// How each line about a name begins.
const NOT_FOUND: &str = "smokerd has not found ";

/// How long the interpreter may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// Names are short; this is room for ten thousand of them.
const MOST_OUTPUT: usize = 1024 * 1024;

/// A module that a plugin names, as what it is run.
struct Wanted<'a> {
    plugin: &'a PluginName,
    kind: ModuleKind,
    name: &'a str,
}

/// Each plugin whose module, parser or action's module cannot be found, with
/// the reason.
pub async fn missing(plugins: &[PluginSpec], python: &PythonSettings, reaper: &Reaper) -> Vec<(PluginName, String)> {
    let wanted: Vec<_> = plugins.iter().flat_map(wanted).filter(|wanted| !wanted.comes_with_us()).collect();
    let mut names: Vec<_> = wanted.iter().map(|wanted| wanted.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let told = |wanted: &Wanted<'_>, reason: String| (wanted.plugin.clone(), reason);
    match not_found(&names, python, reaper).await {
        Err(reason) => wanted.iter().map(|wanted| told(wanted, reason.clone())).collect(),
        Ok(lost) => {
            let lost = wanted.iter().filter(|wanted| lost.iter().any(|name| name == wanted.name));
            lost.map(|wanted| told(wanted, wanted.is_lost(python))).collect()
        }
    }
}

fn wanted(plugin: &PluginSpec) -> Vec<Wanted<'_>> {
    let of = |kind, name| Wanted { plugin: &plugin.name, kind, name };
    let own = match &plugin.invocation.execution {
        Execution::Module(name) => Some(of(ModuleKind::Plugin, name)),
        Execution::Command { parser, .. } => parser.as_ref().map(|name| of(ModuleKind::Parser, name)),
    };
    let action = plugin.action.as_ref().and_then(|action| action.invocation.as_ref());
    let action = action.and_then(|action| match &action.execution {
        Execution::Module(name) => Some(of(ModuleKind::Action, name)),
        Execution::Command { .. } => None,
    });
    own.into_iter().chain(action).collect()
}

impl Wanted<'_> {
    /// Whether it is built in, or a part of the package that the host brings along.
    fn comes_with_us(&self) -> bool {
        smoker_checks::find(self.kind, self.name).is_some() || sources::has(self.name)
    }

    fn is_lost(&self, python: &PythonSettings) -> String {
        let what = match self.kind {
            ModuleKind::Plugin => "Module",
            ModuleKind::Parser => "Parser",
            ModuleKind::Action => "the action's Module",
        };
        let folder = python.users_path().first().map(|folder| folder.display().to_string()).unwrap_or_default();
        format!(
            "{what} {} is not found; put it into {folder}, name its folder under python_path, or install it for {}",
            self.name,
            python.interpreter().map(|path| path.display().to_string()).unwrap_or_default()
        )
    }
}

/// Those of the names that Python does not find, or why it cannot be asked.
async fn not_found(names: &[&str], python: &PythonSettings, reaper: &Reaper) -> Result<Vec<String>, String> {
    let interpreter = python.interpreter()?;
    let packages = sources::packages();
    let users_path = python.users_path().iter().map(|folder| folder.as_os_str());
    let separator = || std::iter::once(OsStr::new("--"));
    let arguments: Vec<_> = [OsStr::new("-c"), OsStr::new(SCRIPT)]
        .into_iter()
        .chain(users_path)
        .chain(separator())
        .chain(packages.iter().map(OsStr::new))
        .chain(separator())
        .chain(names.iter().map(OsStr::new))
        .collect();
    let program = Program {
        path: interpreter,
        name: None,
        arguments: &arguments,
        environment: &[],
        credentials: None,
        has_input: false,
    };
    let shown = interpreter.display();
    let limits = Limits { timeout: PATIENCE, max_output: MOST_OUTPUT, leave_running: false };
    let family = Family::new(reaper, &"--check".into());
    let outcome = execute(&family, &program, None, limits, &CancellationToken::new()).await;
    let outcome = outcome.map_err(|error| format!("can't start {shown}: {error}; {PYTHON_ADVICE}"))?;
    if outcome.end != End::Exited(0) {
        let end = match &outcome.end {
            End::TimedOut { .. } => format!("it does not answer within {} seconds", PATIENCE.as_secs()),
            end => format!("{} ({end})", outcome.stderr.text().trim()),
        };
        return Err(format!("{shown} can't run modules: {end}; {PYTHON_ADVICE}"));
    }
    let text = outcome.stdout.text();
    Ok(text.lines().filter_map(|line| line.strip_prefix(NOT_FOUND)).map(str::to_owned).collect())
}
