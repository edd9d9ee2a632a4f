//! The formats for people: minimal, normal, long, full.

use smoker_model::status::Status;
use unicode_width::UnicodeWidthStr;

use crate::plugin::Plugin;
use crate::plugin::run_facts;
use crate::plugin::standing;
use crate::plugin::value_text::printed;
use crate::plugin::view::{MessagesView, PluginView, is_problem};
use crate::render::append::append;
use crate::render::format::Detail;
use crate::report::{HostReport, Report};
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

const HOST_WIDTH: usize = 34;
const PLUGIN_WIDTH: usize = 32;
const COMPONENT_WIDTH: usize = 30;
const PARAMETER_WIDTH: usize = 10;
/// Further lines of a text are indented by no more than this, however long its level or name is.
const MAX_INDENT: usize = 16;

/// Hosts by name, separated by a line of one space.
pub(super) fn render(report: &Report, detail: Detail, style: Style) -> String {
    let mut page = TextPage { out: String::new(), detail, style };
    for (index, host) in report.sorted_hosts().into_iter().enumerate() {
        if index > 0 {
            page.out.push_str(" \n");
        }
        page.host(host);
    }
    page.out
}

struct TextPage {
    out: String,
    detail: Detail,
    style: Style,
}

impl TextPage {
    fn host(&mut self, host: &HostReport) {
        let name = pad(&sanitize::line(host.name()), HOST_WIDTH);
        self.style.push(&mut self.out, Some(Paint::Gold), &name);
        self.out.push_str(" [");
        self.style.push(&mut self.out, Some(Paint::of_host(host.state())), host.state().as_str());
        self.out.push_str("]\n");
        if let Some(reason) = host.error() {
            let reason = sanitize::line(reason);
            self.message("  ", "error", &reason);
        }
        for plugin in host.sorted_plugins() {
            self.plugin(host, plugin);
            self.consequences(host, plugin);
        }
    }

    /// The plugins whose runs are skipped because of this one.
    fn consequences(&mut self, host: &HostReport, plugin: &Plugin) {
        let names = host.skipped_because_of(plugin.name());
        if !names.is_empty() {
            append(&mut self.out, format_args!("  skipped because of it: {}\n", sanitize::line(&names.join(", "))));
        }
    }

    fn plugin(&mut self, host: &HostReport, plugin: &Plugin) {
        let view = plugin.view();
        if self.detail > Detail::Minimal || plugin.status() != Status::Ok {
            self.plugin_line(plugin, &view);
        }
        let is_shown = self.detail > Detail::Minimal || plugin.status() != Status::Ok;
        for line in standing::lines(&view).into_iter().filter(|_| is_shown) {
            append(&mut self.out, format_args!("  {}\n", sanitize::line(&line)));
        }
        if self.detail == Detail::Full {
            self.runs(&view);
        }
        if self.detail >= Detail::Long {
            for (name, text) in run_facts::facts(&view) {
                append(&mut self.out, format_args!("  {name}: {}\n", sanitize::line(&text)));
            }
        }
        if self.detail == Detail::Full {
            self.parameters(&view);
        }
        let reason = if host.tells_reasons() { run_facts::reason } else { run_facts::reason_of_result };
        if let Some(reason) = reason(&view).filter(|_| self.detail > Detail::Minimal) {
            let level = if plugin.status() == Status::Warn { "warn" } else { "error" };
            self.message("  ", level, &sanitize::line(&reason));
        }
        if let Some(messages) = view.messages() {
            self.messages("  ", messages);
        }
        if self.detail == Detail::Normal {
            for (level, text) in run_facts::printed_instead(&view) {
                self.message("  ", level, &text);
            }
        }
        for component in view.components() {
            if self.detail >= Detail::Long || component.status != Status::Ok {
                let name = pad(&sanitize::line(&component.name), COMPONENT_WIDTH);
                self.out.push_str(" -- ");
                self.out.push_str(&name);
                self.status(component.status);
                self.out.push('\n');
            }
            if let Some(messages) = component.messages {
                self.messages("    ", messages);
            }
            if self.detail == Detail::Normal {
                for (level, text) in run_facts::part_printed_instead(&view, &component) {
                    self.message("    ", level, &text);
                }
            }
        }
        if self.detail > Detail::Minimal {
            for action in view.failed_actions() {
                self.out.push_str("  ");
                self.out.push_str(&sanitize::line(&action.title()));
                self.status(action.status);
                self.out.push('\n');
                let reasons = action.reasons();
                let has_all = self.detail >= Detail::Long && action.messages.is_some_and(MessagesView::has_texts);
                match action.messages.filter(|_| has_all) {
                    Some(messages) => self.messages("    ", messages),
                    None => reasons.iter().for_each(|(level, text)| self.message("    ", level, text)),
                }
            }
        }
    }

