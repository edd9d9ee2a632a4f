//! json, raw and ndjson.

use std::io;

use serde::Serialize;
use serde::ser::SerializeMap;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};
use serde_json::{Map, Value as Json, json};
use smoker_model::notation::python_json::{self, Floats, write_escaped};

use crate::report::{HostReport, MISSING, NO_PLUGIN, Report};

/// One line with the separators and escapes of the original.
pub(in crate::render) fn render(report: &Report) -> String {
    one_line(&ReportJson(report)) + "\n"
}

/// The same data, indented.
pub(in crate::render) fn render_raw(report: &Report) -> String {
    indented(&ReportJson(report))
}

/// One object for each plugin, beginning with the host, one for each plugin that
/// is missing, and one for each host that could not be asked.
pub(in crate::render) fn render_lines(report: &Report) -> String {
    let mut out = String::new();
    for host in report.hosts() {
        if let Some(reason) = host.error() {
            let line = json!({"host": host.name(), "status": host.state().as_str(), "error": reason});
            out.push_str(&write(&line, Compact));
            out.push('\n');
        }
        for plugin in host.plugins() {
            let mut line = Map::new();
            line.insert("host".to_owned(), host.name().into());
            line.insert("plugin".to_owned(), plugin.name().into());
            line.insert("status".to_owned(), plugin.status().as_str().into());
            line.extend(plugin.view().into_json().into_iter().filter(|(key, _)| key != "name"));
            out.push_str(&write(&Json::Object(line), Compact));
            out.push('\n');
        }
        for plugin in host.missing() {
            let line = json!({"host": host.name(), "plugin": plugin, "status": MISSING, "error": NO_PLUGIN});
            out.push_str(&write(&line, Compact));
            out.push('\n');
        }
    }
    out
}

/// All hosts by name. Each plugin is parsed when it is written, so that the
/// parsed form of a whole fleet is never in memory at once.
struct ReportJson<'a>(&'a Report);

/// One host as json and raw show it.
struct HostJson<'a>(&'a HostReport);

struct PluginsJson<'a>(&'a HostReport);

/// One host as json and raw show it.
pub(super) fn host_json(host: &HostReport) -> impl Serialize {
    HostJson(host)
}

impl Serialize for ReportJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.hosts().iter().map(|host| (host.name(), HostJson(host))))
    }
}

impl Serialize for HostJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("status", self.0.state().as_str())?;
        map.serialize_entry("plugins", &PluginsJson(self.0))?;
        if let Some(reason) = self.0.error() {
            map.serialize_entry("error", reason)?;
        }
        map.end()
    }
}

impl Serialize for PluginsJson<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.plugins().iter().map(|plugin| (plugin.name(), plugin.view().into_json())))
    }
}

pub(in crate::render) fn one_line(value: &impl Serialize) -> String {
    python_json::to_text(value, Floats::Python).expect("a JSON value can always be written to memory")
}

/// The same data over several lines.
pub(in crate::render) fn indented(value: &impl Serialize) -> String {
    let mut out = write(value, Indented(PrettyFormatter::new()));
    out.push('\n');
    out
}

/// One line without blanks.
pub(in crate::render) fn compact(value: &impl Serialize) -> String {
    write(value, Compact)
}

fn write(value: &impl Serialize, formatter: impl Formatter) -> String {
    let mut out = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut out, formatter);
    value.serialize(&mut serializer).expect("a JSON value can always be written to memory");
    String::from_utf8(out).expect("the serializer writes UTF-8")
}

/// No separators but commas and colons; only what a terminal could act on is escaped.
struct Compact;

impl Formatter for Compact {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        write_escaped(out, text, crate::terminal::sanitize::is_harmful)
    }
}

/// Two spaces a level; only what a terminal could act on is escaped.
struct Indented(PrettyFormatter<'static>);

impl Formatter for Indented {
    fn begin_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_array(out)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array(out)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(out, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_array_value(out)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object(out)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object(out)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(out, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.begin_object_value(out)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.0.end_object_value(out)
    }

    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, out: &mut W, text: &str) -> io::Result<()> {
        write_escaped(out, text, crate::terminal::sanitize::is_harmful)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_what_python_would_write() {
        let value = json!({"a": [1, 2.0, 1e16, null, true], "é☠😀\u{7f}": "\n\"\\\u{1}"});
        let expected = "{\"a\": [1, 2.0, 1e+16, null, true], \"\\u00e9\\u2620\\ud83d\\ude00\\u007f\": \
                        \"\\n\\\"\\\\\\u0001\"}";
        assert_eq!(one_line(&value), expected);
    }

    #[test]
    fn terminal_controls_are_escaped_in_every_form() {
        assert_eq!(write(&json!("é\u{9b}\u{202e}"), Compact), r#""é\u009b\u202e""#);
        assert_eq!(write(&json!(["é\u{9b}"]), Indented(PrettyFormatter::new())), "[\n  \"é\\u009b\"\n]");
    }
}
