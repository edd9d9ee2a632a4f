//! The parts of a running daemon that a configuration decides, and how a reload changes them.

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_config::spec::settings::DaemonSettings;
use smoker_model::counted::counted;
use smoker_model::metrics::exposition::Format;
use smoker_runner::check_memory::CheckMemory;
use smoker_runner::detached;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::runner::Runner;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::http::access::attempts::Attempts;
use crate::http::access::authorize::AccessControl;
use crate::http::api::metrics::daemon_gauges::{DaemonGauges, ReloadGauges};
use crate::http::api::metrics::kept::KeptMetrics;
use crate::http::api::metrics::show;
use crate::http::connections::limiter::ConnectionLimits;
use crate::http::router::{self, Router};
use crate::http::server::Front;
use crate::http::tls::Tls;
use crate::otlp::cursor::Cursor;
use crate::otlp::export::{ExportSources, OtlpExport};
use crate::otlp::gauges::OtlpGauges;
use crate::otlp::metrics_page::MetricsPage;
use crate::reload_requests::request::ReloadRequests;
use crate::results::events::{Event, PluginCounts};
use crate::results::journal;
use crate::results::journal::start::JournalSettings;
use crate::results::store::SharedState;
use crate::scheduler::alerts::told_file::ToldFile;
use crate::scheduler::manager::PluginManager;
use crate::scheduler::plugin_set::Changes;
use crate::scheduler::slots::Slots;
use crate::service::listen;
use crate::silences::file::SilencesFile;
use crate::startup::bounded_read::READ_LIMIT;
use crate::startup::configuration::Prepared;

/// The parts that can change to another configuration.
#[derive(Debug)]
pub(crate) struct Runtime {
    manager: PluginManager,
    runner: Runner,
    slots: Slots,
    access: AccessControl,
    python: PythonSettings,
    settings: DaemonSettings,
    tls: Tls,
    reload_gauges: ReloadGauges,
    /// The metrics of plugins, for all who read them.
    kept_metrics: KeptMetrics,
    otlp_cursor: Cursor,
    otlp_gauges: OtlpGauges,
    /// None until it is started.
    otlp: Option<OtlpExport>,
    /// The addresses that the daemon listens on.
    addresses: Vec<SocketAddr>,
    started: DateTime<Utc>,
    shutdown: CancellationToken,
}

/// What another configuration has changed.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) changes: Changes,
    /// What of it is not in effect, each with the reason.
    pub(crate) not_in_effect: Vec<String>,
}

impl Runtime {
    /// Sets all parts up and starts the plugins' tasks.
    pub(crate) fn start(
        config: Prepared,
        addresses: Vec<SocketAddr>,
        tls: Tls,
        reaper: Reaper,
        shutdown: CancellationToken,
    ) -> Self {
        let Prepared { settings, python, plugins, not_loaded, absent } = config;
        let started = Utc::now();
        let mut runner = Runner::new(reaper, python.clone());
        if let Some(state_dir) = &settings.access.state_dir {
            runner = runner.remembering(CheckMemory::in_folder(state_dir.join("checks")));
        }
        let slots = Slots::new(settings.nr_concurrent_plugins);
        let specs = plugins.iter().map(|plugin| &**plugin.spec());
        let state = match &settings.access.state_dir {
            Some(state_dir) => journal::start::start(
                JournalSettings { state_dir, durability: settings.durability, max_size: settings.history_disk as u64 },
                &specs,
            ),
            None => SharedState::new(),
        };
        // Before the first run, so that its result is among those that are sent.
        let kept_in = settings.access.state_dir.as_deref().filter(|_| state.journal_gauges().is_some());
        let otlp_cursor = Cursor::open(kept_in, state.newest_sequence(), settings.otlp.is_some());
        let manager = PluginManager::new(runner.clone(), slots.clone(), state, shutdown.clone());
        manager.set_forced_rate(settings.max_forced_rate);
        if let Some(state_dir) = &settings.access.state_dir {
            manager.keep_silences_in(SilencesFile::in_folder(state_dir));
            manager.keep_told_in(ToldFile::in_folder(state_dir));
        }
        manager.replace_plugins(plugins, settings.history_memory, settings.show_secrets);
        manager.set_not_loaded(not_loaded);
        manager.set_absent(absent);
        manager.watch_silences();
        manager.watch_relations();
        manager.watch_alerts();
        let access = AccessControl::new(&settings);
        let reload_gauges = ReloadGauges::begin();
        Self {
            manager,
            runner,
            slots,
            access,
            python,
            settings,
            tls,
            reload_gauges,
            kept_metrics: KeptMetrics::default(),
            otlp_cursor,
            otlp_gauges: OtlpGauges::default(),
            otlp: None,
            addresses,
            started,
            shutdown,
        }
    }

    /// Starts to send metrics and results to a collector, if the settings name one; a reload may name one later.
    pub(crate) fn start_export(&mut self, connections: ConnectionLimits) {
        let (manager, kept, gauges) = (self.manager.clone(), self.kept_metrics.clone(), self.gauges(connections));
        let page = MetricsPage::new(move || {
            let (manager, kept, gauges) = (manager.clone(), kept.clone(), gauges.clone());
            async move { show::pieces(&manager, &kept, &gauges, Format::OpenMetrics, None).await }
        });
        let instance: Arc<str> = self.addresses.first().map(ToString::to_string).unwrap_or_default().into();
        let sources = ExportSources {
            state: self.manager.state().clone(),
            page,
            cursor: self.otlp_cursor.clone(),
            gauges: self.otlp_gauges.clone(),
            instance,
            started: self.started,
            shutdown: self.shutdown.clone(),
        };
        self.otlp = Some(OtlpExport::start(sources, self.settings.otlp.as_ref()));
    }

