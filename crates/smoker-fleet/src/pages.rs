//! The answers as a grid of hosts and plugins, as the page of a host, and as JSON.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value as Json, json};
use smoker_model::counted::counted;
use smoker_page::grid::{self, Grid, GridRow};
use smoker_page::table::{self, Head, Row, Style};
use smokercli::render::document::html;
use smokercli::report::HostState;

use crate::snapshot::{Host, Snapshot};

/// How long the answers of a round may take before the page says that nothing newer comes, in seconds.
const ANSWERS: u64 = 10;

const TITLE: &str = "Smoker fleet";

/// Hosts and plugins; before the first round has ended, how many hosts are asked.
pub(crate) fn grid(snapshot: Option<&Snapshot>, hosts: usize, every: Duration, now: DateTime<Utc>) -> String {
    let old = 3 * every.as_secs() + ANSWERS;
    let Some(snapshot) = snapshot else {
        return grid::page(&Grid {
            title: TITLE,
            note: &format!("asking {}", counted(hosts, "host")),
            age: None,
            old,
            columns: &[],
            rows: &[],
        });
    };
    let rows: Vec<_> = snapshot.hosts.iter().map(|host| row(host, &snapshot.plugins)).collect();
    let age = (now - snapshot.at).num_seconds().try_into().unwrap_or_default();
    let note = snapshot.summary();
    grid::page(&Grid { title: TITLE, note: &note, age: Some(age), old, columns: &snapshot.plugins, rows: &rows })
}

fn row<'a>(host: &'a Host, columns: &[String]) -> GridRow<'a> {
    let status =
        |name: &String| host.plugins.iter().find(|plugin| plugin.name() == name).map(|plugin| plugin.status().as_str());
    GridRow {
        host: &host.name,
        state: host.state.as_str(),
        error: host.error.as_deref(),
        cells: columns.iter().map(status).collect(),
    }
}

/// The plugins of a host with their messages and components, those that are not OK first.
pub(crate) fn host(snapshot: &Snapshot, host: &Host) -> String {
    let note = format!("as of {}", snapshot.at.format("%Y-%m-%d %H:%M:%S UTC"));
    let title = format!("Smoker {}", host.name);
    let head = Head { title: &title, note: &note, has_hosts: false, when: "Last run", style: Style::Linked };
    let mut page = table::begin(&head);
    if let Some(reason) = &host.error {
        let (status, messages) = (host.state.as_str().to_owned(), vec![("error".to_owned(), reason.clone())]);
        page += &table::row(&Row { status, messages, ..Row::default() });
    }
    let mut plugins: Vec<_> = host.plugins.iter().collect();
    plugins.sort_by_key(|plugin| crate::snapshot::rank(HostState::Known(plugin.status())));
    for plugin in plugins {
        page += &table::row(&html::row_of(plugin));
    }
    page + table::end()
}

/// The states of hosts and plugins, for programs.
pub(crate) fn json(snapshot: &Snapshot) -> String {
    let host = |host: &Host| {
        let plugins: Map<_, _> = host
            .plugins
            .iter()
            .map(|plugin| (plugin.name().to_owned(), Json::from(plugin.status().as_str())))
            .collect();
        json!({"host": host.name, "state": host.state.as_str(), "error": host.error, "plugins": plugins})
    };
    let hosts: Vec<_> = snapshot.hosts.iter().map(host).collect();
    json!({"asked": snapshot.at.to_rfc3339(), "hosts": hosts}).to_string() + "\n"
}
