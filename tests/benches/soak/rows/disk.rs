//! No room on the disk of the log, or of the pidfile.

use std::fs;
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::{place, watch};

/// Mounts a small file system that only what is started here sees, fills it, and goes on.
const FULL: &str = "mkdir -p \"$0\" && mount -t tmpfs -o size=64k none \"$0\" && \
                    { head -c 1000000 /dev/zero > \"$0/filler\" 2> /dev/null; exec \"$@\"; }";

const LOGGING: &str = "[loggers]\nkeys=root\n[handlers]\nkeys=file\n[formatters]\nkeys=plain\n[logger_root]\nlevel=INFO\nhandlers=file\n\
                       [handler_file]\nclass=FileHandler\nformatter=plain\nargs=('{{DIR}}/full/log', 'a')\n[formatter_plain]\nformat=%(message)s\n";

/// A daemon goes on without its log, and logs again when there is room.
pub(crate) fn log(length: Length) -> Verdict {
    if !place::is_root() {
        return Verdict::not_run("needs root and unshare, to mount a full file system");
    }
    let config = pulse::config().plugin("echo", "Command: echo fine").file("logging.ini", LOGGING);
    let boot = Boot::of(config).argument("--logging-conf").argument("{{DIR}}/logging.ini");
    let daemon = boot.through(&["unshare", "--mount", "sh", "-c", FULL, "{{DIR}}/full"]).start();
    let pulse = Pulse::of(&daemon);
    let memory = watch::resident(&daemon);
    let mut right = 0;
    let runs = length.pick(300, 50);
    for _ in 0..runs {
        right += u32::from(daemon.run("echo").status() == "OK");
    }
    let log = place::inside(&daemon, "full/log");
    let written = place::text(&log).len();
    fs::remove_file(place::inside(&daemon, "full/filler")).expect("the filler");
    let resumed = wait::within(Duration::from_secs(30), || {
        let _ = daemon.run("echo");
        (place::text(&log).len() > written).then_some(())
    });
    let resumed = resumed.is_some();
    Verdict::of(format!("a log file on a full disk, {runs} forced runs, then room"))
        .is("right results without a log", right, runs, right == runs)
        .is("log, once there is room,", if resumed { "goes on" } else { "stays silent" }, "goes on", resumed)
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(&daemon) - memory, 24.0, "MiB")
}

/// A start in the background without room for the pidfile fails and says so.
pub(crate) fn pidfile(_: Length) -> Verdict {
    if !place::is_root() {
        return Verdict::not_run("needs root and unshare, to mount a full file system");
    }
    let sandbox = Sandbox::new();
    pulse::config().write(&sandbox).expect("writable");
    let start =
        cli::smokerd_command(&sandbox, &["--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{DIR}}/full/pid"]);
    let mut command = sandbox.command("unshare".as_ref());
    command.args(["--mount", "sh", "-c", FULL]).arg(sandbox.path("full"));
    let output = cli::run(command.arg(start.get_program()).args(start.get_args()));
    let says = output.stderr.contains("No space left on device") && output.stderr.contains("/full/pid");
    let left = sandbox.processes().len();
    Verdict::of("a start in the background whose pidfile is on a full disk")
        .is("exit code", output.code, 1, output.code == 1)
        .is("says", output.stderr.trim(), "the pidfile and the reason", says)
        .none("processes left", left)
}
