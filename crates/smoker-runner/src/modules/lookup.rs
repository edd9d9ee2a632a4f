//! Looks for the modules that plugins name, without running any of them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::time::Duration;

use nix::unistd::geteuid;
use serde::Serialize;
use smoker_checks::spec::Spec;
use smoker_model::plugin::module::ModuleKind;
use smoker_model::plugin::{Execution, PluginName, PluginSpec};
use tokio_util::sync::CancellationToken;

use crate::modules::dispatch::has_module;
use crate::modules::host::settings::{PYTHON_ADVICE, PythonSettings};
use crate::modules::host::sources;
use crate::modules::{module_hint, module_name};
use crate::process::attributes::credentials::Credentials;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::containment::orphans::Reaper;
use crate::process::containment::run_processes::RunProcesses;
use crate::process::execute::{ChildEnd, ChildLimits, execute};
use crate::process::spawn::Program;

/// The script that looks along the path of an interpreter.
const SCRIPT: &str = concat!(include_str!("../../python/host/ownership.py"), include_str!("../../python/lookup.py"));

/// How each line about a name begins.
const NOT_FOUND: &str = "smokerd has not found ";

/// How each line about a module that cannot be imported begins; an index and the reason follow in JSON.
const NOT_IMPORTED: &str = "smokerd cannot import ";

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

/// A module that is looked at, as the script reads it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Reviewed<'a> {
    name: &'a str,
    class: &'static str,
    /// Uid, gid and further groups of the account that imports it; none for our own.
    account: Option<(u32, u32, Vec<u32>)>,
    /// The accounts whose files are imported; none: of all.
    owners: Option<Vec<u32>>,
}

/// Each plugin whose module, parser or action's module cannot be found or imported, with
/// the kind and the reason. `daemon` is the account that the daemon runs as; none for our own.
pub async fn missing(
    plugins: &[PluginSpec],
    python: &PythonSettings,
    daemon: Option<&Credentials>,
    reaper: &Reaper,
) -> Vec<(PluginName, ModuleKind, String)> {
    let owners = python.importable_owners().filter(|_| daemon.is_none_or(|daemon| daemon.uid.is_root()));
    let owners = &owners;
    // The modules of a plugin whose account is not known are not imported: by root they must not be.
    let has_account = |plugin: &&PluginSpec| Credentials::resolve(&plugin.run_as).is_ok();
    let modules = plugins.iter().filter(has_account).flat_map(|plugin| {
        let account = account_of(plugin, daemon);
        named_modules(plugin).into_iter().filter(|module| module.is_of_user(python)).map(move |module| {
            let class = if module.kind == ModuleKind::Parser { "Parser" } else { "Plugin" };
            let (account, owners) = (account.clone(), owners.clone());
            let reviewed = Reviewed { name: module.name, class, account, owners };
            (module, reviewed)
        })
    });
    let modules: Vec<_> = modules.collect();
    let mut names: Vec<_> = modules.iter().map(|(module, _)| module.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let reviewed: Vec<_> = modules.iter().map(|(_, reviewed)| reviewed).collect::<BTreeSet<_>>().into_iter().collect();
    let report = |module: &NamedModule<'_>, reason: String| (module.plugin.clone(), module.kind, reason);
    let lines = match look_up(&names, &[], &reviewed, python, reaper).await {
        Err(reason) => return modules.iter().map(|(module, _)| report(module, reason.clone())).collect(),
        Ok(lines) => lines,
    };
    let missing: HashSet<_> = lines.iter().filter_map(|line| line.strip_prefix(NOT_FOUND)).collect();
    let refused = lines.iter().filter_map(|line| serde_json::from_str(line.strip_prefix(NOT_IMPORTED)?).ok());
    let refused: HashMap<usize, String> = refused.collect();
    let reason_of = |(module, own): &(NamedModule<'_>, Reviewed<'_>)| {
        if missing.contains(module.name) {
            return Some(report(module, module.not_found_message(python)));
        }
        let index = reviewed.iter().position(|reviewed| *reviewed == own)?;
        let reason = refused.get(&index)?;
        Some(report(module, format!("{} {} cannot be imported: {reason}", module.what(), module.name)))
    };
    modules.iter().filter_map(reason_of).collect()
}

/// Whether one of the plugins names a module that Python runs.
#[must_use]
pub fn needs_python(plugins: &[PluginSpec], python: &PythonSettings) -> bool {
    let mut modules = plugins.iter().flat_map(named_modules);
    modules.any(|module| module.is_of_user(python))
}

/// Each plugin that names a built-in in a role which that does not have, with the kind that the role needs and what is wrong. A
/// module of the user's own under the name is not meant.
#[must_use]
pub fn misplaced(plugins: &[PluginSpec], python: &PythonSettings) -> Vec<(PluginName, ModuleKind, String)> {
    // Other names are not found, and that says it, too.
    let modules = plugins.iter().flat_map(named_modules).filter(|module| sources::has(module.name));
    let of_ours = modules.filter(|module| !module.is_in(python.users_path()));
    let problem = |module: NamedModule<'_>| {
        let what = module_hint::misplaced(module.kind, module.name)?;
        Some((module.plugin.clone(), module.kind, format!("{} {}: {what}", module.what(), module.name)))
    };
    of_ours.filter_map(problem).collect()
}