    /// Changes to another configuration.
    pub(crate) async fn apply(&mut self, config: Prepared) -> Applied {
        let Prepared { mut settings, python, plugins, not_loaded, absent } = config;
        // Root may be needed to make another one.
        settings.access.state_dir.clone_from(&self.settings.access.state_dir);
        // First, since it may take its time: nothing is half changed meanwhile.
        self.find_returning(&plugins).await;
        // Before the plugins: a client that is no longer allowed must not see new ones.
        let not_in_effect = self.change_access(&settings).await;
        let may_open = settings.allow != self.settings.allow || settings.access.mode != self.settings.access.mode;
        self.slots.set_bound(settings.nr_concurrent_plugins);
        self.manager.set_forced_rate(settings.max_forced_rate);
        if python != self.python {
            self.runner.set_python(python.clone());
            self.python = python;
        }
        // First: what is left out is not gone, and what its actions were told is kept.
        self.manager.set_not_loaded(not_loaded);
        self.manager.set_absent(absent);
        let changes = self.manager.replace_plugins(plugins, settings.history_memory, settings.show_secrets);
        if let Some(otlp) = &mut self.otlp {
            otlp.change(settings.otlp.as_ref()).await;
        }
        self.settings = settings;
        if may_open {
            self.warn_if_open().await;
        }
        Applied { changes, not_in_effect }
    }

    /// Says of each address that everybody is answered there, where that is so.
    pub(crate) async fn warn_if_open(&self) {
        listen::warn_if_open(&self.addresses, self.settings.allow.as_deref(), self.access.is_open().await);
    }

    /// Reads what the journal has of plugins that come back.
    async fn find_returning(&self, plugins: &[PreparedPlugin]) {
        let found = self.manager.state().find_returning(plugins.iter().map(|plugin| &**plugin.spec()));
        let error = match timeout(READ_LIMIT, found).await {
            Ok(Ok(())) => return,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("reading it takes more than {} seconds", READ_LIMIT.as_secs()),
        };
        tracing::error!("journal: {error}; plugins that come back begin without their results");
    }

    /// Changes who may ask for what, and returns what of it is not in effect. Files of keys and certificates are read on a thread of
    /// their own, since they may be on a file server.
    async fn change_access(&self, settings: &DaemonSettings) -> Vec<String> {
        let (access, tls, settings) = (self.access.clone(), self.tls.clone(), settings.clone());
        let change = move || [access.change(&settings), tls.change(&settings.access)];
        match timeout(READ_LIMIT, detached::run_blocking(change)).await {
            Ok(Ok(changed)) => changed.into_iter().filter_map(Result::err).collect(),
            Ok(Err(error)) => vec![format!("access and TLS cannot be changed: {error}")],
            Err(_) => vec![format!(
                "access and TLS are not changed yet: reading their files takes more than {} seconds; are they on a file server that does \
                 not answer?",
                READ_LIMIT.as_secs()
            )],
        }
    }

    /// Notes how a reload has ended, for metrics.
    pub(crate) fn note_reload(&self, is_in_effect: bool) {
        self.reload_gauges.note(is_in_effect);
    }

    /// Tells those who follow events that a reload is in effect.
    pub(crate) fn announce(&self, changes: &Changes) {
        let (added, changed, removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
        let counts = PluginCounts { added, changed, removed, unchanged: changes.unchanged };
        self.manager.state().announce(Event::Reloaded(counts));
    }

    /// The handle to the plugins.
    pub(crate) fn manager(&self) -> &PluginManager {
        &self.manager
    }

    /// The settings in effect.
    pub(crate) fn settings(&self) -> &DaemonSettings {
        &self.settings
    }

    /// What connections are served with.
    pub(crate) fn front(&self, limits: ConnectionLimits, reloads: ReloadRequests) -> Front {
        Front {
            router: self.router(reloads, limits.clone()),
            limits,
            tls: self.tls.clone(),
            handshakes: Attempts::default(),
        }
    }

    /// The pages.
    pub(crate) fn router(&self, reloads: ReloadRequests, connections: ConnectionLimits) -> Router {
        let metrics = (self.kept_metrics.clone(), self.gauges(connections));
        router::router(self.manager.clone(), reloads, self.access.clone(), metrics)
    }

    /// What metrics read of the daemon itself.
    fn gauges(&self, connections: ConnectionLimits) -> DaemonGauges {
        DaemonGauges {
            connections,
            tls: self.tls.clone(),
            reloads: self.reload_gauges.clone(),
            wants_journal: self.settings.access.state_dir.is_some(),
            otlp: self.otlp_gauges.clone(),
        }
    }

    /// The daemon in one line.
    pub(crate) fn status(&self) -> String {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        format!("{}, serving on {}", counted(self.manager.count(), "plugin"), addresses.join(", "))
    }
}
