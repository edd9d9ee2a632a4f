//! What every init script does, whatever system it is for.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use smoker_tests::cli;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::lines::expect_line;
use smoker_tests::machine::processes;
use smoker_tests::machine::processes::unused_pid;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::service::init::system::{BAD, GOOD, System};

/// Where each script keeps its lock when nothing else is said.
fn lock(system: &System) -> PathBuf {
    let rhel = system.path("var/lock/subsys/smokerd");
    if rhel.exists() { rhel } else { system.path("var/run/smokerd.lock") }
}

/// Kills the daemon and waits until the kernel has closed its files, for which
/// the first of its threads does not wait.
fn kill_daemon(system: &System) {
    kill(Pid::from_raw(system.pid()), Signal::SIGKILL).expect("it runs");
    let lock = File::open(system.path("var/run/smokerd.pid.lock")).expect("it stays");
    wait::until_true("the daemon to let go of its lock", || lock.try_lock_shared().is_ok());
}

pub(crate) fn start_and_stop(system: &System) {
    expect_line(&system.expect("status", 3).stdout, &["not running"]);
    expect_line(&system.expect("start", 0).stdout, &["Starting smokerd"]);
    assert!(system.serves(), "it serves when the script returns");
    let pid = system.pid();
    expect_line(&system.expect("status", 0).stdout, &["running", &pid.to_string()]);
    assert!(lock(system).exists());

    expect_line(&system.expect("start", 0).stdout, &["already running"]);
    assert_eq!(system.pid(), pid, "the same daemon");

    expect_line(&system.expect("stop", 0).stdout, &["Stopping smokerd"]);
    assert!(!processes::is_running(pid), "it is gone when the script returns");
    assert!(!lock(system).exists() && !system.pidfile().exists());
    system.expect("status", 3);
    system.expect("stop", 0);
}

pub(crate) fn restart(system: &System) {
    system.expect("restart", 0);
    let first = system.pid();
    assert!(system.serves(), "restart starts what did not run");
    system.expect("restart", 0);
    assert!(system.serves());
    assert_ne!(system.pid(), first);
    assert!(!processes::is_running(first));

    // A configuration that is refused does not end the daemon that runs.
    let second = system.pid();
    system.write("etc/smokerd/smokerd.yaml", BAD);
    let output = system.expect("restart", 6);
    expect_line(&output.stderr, &["etc/smokerd/smokerd.yaml:1", "bind_port"]);
    assert!(system.serves() && system.pid() == second);
    // Nor does it keep it from being stopped.
    system.expect("stop", 0);
    expect_line(&system.expect("start", 1).stderr, &["bind_port"]);
    assert!(!system.has_daemon());
}

pub(crate) fn reload(system: &System) {
    system.expect("reload", 7);
    system.expect("force-reload", 7);
    system.expect("start", 0);
    let pid = system.pid();

    system.write("etc/smokerd/smokerd.yaml", BAD);
    for action in ["reload", "force-reload"] {
        let output = system.expect(action, 1);
        expect_line(&output.stderr, &["etc/smokerd/smokerd.yaml:1", "bind_port"]);
        expect_line(&output.stderr, &["refused as a whole"]);
    }
    assert!(system.serves() && system.pid() == pid);

    system.write("etc/smokerd/smokerd.yaml", &GOOD.replace("hello:", "other:"));
    let output = system.expect("reload", 0);
    let other = Request::get("/plugins/other").send(system.address(), ANSWER_LIMIT).expect("an answer");
    assert_eq!(other.status, 200, "the new configuration counts when the script returns");
    expect_line(&output.stdout, &["Reloading smokerd"]);
    expect_line(&output.stdout, &["Reloaded", "1 added (other)", "1 removed (hello)"]);
    assert_eq!(system.pid(), pid);

    // What the daemon takes with a plugin left out is in effect, and its exit status says so.
    let partly = GOOD.replace("hello: {", "timeless: {Timeout: 0, Command: x}, hello: {");
    system.write("etc/smokerd/smokerd.yaml", &partly);
    expect_line(&system.expect("force-reload", 3).stderr, &["Plugin timeless not loaded"]);
    assert_eq!(system.pid(), pid);
}

