//! Parser `junit`: test reports in the XML of JUnit, as Ant, Maven, pytest and
//! many others write them.
//!
//! Each `testcase` is a component, named by its class and name: `failure` and
//! `error` make it an ERROR with their message and text, `skipped` leaves it
//! OK with the reason. An info message counts the tests; a report without any
//! test is an ERROR. Reports are found between other text; a failure that only
//! the counts of a suite tell is an error of the whole.
//!
//! # Layout
//!
//! - `attribute`: reads an attribute
//! - `case`: a test, its status and its messages
//! - `mark`: what attributes say of a test or a suite
//! - `report_start`: where a report begins

mod attribute;
mod case;
mod mark;
mod report_start;

use crate::spec::{IGNORE_EXIT, Spec};
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use smoker_model::messages::{Level, Messages};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::components::{BoundedComponents, worse};
use crate::parsers::junit::attribute::{attribute, no_xml};
use crate::parsers::junit::case::{Case, Note, NoteKind};
use crate::parsers::junit::mark::{Mark, other_counts};

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec::parser("junit", "reads test reports in JUnit's XML", "a component for each test", &[IGNORE_EXIT])
}

/// Reads the output. It has no parameters.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let report = ReportReader::read(&request.stdout)?;
    let ReportReader { failed, skipped, mut messages, .. } = report;
    let total = report.components.len();
    if total == 0 && messages.is_empty() {
        return Err("the report holds no testcase".to_owned());
    }
    let is_told = |level| messages.level(level).next().is_some();
    let told = match (is_told(Level::Error), is_told(Level::Warn)) {
        (true, _) => Status::Error,
        (false, true) => Status::Warn,
        (false, false) => Status::Ok,
    };
    let status = worse(report.components.status().unwrap_or(Status::Ok), told);
    messages.add(Level::Info, &format!("{total} tests, {failed} failed, {skipped} skipped"));
    let components = report.components.finish(&mut messages);
    let mut findings = Findings::new(status, messages);
    findings.component_results = Some(components);
    Ok(findings)
}

/// The part of a report that has been read.
#[derive(Default)]
struct ReportReader {
    components: BoundedComponents,
    /// What the suites tell beside their tests.
    messages: Messages,
    failed: usize,
    skipped: usize,
    /// The suites that are open, the outermost first.
    suites: Vec<Suite>,
    /// The tests that are open, the outermost first.
    cases: Vec<Case>,
    /// The `failure`, `error`, `warning` or `skipped` whose text is being read.
    note: Option<Note>,
    is_in_output: bool,
}

/// A `testsuites` or `testsuite`.
#[derive(Default)]
struct Suite {
    name: String,
    /// How many failures and errors its attributes count.
    counted: u64,
    /// How many of them its elements show, or have been reported as missing.
    shown: u64,
    /// How many failures of other runs its elements show, which some tools count and others do not.
    flaky: u64,
    /// What its attributes say of it as a whole.
    mark: Mark,
    /// How many tests that ran its attributes count.
    counted_tests: u64,
    /// How many tests it holds, or have been reported as missing.
    tests: u64,
    output: String,
    has_silent_failure: bool,
}

impl ReportReader {
    /// Reads each report that stands in the text.
    fn read(text: &str) -> Result<Self, String> {
        let mut report = Self::default();
        let mut rest = text;
        while let Some(found) = report_start::from_report(rest) {
            if report_start::is_cut_off_before(&rest[..rest.len() - found.len()]) {
                return Err("a report is cut off at its beginning: another one begins behind it".to_owned());
            }
            rest = &found[report.read_one(found)?..];
        }
        if report_start::is_cut_off(rest) && (rest.len() < text.len() || report.components.len() > 0) {
            return Err("the report is cut off after its XML declaration".to_owned());
        }
        if report.components.len() > 0 && report_start::ends_in_a_root(rest) {
            return Err("the report is cut off: another one begins at the end of the output".to_owned());
        }
        Ok(report)
    }

