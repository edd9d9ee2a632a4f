//! The daemon inside its tokio runtime: starts all parts, and stops them in order.

use std::io;
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread::available_parallelism;

use smoker_config::problem::Problem;
use smoker_config::spec::settings::DaemonSettings;
use smoker_config::spec::settings::access_settings::AccessSettings;
use smoker_model::plugin::PluginSpec;
use smoker_paths::resolved_path::Owner;
use smoker_runner::modules::host::prints;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::process::guardian::{self, Guardian};
use smoker_trust::authority::ClientAuthorities;
use tokio::runtime::Builder;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::http::connections::limiter::ConnectionLimits;
use crate::http::listener::Listener;
use crate::http::server;
use crate::http::tls::Tls;
use crate::os::descriptors;
use crate::reload::programs;
use crate::reload::reloader::{ConfigSource, Reloader};
use crate::reload::triggers::Triggers;
use crate::reload_requests::request::ReloadRequests;
use crate::results::run_log;
use crate::runtime::Runtime;
use crate::scheduler::manager::PluginManager;
use crate::service::error::StartError;
use crate::service::logger_names;
use crate::service::manager::notify::ServiceManager;
use crate::service::manager::watchdog;
use crate::service::signals::Signals;
use crate::startup::configuration::Prepared;
use crate::startup::containment;

/// Spawning and serving need a few threads only, also on a machine with many cores.
const MAX_WORKERS: usize = 4;

/// The parts that have to work for the watchdog to be notified.
struct Health {
    manager: PluginManager,
    server: AbortHandle,
}

impl Health {
    /// Says what does not work. The answers come from the tasks themselves, through
    /// the manager's and the state's locks: a timer alone would go on in a daemon that hangs.
    async fn check(&self) -> Result<(), &'static str> {
        if self.server.is_finished() {
            return Err("the server has ended");
        }
        if self.manager.is_responsive().await { Ok(()) } else { Err("a plugin's task has ended") }
    }
}

/// Opens the daemon's identity, while this process may still read every file of it, and looks at those of the authorities.
///
/// # Errors
///
/// When a file cannot be used.
pub(crate) fn open_tls(settings: &AccessSettings, owner: Option<Owner>) -> Result<Tls, StartError> {
    if let Some(certificates) = &settings.tls_client_ca {
        ClientAuthorities::from_files(certificates, settings.tls_crl.as_deref()).map_err(StartError::Identity)?;
    }
    Tls::open(settings, owner).map_err(StartError::Identity)
}

/// A daemon for which everything that can fail on the operator's terminal has succeeded.
pub(crate) struct Daemon {
    pub(crate) settings: DaemonSettings,
    pub(crate) plugins: Vec<PluginSpec>,
    /// What is wrong with the configuration.
    pub(crate) problems: Vec<Problem>,
    pub(crate) tcp: Vec<TcpListener>,
    pub(crate) unix: Option<UnixListener>,
    pub(crate) tls: Tls,
    /// For reloads.
    pub(crate) source: ConfigSource,
    /// How runs are told apart.
    pub(crate) containment: ContainmentLevel,
}

impl Daemon {
    /// Serves until a signal ends the daemon. Calls `ready` when it serves.
    pub(crate) fn run(self, ready: impl FnOnce()) -> io::Result<()> {
        let runtime = tokio_runtime()?;
        let served = runtime.block_on(self.serve(ready));
        // A thread that reads from a disk that hangs is not waited for.
        runtime.shutdown_background();
        served
    }

