//! What SIGHUP does: log files are reopened, and the configuration is reloaded,
//! as a whole or not at all.

use std::fmt::Display;
use std::pin::pin;

use smoker_config::problem::{Problem, Severity};
use smoker_config::spec::settings::DaemonSettings;
use smoker_logging::{log, secrets};
use smoker_model::plugin::PluginName;
use smoker_runner::detached;
use smoker_runner::process::credentials::Credentials;
use tokio::signal::unix::Signal;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::runtime::Runtime;
use crate::scheduler::plugin_set::Changes;
use crate::service::error::StartError;
use crate::service::notify::ServiceManager;
use crate::service::privileges;
use crate::service::stdio::{OpenStdio, StdioFiles};
use crate::setting_changes;
use crate::startup::configuration::{self, LoadFailure, Loaded, Origin, Prepared, log_all};
use crate::startup::time_limit::READ_LIMIT;

/// How many names of plugins one line of the log has.
const MAX_NAMES: usize = 10;

/// Where the configuration comes from, and what the start decided about this daemon.
#[derive(Clone, Debug)]
pub(crate) struct ConfigSource {
    pub(crate) origin: Origin,
    /// The account that the daemon runs as; none: the account that started it.
    pub(crate) credentials: Option<Credentials>,
    /// The standard streams; none in the foreground, where they belong to the starting process.
    pub(crate) stdio: Option<StdioFiles>,
    /// Whether the command line names the pidfile, which overrides the configuration's.
    pub(crate) overrides_pidfile: bool,
}

impl ConfigSource {
    /// Whether the daemon runs in the background.
    pub(crate) fn is_background(&self) -> bool {
        self.stdio.is_some()
    }
}

/// Reloads the configuration at each SIGHUP.
#[derive(Debug)]
pub(crate) struct Reloader {
    source: ConfigSource,
    runtime: Runtime,
    service_manager: ServiceManager,
    /// The settings that the daemon was started with.
    started: DaemonSettings,
}

/// A configuration that has passed all checks, so that applying it cannot fail.
struct CheckedConfig {
    config: Prepared,
    problems: Vec<Problem>,
    /// The files of the standard streams, when they change.
    stdio: Option<(StdioFiles, OpenStdio)>,
}

impl Reloader {
    /// For a daemon that has just started.
    pub(crate) fn new(source: ConfigSource, runtime: Runtime, service_manager: ServiceManager) -> Self {
        let started = runtime.settings().clone();
        Self { source, runtime, service_manager, started }
    }

    /// Reloads at each signal, until the daemon stops.
    pub(crate) async fn run(mut self, mut hang_up: Signal, shutdown: CancellationToken) {
        let reloading = async {
            while hang_up.recv().await.is_some() {
                while self.reload_and_listen(&mut hang_up).await {}
            }
        };
        tokio::select! {
            () = reloading => {}
            () = shutdown.cancelled() => {}
        }
    }

    /// Reloads, and returns whether signals came meanwhile: any number of them
    /// causes one more reload, so that the last configuration wins.
    async fn reload_and_listen(&mut self, hang_up: &mut Signal) -> bool {
        let mut again = false;
        let mut reload = pin!(self.reload());
        loop {
            tokio::select! {
                () = &mut reload => return again,
                Some(()) = hang_up.recv() => {
                    tracing::info!("SIGHUP while a configuration is being read: it is read once more after that");
                    again = true;
                }
            }
        }
    }

    /// Reads on a thread of its own, since files and accounts may be slow, then
    /// applies the configuration at once.
    async fn reload(&mut self) {
        self.service_manager.notify_reloading().await;
        let source = self.source.clone();
        let status = match timeout(READ_LIMIT, detached::run_blocking(move || read(&source))).await {
            Ok(Ok(Ok(checked))) => self.apply(checked),
            Ok(Ok(Err(LoadFailure { error, problems }))) => {
                log_all(&problems);
                self.refuse(&error)
            }
            Ok(Err(error)) => self.refuse(&error),
            // The thread is left alone; the next reload has one of its own.
            Err(_) => {
                let what = self.source.origin.path.display().to_string();
                self.refuse(&StartError::Hangs { what, seconds: READ_LIMIT.as_secs() })
            }
        };
        self.service_manager.notify_ready(&status).await;
    }