    /// Reads the element that the text begins with; returns where it ends.
    fn read_one(&mut self, text: &str) -> Result<usize, String> {
        let mut reader = Reader::from_str(text);
        let mut depth = 0_usize;
        loop {
            let event = reader.read_event().map_err(|error| no_xml(&error))?;
            match event {
                Event::Start(tag) => {
                    depth += 1;
                    self.open(&tag)?;
                }
                Event::Empty(tag) => {
                    self.open(&tag)?;
                    self.close(tag.local_name().as_ref());
                }
                Event::End(tag) => {
                    depth = depth.saturating_sub(1);
                    self.close(tag.local_name().as_ref());
                }
                Event::Text(text) => self.add_text(&String::from_utf8_lossy(&text)),
                Event::CData(text) => self.add_text(&String::from_utf8_lossy(&text)),
                Event::GeneralRef(reference) => self.add_text(&resolved(&reference)?),
                Event::Eof => return Err("the report is cut off: an element is not closed".to_owned()),
                Event::Decl(_) | Event::PI(_) | Event::DocType(_) | Event::Comment(_) => {}
            }
            if depth == 0 {
                return Ok(usize::try_from(reader.buffer_position()).map_or(text.len(), |end| end.min(text.len())));
            }
        }
    }

    fn open(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        // One that is there twice could say two things.
        tag.attributes().find_map(Result::err).map_or(Ok(()), |error| Err(no_xml(&error)))?;
        match tag.local_name().as_ref() {
            b"testsuites" | b"testsuite" => {
                let name = attribute(tag, "name")?.filter(|name| !name.is_empty());
                let name = name.unwrap_or_else(|| "the suite".to_owned());
                let counted = self.count(tag, "failures", &name)? + self.count(tag, "errors", &name)?;
                let counted = other_counts(tag)?.fold(counted, u64::max);
                let counted_tests = counted_tests(tag)?;
                let mark = Mark::of(tag)?;
                self.suites.push(Suite { name, counted, mark, counted_tests, ..Suite::default() });
            }
            b"testcase" => {
                let name = attribute(tag, "name")?.unwrap_or_else(|| "unnamed".to_owned());
                let class = attribute(tag, "classname")?.filter(|class| !class.is_empty());
                let name = match class {
                    Some(class) if name.is_empty() => class,
                    Some(class) => format!("{class}.{name}"),
                    None => name,
                };
                let mut case = Case { name, ..Case::default() };
                let mark = Mark::of(tag)?;
                case.has_not_run = mark.has_not_run;
                case.is_marked_failed = !mark.failed.is_empty();
                case.not_understood = mark.not_understood;
                self.cases.push(case);
            }
            b"system-out" | b"system-err" => {
                self.is_in_output = true;
                self.add_text("\n");
            }
            element => {
                let is_known = !self.cases.is_empty() || matches!(element, b"failure" | b"error" | b"warning");
                if let Some(kind) = NoteKind::of(element).filter(|_| is_known) {
                    let message = attribute(tag, "message")?.filter(|message| !message.is_empty());
                    let of_type = attribute(tag, "type")?;
                    let is_todo = of_type.as_ref().is_some_and(|text| text.eq_ignore_ascii_case("todo"));
                    let headline = message.or(of_type);
                    self.note = Some(Note { kind, headline, is_todo, text: String::new() });
                } else if let Some(case) = self.cases.last_mut() {
                    // The steps of a test may say what became of them, and it may not.
                    case.is_marked_failed |= !Mark::of(tag)?.failed.is_empty();
                }
            }
        }
        Ok(())
    }

    /// A count among the attributes. What is no number is a message: it may stand for failures.
    fn count(&mut self, tag: &BytesStart<'_>, name: &str, suite: &str) -> Result<u64, String> {
        let Some(text) = attribute(tag, name)?.filter(|text| !text.trim().is_empty()) else { return Ok(0) };
        let number = text.trim().trim_end_matches(".0").replace(',', "").parse::<u32>();
        if number.is_err() {
            self.messages.add(Level::Error, &format!("{suite}: {name}=\"{text}\" is no number"));
        }
        Ok(number.map_or(0, u64::from))
    }

    fn close(&mut self, name: &[u8]) {
        match name {
            b"testcase" => self.close_case(),
            b"testsuites" | b"testsuite" => self.close_suite(),
            b"system-out" | b"system-err" => self.is_in_output = false,
            element if NoteKind::of(element).is_some() => self.close_note(),
            _ => {}
        }
    }

