//! One request to the collector, and what its answer means.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use serde_json::Value as Json;
use smoker_checks::actions::post::{self, Reply};
use smoker_config::spec::settings::otlp_settings::OtlpSettings;
use smoker_model::time::waits::retry_after;
use smoker_runner::detached;

use crate::otlp::gauges::{OtlpGauges, Signal};
use crate::otlp::limits::REQUEST_TIME;

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
    settings: OtlpSettings,
    signal: Signal,
    gauges: OtlpGauges,
    /// What was logged last, so that a trouble that lasts is logged once.
    trouble: Mutex<Option<Trouble>>,
}

/// Why something did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Trouble {
    /// There was no answer.
    NoAnswer,
    /// The answer was no success.
    Status(u16),
    /// The answer was a success with these words.
    Partial(String),
}

impl Collector {
    /// That of these settings.
    pub(super) fn new(settings: OtlpSettings, signal: Signal, gauges: OtlpGauges) -> Self {
        Self { settings, signal, gauges, trouble: Mutex::new(None) }
    }

    /// Sends a request with this many items.
    pub(super) async fn deliver(&self, body: String, items: usize) -> Delivery {
        let (address, headers) = (self.address(), self.settings.headers.clone());
        // A collector that hangs keeps a thread of its own, and nothing else.
        let request = move || post::post(&address, headers, body, Instant::now() + REQUEST_TIME);
        let reply = detached::run_blocking(request).await.unwrap_or_else(|error| Err(error.to_string()));
        let items = items as u64;
        match reply {
            Ok(reply) if (200..300).contains(&reply.status) => {
                self.taken(&reply, items);
                Delivery::Over
            }
            Ok(reply) => self.refused(&reply, items),
            Err(reason) => {
                self.gauges.of(self.signal).add_failed();
                if self.is_new(Trouble::NoAnswer) {
                    tracing::warn!("otlp: {}: {reason}; it is tried again", self.address());
                }
                Delivery::Later(None)
            }
        }
    }

    fn address(&self) -> String {
        format!("{}/v1/{}", self.settings.endpoint, self.signal.word())
    }

    /// The collector has taken a request, or a part of it.
    fn taken(&self, reply: &Reply, items: u64) {
        let Partial { rejected, message } = Partial::of(&reply.body, self.signal);
        let rejected = rejected.min(items);
        let gauges = self.gauges.of(self.signal);
        gauges.add_sent(items - rejected);
        gauges.add_dropped(rejected);
        if rejected > 0 || !message.is_empty() {
            if self.is_new(Trouble::Partial(message.clone())) {
                let (address, what) = (self.address(), self.signal.items());
                if rejected > 0 {
                    tracing::warn!("otlp: {address} has refused {rejected} of {items} {what}: {message}");
                } else {
                    tracing::warn!("otlp: {address} has taken {items} {what}, and says: {message}");
                }
            }
            return;
        }
        let before = self.lock().take();
        if matches!(before, Some(Trouble::NoAnswer | Trouble::Status(_))) {
            tracing::info!("otlp: {} takes {} again", self.address(), self.signal.items());
        }
    }

    fn refused(&self, reply: &Reply, items: u64) -> Delivery {
        let gauges = self.gauges.of(self.signal);
        gauges.add_failed();
        let is_new = self.is_new(Trouble::Status(reply.status));
        let (address, answer) = (self.address(), reply.text());
        if matches!(reply.status, 429 | 502 | 503 | 504) {
            if is_new {
                tracing::warn!("otlp: {address} answered with {answer}; it is tried again");
            }
            let asked = reply.retry_after.as_deref().and_then(|header| retry_after(header, Utc::now()));
            return Delivery::Later(asked);
        }
        gauges.add_dropped(items);
        if is_new {
            let what = self.signal.items();
            tracing::error!("otlp: {address} answered with {answer}; these {what} are not sent again");
        }
        Delivery::Over
    }

    /// Whether it is another trouble than that before.
    fn is_new(&self, trouble: Trouble) -> bool {
        let mut last = self.lock();
        let is_new = last.as_ref() != Some(&trouble);
        *last = Some(trouble);
        is_new
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Trouble>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
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
