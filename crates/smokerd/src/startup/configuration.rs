//! From the configuration's path to a configuration that this daemon can run.

use std::collections::HashSet;
use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use smoker_config::config::{self, Config};
use smoker_config::environment::Environment;
use smoker_config::error::ConfigError;
use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::settings::DaemonSettings;
use smoker_logging::secrets::values;
use smoker_model::plugin::{PluginName, PluginSpec};
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::modules::lookup;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::attributes::credentials::Credentials;

use crate::service::error::StartError;
use crate::service::{logger_names, privileges};
use crate::startup::bounded_read::{self, READ_LIMIT};
use crate::startup::trust::{self, TrustedOwners};
use crate::startup::{absent_plugins, admission};

/// What `!env` reads: the environment that this process was started with.
pub(crate) const ENVIRONMENT: Environment = |name| env::var_os(name);

/// A configuration that this daemon can run.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) settings: DaemonSettings,
    /// The account that the daemon runs as; none: the one that started it.
    pub(crate) credentials: Option<Credentials>,
    pub(crate) plugins: Vec<PluginSpec>,
    /// Plugins that do not load, as far as they can be understood. None of them may be run.
    pub(crate) left_out: Vec<PluginSpec>,
    pub(crate) problems: Vec<Problem>,
}

/// A configuration with the accounts and the interpreter looked up, ready to take effect.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) settings: DaemonSettings,
    pub(crate) python: PythonSettings,
    pub(crate) plugins: Vec<PreparedPlugin>,
    /// The plugins that were left out because they are broken.
    pub(crate) not_loaded: Vec<PluginName>,
    /// Those and the ones that are switched off, each with why and where.
    pub(crate) absent: Vec<(PluginName, String)>,
}

/// Why a configuration does not load, and the problems beside that.
#[derive(Debug)]
pub(crate) struct LoadFailure {
    pub(crate) error: StartError,
    pub(crate) problems: Vec<Problem>,
}

/// Where a configuration is, also for a daemon that has left the folder in
/// which it was started.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The folder that relative paths start at.
    pub(crate) working: PathBuf,
    /// The main file.
    pub(crate) path: PathBuf,
    /// The accounts that may have written it.
    pub(crate) trusted: TrustedOwners,
}

impl Origin {
    /// The origin of a path that is relative to the current folder.
    pub(crate) fn of(path: &Path, trusted: TrustedOwners) -> Self {
        let working = env::current_dir().unwrap_or_else(|_| PathBuf::from("/"));
        let path = working.join(path);
        Self { path: std::path::absolute(&path).unwrap_or(path), working, trusted }
    }

    /// The interpreter that these settings name, and the folders of its modules, of which that of the
    /// configuration is the first.
    pub(crate) fn python(&self, settings: &DaemonSettings) -> PythonSettings {
        let path = &*self.path;
        let folder = if path.is_dir() { path } else { path.parent().unwrap_or(path) };
        let python = PythonSettings::new(settings.python.as_ref(), &settings.python_path, folder, &self.working);
        python.trusting(self.trusted.numbers().to_vec())
    }
}

/// Loads the configuration that a daemon starts with. A read that hangs is an error.
pub(crate) fn load(path: &Path, trusted: &TrustedOwners) -> Result<Loaded, LoadFailure> {
    let what = path.display().to_string();
    let (path, trusted) = (path.to_owned(), trusted.clone());
    bounded_read::within(READ_LIMIT, &what, move || {
        let config = config::load(&path, ENVIRONMENT)?;
        let credentials = credentials_of(&config)?;
        let config = judged(config, &Origin::of(&path, trusted), credentials.as_ref())?;
        admit(config, credentials.clone(), credentials.as_ref())
    })
    .unwrap_or_else(|error| Err(LoadFailure { error, problems: Vec::new() }))
}

/// Loads the configuration once more for a running daemon, which keeps its account.
pub(crate) fn reload(origin: &Origin, daemon: Option<&Credentials>) -> Result<Loaded, LoadFailure> {
    let config = config::load_from(&origin.working, &origin.path, ENVIRONMENT)?;
    let credentials = credentials_of(&config)?;
    let config = judged(config, origin, daemon)?;
    admit(config, credentials, daemon)
}

