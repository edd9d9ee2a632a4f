//! A forced run over TLS by a new process, against `check_nrpe` with the TLS that it has by default.

use crate::SMOKERCLI;
use crate::boot;
use crate::pairs::{MANY, Pairs};
use crate::stopwatch;
use crate::table::{Goal, Row, Table};
use crate::tls::keys::Keys;
use crate::tls::nrpe::Nrpe;

/// The client for Nagios, built with the same profile as this program.
const CHECK: &str = env!("CARGO_BIN_EXE_check_smoker_plugin");

/// How many runs one sample takes.
const RUNS: u32 = 10;

/// What both run.
const COMMAND: &str = "echo OK";

/// Fills in its rows.
pub(crate) fn measure(table: &mut Table) {
    let name = boot::name(0);
    let check: &[&str] = &["-f", &name];
    let rows = [
        ("forced run over TLS, check_smoker_plugin; check_nrpe", CHECK, "-H", check),
        ("  the same by smokercli -f", SMOKERCLI, "-s", &["-f"]),
    ];
    for (row, program, host, arguments) in rows {
        table.add(Row::of_pairs(row, "ms", Goal::AtMost(0.5), runs(program, host, arguments)));
    }
}

fn runs(program: &str, host: &str, arguments: &[&str]) -> Result<Pairs, String> {
    let nrpe = Nrpe::start(COMMAND)?;
    let keys = Keys::make()?;
    let daemon = keys.start_daemon(1, &format!("Command: '{COMMAND}'"))?;
    let address = daemon.address().to_string();
    keys.know(std::iter::once(address.clone()))?;
    let (home, arguments) = (keys.home(), [&[host, &address], arguments].concat());
    let ours = || stopwatch::cost_in(&home, RUNS, program, &arguments).map(|cost| cost.wall);
    Pairs::measure(MANY, ours, || nrpe.check(RUNS))
}
