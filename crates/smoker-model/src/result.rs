//! The result of one run of a plugin.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json};

use crate::invalid_result::InvalidResult;
use crate::messages::{self, Level, Messages};
use crate::notation::python_text;
use crate::perfdata::PerfDatum;
use crate::run_end::RunEnd;
use crate::status::Status;
use crate::time::moment::Moment;
use crate::time::timestamp::Timestamp;
use crate::value::Value;

/// The results of a plugin's components, by name, in the plugin's order. Each
/// has a status and messages; whatever else a plugin adds is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentResults(Map<String, Json>);

/// The result of one of the actions that followed a run.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRun {
    /// The action's name; none for one that stands in a template itself.
    pub name: Option<String>,
    /// What it gave.
    pub result: PluginResult,
}

/// The result of the actions that followed a run.
#[derive(Clone, Debug, PartialEq)]
pub enum ActionResult {
    /// The results of the configured actions, in their order, at least one.
    Ran(Vec<ActionRun>),
    /// An action that the plugin reported in its own output; shown as it was reported.
    Reported(Map<String, Json>),
}

/// The result of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct PluginResult {
    /// The status; never `Unknown`.
    pub status: Status,
    /// The messages; none when the run printed nothing.
    pub messages: Option<Messages>,
    /// When the run started, in local time, or the time that its module gave.
    pub last_run: Timestamp,
    /// When the run started.
    pub started: DateTime<Utc>,
    /// How long it took, from its start until it was known what it found.
    pub duration: Duration,
    /// See [`Findings::end`].
    pub end: Option<RunEnd>,
    /// See [`Findings::perfdata`].
    pub perfdata: Vec<PerfDatum>,
    /// The results of the components that the plugin checked.
    pub component_results: Option<ComponentResults>,
    /// The result of the action that followed.
    pub action: Option<ActionResult>,
    /// Whether a client requested this run.
    pub forced: bool,
    /// Who requested this run, where the client has proved who it is.
    pub triggered_by: Option<Arc<str>>,
    /// See [`Findings::extra`].
    pub extra: Map<String, Json>,
    /// See [`Findings::is_fault`].
    pub is_fault: bool,
}

/// The part of a result that a plugin itself decides.
#[derive(Clone, Debug, PartialEq)]
pub struct Findings {
    /// See [`PluginResult::status`].
    pub status: Status,
    /// See [`PluginResult::messages`].
    pub messages: Option<Messages>,
    /// See [`PluginResult::component_results`].
    pub component_results: Option<ComponentResults>,
    /// An action that the plugin itself reported.
    pub action: Option<Map<String, Json>>,
    /// The `lastRun` that a module itself set, in the place of the run's start.
    pub last_run: Option<Timestamp>,
    /// Keys of its own that a module put into its result; the wire shows them as they are.
    pub extra: Map<String, Json>,
    /// What was measured.
    pub perfdata: Vec<PerfDatum>,
    /// How the process of the run ended; none when it had none, or when its end is not known.
    pub end: Option<RunEnd>,
    /// Whether the daemon says this, because the run gave no result of its own: it could not be started, took too
    /// long, raised an exception, or what it gave is malformed. For the log; not on the wire.
    pub is_fault: bool,
    /// What the check is to find again at its next run. Not on the wire.
    pub remembered: Option<Json>,
}

/// In the result of an action that failed: how many seconds the daemon does not call it again.
pub const RETRY_AFTER: &str = "retryAfter";

/// In the result of no run, which `smokerd --test-action` tells an action: true.
pub const TEST: &str = "test";

/// The keys that the original wrote into a result.
const ORIGINAL_KEYS: [&str; 6] = ["status", "messages", "lastRun", "componentResults", "action", "forced"];

/// The keys that the daemon writes behind them, or may write one day.
pub const ADDED_KEYS: [&str; 12] = [
    "actions",
    "duration",
    "lastRunUtc",
    "exitStatus",
    "signal",
    "perfdata",
    "trigger",
    "triggeredBy",
    "state",
    "attempt",
    "since",
    "sequence",
];

impl Findings {
    /// A status with the messages, none when there are none.
    #[must_use]
    pub fn new(status: Status, messages: Messages) -> Self {
        let messages = (!messages.is_empty()).then_some(messages);
        Self {
            status,
            messages,
            component_results: None,
            action: None,
            last_run: None,
            extra: Map::new(),
            perfdata: Vec::new(),
            end: None,
            is_fault: false,
            remembered: None,
        }
    }

    /// ERROR with one text.
    #[must_use]
    pub fn error(text: &str) -> Self {
        Self::new(Status::Error, Messages::of(Level::Error, text))
    }

    /// ERROR with one text, of a run that gave no result of its own.
    #[must_use]
    pub fn fault(text: &str) -> Self {
        Self { is_fault: true, ..Self::error(text) }
    }

