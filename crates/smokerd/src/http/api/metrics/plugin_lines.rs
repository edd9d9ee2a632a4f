//! What the newest result of a plugin says, as lines of the page of metrics. They are written once for each result.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use smoker_model::metrics::exposition::{Format, Lines, labels};
use smoker_model::metrics::plugin_families::{COMPONENT_STATUS, PERFDATA};
use smoker_model::perfdata::PerfDatum;
use smoker_model::status::Status;

use crate::http::limits;
use crate::results::kept::packed_text::PackedText;
use crate::results::plugin::config_fields::ConfigFields;
use crate::results::plugin::measures::PluginMeasures;

/// The states that a component can have in a result.
const COMPONENT_STATES: [Status; 3] = [Status::Ok, Status::Warn, Status::Error];

/// The lines of a plugin that change with its newest result and its configuration alone.
#[derive(Debug)]
pub(super) struct PluginLines {
    config: Arc<ConfigFields>,
    result: Option<PackedText>,
    /// The label `plugin`.
    pub(super) name: String,
    /// The same, and what the configuration says of the plugin.
    pub(super) identity: String,
    /// The series of components.
    pub(super) components: Series,
    /// The series of what was measured.
    pub(super) perfdata: Series,
    /// How long the run took, in seconds.
    pub(super) duration: Option<f64>,
}

/// Lines with the number of their series.
#[derive(Debug)]
pub(super) struct Series {
    pub(super) lines: Lines,
    pub(super) count: usize,
    /// How many more there would be without the bounds.
    pub(super) left_out: usize,
}

impl PluginLines {
    /// Reads what is kept of a plugin.
    pub(super) fn of(plugin: &PluginMeasures, format: Format) -> Self {
        let facts = &plugin.config.facts;
        let name = labels(&[("plugin", facts.name())]);
        let parameter = |key| facts.parameter(key).unwrap_or_default();
        let identity = labels(&[
            ("plugin", facts.name()),
            ("category", parameter("Category")),
            ("component", parameter("Component")),
            ("type", parameter("Type")),
        ]);
        let text = plugin.last_result.as_ref().map(PackedText::unpack).unwrap_or_default();
        // What cannot be read has no series, so that nothing of it passes for well.
        let measured: Measured<'_> = serde_json::from_str(&text).unwrap_or_default();
        let Measured { components: Components(components), perfdata, duration } = measured;
        Self {
            config: Arc::clone(&plugin.config),
            result: plugin.last_result.clone(),
            components: component_series(&name, &components, format),
            perfdata: perfdata_series(&name, &perfdata, format),
            name,
            identity,
            duration,
        }
    }

    /// Whether they still show the plugin.
    pub(super) fn is_current(&self, plugin: &PluginMeasures) -> bool {
        let is_same_result = match (&self.result, &plugin.last_result) {
            (Some(own), Some(newest)) => own.is_shared_with(newest),
            (None, None) => true,
            _ => false,
        };
        is_same_result && Arc::ptr_eq(&self.config, &plugin.config)
    }
}

impl Series {
    fn new(format: Format) -> Self {
        Self { lines: Lines::new(format), count: 0, left_out: 0 }
    }

    /// Adds some series with this label, unless the plugin has too many already, or the label is too long.
    fn add(&mut self, label: &str, count: usize, write: impl FnOnce(&mut Lines)) {
        if label.len() > limits::METRIC_LABEL || self.count + count > limits::METRICS_OF_PLUGIN {
            self.left_out += count;
        } else {
            self.count += count;
            write(&mut self.lines);
        }
    }
}