    /// Logs why the configuration is refused, and returns the daemon's status. The configuration in effect stays.
    fn refuse(&self, error: &dyn Display) -> String {
        for line in error.to_string().lines() {
            tracing::error!("{line}");
        }
        let path = self.source.origin.path.display();
        tracing::error!(
            "Configuration {path} is refused as a whole and the one before goes on: fix the problems listed above, try it \
             with --check, send SIGHUP again"
        );
        format!("{}; the last reload was refused, see the log", self.runtime.status())
    }

    /// Changes to a configuration, and returns the daemon's status.
    fn apply(&mut self, checked: CheckedConfig) -> String {
        let CheckedConfig { config, problems, stdio } = checked;
        if let Some((files, open_files)) = stdio {
            match open_files.install() {
                Ok(()) => self.source.stdio = Some(files),
                Err(error) => tracing::error!("the standard streams stay as they are: {error}"),
            }
        }
        secrets::replace(config.plugins.iter().map(|plugin| plugin.spec().as_ref()));
        log_all(&problems);
        let mut warnings = config.warnings();
        let settings = &config.settings;
        warnings.extend(setting_changes::deferred(&self.started, settings, self.source.overrides_pidfile));
        for warning in &warnings {
            tracing::warn!("{warning}");
        }
        let differing = setting_changes::immediate(self.runtime.settings(), settings);
        let changes = self.runtime.apply(config);
        let summary = self.summary(&changes, &differing);
        // At the level of the reload's problems, so that a log of warnings shows what they belong to.
        if warnings.is_empty() && problems.iter().all(|problem| problem.severity == Severity::Info) {
            tracing::info!("{summary}");
        } else {
            tracing::warn!("{summary}");
        }
        self.runtime.status()
    }

    fn summary(&self, changes: &Changes, settings: &[&str]) -> String {
        let path = self.source.origin.path.display();
        let added = counted(&changes.added, "added");
        let changed = counted(&changes.changed, "changed");
        let removed = counted(&changes.removed, "removed");
        let unchanged = changes.unchanged;
        let settings = if settings.is_empty() { String::new() } else { format!("; settings: {}", settings.join(", ")) };
        format!("Reloaded {path}: plugins: {added}, {changed}, {removed}, {unchanged} unchanged{settings}")
    }
}

/// The number of plugins, and the first of their names.
fn counted(names: &[PluginName], what: &str) -> String {
    let count = names.len();
    let mut shown: Vec<_> = names.iter().take(MAX_NAMES).map(PluginName::as_str).collect();
    if shown.len() < count {
        shown.push("...");
    }
    if shown.is_empty() { format!("0 {what}") } else { format!("{count} {what} ({})", shown.join(", ")) }
}

/// Reopens log files, then reads the configuration and checks all that a start checks.
fn read(source: &ConfigSource) -> Result<CheckedConfig, LoadFailure> {
    reopen_log_files(source.stdio.as_ref());
    let loaded = configuration::reload(&source.origin, source.credentials.as_ref())?;
    let Loaded { settings, plugins, problems, .. } = loaded;
    let files = StdioFiles::of(&settings, &source.origin.working, source.credentials.as_ref().map(privileges::owner));
    let stdio = match source.stdio.as_ref().filter(|before| **before != files).map(|_| files.open()) {
        None => None,
        Some(Ok(open_files)) => Some((files, open_files)),
        Some(Err(error)) => return Err(LoadFailure { error, problems }),
    };
    Ok(CheckedConfig { config: Prepared::new(settings, plugins, &source.origin), problems, stdio })
}

/// Reopens all log files. Before the configuration is read, since `logrotate`
/// has to work with a broken one, too.
fn reopen_log_files(stdio: Option<&StdioFiles>) {
    log::reopen();
    let Some(files) = stdio else { return };
    let reopened = files.open().map_err(|error| error.to_string());
    match reopened.and_then(|files| files.install().map_err(|error| error.to_string())) {
        Ok(()) => tracing::info!("SIGHUP: reopened the log files"),
        Err(error) => tracing::error!("SIGHUP: the log files stay as they are: {error}"),
    }
}