    /// Takes the object that a plugin printed. Names other than `status`,
    /// `messages`, `componentResults`, `action` and `perfdata` are dropped.
    ///
    /// # Errors
    ///
    /// The original's words for the first thing that is wrong.
    pub fn parse(mut object: Map<String, Json>) -> Result<Self, InvalidResult> {
        let mut take = |name: &str| object.shift_remove(name).unwrap_or(Json::Null);
        let status = parse_status(&take("status"))?;
        let messages = Messages::parse(take("messages"))?;
        let component_results = ComponentResults::parse(take("componentResults"))?;
        let action = parse_action(take("action"))?;
        // The original knew no such member, so what of it is something else stays what it was there: nothing.
        let perfdata = if let Json::Array(data) = take("perfdata") { data } else { Vec::new() };
        let perfdata = perfdata.into_iter().filter_map(|datum| serde_json::from_value(datum).ok()).collect();
        Ok(Self { messages, component_results, action, perfdata, ..Self::new(status, Messages::new()) })
    }

    /// Takes the object that a module returned, with the module's own keys. One of them takes precedence over one that the
    /// daemon adds, but for who requested the run; performance data of the daemon's form is that. A `lastRun` counts when it
    /// is a time.
    ///
    /// # Errors
    ///
    /// Those of [`Findings::parse`].
    pub fn parse_of_module(object: Map<String, Json>) -> Result<Self, InvalidResult> {
        let is_perfdata = |value: &Json| serde_json::from_value::<Vec<PerfDatum>>(value.clone()).is_ok();
        let is_own = |(name, value): &(&String, &Json)| match name.as_str() {
            "triggeredBy" => false,
            "perfdata" => !is_perfdata(value),
            name => !ORIGINAL_KEYS.contains(&name),
        };
        let extra = object.iter().filter(is_own).map(|(name, value)| (name.clone(), value.clone())).collect();
        let last_run = object.get("lastRun").and_then(Json::as_str).and_then(Timestamp::parse);
        Ok(Self { last_run, extra, ..Self::parse(object)? })
    }

    /// The whole result of a run that started at `started` and ends now, with as many messages as a result may have.
    #[must_use]
    pub fn into_result(mut self, started: Moment, forced: bool) -> PluginResult {
        if let Some(messages) = &mut self.messages {
            messages.bound();
        }
        let components = self.component_results.iter_mut().flat_map(|components| components.0.values_mut());
        for part in components.filter_map(Json::as_object_mut).chain(&mut self.action) {
            if let Some(Json::Object(messages)) = part.get_mut("messages") {
                messages::bound(messages);
            }
        }
        PluginResult {
            status: self.status,
            messages: self.messages,
            last_run: self.last_run.unwrap_or_else(|| started.into()),
            started: started.wall,
            duration: started.monotonic.elapsed(),
            end: self.end,
            perfdata: self.perfdata,
            component_results: self.component_results,
            action: self.action.map(ActionResult::Reported),
            forced,
            triggered_by: None,
            extra: self.extra,
            is_fault: self.is_fault,
        }
    }
}

impl ComponentResults {
    fn parse(json: Json) -> Result<Option<Self>, InvalidResult> {
        let object = match json {
            Json::Object(object) => object,
            Json::Null => return Ok(None),
            _ => return Err(InvalidResult("Component result must be dictionary".to_owned())),
        };
        for (name, component) in &object {
            let Json::Object(component) = component else {
                return Err(InvalidResult("Component result must be dictionary".to_owned()));
            };
            check_part(component, &format!("Component {name}"))?;
        }
        Ok(Some(Self(object)))
    }

    /// No components yet.
    #[must_use]
    pub fn new() -> Self {
        Self(Map::new())
    }

    /// Adds a component; one of the same name is replaced, in its place.
    pub fn add(&mut self, name: &str, status: Status, messages: &Messages) {
        let mut component = Map::new();
        component.insert("status".to_owned(), Json::from(status.as_str()));
        component.insert("messages".to_owned(), Json::Object(messages.as_json().clone()));
        self.0.insert(name.to_owned(), Json::Object(component));
    }

    /// The status of the whole: ERROR if any component has it, else WARN if
    /// any has it, else OK; `None` without components.
    #[must_use]
    pub fn overall_status(&self) -> Option<Status> {
        let has = |status: Status| self.0.values().any(|component| component["status"] == status.as_str());
        if self.0.is_empty() {
            return None;
        }
        Some([Status::Error, Status::Warn].into_iter().find(|status| has(*status)).unwrap_or(Status::Ok))
    }

    /// The components' objects by name.
    #[must_use]
    pub fn as_json(&self) -> &Map<String, Json> {
        &self.0
    }
}

impl Default for ComponentResults {
    fn default() -> Self {
        Self::new()
    }
}

fn parse_action(json: Json) -> Result<Option<Map<String, Json>>, InvalidResult> {
    match json {
        Json::Object(action) => {
            check_part(&action, "Action")?;
            Ok(Some(action))
        }
        Json::Null => Ok(None),
        _ => Err(InvalidResult("Action result must be dictionary".to_owned())),
    }
}

