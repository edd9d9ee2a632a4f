//! JUnit as Jenkins and GitLab read it.
//!
//! The elements and attributes are those of the schema that the Jenkins xUnit
//! plugin publishes (`junit-10.xsd`): ERROR is a `failure`, a host that could not
//! be asked, a plugin that is missing and a status that cannot be read an `error`, a plugin that has not run `skipped`,
//! and WARN passes with its messages, or else the word, in `system-out`.

use std::collections::HashMap;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::{Component, MessagesView, PluginView};
use crate::render::append::append;
use crate::render::escape::{attribute, xml};
use crate::report::{HostReport, MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// One suite a host, one case a plugin and one a component.
pub(in crate::render) fn render(report: &Report) -> String {
    let suites: Vec<_> = report.hosts().iter().map(suite).collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let totals = suites.iter().fold(CaseCounts::default(), |sum, suite| sum.plus(suite.counts));
    append(
        &mut out,
        format_args!(
            "<testsuites name=\"smoker\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
            totals.tests,
            totals.failures,
            totals.errors,
            time(suites.iter().filter_map(|suite| suite.seconds).reduce(|sum, seconds| sum + seconds))
        ),
    );
    for suite in suites {
        suite.write(&mut out);
    }
    out.push_str("</testsuites>\n");
    out
}

#[derive(Clone, Copy, Default)]
struct CaseCounts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl CaseCounts {
    fn plus(self, other: Self) -> Self {
        Self {
            tests: self.tests + other.tests,
            failures: self.failures + other.failures,
            errors: self.errors + other.errors,
            skipped: self.skipped + other.skipped,
        }
    }
}

struct Suite {
    host: String,
    /// The classes and names of its cases, with the last number that a name got: readers take two cases with one class
    /// and name for one, of which they show the last.
    names: HashMap<(String, String), usize>,
    timestamp: Option<String>,
    counts: CaseCounts,
    /// How long its runs took; none of a daemon that does not say.
    seconds: Option<f64>,
    cases: String,
}

impl Suite {
    fn write(&self, out: &mut String) {
        let host = attribute(&sanitize::line(&self.host));
        let timestamp = self
            .timestamp
            .as_deref()
            .map_or(String::new(), |date| format!(" timestamp=\"{}\"", attribute(&date.replacen(' ', "T", 1))));
        let CaseCounts { tests, failures, errors, skipped } = self.counts;
        append(
            out,
            format_args!(
                "  <testsuite name=\"{host}\" hostname=\"{host}\" tests=\"{tests}\" failures=\"{failures}\" \
             errors=\"{errors}\" skipped=\"{skipped}\"{timestamp} time=\"{}\">\n",
                time(self.seconds)
            ),
        );
        out.push_str(&self.cases);
        out.push_str("  </testsuite>\n");
    }

    /// Begins a case. A name that its class has had already gets a number.
    fn begin(&mut self, class: &str, name: &str, seconds: Option<f64>) {
        self.counts.tests += 1;
        let (class, name) = (sanitize::line(class).into_owned(), sanitize::line(name).into_owned());
        let key = (class.clone(), name.clone());
        let mut number = self.names.get(&key).copied().unwrap_or_default();
        let shown = loop {
            number += 1;
            let shown = if number == 1 { name.clone() } else { format!("{name} ({number})") };
            if !self.names.contains_key(&(class.clone(), shown.clone())) {
                break shown;
            }
        };
        self.names.insert((class.clone(), shown.clone()), 1);
        self.names.insert(key, number);
        append(
            &mut self.cases,
            format_args!(
                "    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"",
                attribute(&class),
                attribute(&shown),
                time(seconds)
            ),
        );
    }

    fn case(&mut self, class: &str, name: &str, outcome: &CaseOutcome<'_>) {
        self.begin(class, name, outcome.seconds);
        self.seconds = outcome.seconds.map(|seconds| seconds + self.seconds.unwrap_or_default()).or(self.seconds);
        let body = match outcome.status {
            Status::Error => {
                self.counts.failures += 1;
                problem("failure", "ERROR", &outcome.reason())
            }
            Status::Unknown if outcome.has_no_result => {
                self.counts.skipped += 1;
                format!(
                    "      <skipped message=\"{}\"/>\n",
                    attribute(outcome.summary.as_deref().unwrap_or("not run yet"))
                )
            }
            Status::Unknown => {
                self.counts.errors += 1;
                problem("error", "UNKNOWN", &outcome.reason())
            }
            Status::Ok | Status::Warn => String::new(),
        };
        self.close(&(body + &outcome.system_out()));
    }

    /// A case that could not be judged.
    fn error_case(&mut self, class: &str, name: &str, kind: &str, reason: &str) {
        self.begin(class, name, None);
        self.counts.errors += 1;
        self.close(&problem("error", kind, reason));
    }

    fn close(&mut self, body: &str) {
        if body.is_empty() {
            self.cases.push_str("/>\n");
        } else {
            append(&mut self.cases, format_args!(">\n{body}    </testcase>\n"));
        }
    }
}

struct CaseOutcome<'a> {
    status: Status,
    messages: Option<MessagesView<'a>>,
    /// How long it took, if that is known.
    seconds: Option<f64>,
    /// How the run went, a line each.
    facts: Vec<String>,
    /// What failed, if there is no message.
    summary: Option<String>,
    /// Whether it has not run yet.
    has_no_result: bool,
}