    fn close_note(&mut self) {
        let Some(note) = self.note.take() else {
            return;
        };
        if let Some(suite) = self.suites.last_mut() {
            suite.shown += u64::from(note.kind == NoteKind::Failure);
            suite.flaky += u64::from(matches!(note.kind, NoteKind::Flaky | NoteKind::Rerun));
        }
        if let Some(case) = self.cases.last_mut() {
            case.notes.push(note);
        } else if note.kind == NoteKind::Failure {
            let name = self.suites.last().map_or("the report", |suite| &suite.name);
            self.messages.add(Level::Error, &format!("{name}: {}", note.shown()));
        }
    }

    fn close_case(&mut self) {
        let Some(case) = self.cases.pop() else {
            return;
        };
        let status = case.status();
        let is_skipped = case.notes.iter().any(|note| note.kind == NoteKind::Skipped);
        self.failed += usize::from(status == Status::Error);
        self.skipped += usize::from(status == Status::Ok && is_skipped);
        if let Some(suite) = self.suites.last_mut() {
            let is_marked_only = case.notes.iter().all(|note| note.kind != NoteKind::Failure);
            suite.shown += u64::from(case.is_marked_failed && is_marked_only);
            suite.tests += 1;
            suite.has_silent_failure |= case.has_no_reason();
        }
        self.components.add_new(&case.name, status, &case.messages());
    }

    fn close_suite(&mut self) {
        let Some(suite) = self.suites.pop() else {
            return;
        };
        let Suite { name, counted, shown, flaky, counted_tests, tests, .. } = &suite;
        let is_failure_missing = *counted > shown + flaky;
        if is_failure_missing {
            let text = format!("{name} counts {counted} failures and errors, its tests show {shown}");
            self.messages.add(Level::Error, &text);
        }
        if let (Some(failed), 0) = (suite.mark.failed.first(), counted + shown) {
            self.messages.add(Level::Error, &format!("{name} has {failed}, its tests show no failure"));
        }
        if counted_tests > tests {
            let text = format!("{name} counts {counted_tests} tests, but holds {tests}: the others may not have run");
            self.messages.add(Level::Warn, &text);
        }
        if is_failure_missing || suite.has_silent_failure {
            case::add_output(&mut self.messages, Level::Error, &suite.output);
        }
        if let Some(outer) = self.suites.last_mut() {
            outer.shown += suite.shown.max(suite.counted);
            outer.flaky += suite.flaky;
            outer.tests += suite.tests.max(suite.counted_tests);
        }
    }

    fn add_text(&mut self, text: &str) {
        // A test that ran several times has the output of a run inside of its element.
        if let Some(note) = self.note.as_mut().filter(|_| !self.is_in_output) {
            note.text.push_str(text);
        } else if self.is_in_output {
            let output = self.cases.last_mut().map(|case| &mut case.output);
            if let Some(output) = output.or(self.suites.last_mut().map(|suite| &mut suite.output)) {
                output.push_str(text);
            }
        }
    }
}

/// How many tests the attributes of a suite count that were to run: a tool may leave the others out. What is no number
/// says nothing. The `tests` of Catch2, which has a `hostname` of its own, are its assertions.
fn counted_tests(tag: &BytesStart<'_>) -> Result<u64, String> {
    let number = |name| {
        let text = attribute(tag, name)?.unwrap_or_default();
        Ok::<_, String>(text.trim().parse::<u32>().map_or(0, u64::from))
    };
    if attribute(tag, "hostname")?.is_some_and(|host| host == "tbd") {
        return Ok(0);
    }
    let left_out = number("skipped")? + number("disabled")? + number("ignored")?;
    Ok(number("tests")?.saturating_sub(left_out))
}

/// The text of `&amp;`, `&#10;` and their like. An entity of a document's own may stand for a failure, and is refused.
fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Ok(character.to_string());
    }
    let name = String::from_utf8_lossy(reference);
    let text = resolve_predefined_entity(&name).map(str::to_owned);
    text.ok_or_else(|| no_xml(&format!("the entity &{name}; is none of XML's own; those of a DTD are not read")))
}

#[cfg(test)]
mod tests;
