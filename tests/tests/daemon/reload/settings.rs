//! SIGHUP and the daemon's own settings: which count at once, which from the
//! next start, and where relative paths start.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::answers;
use smoker_tests::http::{ANSWER_LIMIT, Connection, Request};
use smoker_tests::lines::expect_line;
use smoker_tests::machine::ports;
use smoker_tests::machine::processes;
use smoker_tests::wait;

#[test]
fn another_bound_on_runs_counts_at_once() {
    let waiting = "Command: touch {{DIR}}/$SMOKER_PLUGIN; while ! test -e {{DIR}}/go; do sleep 0.05; done\nTimeout: 60";
    let config = |bound: &str| {
        let config = if bound.is_empty() { Config::new() } else { Config::new().top(bound) };
        ["a", "b", "c", "d"].iter().fold(config, |config, name| config.plugin(name, waiting))
    };
    let daemon = Daemon::start(config("nr_concurrent_plugins: 1"));
    let begun = || ["a", "b", "c", "d"].iter().filter(|name| daemon.path(name).exists()).count();
    let process = daemon.force(&["a", "b", "c", "d"]);
    wait::until_true("one to begin", || begun() == 1);
    let log = daemon.reload(&config("nr_concurrent_plugins: 3"));
    expect_line(&log, &["Reloaded", "4 unchanged", "settings: nr_concurrent_plugins"]);
    wait::until_true("three to begin", || begun() == 3);
    let _ = daemon.reload(&config("nr_concurrent_plugins: 2"));
    assert_eq!(begun(), 3, "those that run go on, and no other begins");
    let _ = daemon.reload(&config(""));
    wait::until_true("all to begin", || begun() == 4);
    fs::write(daemon.path("go"), "").expect("writable");
    let _ = daemon.finish(&process);

    // A lower bound holds as well.
    let count = "Command: touch {{DIR}}/run.$$; ls {{DIR}} | grep -c '^run\\.'; sleep 0.2; rm {{DIR}}/run.$$";
    let names = ["a", "b", "c", "d"];
    let counting = names.iter().fold(Config::new().top("nr_concurrent_plugins: 2"), |it, name| it.plugin(name, count));
    let _ = daemon.reload(&counting);
    let process = daemon.force(&names);
    let most = daemon.finish(&process).iter().map(|(_, outcome)| outcome.info()[0].parse().expect("a number")).max();
    assert_eq!(most, Some(2));
}

#[test]
fn other_networks_may_ask_at_once_also_on_open_connections() {
    let daemon = Daemon::start(hello());
    let mut open = Connection::open(daemon.address(), ANSWER_LIMIT).expect("it listens");
    let mut ask = || {
        open.write(&Request::get("/plugins").to_bytes("localhost")).expect("open");
        open.read("GET").expect("an answer").status
    };
    assert_eq!(ask(), 200);
    let log = daemon.reload(&hello().top("allow: [10.0.0.0/8]"));
    expect_line(&log, &["Reloaded", "settings: allow"]);
    assert_eq!(ask(), 403);
    assert_eq!(daemon.get("/").status, 403);
    let _ = daemon.reload(&hello().top("allow: [10.0.0.0/8, 127.0.0.1]"));
    assert_eq!(ask(), 200);
    let _ = daemon.reload(&hello());
    assert_eq!(daemon.get("/").status, 200);
}

#[test]
fn a_daemon_that_is_opened_to_all_networks_says_so() {
    let address = "bind_host: 0.0.0.0\nbind_port: {{PORT}}";
    let daemon = Daemon::start(hello().address(address).top("allow: [127.0.0.1]"));
    assert!(!daemon.log().contains("open to every network"));
    let log = daemon.reload(&hello().address(address));
    expect_line(&log, &["WARNING", "open to every network", "allow"]);
}

