//! Bridges that die while a forced run goes on: each of their hosts is UNREACHABLE, and no other one is.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;
use smoker_tests::nats::simulated::{dies, name};

use crate::SMOKERCLI;
use crate::nats::fleet::HOSTS;
use crate::nats::server::{self, through};
use crate::table::{Goal, Row, Table};

/// One of this number dies.
const ONE_IN: u32 = 100;

/// Fills in its row.
pub(crate) fn measure(table: &mut Table) {
    let name = "  1 % of them die meanwhile: wrongly UNREACHABLE, or not";
    table.add(Row::alone(name, "hosts", Goal::Under(1.0, "hosts"), wrong()));
}

/// How many hosts are UNREACHABLE and alive, or the other way round.
fn wrong() -> Result<f64, String> {
    server::raise_open_files()?;
    let server = server::start()?;
    let _bridges = server::start_bridges(&server, HOSTS, Some(ONE_IN))?;
    let url = server.url();
    let words = [&through(&url)[..], &["-g", "all", "-f", "-p", "true", "-o", "ndjson", "--timeout", "2s"]].concat();
    let output = Command::new(SMOKERCLI).args(words).output().map_err(|error| format!("{SMOKERCLI}: {error}"))?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Value> = lines.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |is_wanted: &dyn Fn(&str) -> bool| -> BTreeSet<String> {
        let wanted = lines.iter().filter(|line| line["status"].as_str().is_some_and(is_wanted));
        wanted.filter_map(|line| line["host"].as_str().map(str::to_owned)).collect()
    };
    let (lost, told) = (of(&|status| status == "UNREACHABLE"), of(&|status| status == "OK"));
    let hosts = (0..HOSTS).map(|number| (name(number), dies(number, ONE_IN)));
    let wrong = hosts.filter(|(name, dies)| lost.contains(name) != *dies || told.contains(name) == *dies).count();
    Ok(f64::from(u32::try_from(wrong).unwrap_or(u32::MAX)))
}
