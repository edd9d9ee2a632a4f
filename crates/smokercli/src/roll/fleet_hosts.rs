//! Does on real hosts what a step of a roll says.

use std::collections::HashMap;
use std::time::Instant;

use crate::error::ExitError;
use crate::gate::Gate;
use crate::inventory::address;
use crate::roll::command::milliseconds;
use crate::roll::drive::{GateReport, Hosts, Unit};
use crate::roll::event::{BadHost, Event};
use crate::roll::signals::Signals;
use crate::roll::units::{self, Limits};
use crate::targets::Targets;
use crate::terminal::console::Console;

/// The hosts of a roll.
pub(super) struct FleetHosts<'a> {
    targets: Targets,
    /// The places of the hosts in the selection, by their names.
    places: HashMap<String, usize>,
    gate: Gate,
    limits: Limits,
    signals: Signals,
    console: &'a Console,
}

impl<'a> FleetHosts<'a> {
    pub(super) fn new(targets: Targets, gate: Gate, limits: Limits, signals: Signals, console: &'a Console) -> Self {
        let hosts = targets.selection.hosts().iter().enumerate();
        let places = hosts.map(|(place, host)| (host.address.label.clone(), place)).collect();
        Self { targets, places, gate, limits, signals, console }
    }
}

impl Hosts for FleetHosts<'_> {
    fn run(&mut self, units: &[Unit], tell: &mut dyn FnMut(Event) -> Result<bool, ExitError>) -> Result<(), ExitError> {
        units::run(units, &self.limits, &self.signals, tell)
    }

    fn gate(&mut self, hosts: &[String]) -> Result<Option<GateReport>, ExitError> {
        let begun = Instant::now();
        let places: Vec<_> = hosts.iter().filter_map(|host| self.places.get(host).copied()).collect();
        let part = self.targets.part(&places);
        let gate = self.gate.part(&places);
        let judged = gate.judge(&part, self.console)?;
        if judged.is_interrupted() {
            self.signals.stop();
            return Ok(None);
        }
        let summary = judged.headline(&gate, &part);
        let reasons = hosts.iter().zip(judged.bad_hosts());
        let mut bad: Vec<_> =
            reasons.filter_map(|(host, reason)| Some(BadHost { host: host.clone(), reason: reason? })).collect();
        if bad.is_empty() && !judged.proceeds() {
            // It found nothing to look at, so of no host is it known that it works.
            bad.extend(hosts.iter().map(|host| BadHost { host: host.clone(), reason: summary.clone() }));
        }
        Ok(Some(GateReport { milliseconds: milliseconds(begun.elapsed()), bad, summary }))
    }

    fn bare_name(&self, host: &str) -> String {
        bare_name(host)
    }

    fn is_stopping(&self) -> bool {
        self.signals.is_stopping()
    }
}

/// The name of a host in the inventory, which other programs know, whatever address its daemon has: as it is written, without port
/// and scheme.
pub(super) fn bare_name(host: &str) -> String {
    address::host_as_written(host).to_owned()
}
