//! Looks for the modules that plugins name, without running any of them.

use std::ffi::OsStr;
use std::time::Duration;

use smoker_model::module::ModuleKind;
use smoker_model::plugin::{Execution, PluginName, PluginSpec};
use smoker_model::suggest;
use tokio_util::sync::CancellationToken;

use crate::modules::dispatch::has_module;
use crate::modules::host::settings::{PYTHON_ADVICE, PythonSettings};
use crate::modules::host::sources;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::process::execute::{ChildEnd, ChildLimits, execute};
use crate::process::spawn::Program;
use crate::process::surroundings::Surroundings;

/// The script that looks along the path of an interpreter.
const SCRIPT: &str = include_str!("../../python/lookup.py");

/// How each line about a name begins.
const NOT_FOUND: &str = "smokerd has not found ";

/// How each line about an installed file that has the name of a built-in begins.
const NOT_USED: &str = "smokerd does not use ";

/// How long the interpreter may take to look all names up.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(30);

/// Names are short; this is room for ten thousand of them.
const MAX_OUTPUT: usize = 1024 * 1024;

/// A module that a plugin names.
pub(crate) struct NamedModule<'a> {
    plugin: &'a PluginName,
    pub(crate) kind: ModuleKind,
    pub(crate) name: &'a str,
}

/// Each plugin whose module, parser or action's module cannot be found, with
/// the kind and the reason.
pub async fn missing(
    plugins: &[PluginSpec],
    python: &PythonSettings,
    reaper: &Reaper,
) -> Vec<(PluginName, ModuleKind, String)> {
    let modules: Vec<_> = plugins.iter().flat_map(named_modules).filter(|module| !module.is_shipped()).collect();
    let mut names: Vec<_> = modules.iter().map(|module| module.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let report = |module: &NamedModule<'_>, reason: String| (module.plugin.clone(), module.kind, reason);
    match not_found(&names, python, reaper).await {
        Err(reason) => modules.iter().map(|module| report(module, reason.clone())).collect(),
        Ok(missing) => {
            let missing = modules.iter().filter(|module| missing.iter().any(|name| name == module.name));
            missing.map(|module| report(module, module.not_found_message(python))).collect()
        }
    }
}

/// The installed files of the Python Smoker in whose place the plugins run built-ins. Who changed one wants to know.
pub async fn unused_originals(plugins: &[PluginSpec], python: &PythonSettings, reaper: &Reaper) -> Vec<String> {
    let built_ins = plugins.iter().flat_map(named_modules).filter(|module| {
        let built_in = smoker_checks::catalogue::find(module.kind, module.name);
        built_in.is_some_and(|it| it.is_original) && !has_module(python.users_path(), module.name, module.kind)
    });
    let mut names: Vec<_> = built_ins.map(|module| module.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    look_up(&[], &names, NOT_USED, python, reaper).await.unwrap_or_default()
}

/// The modules that a plugin names: its module or parser, and its actions' modules.
pub(crate) fn named_modules(plugin: &PluginSpec) -> Vec<NamedModule<'_>> {
    let of = |kind, name| NamedModule { plugin: &plugin.name, kind, name };
    let own = match &plugin.invocation.execution {
        Execution::Module(name) => Some(of(ModuleKind::Plugin, name)),
        Execution::Command { parser, .. } => parser.as_ref().map(|name| of(ModuleKind::Parser, name)),
    };
    let invocations = plugin.actions.iter().filter_map(|action| action.invocation.as_ref());
    let actions = invocations.filter_map(|invocation| match &invocation.execution {
        Execution::Module(name) => Some(of(ModuleKind::Action, name)),
        Execution::Command { .. } => None,
    });
    own.into_iter().chain(actions).collect()
}

impl NamedModule<'_> {
    /// Whether it is built in, or a part of the package that the host brings along.
    fn is_shipped(&self) -> bool {
        smoker_checks::catalogue::find(self.kind, self.name).is_some() || sources::has(self.name)
    }

    fn not_found_message(&self, python: &PythonSettings) -> String {
        let what = match self.kind {
            ModuleKind::Plugin => "Module",
            ModuleKind::Parser => "Parser",
            ModuleKind::Action => "the action's Module",
        };
        let built_ins = smoker_checks::catalogue::specs().filter(|it| it.kind == self.kind).map(|it| it.name);
        let near = suggest::near(self.name, &built_ins.collect::<Vec<_>>());
        if let Some(near) = near {
            return format!("{what} {} is not found; did you mean {near}?", self.name);
        }
        let folder = python.users_path().first().map(|folder| folder.display().to_string()).unwrap_or_default();
        format!(
            "{what} {} is not found; put it into {folder}, name its folder under python_path, or install it for {}",
            self.name,
            python.interpreter().map(|path| path.display().to_string()).unwrap_or_default()
        )
    }
}

/// Those of the names that Python does not find, or why it cannot be asked.
pub(crate) async fn not_found(names: &[&str], python: &PythonSettings, reaper: &Reaper) -> Result<Vec<String>, String> {
    look_up(names, &[], NOT_FOUND, python, reaper).await
}

/// What the script says in lines that begin so, of names to find and of names of built-ins.
async fn look_up(
    names: &[&str],
    built_ins: &[&str],
    beginning: &str,
    python: &PythonSettings,
    reaper: &Reaper,
) -> Result<Vec<String>, String> {
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
        .chain(separator())
        .chain(built_ins.iter().map(OsStr::new))
        .collect();
    let program = Program {
        path: interpreter,
        name: None,
        arguments: &arguments,
        surroundings: Surroundings::of_daemon(),
        environment: python.environment(),
        credentials: None,
        has_input: false,
    };
    let shown = interpreter.display();
    let limits = ChildLimits { timeout: LOOKUP_TIMEOUT, max_output: MAX_OUTPUT, leave_running: false };
    let processes = RunProcesses::new(reaper, &"--check".into(), None);
    let outcome = execute(&processes, &program, None, limits, &CancellationToken::new()).await;
    let outcome = outcome.map_err(|error| format!("cannot start {shown}: {error}; {PYTHON_ADVICE}"))?;
    if outcome.end != ChildEnd::Exited(0) {
        let end = match &outcome.end {
            ChildEnd::TimedOut { .. } => format!("it does not answer within {} seconds", LOOKUP_TIMEOUT.as_secs()),
            end => format!("{} ({end})", outcome.stderr.text().trim()),
        };
        return Err(format!("{shown} cannot run modules: {end}; {PYTHON_ADVICE}"));
    }
    let text = outcome.stdout.text();
    Ok(text.lines().filter_map(|line| line.strip_prefix(beginning)).map(str::to_owned).collect())
}
