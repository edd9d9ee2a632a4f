//! Being a daemon: into the background and out of it, the pidfile, signals and log files.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::{Boot, Daemon};
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::outcome::Outcome;
use smoker_tests::processes;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

const START: [&str; 6] = ["--no-syslog", "-v", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"];

fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

/// A place for a daemon in the background. Dropping the sandbox kills it.
struct Background {
    sandbox: Sandbox,
}

impl Background {
    fn prepare(config: &Config) -> Self {
        let sandbox = Sandbox::new();
        config.write(&sandbox).expect("writable");
        Self { sandbox }
    }

    fn running(config: &Config) -> Self {
        let place = Self::prepare(config);
        place.start().expect_code(0);
        place
    }

    fn start(&self) -> Output {
        cli::smokerd(&self.sandbox, &START)
    }

    fn stop(&self) -> Output {
        cli::smokerd(&self.sandbox, &[&START[..], &["--stop"]].concat())
    }

    fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.sandbox.pidfile()).expect("there is a pidfile");
        text.parse().unwrap_or_else(|_| panic!("no pid: {text:?}"))
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    fn serves(&self) -> bool {
        answers(self.address())
    }

    fn is_closed(&self) -> bool {
        TcpStream::connect(self.address()).is_err()
    }

    fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the daemon runs");
    }

    fn write_pidfile(&self, text: &str) {
        fs::write(self.sandbox.pidfile(), text).expect("writable");
    }
}

fn answers(address: SocketAddr) -> bool {
    Request::get("/").send(address, ANSWER_LIMIT).is_ok_and(|response| response.status == 200)
}

/// The pid of a process that is not a daemon, and that lives as long as the value.
fn stranger() -> Started {
    let mut command = Command::new("sleep");
    command.arg("300").stdin(Stdio::null());
    Started::spawn(&mut command).expect("sleep can be started")
}

/// A pid that nobody has.
fn unused_pid() -> i32 {
    let mut child = Command::new("true").spawn().expect("true can be started");
    let pid = child.id();
    child.wait().expect("it ends");
    i32::try_from(pid).expect("a pid")
}

// ---- the background

#[test]
fn the_start_returns_when_the_daemon_serves() {
    let place = Background::prepare(&hello());
    let output = place.start();
    assert!(place.serves(), "served when the start returned with {}: {}", output.code, output.stderr);
    output.expect_code(0);
    let pid = place.pid();
    assert!(processes::is_running(pid));
    assert_eq!(fs::read_link(format!("/proc/{pid}/cwd")).expect("it runs"), Path::new("/"));
}

#[test]
fn the_daemon_is_alone_in_its_session_without_a_terminal() {
    let place = Background::running(&hello());
    let stat = fs::read_to_string(format!("/proc/{}/stat", place.pid())).expect("it runs");
    // After the name: state, parent, group, session, terminal.
    let fields: Vec<&str> = stat.rsplit_once(')').expect("a name in brackets").1.split_whitespace().collect();
    assert_eq!(fields[4], "0", "no terminal");
    assert_ne!(fields[3], std::process::id().to_string());
    assert_ne!(fields[3], place.pid().to_string(), "not the leader, so that it cannot get a terminal");
}

#[test]
fn a_taken_port_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello());
    let _taken = TcpListener::bind(place.address()).expect("the port is free");
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains(&place.address().to_string()), "{}", output.stderr);
    assert!(!place.sandbox.pidfile().exists());
    assert_eq!(place.sandbox.processes(), [0; 0]);
}

#[test]
fn a_broken_configuration_is_told_before_the_start_returns() {
    let place = Background::prepare(&Config::new().plugin("p", "Timeout: 0"));
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains("No plugins loaded!"), "{}", output.stderr);
    assert!(!place.sandbox.pidfile().exists());
}

#[test]
fn a_pidfile_that_cannot_be_written_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello());
    let mut arguments = START.to_vec();
    arguments[5] = "{{DIR}}/missing/folder/smokerd.pid";
    let output = cli::smokerd(&place.sandbox, &arguments);
    output.expect_code(1);
    assert!(output.stderr.contains("missing/folder/smokerd.pid"), "{}", output.stderr);
    assert!(place.is_closed());
}

#[test]
fn a_log_file_that_cannot_be_written_is_told_before_the_start_returns() {
    let place = Background::prepare(&hello().top("stdout: {{DIR}}/smokerd.yaml/out"));
    let output = place.start();
    output.expect_code(1);
    assert!(output.stderr.contains("smokerd.yaml/out"), "{}", output.stderr);
    assert!(place.is_closed());
}

