//! What `smokercli gate` does.
//!
//! # Layout
//!
//! - `drive`: asks hosts in rounds until the end; `probe`: asks one host for a round, with what is `known` of the ones before
//! - `watcher`: what is told while the rounds go on; `simulation`, `restarts`, `absences`: fleets that tests make up; `made_up`: what
//!   their hosts answer
//! - `report`: what there is to say at the end; `render`: the same as text; `outputs`: where it is written to

#[cfg(test)]
mod absences;
mod drive;
mod known;
#[cfg(test)]
mod made_up;
mod outputs;
mod probe;
mod render;
mod report;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod simulation;
mod watcher;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use smoker_model::counted::counted;
use smoker_model::verdict::budget::Budget;
use smoker_model::verdict::outcome::{Decision, Unseen, Verdict};
use smoker_model::verdict::rounds::{GateStanding, Progress, Rounds, Settings};

use crate::asking::{networking, until_stopped};
use crate::baseline::reference::{self, HostBefore, LeftOut};
use crate::cli::commands::gate_args::GateArgs;
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::exit_code;
use crate::filter::Filter;
use crate::gate::drive::{End, Timing, drive, giving_up};
use crate::gate::probe::DaemonProber;
use crate::gate::report::GateReport;
use crate::gate::watcher::Watcher;
use crate::inventory::address::HostAddress;
use crate::plugin::silenced::Silences;
use crate::query;
use crate::targets::Targets;
use crate::targets::inputs::InputFiles;
use crate::terminal::console::Console;
use crate::terminal::output;
use crate::terminal::sanitize;
use crate::transport::any::AnyTransport;

/// Waits until the hosts are healthy, and returns the exit code.
///
/// # Errors
///
/// When the gate cannot be made: an option, the baseline, an address or an output cannot be used.
pub(crate) fn run(args: &GateArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let outputs = outputs::parse(&args.outputs)?;
    let inputs = InputFiles::of(&args.targets).with("--against", args.against.as_deref());
    outputs::check_distinct(&outputs, &inputs)?;
    check_budget(args.budget.budget(), targets.selection.hosts().len())?;
    if outputs::has_standard_output(&outputs) {
        output::check_open()?;
    }
    let gate = Gate::prepare(args.clone(), targets, console)?;
    let judged = gate.judge(targets, console)?;
    if let Some(line) = &judged.unused_exclusions {
        console.warn(line);
    }
    let report = judged.report(&gate, targets);
    let written = outputs::write(&outputs, &report, query::style(&args.console));
    // A report that cannot be written must not cost the verdict.
    if written.is_err() || !outputs::has_standard_output(&outputs) {
        console.info(&report.headline());
    }
    written?;
    Ok(judged.exit_code)
}

/// A gate that can be made: its options are understood, and its baseline is read.
pub(crate) struct Gate {
    args: GateArgs,
    filter: Filter,
    /// How each host was, with a baseline.
    before: Option<Vec<HostBefore>>,
    /// Whether the baseline tells what the call would have selected then.
    tells_choice: bool,
    /// What of the baseline is not compared.
    left_out: LeftOut,
}

/// What a gate has found.
pub(crate) struct Judged {
    verdict: Verdict,
    /// Why the rounds have ended; none when they were interrupted.
    end: Option<End>,
    elapsed: Duration,
    exit_code: u8,
    /// What the call asks for and no host has that answers, in words.
    unmet: Option<String>,
    /// What there is to say of excluded names that no plugin of the hosts has.
    unused_exclusions: Option<String>,
    /// The silences of the plugins that were looked at.
    silences: Silences,
}

