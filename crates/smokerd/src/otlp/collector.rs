//! One request to the collector, and what its answer means.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::Value as Json;
use smoker_checks::actions::push::{Pusher, Reply};
use smoker_config::spec::settings::otlp_settings::{OtlpCompression, OtlpSettings};
use smoker_model::time::waits::retry_after;
use smoker_runner::detached;
use tokio::time::timeout;

use crate::otlp::gauges::{OtlpGauges, Signal};
use crate::otlp::limits::REQUEST_TIME;
use crate::otlp::trouble::{Trouble, Troubles};

/// By how much the thread of a request may miss its time, so that its reason is known as a rule.
const GRACE: Duration = Duration::from_millis(500);

/// What became of the items of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// The collector has them, or never wants them.
    Over,
    /// They are to be sent again, after this time if it asked for one.
    Later(Option<Duration>),
}

/// The collector, for one signal.
#[derive(Debug)]
pub(super) struct Collector {
    address: String,
    signal: Signal,
    gauges: OtlpGauges,
    pusher: PusherSlot,
    troubles: Mutex<Troubles>,
}

/// What sends requests. It is not there while a request is on its way, and a request for which the system takes too long keeps it:
/// there is one thread at a time, whatever hangs.
#[derive(Clone, Debug)]
struct PusherSlot(Arc<Mutex<Option<Pusher>>>);

/// Puts the pusher back, however the request ends.
struct Lease {
    slot: PusherSlot,
    pusher: Option<Pusher>,
}

impl Collector {
    /// That of these settings.
    pub(super) fn new(settings: &OtlpSettings, signal: Signal, gauges: OtlpGauges) -> Self {
        let address = format!("{}/v1/{}", settings.endpoint, signal.word());
        let authorities = ("otlp.ca_file", settings.ca_file.as_deref());
        let is_compressed = settings.compression == OtlpCompression::Gzip;
        let pusher = Pusher::new(&address, settings.headers.clone(), authorities, is_compressed);
        // The configuration has refused what is no address.
        let pusher = pusher.map_err(|reason| tracing::error!("otlp: {address} cannot be used: {reason}")).ok();
        Self {
            address,
            signal,
            gauges,
            pusher: PusherSlot(Arc::new(Mutex::new(pusher))),
            troubles: Mutex::new(Troubles::default()),
        }
    }

    /// Sends a request with this many items.
    pub(super) async fn deliver(&self, body: String, items: usize) -> Delivery {
        let items = items as u64;
        match self.request(body).await {
            Ok(reply) if (200..300).contains(&reply.status) => {
                self.taken(&reply, items);
                Delivery::Over
            }
            Ok(reply) => self.refused(&reply, items),
            Err(reason) => {
                self.gauges.of(self.signal).add_failed();
                if self.is_new(Trouble::NoAnswer) {
                    tracing::warn!("otlp: {}: {reason}; it is tried again", self.address);
                }
                Delivery::Later(None)
            }
        }
    }

    /// The answer to a request, or why there is none in time.
    async fn request(&self, body: String) -> Result<Reply, String> {
        let end = Instant::now() + REQUEST_TIME;
        let Some(mut lease) = self.pusher.take() else {
            return Err("no answer: the request before has not ended yet".to_owned());
        };
        // A collector that hangs keeps a thread of its own, and nothing else.
        let request = move || lease.post(&body, end);
        match timeout(REQUEST_TIME + GRACE, detached::run_blocking(request)).await {
            Ok(reply) => reply.unwrap_or_else(|error| Err(error.to_string())),
            Err(_) => Err("no answer in time: this host takes too long for what the request needs".to_owned()),
        }
    }