// ---- the pidfile

#[test]
fn a_second_daemon_is_refused() {
    let place = Background::running(&hello());
    let pid = place.pid();
    let output = place.start();
    output.expect_code(1);
    // It has the same port, too; which of the two is told first is free.
    let reasons = [pid.to_string(), place.address().to_string()];
    assert!(reasons.iter().any(|reason| output.stderr.contains(reason)), "{}", output.stderr);
    assert_eq!(place.pid(), pid, "the pidfile is as it was");
    assert!(place.serves());
}

#[test]
fn a_second_daemon_on_another_port_is_refused_with_the_pid_of_the_first() {
    let place = Background::running(&hello());
    let other = Sandbox::new();
    hello().write(&other).expect("writable");
    let pidfile = place.sandbox.pidfile();
    let pidfile = pidfile.to_str().expect("a plain path");
    let output = cli::smokerd(&other, &["--no-syslog", "-c", "{{DIR}}/smokerd.yaml", "-p", pidfile]);
    output.expect_code(1);
    assert!(output.stderr.contains(&place.pid().to_string()), "{}", output.stderr);
    assert!(place.serves());
}

#[test]
fn a_stale_pidfile_is_taken_over() {
    for stale in [unused_pid().to_string(), String::new(), "nonsense\n".to_owned()] {
        let place = Background::prepare(&hello());
        place.write_pidfile(&stale);
        place.start().expect_code(0);
        assert!(place.serves(), "{stale:?}");
        assert!(processes::is_running(place.pid()));
    }
}

#[test]
fn a_pidfile_left_by_a_killed_daemon_is_taken_over() {
    let place = Background::running(&hello());
    let killed = place.pid();
    place.signal(Signal::SIGKILL);
    wait::until_true("the daemon to be gone", || !processes::is_running(killed));
    wait::until_true("its port to be free", || place.is_closed());
    place.start().expect_code(0);
    assert!(place.serves());
    assert_ne!(place.pid(), killed);
}

#[test]
fn the_option_wins_over_the_key_and_the_key_over_the_default() {
    let place = Background::prepare(&hello().top("pidfile: {{DIR}}/key.pid"));
    let (key, option) = (place.sandbox.path("key.pid"), place.sandbox.pidfile());

    place.start().expect_code(0);
    assert!(option.exists() && !key.exists());
    place.stop().expect_code(0);

    let without = &START[..4];
    cli::smokerd(&place.sandbox, without).expect_code(0);
    assert!(key.exists() && !option.exists());
    cli::smokerd(&place.sandbox, &[without, &["--stop"]].concat()).expect_code(0);
    assert!(!key.exists());
}

#[test]
fn the_pidfile_of_another_is_not_removed() {
    let place = Background::running(&hello());
    let pid = place.pid();
    place.write_pidfile("1");
    kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the daemon runs");
    wait::until_true("the daemon to be gone", || !processes::is_running(pid));
    assert_eq!(fs::read_to_string(place.sandbox.pidfile()).expect("it is still there"), "1");
}

#[test]
fn the_foreground_writes_no_pidfile() {
    let daemon = Daemon::start(hello());
    assert!(!daemon.pidfile().exists());
}

// ---- the end

#[test]
fn stop_waits_until_the_daemon_is_gone() {
    // A command that ignores TERM keeps the daemon busy for its grace.
    let config = Config::new().plugin(
        "stubborn",
        "Command: trap '' TERM; echo $$ > {{DIR}}/pid; while :; do sleep 0.1; done\nTimeout: 60\nInterval: 0.1",
    );
    let place = Background::running(&config);
    let pid = place.pid();
    wait::until_true("the command to run", || {
        fs::read_to_string(place.sandbox.path("pid")).is_ok_and(|text| !text.is_empty())
    });
    place.stop().expect_code(0);
    assert!(!processes::is_running(pid), "gone when --stop returned");
    assert!(!place.sandbox.pidfile().exists());
    assert!(place.is_closed());
    assert_eq!(place.sandbox.processes(), [0; 0], "its command is gone, too");
}

#[test]
fn stop_without_a_pidfile_fails() {
    let output = Background::prepare(&hello()).stop();
    output.expect_code(1);
    assert!(output.stderr.contains("PID file doesn't exist! Daemon not running?"), "{}", output.stderr);
}

#[test]
fn stop_with_a_stale_pidfile_fails_and_says_why() {
    let place = Background::prepare(&hello());
    let pid = unused_pid().to_string();
    place.write_pidfile(&pid);
    let output = place.stop();
    output.expect_code(1);
    assert!(output.stderr.contains(&pid), "{}", output.stderr);
}

