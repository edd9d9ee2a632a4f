//! A backend of Varnish and its status.

use smoker_model::messages::{Level, Messages};
use smoker_model::notation::python_text;
use smoker_model::status::Status;

/// From how many seconds on an answer is slow.
const SLOW: f64 = 0.5;

/// One backend.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Backend {
    pub(crate) name: String,
    /// `Healthy`, `sick`, ... as printed.
    pub(crate) state: String,
    pub(crate) is_healthy: bool,
    /// The reason of the state: the number of good probes, or that the administrator set it.
    pub(crate) detail: Option<String>,
    /// The average of good probes in seconds.
    pub(crate) response_time: Option<f64>,
}

impl Backend {
    /// A backend of Varnish 3. As in the original only the exact word is healthy.
    pub(crate) fn of_heading(name: &str, state: &str) -> Self {
        let is_healthy = state == "Healthy";
        Self { name: name.to_owned(), state: state.to_owned(), is_healthy, detail: None, response_time: None }
    }

    /// A backend of Varnish 4 and newer: what the administrator set comes before what the probe found.
    /// Varnish 6.1 says `good` and `bad` for `healthy` and `sick`.
    pub(crate) fn judged(name: &str, admin: &str, state: &str, probes: Option<&str>) -> Self {
        let is_set = matches!(admin, "healthy" | "sick");
        let state = if is_set { admin } else { state }.to_lowercase();
        let state = match state.as_str() {
            "good" => "healthy".to_owned(),
            "bad" => "sick".to_owned(),
            _ => state,
        };
        // Without a probe Varnish counts `0/0`, which says nothing.
        let probes = probes.filter(|probes| *probes != "0/0").map(str::to_owned);
        let detail = if is_set { Some("set by the administrator".to_owned()) } else { probes };
        Self { name: name.to_owned(), is_healthy: state == "healthy", state, detail, response_time: None }
    }

    /// A backend whose row is not understood.
    pub(crate) fn unreadable(name: &str, row: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: "unknown".to_owned(),
            is_healthy: false,
            detail: Some(format!("the row cannot be read: {row}")),
            response_time: None,
        }
    }

    /// The status of the backend with the message that explains it.
    pub(crate) fn verdict(&self) -> (Status, Messages) {
        let state = || match &self.detail {
            Some(detail) => format!("State: {} ({detail})", self.state),
            None => format!("State: {}", self.state),
        };
        match self.response_time {
            // With the blank behind it that makes `Healthy ` another word.
            _ if !self.is_healthy => (Status::Error, Messages::verbatim(Level::Error, &state())),
            None => (Status::Ok, Messages::of(Level::Info, &state())),
            Some(time) => {
                let text = format!("Response time: {}", python_text::float(time));
                // Not a number is not fast either.
                let fast = time <= SLOW;
                let (status, level) = if fast { (Status::Ok, Level::Info) } else { (Status::Warn, Level::Warn) };
                (status, Messages::of(level, &text))
            }
        }
    }
}

/// A response time, with Python's words for what is none.
pub(crate) fn seconds(text: &str) -> Result<f64, String> {
    let text = text.trim();
    let shown = || python_text::repr(&smoker_model::value::Value::Text(text.to_owned()));
    text.parse().map_err(|_| format!("could not convert string to float: {}", shown()))
}
