//! No processes left, for a daemon that is not root.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use smoker_tests::boot::Boot;
use smoker_tests::machine::skip::find;
use smoker_tests::{binary, wait};

use crate::length::Length;
use crate::verdict::Verdict;
use crate::{place, pulse, watch};

/// An account that nothing else runs as.
const ACCOUNT: &str = "64123";

pub(crate) fn run(length: Length) -> Verdict {
    if !place::is_root() || find("setpriv").is_none() || find("prlimit").is_none() {
        return Verdict::not_run("needs root, setpriv and prlimit (util-linux), to become somebody who has a limit");
    }
    // Others may not reach the folder that the program was built in.
    let folder = tempfile::Builder::new().prefix("smoker").permissions(fs::Permissions::from_mode(0o755)).tempdir();
    let folder = folder.expect("a folder");
    let program = folder.path().join("smokerd");
    fs::copy(binary::path("smokerd"), &program).expect("a copy");
    let limited = format!(
        "mkdir -p {{{{DIR}}}}/own && chown {ACCOUNT} {{{{DIR}}}}/own; shift; \
         exec setpriv --reuid {ACCOUNT} --regid {ACCOUNT} --clear-groups prlimit --nproc=40 {} \"$@\"",
        program.display()
    );
    let hungry = "Command: for n in $(seq 100); do sleep 2 & done; wait\nTimeout: 20";
    let config = pulse::config()
        .plugin("echo", "Command: echo fine")
        .plugin("module", "Module: fine\nTimeout: 20")
        .plugin("hungry", hungry)
        .file("fine.py", "from smoker.server.plugins import BasePlugin\n\n\nclass Plugin(BasePlugin):\n    def run(self):\n        self.result.set_status('OK')\n");
    let daemon = Boot::of(config).through(&["sh", "-c", &limited, "sh"]).start();
    let mut told = Vec::new();
    let mut answered = 0;
    let rounds = length.pick(5, 1);
    for _ in 0..rounds {
        let hungry = daemon.force(&["hungry"]);
        std::thread::sleep(Duration::from_millis(700));
        let meanwhile = daemon.force(&["echo", "module"]);
        answered += u32::from(daemon.get("/plugins").status == 200);
        let done = wait::within(Duration::from_secs(60), || (daemon.get(&meanwhile).status == 200).then_some(()));
        if done.is_some() {
            told.extend(daemon.finish(&meanwhile).into_iter().filter(|(_, outcome)| outcome.status() == "ERROR"));
        }
        let _ = wait::within(Duration::from_secs(60), || (daemon.get(&hungry).status == 200).then_some(()));
    }
    let clear =
        |text: &str| text.contains("Resource temporarily unavailable") || text.to_lowercase().contains("cannot fork");
    let unclear = told.iter().filter(|(_, outcome)| !outcome.error().iter().any(|text| clear(text)));
    let unclear: Vec<_> = unclear.map(|(name, outcome)| format!("{name}: {:?}", outcome.error())).collect();
    let recovered = wait::within(Duration::from_secs(20), || {
        (daemon.run("echo").status() == "OK" && daemon.run("module").status() == "OK").then_some(())
    });
    Verdict::of("ulimit -u 40 as another user, a plugin that starts 100 processes")
        .at_least("runs refused for want of a process", f64::from(u32::try_from(told.len()).unwrap_or(0)), 1.0, "runs")
        .is("answers meanwhile", answered, rounds, answered == rounds)
        .is(
            "runs without a process that say something else",
            format!("{} {unclear:?}", unclear.len()),
            "none",
            unclear.is_empty(),
        )
        .is(
            "commands and modules afterwards",
            if recovered.is_some() { "run" } else { "fail" },
            "run",
            recovered.is_some(),
        )
        .at_most("memory at most", watch::peak(&daemon), 48.0, "MiB")
}
