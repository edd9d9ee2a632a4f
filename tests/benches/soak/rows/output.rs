//! Plugins that print gigabytes.

use std::time::{Duration, Instant};

use smoker_tests::daemon::Daemon;
use smoker_tests::outcome::Outcome;
use smoker_tests::wait;

use crate::length::Length;
use crate::pulse::{self, Pulse};
use crate::verdict::Verdict;
use crate::watch;

pub(crate) fn run(length: Length) -> Verdict {
    let bytes: u64 = length.pick(10, 1) << 30;
    let command = format!("Command: yes | head -c {bytes}; echo; echo end\nTimeout: 300");
    let module = "import sys\nfrom smoker.server.plugins import BasePlugin\n\n\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                  line = 'x' * 1023 + '\\n'\n        for _ in range(1 << 18):\n            sys.stdout.write(line)\n        \
                  self.result.set_status('OK')\n";
    let config = pulse::config()
        .plugin("flood", &command)
        .plugin("module", "Module: flood\nTimeout: 300")
        .file("flood.py", module);
    let daemon = Daemon::start(config);
    let pulse = Pulse::of(&daemon);
    let memory = watch::resident(&daemon);
    let begun = Instant::now();
    let process = daemon.force(&["flood", "module"]);
    let done = wait::within(Duration::from_secs(300), || (daemon.get(&process).status == 200).then_some(()));
    let took = begun.elapsed().as_secs_f64();
    let outcomes = done.map(|()| daemon.finish(&process)).unwrap_or_default();
    let is = |name: &str, right: &dyn Fn(&Outcome) -> bool| {
        outcomes.iter().any(|(own, outcome)| own == name && right(outcome))
    };
    let cut = format!("{} bytes were cut", bytes + 5 - (1 << 20));
    let flood = is("flood", &|outcome| {
        outcome.status() == "OK"
            && outcome.info().last() == Some(&"end")
            && outcome.warn().iter().any(|text| text.contains(&cut))
    });
    let told = if flood { "head, tail and what was cut" } else { "something else" };
    Verdict::of(format!("a command that prints {} GiB, a Python module that prints 256 MiB", bytes >> 30))
        .is("the command's result has", told, "head, tail and what was cut", flood)
        .is(
            "the module's result",
            if is("module", &|outcome| outcome.status() == "OK") { "OK" } else { "not OK" },
            "OK",
            is("module", &|outcome| outcome.status() == "OK"),
        )
        .at_most("took", took, 240.0, "s")
        .schedule(&pulse)
        .at_most("memory over that at rest", watch::peak(&daemon) - memory, 32.0, "MiB")
}
