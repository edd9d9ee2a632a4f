//! What a run leaves running when it ends by itself is ended, unless it has
//! the right to leave something: `LeaveRunning`.

use std::fs::File;

use nix::fcntl::{Flock, FlockArg};
use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::containment::Level;
use smoker_tests::machine::processes::{self, Token};
use smoker_tests::wait;

/// Starts a process in the background, as an operator would.
fn starts(token: &Token) -> String {
    format!("sleep {token} </dev/null >/dev/null 2>&1 &")
}

/// Starts one that has left group, session, parents and environment.
fn hides(token: &Token) -> String {
    format!("env -i setsid sh -c 'setsid sleep {token} </dev/null >/dev/null 2>&1 &'; sleep 0.1")
}

/// A plugin's or an action's YAML for this command.
fn command(line: &str) -> String {
    format!("Command: |\n  {line}")
}

#[test]
fn what_a_command_leaves_running_is_ended() {
    let tokens = [Token::new(), Token::new()];
    let config = Config::new()
        .plugin("plain", &command(&format!("{} echo started", starts(&tokens[0]))))
        .plugin("hidden", &command(&format!("{}; echo started", hides(&tokens[1]))));
    let daemon = Daemon::start(config);
    for (name, token) in ["plain", "hidden"].iter().zip(&tokens) {
        daemon.run(name).expect_ok(&["started"]);
        token.wait_until_free();
        wait::until_true("the log to tell of it", || {
            daemon.log().lines().any(|line| {
                line.starts_with("WARN")
                    && line.contains(&format!("Plugin {name} left 1 process running: sleep ("))
                    && line.contains("LeaveRunning: true")
            })
        });
    }
}

#[test]
fn the_log_warns_once_a_plugin_and_tells_once_a_run() {
    let token = Token::new();
    let daemon = Daemon::start(Config::new().plugin("starter", &command(&starts(&token))));
    let told = |level: &str| {
        let told = |line: &&str| line.starts_with(level) && line.contains("Plugin starter left 1 process running");
        daemon.log().lines().filter(told).count()
    };
    for runs in 0..3 {
        assert_eq!(daemon.run("starter").status(), "OK");
        wait::until_true("the log", || (told("WARN"), told("INFO")) == (1, runs));
        token.wait_until_free();
    }
}

#[test]
fn a_run_that_leaves_nothing_is_not_spoken_of() {
    let daemon = Daemon::start(Config::new().plugin("tidy", "Command: sleep 0.01 & wait; (sleep 0.01); echo done"));
    for _ in 0..5 {
        daemon.run("tidy").expect_ok(&["done"]);
    }
    assert!(!daemon.log().contains("running"), "{}", daemon.log());
}

#[test]
fn neither_result_nor_slot_waits_for_the_end_of_what_was_left() {
    let token = Token::new();
    let stubborn = format!("sh -c 'trap \"\" TERM; sleep {token}; sleep {token}' </dev/null >/dev/null 2>&1 &");
    let config = Config::new()
        .top("nr_concurrent_plugins: 1")
        .plugin("starter", &command(&format!("{stubborn} until pgrep -f 'sleep {token}' >&2; do :; done")))
        .plugin("other", "Command: echo other");
    let daemon = Daemon::start(config);
    assert_eq!(daemon.run("starter").status(), "OK");
    daemon.run("other").expect_ok(&["other"]);
    assert!(!token.holders().is_empty(), "it ignores SIGTERM, and SIGKILL comes seconds later");
    token.wait_until_free();
}

#[test]
fn what_has_the_right_to_stay_survives_the_run_and_the_daemon() {
    let tokens = [(); 4].map(|()| Token::new());
    let config = Config::new()
        .template("Starter", "LeaveRunning: true")
        .action("start", &(command(&starts(&tokens[2])) + "\nLeaveRunning: true"))
        .plugin("plain", &(command(&starts(&tokens[0])) + "\nLeaveRunning: true"))
        .plugin("hidden", &(command(&hides(&tokens[1])) + "\nTemplate: Starter"))
        .plugin("acting", &(command(&starts(&tokens[3])) + "\nAction: start"));
    let mut daemon = Daemon::start(config);
    for name in ["plain", "hidden", "acting"] {
        assert_eq!(daemon.run(name).status(), "OK");
    }
    tokens[3].wait_until_free();
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    for (token, who) in tokens.iter().zip(["plain", "hidden", "start"]) {
        assert_eq!(token.holders().len(), 1, "{who}");
    }
}

