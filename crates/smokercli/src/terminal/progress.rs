//! Standard error while hosts are asked: problems, requests, and how far things are.

use std::cell::{Cell, RefCell};
use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::client::watch::{Stage, Watch};
use crate::terminal::sanitize;

/// What is over within this time needs no progress.
const MOMENT: Duration = Duration::from_millis(500);
/// How often the bar moves.
const BAR_BEAT: Duration = Duration::from_millis(100);
/// How often a line is written where there is no terminal for a bar.
const LINE_BEAT: Duration = Duration::from_secs(5);

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Problems, and how far things are.
    Progress,
    /// Problems only.
    Quiet,
    /// Every request.
    Verbose,
    /// What was understood, too.
    Debug,
}

/// Tells on standard error what happens.
pub(crate) struct Console {
    verbosity: Verbosity,
    terminal: bool,
    bar: RefCell<Option<ProgressBar>>,
    stage: Cell<Option<Counts>>,
}

#[derive(Clone, Copy)]
struct Counts {
    stage: Stage,
    since: Instant,
    hosts: usize,
    hosts_done: usize,
    plugins_left: usize,
}

impl Console {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { verbosity, terminal, bar: RefCell::new(None), stage: Cell::new(None) }
    }

    /// How often [`Self::tick`] wants to be called; none: not at all.
    pub(crate) fn beat(&self) -> Option<Duration> {
        let beat = if self.terminal { BAR_BEAT } else { LINE_BEAT };
        (self.verbosity == Verbosity::Progress).then_some(beat)
    }

    /// Shows how far things are, if they take more than a moment.
    pub(crate) fn tick(&self) {
        let Some(counts) = self.stage.get().filter(|counts| counts.since.elapsed() >= MOMENT) else { return };
        if self.terminal {
            self.bar
                .borrow_mut()
                .get_or_insert_with(|| bar(counts))
                .update(|state| state.set_pos(counts.hosts_done as u64));
            if let Some(bar) = &*self.bar.borrow() {
                bar.set_message(counts.plugins_text());
                bar.tick();
            }
        } else {
            let seconds = counts.since.elapsed().as_secs();
            let plugins = counts.plugins_text();
            self.line("INFO", &format!("{} of {} hosts done{plugins}, {seconds} s", counts.hosts_done, counts.hosts));
        }
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        self.stage.set(None);
        if let Some(bar) = self.bar.borrow_mut().take() {
            bar.finish_and_clear();
        }
    }

    pub(crate) fn error(&self, text: &str) {
        self.line("ERROR", text);
    }

    pub(crate) fn warn(&self, text: &str) {
        self.line("WARNING", text);
    }

    pub(crate) fn info(&self, text: &str) {
        self.line("INFO", text);
    }

    pub(crate) fn debug(&self, text: &str) {
        if self.verbosity >= Verbosity::Debug {
            self.line("DEBUG", text);
        }
    }

    fn line(&self, level: &str, text: &str) {
        // When standard error is gone there is nobody left to tell.
        let write = || drop(writeln!(std::io::stderr(), "{level}: {}", sanitize::text(text)));
        match &*self.bar.borrow() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl Watch for Console {
    fn problem(&self, text: &str) {
        self.error(text);
    }

    fn request(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.info(text);
        }
    }

    fn begin(&self, stage: Stage, hosts: usize, plugins: usize) {
        self.finish();
        self.stage.set(Some(Counts { stage, since: Instant::now(), hosts, hosts_done: 0, plugins_left: plugins }));
    }

    fn host_done(&self, plugins: usize) {
        if let Some(mut counts) = self.stage.get() {
            counts.hosts_done += 1;
            counts.plugins_left = counts.plugins_left.saturating_sub(plugins);
            self.stage.set(Some(counts));
        }
    }
}

impl Counts {
    fn plugins_text(&self) -> String {
        match self.stage {
            Stage::Asking => String::new(),
            Stage::Forcing => format!(", {} plugins left", self.plugins_left),
        }
    }
}

fn bar(counts: Counts) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(counts.hosts as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} hosts{msg}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_elapsed(counts.since.elapsed());
    bar
}
