//! Takes results out of the stream with a durable consumer: the server knows what was taken, so restarts of both sides lose nothing.
//!
//! # Layout
//!
//! - `file`: appends to a file; `webhook`: posts to an address; `otlp`: sends to a collector
//! - `taken`: a result as sinks write it; `recent`: which ones were taken lately

mod file;
mod otlp;
mod recent;
mod taken;
mod webhook;

use std::time::Duration;

use async_nats::jetstream;
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use futures_util::StreamExt;
use smoker_nats::connect::random_part_of;
use smoker_nats::subject::Fleet;
use tokio::time::sleep;

use crate::connection::Connection;
use crate::failure::Failure;
use crate::settings::Target;
use crate::sink::file::ResultFile;
use crate::sink::otlp::Collector;
use crate::sink::recent::MAX_PENDING;
use crate::sink::taken::Taken;
use crate::sink::webhook::Webhook;

/// The pause after a failure at most.
const MAX_PAUSE: Duration = Duration::from_secs(5);

/// Where results go.
#[derive(Debug)]
enum Sink {
    File(ResultFile),
    Webhook(Webhook),
    Otlp(Collector),
}

/// Takes results without end.
///
/// # Errors
///
/// When the file cannot be opened, or the endpoint of the collector is none.
pub(crate) async fn take(connection: &mut Connection, fleet: &Fleet, target: Target) -> Result<(), Failure> {
    let (mut sink, durable) = match target {
        Target::File { path, durable } => {
            let failed = |error| Failure::new(format!("cannot write to {}: {error}", path.display()));
            (Sink::File(ResultFile::open(&path).map_err(failed)?), durable)
        }
        Target::Webhook { url, durable } => (Sink::Webhook(Webhook::new(url)), durable),
        Target::Otlp { endpoint, ca_file, durable } => {
            let failed = |reason| Failure::new(format!("the endpoint {endpoint} cannot be used: {reason}"));
            (Sink::Otlp(Collector::new(&endpoint, ca_file.as_ref()).map_err(failed)?), durable)
        }
    };
    let mut told = String::new();
    loop {
        let reason = consume(connection, fleet, &durable, &mut sink).await;
        if reason != told {
            tracing::warn!("results wait in the stream: {reason}");
            told = reason;
        }
        sleep(MAX_PAUSE / 10 + random_part_of(MAX_PAUSE)).await;
    }
}

/// Takes results until that does not go on, and gives the reason.
async fn consume(connection: &mut Connection, fleet: &Fleet, durable: &str, sink: &mut Sink) -> String {
    connection.wait().await;
    let context = jetstream::new(connection.client.clone());
    let config = pull::Config {
        durable_name: Some(durable.to_owned()),
        deliver_policy: DeliverPolicy::All,
        ack_policy: AckPolicy::Explicit,
        max_ack_pending: i64::try_from(MAX_PENDING).unwrap_or(i64::MAX),
        filter_subject: fleet.all_results(),
        ..pull::Config::default()
    };
    let consumer = match context.create_consumer_on_stream(config, fleet.results_stream()).await {
        Ok(consumer) => consumer,
        Err(error) => return format!("the stream cannot be read: {error}"),
    };
    let messages = match consumer.messages().await {
        Ok(messages) => messages,
        Err(error) => return format!("the stream cannot be read: {error}"),
    };
    let mut batches = messages.ready_chunks(MAX_PENDING);
    while let Some(batch) = batches.next().await {
        let batch: Result<Vec<_>, _> = batch.into_iter().collect();
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => return format!("the stream cannot be read: {error}"),
        };
        let results: Vec<_> = batch.iter().filter_map(|message| Taken::read(message, fleet)).collect();
        if let Err(reason) = sink.put(&results).await {
            return reason;
        }
        for message in batch {
            if let Err(error) = message.ack().await {
                return format!("results cannot be acknowledged: {error}");
            }
        }
    }
    "the server gives no more".to_owned()
}

impl Sink {
    /// Puts results where they belong. All of them are there when it succeeds.
    async fn put(&mut self, results: &[Taken]) -> Result<(), String> {
        match self {
            Self::File(file) => {
                file.append(results).map_err(|error| format!("cannot write to {}: {error}", file.path().display()))
            }
            Self::Webhook(webhook) => webhook.post(results).await,
            Self::Otlp(collector) => collector.send(results).await,
        }
    }
}
