//! The task that sends metrics.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use smoker_checks::otlp::protocol::Resource;
use smoker_model::time::waits::spread;
use tokio::time::{Instant, sleep, sleep_until};

use crate::os::host_name::host_name;
use crate::otlp::backoff::RetryWaits;
use crate::otlp::collector::{Collector, Delivery};
use crate::otlp::metrics_page::MetricsPage;
use crate::otlp::points::{Batches, Times};

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
        every(self.interval, || self.send()).await;
    }

    /// Sends all metrics of this moment.
    async fn send(&self) -> Delivery {
        let pieces = self.page.write().await;
        let times = Times { start: self.started, now: Utc::now() };
        let resource = Resource::of_daemon(&host_name(), &self.instance);
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

/// Sends without end: once for each interval, and what failed again after a wait.
async fn every<F: Future<Output = Delivery>>(interval: Duration, send: impl Fn() -> F) {
    let first = interval.min(FIRST);
    // Hosts that were started together do not send together.
    let mut due = Instant::now() + spread(first / 2, first / 2);
    let mut waits = RetryWaits::default();
    sleep_until(due).await;
    loop {
        match send().await {
            Delivery::Over => {
                waits.reset();
                due = next_due(due, interval, Instant::now());
                sleep_until(due).await;
            }
            // Sums go on, so the numbers of then say all that these would have said.
            Delivery::Later(asked) => sleep(waits.next(asked)).await,
        }
    }
}

/// When is sent next, after numbers that were due at `due` were taken. Those that were due meanwhile were among them: sent at once,
/// the same numbers would come twice.
fn next_due(due: Instant, interval: Duration, now: Instant) -> Instant {
    let next = due + interval;
    if next > now { next } else { now + interval }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;

    const INTERVAL: Duration = Duration::from_secs(60);

    /// When is sent, in seconds behind the first time, with these outcomes. The last one is the last that is looked at.
    async fn sent(outcomes: &[Delivery]) -> Vec<u64> {
        let times = RefCell::new(Vec::new());
        let exporting = every(INTERVAL, || {
            times.borrow_mut().push(Instant::now());
            let outcome = outcomes.get(times.borrow().len() - 1).copied();
            async move { if let Some(outcome) = outcome { outcome } else { std::future::pending().await } }
        });
        let enough = INTERVAL * 100;
        let _ = tokio::time::timeout(enough, exporting).await;
        let times = times.into_inner();
        times.iter().map(|time| (*time - times[0]).as_secs()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn numbers_are_sent_once_for_each_interval() {
        assert_eq!(sent(&[Delivery::Over; 3]).await, [0, 60, 120, 180]);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_sent_after_retries_is_not_sent_again_at_once() {
        let long = Delivery::Later(Some(Duration::from_secs(100)));
        let times = sent(&[Delivery::Over, long, Delivery::Over]).await;
        let [first, second, again, next] = times[..] else { panic!("{times:?}") };
        assert_eq!((first, second), (0, 60));
        // Behind the dot they may differ by a millisecond.
        assert!(again >= 160 && (60..=61).contains(&(next - again)), "{times:?}");
        // A short wait does not move the times of the others.
        let short = Delivery::Later(None);
        let times = sent(&[Delivery::Over, short, Delivery::Over]).await;
        assert!(times[2] <= 61 && times[3] == 120, "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn hosts_that_start_together_do_not_send_together() {
        let mut firsts = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let begun = Instant::now();
            let first = RefCell::new(None);
            let exporting = every(INTERVAL, || {
                *first.borrow_mut() = Some(begun.elapsed());
                std::future::pending()
            });
            let _ = tokio::time::timeout(INTERVAL, exporting).await;
            let first = first.into_inner().expect("within ten seconds");
            assert!(first >= FIRST / 2 && first <= FIRST + Duration::from_millis(1), "{first:?}");
            firsts.insert(first.as_millis() / 100);
        }
        assert!(firsts.len() > 10, "{firsts:?}");
    }
}
