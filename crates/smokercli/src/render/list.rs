//! The names of the plugins.

use crate::report::Report;
use crate::terminal::sanitize;

/// One name a line; `HOST/NAME` when several hosts have plugins to list.
pub(super) fn render(report: &Report) -> String {
    let hosts: Vec<_> = report.sorted_hosts().into_iter().filter(|host| !host.plugins().is_empty()).collect();
    let mut out = String::new();
    for host in &hosts {
        for plugin in host.sorted_plugins() {
            if hosts.len() > 1 {
                out.push_str(&sanitize::line(host.name()));
                out.push('/');
            }
            out.push_str(&sanitize::line(plugin.name()));
            out.push('\n');
        }
    }
    out
}