/// The account that a plugin's modules are imported by, where we can see files as it does.
fn account_of(plugin: &PluginSpec, daemon: Option<&Credentials>) -> Option<(u32, u32, Vec<u32>)> {
    let own = Credentials::resolve(&plugin.run_as).ok().flatten();
    let credentials = own.as_ref().or(daemon).filter(|_| geteuid().is_root())?;
    let groups = credentials.groups.iter().map(|group| group.as_raw()).collect();
    Some((credentials.uid.as_raw(), credentials.gid.as_raw(), groups))
}

/// The installed files in whose place the plugins run built-ins: those of the Python Smoker, of which one may have been
/// changed, and modules and parsers with the short name of a built-in, which the original would have imported.
pub async fn unused_originals(plugins: &[PluginSpec], python: &PythonSettings, reaper: &Reaper) -> Vec<String> {
    let built_ins = plugins.iter().flat_map(named_modules).filter(|module| {
        let built_in = smoker_checks::catalogue::find(module.kind, module.name);
        let may_be_meant = |it: &Spec| it.is_original || !module.name.contains('.');
        built_in.is_some_and(may_be_meant) && !has_module(python.users_path(), module.name, module.kind)
    });
    let mut names: Vec<_> = built_ins.map(|module| module.name).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Vec::new();
    }
    let lines = look_up(&[], &names, &[], python, reaper).await.unwrap_or_default();
    let files = lines.iter().filter_map(|line| line.strip_prefix(NOT_USED));
    // A short name like `json` is that of many a library.
    let defines = |line: &str| ["class Plugin", "class Parser"].iter().any(|class| line.starts_with(class));
    let has_class = |file: &str| std::fs::read_to_string(file).is_ok_and(|text| text.lines().any(defines));
    files.filter(|file| is_of_original(file) || has_class(file)).map(str::to_owned).collect()
}

/// Whether an installed file is a module that came with the Python Smoker.
#[must_use]
pub fn is_of_original(file: &str) -> bool {
    file.contains("/smoker/server/plugins/")
}

/// The modules that a plugin names: its module or parser, and its actions' modules.
pub(crate) fn named_modules(plugin: &PluginSpec) -> Vec<NamedModule<'_>> {
    let of = |kind, name| NamedModule { plugin: &plugin.name, kind, name };
    let is_name = |key: &str| module_name::mistake_of_plugin(key, &plugin.parameters).is_none();
    let own = match &plugin.invocation.execution {
        Execution::Module(name) => is_name("Module").then(|| of(ModuleKind::Plugin, name)),
        Execution::Check(name) => Some(of(ModuleKind::Check, name)),
        Execution::Command { parser, .. } => {
            parser.as_ref().filter(|_| is_name("Parser")).map(|name| of(ModuleKind::Parser, name))
        }
    };
    let actions = plugin.actions.iter().filter(|action| module_name::mistake_of_action(&action.parameters).is_none());
    let invocations = actions.filter_map(|action| action.invocation.as_ref());
    let actions = invocations.filter_map(|invocation| match &invocation.execution {
        Execution::Module(name) => Some(of(ModuleKind::Action, name)),
        Execution::Command { .. } | Execution::Check(_) => None,
    });
    own.into_iter().chain(actions).collect()
}