    /// The collector has taken a request, or a part of it.
    fn taken(&self, reply: &Reply, items: u64) {
        let Partial { rejected, message } = Partial::of(&reply.body, self.signal);
        let rejected = rejected.min(items);
        let gauges = self.gauges.of(self.signal);
        gauges.add_sent(items - rejected);
        gauges.add_dropped(rejected);
        let (address, what) = (&self.address, self.signal.items());
        if rejected > 0 {
            if self.is_new(Trouble::PartlyRefused) {
                tracing::warn!("otlp: {address} has refused {rejected} of {items} {what}: {message}");
            }
        } else if !message.is_empty() {
            if self.is_new(Trouble::Remark) {
                tracing::warn!("otlp: {address} has taken {items} {what}, and says: {message}");
            }
        } else if let Some(over) = self.troubles().succeed(Instant::now()) {
            tracing::info!("otlp: {address} takes {what} again, after {over}");
        }
    }

    fn refused(&self, reply: &Reply, items: u64) -> Delivery {
        let gauges = self.gauges.of(self.signal);
        gauges.add_failed();
        let (address, answer) = (&self.address, reply.text());
        if matches!(reply.status, 429 | 502 | 503 | 504) {
            if self.is_new(Trouble::Busy(reply.status)) {
                tracing::warn!("otlp: {address} answered with {answer}; it is tried again");
            }
            let asked = reply.retry_after.as_deref().and_then(|header| retry_after(header, Utc::now()));
            return Delivery::Later(asked);
        }
        gauges.add_dropped(items);
        if self.is_new(Trouble::Refused(reply.status)) {
            let what = self.signal.items();
            tracing::error!("otlp: {address} answered with {answer}; these {what} are not sent again");
        }
        Delivery::Over
    }

    fn is_new(&self, trouble: Trouble) -> bool {
        self.troubles().note(trouble, Instant::now())
    }

    fn troubles(&self) -> MutexGuard<'_, Troubles> {
        self.troubles.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl PusherSlot {
    fn take(&self) -> Option<Lease> {
        let pusher = self.lock().take()?;
        Some(Lease { slot: self.clone(), pusher: Some(pusher) })
    }

    fn lock(&self) -> MutexGuard<'_, Option<Pusher>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    fn post(&mut self, body: &str, end: Instant) -> Result<Reply, String> {
        let pusher = self.pusher.as_mut().ok_or("it was used already")?;
        pusher.post(body, end)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.slot.lock() = self.pusher.take();
    }
}

/// `partialSuccess` of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
struct Partial {
    rejected: u64,
    message: String,
}

impl Partial {
    /// Reads an answer; one that is no JSON says that all is well.
    fn of(body: &str, signal: Signal) -> Self {
        let Ok(Json::Object(answer)) = serde_json::from_str(body) else { return Self::default() };
        let Some(partial) = answer.get("partialSuccess") else { return Self::default() };
        let rejected = match signal {
            Signal::Metrics => &partial["rejectedDataPoints"],
            Signal::Logs => &partial["rejectedLogRecords"],
        };
        let count = rejected.as_u64().or_else(|| rejected.as_str()?.parse().ok());
        let message = partial["errorMessage"].as_str().unwrap_or_default();
        Self { rejected: count.unwrap_or(0), message: message.chars().take(LONGEST_MESSAGE).collect() }
    }
}

/// How much of a collector's words a line of the log has, in characters.
const LONGEST_MESSAGE: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_success_has_a_number_in_either_form() {
        let partial = |rejected, message: &str| Partial { rejected, message: message.to_owned() };
        for (body, expected) in [
            ("{}", partial(0, "")),
            ("", partial(0, "")),
            ("[]", partial(0, "")),
            (r#"{"partialSuccess": {}}"#, partial(0, "")),
            (r#"{"partialSuccess": null}"#, partial(0, "")),
            (r#"{"partialSuccess": {"rejectedLogRecords": "3", "errorMessage": "no"}}"#, partial(3, "no")),
            (r#"{"partialSuccess": {"rejectedLogRecords": 3}}"#, partial(3, "")),
            (r#"{"partialSuccess": {"rejectedDataPoints": 3}}"#, partial(0, "")),
        ] {
            assert_eq!(Partial::of(body, Signal::Logs), expected, "{body}");
        }
        assert_eq!(Partial::of(r#"{"partialSuccess": {"rejectedDataPoints": "2"}}"#, Signal::Metrics), partial(2, ""));
    }
}