#[test]
fn stop_with_a_broken_configuration_fails() {
    let place = Background::prepare(&Config::whole("plugins: [\n"));
    let mut bystander = stranger();
    place.write_pidfile(&bystander.pid().to_string());
    place.stop().expect_code(1);
    assert!(bystander.is_running(), "nothing was signalled");
}

#[test]
fn a_pidfile_without_a_pid_stops_nothing() {
    for text in ["0", "-1", "1x", "", "99999999999999999999"] {
        let place = Background::prepare(&hello());
        place.write_pidfile(text);
        place.stop().expect_code(1);
    }
}

#[test]
fn a_term_ends_everything_and_the_exit_code_is_0() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let config = Config::new()
            .plugin("forced", "Command: echo x > {{DIR}}/forced; setsid sleep 300 & sleep 300\nTimeout: 300")
            .plugin("timed", "Command: echo x > {{DIR}}/timed; sleep 300\nTimeout: 300\nInterval: 0.1");
        let mut daemon = Daemon::start(config);
        let _ = daemon.force(&["forced"]);
        let _ = (daemon.wait_for_file("forced"), daemon.wait_for_file("timed"));
        let pid = daemon.pid();
        let begun = Instant::now();
        daemon.signal(signal);
        assert_eq!(daemon.wait_for_exit(), 0, "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(7), "{signal}: {:?}", begun.elapsed());
        let left: Vec<_> = daemon.processes().into_iter().filter(|left| *left != pid).collect();
        assert_eq!(left, [0; 0], "{signal}");
        assert!(daemon.log().contains("Shutting down"));
        assert!(TcpStream::connect(daemon.address()).is_err());
    }
}

#[test]
fn a_term_ends_commands_that_ignore_it() {
    let config = Config::new()
        .plugin("stubborn", "Command: trap '' TERM; echo x > {{DIR}}/begun; while :; do sleep 0.1; done\nTimeout: 300");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["stubborn"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert_eq!(daemon.processes(), [0; 0]);
}

#[test]
fn no_action_runs_for_what_was_ended() {
    let config = Config::new()
        .action("note", "Command: echo x > {{DIR}}/acted")
        .plugin("slow", "Command: echo x > {{DIR}}/begun; sleep 300\nTimeout: 300\nAction: note");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    assert!(!daemon.path("acted").exists());
}

#[test]
fn a_killed_daemon_leaves_no_commands_behind() {
    let config = Config::new().plugin("slow", "Command: echo x > {{DIR}}/begun; sleep 300\nTimeout: 300");
    let mut daemon = Daemon::start(config);
    let _ = daemon.force(&["slow"]);
    let _ = daemon.wait_for_file("begun");
    daemon.signal(Signal::SIGKILL);
    assert_eq!(daemon.wait_for_exit(), -9);
    wait::until_true("its commands to end", || daemon.processes().is_empty());
}

#[test]
fn a_signal_is_heeded_as_soon_as_the_port_is_open() {
    for _ in 0..10 {
        let sandbox = Sandbox::new();
        hello().write(&sandbox).expect("writable");
        let mut command = cli::smokerd_command(&sandbox, &[&["-fg"], &START[..]].concat());
        let mut started = Started::spawn(&mut command).expect("it can be started");
        let address = (Ipv4Addr::LOCALHOST, sandbox.port());
        wait::until_true("the port to open", || TcpStream::connect(address).is_ok() || !started.is_running());
        started.signal(Signal::SIGHUP);
        started.signal(Signal::SIGTERM);
        assert_eq!(started.exit_within(wait::PATIENCE), Some(0), "{}", sandbox.stderr());
    }
}

// ---- files

#[test]
fn a_hangup_reopens_the_log_files() {
    let config = hello().top("stdout: {{DIR}}/logs/out\nstderr: {{DIR}}/logs/err");
    let place = Background::running(&config);
    let (log, rotated) = (place.sandbox.path("logs/out"), place.sandbox.path("logs/out.1"));
    wait::until_true("the log file, whose folder is made", || log.exists());
    fs::rename(&log, &rotated).expect("writable");
    place.signal(Signal::SIGHUP);
    wait::until_true("the log file to be made again", || log.exists());
    assert!(place.serves());
    let target = fs::read_link(format!("/proc/{}/fd/1", place.pid())).expect("it runs");
    assert_eq!(target, log);
    place.stop().expect_code(0);
}

#[test]
fn a_daemon_in_the_foreground_survives_a_hangup() {
    let daemon = Daemon::start(hello());
    for _ in 0..3 {
        daemon.signal(Signal::SIGHUP);
        daemon.run("hello").expect_ok(&["hello"]);
    }
}

#[test]
fn the_standard_streams_go_where_they_are_configured() {
    let config = hello().top("stdin: /dev/null\nstdout: {{DIR}}/out\nstderr: {{DIR}}/err");
    let place = Background::running(&config);
    let stream = |number: i32| fs::read_link(format!("/proc/{}/fd/{number}", place.pid())).expect("it runs");
    assert_eq!(stream(0), Path::new("/dev/null"));
    assert_eq!(stream(1), place.sandbox.path("out"));
    assert_eq!(stream(2), place.sandbox.path("err"));
}

#[test]
fn streams_that_are_not_configured_go_nowhere() {
    let place = Background::running(&hello());
    for number in 0..3 {
        let stream = fs::read_link(format!("/proc/{}/fd/{number}", place.pid())).expect("it runs");
        assert_eq!(stream, Path::new("/dev/null"));
    }
}

#[test]
fn what_the_daemon_makes_only_its_owner_may_change() {
    let config = Config::new()
        .top("stdout: {{DIR}}/logs/out\nstderr: {{DIR}}/logs/err")
        .plugin("maker", "Command: touch {{DIR}}/made; umask");
    let place = Background::prepare(&config);
    let smokerd = cli::smokerd_command(&place.sandbox, &START);
    let mut open = place.sandbox.command(Path::new("/bin/sh"));
    open.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(smokerd.get_program()).args(smokerd.get_args());
    cli::run(&mut open).expect_code(0);
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&place.sandbox.pidfile()), 0o644);
    assert_eq!(mode(&place.sandbox.path("logs/out")), 0o644);
    assert_eq!(mode(&place.sandbox.path("logs")), 0o755);

    let body = r#"{"process": {"plugins": ["maker"]}}"#;
    let forced = Request::post("/processes", body).send(place.address(), ANSWER_LIMIT).expect("an answer");
    let page = forced.header("Location").expect("a place").to_owned();
    let done = wait::until("the run", || {
        let response = Request::get(&page).send(place.address(), ANSWER_LIMIT).expect("an answer");
        (response.status == 200).then(|| response.json())
    });
    Outcome(done["plugins"]["items"][0]["plugin"]["forcedResult"].clone()).expect_ok(&["0022"]);
    assert_eq!(mode(&place.sandbox.path("made")), 0o644);
}