#[test]
fn a_lower_bound_on_memory_drops_the_oldest_at_once() {
    let config = |memory: &str| {
        Config::new().top(memory).plugin("big", "Command: head -c 3000 /dev/zero | tr '\\0' x\nHistory: 50")
    };
    let daemon = Daemon::start(config("history_memory: 1M"));
    for _ in 0..20 {
        let _ = daemon.run("big");
    }
    assert_eq!(daemon.results("big").len(), 20);
    let log = daemon.reload(&config("history_memory: 10K"));
    expect_line(&log, &["Reloaded", "1 unchanged", "settings: history_memory"]);
    let kept = daemon.results("big").len();
    assert!((1..=3).contains(&kept), "{kept} results of 3000 bytes in 10 KiB");
    let _ = daemon.reload(&config("history_memory: 1M"));
    for _ in 0..5 {
        let _ = daemon.run("big");
    }
    assert_eq!(daemon.results("big").len(), kept + 5);
}

/// A module that tells what its interpreter was told, and then waits for the file `go` if it is to.
const MODULE: &str = "import os, time\nfrom smoker.server.plugins import BasePlugin\n\
    class Plugin(BasePlugin):\n    def run(self):\n        \
    folder = self.plugin.get_param('Wait')\n        \
    if folder: open(os.path.join(folder, 'begun'), 'w').write('x')\n        \
    while folder and not os.path.exists(os.path.join(folder, 'go')): time.sleep(0.05)\n        \
    import words\n        \
    self.result.add_info(os.environ.get('WHICH', 'none') + ' ' + words.WORD)\n        \
    self.result.set_status('OK')\n        return self.result\n";

#[test]
fn another_interpreter_and_other_folders_count_for_later_runs() {
    let config = |top: &str| {
        Config::new()
            .top(top)
            .file("teller.py", MODULE)
            .file("one/words.py", "WORD = 'one'\n")
            .file("two/words.py", "WORD = 'two'\n")
            .file("which", "#!/bin/sh\nWHICH=this exec python3 \"$@\"\n")
            .plugin("quick", "Module: teller")
            .plugin("slow", "Module: teller\nWait: {{DIR}}\nTimeout: 60")
    };
    let daemon = Daemon::start(config("python_path: [one]"));
    fs::set_permissions(daemon.path("which"), fs::Permissions::from_mode(0o755)).expect("ours");
    daemon.run("quick").expect_ok(&["none one"]);
    let hosts = || {
        let parent = |pid: i32| processes::status(pid).and_then(|fields| fields["PPid"].parse().ok());
        let hosts = processes::with_argument("smokerd-python-host").into_iter();
        hosts.filter(|pid| parent(*pid) == Some(daemon.pid())).collect::<Vec<_>>()
    };
    let first = hosts();
    assert_eq!(first.len(), 1);
    let slow = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");

    let log = daemon.reload(&config("python_path: [one]"));
    expect_line(&log, &["2 unchanged"]);
    daemon.run("quick").expect_ok(&["none one"]);
    assert_eq!(hosts(), first, "nothing has changed, so the host stays");

    let log = daemon.reload(&config("python_path: [two]\npython: ./which"));
    expect_line(&log, &["Reloaded", "2 unchanged", "settings: python, python_path"]);
    daemon.run("quick").expect_ok(&["this two"]);
    fs::write(daemon.path("go"), "").expect("writable");
    daemon.finish(&slow).remove(0).1.expect_ok(&["none one"]);
    wait::until_true("the first host to end with its last run", || first.iter().all(|pid| !hosts().contains(pid)));
    daemon.run("quick").expect_ok(&["this two"]);
}

