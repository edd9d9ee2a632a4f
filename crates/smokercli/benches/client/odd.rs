//! Comparing the answers of a fleet, as `smokercli odd` does when they have come: in a process of its own.

use std::fmt::Write;

use smoker_model::status::Status;
use smoker_model::verdict::odd::alike::Answers;
use smoker_model::verdict::odd::facts::{FactKind, Facts};
use smoker_model::verdict::odd::mask::Mask;

use crate::again;
use crate::mode::ODD;
use crate::statistics::median;
use crate::stopwatch;
use crate::table::{Goal, Row, Table};

const HOSTS: u32 = 10_000;
const PLUGINS: usize = 50;
/// Every host of this many differs in a plugin.
const ODD_HOSTS: u32 = 1_000;
/// How often it is measured.
const SAMPLES: usize = 5;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let costs: Result<Vec<_>, String> =
        again::program().and_then(|program| (0..SAMPLES).map(|_| stopwatch::cost(1, &program, &[ODD])).collect());
    let figure = |figure: fn(&stopwatch::Cost) -> f64| {
        costs.as_ref().map_err(Clone::clone).map(|costs| median(&costs.iter().map(figure).collect::<Vec<_>>()))
    };
    let name = format!("{HOSTS} hosts x {PLUGINS} plugins compared");
    table.add(Row::alone(&name, "ms", Goal::Under(1_000.0, "ms"), figure(|cost| cost.wall)));
    table.add(Row::alone("  resident memory", "MiB", Goal::Under(200.0, "MiB"), figure(|cost| cost.memory)));
}

/// Makes up the answers and compares them. Every text has numbers, a time and a name of its own.
pub(crate) fn run() -> Result<(), String> {
    let name = |host: u32| format!("web{host:05}.example.org");
    let names: Vec<_> = (0..HOSTS).map(name).collect();
    let plugins: Vec<_> = (0..PLUGINS).map(|plugin| format!("check-{plugin}")).collect();
    let mut answers = Answers::new(Mask::new(names.iter().map(String::as_str)));
    let mut facts = Facts::default();
    let mut text = String::new();
    for (host, name) in (0..).zip(&names) {
        answers.add_host();
        facts.add(host, FactKind::Label, "rack", &format!("r{}", host % 40));
        if host % ODD_HOSTS == 0 {
            facts.add(host, FactKind::Group, "canary", "");
        }
        for (number, plugin) in plugins.iter().enumerate() {
            let is_odd = number == 7 && host % ODD_HOSTS == 0;
            let (status, state) = if is_odd { (Status::Error, "ro") } else { (Status::Ok, "rw") };
            text.clear();
            let percent = (host as usize + number) % 100;
            let minute = host % 60;
            let _ = write!(
                text,
                "{name}: /srv is mounted {state}, {percent}% used, since 2026-11-29 10:{minute:02}:00, pid {host}"
            );
            answers.add(plugin, None, status, &[("info", &text)]);
        }
    }
    let comparison = answers.compare();
    let [row] = comparison.rows.as_slice() else {
        return Err(format!("{} rows differ, not one", comparison.rows.len()));
    };
    let odd: Vec<_> = row.odd().iter().flat_map(|group| group.hosts.clone()).collect();
    let others: Vec<_> = row.reference().map(|group| group.hosts.clone()).unwrap_or_default();
    let named = facts.separating(&odd, &others, |_, _| true);
    match named.first() {
        Some(best) if best.fact.name == "canary" && comparison.alike == PLUGINS - 1 => Ok(()),
        best => Err(format!("{} alike, {best:?}", comparison.alike)),
    }
}