#[test]
fn the_listening_socket_is_not_handed_to_commands() {
    let config = Config::new().plugin("fds", "Command: ls -l /proc/self/fd | grep -c socket; true");
    Daemon::start(config).run("fds").expect_ok(&["0"]);
}

/// A logging configuration as Python's `logging.config` reads it.
const LOGGING: &str = "[loggers]\nkeys=root\n\n[handlers]\nkeys=file\n\n[formatters]\nkeys=plain\n\n\
    [logger_root]\nlevel=INFO\nhandlers=file\n\n\
    [handler_file]\nclass=FileHandler\nlevel=INFO\nformatter=plain\nargs=('{{DIR}}/smoker.log', 'a')\n\n\
    [formatter_plain]\nformat=<%(levelname)s> %(message)s\n";

#[test]
#[ignore = "waits for the reader of logging.ini"]
fn a_logging_configuration_takes_the_place_of_the_handlers() {
    let daemon = Boot::of(hello().file("logging.ini", LOGGING))
        .argument("--logging-conf")
        .argument("{{DIR}}/logging.ini")
        .start();
    let log = daemon.wait_for_file("smoker.log");
    assert!(log.contains("<INFO> Loaded plugin hello"), "{log}");
    assert_eq!(daemon.log(), "", "the console is not written to");

    fs::rename(daemon.path("smoker.log"), daemon.path("smoker.log.1")).expect("writable");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the log file to be made again", || daemon.path("smoker.log").exists());
    daemon.run("hello").expect_ok(&["hello"]);
    let log = daemon.wait_for_file("smoker.log");
    assert!(log.contains("Forcing run of 1 plugins: hello"), "{log}");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_with_its_own_ids_can_be_stopped_and_started_again() {
    let place = Background::prepare(&hello().top("uid: 12345\ngid: 12345\nstdout: {{DIR}}/out"));
    for _ in 0..2 {
        place.start().expect_code(0);
        assert!(place.serves());
        place.signal(Signal::SIGHUP);
        assert!(place.serves(), "a log file that it cannot reopen does not end it");
        place.stop().expect_code(0);
        assert!(place.is_closed());
        assert_eq!(place.sandbox.processes(), [0; 0]);
    }
}
