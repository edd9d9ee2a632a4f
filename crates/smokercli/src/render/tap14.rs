//! The Test Anything Protocol as its version 14 defines it: subtests, diagnostics, escapes.
//!
//! The first line says version 13: `prove` refuses a later one, and readers of
//! version 14 take it, since both agree on everything that is written here.

use std::borrow::Cow;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::view::{MessagesView, PluginView};
use crate::render::put::put;
use crate::report::{HostReport, MISSING, NO_PLUGIN, Report};
use crate::terminal::sanitize;

/// Hosts by name; in each, as a subtest, its plugins by name; in each of these its components and failed actions.
/// A test passes if it is OK or WARN and all tests in it pass.
pub(super) fn render(report: &Report) -> String {
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
    /// Keys with one text, and levels with their messages.
    diagnostics: Vec<(String, Vec<String>)>,
    subtests: Vec<Test>,
}

impl Test {
    fn new(name: &str, status: &str, passes: bool) -> Self {
        let diagnostics = vec![("status".to_owned(), vec![status.to_owned()])];
        Self { name: name.to_owned(), passes, diagnostics, subtests: Vec::new() }
    }

    fn of(name: &str, status: Status, messages: Option<MessagesView<'_>>) -> Self {
        let mut test = Self::new(name, status.as_str(), matches!(status, Status::Ok | Status::Warn));
        for (level, texts) in messages.into_iter().flat_map(MessagesView::levels) {
            test.tell(level, texts.into_iter().map(Cow::into_owned).collect());
        }
        test
    }

    fn tell(&mut self, key: &str, texts: Vec<String>) {
        if !texts.is_empty() {
            self.diagnostics.push((key.to_owned(), texts));
        }
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
        test.tell("error", vec![reason.to_owned()]);
        return test;
    }
    let plugins = host.sorted_plugins().into_iter().map(plugin_test);
    let missing = host.missing().iter().map(|name| {
        let mut test = Test::new(name, MISSING, false);
        test.tell("error", vec![NO_PLUGIN.to_owned()]);
        test
    });
    Test::new(host.name(), host.state().as_str(), true).containing(plugins.chain(missing).collect())
}

fn plugin_test(plugin: &Plugin) -> Test {
    let view = plugin.view();
    let mut test = Test::of(plugin.name(), plugin.status(), view.messages());
    test.tell("reason", run_facts::silent_end(&view).into_iter().collect());
    for (name, text) in run_facts::facts(&view) {
        test.tell(&name.to_lowercase(), vec![text]);
    }
    test.containing(parts(&view))
}

fn parts(view: &PluginView) -> Vec<Test> {
    let components = view.components();
    let components = components.iter().map(|part| Test::of(&part.name, part.status, part.messages));
    let actions = view.failed_actions();
    let actions = actions.iter().map(|action| Test::of(&action.title(), action.status, action.messages));
    components.chain(actions).collect()
}

fn write_tests(out: &mut String, depth: usize, tests: &[Test]) {
    let indent = "    ".repeat(depth);
    put(out, format_args!("{indent}1..{}\n", tests.len()));
    for (index, test) in tests.iter().enumerate() {
        let name = escaped(&test.name);
        if !test.subtests.is_empty() {
            put(out, format_args!("{indent}# Subtest: {name}\n"));
            write_tests(out, depth + 1, &test.subtests);
        }
        let word = if test.passes { "ok" } else { "not ok" };
        put(out, format_args!("{indent}{word} {} - {name}\n{indent}  ---\n", index + 1));
        for (key, texts) in &test.diagnostics {
            match texts.as_slice() {
                [text] if key == "status" => put(out, format_args!("{indent}  status: {}\n", quoted(text))),
                texts => {
                    put(out, format_args!("{indent}  {}:\n", key_text(key)));
                    for text in texts {
                        put(out, format_args!("{indent}    - {}\n", quoted(text)));
                    }
                }
            }
        }
        put(out, format_args!("{indent}  ...\n"));
    }
}

/// A description. A `#` would begin a directive, by which a failed test passes.
fn escaped(name: &str) -> String {
    sanitize::line(name).replace('\\', "\\\\").replace('#', "\\#")
}

/// A key of YAML: a plain word where it can be one.
fn key_text(key: &str) -> String {
    let is_plain = !key.is_empty() && key.split(' ').all(|word| word.chars().all(|c| c.is_ascii_lowercase()));
    if is_plain { key.to_owned() } else { quoted(key) }
}

/// A text of YAML in double quotes, on one line.
fn quoted(text: &str) -> String {
    serde_json::Value::from(sanitize::text(text)).to_string()
}
