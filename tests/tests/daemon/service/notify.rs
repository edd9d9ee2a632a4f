//! What the service manager that started a daemon hears, and that nobody else hears of it.

use std::io::ErrorKind;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use nix::time::{ClockId, clock_gettime};
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::processes;
use smoker_tests::service_manager::{Message, ServiceManager};

fn boot(config: Config, manager: &ServiceManager) -> Boot {
    Boot::of(config).environment("NOTIFY_SOCKET", manager.address())
}

fn status(message: &Message) -> &str {
    message.get("STATUS").map(String::as_str).unwrap_or_default()
}

#[test]
fn it_hears_when_the_daemon_serves() {
    let manager = ServiceManager::new();
    let config = hello().plugin("other", "Command: 'true'");
    let mut daemon = boot(config, &manager).prepare();
    daemon.spawn(&mut daemon.command());
    let message = manager.next();
    let address = daemon.address();
    assert!(daemon.serves(), "it serves when it says so");
    assert_eq!(message["READY"], "1");
    assert_eq!(status(&message), format!("2 plugins, serving on {address}"));
    assert!(!message.contains_key("MAINPID"), "in the foreground it is the process that was started");
}

#[test]
#[cfg(target_os = "linux")]
fn its_socket_may_be_a_name_without_a_file() {
    let manager = ServiceManager::without_file();
    let _daemon = boot(hello(), &manager).start();
    let message = manager.next();
    assert_eq!(message["READY"], "1");
    assert!(status(&message).starts_with("1 plugin, serving on 127.0.0.1:"), "{message:?}");
}

#[test]
fn the_notification_names_the_process_of_the_daemon_in_the_background() {
    let manager = ServiceManager::new();
    let daemon = Boot::in_background(hello()).environment("NOTIFY_SOCKET", manager.address()).start();
    let message = manager.next();
    assert_eq!(message["READY"], "1");
    assert_eq!(message["MAINPID"], daemon.pid().to_string());
}

#[test]
fn it_hears_of_a_reload_from_its_beginning_to_its_end() {
    let manager = ServiceManager::new();
    let daemon = boot(hello(), &manager).start();
    let _ = manager.next();
    let now = || Duration::from(clock_gettime(ClockId::CLOCK_MONOTONIC).expect("a clock")).as_micros();
    let before = now();
    daemon.write(&hello().plugin("second", "Command: 'true'"));
    daemon.signal(Signal::SIGHUP);
    let reloading = manager.next();
    assert_eq!(reloading["RELOADING"], "1");
    let told: u128 = reloading["MONOTONIC_USEC"].parse().expect("a number");
    assert!((before..=now()).contains(&told), "{told} is no time between {before} and {}", now());
    let ready = manager.next();
    assert_eq!(ready["READY"], "1");
    assert!(status(&ready).starts_with("2 plugins, serving on "), "{ready:?}");
    assert!(!status(&ready).contains("refused"), "{ready:?}");

    daemon.write(&Config::whole("bind_port: none\n"));
    daemon.signal(Signal::SIGHUP);
    assert_eq!(manager.next()["RELOADING"], "1");
    let ready = manager.next();
    assert_eq!(ready["READY"], "1", "a daemon that goes on is ready");
    assert!(status(&ready).starts_with("2 plugins, ") && status(&ready).contains("refused"), "{ready:?}");
}

#[test]
fn it_hears_that_the_daemon_stops_while_runs_are_being_ended() {
    let manager = ServiceManager::new();
    let stubborn = "Command: trap '' TERM; echo $$ > {{DIR}}/begun; while :; do sleep 1; done\nTimeout: 60";
    let mut daemon = boot(Config::new().plugin("stubborn", stubborn), &manager).start();
    let _ = manager.next();
    let _ = daemon.force(&["stubborn"]);
    let run: i32 = daemon.wait_for_file("begun").trim().parse().expect("a process number");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(manager.next()["STOPPING"], "1");
    assert!(processes::is_running(run), "it is told at the beginning");
    assert_eq!(daemon.wait_for_exit(), 0);
}

#[test]
fn it_hears_at_half_its_time_that_all_is_well() {
    let manager = ServiceManager::new();
    let limit = Duration::from_millis(600);
    let daemon = boot(hello(), &manager).environment("WATCHDOG_USEC", &limit.as_micros().to_string()).start();
    let begin = Instant::now();
    while manager.next_within(Duration::ZERO).is_some() {}
    for _ in 0..6 {
        assert_eq!(manager.next_with("WATCHDOG")["WATCHDOG"], "1");
    }
    // However late we read them, between six beats there are five times half the limit.
    let whole = begin.elapsed();
    assert!(whole > 2 * limit, "six beats took {whole:?}");
    daemon.run("hello").expect_ok(&["hello"]);
}

