//! The Test Anything Protocol, nested by tabs.

use std::borrow::Cow;

use smoker_model::status::Status;

use crate::plugin::Plugin;
use crate::plugin::standing;
use crate::plugin::view::MessagesView;
use crate::render::append::append;
use crate::report::{HostReport, HostState, Report};
use crate::terminal::sanitize;

/// Hosts by name; under each its plugins by name; under each its components.
pub(in crate::render) fn render(report: &Report) -> String {
    let mut page = TapPage(String::new());
    let hosts = report.sorted_hosts();
    page.plan(0, hosts.len());
    for (index, host) in hosts.into_iter().enumerate() {
        page.host(index + 1, host);
    }
    page.0
}

struct TapPage(String);

impl TapPage {
    fn plan(&mut self, depth: usize, count: usize) {
        self.line(depth, &format!("1..{count}"));
    }

    fn host(&mut self, number: usize, host: &HostReport) {
        let fine = matches!(host.state(), HostState::Known(status) if is_fine(status));
        self.test(0, fine, number, host.name());
        if let Some(reason) = host.error() {
            self.block(0, [("error", vec![Cow::Borrowed(reason)])].into_iter());
            return;
        }
        let plugins = host.sorted_plugins();
        self.plan(1, plugins.len());
        for (index, plugin) in plugins.into_iter().enumerate() {
            self.plugin(index + 1, plugin);
        }
    }

    fn plugin(&mut self, number: usize, plugin: &Plugin) {
        let view = plugin.view();
        self.test(1, is_fine(plugin.status()), number, plugin.name());
        let standing = standing::standing(&view);
        let standing = standing.iter().map(|(name, text)| (*name, vec![Cow::Borrowed(text.as_str())]));
        self.block(1, view.messages().into_iter().flat_map(MessagesView::levels).chain(standing));
        let components = view.components();
        if components.is_empty() {
            return;
        }
        self.plan(2, components.len());
        for (index, component) in components.iter().enumerate() {
            self.test(2, is_fine(component.status), index + 1, &component.name);
            self.messages(2, component.messages);
        }
    }

    fn test(&mut self, depth: usize, fine: bool, number: usize, name: &str) {
        let word = if fine { "ok" } else { "not ok" };
        self.line(depth, &format!("{word} {number} - {}", sanitize::line(name)));
    }

    fn messages(&mut self, depth: usize, messages: Option<MessagesView<'_>>) {
        self.block(depth, messages.into_iter().flat_map(MessagesView::levels));
    }

    fn block<'a>(&mut self, depth: usize, levels: impl Iterator<Item = (&'a str, Vec<Cow<'a, str>>)>) {
        let levels: Vec<_> = levels.filter(|(_, texts)| !texts.is_empty()).collect();
        if levels.is_empty() {
            return;
        }
        self.line(depth, "---");
        // Deeper than the `...` that ends the block, so that no message can end it.
        let behind_dash = "\t".repeat(depth + 2) + "  ";
        for (level, texts) in levels {
            self.line(depth, &format!("\t- {}:", sanitize::line(level)));
            for text in texts {
                self.line(depth, &format!("\t\t- {}", sanitize::indented(&text, &behind_dash)));
            }
        }
        self.line(depth, "...");
    }

    fn line(&mut self, depth: usize, text: &str) {
        append(&mut self.0, format_args!("{}{text}\n", "\t".repeat(depth)));
    }
}

fn is_fine(status: Status) -> bool {
    matches!(status, Status::Ok | Status::Warn)
}
