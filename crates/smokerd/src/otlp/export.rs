//! What runs while there is a collector, and how a reload changes it.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use smoker_config::spec::settings::otlp_settings::OtlpSettings;
use tokio_util::sync::CancellationToken;

use crate::otlp::collector::Collector;
use crate::otlp::cursor::Cursor;
use crate::otlp::gauges::{OtlpGauges, Signal};
use crate::otlp::metric_export::MetricExport;
use crate::otlp::metrics_page::MetricsPage;
use crate::otlp::result_export::ResultExport;
use crate::results::store::SharedState;

/// The export of one daemon.
#[derive(Debug)]
pub(crate) struct OtlpExport {
    sources: ExportSources,
    running: Option<Running>,
}

/// What is exported, and what is known of that.
#[derive(Debug)]
pub(crate) struct ExportSources {
    pub(crate) state: SharedState,
    pub(crate) page: MetricsPage,
    pub(crate) cursor: Cursor,
    pub(crate) gauges: OtlpGauges,
    /// What tells the daemon from others of this host.
    pub(crate) instance: Arc<str>,
    /// When the daemon started.
    pub(crate) started: DateTime<Utc>,
    /// Cancelled when the daemon stops.
    pub(crate) shutdown: CancellationToken,
}

/// The tasks for one collector.
#[derive(Debug)]
struct Running {
    settings: OtlpSettings,
    end: CancellationToken,
}

impl OtlpExport {
    /// Starts the export, if these settings name a collector. Has to be called within the runtime.
    pub(crate) fn start(sources: ExportSources, settings: Option<&OtlpSettings>) -> Self {
        let running = settings.map(|settings| sources.run(settings));
        Self { sources, running }
    }

    /// Changes to other settings. Requests that are on their way are not waited for.
    pub(crate) async fn change(&mut self, settings: Option<&OtlpSettings>) {
        if self.running.as_ref().map(|running| &running.settings) == settings {
            return;
        }
        if let Some(running) = self.running.take() {
            running.end.cancel();
        }
        match settings {
            Some(settings) => {
                self.sources.cursor.begin(self.sources.state.newest_sequence()).await;
                self.running = Some(self.sources.run(settings));
            }
            None => self.sources.cursor.forget().await,
        }
    }
}

impl ExportSources {
    fn run(&self, settings: &OtlpSettings) -> Running {
        self.gauges.set_used();
        let end = self.shutdown.child_token();
        let collector = |signal| Collector::new(settings, signal, self.gauges.clone());
        let metrics = MetricExport {
            collector: collector(Signal::Metrics),
            page: self.page.clone(),
            instance: Arc::clone(&self.instance),
            interval: settings.interval,
            started: self.started,
        };
        let results = ResultExport {
            collector: collector(Signal::Logs),
            state: self.state.clone(),
            cursor: self.cursor.clone(),
            instance: Arc::clone(&self.instance),
            gauges: self.gauges.clone(),
        };
        // Two tasks: one does not wait while the other is told to.
        tokio::spawn(end.clone().run_until_cancelled_owned(metrics.run()));
        tokio::spawn(end.clone().run_until_cancelled_owned(results.run()));
        Running { settings: settings.clone(), end }
    }
}
