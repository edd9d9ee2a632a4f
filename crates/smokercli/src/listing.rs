//! The hosts of a call without asking them: `--list-hosts`, and what a shell completes.

use std::path::Path;

use serde_json::{Value as Json, json};

use crate::cli::options::host_args::HostArgs;
use crate::config::ClientConfig;
use crate::error::ExitError;
use crate::inventory::address::without_password;
use crate::inventory::inventory_host::InventoryHost;
use crate::inventory::selection::HostSelection;
use crate::inventory::ssh_config;
use crate::render::format::{Detail, Format};
use crate::render::{self, json_line};
use crate::targets;
use crate::terminal::output;
use crate::terminal::sanitize;

/// Prints the hosts: their names, one a line; in the longer formats and in JSON with address, groups and labels.
///
/// # Errors
///
/// When the format has no form for hosts.
pub(crate) fn print(selection: &HostSelection, format: &Format) -> Result<(), ExitError> {
    let hosts = selection.hosts();
    let text = match format {
        Format::Text(Detail::Minimal | Detail::Normal) => {
            hosts.iter().map(|host| sanitize::line(&host.address.label).into_owned() + "\n").collect()
        }
        Format::Text(Detail::Long | Detail::Full) | Format::Table { .. } => {
            let rows: Vec<_> = hosts.iter().map(row).collect();
            render::columns(&["HOST", "ADDRESS", "GROUPS", "LABELS"], &rows)
        }
        Format::Json => json_line(&Json::Array(hosts.iter().map(object).collect())),
        Format::Raw => render::indented(&Json::Array(hosts.iter().map(object).collect())),
        Format::Ndjson => hosts.iter().map(|host| json_line(&object(host))).collect(),
        Format::Tap
        | Format::Tap14
        | Format::Xml(_)
        | Format::Junit
        | Format::Csv
        | Format::Columns(_)
        | Format::Html
        | Format::Markdown
        | Format::Prometheus => {
            return Err(ExitError::new(
                "--list-hosts has no such format; use minimal, normal, long, full, table, json, raw or ndjson",
            ));
        }
    };
    output::print(&text)
}

/// The URL of the daemon, or why it has none.
fn address(host: &InventoryHost) -> String {
    host.address.page.as_ref().map_or_else(|problem| format!("({problem})"), without_password)
}

fn row(host: &InventoryHost) -> Vec<String> {
    let groups: Vec<_> = host.groups.iter().map(String::as_str).collect();
    let labels: Vec<_> = host.labels.iter().map(|(name, text)| format!("{name}={text}")).collect();
    [host.address.label.clone(), address(host), groups.join(","), labels.join(" ")]
        .iter()
        .map(|text| if text.is_empty() { "-".to_owned() } else { sanitize::line(text).into_owned() })
        .collect()
}

fn object(host: &InventoryHost) -> Json {
    json!({"host": host.address.label, "address": address(host), "groups": host.groups, "labels": host.labels})
}

/// What a shell completes, one a line: the names of hosts, of the configuration, of the inventory and of SSH, or the
/// names of groups. What cannot be used is left out: nobody reads messages while a shell completes.
pub(crate) fn completions(what: &str, args: &HostArgs, config: &ClientConfig) -> String {
    let inventory = targets::inventory(args, config).unwrap_or_default();
    let mut names: Vec<String> = if what == "groups" {
        inventory.group_names().map(str::to_owned).collect()
    } else {
        let of_ssh = std::env::var_os("HOME").map(|home| ssh_config::hosts(Path::new(&home)));
        let of_groups = inventory.resolve().map_or_else(|_| Vec::new(), |groups| groups.all());
        of_groups.into_iter().chain(of_ssh.into_iter().flatten()).collect()
    };
    names.sort();
    names.dedup();
    names.iter().map(|name| sanitize::line(name).into_owned() + "\n").collect()
}
