//! Comparing two baselines of a fleet, as `smokercli diff` does when they are read: in a process of its own.

use std::collections::BTreeMap;

use smoker_model::status::Status;
use smoker_model::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Source, VERSION};
use smoker_model::verdict::difference::differences;

use crate::again;
use crate::mode::DIFFERENCES;
use crate::statistics::median;
use crate::stopwatch;
use crate::table::{Goal, Row, Table};

const HOSTS: usize = 10_000;
const PLUGINS: usize = 50;
/// Every host of this many differs in a plugin.
const CHANGED_HOSTS: usize = 100;
/// How often it is measured.
const SAMPLES: usize = 5;

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let costs: Result<Vec<_>, String> = again::program()
        .and_then(|program| (0..SAMPLES).map(|_| stopwatch::cost(1, &program, &[DIFFERENCES])).collect());
    let figure = |figure: fn(&stopwatch::Cost) -> f64| {
        costs.as_ref().map_err(Clone::clone).map(|costs| median(&costs.iter().map(figure).collect::<Vec<_>>()))
    };
    let name = format!("two baselines of {HOSTS} hosts x {PLUGINS} plugins");
    table.add(Row::alone(&name, "ms", Goal::Under(1_000.0, "ms"), figure(|cost| cost.wall)));
    table.add(Row::alone("  resident memory", "MiB", Goal::Under(200.0, "MiB"), figure(|cost| cost.memory)));
}

/// Makes two baselines up and compares them. Hosts and plugins are in another order in the newer one.
pub(crate) fn run() -> Result<(), String> {
    let before = baseline(|_| Status::Ok);
    let mut after = baseline(|host| if host.is_multiple_of(CHANGED_HOSTS) { Status::Error } else { Status::Ok });
    after.hosts.reverse();
    after.hosts.iter_mut().for_each(|host| host.plugins.reverse());
    let found = differences(&before, &after).len();
    if found == HOSTS / CHANGED_HOSTS { Ok(()) } else { Err(format!("{found} differences")) }
}

fn baseline(status_of_first: impl Fn(usize) -> Status) -> Baseline {
    let plugin = |host: usize, number: usize| BaselinePlugin {
        name: format!("check-{number}"),
        status: if number == 0 { status_of_first(host) } else { Status::Ok },
        seconds: Some(0.1),
        message: None,
        parameters: BTreeMap::new(),
        components: BTreeMap::new(),
    };
    let host = |number: usize| BaselineHost {
        host: format!("web{number:05}"),
        address: format!("web{number:05}.example.org:8086"),
        name: Some(format!("web{number:05}.example.org")),
        groups: ["prod".to_owned()].into(),
        error: None,
        plugins: (0..PLUGINS).map(|plugin_number| plugin(number, plugin_number)).collect(),
    };
    Baseline {
        version: VERSION,
        made: String::new(),
        source: Source::Forced,
        at: None,
        selects: None,
        hosts: (0..HOSTS).map(host).collect(),
    }
}