#[test]
fn a_watchdog_for_another_process_is_none_of_ours() {
    let manager = ServiceManager::new();
    let config = Config::new().plugin("clock", "Command: 'true'\nInterval: 0.1");
    let daemon = boot(config, &manager)
        .environment("WATCHDOG_USEC", "100000")
        .environment("WATCHDOG_PID", &std::process::id().to_string())
        .start();
    let _ = daemon.wait_for_results("clock", 8);
    assert_eq!(manager.next()["READY"], "1");
    assert_eq!(manager.next_within(Duration::ZERO), None);
}

#[test]
fn a_watchdog_for_the_daemon_itself_is_ours() {
    let manager = ServiceManager::new();
    let _daemon = boot(hello(), &manager)
        .environment("WATCHDOG_USEC", "200000")
        .through(&["/bin/sh", "-c", "WATCHDOG_PID=$$ exec \"$0\" \"$@\""])
        .start();
    assert_eq!(manager.next_with("WATCHDOG")["WATCHDOG"], "1");
}

/// Lists the variables of the service manager that it finds, and one that it is meant to find.
const FIND: &str = "env | grep -E '^(NOTIFY_SOCKET|WATCHDOG_USEC|WATCHDOG_PID|KEPT)=' | sort";

#[test]
fn plugins_do_not_find_its_variables() {
    let manager = ServiceManager::new();
    let module = "import os\nfrom smoker.server.plugins import BasePlugin\n\
        class Plugin(BasePlugin):\n    def run(self):\n        \
        names = [n for n in ('NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID', 'KEPT') if n in os.environ]\n        \
        self.result.add_info(' '.join(names))\n        self.result.set_status('OK')\n        return self.result\n";
    let config = Config::new()
        .file("finder.py", module)
        .action("find", &format!("Command: {FIND}"))
        .plugin("command", &format!("Command: {FIND}\nAction: find"))
        .plugin("module", "Module: finder")
        .plugin("builtin", "Module: smoker.server.plugins.testconnection\nConnections: [[127.0.0.1, {{PORT}}]]\nuid: 12345\ngid: 12345");
    let daemon = boot(config, &manager).environment("KEPT", "yes").environment("WATCHDOG_USEC", "3600000000").start();
    let command = daemon.run("command");
    command.expect_ok(&["KEPT=yes"]);
    command.action().expect("it ran").expect_ok(&["KEPT=yes"]);
    daemon.run("module").expect_ok(&["KEPT"]);
    let _ = daemon.run("builtin");
    // The guardian and the host of modules live on.
    assert!(daemon.processes().len() > 1);
    assert_eq!(processes::with_environment("NOTIFY_SOCKET", manager.address()), [daemon.pid()]);
}

#[test]
fn one_that_cannot_be_reached_does_not_matter() {
    for address in ["/nowhere/notify", "relative", "vsock:2:1", ""] {
        let daemon = Boot::of(hello()).environment("NOTIFY_SOCKET", address).start();
        daemon.run("hello").expect_ok(&["hello"]);
        if !address.is_empty() {
            expect_line(&daemon.log(), &["WARNING", "service manager"]);
        }
    }
}

#[test]
fn one_that_reads_nothing_holds_nobody_up() {
    let manager = ServiceManager::new();
    let mut senders = Vec::new();
    // A sender has a bound of its own, so there have to be some of them.
    let is_full = |error: &std::io::Error| error.kind() == ErrorKind::WouldBlock;
    'full: loop {
        let sender = UnixDatagram::unbound().expect("a socket");
        sender.set_nonblocking(true).expect("ours");
        sender.connect(manager.address()).expect("it listens");
        let mut sent = 0;
        while sender.send(b"X=1").map_err(|error| assert!(is_full(&error), "{error}")).is_ok() {
            sent += 1;
        }
        senders.push(sender);
        if sent == 0 {
            break 'full;
        }
    }
    let mut daemon: Daemon = boot(hello(), &manager).environment("WATCHDOG_USEC", "1000000").start();
    daemon.run("hello").expect_ok(&["hello"]);
    let log = daemon.reload(&hello().plugin("second", "Command: echo hi"));
    expect_line(&log, &["Reloaded", "1 added"]);
    daemon.run("second").expect_ok(&["hi"]);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    expect_line(&daemon.log(), &["WARNING", "service manager", "READY"]);
}
