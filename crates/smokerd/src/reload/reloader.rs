//! A reload: log files are reopened, and the configuration is reloaded, as a whole or not at all.

use std::mem;
use std::pin::pin;
use std::sync::Arc;

use smoker_config::problem::Problem;
use smoker_config::spec::settings::DaemonSettings;
use smoker_logging::{log, secrets};
use smoker_model::plugin::PluginName;
use smoker_runner::detached;
use smoker_runner::process::attributes::credentials::Credentials;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::reload::logging_file::LoggingFile;
use crate::reload::setting_changes;
use crate::reload::triggers::{ReloadTrigger, Triggers};
use crate::reload_requests::report::{Outcome, ReloadReport};
use crate::reload_requests::request::{ReloadRequest, RequestedBy};
use crate::runtime::{Applied, Runtime};
use crate::scheduler::plugin_set::Changes;
use crate::service::error::StartError;
use crate::service::manager::notify::ServiceManager;
use crate::service::privileges;
use crate::service::stdio::{OpenStdio, StdioFiles};
use crate::startup::bounded_read::READ_LIMIT;
use crate::startup::configuration::{self, LoadFailure, Loaded, Origin, Prepared, log_all};

/// How many requests for a reload that come while one goes on wait for the next, beside those in the channel.
const MAX_WAITING: usize = 64;

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
    /// The logging configuration, if there is one.
    pub(crate) logging: Option<LoggingFile>,
}

impl ConfigSource {
    /// Whether the daemon runs in the background.
    pub(crate) fn is_background(&self) -> bool {
        self.stdio.is_some()
    }
}

/// Reloads the configuration when something asks for it.
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
    /// What has become of the logging configuration.
    logging_change: Option<String>,
}

impl Reloader {
    /// For a daemon that has just started.
    pub(crate) fn new(source: ConfigSource, runtime: Runtime, service_manager: ServiceManager) -> Self {
        let started = runtime.settings().clone();
        Self { source, runtime, service_manager, started }
    }

    /// Reloads whenever something asks for it, until the daemon stops.
    pub(crate) async fn run(mut self, mut triggers: Triggers, shutdown: CancellationToken) {
        let reloading = async {
            loop {
                let mut waiting = Vec::new();
                note(triggers.next().await, &mut waiting);
                while self.reload_for(&mut waiting, &mut triggers).await {}
            }
        };
        tokio::select! {
            () = reloading => {}
            () = shutdown.cancelled() => {}
        }
    }

    /// Reloads for the requests that wait, and returns whether something asked for a reload meanwhile: any number of such causes
    /// one more, so that the last configuration wins and each request gets the outcome of a reload that began after it. Those that
    /// came meanwhile are the ones that wait then.
    async fn reload_for(&mut self, waiting: &mut Vec<ReloadRequest>, triggers: &mut Triggers) -> bool {
        let asked = mem::take(waiting);
        let mut again = false;
        let mut reload = pin!(self.reload());
        let report = loop {
            tokio::select! {
                report = &mut reload => break Arc::new(report),
                // Further ones wait in the channel, and the one that asks when that is full is told so.
                trigger = triggers.next(), if waiting.len() < MAX_WAITING => {
                    let what = note(trigger, waiting);
                    tracing::info!("{what} while a configuration is being read: it is read once more after that");
                    again = true;
                }
            }
        };
        for request in asked {
            request.answer(&report);
        }
        again
    }

    /// Reads on a thread of its own, since files and accounts may be slow, then
    /// applies the configuration at once.
    async fn reload(&mut self) -> ReloadReport {
        self.service_manager.notify_reloading().await;
        let source = self.source.clone();
        let report = match timeout(READ_LIMIT, detached::run_blocking(move || read(&source))).await {
            Ok(Ok(Ok(checked))) => self.apply(checked).await,
            Ok(Ok(Err(LoadFailure { error, problems }))) => self.refuse(&error.parts(), &problems),
            Ok(Err(error)) => self.refuse(&[error.to_string()], &[]),
            // The thread is left alone; the next reload has one of its own.
            Err(_) => {
                let what = self.source.origin.path.display().to_string();
                self.refuse(&StartError::Hangs { what, seconds: READ_LIMIT.as_secs() }.parts(), &[])
            }
        };
        self.runtime.note_reload(report.outcome != Outcome::Refused);
        let status = self.runtime.status();
        let refused =
            if report.outcome == Outcome::Refused { "; the last reload was refused, see the log" } else { "" };
        self.service_manager.notify_ready(&format!("{status}{refused}")).await;
        report
    }

