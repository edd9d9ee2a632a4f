//! `--reload` returns when the configuration is in effect or was refused, with what became of it.

use std::os::unix::process::CommandExt;
use std::thread;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::{Config, hello};
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::skip;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::reload::held::Held;

/// Every outcome, for a daemon however it runs and is asked. What is said to be in effect is so when the command returns.
fn every_outcome(daemon: &Daemon, ask: impl Fn() -> Output) {
    let ask = |config: &Config, code: i32| {
        daemon.write(config);
        let output = ask();
        output.expect_code(code);
        output
    };
    let status = |plugin: &str| daemon.get(&format!("/plugins/{plugin}")).status;
    let output = ask(&hello().plugin("new", "Command: 'true'"), 0);
    assert_eq!(status("new"), 200);
    expect_line(&output.stdout, &["Reloaded", "1 added (new)", "1 unchanged"]);
    assert_eq!(output.stderr, "");

    // What an operator should know is no reason to fail.
    let output = ask(&hello().top("bindport: 1"), 0);
    expect_line(&output.stderr, &["WARNING", "smokerd.yaml:", "bindport"]);
    assert_eq!(status("new"), 404);

    let output = ask(&hello().plugin("timeless", "Command: x\nTimeout: 0").plugin("other", "Command: x"), 3);
    expect_line(&output.stderr, &["ERROR", "smokerd.yaml:", "Plugin timeless not loaded", "Timeout"]);
    expect_line(&output.stderr, &["WARNING: Reloaded", "1 added (other)", "is not in effect"]);
    assert_eq!((status("timeless"), status("other"), output.stdout.as_str()), (404, 200, ""));

    let output = ask(&hello().top("pidfile: /elsewhere\nbind_host: 127.0.0.2"), 3);
    expect_line(&output.stderr, &["ERROR", "bind_host is changed to 127.0.0.2", "next start", "127.0.0.1"]);
    assert_eq!(output.stderr.matches("ERROR: ").count(), 1, "-p overrides the pidfile: {}", output.stderr);

    let output = ask(&hello().top("bind_port: many").plugin("broken", "Command: x"), 1);
    expect_line(&output.stderr, &["ERROR", "smokerd.yaml:3:", "bind_port"]);
    expect_line(&output.stderr, &["ERROR", "smokerd.yaml is refused as a whole", "goes on"]);
    assert_eq!((status("hello"), status("broken"), output.stdout.as_str()), (200, 404, ""));
    assert_eq!(ask(&hello(), 0).stderr, "");
}

#[test]
fn it_says_what_became_of_the_configuration_in_the_background() {
    let daemon = Boot::in_background(hello()).start();
    every_outcome(&daemon, || daemon.ask_for_reload());
}

#[test]
fn it_says_so_in_the_foreground_by_a_pidfile_or_by_the_process_id() {
    let daemon = Daemon::start(hello());
    daemon.write_pidfile(&daemon.pid().to_string());
    every_outcome(&daemon, || daemon.ask_for_reload());
    every_outcome(&daemon, || cli::smokerd(&daemon.sandbox, &[&format!("--reload={}", daemon.pid())]));
}

#[test]
fn a_changed_logging_configuration_is_reported_because_it_is_not_read() {
    const LOGGING: &str = "[loggers]\nkeys=root\n[handlers]\nkeys=file\n[formatters]\nkeys=\n[logger_root]\nlevel=INFO\n\
        handlers=file\n[handler_file]\nclass=FileHandler\nargs=('{{DIR}}/log',)\n";
    let config = || hello().file("logging.ini", LOGGING);
    let daemon = Boot::in_background(config()).argument("--logging-conf").argument("{{DIR}}/logging.ini").start();
    daemon.write(&config());
    daemon.ask_for_reload().expect_code(0);
    daemon.write(&hello().file("logging.ini", &LOGGING.replace("INFO", "DEBUG")));
    let output = daemon.ask_for_reload();
    output.expect_code(3);
    expect_line(&output.stderr, &["ERROR", "logging.ini has changed", "next start"]);
}

