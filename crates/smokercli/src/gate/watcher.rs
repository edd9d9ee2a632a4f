//! What is told while the rounds of a gate go on.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use smoker_model::verdict::rounds::Progress;
use smoker_model::verdict::trouble::Trouble;

use crate::client::observer::{FleetStage, ProgressObserver};
use crate::gate::report::span;
use crate::inventory::address::HostAddress;
use crate::render::append::append;
use crate::terminal::console::Console;

/// Tells each remark once, and leaves to the report what fails: most of it is over in the next round.
pub(super) struct Watcher<'a> {
    console: &'a Console,
    told: RefCell<HashSet<String>>,
}

impl<'a> Watcher<'a> {
    pub(super) fn new(console: &'a Console) -> Self {
        Self { console, told: RefCell::default() }
    }
}

impl ProgressObserver for Watcher<'_> {
    fn problem(&self, text: &str) {
        self.console.request(text);
    }

    fn remark(&self, text: &str) {
        if self.told.borrow_mut().insert(text.to_owned()) {
            self.console.remark(text);
        }
    }

    fn unreachable(&self, text: &str) {
        self.console.request(text);
    }

    fn request(&self, text: &str) {
        self.console.request(text);
    }

    fn begin(&self, _: FleetStage, _: usize, _: usize) {}

    fn host_done(&self, _: usize) {}
}

/// How many plugins, components and silent hosts are named.
pub(super) const LISTED: usize = 3;

/// What is wrong, of which more than [`LISTED`] are `...`: `web07 Disk ERROR, web09 silent`. The hosts have these addresses.
pub(super) fn troubles_text(troubles: &[(usize, Trouble)], addresses: &[HostAddress]) -> String {
    let text = |(host, trouble): &(usize, Trouble)| {
        let host = addresses.get(*host).map_or("?", |address| address.label.as_str());
        match trouble {
            Trouble::Silent { is_restarting: true } => format!("{host} starting again"),
            Trouble::Silent { is_restarting: false } => format!("{host} silent"),
            Trouble::Empty => format!("{host} without plugins"),
            Trouble::Unselected => format!("{host} without a plugin that is selected"),
            Trouble::Missing(name) => format!("{host} {name} missing"),
            Trouble::Bad(part, Some(status)) => format!("{host} {part} {status}"),
            Trouble::Bad(part, None) => format!("{host} {part} bad"),
            Trouble::Gone(part) => format!("{host} {part} gone"),
        }
    };
    let mut named: Vec<_> = troubles.iter().take(LISTED).map(text).collect();
    if troubles.len() > LISTED {
        named.push("...".to_owned());
    }
    named.join(", ")
}

/// How a gate stands, on one line.
pub(super) fn progress_text(progress: Progress, elapsed: Duration, within: Duration) -> String {
    let Progress { hosts, settled, silent, restarting, bad } = progress;
    let mut text = format!("{} of {}: {settled} of {hosts} hosts settled", span(elapsed), span(within));
    if bad > 0 {
        append(&mut text, format_args!(", {bad} bad"));
    }
    if silent > 0 {
        append(&mut text, format_args!(", {silent} silent"));
    }
    if restarting > 0 {
        append(&mut text, format_args!(" ({restarting} starting again)"));
    }
    text
}

#[cfg(test)]
mod tests {
    use smoker_model::status::Status;
    use smoker_model::verdict::part::Part;

    use super::*;

    #[test]
    fn the_first_of_what_is_wrong_are_named() {
        let addresses = ["web07", "web09"].map(|name| HostAddress::parse(name, "8086"));
        let bad = |name| (0, Trouble::Bad(Part::of_plugin(name), Some(Status::Error)));
        let mut troubles = vec![bad("Disk"), (1, Trouble::Silent { is_restarting: false })];
        assert_eq!(troubles_text(&troubles, &addresses), "web07 Disk ERROR, web09 silent");
        troubles.insert(1, (0, Trouble::Gone(Part::of_component("Disk", "/srv"))));
        assert_eq!(troubles_text(&troubles, &addresses), "web07 Disk ERROR, web07 Disk / /srv gone, web09 silent");
        troubles.insert(0, (0, Trouble::Missing("Wbe".to_owned())));
        assert!(troubles_text(&troubles, &addresses).ends_with("/srv gone, ..."));
        assert_eq!(troubles_text(&[], &addresses), "");
    }
}
