//! Standard error: problems, requests, and the progress while hosts are asked.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use smoker_model::counted::counted;

use crate::client::observer::{FleetStage, ProgressObserver};
use crate::terminal::sanitize;

/// A stage that ends within this time shows no progress.
const PROGRESS_DELAY: Duration = Duration::from_millis(500);
/// How often the bar is drawn.
const BAR_INTERVAL: Duration = Duration::from_millis(100);
/// How often a line is written if standard error is not a terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(5);

/// How much is written to standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Verbosity {
    /// Problems and progress.
    Progress,
    /// Problems only.
    Quiet,
    /// Problems and every request.
    Verbose,
    /// How the command line was understood, too.
    Debug,
}

/// Writes to standard error.
pub(crate) struct Console {
    verbosity: Verbosity,
    terminal: bool,
    /// Whether a report on standard output, which is the same place, tells of each host that cannot be asked.
    has_report_beside: bool,
    bar: RefCell<Option<ProgressBar>>,
    stage: Cell<Option<StageProgress>>,
    /// The details of the last [`Self::status`].
    told: RefCell<String>,
}

#[derive(Clone, Copy)]
struct StageProgress {
    stage: FleetStage,
    since: Instant,
    hosts: usize,
    hosts_done: usize,
    plugins_left: usize,
}

impl Console {
    pub(crate) fn new(verbosity: Verbosity) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let (bar, stage, told) = (RefCell::new(None), Cell::new(None), RefCell::default());
        Self { verbosity, terminal, has_report_beside: false, bar, stage, told }
    }

    /// For a call that prints a report with the hosts that cannot be asked. Where
    /// both streams lead to one place, such as a terminal, they are told there once.
    pub(crate) fn with_report(self) -> Self {
        Self { has_report_beside: is_one_place(), ..self }
    }

    /// Whether a person reads along: standard error or standard output is a terminal.
    pub(crate) fn has_terminal(&self) -> bool {
        self.terminal || std::io::stdout().is_terminal()
    }

    /// How often to call [`Self::tick`]; `None`: never.
    pub(crate) fn tick_interval(&self) -> Option<Duration> {
        let interval = if self.terminal { BAR_INTERVAL } else { LINE_INTERVAL };
        (self.verbosity == Verbosity::Progress).then_some(interval)
    }

    /// Shows the progress of a stage that has lasted for some time.
    pub(crate) fn tick(&self) {
        let Some(progress) = self.stage.get().filter(|progress| progress.since.elapsed() >= PROGRESS_DELAY) else {
            return;
        };
        if self.terminal {
            self.bar
                .borrow_mut()
                .get_or_insert_with(|| bar(progress))
                .update(|state| state.set_pos(progress.hosts_done as u64));
            if let Some(bar) = &*self.bar.borrow() {
                bar.set_message(progress.plugins_text());
                bar.tick();
            }
        } else {
            let seconds = progress.since.elapsed().as_secs();
            let plugins = progress.plugins_text();
            self.line(
                "INFO",
                &format!("{} of {} done{plugins}, {seconds} s", progress.hosts_done, counted(progress.hosts, "host")),
            );
        }
    }

    /// Tells how far a long work has come, with details: in one line that is drawn again on a terminal, else in a line of its own, where
    /// the details are told when they are others than in the line before.
    pub(crate) fn status(&self, text: &str, details: &str) {
        let has_told = self.told.replace(details.to_owned()) == details;
        let is_whole = !details.is_empty() && (self.terminal || !has_told);
        let text = if is_whole { format!("{text}: {details}") } else { text.to_owned() };
        let text = sanitize::line(&text);
        if !self.terminal {
            return self.line("INFO", &text);
        }
        let mut bar = self.bar.borrow_mut();
        let bar = bar.get_or_insert_with(spinner);
        bar.set_message(text.into_owned());
        bar.tick();
    }

    /// Ends the stage and removes the bar.
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
        self.line("WARNING", &sanitize::line(text));
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
        // Without standard error there is no place for the problem of writing to it.
        let write = || drop(writeln!(std::io::stderr(), "{level}: {}", sanitize::text(text)));
        match &*self.bar.borrow() {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }
}

impl ProgressObserver for Console {
    fn remark(&self, text: &str) {
        self.warn(text);
    }

    fn problem(&self, text: &str) {
        // It holds names and messages of hosts, of which a further line could read as another problem.
        self.error(&sanitize::line(text));
    }

    fn unreachable(&self, text: &str) {
        if !self.has_report_beside {
            self.problem(text);
        }
    }

    fn request(&self, text: &str) {
        if self.verbosity >= Verbosity::Verbose {
            self.info(&sanitize::line(text));
        }
    }

    fn begin(&self, stage: FleetStage, hosts: usize, plugins: usize) {
        self.finish();
        self.stage.set(Some(StageProgress {
            stage,
            since: Instant::now(),
            hosts,
            hosts_done: 0,
            plugins_left: plugins,
        }));
    }

    fn host_done(&self, plugins: usize) {
        if let Some(mut progress) = self.stage.get() {
            progress.hosts_done += 1;
            progress.plugins_left = progress.plugins_left.saturating_sub(plugins);
            self.stage.set(Some(progress));
        }
    }
}

/// Whether standard output and standard error are the same terminal, file or pipe.
fn is_one_place() -> bool {
    let place = |stream: BorrowedFd<'_>| {
        let file = File::from(stream.try_clone_to_owned().ok()?);
        file.metadata().ok().map(|metadata| (metadata.dev(), metadata.ino()))
    };
    let output = place(std::io::stdout().as_fd());
    output.is_some() && output == place(std::io::stderr().as_fd())
}

impl StageProgress {
    fn plugins_text(&self) -> String {
        match self.stage {
            FleetStage::Asking => String::new(),
            FleetStage::Forcing => format!(", {} left", counted(self.plugins_left, "plugin")),
        }
    }
}

fn spinner() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} {wide_msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    bar
}

fn bar(progress: StageProgress) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(progress.hosts as u64), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{spinner} [{bar:30}] {pos}/{len} hosts{msg}, {elapsed}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
    bar.set_elapsed(progress.since.elapsed());
    bar
}