    /// Logs why the configuration is refused; a reason may have several lines. The configuration in effect stays.
    fn refuse(&self, reasons: &[String], problems: &[Problem]) -> ReloadReport {
        let mut report = ReloadReport::new();
        log_all(problems);
        report.add_problems(problems);
        for reason in reasons {
            reason.lines().for_each(|line| tracing::error!("{line}"));
            report.add_error(reason);
        }
        let path = self.source.origin.path.display();
        report.summary = format!(
            "Configuration {path} is refused as a whole and the one before goes on: fix the problems listed above, try it \
             with --check, reload again"
        );
        report.outcome = Outcome::Refused;
        tracing::error!("{}", report.summary);
        report
    }

    /// Changes to a configuration.
    async fn apply(&mut self, checked: CheckedConfig) -> ReloadReport {
        let CheckedConfig { config, problems, stdio, logging_change } = checked;
        let mut report = ReloadReport::new();
        if let Some((files, open_files)) = stdio {
            match open_files.install() {
                Ok(()) => self.source.stdio = Some(files),
                Err(error) => {
                    let text = format!("the standard streams stay as they are: {error}");
                    tracing::error!("{text}");
                    report.add_error(&text);
                }
            }
        }
        secrets::replace(config.plugins.iter().map(|plugin| plugin.spec().as_ref()), &config.settings.secrets);
        log_all(&problems);
        report.add_problems(&problems);
        let warnings = config.warnings();
        for warning in &warnings {
            tracing::warn!("{warning}");
            report.add_warning(warning);
        }
        let settings = &config.settings;
        let deferred = setting_changes::deferred(&self.started, settings, self.source.overrides_pidfile);
        for change in deferred.iter().chain(&logging_change) {
            tracing::warn!("{change}");
            report.add_error(change);
        }
        let differing = setting_changes::immediate(self.runtime.settings(), settings);
        let Applied { changes, not_in_effect } = self.runtime.apply(config).await;
        for problem in &not_in_effect {
            tracing::error!("{problem}");
            report.add_error(problem);
        }
        self.runtime.announce(&changes);
        report.summary = self.summary(&changes, &differing);
        // At the level of the reload's problems, so that a log of warnings shows what they belong to.
        if report.lines().next().is_none() {
            tracing::info!("{}", report.summary);
        } else {
            tracing::warn!("{}", report.summary);
        }
        report
    }

    fn summary(&self, changes: &Changes, settings: &[&str]) -> String {
        let path = self.source.origin.path.display();
        let added = with_names(&changes.added, "added");
        let changed = with_names(&changes.changed, "changed");
        let removed = with_names(&changes.removed, "removed");
        let unchanged = changes.unchanged;
        let settings = if settings.is_empty() { String::new() } else { format!("; settings: {}", settings.join(", ")) };
        format!("Reloaded {path}: plugins: {added}, {changed}, {removed}, {unchanged} unchanged{settings}")
    }
}

/// Keeps a request that waits, and says what asked.
fn note(trigger: ReloadTrigger, waiting: &mut Vec<ReloadRequest>) -> &'static str {
    match trigger {
        ReloadTrigger::Signal => "SIGHUP",
        ReloadTrigger::Request(request) => {
            let by = request.by;
            waiting.push(request);
            match by {
                RequestedBy::Program => "--reload",
                RequestedBy::Client => "POST /reload",
            }
        }
    }
}

/// The number of plugins, and the first of their names.
fn with_names(names: &[PluginName], what: &str) -> String {
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
    let logging_change = source.logging.as_ref().and_then(LoggingFile::change);
    let config = Prepared::new(settings, plugins, &problems, &source.origin);
    Ok(CheckedConfig { config, problems, stdio, logging_change })
}

/// Reopens all log files. Before the configuration is read, since `logrotate`
/// has to work with a broken one, too.
fn reopen_log_files(stdio: Option<&StdioFiles>) {
    log::reopen();
    let Some(files) = stdio else { return };
    let reopened = files.open().map_err(|error| error.to_string());
    match reopened.and_then(|files| files.install().map_err(|error| error.to_string())) {
        Ok(()) => tracing::info!("Reopened the log files"),
        Err(error) => tracing::error!("The log files stay as they are: {error}"),
    }
}