fn component_series(name: &str, components: &[Component<'_>], format: Format) -> Series {
    let mut series = Series::new(format);
    for component in components {
        series.add(&component.name, COMPONENT_STATES.len(), |lines| {
            let own = format!("{name},{}", labels(&[("component", &component.name)]));
            lines.states(COMPONENT_STATUS, &own, &COMPONENT_STATES, component.status);
        });
    }
    series
}

fn perfdata_series(name: &str, perfdata: &[PerfDatum], format: Format) -> Series {
    let mut series = Series::new(format);
    // A label that comes again would be the same series.
    let mut known = HashSet::new();
    for PerfDatum { label, value, unit, .. } in perfdata {
        let Some(value) = value.as_ref().and_then(serde_json::Number::as_f64) else { continue };
        if known.insert((label, unit)) {
            series.add(if unit.len() > label.len() { unit } else { label }, 1, |lines| {
                lines.number(PERFDATA, &format!("{name},{}", labels(&[("label", label), ("unit", unit)])), value);
            });
        }
    }
    series
}

/// What metrics read of a result.
#[derive(Default, Deserialize)]
struct Measured<'a> {
    #[serde(borrow, default, rename = "componentResults")]
    components: Components<'a>,
    #[serde(default)]
    perfdata: Vec<PerfDatum>,
    #[serde(default)]
    duration: Option<f64>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    status: Status,
}

#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow, rename = "componentResult")]
    component: Component<'a>,
}

/// A list, or an empty mapping, or null.
#[derive(Default)]
struct Components<'a>(Vec<Component<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for Components<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ComponentsVisitor).map(Self)
    }
}

struct ComponentsVisitor;

impl<'de> Visitor<'de> for ComponentsVisitor {
    type Value = Vec<Component<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("components")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut components = Vec::new();
        while let Some(Listed { component }) = list.next_element()? {
            components.push(component);
        }
        Ok(components)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::plugin::counters::RunCounters;
    use crate::results::plugin::run_times::RunTimes;
    use crate::results::plugin::standing::Standing;

    fn lines(result: &str) -> PluginLines {
        let plugin = PluginMeasures {
            config: Arc::default(),
            last_result: Some(result.into()),
            status: Status::Ok,
            counters: RunCounters::default(),
            times: RunTimes::default(),
            changed: None,
            standing: Standing::default(),
            next_run: "null".into(),
        };
        PluginLines::of(&plugin, Format::Text)
    }

    fn component(name: &str) -> String {
        format!(r#"{{"componentResult": {{"status": "WARN", "messages": null, "name": {name:?}}}}}"#)
    }

    #[test]
    fn components_and_numbers_of_a_result_become_series() {
        let lines = lines(&format!(
            r#"{{"status": "OK", "componentResults": [{}], "duration": 0.25, "perfdata": [
                {{"label": "/", "value": 91.5, "unit": "%"}}, {{"label": "/", "value": 7, "unit": "%"}},
                {{"label": "u", "value": null}}, {{"label": "n", "value": 1e3}}]}}"#,
            component("a\"b")
        ));
        let (components, perfdata) = (lines.components, lines.perfdata);
        assert_eq!((components.count, perfdata.count, lines.duration), (3, 2, Some(0.25)));
        let text = components.lines.into_text();
        assert!(text.contains(r#"smoker_component_status{plugin="",component="a\"b",status="WARN"} 1"#), "{text}");
        let text = perfdata.lines.into_text();
        assert!(text.contains(r#"smoker_perfdata{plugin="",label="/",unit="%"} 91.5"#), "{text}");
        assert!(text.contains(r#"smoker_perfdata{plugin="",label="n",unit=""} 1000"#), "{text}");
    }

    #[test]
    fn what_has_no_components_still_has_its_other_series_and_what_cannot_be_read_has_none() {
        for components in ["null", "{}", "[]"] {
            let lines = lines(&format!(r#"{{"componentResults": {components}, "duration": 1.5}}"#));
            assert_eq!((lines.components.count, lines.duration), (0, Some(1.5)), "{components}");
        }
        assert_eq!(lines("null").duration, None);
    }

    #[test]
    fn the_series_of_a_plugin_are_bounded_and_long_labels_have_none() {
        let many: Vec<_> = (0..limits::METRICS_OF_PLUGIN).map(|number| component(&number.to_string())).collect();
        let components = lines(&format!(r#"{{"componentResults": [{}]}}"#, many.join(","))).components;
        assert!(components.count <= limits::METRICS_OF_PLUGIN && components.count + 3 > limits::METRICS_OF_PLUGIN);
        assert_eq!(components.count + components.left_out, 3 * many.len());
        let long = component(&"x".repeat(limits::METRIC_LABEL + 1));
        let components = lines(&format!(r#"{{"componentResults": [{long}, {}]}}"#, component("a"))).components;
        assert_eq!((components.count, components.left_out), (3, 3));
    }
}