    async fn serve(self, ready: impl FnOnce()) -> io::Result<()> {
        let Self { settings, plugins, problems, tcp, unix, tls, source, containment } = self;
        let socket = settings.access.socket.clone();
        let limits = ConnectionLimits::new(descriptors::raise_limit());
        let shutdown = CancellationToken::new();
        let mut signals = Signals::listen()?;
        let service_manager = ServiceManager::from_environment(source.is_background());
        prints::show_on_stdout();
        let reaper = Reaper::start(containment.clone())?;
        let guardian = start_guardian(&reaper).await;
        let config = Prepared::new(settings, plugins, &problems, &source.origin);
        drop(problems);
        log_plugins(&config);
        log_containment(&containment);
        drop(containment);
        let tcp = tcp.into_iter().map(tokio::net::TcpListener::from_std).collect::<Result<Vec<_>, _>>()?;
        let addresses = tcp.iter().map(tokio::net::TcpListener::local_addr).collect::<Result<Vec<_>, _>>()?;
        for address in &addresses {
            tracing::info!(target: logger_names::REST_SERVER, "Starting webserver on {address}");
        }
        let mut listeners: Vec<_> = tcp.into_iter().map(Listener::Tcp).collect();
        if let (Some(unix), Some(path)) = (unix, socket) {
            tracing::info!(target: logger_names::REST_SERVER, "Starting webserver on {}", path.display());
            listeners.push(Listener::Unix(tokio::net::UnixListener::from_std(unix)?));
        }
        let mut runtime = Runtime::start(config, addresses, tls, reaper.clone(), shutdown.clone());
        runtime.start_export(limits.clone());
        runtime.warn_if_open().await;
        let manager = runtime.manager().clone();
        manager.set_configuration(source.origin.path.clone());
        let (reloads, requests) = ReloadRequests::channel();
        let logging = tokio::spawn(run_log::follow(manager.subscribe(), manager.state().clone(), shutdown.clone()));
        let server = tokio::spawn(server::serve(listeners, runtime.front(limits, reloads.clone()), shutdown.clone()));
        service_manager.notify_ready(&runtime.status()).await;
        let health = Health { manager: manager.clone(), server: server.abort_handle() };
        let check_health = async move || health.check().await;
        let watching = tokio::spawn(watchdog::watch(service_manager.clone(), check_health, shutdown.clone()));
        let reloader = Reloader::new(source, runtime, service_manager.clone());
        programs::listen(reloads, shutdown.clone());
        let triggers = Triggers { hang_up: signals.hang_up, requests };
        let reloading = tokio::spawn(reloader.run(triggers, shutdown.clone()));
        ready();
        signals.end.wait().await;
        tracing::info!("Shutting down");
        shutdown.cancel();
        service_manager.notify_stopping().await;
        for task in [watching, reloading, logging] {
            if let Err(error) = task.await {
                tracing::error!("a background task panicked: {error}; please report it, with the log");
            }
        }
        manager.ended().await;
        let state = manager.state().clone();
        if let Err(error) = tokio::task::spawn_blocking(move || state.close()).await {
            tracing::error!("closing the journal panicked: {error}; please report it, with the log");
        }
        guardian::end(&reaper, guardian).await;
        server.await.map_err(io::Error::other)
    }
}

fn tokio_runtime() -> io::Result<tokio::runtime::Runtime> {
    let workers = available_parallelism().map_or(2, usize::from).clamp(2, MAX_WORKERS);
    Builder::new_multi_thread().worker_threads(workers).thread_name("smokerd").enable_all().build()
}

/// An operator has to know what this host cannot promise.
fn log_containment(containment: &ContainmentLevel) {
    let [level, shortcomings @ ..] = &*containment::describe(containment) else { return };
    match containment {
        ContainmentLevel::Cgroups(_) => tracing::info!("{level}"),
        ContainmentLevel::Marks { .. } => tracing::warn!("{level}"),
    }
    for shortcoming in shortcomings {
        tracing::info!("{shortcoming}");
    }
}

async fn start_guardian(reaper: &Reaper) -> Option<Guardian> {
    Guardian::start(reaper).await.unwrap_or_else(|error| {
        tracing::warn!("{}", guardian::absence_message(&error, "smokerd"));
        None
    })
}

fn log_plugins(config: &Prepared) {
    for plugin in &config.plugins {
        tracing::info!(target: logger_names::PLUGIN_MANAGER, "Loaded plugin {}", plugin.spec().name);
    }
    for warning in config.warnings() {
        tracing::warn!(target: logger_names::PLUGIN_MANAGER, "{warning}");
    }
}