pub(crate) fn conditional_restart(system: &System) {
    for action in ["condrestart", "try-restart"] {
        system.expect(action, 0);
        assert!(!system.has_daemon(), "{action} starts nothing");
    }
    system.expect("start", 0);
    for action in ["condrestart", "try-restart"] {
        let pid = system.pid();
        system.expect(action, 0);
        assert!(system.serves() && system.pid() != pid, "{action}");
    }
}

pub(crate) fn stale_pidfile(system: &System) {
    system.expect("start", 0);
    let killed = system.pid();
    kill_daemon(system);
    expect_line(&system.expect("status", 1).stdout, &["smokerd.pid"]);
    let lock = lock(system);
    assert!(lock.exists(), "it is as dead as the pidfile");
    system.expect("reload", 7);
    system.expect("start", 0);
    assert!(system.serves() && system.pid() != killed);
    system.expect("stop", 0);

    for stale in [unused_pid().to_string(), String::new(), "nonsense\n".to_owned(), "1\n".to_owned(), "-1".to_owned()] {
        system.write("var/run/smokerd.pid", &stale);
        system.expect("status", 1);
        system.expect("stop", 0);
        assert!(!system.pidfile().exists(), "{stale:?} is removed");
    }

    fs::write(&lock, "").expect("writable");
    expect_line(&system.expect("status", 2).stdout, &["lock"]);
    system.expect("stop", 0);
    system.expect("status", 3);
}

pub(crate) fn number_of_another_process(system: &System) {
    let mut stranger = Started::bystander();
    let number = stranger.pid().to_string();
    system.write("var/run/smokerd.pid", &number);
    system.expect("status", 1);
    system.expect("reload", 7);
    system.expect("condrestart", 0);
    system.expect("stop", 0);
    assert!(stranger.is_running(), "stop leaves others alone");
    system.write("var/run/smokerd.pid", &number);
    system.expect("start", 0);
    assert!(system.serves() && stranger.is_running());
    assert_ne!(system.pid().to_string(), number);
}

fn expect_line_unless_stop(action: &str, stderr: &str) {
    if action != "stop" {
        expect_line(stderr, &["ERROR", "broken"]);
    }
}

pub(crate) fn generated_configuration(system: &System) {
    let hello = |system: &System, text: &str| system.write("etc/smokerd/plugin.d/hello.yaml", text);
    let written = |system: &System| fs::read_to_string(system.path("etc/smokerd/smokerd.yaml")).expect("readable");
    system.defaults("GENCONFIG=1");
    system.write("etc/smokerd/smokerd.yaml", "old: file\n");

    // Nothing to make it of.
    expect_line(&system.expect("start", 6).stderr, &["neither common.yaml"]);
    system.write("etc/smokerd/common.yaml", "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n");
    system.write("etc/smokerd/template.d/BasePlugin.yaml", "Timeout: 15\n");
    hello(system, "Command: [echo\n");
    // It was the only one.
    expect_line(&system.expect("start", 6).stderr, &["plugin.d/hello.yaml:"]);
    assert_eq!(written(system), "old: file\n");
    assert!(!system.has_daemon());

    hello(system, "Command: echo one\n");
    system.expect("start", 0);
    assert!(system.serves() && written(system).contains("echo one"));

    hello(system, "Command: echo two\n");
    system.expect("reload", 0);
    assert!(written(system).contains("echo two"));
    // A plugin that does not load is left out, and the others run.
    for broken in ["", "Command: [echo\n", "Command: x\nTemplate: Nowhere\n"] {
        system.write("etc/smokerd/plugin.d/broken.yaml", broken);
        for (action, code) in [("reload", 3), ("restart", 0), ("stop", 0), ("start", 0)] {
            expect_line_unless_stop(action, &system.expect(action, code).stderr);
        }
        assert!(system.serves() && written(system).contains("echo two"), "{broken}");
    }
    fs::remove_file(system.path("etc/smokerd/plugin.d/broken.yaml")).expect("written above");
    system.expect("reload", 0);
    let pid = system.pid();
    for action in ["reload", "force-reload", "restart", "condrestart"] {
        hello(system, "Command: echo three\nTimeout: never\n");
        expect_line(&system.expect(action, 6).stderr, &["plugin.d/hello.yaml:2", "Timeout"]);
        assert!(written(system).contains("echo two"), "{action}: the old file stays");
        assert!(system.serves() && system.pid() == pid, "{action}: the daemon goes on");
    }
    // The way out that the message tells.
    system.defaults("GENCONFIG=0");
    system.expect("restart", 0);
    assert!(system.serves());
}

