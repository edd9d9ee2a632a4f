//! Annotations on the pages of GitHub and GitLab.

use serde_json::{Value as Json, json};
use smoker_model::verdict::outcome::{Kind, PartVerdict};

use crate::gate::report::{GateReport, host_problem, host_remark, is_remarkable, part_text};
use crate::inventory::address::without_password;
use crate::inventory::inventory_host::InventoryHost;
use crate::render::json_line;
use crate::terminal::sanitize;

/// Workflow commands: an error for what keeps the gate closed, a warning for what should be looked at, a notice for the
/// decision.
pub(super) fn github(report: &GateReport<'_>) -> String {
    let mut out = String::new();
    for (host, verdict) in report.rows() {
        let label = &host.address.label;
        if let Some(problem) = host_problem(verdict) {
            out.push_str(&command("error", label, &problem));
        }
        if let Some(remark) = host_remark(verdict) {
            out.push_str(&command("warning", label, &remark));
        }
        for part in verdict.parts.iter().filter(|part| is_told(part)) {
            let level = if part.blocks { "error" } else { "warning" };
            out.push_str(&command(level, &format!("{label}: {}", part.part), &part_text(part, report.settle)));
        }
    }
    for text in report.notes() {
        out.push_str(&command("notice", "smokercli gate", &text));
    }
    out + &command(if report.is_open() { "notice" } else { "error" }, "smokercli gate", &report.headline())
}

fn is_told(part: &PartVerdict) -> bool {
    is_remarkable(part) && !matches!(part.kind, Kind::Silent | Kind::Fixed)
}

fn command(level: &str, title: &str, text: &str) -> String {
    let data = |text: &str| sanitize::line(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    // What a property holds ends at a comma or a colon.
    let title = data(title).replace(':', "%3A").replace(',', "%2C");
    format!("::{level} title={title}::{}\n", data(text))
}

/// A report of annotations (`artifacts:reports:annotations`): links to the pages of what keeps the gate closed or should
/// be looked at.
pub(super) fn gitlab(report: &GateReport<'_>) -> String {
    let mut links = Vec::new();
    for (host, verdict) in report.rows() {
        let label = &host.address.label;
        let of_host = host_problem(verdict).into_iter().chain(host_remark(verdict));
        links.extend(of_host.map(|text| link(host, None, &format!("{label}: {text}"))));
        for part in verdict.parts.iter().filter(|part| is_told(part)) {
            let text = format!("{label}: {}: {}", part.part, part_text(part, report.settle));
            links.push(link(host, Some(&part.part.plugin), &text));
        }
    }
    json_line(&json!({format!("smokercli gate: {}", report.decision()): links}))
}

fn link(host: &InventoryHost, plugin: Option<&str>, text: &str) -> Json {
    let url = host.address.page.as_ref().ok().map(|page| {
        let mut url = page.clone();
        if let (Some(plugin), Ok(mut path)) = (plugin, url.path_segments_mut()) {
            path.pop_if_empty().push("plugins").push(plugin);
        }
        without_password(&url)
    });
    json!({"external_link": {"label": sanitize::line(text), "url": url.unwrap_or_default()}})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_cannot_begin_another_command() {
        let shown = command("error", "a:b,c", "50%\n::error::x");
        assert_eq!(shown, "::error title=a%3Ab%2Cc::50%25\\n::error::x\n");
    }
}