impl<'a> CaseOutcome<'a> {
    fn new(status: Status, messages: Option<MessagesView<'a>>) -> Self {
        let is_told = messages.is_some_and(|messages| !messages.level("warn").is_empty());
        let facts = if status == Status::Warn && !is_told { vec!["WARN".to_owned()] } else { Vec::new() };
        Self { status, messages, seconds: None, facts, summary: None, has_no_result: false }
    }

    fn of_plugin(plugin: &Plugin, view: &'a PluginView) -> Self {
        let mut case = Self::new(plugin.status(), view.messages());
        let facts = run_facts::facts(view).into_iter().filter(|(name, _)| *name != "Duration");
        let facts = facts.chain(standing::standing(view));
        case.facts.extend(facts.map(|(name, text)| format!("{name}: {}", sanitize::line(&text))));
        let has_no_result = plugin.has_no_result();
        Self { seconds: run_facts::duration(view), summary: summary(view), has_no_result, ..case }
    }

    /// The error messages, or else what there is of a reason.
    fn reason(&self) -> String {
        let texts = self.messages.map_or(Vec::new(), |messages| messages.level("error")).join("\n");
        if !texts.is_empty() {
            return texts;
        }
        self.summary.clone().or_else(|| any_texts(self.messages)).unwrap_or_default()
    }
}

impl CaseOutcome<'_> {
    /// How the run went, then all messages with their levels, as the long format shows them.
    fn system_out(&self) -> String {
        let mut lines = self.facts.clone();
        for (level, texts) in self.messages.into_iter().flat_map(MessagesView::levels) {
            let level = sanitize::line(level);
            let behind_level = " ".repeat(3 + level.chars().count());
            lines.extend(texts.iter().map(|text| format!("[{level}] {}", sanitize::indented(text, &behind_level))));
        }
        if lines.is_empty() {
            return String::new();
        }
        format!("      <system-out>{}</system-out>\n", xml(&lines.join("\n")))
    }
}

/// The messages of every level.
fn any_texts(messages: Option<MessagesView<'_>>) -> Option<String> {
    let texts: Vec<_> = messages.into_iter().flat_map(MessagesView::levels).flat_map(|(_, texts)| texts).collect();
    (!texts.is_empty()).then(|| texts.join("\n"))
}

/// What is wrong with a plugin that has no error message: why its status cannot be read, its components, how its
/// command ended, or its other messages.
fn summary(view: &PluginView) -> Option<String> {
    if let Some(reason) = view.unreadable() {
        return Some(reason);
    }
    let components = view.components();
    let bad: Vec<_> = components.iter().filter(|part| part.status == Status::Error).map(component_line).collect();
    if !bad.is_empty() {
        return Some(bad.join("\n"));
    }
    let reasons: Vec<_> = run_facts::reason(view).into_iter().chain(any_texts(view.messages())).collect();
    (!reasons.is_empty()).then(|| reasons.join("\n"))
}

fn component_line(part: &Component<'_>) -> String {
    let texts = part.messages.map(|messages| messages.level("error").join("; ")).unwrap_or_default();
    let reason = if texts.is_empty() { "ERROR" } else { &texts };
    format!("{}: {reason}", sanitize::line(&part.name))
}

fn time(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "0".to_owned(), |seconds| format!("{seconds:.3}"))
}

fn suite(host: &HostReport) -> Suite {
    let mut suite = Suite {
        host: host.name().to_owned(),
        names: HashMap::new(),
        timestamp: None,
        counts: CaseCounts::default(),
        seconds: None,
        cases: String::new(),
    };
    if let Some(reason) = host.error() {
        suite.error_case(host.name(), host.name(), "UNREACHABLE", reason);
    }
    for plugin in host.plugins() {
        add_plugin(&mut suite, host, plugin);
    }
    for plugin in host.missing() {
        suite.error_case(&format!("{}.{plugin}", host.name()), plugin, MISSING, NO_PLUGIN);
    }
    suite
}

fn add_plugin(suite: &mut Suite, host: &HostReport, plugin: &Plugin) {
    let view = plugin.view();
    let class = format!("{}.{}", host.name(), plugin.name());
    if suite.timestamp.is_none() {
        suite.timestamp = view.last_run();
    }
    suite.case(&class, plugin.name(), &CaseOutcome::of_plugin(plugin, &view));
    for component in view.components() {
        suite.case(&class, &component.name, &CaseOutcome::new(component.status, component.messages));
    }
    for action in view.failed_actions() {
        suite.case(
            &class,
            &action.title(),
            &CaseOutcome { summary: action.reason(), ..CaseOutcome::new(action.status, action.messages) },
        );
    }
}

/// The first line is the heading that a CI server shows, the whole text its detail.
fn problem(element: &str, kind: &str, text: &str) -> String {
    let first = text.lines().next().unwrap_or("no message");
    format!("      <{element} type=\"{kind}\" message=\"{}\">{}</{element}>\n", attribute(first), xml(text))
}