pub(crate) fn what_is_missing(system: &System) {
    system.expect("start", 0);
    let pid = system.pid();
    fs::remove_file(system.path("usr/sbin/smokerd")).expect("ours");
    for action in ["restart", "reload", "force-reload", "condrestart"] {
        expect_line(&system.expect(action, 5).stderr, &["usr/sbin/smokerd"]);
    }
    assert_eq!(system.pid(), pid);
    system.expect("status", 0);
    // Whatever the package manager took away first, what runs can be stopped.
    system.expect("stop", 0);
    assert!(!processes::is_running(pid));
    expect_line(&system.expect("start", 5).stderr, &["BINARY", "etc/default/smokerd"]);
    system.expect("restart", 5);

    let elsewhere = system.path("usr/local/sbin");
    fs::create_dir_all(&elsewhere).expect("writable");
    symlink(smoker_tests::binary::path("smokerd"), elsewhere.join("smokerd")).expect("writable");
    fs::remove_file(system.path("etc/smokerd/smokerd.yaml")).expect("ours");
    for action in ["start", "restart"] {
        expect_line(&system.expect(action, 6).stderr, &["etc/smokerd/smokerd.yaml", "CONFIG"]);
    }
    system.write("etc/smokerd/smokerd.yaml", GOOD);
    system.expect("start", 0);
}

pub(crate) fn bad_usage(system: &System) {
    for action in ["", "reboot", "start-all", "--help", "start_daemon"] {
        let output = system.expect(action, 2);
        expect_line(&output.stderr, &["Usage:", "force-reload"]);
    }
    assert!(!system.has_daemon());
}

pub(crate) fn taken_port(system: &System) {
    let _taken = TcpListener::bind(system.address()).expect("the port is free");
    let output = system.expect("start", 1);
    expect_line(&output.stderr, &[&system.address().to_string()]);
    assert!(!system.has_daemon());
    system.expect("status", 3);
}

/// Runs the script as somebody who may do nothing in the system.
pub(crate) fn as_nobody(system: &System) {
    let nobody = |action: &str, code: i32| {
        let mut command = system.command(action);
        // Its own output goes to files that only root may write: they are open by then.
        command.uid(65_534).gid(65_534);
        let output = cli::run(&mut command);
        assert_eq!(output.code, code, "{action}: {}", output.text());
        output
    };
    nobody("status", 3);
    fs::create_dir_all(system.path("var/run")).expect("writable");
    expect_line(&nobody("start", 4).stderr, &["may not", "smokerd.pid"]);
    system.expect("start", 0);
    let pid = system.pid();
    nobody("status", 0);
    for action in ["stop", "restart", "reload", "force-reload", "condrestart", "try-restart"] {
        expect_line(&nobody(action, 4).stderr, &["may not"]);
    }
    assert!(system.serves() && system.pid() == pid);
    kill_daemon(system);
    nobody("status", 1);
    nobody("stop", 4);
}

