//! A daemon in the background, which no fixture started by itself.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::cli::{self, Output};
use crate::config::Config;
use crate::http::{ANSWER_LIMIT, Request};
use crate::sandbox::Sandbox;
use crate::started::Started;

/// The arguments of every start; the foreground asks for itself.
pub const START: [&str; 6] = ["--no-syslog", "-v", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"];

/// A configuration with one plugin that says hello.
#[must_use]
pub fn hello() -> Config {
    Config::new().plugin("hello", "Command: echo hello")
}

/// A place for a daemon in the background. Dropping the sandbox kills it.
#[derive(Debug)]
pub struct Background {
    /// Where it lives.
    pub sandbox: Sandbox,
}

impl Background {
    /// Writes the configuration, starts nothing.
    #[must_use]
    pub fn prepare(config: &Config) -> Self {
        let sandbox = Sandbox::new();
        config.write(&sandbox).expect("writable");
        Self { sandbox }
    }

    /// Starts a daemon that serves.
    #[must_use]
    pub fn running(config: &Config) -> Self {
        let place = Self::prepare(config);
        place.start().expect_code(0);
        place
    }

    /// Runs the starting command to its end.
    #[must_use]
    pub fn start(&self) -> Output {
        cli::smokerd(&self.sandbox, &START)
    }

    /// Runs `--stop` to its end.
    #[must_use]
    pub fn stop(&self) -> Output {
        cli::smokerd(&self.sandbox, &[&START[..], &["--stop"]].concat())
    }

    /// What the pidfile says.
    #[must_use]
    pub fn pid(&self) -> i32 {
        let text = fs::read_to_string(self.sandbox.pidfile()).expect("there is a pidfile");
        text.parse().unwrap_or_else(|_| panic!("no pid: {text:?}"))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    /// Whether it answers.
    #[must_use]
    pub fn serves(&self) -> bool {
        answers(self.address())
    }

    /// Whether nothing listens.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        TcpStream::connect(self.address()).is_err()
    }

    /// Signals the daemon.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the daemon runs");
    }

    /// Puts something else into the pidfile.
    pub fn write_pidfile(&self, text: &str) {
        fs::write(self.sandbox.pidfile(), text).expect("writable");
    }
}

/// Whether a daemon answers there.
#[must_use]
pub fn answers(address: SocketAddr) -> bool {
    Request::get("/").send(address, ANSWER_LIMIT).is_ok_and(|response| response.status == 200)
}

/// The pid of a process that is not a daemon, and that lives as long as the value.
#[must_use]
pub fn stranger() -> Started {
    let mut command = Command::new("sleep");
    command.arg("300").stdin(Stdio::null());
    Started::spawn(&mut command).expect("sleep can be started")
}

/// A pid that nobody has.
#[must_use]
pub fn unused_pid() -> i32 {
    let mut child = Command::new("true").spawn().expect("true can be started");
    let pid = child.id();
    child.wait().expect("it ends");
    i32::try_from(pid).expect("a pid")
}
