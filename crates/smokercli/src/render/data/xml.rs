//! The original's XML.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

use crate::plugin::standing;
use crate::render::append::append;
use crate::render::data::json::host_json;
use crate::render::data::template::Template;
use crate::render::data::template::fields::RowFields;
use crate::render::escape;
use crate::report::{HostReport, Report};

/// One suite a host that has rows, in the order of the command line. The
/// layout, down to the empty first line, is the original's. What the original does not know, such as a silence, is one
/// more `system-out` of the plugin's rows.
pub(in crate::render) fn render(report: &Report, template: &Template) -> String {
    let mut out = String::from("\n  <testsuites name=\"All\">");
    for host in report.hosts() {
        let rows = rows(host, template);
        let Some(first) = rows.first() else { continue };
        out.push_str("\n    <testsuite");
        attributes(&mut out, &template.suite_attributes, first);
        out.push('>');
        let standing: HashMap<_, _> =
            host.plugins().iter().map(|plugin| (plugin.name(), standing::lines(&plugin.view()))).collect();
        for row in &rows {
            let known = row.get("Plugin").and_then(|plugin| standing.get(plugin.as_str()));
            test_case(&mut out, template, row, known.map_or(&[], Vec::as_slice));
        }
        out.push_str("</testsuite>");
    }
    out.push_str("</testsuites>\n");
    out
}

fn rows(host: &HostReport, template: &Template) -> Vec<RowFields> {
    let Some(reason) = host.error() else {
        let data = Map::from_iter([(host.name().to_owned(), json!(host_json(host)))]);
        return template.rows(&Json::Object(data));
    };
    let state = host.state().as_str();
    let named = ["Node", "Plugin", "CaseName"].map(|field| (field, host.name()));
    let failure = [("CaseStatus", state), ("PluginStatus", state), ("MsgError", reason)];
    let mut row: RowFields = named.into_iter().chain(failure).map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    template.complete(&mut row);
    vec![row]
}

fn test_case(out: &mut String, template: &Template, row: &RowFields, standing: &[String]) {
    out.push_str("\n      <testcase");
    let mut has_name = attributes(out, &template.case_attributes, row);
    has_name |= row.contains_key("CaseName");
    if let (false, Some(plugin)) = (has_name, row.get("Plugin")) {
        attribute(out, "name", plugin);
    }
    out.push('>');
    let status = row.get("CaseStatus").or_else(|| row.get("PluginStatus"));
    match status.map(String::as_str) {
        Some("ERROR" | "UNREACHABLE") => child(out, "error", row.get("MsgError")),
        Some("WARN") => child(out, "system-out", row.get("MsgWarn")),
        _ => {}
    }
    for text in standing {
        child(out, "system-out", Some(text));
    }
    out.push_str("</testcase>");
}

/// Writes the attributes whose fields are known. Returns whether `name` is among them.
fn attributes(out: &mut String, wanted: &[(String, String)], row: &RowFields) -> bool {
    let mut has_name = false;
    for (name, field) in wanted {
        if let Some(value) = row.get(field) {
            has_name |= name == "name";
            attribute(out, name, value);
        }
    }
    has_name
}

fn attribute(out: &mut String, name: &str, value: &str) {
    append(out, format_args!(" {name}=\"{}\"", escape::xml(value)));
}

fn child(out: &mut String, element: &str, message: Option<&String>) {
    out.push_str("\n        <");
    out.push_str(element);
    if let Some(message) = message {
        attribute(out, "message", message);
    }
    append(out, format_args!("></{element}>"));
}
