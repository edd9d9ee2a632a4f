//! The task that sends results: as they come, and those that the collector has missed from the journal.

use std::sync::Arc;
use std::time::Duration;

use chrono::Utc;
use smoker_checks::otlp::protocol::{self, Resource};
use smoker_model::run_record::{RunRecord, RunState};
use tokio::time::{Instant, sleep, sleep_until};

use crate::os::host_name::host_name;
use crate::otlp::backoff::RetryWaits;
use crate::otlp::collector::{Collector, Delivery};
use crate::otlp::cursor::Cursor;
use crate::otlp::gauges::OtlpGauges;
use crate::otlp::limits::{RESULT_BYTES, RESULTS};
use crate::otlp::log_record::log_record;
use crate::results::events::{Event, Received, Subscription};
use crate::results::kept::facts::RunFacts;
use crate::results::kept::history::Sequence;
use crate::results::queries::run_query::{PastRuns, StoredRun};
use crate::results::store::SharedState;

/// How long results are collected for a request.
const COLLECT: Duration = Duration::from_secs(1);

/// What is sent, and where.
#[derive(Debug)]
pub(super) struct ResultExport {
    pub(super) collector: Collector,
    pub(super) state: SharedState,
    pub(super) cursor: Cursor,
    pub(super) instance: Arc<str>,
    pub(super) gauges: OtlpGauges,
}

/// Results that are sent together.
#[derive(Debug, Default)]
struct Batch {
    runs: Vec<StoredRun>,
    bytes: usize,
    /// The number of the newest record that was looked at for it.
    through: Sequence,
}

/// Why results are read from the journal instead of as they come.
enum Interrupted {
    /// They came faster than they were sent.
    Lagged,
    /// A request has failed: what came meanwhile has to wait, and not in memory.
    Failed(Duration),
}

impl ResultExport {
    /// Sends without end.
    pub(super) async fn run(self) {
        let mut waits = RetryWaits::default();
        loop {
            // Before: what comes meanwhile is among what is read, or comes then.
            let events = self.state.subscribe();
            let interrupted = match self.catch_up(&mut waits).await {
                Ok(()) => self.follow(events, &mut waits).await,
                Err(interrupted) => {
                    drop(events);
                    interrupted
                }
            };
            if let Interrupted::Failed(wait) = interrupted {
                sleep(wait).await;
            }
        }
    }

    /// Sends what is kept and the collector has not.
    async fn catch_up(&self, waits: &mut RetryWaits) -> Result<(), Interrupted> {
        loop {
            let (position, newest) = (self.cursor.position(), self.state.newest_sequence());
            if position >= newest {
                return Ok(());
            }
            let past = self.state.runs_after((position, newest), (RESULTS, RESULT_BYTES)).await.map_err(|error| {
                tracing::error!("otlp: the journal cannot be read: {error}; its results are sent later");
                Interrupted::Failed(waits.next(None))
            })?;
            let PastRuns { mut runs, lost, through, .. } = past;
            // What is written and not shown yet comes later.
            runs.retain(|run| run.sequence <= newest);
            let batch = Batch { runs, bytes: 0, through: through.unwrap_or(newest).min(newest) };
            self.send(batch, waits).await?;
            if lost > 0 {
                self.gauges.add_lost(lost);
                tracing::warn!(
                    "otlp: {lost} records, results or starts of runs, are not kept any more and were not sent: the collector was away \
                     for too long"
                );
            }
        }
    }

    /// Sends results as they come.
    async fn follow(&self, mut events: Subscription, waits: &mut RetryWaits) -> Interrupted {
        loop {
            let mut batch = Batch::default();
            let first = events.next().await;
            if !self.add(&mut batch, first) {
                return Interrupted::Lagged;
            }
            if batch.runs.is_empty() {
                continue;
            }
            let end = Instant::now() + COLLECT;
            while batch.runs.len() < RESULTS && batch.bytes < RESULT_BYTES {
                tokio::select! {
                    received = events.next() => if !self.add(&mut batch, received) {
                        return Interrupted::Lagged;
                    },
                    () = sleep_until(end) => break,
                }
            }
            if let Err(interrupted) = self.send(batch, waits).await {
                return interrupted;
            }
        }
    }

    /// Adds what has come. False when something was lost before it.
    fn add(&self, batch: &mut Batch, received: Received) -> bool {
        match received {
            Received::Event(Event::Record { record, .. }) if record.sequence > self.cursor.position() => {
                batch.add(&record);
                true
            }
            Received::Event(_) => true,
            Received::Lagged(_) => false,
        }
    }

    /// Sends some results, and keeps that they were sent.
    async fn send(&self, batch: Batch, waits: &mut RetryWaits) -> Result<(), Interrupted> {
        let Batch { runs, through, .. } = batch;
        if !runs.is_empty() {
            let now = Utc::now();
            let record = |run: &StoredRun| {
                let config = self.state.config_of(&run.plugin);
                log_record(run, config.as_ref().map(|config| &config.facts), now)
            };
            let records: Vec<_> = runs.iter().map(record).collect();
            let items = records.len();
            let body = protocol::logs(&[(Resource::of_daemon(&host_name(), &self.instance), records)]);
            if let Delivery::Later(asked) = self.collector.deliver(body, items).await {
                return Err(Interrupted::Failed(waits.next(asked)));
            }
            waits.reset();
        }
        self.cursor.advance(through).await;
        Ok(())
    }
}

impl Batch {
    fn add(&mut self, record: &RunRecord) {
        self.through = self.through.max(record.sequence);
        let (RunState::Finished(run), Some(facts)) = (&record.state, RunFacts::of(record)) else { return };
        let (sequence, plugin) = (record.sequence, record.plugin.clone());
        let text = run.text.listed.as_ref().to_owned();
        self.bytes += text.len();
        self.runs.push(StoredRun { sequence, plugin, facts, text });
    }
}