/// Refuses, as root, what another account could have written.
fn judged(mut config: Config, origin: &Origin, daemon: Option<&Credentials>) -> Result<Config, LoadFailure> {
    let Config { settings, sources, plugins, left_out, .. } = &mut config;
    let python = origin.python(settings);
    let modules = python.deciding_paths(lookup::needs_python(plugins, &python));
    match trust::judge(sources, modules, &settings.access, plugins, left_out, &origin.trusted, daemon) {
        Ok(problems) => {
            config.problems.extend(problems);
            Ok(config)
        }
        Err(error) => Err(LoadFailure { error, problems: config.problems }),
    }
}

fn credentials_of(config: &Config) -> Result<Option<Credentials>, LoadFailure> {
    privileges::credentials_of(&config.settings)
        .map_err(|error| LoadFailure { error, problems: config.problems.clone() })
}

/// Checks what only this machine and this daemon know about the plugins.
fn admit(
    config: Config,
    credentials: Option<Credentials>,
    daemon: Option<&Credentials>,
) -> Result<Loaded, LoadFailure> {
    let Config { settings, plugins, left_out, mut problems, .. } = config;
    let (plugins, refusals) = admission::admit(plugins, daemon);
    problems.extend(refusals);
    if plugins.is_empty() {
        return Err(LoadFailure { error: StartError::NoPlugins, problems });
    }
    Ok(Loaded { settings, credentials, plugins, left_out, problems })
}

impl Prepared {
    /// Looks up the plugins' accounts and the interpreter.
    pub(crate) fn new(
        settings: DaemonSettings,
        plugins: Vec<PluginSpec>,
        problems: &[Problem],
        origin: &Origin,
    ) -> Self {
        let python = origin.python(&settings);
        let not_loaded = not_loaded(problems, &plugins);
        let absent = absent_plugins::all(problems, &plugins);
        let plugins = plugins.into_iter().map(|spec| PreparedPlugin::new(Arc::new(spec))).collect();
        Self { settings, python, plugins, not_loaded, absent }
    }

    /// What an operator should know before the first run.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let python = self.python.problem().map(|problem| format!("{problem}; every run that needs Python will fail"));
        let of_plugin = |plugin: &PreparedPlugin| {
            let name = plugin.spec().name.clone();
            let secrets = values::too_short(plugin.spec()).into_iter().map(|secret| secret.to_string());
            let warnings = plugin.warnings().iter().cloned().chain(secrets);
            warnings.map(|warning| format!("Plugin {name}: {warning}")).collect::<Vec<_>>()
        };
        python.into_iter().chain(self.plugins.iter().flat_map(of_plugin)).collect()
    }
}

/// The plugins that a problem has left out, each once. One that is defined twice may be loaded all the same.
fn not_loaded(problems: &[Problem], plugins: &[PluginSpec]) -> Vec<PluginName> {
    let loaded: HashSet<_> = plugins.iter().map(|plugin| &plugin.name).collect();
    let left_out = problems.iter().filter(|problem| problem.severity == Severity::Error);
    let mut seen = HashSet::new();
    let names = left_out.filter_map(|problem| problem.plugin.as_ref());
    names.filter(|name| !loaded.contains(name) && seen.insert(*name)).cloned().collect()
}

impl From<ConfigError> for LoadFailure {
    fn from(error: ConfigError) -> Self {
        Self { problems: error.problems().to_vec(), error: error.into() }
    }
}

/// Logs problems by how bad they are.
pub(crate) fn log_all(problems: &[Problem]) {
    for problem in problems {
        match problem.severity {
            Severity::Error => tracing::error!(target: logger_names::PLUGIN_MANAGER, "{problem}"),
            Severity::Warning => tracing::warn!("{problem}"),
            Severity::Info => tracing::info!("{problem}"),
        }
    }
}
