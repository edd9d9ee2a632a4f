//! Parser `junit`: test reports in the XML of JUnit, as Ant, Maven, pytest and
//! many others write them.
//!
//! Each `testcase` is a component, named by its class and name: `failure` and
//! `error` make it an ERROR with their message and text, `skipped` leaves it
//! OK with the reason. An info message counts the tests; a report without any
//! test is an ERROR.

use crate::spec::{IGNORE_EXIT, Spec};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use smoker_model::messages::{Level, Messages};
use smoker_model::module::{ModuleKind, ModuleRequest};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::BoundedComponents;

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "junit",
        kind: ModuleKind::Parser,
        meaning: "reads test reports in JUnit's XML",
        output: "a component for each test",
        parameters: &[IGNORE_EXIT],
        needs_child: false,
        is_original: false,
    }
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let report = ReportReader::read(&request.stdout)?;
    let ReportReader { failed, skipped, .. } = report;
    let total = report.components.len();
    if total == 0 {
        return Err("the report holds no testcase".to_owned());
    }
    let status = report.components.status().unwrap_or(Status::Ok);
    let text = format!("{total} tests, {failed} failed, {skipped} skipped");
    let mut messages = Messages::of(Level::Info, &text);
    let components = report.components.finish(&mut messages);
    let mut findings = Findings::new(status, messages);
    findings.component_results = Some(components);
    Ok(findings)
}

/// The part of a report that has been read.
#[derive(Default)]
struct ReportReader {
    components: BoundedComponents,
    failed: usize,
    skipped: usize,
    case: Option<Case>,
    /// The `failure`, `error` or `skipped` whose text is being read.
    note: Option<Note>,
}

struct Case {
    name: String,
    notes: Vec<Note>,
}

struct Note {
    is_failure: bool,
    text: String,
}

