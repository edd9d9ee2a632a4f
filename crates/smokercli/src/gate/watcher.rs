//! What is told while the rounds of a gate go on.

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use smoker_model::verdict::rounds::Progress;

use crate::client::observer::{FleetStage, ProgressObserver};
use crate::gate::report::span;
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