/// Checks a component or an action: messages and a status, both valid.
fn check_part(part: &Map<String, Json>, what: &str) -> Result<(), InvalidResult> {
    let Some(messages) = part.get("messages") else {
        return Err(InvalidResult(format!("{what} doesn't have message")));
    };
    Messages::parse(messages.clone())?;
    let Some(status) = part.get("status") else {
        return Err(InvalidResult(format!("{what} doesn't have status")));
    };
    parse_status(status).map(|_| ())
}

fn parse_status(json: &Json) -> Result<Status, InvalidResult> {
    json.as_str().and_then(Status::of_result).ok_or_else(|| {
        let found = python_text::str(&Value::from(json.clone()));
        InvalidResult(format!("Result status has to be OK, ERROR or WARN, not {found}"))
    })
}

impl PluginResult {
    /// Gives the same run other findings.
    pub fn change_to(&mut self, findings: Findings) {
        let Self { started, duration, end, forced, .. } = *self;
        let last_run = findings.last_run.unwrap_or(self.last_run);
        let mut perfdata = findings.perfdata.clone();
        if perfdata.is_empty() {
            perfdata = std::mem::take(&mut self.perfdata);
        }
        let found = findings.into_result(Moment::now(), forced);
        *self = Self { last_run, started, duration, end, perfdata, ..found };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(json: Json) -> Result<Findings, InvalidResult> {
        match json {
            Json::Object(object) => Findings::parse(object),
            _ => panic!("tests give objects"),
        }
    }

    #[test]
    fn an_odd_datum_costs_no_other_one() {
        let perfdata = |data: serde_json::Value| {
            let object =
                serde_json::json!({"status": "OK", "messages": null, "componentResults": null, "perfdata": data});
            let Json::Object(object) = object else { panic!("no object") };
            Findings::parse(object).expect("valid").perfdata.into_iter().map(|datum| datum.label).collect::<Vec<_>>()
        };
        let odd = serde_json::json!([{"label": "a", "value": "x"}, 5, null, {"label": "b", "value": 2}, {"value": 1}]);
        assert_eq!(perfdata(odd), ["b"]);
        for none in [serde_json::json!({"a": 1}), "a=1".into(), Json::Null] {
            assert_eq!(perfdata(none), [""; 0]);
        }
    }

    #[test]
    fn what_is_wrong_is_reported_in_the_original_words() {
        let cases = [
            (json!({"status": "GREAT"}), "Result status has to be OK, ERROR or WARN, not GREAT"),
            (json!({"status": null}), "Result status has to be OK, ERROR or WARN, not None"),
            (json!({"status": "OK", "messages": "hi"}), "Result message has to be a dictionary or None, not str"),
            (json!({"status": "OK", "messages": {"info": []}}), "Can't validate message: 'error'"),
            (
                json!({"status": "OK", "messages": {"info": [1], "error": [], "warn": []}}),
                "Can't validate message: Result message type info has to be a string, not int",
            ),
            (json!({"status": "OK", "componentResults": {"c": 1}}), "Component result must be dictionary"),
            (json!({"status": "OK", "componentResults": {"c": {}}}), "Component c doesn't have message"),
            (json!({"status": "OK", "componentResults": {"c": {"messages": null}}}), "Component c doesn't have status"),
            (json!({"status": "OK", "action": "x"}), "Action result must be dictionary"),
            (json!({"status": "OK", "action": {"status": "OK"}}), "Action doesn't have message"),
        ];
        for (json, expected) in cases {
            assert_eq!(parse(json).expect_err("invalid").to_string(), expected);
        }
    }

    #[test]
    fn the_worst_component_decides() {
        let overall = |statuses: &[Status]| {
            let mut components = ComponentResults::new();
            for (number, status) in statuses.iter().enumerate() {
                components.add(&number.to_string(), *status, &Messages::new());
            }
            components.overall_status()
        };
        assert_eq!(overall(&[]), None);
        assert_eq!(overall(&[Status::Ok, Status::Ok]), Some(Status::Ok));
        assert_eq!(overall(&[Status::Ok, Status::Warn, Status::Ok]), Some(Status::Warn));
        assert_eq!(overall(&[Status::Warn, Status::Error, Status::Ok]), Some(Status::Error));
    }

    #[test]
    fn a_component_of_the_same_name_is_replaced_in_its_place() {
        let mut components = ComponentResults::new();
        components.add("a", Status::Error, &Messages::of(Level::Error, "down"));
        components.add("b", Status::Ok, &Messages::new());
        components.add("a", Status::Ok, &Messages::of(Level::Info, "up"));
        let expected = json!({
            "a": {"status": "OK", "messages": {"info": ["up"], "error": [], "warn": []}},
            "b": {"status": "OK", "messages": {"info": [], "error": [], "warn": []}},
        });
        assert_eq!(serde_json::to_string(components.as_json()).expect("json"), expected.to_string());
        assert_eq!(components.overall_status(), Some(Status::Ok));
    }
}