#[test]
fn what_counts_from_the_next_start_is_named_and_stays() {
    let port = ports::free();
    let daemon = Boot::of(hello()).start();
    let other = |top: &str| {
        hello().address(&format!("bind_host: localhost\nbind_port: {port}")).top(top).plugin("more", "Command: 'true'")
    };
    let log = daemon.reload(&other("pidfile: {{DIR}}/other.pid"));
    let own = daemon.address().port().to_string();
    expect_line(&log, &["WARNING", "bind_host is changed to localhost", "next start", "127.0.0.1"]);
    expect_line(&log, &["WARNING", &format!("bind_port is changed to {port}"), "next start", &own]);
    assert!(!log.contains("pidfile is"), "-p takes precedence, also at the next start: {log}");
    expect_line(&log, &["WARNING: Reloaded", "1 added (more)"]);
    assert!(!answers(([127, 0, 0, 1], port).into()));
    daemon.run("more").expect_ok(&[]);
    // It is said each time, as long as it is so.
    expect_line(&daemon.hang_up(), &["WARNING", "bind_port is changed"]);
    let log = daemon.reload(&hello());
    assert!(!log.contains("next start"), "{log}");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn ids_that_are_configured_later_count_from_the_next_start() {
    let daemon = Daemon::start(hello());
    let log =
        daemon.reload(&hello().top("uid: 12345\ngid: 12346").plugin("who", "Command: id -u\nuid: 12347\ngid: 12347"));
    expect_line(&log, &["WARNING", "uid is changed to 12345", "next start", "not set"]);
    expect_line(&log, &["WARNING", "gid is changed to 12346", "next start", "not set"]);
    daemon.run("who").expect_ok(&["12347"]);
}

/// Starts a daemon in the background, in a folder beside its configuration, with nothing but relative paths.
fn relative(config: &Config, arguments: &[&str]) -> Daemon {
    let daemon = Boot::in_background(config.clone().file("work/empty", "")).only(arguments).prepare();
    cli::run(daemon.command().current_dir(daemon.path("work"))).expect_code(0);
    daemon
}

fn has(daemon: &Daemon, plugin: &str) -> bool {
    daemon.get(&format!("/plugins/{plugin}")).status == 200
}

#[test]
fn relative_paths_start_where_the_daemon_was_started() {
    let config = |plugin: &str| {
        Config::new()
            .top("stdout: logs/out\nstderr: logs/err\npidfile: own.pid\nx-more: !include sub/more.yaml")
            .file("sub/more.yaml", "1\n")
            .file("work/empty", "")
            .file("words.py", "")
            .plugin(plugin, "Command: 'true'")
    };
    let daemon = relative(&config("one"), &["--no-syslog", "-v", "-c", "../smokerd.yaml"]);
    let pid: i32 = fs::read_to_string(daemon.path("work/own.pid")).expect("a pidfile").parse().expect("a number");
    assert!(has(&daemon, "one"));
    daemon.write(&config("two"));
    let hang_up = || nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGHUP).expect("it runs");
    hang_up();
    wait::until_true("the other configuration", || has(&daemon, "two") && !has(&daemon, "one"));
    let stream = |number: i32| fs::read_link(format!("/proc/{pid}/fd/{number}")).expect("it runs");
    assert_eq!((stream(1), stream(2)), (daemon.path("work/logs/out"), daemon.path("work/logs/err")));

    // Other streams count at once.
    let other = Config::new().top("stdout: more/out\npidfile: own.pid").plugin("three", "Command: 'true'");
    daemon.write(&other);
    hang_up();
    wait::until_true("the third configuration", || has(&daemon, "three"));
    assert_eq!((stream(1), stream(2)), (daemon.path("work/more/out"), "/dev/null".into()));
}

#[test]
fn a_folder_is_read_again_like_a_file() {
    let base = |config: Config| config.file("c/common.yaml", "bind_port: {{PORT}}\ntemplates: {BasePlugin: {}}\n");
    let unused = Config::whole("not: read\n");
    let daemon = relative(
        &base(unused).file("c/plugin.d/one.yaml", "Command: 'true'\n"),
        &["--no-syslog", "-c", "../c", "-p", "{{PIDFILE}}"],
    );
    assert!(has(&daemon, "one"));
    daemon.sandbox.write("c/plugin.d/two.yaml", b"Command: 'true'\n").expect("writable");
    fs::remove_file(daemon.path("c/plugin.d/one.yaml")).expect("writable");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the other file", || has(&daemon, "two") && !has(&daemon, "one"));
}
