//! Modules and parsers that a configuration names and that cannot be found or imported, or of which a changed copy is not used.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use nix::unistd::{AccessFlags, access};
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::places::ParameterKey;
use smoker_config::spec::settings::DaemonSettings;
use smoker_model::plugin::module::ModuleKind;
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

/// Where a service looks for programs.
const SERVICE_PATH: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// Advice on an interpreter that this shell finds and a service does not.
pub(crate) fn interpreter_advice(
    settings: &DaemonSettings,
    plugins: &[PluginSpec],
    python: &PythonSettings,
) -> Option<String> {
    let name = python.interpreter().ok().filter(|_| settings.python.is_none())?;
    let path = in_path(name, &env::var_os("PATH")?)?;
    let is_usual = SERVICE_PATH.iter().any(|folder| path.parent() == Some(Path::new(folder)));
    let path = path.display();
    (!is_usual && lookup::needs_python(plugins, python)).then(|| {
        format!(
            "modules are run by {path}, which the PATH here has and that of a service has not: write `python: {path}` to \
             have it there, too"
        )
    })
}

/// Where the name of a program leads.
fn in_path(name: &Path, folders: &OsStr) -> Option<PathBuf> {
    env::split_paths(folders).map(|folder| folder.join(name)).find(|path| access(path, AccessFlags::X_OK).is_ok())
}

/// Advice on installed modules that the plugins name; the built-ins run in their place.
pub(crate) fn advice(plugins: &[PluginSpec], python: &PythonSettings) -> io::Result<Vec<String>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let unused = runtime.block_on(async {
        Ok::<_, io::Error>(
            lookup::unused_originals(plugins, python, &Reaper::start(ContainmentLevel::prepare(None))?).await,
        )
    })?;
    let advice = |file: String| {
        let way_out = if lookup::is_of_original(&file) {
            "if you have changed it, copy it into the folder smoker/server/plugins beside the configuration"
        } else {
            "if it is meant, copy it beside the configuration, or name its folder under python_path"
        };
        format!("{file} is not used, because its module is built in; {way_out}")
    };
    Ok(unused.into_iter().map(advice).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_looked_up_in_the_path_of_this_shell() {
        let path = |folders: &str| in_path(Path::new("sh"), OsStr::new(folders));
        assert_eq!(path("/no-such-folder:/bin:/usr/bin"), Some(PathBuf::from("/bin/sh")));
        assert_eq!(path("/no-such-folder"), None);
        assert_eq!(in_path(Path::new("/bin/sh"), OsStr::new("/no-such-folder")), Some(PathBuf::from("/bin/sh")));
    }
}
