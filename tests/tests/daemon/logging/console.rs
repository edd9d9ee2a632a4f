//! The standard streams: who reads them slowly, or not at all, and the journal.

use std::fs;
use std::fs::File;
use std::io::{Read, pipe};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;

use std::os::fd::OwnedFd;

use nix::sys::signal::Signal;
use smoker_tests::background::{answers, hello};
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Boot;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::logging::fileconfig::{one_handler, with_handler};

const FOREGROUND: [&str; 5] = ["-fg", "--no-syslog", "-v", "-c", "{{DIR}}/smokerd.yaml"];

fn address(sandbox: &Sandbox) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, sandbox.port()).into()
}

fn wait_until_it_serves(sandbox: &Sandbox, started: &mut Started) {
    wait::until_true("the daemon to serve", || answers(address(sandbox)) || !started.is_running());
    assert!(started.is_running(), "{}", sandbox.stderr());
}

#[test]
fn a_stream_handler_writes_to_the_stream_that_it_names() {
    for (stream, names) in [("sys.stdout", "stdout"), ("sys.stderr", "stderr")] {
        let daemon = with_handler(&format!("class=StreamHandler\nargs=({stream},)"));
        wait::until_true("the first lines", || daemon.console().contains("Starting webserver"));
        let path = daemon.path("").parent().expect("a folder in the sandbox").join(names);
        let text = fs::read_to_string(path).expect("it is there");
        expect_line(&text, &["<INFO> smokerd.pluginmanager: Loaded plugin hello"]);
    }
}

