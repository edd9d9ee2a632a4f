//! The findings as text.

use std::fmt::Write;

use smoker_model::verdict::odd::row::{Answer, Consequence, Group, HostNumber, Row};

use crate::inventory::fold::fold;
use crate::odd::findings::{Finding, Findings};
use crate::odd::wording;
use crate::terminal::sanitize;
use crate::terminal::style::{Paint, Style};

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Detail {
    /// A line for each answer that differs.
    Short,
    /// All answers with all of their hosts and messages.
    Whole,
}

/// How many answers of a plugin are shown, unless all are wanted.
const MOST_GROUPS: usize = 5;

/// The findings: what differs, who is silent, and how much is alike.
pub(super) fn render(findings: &Findings, detail: Detail, style: Style) -> String {
    let mut page = Page { out: String::new(), findings, style };
    for finding in &findings.rows {
        match detail {
            Detail::Short => page.short(finding),
            Detail::Whole => page.whole(finding),
        }
        page.consequences(&finding.row);
        for fact in &finding.facts {
            page.line("  ", &wording::separation(fact, "that differ", "alike"));
        }
    }
    page.silent();
    page.summary();
    page.out
}

struct Page<'a> {
    out: String,
    findings: &'a Findings,
    style: Style,
}

impl Page<'_> {
    fn line(&mut self, indent: &str, text: &str) {
        // Writing to memory does not fail.
        let _ = writeln!(self.out, "{indent}{text}");
    }

    fn status(&mut self, answer: &Answer) {
        if let Some(status) = wording::status(answer) {
            self.out.push_str(" [");
            self.style.push(&mut self.out, Some(Paint::of_status(status)), status.as_str());
            self.out.push(']');
        }
    }

    /// `fsmount: 37 alike; web07, web31 differ: /srv: mounted ro [ERROR]`, a line for each answer that differs.
    fn short(&mut self, finding: &Finding) {
        let row = &finding.row;
        let reference = row.reference();
        let (head, component) = (head(row), component(row));
        let odd = row.odd();
        for group in odd.iter().take(MOST_GROUPS) {
            let names = wording::hosts(&self.findings.names_of(&group.hosts));
            let differ = match (reference, group.hosts.len()) {
                (None, _) => "",
                (_, 1) => " differs",
                _ => " differ",
            };
            let text = self.text(row, group, reference);
            let _ = write!(self.out, "{head}; {names}{differ}: {component}{text}");
            self.status(&group.answer);
            self.out.push('\n');
        }
        if odd.len() > MOST_GROUPS {
            let more = odd.len() - MOST_GROUPS;
            self.line("", &format!("{head}; {more} more answers, which -o long shows"));
        }
        if let Some(group) = reference {
            let text = self.text(row, group, odd.first());
            let _ = write!(self.out, "  the {}: {component}{text}", group.hosts.len());
            self.status(&group.answer);
            self.out.push('\n');
        }
    }

    fn text(&self, row: &Row, group: &Group, against: Option<&Group>) -> String {
        let against = against.map(|group| &group.answer);
        wording::text(&group.answer, against, row.component.is_some(), self.findings.absence)
    }

    /// Every answer with all hosts and messages.
    fn whole(&mut self, finding: &Finding) {
        let row = &finding.row;
        let component = row.component.as_deref().map_or(String::new(), |name| format!(": {}", sanitize::line(name)));
        self.line("", &format!("{}{component}", head(row)));
        for group in &row.groups {
            let names = self.findings.names_of(&group.hosts);
            let folded = fold(&names).join(", ");
            let _ = write!(self.out, "- {} on {}", count(group.hosts.len()), sanitize::line(&folded));
            self.status(&group.answer);
            self.out.push('\n');
            match &group.answer {
                Answer::Result { messages, lacks_components, .. } => {
                    for (level, text) in messages {
                        let level = sanitize::line(level);
                        let text = sanitize::indented(text, "      ");
                        self.line("    ", &format!("[{level}] {text}"));
                    }
                    if *lacks_components {
                        self.line("    ", "no components");
                    }
                }
                Answer::Absent => {
                    let text = wording::absent(row.component.is_some(), self.findings.absence);
                    self.line("    ", &text);
                }
            }
        }
    }

    /// `skipped because of it: App, Web on web07, web31`, a line for each set of hosts.
    fn consequences(&mut self, row: &Row) {
        let mut lines: Vec<(&[HostNumber], Vec<&str>)> = Vec::new();
        for Consequence { plugin, hosts } in &row.consequences {
            match lines.iter_mut().find(|(others, _)| *others == hosts.as_slice()) {
                Some((_, plugins)) => plugins.push(plugin),
                None => lines.push((hosts, vec![plugin])),
            }
        }
        for (hosts, plugins) in lines {
            let hosts = wording::hosts(&self.findings.names_of(hosts));
            self.line("  ", &format!("skipped because of it: {} on {hosts}", sanitize::line(&plugins.join(", "))));
        }
    }

    fn silent(&mut self) {
        let silent = &self.findings.silent;
        for host in silent {
            self.line("", &format!("{} is silent: {}", sanitize::line(&host.name), sanitize::line(&host.reason)));
        }
        for fact in &self.findings.silent_facts {
            self.line("  ", &wording::separation(fact, "that are silent", "that answer"));
        }
    }

    fn summary(&mut self) {
        let Findings { names, silent, rows, alike, .. } = self.findings;
        let hosts = names.len() + silent.len();
        let silent = if silent.is_empty() { String::new() } else { format!(", {} silent", silent.len()) };
        let odd = rows.len();
        self.line("", &format!("{hosts} hosts{silent}; plugins and components alike: {alike}, not alike: {odd}"));
        for line in self.findings.silences.lines() {
            self.line("", &sanitize::line(&line));
        }
    }
}

fn count(hosts: usize) -> String {
    if hosts == 1 { "1 host".to_owned() } else { format!("{hosts} hosts") }
}

/// The plugin, and how many hosts are alike.
fn head(row: &Row) -> String {
    let plugin = sanitize::line(&row.plugin);
    let largest = row.groups[0].hosts.len();
    match row.reference() {
        Some(group) if row.is_tie => {
            format!("{plugin}: {} alike by a tie, which the status decides", group.hosts.len())
        }
        Some(group) => format!("{plugin}: {} alike", group.hosts.len()),
        None if largest == 1 => format!("{plugin}: all {} differ", row.groups.len()),
        None => format!("{plugin}: a tie of {largest} hosts each"),
    }
}

fn component(row: &Row) -> String {
    row.component.as_deref().map_or(String::new(), |name| format!("{}: ", sanitize::line(name)))
}
