//! The metrics of the daemon itself.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use smoker_model::metrics::exposition::{Format, Lines, labels};
use smoker_model::metrics::family::Family;

use crate::http::api::metrics::plugin_page::seconds_since_1970;
use crate::http::connections::limiter::ConnectionLimits;
use crate::http::tls::Tls;
use crate::os::usage;
use crate::otlp::gauges::{OtlpGauges, Signal, SignalGauges};
use crate::scheduler::manager::PluginManager;

const BUILD: Family = Family::info("smoker_build", "The version of the daemon.");
const PLUGINS: Family = Family::gauge("smoker_plugins", "Plugins that are configured and loaded.");
const NOT_LOADED: Family =
    Family::gauge("smoker_plugins_not_loaded", "Plugins that were left out because their configuration is broken.");
const RELOAD_SUCCESSFUL: Family =
    Family::gauge("smoker_reload_successful", "1 if the newest reload is in effect, 0 if it was refused.");
const RELOAD_TIME: Family = Family::gauge(
    "smoker_reload_timestamp_seconds",
    "When the newest reload ended, or the daemon started, in seconds since 1970.",
);
const RESULTS: Family = Family::gauge("smoker_results_memory_bytes", "What kept results count against history_memory.");
const JOURNAL_UP: Family = Family::gauge(
    "smoker_journal_up",
    "1 if the journal is open and its newest write succeeded; 0: results are kept in memory only.",
);
const JOURNAL_SIZE: Family = Family::gauge("smoker_journal_size_bytes", "What the journal takes on the disk.");
const JOURNAL_RECORDS: Family = Family::counter("smoker_journal_records", "Records that were written to the journal.");
const JOURNAL_LOST: Family = Family::counter(
    "smoker_journal_lost_records",
    "Records that are lost, since the journal could not be written for long.",
);
const CONNECTIONS: Family = Family::gauge(
    "smoker_connections",
    "Open connections: pending (no request received yet), active (being served), and those of both that are streams of events.",
);
const NOT_AFTER: Family = Family::gauge(
    "smoker_tls_not_after_timestamp_seconds",
    "The last moment at which the certificate of the daemon is valid, in seconds since 1970.",
);
const LEFT_OUT: Family = Family::counter(
    "smoker_metrics_dropped_series",
    "Series of components and perfdata that were left out of this page because of its bounds, counted each time that it was written.",
);
const OTLP_SENT: Family =
    Family::counter("smoker_otlp_sent", "Data points and log records that the OTLP collector has taken.");
const OTLP_FAILED: Family = Family::counter(
    "smoker_otlp_failed_requests",
    "Requests to the OTLP collector that got no answer, or another one than success.",
);
const OTLP_DROPPED: Family = Family::counter(
    "smoker_otlp_dropped",
    "Data points and log records that the OTLP collector has refused; they are not sent again.",
);
const OTLP_LOST: Family = Family::counter(
    "smoker_otlp_lost_records",
    "Records, those of starts of runs among them, that were not kept any more when their results were to be sent.",
);
const START: Family = Family::gauge("process_start_time_seconds", "When the daemon started, in seconds since 1970.");
const PROCESSOR: Family =
    Family::counter("process_cpu_seconds", "Processor time of the daemon, without that of its runs.");
const MEMORY: Family =
    Family::gauge("process_resident_memory_bytes", "Memory of the daemon, without that of its runs.");

/// Where the metrics of the daemon come from. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct DaemonGauges {
    pub(crate) connections: ConnectionLimits,
    pub(crate) tls: Tls,
    pub(crate) reloads: ReloadGauges,
    /// Whether results are to survive the daemon's end.
    pub(crate) wants_journal: bool,
    pub(crate) otlp: OtlpGauges,
}

/// How the newest reload went. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ReloadGauges {
    started: DateTime<Utc>,
    newest: Arc<Mutex<(bool, DateTime<Utc>)>>,
}

