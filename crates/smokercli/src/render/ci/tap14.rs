//! The Test Anything Protocol as its version 14 defines it: subtests, diagnostics, escapes.
//!
//! The first line says version 13: `prove` refuses a later one, and readers of
//! version 14 take it, since both agree on everything that is written here.

use std::borrow::Cow;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::view::{MessagesView, PluginView};
use crate::render::append::append;
use crate::report::{HostReport, MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// Hosts by name; in each, as a subtest, its plugins by name; in each of these its components and failed actions.
/// A test passes if it is OK or WARN and all tests in it pass.
pub(in crate::render) fn render(report: &Report) -> String {
    let hosts: Vec<_> = report.sorted_hosts().into_iter().map(host_test).collect();
    let mut out = "TAP version 13\n".to_owned();
    if hosts.is_empty() {
        out.push_str("1..0 # SKIP no plugin is in the states that were asked for\n");
    } else {
        write_tests(&mut out, 0, &hosts);
    }
    out
}

/// A test point with what belongs to it.
struct Test {
    name: String,
    passes: bool,
    /// Facts by name.
    facts: Vec<(String, String)>,
    /// The messages of each level.
    messages: Vec<(String, Vec<String>)>,
    subtests: Vec<Test>,
}

impl Test {
    fn new(name: &str, status: &str, passes: bool) -> Self {
        let facts = vec![("status".to_owned(), status.to_owned())];
        Self { name: name.to_owned(), passes, facts, messages: Vec::new(), subtests: Vec::new() }
    }

    fn of(name: &str, status: Status, messages: Option<MessagesView<'_>>) -> Self {
        let mut test = Self::new(name, status.as_str(), matches!(status, Status::Ok | Status::Warn));
        for (level, texts) in messages.into_iter().flat_map(MessagesView::levels) {
            if !texts.is_empty() {
                test.messages.push((level.to_owned(), texts.into_iter().map(Cow::into_owned).collect()));
            }
        }
        test
    }

    fn explain(&mut self, reason: Option<String>) {
        self.facts.extend(reason.map(|reason| ("reason".to_owned(), reason)));
    }

    fn containing(mut self, subtests: Vec<Self>) -> Self {
        self.passes &= subtests.iter().all(|test| test.passes);
        self.subtests = subtests;
        self
    }
}

fn host_test(host: &HostReport) -> Test {
    if let Some(reason) = host.error() {
        let mut test = Test::new(host.name(), host.state().as_str(), false);
        test.explain(Some(reason.to_owned()));
        return test;
    }
    let plugins = host.sorted_plugins().into_iter().map(plugin_test);
    let missing = host.missing().iter().map(|name| {
        let mut test = Test::new(name, MISSING, false);
        test.explain(Some(NO_PLUGIN.to_owned()));
        test
    });
    Test::new(host.name(), host.state().as_str(), true).containing(plugins.chain(missing).collect())
}

fn plugin_test(plugin: &Plugin) -> Test {
    let view = plugin.view();
    let mut test = Test::of(plugin.name(), plugin.status(), view.messages());
    test.explain(run_facts::reason(&view));
    // `prove` takes no blanks in keys.
    let facts = run_facts::facts(&view).into_iter().chain(standing::standing(&view));
    let facts = facts.map(|(name, text)| (name.to_lowercase().replace(' ', "_"), text));
    test.facts.extend(facts);
    test.containing(parts(&view))
}

fn parts(view: &PluginView) -> Vec<Test> {
    let components = view.components();
    let components = components.iter().map(|part| Test::of(&part.name, part.status, part.messages));
    let actions = view.failed_actions();
    let actions = actions.iter().map(|action| {
        let mut test = Test::of(&action.title(), action.status, action.messages);
        if !action.messages.is_some_and(MessagesView::has_texts) {
            test.explain(action.reason());
        }
        test
    });
    components.chain(actions).collect()
}

fn write_tests(out: &mut String, depth: usize, tests: &[Test]) {
    let indent = "    ".repeat(depth);
    append(out, format_args!("{indent}1..{}\n", tests.len()));
    for (index, test) in tests.iter().enumerate() {
        let name = escaped(&test.name);
        if !test.subtests.is_empty() {
            append(out, format_args!("{indent}# Subtest: {name}\n"));
            write_tests(out, depth + 1, &test.subtests);
        }
        let word = if test.passes { "ok" } else { "not ok" };
        append(out, format_args!("{indent}{word} {} - {name}\n{indent}  ---\n", index + 1));
        for (key, text) in &test.facts {
            append(out, format_args!("{indent}  {key}: {}\n", quoted(text)));
        }
        if !test.messages.is_empty() {
            append(out, format_args!("{indent}  messages:\n"));
        }
        for (level, texts) in &test.messages {
            append(out, format_args!("{indent}    {}:\n", level_key(level)));
            for text in texts {
                append(out, format_args!("{indent}      - {}\n", item(text)));
            }
        }
        append(out, format_args!("{indent}  ...\n"));
    }
}

/// A description. A `#` would begin a directive, by which a failed test passes.
fn escaped(name: &str) -> String {
    sanitize::line(name).replace('\\', "\\\\").replace('#', "\\#")
}

/// A level as a key of YAML: a plain word where it can be one.
fn level_key(level: &str) -> String {
    let is_plain = !level.is_empty() && level.chars().all(|c| c.is_ascii_lowercase());
    if is_plain { level.to_owned() } else { quoted(level) }
}

/// A text in a list. `prove` takes a first word with a colon for the key of a mapping, although it is quoted.
fn item(text: &str) -> String {
    let quoted = quoted(text);
    let first = quoted.find(char::is_whitespace).unwrap_or(quoted.len());
    let is_colon = |at: &usize| {
        quoted[*at + 1..].starts_with(char::is_whitespace) && quoted[first.min(*at)..*at].trim().is_empty()
    };
    match quoted.match_indices(':').map(|(at, _)| at).find(is_colon) {
        Some(at) => format!("{}\\x3a{}", &quoted[..at], &quoted[at + 1..]),
        None => quoted,
    }
}

/// A text of YAML in double quotes, on one line.
fn quoted(text: &str) -> String {
    serde_json::Value::from(sanitize::text(text)).to_string()
}
