//! A process that stops others of its account (SIGSTOP) on the way to their programs costs that account its runs, and nobody else anything.

use std::time::{Duration, Instant};

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;

/// Stops whatever is started, as far as its account may.
const STOPPER: &str = "import os, signal, time\n\
    end, hits = time.time() + 5, 0\n\
    while time.time() < end:\n\
    \x20   last = int(open('/proc/loadavg').read().split()[-1])\n\
    \x20   for pid in range(last - 1, last + 4):\n\
    \x20       if pid == os.getpid(): continue\n\
    \x20       try: os.kill(pid, signal.SIGSTOP)\n\
    \x20       except OSError: continue\n\
    \x20       hits += 1\n\
    print('stopped some' if hits else 'stopped none')\n";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_account_that_stops_its_own_starts_stops_nobody_elses() {
    // An account that no other test has, since the attacker meets whatever is started meanwhile.
    let account = "uid: 12379\ngid: 12379";
    let victim = format!("Command: echo x\nInterval: 0.05\nTimeout: 1\n{account}");
    let config = Config::new()
        .file("stopper.py", STOPPER)
        .plugin("stopper", &format!("Command: exec python3 -I {{{{DIR}}}}/stopper.py\nTimeout: 30\n{account}"))
        .plugin("root", "Command: echo fine");
    let config = ["a", "b", "c", "d"].iter().fold(config, |config, name| config.plugin(name, &victim));
    let daemon = Daemon::start(config);
    let attack = daemon.force(&["stopper"]);
    let mut runs = 0;
    while daemon.get(&attack).status == 202 {
        let begin = Instant::now();
        daemon.run("root").expect_ok(&["fine"]);
        assert!(begin.elapsed() < Duration::from_secs(5), "it took {:?} after {runs} runs", begin.elapsed());
        runs += 1;
    }
    let (_, outcome) = daemon.finish(&attack).pop().expect("a result");
    outcome.expect_ok(&["stopped some"]);
    assert!(runs > 5, "{runs} runs of root's meanwhile");
}
