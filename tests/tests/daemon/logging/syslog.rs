//! Syslog: a real `rsyslogd` on a socket of its own, and the bytes themselves.

use std::fs;
use std::io::Read;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::skip::program;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::logging::fileconfig::{boot, one_handler};

/// A real syslog daemon with a socket and a file.
struct Rsyslog {
    program: PathBuf,
    sandbox: Sandbox,
    running: Option<Started>,
}

impl Rsyslog {
    /// None, after a loud line, where there is no rsyslog.
    fn new() -> Option<Self> {
        let program = program("rsyslogd", "install rsyslog")?;
        let sandbox = Sandbox::new();
        let config = "module(load=\"imuxsock\" SysSock.Use=\"off\")\n\
            input(type=\"imuxsock\" Socket=\"{{DIR}}/log\" RateLimit.Interval=\"0\")\n\
            global(workDirectory=\"{{DIR}}\")\n\
            template(name=\"parts\" type=\"string\" \
            string=\"%syslogfacility-text%.%syslogseverity-text% %programname%|%msg%\\n\")\n\
            *.* action(type=\"omfile\" file=\"{{DIR}}/received\" template=\"parts\")\n";
        sandbox.write("rsyslog.conf", config.as_bytes()).expect("writable");
        Some(Self { program, sandbox, running: None })
    }

    fn start(&mut self) {
        let mut command = self.sandbox.command(&self.program);
        command.args(["-n", "-f"]).arg(self.sandbox.path("rsyslog.conf")).arg("-i").arg(self.sandbox.path("pid"));
        self.running = Some(Started::spawn(&mut command).expect("rsyslogd can be started"));
        wait::until_true("rsyslogd to listen", || self.socket().exists());
    }

    /// Ends it, and takes its socket away.
    fn stop(&mut self) {
        self.running = None;
        let _ = fs::remove_file(self.socket());
    }

    fn socket(&self) -> PathBuf {
        self.sandbox.path("log")
    }

    fn received(&self) -> String {
        fs::read_to_string(self.sandbox.path("received")).unwrap_or_default()
    }

    fn wait_for(&self, words: &[&str]) {
        wait::until_true(&format!("{words:?} in the syslog"), || {
            self.received().lines().any(|line| words.iter().all(|word| line.contains(word)))
        });
    }
}

fn handler(arguments: &str) -> String {
    one_handler(&format!("class=handlers.SysLogHandler\n{arguments}"))
        .replace("<%(levelname)s> %(name)s: %(message)s", "%(name)s %(levelname)s %(message)s")
}

fn say(daemon: &Daemon, word: &str) {
    assert_eq!(daemon.get(&format!("/{word}")).status, 404);
}

#[test]
fn a_real_syslog_gets_facility_severity_and_name() {
    let Some(mut syslog) = Rsyslog::new() else { return };
    syslog.start();
    let socket = syslog.socket();
    let ini = handler(&format!("args=('{}', handlers.SysLogHandler.LOG_DAEMON)", socket.display()));
    let daemon = boot(hello().plugin("bad", "Timeout: 0").top("nonsense: 1"), &ini).start();
    say(&daemon, "the-last");
    syslog.wait_for(&["the-last"]);
    let received = syslog.received();
    expect_line(&received, &["daemon.info smokerd| INFO Starting daemon"]);
    expect_line(&received, &["daemon.info smokerd.pluginmanager| INFO Loaded plugin hello"]);
    expect_line(&received, &["daemon.warning smokerd| WARNING ", "nonsense"]);
    expect_line(&received, &["daemon.err smokerd.pluginmanager| ERROR ", "Plugin bad not loaded"]);
}

#[test]
fn a_syslog_that_is_restarted_gets_everything() {
    let Some(mut syslog) = Rsyslog::new() else { return };
    syslog.start();
    let ini = handler(&format!("args=('{}',)", syslog.socket().display()));
    let daemon = boot(hello(), &ini).start();
    syslog.wait_for(&["Starting webserver"]);
    syslog.stop();
    for number in 0..20 {
        say(&daemon, &format!("line-{number}-"));
    }
    syslog.start();
    syslog.wait_for(&["line-19-"]);
    let received = syslog.received();
    for number in 0..20 {
        assert_eq!(received.matches(&format!("line-{number}-")).count(), 1, "{received}");
    }
    wait::until_true("the good news", || daemon.console().contains("log handler it can write again"));
    let told = daemon.console();
    assert_eq!(told.matches("cannot write to").count(), 1, "{told}");
}

#[test]
fn a_syslog_that_comes_late_gets_everything() {
    let Some(mut syslog) = Rsyslog::new() else { return };
    let ini = handler(&format!("args=('{}', 'local3')", syslog.socket().display()));
    let daemon = boot(hello(), &ini).start();
    expect_line(&daemon.console(), &["ERROR: log handler it cannot write to", "No such file", "will go on trying"]);
    syslog.start();
    syslog.wait_for(&["local3.info smokerd| INFO Starting daemon"]);
    say(&daemon, "the-last");
    syslog.wait_for(&["the-last"]);
}

