//! The past results of all hosts of a call.

use serde_json::{Map, Value as Json};
use smoker_model::status::Status;
use smoker_model::wire::result::stored;

/// The levels of messages, in the order in which a reader looks for the reason of a status.
const LEVELS: [&str; 3] = ["error", "warn", "info"];

/// A result of the past with what is known of its run, as the daemon sent it.
#[derive(Clone, Debug, PartialEq)]
pub struct PastResult(Map<String, Json>);

/// What a host has of the past.
#[derive(Clone, Debug)]
pub struct HostHistory {
    /// The name that the daemon gave, or else the address as it was typed.
    pub name: String,
    /// The results, newest first, or why they could not be fetched.
    pub results: Result<Vec<PastResult>, String>,
}

impl PastResult {
    /// An entry of the page of results.
    #[must_use]
    pub fn new(entry: Map<String, Json>) -> Self {
        Self(entry)
    }

    /// The result that the page of plugins shows of one.
    #[must_use]
    pub fn of_plugin(plugin: &str, result: &Map<String, Json>) -> Self {
        let members = [("plugin", Json::from(plugin)), ("result", Json::Object(result.clone()))];
        Self(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    /// As the daemon sent it.
    #[must_use]
    pub fn as_json(&self) -> &Map<String, Json> {
        &self.0
    }

    /// The position of its run among all of its daemon.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.0.get("sequence").and_then(Json::as_u64).unwrap_or_default()
    }

    /// The name of its plugin.
    #[must_use]
    pub fn plugin(&self) -> &str {
        self.text("plugin")
    }

    /// When its run started, as `YYYY-MM-DD HH:MM:SSZ`.
    #[must_use]
    pub fn started(&self) -> String {
        let seconds = self.text("started").get(..19).unwrap_or_default();
        seconds.replacen('T', " ", 1) + "Z"
    }

    /// Why its run took place.
    #[must_use]
    pub fn trigger(&self) -> &str {
        self.text("trigger")
    }

    /// How long its run took, in seconds, where that is known.
    #[must_use]
    pub fn duration(&self) -> Option<f64> {
        self.result()?.get("duration")?.as_f64()
    }

    /// Its status; an unrecognized one is UNKNOWN.
    #[must_use]
    pub fn status(&self) -> Status {
        let status = self.result().and_then(|result| result.get("status")).and_then(Json::as_str);
        status.and_then(Status::of_result).unwrap_or(Status::Unknown)
    }

    /// Its first message of the worst level that has one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        let messages = self.result()?.get("messages")?;
        LEVELS.iter().find_map(|level| messages.get(*level)?.as_array()?.first()?.as_str())
    }

    /// Why it has its status, in one line; for what cannot be read its first message.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        let read = self.result().and_then(|result| stored::read(result.clone()).ok());
        read.map_or_else(|| self.message().map(str::to_owned), |result| result.reason())
    }

    /// Whether the end of the daemon ended its run, too.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.0.get("interrupted") == Some(&Json::Bool(true))
    }

    /// The result itself.
    #[must_use]
    pub fn result(&self) -> Option<&Map<String, Json>> {
        self.0.get("result").and_then(Json::as_object)
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Json::as_str).unwrap_or_default()
    }
}