#[test]
fn without_a_daemon_it_fails_and_signals_no_other_process() {
    let daemon = Boot::in_background(hello()).prepare();
    let ask = |words: &[&str], reason: &str| {
        let output = cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml"], words].concat());
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR", reason]);
    };
    let named = ["--reload", "-p", "{{PIDFILE}}"];
    ask(&named, "Daemon not running?");
    // SIGHUP would end it.
    let mut bystander = Started::bystander();
    daemon.write_pidfile(&bystander.pid().to_string());
    ask(&named, "nothing is signalled");
    ask(&[&format!("--reload={}", bystander.pid())], "is no smokerd");
    ask(&["--reload=1"], "is no smokerd");
    assert!(bystander.is_running());
    // The configuration is read for the pidfile that it names, and says why when it cannot be.
    daemon.write(&Config::whole("bind_port: many\n"));
    ask(&["--reload"], "smokerd.yaml:1:");
}

#[test]
fn each_program_that_asks_gets_the_outcome_of_a_reload_that_began_later() {
    let daemon = Boot::in_background(hello()).argument("-v").start();
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&config.plugin("first", "Command: 'true'"));
    thread::scope(|scope| {
        let first = scope.spawn(|| daemon.ask_for_reload());
        held.wait_for_reader();
        // These wait for the next reload, which reads what is there then.
        daemon.write(&hello().plugin("second", "Command: 'true'\nTimeout: 0").plugin("third", "Command: 'true'"));
        let later: Vec<_> = (0..3).map(|_| scope.spawn(|| daemon.ask_for_reload())).collect();
        drop(held);
        let first = first.join().expect("it ends");
        first.expect_code(0);
        expect_line(&first.stdout, &["Reloaded", "1 added (first)"]);
        for later in later {
            let later = later.join().expect("it ends");
            later.expect_code(3);
            expect_line(&later.stderr, &["Plugin second not loaded"]);
        }
    });
    assert_eq!(daemon.get("/plugins/third").status, 200);
}

#[test]
fn a_daemon_that_ends_meanwhile_fails_the_command() {
    let mut daemon = Daemon::start(hello());
    daemon.write_pidfile(&daemon.pid().to_string());
    let (mut held, config) = Held::new(&daemon);
    daemon.write(&config);
    let (pid, mut command) = (daemon.pid(), daemon.command());
    thread::scope(|scope| {
        let asked = scope.spawn(move || cli::run(command.arg("--reload")));
        held.wait_for_reader();
        daemon.signal(Signal::SIGTERM);
        let output = asked.join().expect("it ends");
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR", &pid.to_string(), "ended", "read its log"]);
    });
    assert_eq!(daemon.wait_for_exit(), 0);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_account_of_a_daemon_that_gave_up_root_may_ask_and_another_may_not() {
    const ACCOUNT: u32 = 12_345;
    let config = |plugin: &str| hello().top("uid: 12345\ngid: 12345").plugin(plugin, "Command: 'true'");
    for boot in [Boot::of(hello().top("uid: 12345\ngid: 12345")), Boot::in_background(config("old"))] {
        let daemon = boot.start();
        if !daemon.pidfile().exists() {
            daemon.write_pidfile(&daemon.pid().to_string());
        }
        daemon.write(&config("new"));
        daemon.ask_for_reload().expect_code(0);
        assert_eq!(daemon.get("/plugins/new").status, 200);

        let as_account = |id: u32, option: &str| cli::run(daemon.command().arg(option).uid(id).gid(id));
        daemon.write(&config("newer"));
        for option in ["--reload".to_owned(), format!("--reload={}", daemon.pid())] {
            let output = as_account(ACCOUNT + 1, &option);
            output.expect_code(1);
            assert!(output.stderr.starts_with("ERROR: "), "{}", output.stderr);
        }
        assert_eq!(daemon.get("/plugins/newer").status, 404);
        as_account(ACCOUNT, "--reload").expect_code(0);
        assert_eq!(daemon.get("/plugins/newer").status, 200);
        as_account(ACCOUNT, "--stop").expect_code(0);
        assert!(daemon.is_closed());
    }
}

/// From another network namespace the socket cannot be seen, which looks as a daemon of an older version does.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_that_cannot_say_what_became_of_it_is_signalled_and_that_is_reported() {
    let Some(unshare) = skip::program("unshare", "apt-get install util-linux") else { return };
    let daemon = Boot::in_background(hello()).start();
    daemon.write(&hello().plugin("new", "Command: 'true'"));
    let ask = daemon.command();
    let mut command = daemon.sandbox.command(&unshare);
    command.arg("--net").arg(ask.get_program()).args(ask.get_args()).arg("--reload");
    let output = cli::run(&mut command);
    output.expect_code(0);
    expect_line(&output.stderr, &["WARNING", &daemon.pid().to_string(), "SIGHUP", "read its log"]);
    wait::until_true("the new configuration", || daemon.get("/plugins/new").status == 200);
}
