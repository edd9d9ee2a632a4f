//! What `smokercli hosts` does: it shows who has reported to a NATS server.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::{Value as Json, json};
use smoker_model::time::duration;
use smoker_nats::presence::{Presence, Present};

use crate::cli::commands::hosts_args::HostsArgs;
use crate::error::ExitError;
use crate::exit_code;
use crate::inventory::inventory_host::InventoryHost;
use crate::render;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::transport::any::Route;

/// Prints the hosts, those that are silent among them, and returns the exit code.
///
/// # Errors
///
/// When no NATS server is named, its inventory cannot be read, or nothing can be printed.
pub(crate) fn run(args: &HostsArgs, targets: &Targets, _: &Console) -> Result<u8, ExitError> {
    let Route::Nats(options) = &targets.route else {
        return Err(ExitError::usage(
            "hosts shows who has reported to a NATS server; name it by --nats URL, or use smokercli --list-hosts for the hosts of \
             an inventory",
        ));
    };
    let present = options.connection.present().map_err(ExitError::new)?;
    let present: HashMap<_, _> = present.iter().map(|present| (present.presence.name.as_str(), present)).collect();
    let hosts: Vec<_> = targets.selection.hosts().iter().map(|host| ReportedHost::of(host, &present)).collect();
    output::print(&text(&hosts, &args.pretty))?;
    let is_bad = args.exitcode && hosts.iter().any(|host| !host.is_there());
    Ok(if is_bad { exit_code::FAILED_STATE } else { exit_code::SUCCESS })
}

/// A host, and what it has reported.
struct ReportedHost<'a> {
    host: &'a InventoryHost,
    present: Option<&'a Present>,
}

impl<'a> ReportedHost<'a> {
    fn of(host: &'a InventoryHost, present: &HashMap<&str, &'a Present>) -> Self {
        Self { host, present: present.get(host.address.label.as_str()).copied() }
    }

    fn is_there(&self) -> bool {
        self.present.is_some_and(|present| !present.is_silent() && present.presence.daemon)
    }

    /// The state as a word for programs.
    fn state(&self) -> &'static str {
        match self.present {
            None => "unknown",
            Some(present) if present.is_silent() => "silent",
            Some(present) if !present.presence.daemon => "no-daemon",
            Some(_) => "there",
        }
    }

    /// The state for people.
    fn state_text(&self) -> String {
        match (self.state(), self.present) {
            ("silent", Some(present)) => {
                format!("silent for {}", duration::written(Duration::from_secs(present.age.as_secs())))
            }
            ("no-daemon", _) => "daemon does not answer".to_owned(),
            ("unknown", _) => "has never reported".to_owned(),
            (state, _) => state.to_owned(),
        }
    }

    fn row(&self) -> Vec<String> {
        let presence = self.present.map(|present| &present.presence);
        let reported = |of: fn(&Presence) -> String| presence.map(of).unwrap_or_default();
        let labels = self.labels().into_iter().map(|(name, text)| format!("{name}={text}")).collect::<Vec<_>>();
        let cells = [
            self.host.address.label.clone(),
            self.state_text(),
            reported(|presence| presence.since.clone()),
            reported(|presence| presence.version.clone()),
            self.groups().join(","),
            labels.join(" "),
        ];
        cells.iter().map(|text| if text.is_empty() { "-".into() } else { sanitize::line(text).into_owned() }).collect()
    }

    /// The groups of the inventory, and those that the host has reported.
    fn groups(&self) -> Vec<&str> {
        let reported = self.present.iter().flat_map(|present| &present.presence.groups);
        let mut groups: Vec<_> = self.host.groups.iter().chain(reported).map(String::as_str).collect();
        groups.sort_unstable();
        groups.dedup();
        groups
    }

    /// The labels that the host has reported, and those of the inventory, which have precedence.
    fn labels(&self) -> BTreeMap<&str, &str> {
        let reported = self.present.iter().flat_map(|present| &present.presence.labels);
        reported.chain(&self.host.labels).map(|(name, text)| (name.as_str(), text.as_str())).collect()
    }

    fn object(&self) -> Json {
        let presence = self.present.map(|present| &present.presence);
        json!({
            "host": self.host.address.label,
            "state": self.state(),
            "since": presence.map(|presence| &presence.since),
            "version": presence.map(|presence| &presence.version),
            "reportedSecondsAgo": self.present.map(|present| present.age.as_secs()),
            "groups": self.groups(),
            "labels": self.labels(),
        })
    }
}

fn text(hosts: &[ReportedHost<'_>], format: &str) -> String {
    match format {
        "json" => render::json_line(&hosts.iter().map(ReportedHost::object).collect()),
        "raw" => render::indented(&hosts.iter().map(ReportedHost::object).collect()),
        "ndjson" => hosts.iter().map(|host| render::json_line(&host.object())).collect(),
        _ => {
            let rows: Vec<_> = hosts.iter().map(ReportedHost::row).collect();
            render::columns(&["HOST", "STATE", "SINCE", "VERSION", "GROUPS", "LABELS"], &rows)
        }
    }
}
