//! The task that sends metrics.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep};

use crate::otlp::backoff::Backoff;
use crate::otlp::collector::{Collector, Delivery};
use crate::otlp::metrics_page::MetricsPage;
use crate::otlp::points::{Batches, Times};
use crate::otlp::protocol::Resource;

/// How long after its start a daemon sends for the first time at the latest, so that the one who has configured it need not
/// wait long to see it work.
const FIRST: Duration = Duration::from_secs(10);

/// What is sent, and where.
#[derive(Debug)]
pub(super) struct MetricExport {
    pub(super) collector: Collector,
    pub(super) page: MetricsPage,
    pub(super) instance: Arc<str>,
    pub(super) interval: Duration,
    /// Since when the daemon counts.
    pub(super) started: DateTime<Utc>,
}

impl MetricExport {
    /// Sends without end.
    pub(super) async fn run(self) {
        let mut ticks = interval_at(Instant::now() + self.interval.min(FIRST), self.interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut backoff = Backoff::default();
        ticks.tick().await;
        loop {
            match self.send().await {
                Delivery::Over => {
                    backoff.reset();
                    ticks.tick().await;
                }
                // Sums go on, so the numbers of then say all that these would have said.
                Delivery::Later(asked) => sleep(backoff.wait(asked)).await,
            }
        }
    }

    /// Sends all metrics of this moment.
    async fn send(&self) -> Delivery {
        let pieces = self.page.write().await;
        let times = Times { start: self.started, now: Utc::now() };
        let resource = Resource::of_daemon(&self.instance);
        let texts = pieces.iter().map(|piece| std::str::from_utf8(piece).unwrap_or_default());
        for batch in Batches::of(texts.flat_map(str::lines), times) {
            let delivery = self.collector.deliver(resource.metrics(&batch.metrics), batch.points).await;
            if delivery != Delivery::Over {
                return delivery;
            }
        }
        Delivery::Over
    }
}
