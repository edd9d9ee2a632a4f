//! A result as the wire shows it.
//!
//! # Layout
//!
//! - `stored`: reads one that was written so

pub mod stored;

use chrono::SecondsFormat;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

use crate::result::{ActionResult, ActionRun, ComponentResults, PluginResult};
use crate::status::Status;

/// In which of its two shapes the wire shows component results that are not
/// empty. Both exist in the original and clients read both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComponentShape {
    /// `[{"componentResult": {..., "name": NAME}}, ...]`: `lastResult` and `results`.
    List,
    /// `{NAME: {..., "name": NAME}, ...}`: `forcedResult`.
    Mapping,
    /// `{NAME: {...}, ...}` as the plugin gave it: inside an action.
    Plain,
}

impl PluginResult {
    /// The result as the wire shows it, with component results in the given shape.
    #[must_use]
    pub fn on_wire(&self, shape: ComponentShape) -> WireResult<'_> {
        WireResult { result: self, shape }
    }

    /// Writes the members that the original did not have, but for those that a module has put into its result itself.
    fn write_facts<M: SerializeMap>(&self, out: &mut M) -> Result<(), M::Error> {
        // Whole microseconds: more digits would only be noise.
        let micros = u32::try_from(self.duration.as_micros())
            .map_or(self.duration.as_secs_f64(), |micros| f64::from(micros) / 1e6);
        let is_free = |name: &str| !self.extra.contains_key(name);
        if is_free("duration") {
            out.serialize_entry("duration", &micros)?;
        }
        if is_free("lastRunUtc") {
            out.serialize_entry("lastRunUtc", &self.started.to_rfc3339_opts(SecondsFormat::Micros, true))?;
        }
        if let Some(end) = self.end
            && is_free("exitStatus")
            && is_free("signal")
        {
            end.write(out)?;
        }
        if let Some(name) = &self.triggered_by {
            out.serialize_entry("triggeredBy", &**name)?;
        }
        if !self.perfdata.is_empty() && is_free("perfdata") {
            out.serialize_entry("perfdata", &self.perfdata)?;
        }
        Ok(())
    }
}

/// A result in one of its shapes on the wire; made by [`PluginResult::on_wire`].
#[derive(Clone, Copy, Debug)]
pub struct WireResult<'a> {
    result: &'a PluginResult,
    shape: ComponentShape,
}

impl Serialize for WireResult<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let result = self.result;
        let components =
            result.component_results.as_ref().map(|components| WireComponents { components, shape: self.shape });
        let mut out = serializer.serialize_map(None)?;
        out.serialize_entry("status", result.status.as_str())?;
        out.serialize_entry("messages", &result.messages)?;
        out.serialize_entry("lastRun", &result.last_run)?;
        out.serialize_entry("componentResults", &components)?;
        out.serialize_entry("action", &result.action)?;
        out.serialize_entry("forced", &result.forced)?;
        for (name, value) in &result.extra {
            out.serialize_entry(name, value)?;
        }
        if let Some(ActionResult::Ran(runs)) = &result.action
            && runs.len() > 1
            && !result.extra.contains_key("actions")
        {
            out.serialize_entry("actions", runs)?;
        }
        result.write_facts(&mut out)?;
        out.end()
    }
}

impl ActionResult {
    /// The action that a reader of one should see: the first with the worst status.
    fn worst(runs: &[ActionRun]) -> Option<&ActionRun> {
        let first = |status| runs.iter().find(|run| run.result.status == status);
        first(Status::Error).or_else(|| first(Status::Warn)).or_else(|| runs.first())
    }
}

/// As readers of one action know it. All of several are listed under `actions`.
impl Serialize for ActionResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Ran(runs) => {
                Self::worst(runs).map(|run| run.result.on_wire(ComponentShape::Plain)).serialize(serializer)
            }
            Self::Reported(object) => object.serialize(serializer),
        }
    }
}

/// With the action's name in front.
impl Serialize for ActionRun {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Named<'a> {
            name: Option<&'a str>,
            #[serde(flatten)]
            result: WireResult<'a>,
        }
        let result = self.result.on_wire(ComponentShape::Plain);
        Named { name: self.name.as_deref(), result }.serialize(serializer)
    }
}

struct WireComponents<'a> {
    components: &'a ComponentResults,
    shape: ComponentShape,
}

impl Serialize for WireComponents<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let components = self.components.as_json();
        if components.is_empty() || self.shape == ComponentShape::Plain {
            return components.serialize(serializer);
        }
        let named = components.iter().map(|(name, component)| (name, NamedComponent { name, component }));
        if self.shape == ComponentShape::Mapping {
            return serializer.collect_map(named);
        }
        serializer.collect_seq(named.map(|(_, component)| ListedComponent { component }))
    }
}

#[derive(Serialize)]
struct ListedComponent<'a> {
    #[serde(rename = "componentResult")]
    component: NamedComponent<'a>,
}

/// A component with its own name added, in place of one that it may bring.
struct NamedComponent<'a> {
    name: &'a str,
    component: &'a Json,
}

impl Serialize for NamedComponent<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in self.component.as_object().into_iter().flatten() {
            if key != "name" {
                map.serialize_entry(key, value)?;
            }
        }
        map.serialize_entry("name", self.name)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::result::Findings;
    use crate::time::moment::Moment;

    fn parse(json: Json) -> Findings {
        match json {
            Json::Object(object) => Findings::parse(object).expect("valid"),
            _ => panic!("tests give objects"),
        }
    }

    #[test]
    fn components_are_a_list_or_a_mapping_and_always_named() {
        let json = json!({"status": "OK", "componentResults": {"c": {"status": "OK", "messages": null, "ms": 3}}});
        let result = parse(json).into_result(Moment::now(), true);
        let shown =
            |shape| serde_json::to_value(result.on_wire(shape)).expect("serializable")["componentResults"].take();
        let named = json!({"status": "OK", "messages": null, "ms": 3, "name": "c"});
        assert_eq!(shown(ComponentShape::List), json!([{"componentResult": named}]));
        assert_eq!(shown(ComponentShape::Mapping), json!({"c": named}));
        assert_eq!(shown(ComponentShape::Plain), json!({"c": {"status": "OK", "messages": null, "ms": 3}}));
    }

    #[test]
    fn empty_components_stay_an_empty_mapping() {
        let result = parse(json!({"status": "OK", "componentResults": {}}));
        let result = result.into_result(Moment::now(), false);
        let wire = serde_json::to_value(result.on_wire(ComponentShape::List)).expect("serializable");
        assert_eq!(wire["componentResults"], json!({}));
    }
}
