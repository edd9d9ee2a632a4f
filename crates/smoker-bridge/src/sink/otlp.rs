//! Sends results to a collector of the OpenTelemetry protocol, as log records with the host of each. What the collector has not taken is sent again, so
//! it may get a result twice: its number says so.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use smoker_checks::actions::push::{Pusher, Reply};
use smoker_checks::otlp::entry;
use smoker_checks::otlp::protocol::{LogRecord, Resource, logs};
use tokio::task::spawn_blocking;

use crate::sink::recent::Recent;
use crate::sink::taken::Taken;

/// How long a request may take. The server gives its results again after 30 s.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A collector.
#[derive(Debug)]
pub(super) struct Collector {
    address: String,
    pusher: Arc<Mutex<Pusher>>,
    newest: Recent,
}

impl Collector {
    /// The collector at this endpoint, which is the address before `/v1/logs`. `ca_file` has the authorities that sign its certificate, in place of those
    /// of the system.
    ///
    /// # Errors
    ///
    /// When the address is none.
    pub(super) fn new(endpoint: &str, ca_file: Option<&PathBuf>) -> Result<Self, String> {
        let address = format!("{}/v1/logs", endpoint.trim_end_matches('/'));
        let pusher = Pusher::new(&address, Vec::new(), ("--ca-file", ca_file.map(PathBuf::as_path)), true)?;
        Ok(Self { address, pusher: Arc::new(Mutex::new(pusher)), newest: Recent::default() })
    }

    /// Sends those that it does not have, in one request. It has taken all of them when this succeeds.
    pub(super) async fn send(&mut self, results: &[Taken]) -> Result<(), String> {
        let results: Vec<_> = results.iter().filter(|result| !self.newest.has(&result.place)).collect();
        let groups = by_host(&results);
        if !groups.is_empty() {
            let (pusher, body) = (Arc::clone(&self.pusher), logs(&groups));
            let reply = spawn_blocking(move || {
                let mut pusher = pusher.lock().unwrap_or_else(PoisonError::into_inner);
                pusher.post(&body, Instant::now() + TIMEOUT)
            });
            let reply = reply.await.map_err(|error| error.to_string())?;
            self.judge(&reply.map_err(|reason| format!("{}: {reason}", self.address))?)?;
        }
        for result in results {
            self.newest.add(result.place.clone());
        }
        Ok(())
    }

    /// Only a success has taken the results. A collector that refuses some of them for good says so in it.
    fn judge(&self, reply: &Reply) -> Result<(), String> {
        if !(200..300).contains(&reply.status) {
            return Err(format!("{} answers with {}", self.address, reply.text()));
        }
        let body: serde_json::Value = serde_json::from_str(&reply.body).unwrap_or_default();
        let rejected = &body["partialSuccess"]["rejectedLogRecords"];
        let count = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok()).unwrap_or(0);
        if count > 0 {
            let message = body["partialSuccess"]["errorMessage"].as_str().unwrap_or_default();
            tracing::warn!("{} has refused {count} results: {message}", self.address);
        }
        Ok(())
    }
}

/// The records of each host, in their order. A message that is no result has none.
fn by_host(results: &[&Taken]) -> Vec<(Resource, Vec<LogRecord>)> {
    let now = Utc::now();
    let mut hosts: Vec<(&str, Vec<LogRecord>)> = Vec::new();
    for result in results {
        let Some(record) = entry::record(&result.entry, now) else {
            tracing::warn!("message {} of {} is no result and is left out", result.place.sequence, result.host);
            continue;
        };
        match hosts.iter_mut().find(|(host, _)| *host == result.host) {
            Some((_, records)) => records.push(record),
            None => hosts.push((&result.host, vec![record])),
        }
    }
    hosts.into_iter().map(|(host, records)| (Resource::of_host(host), records)).collect()
}
