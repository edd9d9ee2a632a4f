//! Everything that lives inside the runtime, put together.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::available_parallelism;

use smoker_config::DaemonSettings;
use smoker_model::plugin::PluginSpec;
use smoker_runner::guardian::Guardian;
use smoker_runner::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::reaper::Reaper;
use smoker_runner::runner::Runner;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::api::guard::Guard;
use crate::manager::PluginManager;
use crate::signals::Signals;
use crate::slots::Slots;
use crate::stdio::StdioFiles;
use crate::{api, descriptors, server};

/// Spawning and serving need a few threads, however many cores there are.
const MOST_WORKERS: usize = 4;

/// What a daemon is made of when everything that can fail on the operator's
/// terminal has succeeded.
pub(crate) struct Daemon {
    pub(crate) settings: DaemonSettings,
    pub(crate) plugins: Vec<PluginSpec>,
    pub(crate) listeners: Vec<TcpListener>,
    /// The interpreter and the folders of modules.
    pub(crate) python: PythonSettings,
    /// The files to reopen at SIGHUP; none in the foreground.
    pub(crate) log_files: Option<StdioFiles>,
}

impl Daemon {
    /// Serves until a signal ends it. Calls `ready` when it serves.
    pub(crate) fn run(self, ready: impl FnOnce()) -> io::Result<()> {
        runtime()?.block_on(self.serve(ready))
    }

    async fn serve(self, ready: impl FnOnce()) -> io::Result<()> {
        let Self { settings, plugins, listeners, python, log_files } = self;
        if let Some(problem) = python.problem() {
            tracing::warn!("{problem}; every run that needs Python will fail");
        }
        descriptors::raise_limit();
        let shutdown = CancellationToken::new();
        let signals = Signals::listen()?;
        let runner = Runner::new(Reaper::start()?, python);
        let guardian = start_guardian();
        let slots = Slots::new(settings.nr_concurrent_plugins);
        let plugins = plugins.into_iter().map(prepare).collect();
        let listeners = listeners.into_iter().map(tokio::net::TcpListener::from_std).collect::<Result<Vec<_>, _>>()?;
        for listener in &listeners {
            announce(listener, &settings)?;
        }
        let (manager, mut tasks) =
            PluginManager::start(plugins, runner, slots, settings.history_memory, shutdown.clone());
        let router = api::router(manager, Guard::new(settings.allow, &settings.bind_host));
        let serving = tokio::spawn(server::serve(listeners, router, shutdown.clone()));
        ready();
        signals.obey(log_files, shutdown).await;
        while tasks.join_next().await.is_some() {}
        if let Some(guardian) = guardian {
            guardian.dismiss();
        }
        serving.await.map_err(io::Error::other)
    }
}

fn runtime() -> io::Result<Runtime> {
    let workers = available_parallelism().map_or(2, usize::from).clamp(2, MOST_WORKERS);
    Builder::new_multi_thread().worker_threads(workers).thread_name("smokerd").enable_all().build()
}

fn start_guardian() -> Option<Guardian> {
    Guardian::start().unwrap_or_else(|error| {
        tracing::warn!("no guardian ({error}): should smokerd be killed with SIGKILL, its commands live on");
        None
    })
}

fn prepare(spec: PluginSpec) -> PreparedPlugin {
    let plugin = PreparedPlugin::new(Arc::new(spec));
    let name = &plugin.spec().name;
    tracing::info!("Loaded plugin {name}");
    for warning in plugin.warnings() {
        tracing::warn!("Plugin {name}: {warning}");
    }
    plugin
}

fn announce(listener: &tokio::net::TcpListener, settings: &DaemonSettings) -> io::Result<()> {
    let address = listener.local_addr()?;
    tracing::info!("Starting webserver on {address}");
    if !address.ip().is_loopback() && settings.allow.is_none() {
        tracing::warn!(
            "{address} is open to every network and there is no authentication: list the networks that may ask under 'allow'"
        );
    }
    Ok(())
}