impl ReportReader {
    fn read(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        let mut report = Self::default();
        let mut depth = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| format!("the report is no XML: {error}"))?;
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    report.open(&tag)?;
                }
                Event::Empty(tag) => {
                    report.open(&tag)?;
                    report.close(tag.local_name().as_ref());
                }
                Event::End(tag) => {
                    depth = depth.saturating_sub(1);
                    report.close(tag.local_name().as_ref());
                }
                Event::Text(text) => report.add_text(&String::from_utf8_lossy(&text)),
                Event::CData(text) => report.add_text(&String::from_utf8_lossy(&text)),
                Event::GeneralRef(reference) => report.add_text(&resolved(&reference)),
                Event::Eof if depth > 0 => return Err("the report is cut off: an element is not closed".to_owned()),
                Event::Eof => return Ok(report),
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
            }
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        match tag.local_name().as_ref() {
            b"testcase" => {
                let name = attribute(tag, "name")?.unwrap_or_else(|| "unnamed".to_owned());
                let class = attribute(tag, "classname")?.filter(|class| !class.is_empty());
                let name = class.map_or_else(|| name.clone(), |class| format!("{class}.{name}"));
                self.case = Some(Case { name, notes: Vec::new() });
            }
            kind @ (b"failure" | b"error" | b"skipped") if self.case.is_some() => {
                let message = attribute(tag, "message")?.filter(|message| !message.is_empty());
                let text = message.or(attribute(tag, "type")?).map(|text| text + "\n").unwrap_or_default();
                self.note = Some(Note { is_failure: kind != b"skipped", text });
            }
            _ => {}
        }
        Ok(())
    }

    fn close(&mut self, name: &[u8]) {
        match name {
            b"failure" | b"error" | b"skipped" => {
                if let (Some(case), Some(note)) = (&mut self.case, self.note.take()) {
                    case.notes.push(note);
                }
            }
            b"testcase" => self.close_case(),
            _ => {}
        }
    }

    fn close_case(&mut self) {
        let Some(case) = self.case.take() else {
            return;
        };
        let mut messages = Messages::new();
        for note in &case.notes {
            let text = note.text.trim();
            match (note.is_failure, text.is_empty()) {
                (true, true) => messages.add(Level::Error, "failed"),
                (true, false) => messages.add(Level::Error, text),
                (false, true) => messages.add(Level::Info, "skipped"),
                (false, false) => messages.add(Level::Info, &format!("skipped: {text}")),
            }
        }
        let has_failed = case.notes.iter().any(|note| note.is_failure);
        self.failed += usize::from(has_failed);
        self.skipped += usize::from(!has_failed && !case.notes.is_empty());
        let status = if has_failed { Status::Error } else { Status::Ok };
        self.components.add_new(&case.name, status, &messages);
    }

    fn add_text(&mut self, text: &str) {
        if let Some(note) = &mut self.note {
            note.text.push_str(text);
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, String> {
    let broken = |error: &dyn std::fmt::Display| format!("the report is no XML: {error}");
    let found = tag.try_get_attribute(name).map_err(|error| broken(&error))?;
    found
        .map(|value| value.unescape_value().map(std::borrow::Cow::into_owned).map_err(|error| broken(&error)))
        .transpose()
}

/// The text of `&amp;`, `&#10;` and their like; entities of a document's own stay as they are.
fn resolved(reference: &BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    let name = String::from_utf8_lossy(reference).into_owned();
    resolve_predefined_entity(&name).map_or_else(|| format!("&{name};"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use crate::test_request::parser;

    use super::*;

    fn read(text: &str) -> Result<Findings, String> {
        run(&parser(text, Some(1), json!({})))
    }

    fn components(text: &str) -> Json {
        Json::Object(read(text).expect("a report").component_results.expect("components").as_json().clone())
    }

    #[test]
    fn every_outcome_of_a_test_is_read() {
        let text = r#"<?xml version="1.0"?><testsuites><testsuite name="s" tests="5">
            <properties><property name="a" value="b"/></properties>
            <testcase classname="pkg.Class" name="works" time="0.1"/>
            <testcase classname="pkg.Class" name="fails"><failure message="1 &lt; 2" type="E">line &amp; one&#10;<![CDATA[<two>]]></failure>
              <system-out>noise</system-out></testcase>
            <testcase name="breaks"><error type="java.lang.Error"/></testcase>
            <testcase name="silent"><failure/></testcase>
            <testcase name="waits"><skipped message="no net"/></testcase>
            <testcase name="waits"><skipped/></testcase>
            </testsuite></testsuites>"#;
        let part = |status: &str, info: Json, error: Json| json!({"status": status, "messages": {"info": info, "error": error, "warn": []}});
        let expected = json!({
            "pkg.Class.works": part("OK", json!([]), json!([])),
            "pkg.Class.fails": part("ERROR", json!([]), json!(["1 < 2", "line & one", "<two>"])),
            "breaks": part("ERROR", json!([]), json!(["java.lang.Error"])),
            "silent": part("ERROR", json!([]), json!(["failed"])),
            "waits": part("OK", json!(["skipped: no net"]), json!([])),
            "waits (6)": part("OK", json!(["skipped"]), json!([])),
        });
        assert_eq!(components(text), expected);
        let findings = read(text).expect("a report");
        let messages = findings.messages.expect("messages");
        assert_eq!(findings.status, Status::Error);
        assert_eq!(messages.level(Level::Info).collect::<Vec<_>>(), ["6 tests, 3 failed, 2 skipped"]);
    }

    #[test]
    fn what_is_no_report_is_refused() {
        let cases = [
            ("", "the report holds no testcase"),
            ("<testsuite></testsuite>", "the report holds no testcase"),
            ("<testsuite><testcase name='a'/>", "the report is cut off: an element is not closed"),
            ("<testsuite></testcase>", "the report is no XML: "),
            ("<testcase name='&bad;'/>", "the report is no XML: "),
        ];
        for (text, expected) in cases {
            let reason = read(text).expect_err("no report");
            assert!(reason.starts_with(expected), "{reason}");
        }
    }
}