/// Receives until a text has come; returns all messages.
fn receive(socket: &UdpSocket, text: &str) -> Vec<String> {
    socket.set_read_timeout(Some(wait::DEADLINE)).expect("a socket takes a timeout");
    let mut messages = Vec::new();
    let mut buffer = vec![0; 70_000];
    loop {
        let length = socket.recv(&mut buffer).unwrap_or_else(|error| panic!("{error} after {messages:?}"));
        messages.push(String::from_utf8(buffer[..length].to_vec()).expect("UTF-8"));
        if messages.iter().any(|message| message.contains(text)) {
            return messages;
        }
    }
}

#[test]
fn a_network_syslog_gets_the_bytes_that_python_sends() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("bound").port();
    let ini = handler(&format!("args=(('localhost', {port}),)\nkwargs={{'facility': 'local7'}}"));
    let daemon = boot(hello(), &ini).start();
    let messages = receive(&socket, "Starting webserver");
    // local7 is 23, info is 6.
    assert!(messages.contains(&"<190>smokerd INFO Starting daemon\0".to_owned()), "{messages:?}");
    assert!(messages.contains(&"<190>smokerd.pluginmanager INFO Loaded plugin hello\0".to_owned()), "{messages:?}");
    drop(daemon);
}

#[test]
fn a_line_that_no_datagram_can_hold_is_cut() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("bound").port();
    let long = "Command: head -c 100000 /dev/zero | tr '\\0' x";
    let config = Config::new().plugin("long", long);
    let daemon = boot(config, &handler(&format!("args=(('127.0.0.1', {port}),)"))).start();
    assert_eq!(daemon.run("long").status(), "OK");
    let messages = receive(&socket, "Plugin long result");
    let message = messages.last().expect("there is one");
    assert!(message.len() > 30_000 && message.ends_with("xx\0"), "{} bytes", message.len());
    say(&daemon, "the-next");
    let _ = receive(&socket, "the-next");
}

#[test]
fn a_network_syslog_can_be_a_stream() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let ini = handler(&format!("args=(('127.0.0.1', {port}), 'user', socket.SOCK_STREAM)"));
    let daemon = boot(hello(), &ini).start();
    let (mut stream, _) = listener.accept().expect("it connects");
    stream.set_read_timeout(Some(wait::DEADLINE)).expect("a socket takes a timeout");
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while !text.contains("Starting webserver") {
        let length = stream.read(&mut buffer).expect("it sends");
        assert!(length > 0, "{text}");
        text.push_str(std::str::from_utf8(&buffer[..length]).expect("UTF-8"));
    }
    assert!(text.starts_with("<14>smokerd INFO Starting daemon\0<14>"), "{text:?}");

    drop(stream);
    wait::until_true("it to connect again", || {
        say(&daemon, "again");
        listener.set_nonblocking(true).is_ok() && listener.accept().is_ok()
    });
}

/// The default: no configuration, `/dev/log`.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn without_a_configuration_the_system_log_is_written_to() {
    let Some(unshare) = program("unshare", "install util-linux") else { return };
    let Some(mut syslog) = Rsyslog::new() else { return };
    syslog.start();
    // A /dev of its own, in which the log is ours.
    let script = format!(
        "mount -t tmpfs tmpfs /dev && mknod -m 666 /dev/null c 1 3 && mknod -m 666 /dev/urandom c 1 9 \
         && ln -s {} /dev/log && exec \"$@\"",
        syslog.socket().display()
    );
    let unshare = unshare.display().to_string();
    let mut daemon = Boot::of(hello())
        .with_syslog()
        .argument("--no-console")
        .through(&[&unshare, "-m", "sh", "-c", &script, "sh"])
        .prepare();
    daemon.spawn(&mut daemon.command());
    wait::until_true("the daemon to serve", || daemon.serves() || !daemon.is_running());
    if !daemon.is_running() && daemon.sandbox.stderr().contains("unshare") {
        return smoker_tests::machine::skip::skip("no test with a /dev/log of its own", "run it where unshare works");
    }
    syslog.wait_for(&["user.info smokerd| INFO Starting daemon"]);
    syslog.wait_for(&["user.info smokerd.pluginmanager| INFO Loaded plugin hello"]);
    assert_eq!(daemon.console(), "");
    assert!(Path::new(&syslog.socket()).exists());
}

/// Somebody has the socket, and reads nothing.
#[test]
fn a_syslog_that_reads_nothing_harms_nobody() {
    let sandbox = Sandbox::new();
    let socket = UnixDatagram::bind(sandbox.path("log")).expect("a socket");
    let path = sandbox.path("log").display().to_string();
    let daemon = boot(hello(), &handler(&format!("args=('{path}',)"))).start();
    // The kernel's queue takes some.
    let length = fs::read_to_string("/proc/sys/net/unix/max_dgram_qlen").unwrap_or_default();
    for number in 0..length.trim().parse().unwrap_or(512) + 10 {
        say(&daemon, &format!("line-{number}"));
    }
    let complaint = format!("log handler it cannot write to {path}: no reader took it in time; will go on trying");
    wait::until_true("the complaint", || daemon.console().contains(&complaint));
    say(&daemon, "the-last");
    socket.set_read_timeout(Some(wait::DEADLINE)).expect("a socket takes a timeout");
    let mut buffer = [0; 4096];
    let mut next = || socket.recv(&mut buffer).map(|length| String::from_utf8_lossy(&buffer[..length]).into_owned());
    while !next().expect("what waited comes, too").contains("the-last") {}
    assert_eq!(daemon.console().matches("cannot write").count(), 1, "{}", daemon.console());
}