pub(crate) fn overrides(system: &System) {
    system.defaults(
        "PROG=smoker-two\nBINARY={{DIR}}/opt/daemon\nPIDFILE={{DIR}}/opt/run/two.pid\nLOCKFILE={{DIR}}/opt/lock/two\n\
         CONFDIR={{DIR}}/opt/conf\nCONFIG=$CONFDIR/made.yaml\nGENCONFIG=1",
    );
    system.write("opt/conf/common.yaml", GOOD);
    symlink(smoker_tests::binary::path("smokerd"), system.path("opt/daemon")).expect("writable");
    expect_line(&system.expect("start", 0).stdout, &["Starting smoker-two"]);
    assert!(system.serves());
    for made in ["opt/run/two.pid", "opt/lock/two", "opt/conf/made.yaml"] {
        assert!(system.path(made).exists(), "{made}");
    }
    assert!(!system.pidfile().exists());
    expect_line(&system.expect("status", 0).stdout, &["smoker-two", "running"]);
    system.expect("stop", 0);
    assert!(!system.path("opt/run/two.pid").exists() && !system.path("opt/lock/two").exists());
}

/// The file with defaults of a Python Smoker: `OPTIONS`, and variables in the values of others.
pub(crate) fn options_of_the_original(system: &System) {
    system.defaults("CONFIG=${CONFDIR}/smokerd.yaml\nOPTIONS=\"-p ${PIDFILE} -c ${CONFIG} --no-syslog\"");
    system.expect("start", 0);
    assert!(system.serves() && system.has_daemon() && system.pidfile().exists());
    let arguments = fs::read(format!("/proc/{}/cmdline", system.pid())).expect("it runs");
    let arguments = String::from_utf8_lossy(&arguments).replace('\0', " ");
    assert!(arguments.contains(&format!(" -p {} ", system.pidfile().display())), "{arguments}");
    system.expect("reload", 0);
    system.expect("stop", 0);
    // The script would wait for its end.
    system.defaults("OPTIONS=-fg");
    expect_line(&system.expect("start", 6).stderr, &["-fg", "remove it"]);
    system.defaults("OPTIONS=--no-such-option");
    expect_line(&system.expect("start", 1).stderr, &["--no-such-option"]);
}

/// The script is run by a link from a runlevel, and with anything in the environment.
pub(crate) fn links_and_environment(system: &System) {
    fs::create_dir_all(system.path("etc/rc3.d")).expect("writable");
    let script = if system.path("etc/init.d").exists() { "init.d" } else { "rc.d/init.d" };
    let link = system.path("etc/rc3.d/S85smokerd");
    symlink(format!("../{script}/smokerd"), &link).expect("writable");
    let hostile = [
        "BINARY",
        "PIDFILE",
        "LOCKFILE",
        "CONFIG",
        "CONFDIR",
        "GENCONFIG",
        "SMOKERD_OPTIONS",
        "OPTIONS",
        "PROG",
        "root",
    ];
    let run = |action: &str| {
        let mut command = system.command_by(&link, action);
        command.envs(hostile.map(|name| (name, "/nosuch/place")));
        cli::run(&mut command).expect_code(0);
    };
    run("start");
    assert!(system.serves() && system.has_daemon());
    run("stop");
    assert!(!system.serves());
}

/// A command that ignores SIGTERM keeps the daemon busy for three seconds.
pub(crate) fn stop_waits(system: &System) {
    let stubborn = "trap '' TERM; echo $$ > {{DIR}}/stubborn; while :; do sleep 0.1; done";
    let plugins = format!("plugins:\n  stubborn:\n    Interval: 0.1\n    Command: \"{stubborn}\"\n");
    let head = GOOD.split("plugins:").next().unwrap_or_default();
    system.write("etc/smokerd/smokerd.yaml", &format!("{head}{plugins}"));
    system.expect("start", 0);
    let (daemon, file) = (system.pid(), system.path("stubborn"));
    let command = wait::until("the command to run", || fs::read_to_string(&file).ok()?.trim().parse().ok());
    system.expect("stop", 0);
    for process in [daemon, command] {
        assert!(!processes::is_running(process), "gone when the script returns");
    }
}

pub(crate) fn a_daemon_that_does_not_stop(system: &System) {
    system.expect("start", 0);
    let pid = system.pid();
    kill(Pid::from_raw(pid), Signal::SIGSTOP).expect("it runs");
    expect_line(&system.expect("stop", 0).stderr, &[&pid.to_string(), "killed"]);
    assert!(!processes::is_running(pid));
    assert!(!system.pidfile().exists());
}