impl ReloadGauges {
    /// The daemon starts now.
    pub(crate) fn begin() -> Self {
        let started = Utc::now();
        Self { started, newest: Arc::new(Mutex::new((true, started))) }
    }

    /// A reload has ended: it is in effect, or was refused.
    pub(crate) fn note(&self, is_in_effect: bool) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner) = (is_in_effect, Utc::now());
    }

    /// When the daemon started.
    pub(crate) fn started(&self) -> DateTime<Utc> {
        self.started
    }

    fn newest(&self) -> (bool, DateTime<Utc>) {
        *self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl DaemonGauges {
    /// The metrics of this moment; `left_out` series are missing on pages.
    pub(super) async fn write(&self, manager: &PluginManager, format: Format, left_out: u64) -> String {
        let not_after = self.tls.not_after().await;
        let mut page = Page(Lines::with_capacity(format, 8 * 1024));
        page.one(BUILD, &labels(&[("version", env!("CARGO_PKG_VERSION"))]), 1.0);
        page.count(PLUGINS, manager.count() as u64);
        page.count(NOT_LOADED, manager.count_not_loaded());
        let (is_in_effect, reloaded) = self.reloads.newest();
        page.count(RELOAD_SUCCESSFUL, u64::from(is_in_effect));
        page.moment(RELOAD_TIME, reloaded);
        page.count(RESULTS, u64::try_from(manager.state().memory()).unwrap_or(0));
        if self.wants_journal {
            let journal = manager.state().journal_gauges();
            page.count(JOURNAL_UP, u64::from(journal.is_some_and(|journal| !journal.is_failing())));
            if let Some(journal) = journal {
                page.count(JOURNAL_SIZE, journal.bytes());
                page.count(JOURNAL_RECORDS, journal.written());
                page.count(JOURNAL_LOST, journal.lost());
            }
        }
        page.0.begin(CONNECTIONS);
        let ConnectionLimits { pending, active } = &self.connections;
        for (state, count) in [("pending", pending.in_use()), ("active", active.in_use()), ("stream", active.streams())]
        {
            page.0.number(CONNECTIONS, &labels(&[("state", state)]), number(count as u64));
        }
        if let Some(not_after) = not_after {
            page.moment(NOT_AFTER, not_after);
        }
        page.count(LEFT_OUT, left_out);
        page.otlp(&self.otlp);
        page.moment(START, self.reloads.started);
        if let Some(usage) = usage::of_this_process() {
            page.one(PROCESSOR, "", usage.processor.as_secs_f64());
            if let Some(memory) = usage.memory {
                page.count(MEMORY, memory);
            }
        }
        page.0.into_text()
    }
}

struct Page(Lines);

impl Page {
    fn one(&mut self, family: Family, labels: &str, value: f64) {
        self.0.begin(family);
        self.0.number(family, labels, value);
    }

    fn count(&mut self, family: Family, count: u64) {
        self.one(family, "", number(count));
    }

    fn of_signals(&mut self, family: Family, gauges: &OtlpGauges, count: fn(&SignalGauges) -> u64) {
        self.0.begin(family);
        for signal in Signal::ALL {
            self.0.number(family, &labels(&[("signal", signal.word())]), number(count(gauges.of(signal))));
        }
    }

    /// What was sent to a collector; nothing as long as there was none.
    fn otlp(&mut self, gauges: &OtlpGauges) {
        if !gauges.is_used() {
            return;
        }
        self.of_signals(OTLP_SENT, gauges, SignalGauges::sent);
        self.of_signals(OTLP_FAILED, gauges, SignalGauges::failed);
        self.of_signals(OTLP_DROPPED, gauges, SignalGauges::dropped);
        self.count(OTLP_LOST, gauges.lost());
    }

    fn moment(&mut self, family: Family, moment: DateTime<Utc>) {
        if let Some(seconds) = seconds_since_1970(Some(moment)) {
            self.one(family, "", seconds);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number beyond 2^52 would be off by one")]
fn number(count: u64) -> f64 {
    count as f64
}
