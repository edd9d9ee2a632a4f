//! Metrics for the textfile collector of Prometheus' node exporter.

use std::collections::HashSet;

use chrono::DateTime;
use serde_json::Value as Json;
use smoker_model::metrics::exposition::{Format, Lines, labels};
use smoker_model::metrics::family::Family;
use smoker_model::metrics::plugin_families::{COMPONENT_STATUS, DURATION, LAST_RUN, PERFDATA, SILENCE, STATES, STATUS};
use smoker_model::status::Status;

use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::value_text::member;
use crate::plugin::view::PluginView;
use crate::report::{HostReport, Report};
use crate::terminal::sanitize;

const HOST_UP: Family = Family::gauge("smoker_host_up", "1 if the host could be asked, 0 if it could not.");

/// A series of one plugin: its labels as pairs.
type Labels = Vec<(&'static str, String)>;

/// The metrics of a plugin that `GET /metrics` of a daemon has, too, each with the host before it. A plugin that a host lacks is UNKNOWN.
pub(in crate::render) fn render(report: &Report) -> String {
    let mut page = Page { lines: Lines::new(Format::Text), plugins: report.hosts().iter().flat_map(plugins).collect() };
    page.lines.begin(HOST_UP);
    for host in report.hosts() {
        let is_up = if host.error().is_none() { 1.0 } else { 0.0 };
        page.lines.number(HOST_UP, &text([("host", host.name().to_owned())].iter()), is_up);
    }
    page.states();
    page.numbers(LAST_RUN, |view| vec![(Labels::new(), last_run(view))]);
    page.numbers(DURATION, |view| vec![(Labels::new(), run_facts::duration(view))]);
    page.numbers(PERFDATA, perfdata);
    page.silences();
    page.lines.into_text()
}

/// A plugin that is shown, with its labels `host` and `plugin`.
struct Shown {
    name: Labels,
    /// None for one that the host lacks.
    view: Option<PluginView>,
}

struct Page {
    lines: Lines,
    plugins: Vec<Shown>,
}

fn plugins(host: &HostReport) -> Vec<Shown> {
    let name = |plugin: &str| vec![("host", host.name().to_owned()), ("plugin", plugin.to_owned())];
    // A daemon has each name once; another server may not, and a series must not come twice.
    let mut known = HashSet::new();
    let mut shown: Vec<_> = host
        .plugins()
        .iter()
        .filter(|plugin| known.insert(plugin.name()))
        .map(|plugin| Shown { name: name(plugin.name()), view: Some(plugin.view()) })
        .collect();
    let missing = host.missing().iter().filter(|plugin| known.insert(plugin.as_str()));
    shown.extend(missing.map(|plugin| Shown { name: name(plugin), view: None }));
    shown
}

impl Page {
    fn states(&mut self) {
        self.lines.begin(STATUS);
        for Shown { name, view } in &self.plugins {
            let parameter = |key: &str| {
                let value = view.as_ref().and_then(|view| view.parameters()?.get(key)?.as_str());
                value.unwrap_or_default().to_owned()
            };
            let configured = [
                ("category", parameter("Category")),
                ("component", parameter("Component")),
                ("type", parameter("Type")),
            ];
            let own = text(name.iter().chain(&configured));
            let status = view.as_ref().map_or(Status::Unknown, PluginView::status);
            self.lines.states(STATUS, &own, &STATES, status);
        }
        self.lines.begin(COMPONENT_STATUS);
        for Shown { name, view } in &self.plugins {
            let mut known = HashSet::new();
            for component in view.iter().flat_map(PluginView::components) {
                let label = [("component", component.name.to_string())];
                if known.insert(component.name) {
                    self.lines.states(COMPONENT_STATUS, &text(name.iter().chain(&label)), &STATES, component.status);
                }
            }
        }
    }

    /// The silences, if there are any.
    fn silences(&mut self) {
        let silence = |plugin: &Shown| Some((plugin.name.clone(), standing::silence(plugin.view.as_ref()?)?));
        let silences: Vec<_> = self.plugins.iter().filter_map(silence).collect();
        if !silences.is_empty() {
            self.lines.begin(SILENCE);
        }
        for (name, silence) in silences {
            self.lines.number(SILENCE, &text(name.iter().chain(&silence)), 1.0);
        }
    }

    /// A family with the numbers of each plugin, each with labels of its own.
    fn numbers(&mut self, family: Family, of: impl Fn(&PluginView) -> Vec<(Labels, Option<f64>)>) {
        self.lines.begin(family);
        for Shown { name, view } in &self.plugins {
            for (own, value) in view.iter().flat_map(&of) {
                if let Some(value) = value {
                    self.lines.number(family, &text(name.iter().chain(&own)), value);
                }
            }
        }
    }
}

fn text<'a>(pairs: impl Iterator<Item = &'a (&'static str, String)>) -> String {
    let shown: Vec<_> = pairs.map(|(name, value)| (*name, sanitize::line(value))).collect();
    labels(&shown.iter().map(|(name, value)| (*name, &**value)).collect::<Vec<_>>())
}

/// Only the daemon's members in UTC are a moment; `lastRun` is local time on the host.
#[expect(clippy::cast_precision_loss, reason = "microseconds since 1970 are below 2^53 until the year 2255")]
fn last_run(view: &PluginView) -> Option<f64> {
    let text = member(view.result()?, "lastRunUtc")?.as_str()?;
    DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_micros() as f64 / 1e6)
}

fn perfdata(view: &PluginView) -> Vec<(Labels, Option<f64>)> {
    let Some(Json::Array(measured)) = view.result().and_then(|result| result.get("perfdata")) else {
        return Vec::new();
    };
    let mut known = HashSet::new();
    let number = |datum: &Json| {
        let member = |name: &str| datum.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (label, unit) = (member("label"), member("unit"));
        let is_new = known.insert((label.clone(), unit.clone()));
        is_new.then(|| (vec![("label", label), ("unit", unit)], datum.get("value").and_then(Json::as_f64)))
    };
    measured.iter().filter_map(number).collect()
}