impl Judged {
    /// Whether a signal has ended it.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.end.is_none()
    }

    /// The decision and the numbers of hosts on one line.
    pub(crate) fn headline(&self, gate: &Gate, targets: &Targets) -> String {
        self.report(gate, targets).headline()
    }

    /// Whether the gate opens.
    pub(crate) fn proceeds(&self) -> bool {
        self.verdict.decision == Decision::Proceed
    }

    /// For each host of the call, in order, why it is bad; none when it is not.
    pub(crate) fn bad_hosts(&self) -> impl Iterator<Item = Option<String>> {
        self.verdict.hosts.iter().map(|host| host.is_bad.then(|| report::host_text(host)))
    }

    fn report<'a>(&'a self, gate: &'a Gate, targets: &'a Targets) -> GateReport<'a> {
        let args = &gate.args;
        let mut left_out = gate.left_out.clone();
        left_out.parts += self.verdict.hosts.iter().map(|host| host.left_out).sum::<usize>();
        GateReport {
            hosts: targets.selection.hosts(),
            verdict: &self.verdict,
            end: self.end,
            elapsed: self.elapsed,
            settle: args.settle,
            budget: args.budget.budget(),
            against: args.against.as_deref(),
            left_out,
            unmet: self.unmet.as_deref(),
            silences: &self.silences,
            exit_code: self.exit_code,
        }
    }
}

impl Gate {
    /// The gate of these options, for these hosts.
    ///
    /// # Errors
    ///
    /// When an option, the baseline or an address cannot be used.
    pub(crate) fn prepare(args: GateArgs, targets: &Targets, console: &Console) -> Result<Self, ExitError> {
        let filter = query::judged_filter(&args.filters)?;
        check_addresses(&targets.selection.addresses())?;
        warn_of_too_little_time(&args, console);
        let read = |path: &PathBuf| reference::read(path, targets, &filter, console);
        let reference = args.against.as_ref().map(read).transpose()?;
        let tells_choice = reference.as_ref().is_some_and(|reference| reference.tells_choice);
        let (before, left_out) = reference.map(|reference| (reference.before, reference.left_out)).unzip();
        left_out.iter().filter_map(LeftOut::text).for_each(|text| console.info(&sanitize::line(&text)));
        Ok(Self { args, filter, before, tells_choice, left_out: left_out.unwrap_or_default() })
    }

    /// The same gate for the hosts at these places.
    pub(crate) fn part(&self, places: &[usize]) -> Self {
        let part = |all: &Vec<HostBefore>| places.iter().map(|place| all.get(*place).cloned().flatten()).collect();
        let before = self.before.as_ref().map(part);
        // The whole says it.
        Self {
            args: self.args.clone(),
            filter: self.filter.clone(),
            before,
            tells_choice: self.tells_choice,
            left_out: LeftOut::default(),
        }
    }

    /// Waits until the hosts are healthy, nothing can recover, or the time is over. The hosts are those of [`Self::prepare`]
    /// or [`Self::part`].
    ///
    /// # Errors
    ///
    /// When networking cannot be set up.
    pub(crate) fn judge(&self, targets: &Targets, console: &Console) -> Result<Judged, ExitError> {
        let Self { args, filter, before, tells_choice, .. } = self;
        let addresses = targets.selection.addresses();
        let settings = Settings {
            settle: args.settle,
            budget: args.budget.budget().unwrap_or_default(),
            strict: args.strict,
            warn_is_bad: fails_on(args, "WARN"),
        };
        let mut rounds = Rounds::new(settings, addresses.len(), before.clone());
        let timing = Timing { within: args.within, every: args.every };
        let runtime = networking()?;
        let transport = targets.transport()?;
        let watcher = Watcher::new(console);
        let session = Session {
            values: None,
            transport: &transport,
            observer: &watcher,
            hosts: addresses.len(),
            forces: ForcedRuns::Repeated { is_expected: true },
            names: &filter.names,
        };
        let prober = DaemonProber::new(
            session,
            &addresses,
            filter,
            (before.as_deref().unwrap_or_default(), *tells_choice),
            settings.warn_is_bad,
        );
        let begin = Instant::now();
        let end = runtime.block_on(gate(&mut rounds, &addresses, &prober, timing, console));
        let elapsed = begin.elapsed();
        console.finish();
        let verdict = rounds.verdict();
        let is_unmet = rounds.standing() == GateStanding::Unselected || is_nothing_selected(&verdict);
        let unmet = is_unmet.then(|| prober.unmet());
        // Those of a silent host are not known.
        let knows_names = verdict.hosts.iter().all(|host| host.silent.is_none());
        let unused_exclusions = prober.unused_exclusions().filter(|_| knows_names);
        let silences = prober.silences();
        drop(prober);
        // A name server that does not answer must not delay the exit.
        drop(transport);
        runtime.shutdown_background();
        let needs_review = fails_on(args, "review") && verdict.needs_review();
        let exit_code = match end {
            Some(_) => exit_code::of_gate(verdict.decision, needs_review),
            None => exit_code::INTERRUPTED,
        };
        Ok(Judged { verdict, end, elapsed, exit_code, unmet, unused_exclusions, silences })
    }
}