/// The reader holds the pipe open and reads nothing.
#[test]
fn a_console_that_nobody_reads_harms_nobody_and_what_is_missing_is_counted() {
    let sandbox = Sandbox::new();
    let long = "Command: head -c 200000 /dev/zero | tr '\\0' x";
    Config::new().plugin("long", long).write(&sandbox).expect("writable");
    let (mut reader, writer) = pipe().expect("a pipe");
    let mut command = cli::smokerd_command(&sandbox, &FOREGROUND);
    command.stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
    let mut started = Started::spawn(&mut command).expect("it can be started");
    drop(command);
    wait_until_it_serves(&sandbox, &mut started);
    for _ in 0..60 {
        let forced = Request::post("/processes", r#"{"process": {"plugins": ["long"]}}"#);
        let response = forced.send(address(&sandbox), ANSWER_LIMIT).expect("an answer while nobody reads");
        let page = response.header("Location").expect("a place").to_owned();
        wait::until_true("the run", || {
            Request::get(&page).send(address(&sandbox), ANSWER_LIMIT).expect("an answer").status == 200
        });
    }
    started.signal(Signal::SIGTERM);
    assert!(started.exit_within(wait::DEADLINE).is_some(), "it ends while nobody reads");
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("what the pipe held");
    expect_line(&text, &["INFO: Loaded plugin long"]);
}

#[test]
fn a_console_that_is_read_again_tells_what_is_missing() {
    let sandbox = Sandbox::new();
    let long = "Command: head -c 1000000 /dev/zero | tr '\\0' x";
    Config::new().plugin("long", long).write(&sandbox).expect("writable");
    let (mut reader, writer) = pipe().expect("a pipe");
    let mut command = cli::smokerd_command(&sandbox, &FOREGROUND);
    command.stdout(writer);
    let mut started = Started::spawn(&mut command).expect("it can be started");
    drop(command);
    wait_until_it_serves(&sandbox, &mut started);
    let run = || {
        let forced = Request::post("/processes", r#"{"process": {"plugins": ["long"]}}"#);
        let response = forced.send(address(&sandbox), ANSWER_LIMIT).expect("an answer");
        let page = response.header("Location").expect("a place").to_owned();
        wait::until_true("the run", || {
            Request::get(&page).send(address(&sandbox), ANSWER_LIMIT).expect("an answer").status == 200
        });
    };
    (0..10).for_each(|_| run());
    wait::until_true("the complaint", || sandbox.stderr().contains("lines are dropped"));
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    wait::until_true("an answer", || answers(address(&sandbox)));
    // The mark is written once there is room for it.
    let mark = || Request::get("/mark").send(address(&sandbox), ANSWER_LIMIT).expect("an answer");
    for _ in 0..50 {
        mark();
        std::thread::yield_now();
    }
    started.signal(Signal::SIGTERM);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
    let text = reading.join().expect("no panic").expect("readable");
    expect_line(&text, &["WARNING: ", "lines are missing here"]);
    expect_line(&text, &["INFO: Shutting down"]);
}

#[test]
fn levels_reach_the_journal() {
    let sandbox = Sandbox::new();
    hello().plugin("bad", "Timeout: 0").write(&sandbox).expect("writable");
    let (mut reader, writer) = UnixStream::pair().expect("a pair");
    let writer = OwnedFd::from(writer);
    let metadata = File::from(writer.try_clone().expect("a descriptor")).metadata().expect("it is open");
    let mut command = cli::smokerd_command(&sandbox, &["-fg", "-v", "-c", "{{DIR}}/smokerd.yaml"]);
    command.env("JOURNAL_STREAM", format!("{}:{}", metadata.dev(), metadata.ino()));
    command.stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
    let mut started = Started::spawn(&mut command).expect("it can be started");
    drop(command);
    wait_until_it_serves(&sandbox, &mut started);
    started.signal(Signal::SIGTERM);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("readable");
    expect_line(&text, &["<6>INFO: Loaded plugin hello"]);
    expect_line(&text, &["<3>ERROR: ", "Plugin bad not loaded"]);
    assert!(!text.contains("/dev/log"), "syslog would have every line a second time: {text}");
}

/// A process that a service starts inherits the variable, and another stream.
#[test]
fn a_variable_that_is_not_about_our_stream_changes_nothing() {
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    let mut command = cli::smokerd_command(&sandbox, &FOREGROUND);
    command.env("JOURNAL_STREAM", "8:12345");
    let mut started = Started::spawn(&mut command).expect("it can be started");
    wait_until_it_serves(&sandbox, &mut started);
    wait::until_true("the first lines", || sandbox.stdout().contains("INFO: Loaded plugin hello"));
    assert!(!sandbox.stdout().contains('<'), "{}", sandbox.stdout());
}

#[test]
fn an_empty_name_stands_for_no_logging_configuration() {
    let sandbox = Sandbox::new();
    hello().file("logging.ini", &one_handler("class=NullHandler")).write(&sandbox).expect("writable");
    let arguments = [&FOREGROUND[..], &["--logging-conf", ""]].concat();
    let mut started = Started::spawn(&mut cli::smokerd_command(&sandbox, &arguments)).expect("it can be started");
    wait_until_it_serves(&sandbox, &mut started);
    wait::until_true("the first lines", || sandbox.stdout().contains("INFO: Loaded plugin hello"));
}

#[test]
fn who_asks_for_more_than_the_configuration_has_is_told() {
    let daemon = with_handler("class=NullHandler");
    expect_line(&daemon.console(), &["NOTE: ", "logging.ini decides what is logged, not -v or -d"]);
}

#[test]
fn plugins_are_not_told_of_a_journal_that_is_not_theirs() {
    let config = Config::new().plugin("env", "Command: echo \"<${JOURNAL_STREAM-none}>\"");
    let daemon = Boot::of(config).environment("JOURNAL_STREAM", "8:12345").start();
    daemon.run("env").expect_ok(&["<none>"]);
}

#[test]
fn a_console_that_is_closed_is_given_up_and_told_of_once() {
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    let (reader, writer) = pipe().expect("a pipe");
    let mut command = cli::smokerd_command(&sandbox, &FOREGROUND);
    let mut started = Started::spawn(command.stdout(writer)).expect("it can be started");
    drop((command, reader));
    wait_until_it_serves(&sandbox, &mut started);
    wait::until_true("the complaint", || sandbox.stderr().contains("Broken pipe"));
    for _ in 0..10 {
        assert!(answers(address(&sandbox)));
    }
    started.signal(Signal::SIGTERM);
    assert_eq!(started.exit_within(wait::DEADLINE), Some(0));
    let told = sandbox.stderr();
    assert_eq!(told.matches("can't write to the console: Broken pipe").count(), 1, "{told}");
    expect_line(&told, &["nothing more is logged there"]);
}