#[test]
fn a_run_that_still_goes_on_is_ended_whole_whatever_it_has_the_right_to() {
    let (finished, timed_out, stopped) = (Token::new(), Token::new(), Token::new());
    let right = "\nLeaveRunning: true\nTimeout: ";
    let config = Config::new()
        .plugin("finished", &(command(&starts(&finished)) + right + "60"))
        .plugin("slow", &(command(&format!("{}; sleep 300", hides(&timed_out))) + right + "1"))
        .plugin("stopped", &(command(&format!("{}; sleep 300", hides(&stopped))) + right + "300"));
    let mut daemon = Daemon::start(config);
    assert_eq!(daemon.run("finished").status(), "OK");
    assert_eq!(daemon.run("slow").expect_error(), "Execution timeout after 1 seconds");
    assert_eq!(timed_out.holders(), [0; 0]);
    let _ = daemon.force(&["stopped"]);
    let _ = stopped.wait_for_holders();
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(stopped.holders(), [0; 0]);
    assert_eq!(finished.holders().len(), 1);
}

#[test]
fn a_killed_daemon_leaves_only_what_has_the_right_to_stay() {
    let [finished, going_on, plain] = [(); 3].map(|()| Token::new());
    let right = "\nLeaveRunning: true\nTimeout: 300";
    let config = Config::new()
        .plugin("finished", &(command(&hides(&finished)) + right))
        .plugin("going", &(command(&format!("{}; sleep 300", hides(&going_on))) + right))
        .plugin("plain", &(command(&format!("{}; sleep 300", hides(&plain))) + "\nTimeout: 300"));
    let mut daemon = Daemon::start(config);
    assert_eq!(daemon.run("finished").status(), "OK");
    let _ = daemon.force(&["going", "plain"]);
    let _ = (going_on.wait_for_holders(), plain.wait_for_holders());
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    going_on.wait_until_free();
    plain.wait_until_free();
    let guardian = || processes::with_argument("__guardian").into_iter().any(|pid| daemon.processes().contains(&pid));
    wait::until_true("the guardian to end", || !guardian());
    assert_eq!(finished.holders().len(), 1);
}

/// The kernel refuses further cgroups to this daemon, if it has any.
fn refuse_cgroups(daemon: &Daemon) {
    let log = daemon.console();
    let Some((_, below)) = log.split_once("each run has a cgroup of its own below ") else { return };
    let own = below.lines().next().expect("a folder").trim();
    let mine = format!("smokerd-{}-", daemon.pid());
    for entry in std::fs::read_dir(own).expect("the daemon's cgroup").flatten() {
        if entry.file_name().to_string_lossy().starts_with(&mine) {
            std::fs::write(entry.path().join("cgroup.max.descendants"), "0").expect("ours");
        }
    }
}

#[test]
fn a_run_that_the_kernel_refused_a_cgroup_ends_with_a_killed_daemon() {
    let [kept, also_kept, refused] = [(); 3].map(|()| Token::new());
    let right = "\nLeaveRunning: true\nTimeout: 300";
    let config = Config::new()
        .plugin("kept", &(command(&hides(&kept)) + right))
        .plugin("alsokept", &(command(&hides(&also_kept)) + right))
        .plugin("refused", &(command(&format!("{}; sleep 300", hides(&refused))) + "\nTimeout: 300"));
    let mut daemon = Daemon::start(config);
    wait::until_true("the level in the log", || daemon.console().contains("cgroup"));
    assert_eq!(daemon.run("kept").status(), "OK");
    refuse_cgroups(&daemon);
    assert_eq!(daemon.run("alsokept").status(), "OK");
    let _ = daemon.force(&["refused"]);
    let _ = refused.wait_for_holders();
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    refused.wait_until_free();
    let guardian = || processes::with_argument("__guardian").into_iter().any(|pid| daemon.processes().contains(&pid));
    wait::until_true("the guardian to end", || !guardian());
    assert_eq!((kept.holders().len(), also_kept.holders().len()), (1, 1));
}