fn fails_on(args: &GateArgs, what: &str) -> bool {
    args.fail_on.iter().any(|named| named.eq_ignore_ascii_case(what))
}

/// A round begins `--every` behind the one before at the earliest.
fn warn_of_too_little_time(args: &GateArgs, console: &Console) {
    let needed = args.every.saturating_mul(args.settle - 1);
    if needed > args.within {
        let (settle, needed, within) = (args.settle, report::span(needed), report::span(args.within));
        console.warn(&format!(
            "nothing can settle: {settle} rounds take at least {needed} by --every, and --within is {within}"
        ));
    }
}

/// A budget that even good hosts exceed would keep the gate closed until the deadline.
fn check_budget(budget: Option<Budget>, hosts: usize) -> Result<(), ExitError> {
    let Some(budget) = budget.filter(|budget| !budget.can_be_kept(hosts)) else { return Ok(()) };
    let (wanted, hosts) = (budget.min_ok.map_or_else(String::new, |share| share.to_string()), counted(hosts, "host"));
    Err(ExitError::usage(format!(
        "--min-ok {wanted} can never be reached: the call has {hosts}; ask for fewer, or for a share such as 90%"
    )))
}

/// A gate looks at all that it was asked to, or at nothing.
fn check_addresses(addresses: &[HostAddress]) -> Result<(), ExitError> {
    for address in addresses {
        if let Err(problem) = &address.page {
            return Err(ExitError::usage(format!("{}: {problem}", address.label)));
        }
    }
    Ok(())
}

/// Whether hosts answer, and the call selects nothing on any of those.
fn is_nothing_selected(verdict: &Verdict) -> bool {
    let mut answered = verdict.hosts.iter().filter(|host| host.silent.is_none()).peekable();
    answered.peek().is_some() && answered.all(|host| host.is_bad && host.unseen == Some(Unseen::Unselected))
}

/// Asks the hosts in rounds and tells how it goes. None when a signal has ended it.
async fn gate(
    rounds: &mut Rounds,
    addresses: &[HostAddress],
    prober: &DaemonProber<'_, AnyTransport>,
    timing: Timing,
    console: &Console,
) -> Option<End> {
    let hosts = addresses.len();
    let (progress, troubles) = (Cell::new(Progress { hosts, ..Progress::default() }), RefCell::new(String::new()));
    let begin = Instant::now();
    let mut is_told = false;
    let observe = |rounds: &Rounds| {
        progress.set(rounds.progress());
        *troubles.borrow_mut() = watcher::troubles_text(&rounds.troubles(watcher::LISTED + 1), addresses);
        if rounds.standing() == GateStanding::Unselected && !std::mem::replace(&mut is_told, true) {
            let giving_up = report::span(giving_up(timing.within));
            console.warn(&format!("{} (the gate gives up in {giving_up} unless that changes)", prober.unmet()));
        }
    };
    let driving = drive(rounds, hosts, prober, timing, observe);
    let show = || {
        let text = watcher::progress_text(progress.get(), begin.elapsed(), timing.within);
        console.status(&text, &troubles.borrow());
    };
    until_stopped(console, driving, show).await
}
