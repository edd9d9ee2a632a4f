//! `cargo bench -p smokercli`: one table of figures of the client with their
//! limits beside them. It asserts nothing; `docs/benchmarks.md` explains each measure.
//!
//! # Layout
//!
//! - `mode`: what the command line asks for, the hidden modes included
//! - the measures: `one_host`, `forced_run`, `fleet`, `gate_round`, `odd`, `differences`, and those of `tls` and `nats`: what keys and TLS cost, and
//!   what NATS does
//! - `stopwatch`: what a call of a program costs, measured by this program, started once more
//! - `simulator`: daemons to be asked: this program, started once more
//! - `bare_fleet`: the limit of `fleet`: this program, started once more
//! - `again`: starts this program once more
//!
//! The rest is shared with the benchmarks of the daemon, so that both speak
//! one language and print one kind of table.

use std::process::ExitCode;

use crate::mode::Mode;
use crate::table::Table;

mod again;
mod bare_fleet;
mod differences;
mod fleet;
mod forced_run;
mod gate_round;
mod mode;
mod nats;
mod odd;
mod one_host;
mod simulator;
mod stopwatch;
mod tls;

#[expect(dead_code, reason = "the daemon's measures ask for more")]
#[path = "../../../../tests/benches/daemon/boot.rs"]
mod boot;
#[expect(dead_code, reason = "the daemon's measures ask for more")]
#[path = "../../../../tests/benches/daemon/client.rs"]
mod client;
#[path = "../../../../tests/benches/daemon/forced.rs"]
mod forced;
#[path = "../../../../tests/benches/daemon/measures.rs"]
mod measures;
#[path = "../../../../tests/benches/daemon/pairs.rs"]
mod pairs;
#[expect(dead_code, reason = "the daemon's measures ask for more")]
#[path = "../../../../tests/benches/daemon/statistics.rs"]
mod statistics;
#[expect(dead_code, reason = "the daemon's measures have goals of more kinds")]
#[path = "../../../../tests/benches/daemon/table.rs"]
mod table;
#[expect(dead_code, reason = "the daemon's measures ask for more")]
#[path = "../../../../tests/benches/daemon/usage.rs"]
mod usage;

/// The client as it was built with the same profile as this program.
const SMOKERCLI: &str = env!("CARGO_BIN_EXE_smokercli");

fn main() -> ExitCode {
    let done = match Mode::of_command_line() {
        Mode::Measure(wanted) => {
            measure(&wanted);
            Ok(())
        }
        Mode::Simulator => simulator::run(),
        Mode::TlsSimulator(state) => tls::simulator::run(&state),
        Mode::Stopwatch(calls) => stopwatch::run(&calls),
        Mode::BareFleet(fleet) => bare_fleet::run(fleet, bare_fleet::pages),
        Mode::BareRounds(fleet) => bare_fleet::run(fleet, bare_fleet::round),
        Mode::Differences => differences::run(),
        Mode::Odd => odd::run(),
        Mode::NatsBridges(size) => nats::server::run_bridges(size),
        Mode::BareNats(server, hosts) => nats::bare_fleet::run(server, hosts),
        Mode::StubDaemon(socket) => nats::stub_daemon::run(&socket),
        Mode::Nothing => {
            measures::run_none();
            Ok(())
        }
    };
    measures::exit_code(done)
}

/// Fills in the rows of one measure.
type Measure = fn(&mut Table);

/// All measures, or those whose name holds the wanted word.
fn measure(wanted: &str) {
    let measures: [(&str, Measure); 14] = [
        ("one", one_host::measure),
        ("forced", forced_run::measure),
        ("fleet1000", fleet::measure_thousand),
        ("fleet10000", fleet::measure_ten_thousand),
        ("tls-fleet", tls::fleet::measure),
        ("tls-run", tls::forced::measure),
        ("tls-kept", tls::kept::measure),
        ("bad-tokens", tls::bad_tokens::measure),
        ("gate", gate_round::measure),
        ("odd", odd::measure),
        ("diff", differences::measure),
        ("nats-fleet", nats::fleet::measure),
        ("nats-dying", nats::dying::measure),
        ("nats-bridge", nats::bridge::measure),
    ];
    measures::run(measures, wanted);
}