    fn plugin_line(&mut self, plugin: &Plugin, view: &PluginView) {
        self.out.push_str("- ");
        self.out.push_str(&pad(&sanitize::line(plugin.name()), PLUGIN_WIDTH));
        self.status(plugin.status());
        if plugin.status() != Status::Unknown
            && let Some(date) = view.last_run()
        {
            self.out.push_str(self.gap(plugin.status()));
            self.out.push('(');
            self.style.push(&mut self.out, Some(Paint::Gray), &sanitize::line(&date));
            self.out.push(')');
        }
        self.out.push('\n');
    }

    /// The spaces between the status and the date. The original aligned only
    /// its coloured lines, and ERROR in the shorter formats not at all.
    fn gap(&self, status: Status) -> &'static str {
        match (self.style, status) {
            (Style::Plain, _) => " ",
            (Style::Colored, Status::Warn) => "   ",
            (Style::Colored, Status::Error) if self.detail < Detail::Long => " ",
            (Style::Colored, _) => "    ",
        }
    }

    fn status(&mut self, status: Status) {
        self.out.push_str(" [");
        self.style.push(&mut self.out, Some(Paint::of_status(status)), status.as_str());
        self.out.push(']');
    }

    fn runs(&mut self, view: &PluginView) {
        for (label, date) in [("Last run", view.last_run()), ("Next run", view.next_run())] {
            let date = date.unwrap_or_else(|| "None".to_owned());
            append(&mut self.out, format_args!("  {label}: {}\n", sanitize::line(&date)));
        }
    }

    fn parameters(&mut self, view: &PluginView) {
        for (key, value) in view.parameters().into_iter().flatten() {
            let key = pad(&sanitize::line(key), PARAMETER_WIDTH);
            let behind_key = " ".repeat((3 + UnicodeWidthStr::width(key.as_str())).min(MAX_INDENT));
            append(&mut self.out, format_args!("  {key} {}\n", sanitize::indented(&printed(value), &behind_key)));
        }
    }

    fn messages(&mut self, indent: &str, messages: MessagesView<'_>) {
        for (level, texts) in messages.levels() {
            let shown = match self.detail {
                Detail::Minimal => false,
                Detail::Normal => is_problem(level),
                Detail::Long | Detail::Full => true,
            };
            for text in texts.iter().filter(|_| shown) {
                self.message(indent, level, text);
            }
        }
    }

    fn message(&mut self, indent: &str, level: &str, text: &str) {
        let shown_level = sanitize::line(level);
        let behind_level = " ".repeat(indent.len() + (3 + UnicodeWidthStr::width(&*shown_level)).min(MAX_INDENT));
        self.out.push_str(indent);
        self.out.push('[');
        self.style.push(&mut self.out, Paint::of_level(level), &shown_level);
        self.out.push_str("] ");
        self.out.push_str(&sanitize::indented_unless_bare(text, &behind_level));
        self.out.push('\n');
    }
}

/// Pads to this number of columns. The original counts characters, which for all but
/// wide and combining ones is the same; with those, its columns do not keep their positions.
fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(UnicodeWidthStr::width(text));
    format!("{text}{}", " ".repeat(missing))
}
