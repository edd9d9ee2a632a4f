//! Whether the JUnit that is written is what its readers expect.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use smokercli::render::format::Format;
use smokercli::render::render;
use smokercli::report::Report;
use smokercli::terminal::style::Style;

use crate::report::awkward;

/// What `junit-10.xsd` of the Jenkins xUnit plugin allows.
struct Element {
    name: &'static str,
    required: &'static [&'static str],
    optional: &'static [&'static str],
    children: &'static [&'static str],
}

const fn text_element(name: &'static str, optional: &'static [&'static str]) -> Element {
    Element { name, required: &[], optional, children: &[] }
}

const SCHEMA: [Element; 7] = [
    Element {
        name: "testsuites",
        required: &[],
        optional: &["name", "time", "tests", "failures", "errors"],
        children: &["testsuite"],
    },
    Element {
        name: "testsuite",
        required: &["name", "tests", "failures", "errors"],
        optional: &["time", "skipped", "timestamp", "hostname", "id", "package", "group", "file", "log", "url"],
        children: &["properties", "testcase", "system-out", "system-err"],
    },
    Element {
        name: "testcase",
        required: &["name"],
        optional: &["time", "classname", "group"],
        children: &["skipped", "error", "failure", "system-out", "system-err"],
    },
    text_element("failure", &["type", "message"]),
    text_element("error", &["type", "message"]),
    text_element("skipped", &["type", "message"]),
    text_element("system-out", &[]),
];

#[test]
fn junit_is_what_the_schema_allows() {
    let text = render(&awkward(), &Format::Junit, Style::Plain);
    let mut reader = Reader::from_str(&text);
    let mut open: Vec<String> = Vec::new();
    let (mut cases, mut ended) = (0, 0);
    loop {
        match reader.read_event().expect("well-formed XML") {
            Event::Start(start) => {
                check_element(&start, open.last());
                cases += usize::from(start.name().as_ref() == b"testcase");
                open.push(name_of(&start));
            }
            Event::Empty(start) => {
                cases += usize::from(start.name().as_ref() == b"testcase");
                check_element(&start, open.last());
            }
            Event::End(_) => {
                open.pop();
                ended += 1;
            }
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty() && ended > 0);
    assert_eq!(cases, 8);
    assert!(text.contains("tests=\"8\" failures=\"2\" errors=\"1\""), "{text}");
}

#[test]
fn xmllint_finds_no_fault_in_junit() {
    if Command::new("xmllint").arg("--version").stderr(Stdio::null()).status().is_err() {
        // Past the output that the test harness captures: a check that is not made has to be seen.
        let _ = writeln!(std::io::stderr(), "NOTE: xmllint is not installed; no JUnit is checked against junit.xsd");
        return;
    }
    let schema = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/schema/junit.xsd");
    for report in [awkward(), Report::new(Vec::new())] {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("report.xml");
        std::fs::write(&file, render(&report, &Format::Junit, Style::Plain)).expect("it is writable");
        let output = Command::new("xmllint").args(["--noout", "--schema"]).args([&schema, &file]).output();
        let output = output.expect("xmllint can be started");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

fn name_of(start: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(start.name().as_ref()).into_owned()
}

fn check_element(start: &BytesStart<'_>, parent: Option<&String>) {
    let name = name_of(start);
    let element = SCHEMA.iter().find(|known| known.name == name).unwrap_or_else(|| panic!("<{name}>"));
    let attributes = start.attributes().map(|attribute| attribute.expect("an attribute, written once"));
    let keys: Vec<_> = attributes.map(|found| String::from_utf8_lossy(found.key.as_ref()).into_owned()).collect();
    for key in &keys {
        let known = element.required.contains(&key.as_str()) || element.optional.contains(&key.as_str());
        assert!(known, "{key} of <{name}>");
    }
    for key in element.required {
        assert!(keys.iter().any(|given| given == key), "<{name}> without {key}");
    }
    match parent {
        None => assert_eq!(name, "testsuites"),
        Some(parent) => {
            let parent = SCHEMA.iter().find(|known| known.name == parent).expect("a known parent");
            assert!(parent.children.contains(&name.as_str()), "<{name}> in <{}>", parent.name);
        }
    }
}
