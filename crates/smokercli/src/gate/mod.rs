//! What `smokercli gate` does.
//!
//! # Layout
//!
//! - `drive`: asks hosts in rounds until the end; `probe`: asks one host for a round
//! - `watcher`: what is told while the rounds go on; `simulation`: fleets that tests make up
//! - `report`: what there is to say at the end; `render`: the same as text; `outputs`: where it is written to

mod drive;
mod outputs;
mod probe;
mod render;
mod report;
#[cfg(test)]
mod simulation;
mod watcher;

use std::cell::Cell;
use std::pin::pin;
use std::time::Instant;

use smoker_model::verdict::rounds::{Progress, Rounds, Settings};

use crate::asking::{networking, stop_signal};
use crate::baseline::reference;
use crate::cli::commands::gate_args::GateArgs;
use crate::client::session::Session;
use crate::error::ExitError;
use crate::exit_code;
use crate::gate::drive::{End, Timing, drive};
use crate::gate::probe::DaemonProber;
use crate::gate::report::GateReport;
use crate::gate::watcher::Watcher;
use crate::inventory::address::HostAddress;
use crate::query;
use crate::targets::Targets;
use crate::terminal::console::Console;
use crate::transport::http::Http;

/// Waits until the hosts are healthy, and returns the exit code.
///
/// # Errors
///
/// When the gate cannot be made: an option, the baseline, an address or an output cannot be used.
pub(crate) fn run(args: &GateArgs, targets: &Targets, console: &Console) -> Result<u8, ExitError> {
    let filter = query::judged_filter(&args.filters)?;
    let outputs = outputs::parse(&args.outputs)?;
    let addresses = targets.selection.addresses();
    check_addresses(&addresses)?;
    let before = args.against.as_deref().map(|path| reference::read(path, targets, &filter, console)).transpose()?;
    let settings = Settings {
        settle: args.settle,
        budget: args.budget.budget().unwrap_or_default(),
        strict: args.strict,
        warn_is_bad: fails_on(args, "WARN"),
    };
    let mut rounds = Rounds::new(settings, addresses.len(), before.clone());
    let timing = Timing { within: args.within, every: args.every };
    let runtime = networking()?;
    let transport = Http::new(targets.http.clone()).map_err(ExitError::new)?;
    let watcher = Watcher::new(console);
    let session = Session {
        transport: &transport,
        observer: &watcher,
        hosts: addresses.len(),
        forces: true,
        names: &filter.names,
    };
    let before = before.unwrap_or_default();
    let prober = DaemonProber::new(session, &addresses, &filter, &before);
    let begin = Instant::now();
    let end = runtime.block_on(gate(&mut rounds, addresses.len(), &prober, timing, console));
    let elapsed = begin.elapsed();
    console.finish();
    drop(prober);
    // A name server that does not answer must not delay the exit.
    drop(transport);
    runtime.shutdown_background();
    let verdict = rounds.verdict();
    let needs_review = fails_on(args, "review") && verdict.needs_review();
    let exit_code = match end {
        Some(_) => exit_code::of_gate(verdict.decision, needs_review),
        None => exit_code::INTERRUPTED,
    };
    let report = GateReport {
        hosts: targets.selection.hosts(),
        verdict: &verdict,
        end,
        elapsed,
        settle: args.settle,
        budget: args.budget.budget(),
        against: args.against.as_deref(),
        exit_code,
    };
    outputs::write(&outputs, &report, query::style(&args.console))?;
    if !outputs::has_standard_output(&outputs) {
        console.info(&report.headline());
    }
    Ok(exit_code)
}

fn fails_on(args: &GateArgs, what: &str) -> bool {
    args.fail_on.iter().any(|named| named.eq_ignore_ascii_case(what))
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

/// Asks the hosts in rounds and tells how it goes. None when Ctrl-C or SIGTERM have ended it.
async fn gate(
    rounds: &mut Rounds,
    hosts: usize,
    prober: &DaemonProber<'_, Http>,
    timing: Timing,
    console: &Console,
) -> Option<End> {
    let progress = Cell::new(Progress { hosts, ..Progress::default() });
    let begin = Instant::now();
    let mut driving = pin!(drive(rounds, hosts, prober, timing, |rounds| progress.set(rounds.progress())));
    let mut interrupted = pin!(stop_signal());
    let interval = console.tick_interval();
    loop {
        let tick = async {
            match interval {
                Some(interval) => tokio::time::sleep(interval).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = &mut interrupted => return None,
            end = &mut driving => return Some(end),
            () = tick => console.status(&watcher::progress_text(progress.get(), begin.elapsed(), timing.within)),
        }
    }
}
