//! The standard streams: who reads them slowly, or not at all, and the journal.

use std::fs;
use std::fs::File;
use std::io::{Read, pipe};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::wait;

use crate::logging::fileconfig::{one_handler, with_handler};

/// Starts a daemon that writes its standard output into this.
fn start_into(boot: Boot, stdout: impl Into<Stdio>) -> Daemon {
    let mut daemon = boot.prepare();
    let mut command = daemon.command();
    daemon.spawn(command.stdout(stdout));
    drop(command);
    daemon.wait_until_it_serves();
    daemon
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
    let (mut reader, writer) = pipe().expect("a pipe");
    let mut daemon = Boot::of(Config::new().plugin("long", "Command: head -c 200000 /dev/zero | tr '\\0' x")).prepare();
    let mut command = daemon.command();
    command.stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
    daemon.spawn(&mut command);
    drop(command);
    daemon.wait_until_it_serves();
    for _ in 0..60 {
        let _ = daemon.run("long");
    }
    daemon.signal(Signal::SIGTERM);
    let _ = daemon.wait_for_exit();
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("what the pipe held");
    expect_line(&text, &["INFO: Loaded plugin long"]);
}

#[test]
fn a_console_that_is_read_again_tells_what_is_missing() {
    let (mut reader, writer) = pipe().expect("a pipe");
    let boot = Boot::of(Config::new().plugin("long", "Command: head -c 1000000 /dev/zero | tr '\\0' x"));
    let mut daemon = start_into(boot, writer);
    for _ in 0..10 {
        let _ = daemon.run("long");
    }
    wait::until_true("the complaint", || daemon.sandbox.stderr().contains("lines are dropped"));
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).map(|_| text)
    });
    wait::until_true("an answer", || daemon.serves());
    // The mark is written once there is room for it.
    for _ in 0..50 {
        let _ = daemon.get("/mark");
        std::thread::yield_now();
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let text = reading.join().expect("no panic").expect("readable");
    expect_line(&text, &["WARNING: ", "missing here"]);
    expect_line(&text, &["INFO: Shutting down"]);
}

#[test]
fn levels_reach_the_journal() {
    let (mut reader, writer) = UnixStream::pair().expect("a pair");
    let writer = OwnedFd::from(writer);
    let metadata = File::from(writer.try_clone().expect("a descriptor")).metadata().expect("it is open");
    let stream = format!("{}:{}", metadata.dev(), metadata.ino());
    let mut daemon =
        Boot::of(hello().plugin("bad", "Timeout: 0")).with_syslog().environment("JOURNAL_STREAM", &stream).prepare();
    let mut command = daemon.command();
    command.stdout(writer.try_clone().expect("a descriptor")).stderr(writer);
    daemon.spawn(&mut command);
    drop(command);
    daemon.wait_until_it_serves();
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("readable");
    expect_line(&text, &["<6>INFO: Loaded plugin hello"]);
    expect_line(&text, &["<3>ERROR: ", "Plugin bad not loaded"]);
    assert!(!text.contains("/dev/log"), "syslog would have every line a second time: {text}");
}

/// A process that a service starts inherits the variable, and another stream.
#[test]
fn a_variable_that_is_not_about_our_stream_changes_nothing() {
    let daemon = Boot::of(hello()).environment("JOURNAL_STREAM", "8:12345").start();
    let stdout = || daemon.sandbox.stdout();
    wait::until_true("the first lines", || stdout().contains("INFO: Loaded plugin hello"));
    assert!(!stdout().contains('<'), "{}", stdout());
}

#[test]
fn an_empty_name_stands_for_no_logging_configuration() {
    let config = hello().file("logging.ini", &one_handler("class=NullHandler"));
    let daemon = Boot::of(config).argument("--logging-conf").argument("").start();
    wait::until_true("the first lines", || daemon.sandbox.stdout().contains("INFO: Loaded plugin hello"));
}

#[test]
fn asking_for_more_than_the_configuration_has_is_reported() {
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
fn a_console_that_is_closed_is_given_up_and_reported_once() {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    let mut daemon = start_into(Boot::of(hello()), writer);
    wait::until_true("the complaint", || daemon.sandbox.stderr().contains("Broken pipe"));
    for _ in 0..10 {
        assert!(daemon.serves());
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let told = daemon.sandbox.stderr();
    assert_eq!(told.matches("cannot write to the console: Broken pipe").count(), 1, "{told}");
    expect_line(&told, &["nothing more is logged there"]);
}