impl NamedModule<'_> {
    /// Whether it is built in, or a part of the package that the host brings along.
    fn is_shipped(&self) -> bool {
        smoker_checks::catalogue::find(self.kind, self.name).is_some() || sources::has(self.name)
    }

    /// Whether Python runs it: nothing of the user's takes the place of a check.
    fn is_of_user(&self, python: &PythonSettings) -> bool {
        self.kind != ModuleKind::Check && (!self.is_shipped() || self.is_in(python.users_path()))
    }

    /// Whether one of the folders has a module that takes the place of ours.
    fn is_in(&self, folders: &[PathBuf]) -> bool {
        has_module(folders, self.name, self.kind)
    }

    /// What it is in a message.
    fn what(&self) -> &'static str {
        match self.kind {
            ModuleKind::Plugin => "Module",
            ModuleKind::Check => "Check",
            ModuleKind::Parser => "Parser",
            ModuleKind::Action => "the action's Module",
        }
    }

    fn not_found_message(&self, python: &PythonSettings) -> String {
        let what = self.what();
        if let Some(hint) = module_hint::hint(self.kind, self.name, python.users_path()) {
            return format!("{what} {} is not found; {hint}", self.name);
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
    let lines = look_up(names, &[], &[], python, reaper).await?;
    Ok(lines.iter().filter_map(|line| line.strip_prefix(NOT_FOUND)).map(str::to_owned).collect())
}

/// The lines that the script prints of names to find, of names of built-ins, and of modules to review.
async fn look_up(
    names: &[&str],
    built_ins: &[&str],
    reviewed: &[&Reviewed<'_>],
    python: &PythonSettings,
    reaper: &Reaper,
) -> Result<Vec<String>, String> {
    let interpreter = python.interpreter()?;
    let packages = sources::packages();
    let users_path = python.users_path().iter().map(|folder| folder.as_os_str());
    let separator = || std::iter::once(OsStr::new("--"));
    let reviewed: Vec<_> = reviewed.iter().filter_map(|it| serde_json::to_string(it).ok()).collect();
    let arguments: Vec<_> = [OsStr::new("-c"), OsStr::new(SCRIPT)]
        .into_iter()
        .chain(users_path)
        .chain(separator())
        .chain(packages.iter().map(OsStr::new))
        .chain(separator())
        .chain(names.iter().map(OsStr::new))
        .chain(separator())
        .chain(built_ins.iter().map(OsStr::new))
        .chain(separator())
        .chain(reviewed.iter().map(OsStr::new))
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
    Ok(outcome.stdout.text().lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;

    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;

    use super::*;

    /// What the script prints of modules in a folder, with a change made to it.
    fn printed(script: &str, folder: &str, modules: &[&str]) -> String {
        let arguments = ["-c", script, folder, "--", "--", "--", "--"];
        let output = Command::new("python3").args(arguments).args(modules).output().expect("python3");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    #[test]
    fn modules_that_no_child_can_look_at_have_a_line_each() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["good", "crash", "bad", "fault"] {
            let text = if name == "bad" { "class Plugin" } else { "class Plugin: pass" };
            fs::write(folder.path().join(name).with_extension("py"), text).expect("writable");
        }
        let folder = folder.path().to_str().expect("text");
        let faults = "\n    if 'crash' in file: os.kill(os.getpid(), 9)\n    if 'fault' in file: raise KeyError(1)\n";
        let head = "def why_not_file(file, class_name, owners):";
        let script = SCRIPT.replacen(head, &format!("{head}{faults}"), 1);
        let modules = ["good", "crash", "bad", "fault", "good"]
            .map(|name| format!(r#"{{"name": "{name}", "class": "Plugin", "account": null, "owners": null}}"#));
        let lines = printed(&script, folder, &modules.each_ref().map(String::as_str));
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        for (line, (begin, words)) in lines.iter().zip([("[1,", "signal 9"), ("[2,", "bad.py:1"), ("[3,", "KeyError")])
        {
            assert!(line.starts_with(&format!("{NOT_IMPORTED}{begin}")) && line.contains(words), "{lines:?}");
        }
        // No system has an account of this number.
        let module =
            r#"{"name": "good", "class": "Plugin", "account": [99999999999, 99999999999, []], "owners": null}"#;
        let lines = printed(SCRIPT, folder, &[module, module]);
        assert_eq!(lines.matches("cannot become the account").count(), 2, "{lines}");
    }

    #[test]
    fn a_named_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe.py");
        mkfifo(&pipe, Mode::S_IRWXU).expect("a pipe");
        let script = format!("{SCRIPT}\nprint(why_not_file({pipe:?}, None, None))\n");
        assert!(printed(&script, "/", &[]).contains("pipe.py is no regular file"));
    }
}