#[test]
fn what_a_module_leaves_running_is_ended_unless_it_may_stay() {
    let module = "import os, subprocess\n\
        from smoker.server.plugins import BasePlugin\n\n\n\
        class Plugin(BasePlugin):\n\
        \x20   def run(self):\n\
        \x20       token = self.plugin.get_param('Token')\n\
        \x20       subprocess.Popen(['sleep', token], env={}, start_new_session=True, stdin=subprocess.DEVNULL,\n\
        \x20                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n\
        \x20       self.result.set_status('OK')\n";
    let (ended, stays) = (Token::new(), Token::new());
    let plugin = |token: &Token| format!("Module: starter\nToken: '{token}'\n");
    let config = Config::new()
        .file("starter.py", module)
        .plugin("ended", &plugin(&ended))
        .plugin("stays", &(plugin(&stays) + "LeaveRunning: true"));
    let mut daemon = Daemon::start(config);
    assert_eq!(daemon.run("stays").status(), "OK");
    assert_eq!(daemon.run("ended").status(), "OK");
    ended.wait_until_free();
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(stays.holders().len(), 1);
}

#[test]
fn the_right_shows_on_the_wire_only_where_it_is_configured() {
    let config = Config::new()
        .action("start", "Command: echo\nLeaveRunning: true")
        .plugin("with", "Command: echo\nLeaveRunning: true\nAction: start")
        .plugin("without", "Command: echo");
    let daemon = Daemon::start(config);
    let parameters = |name: &str| daemon.plugin(name)["plugin"]["parameters"].clone();
    assert_eq!(parameters("with")["LeaveRunning"], true);
    assert_eq!(parameters("with")["Action"]["LeaveRunning"], true);
    assert!(parameters("without").get("LeaveRunning").is_none());
}

/// The number is on this process as a limit, and in the environment as a text.
#[test]
fn runs_that_begin_together_never_get_the_number_of_each_other() {
    const RUNS: usize = 600;
    let shown = "n=$(sed -n 's/^Max file locks *\\([0-9]*\\) .*/\\1/p' /proc/$$/limits); [ \"$n\" = \"$SMOKER_RUN_ID\" ] && echo same || echo \"$n $SMOKER_RUN_ID\"";
    // Another user's are started in another way.
    let of = |number: usize| {
        if cfg!(as_root) && number.is_multiple_of(3) {
            command(shown) + "\nuid: 12345\ngid: 12345"
        } else {
            command(shown)
        }
    };
    let names: Vec<_> = (0..RUNS).map(|number| format!("p{number}")).collect();
    let config = Config::new().top("nr_concurrent_plugins: 32");
    let config = names.iter().enumerate().fold(config, |config, (number, name)| config.plugin(name, &of(number)));
    let daemon = Daemon::start(config);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (_, outcome) in daemon.finish(&daemon.force(&names)) {
        outcome.expect_ok(&["same"]);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn what_was_there_before_the_daemon_is_never_taken_for_a_leftover() {
    let token = Token::new();
    let beside = format!("sleep {token} </dev/null >/dev/null 2>&1 & exec \"$0\" \"$@\"");
    let Some(level) = Level::Marks.through() else { return };
    let through: Vec<_> = level.iter().copied().chain(["/bin/sh", "-c", &beside]).collect();
    let left = Token::new();
    let daemon = Boot::of(Config::new().plugin("starter", &command(&starts(&left)))).through(&through).start();
    for _ in 0..2 {
        assert_eq!(daemon.run("starter").status(), "OK");
        left.wait_until_free();
    }
    assert_eq!(token.holders().len(), 1, "the child of what became the daemon");
}

/// Processes that carry no mark, of which each forks the next one and ends within a millisecond or two. No list shows them; the lock tells.
const CHAIN: &str = "use POSIX; open my $lock, '<', $ARGV[0] or die; flock $lock, 2 or die;\n\
    POSIX::close($_) for 0..2;\n\
    fork and POSIX::_exit(0); POSIX::setsid(); fork and POSIX::_exit(0);\n\
    $SIG{TERM} = 'IGNORE'; my $end = time + 120;\n\
    while (time < $end) { fork and POSIX::_exit(0); POSIX::setsid(); select undef, undef, undef, 0.001 }\n";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_chain_that_forks_on_without_any_mark_is_ended() {
    for level in [Level::OfHost, Level::Marks] {
        let Some(through) = level.through() else { continue };
        let chain = command("env -i prlimit --locks=0: perl {{DIR}}/chain.pl {{DIR}}/lock; echo began");
        let chain = chain + "\nuid: 12345\ngid: 12345";
        let config = Config::new().file("chain.pl", CHAIN).file("lock", "").plugin("chain", &chain);
        let daemon = Boot::of(config).through(through).start();
        daemon.run("chain").expect_ok(&["began"]);
        let is_free = || {
            let file = File::open(daemon.path("lock")).expect("a file");
            Flock::lock(file, FlockArg::LockExclusiveNonblock).is_ok()
        };
        wait::until_true("the end of the chain", is_free);
    }
}
