//! A real NATS server for one test, and bridges beside daemons.
//!
//! # Layout
//!
//! - `cluster`: three servers, one of which can be cut off
//! - `simulated`: bridges of many hosts that are none
//! - `frame`: what a server sends to its clients

pub mod cluster;
pub mod frame;
pub mod simulated;

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::binary;
use crate::cli::{self, Output};
use crate::daemon::Daemon;
use crate::machine::{ports, skip};
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// How often the start is tried again because another process has taken the port.
const PORT_TRIES: usize = 5;

/// A server with `JetStream` on a port of 127.0.0.1. It ends with the test.
#[derive(Debug)]
pub struct NatsServer {
    program: PathBuf,
    port: u16,
    started: Option<Started>,
    sandbox: Sandbox,
}

impl NatsServer {
    /// Starts one that permits everything; `None`, said loudly, where there is none.
    #[must_use]
    pub fn start() -> Option<Self> {
        Self::with("")
    }

    /// Starts one with these lines in its configuration, in which `{{DIR}}` is the folder of its sandbox.
    #[must_use]
    pub fn with(lines: &str) -> Option<Self> {
        let program = skip::program("nats-server", "install nats-server")?;
        let mut server = Self { program, port: ports::free(), started: None, sandbox: Sandbox::new() };
        for _ in 0..PORT_TRIES {
            server.configure(lines);
            if server.try_start() {
                return Some(server);
            }
            server.port = ports::free();
        }
        panic!("nats-server does not start: {}", server.sandbox.stderr());
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    /// The same as an address of TCP.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// A path in its sandbox.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.sandbox.stderr()
    }

    /// The port on which it waits for leaf nodes, where its configuration has `leafnodes`.
    #[must_use]
    pub fn leaf_port(&self) -> u16 {
        let log = self.log();
        let port = log.lines().rev().find_map(|line| line.rsplit_once("leafnode connections on ")?.1.rsplit_once(':'));
        port.and_then(|(_, port)| port.parse().ok()).expect("it listens for leaf nodes")
    }

    /// Kills it, so that it can finish nothing.
    pub fn kill(&mut self) {
        let mut started = self.started.take().expect("it runs");
        started.signal(Signal::SIGKILL);
        assert!(started.exit_within(wait::DEADLINE).is_some(), "it is killed");
    }

    /// Starts it again, with what it has stored.
    pub fn restart(&mut self) {
        assert!(self.try_start(), "{}", self.log());
    }

    /// The same with other lines in its configuration.
    pub fn restart_with(&mut self, lines: &str) {
        self.configure(lines);
        self.restart();
    }

    /// Makes the streams of a fleet.
    pub fn make_streams(&self, fleet: &str) {
        let words = ["streams", "--servers", &self.url(), "--fleet", fleet];
        bridge_command(&self.sandbox, &words).expect_code(0);
    }

    fn configure(&self, lines: &str) {
        let lines = self.sandbox.fill(lines);
        let store = self.sandbox.path("jetstream");
        let text =
            format!("listen: 127.0.0.1:{}\njetstream {{ store_dir: \"{}\" }}\n{lines}\n", self.port, store.display());
        self.sandbox.write("nats.conf", text.as_bytes()).expect("a configuration");
    }

    fn try_start(&mut self) -> bool {
        let mut command = self.sandbox.command(&self.program);
        command.arg("-c").arg(self.sandbox.path("nats.conf"));
        let mut started = Started::spawn(&mut command).expect("nats-server can be started");
        let serves = wait::until("nats-server to serve or to end", || {
            let runs = started.is_running();
            let serves = runs && self.greets();
            (serves || !runs).then_some(serves)
        });
        self.started = serves.then_some(started);
        serves
    }

    fn greets(&self) -> bool {
        let Ok(stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut line = String::new();
        stream.set_read_timeout(Some(Duration::from_secs(5))).is_ok()
            && BufReader::new(stream).read_line(&mut line).is_ok()
            && line.starts_with("INFO ")
    }
}

/// A bridge beside a daemon, whose configuration has `socket: '{{DIR}}/socket'`.
#[derive(Debug)]
pub struct Bridge {
    words: Vec<String>,
    started: Option<Started>,
    sandbox: Sandbox,
}

impl Bridge {
    /// Starts one for a host of the fleet `test`.
    #[must_use]
    pub fn start(server: &NatsServer, daemon: &Daemon, name: &str) -> Self {
        Self::with(&server.url(), &daemon.path("socket"), name, &[])
    }

    /// Starts one with these arguments, too.
    #[must_use]
    pub fn with(url: &str, socket: &Path, name: &str, more: &[&str]) -> Self {
        let sandbox = Sandbox::new();
        let (socket, state) = (socket.display().to_string(), sandbox.path("published").display().to_string());
        let words = ["--servers", url, "--fleet", "test", "--name", name, "--socket", &socket, "--state-dir", &state];
        let words = words.iter().chain(more).map(|&word| word.to_owned()).collect();
        let mut bridge = Self { words, started: None, sandbox };
        bridge.restart();
        bridge
    }

    /// Starts a sink of the fleet `test`, which works with no daemon.
    #[must_use]
    pub fn sink(server: &NatsServer, words: &[&str]) -> Self {
        let url = server.url();
        let words = words.iter().copied().chain(["--servers", &url, "--fleet", "test"]).map(str::to_owned).collect();
        let mut sink = Self { words, started: None, sandbox: Sandbox::new() };
        sink.restart();
        sink
    }

    /// Starts it again.
    pub fn restart(&mut self) {
        let mut command = self.sandbox.command(&binary::path("smoker-bridge"));
        command.args(&self.words);
        self.started = Some(Started::spawn(&mut command).expect("the bridge can be started"));
    }

    /// Ends it by a signal, and gives its exit code.
    pub fn end(&mut self, signal: Signal) -> i32 {
        let mut started = self.started.take().expect("it runs");
        started.signal(signal);
        started.exit_within(wait::DEADLINE).expect("it ends")
    }

    /// Sends it a signal that does not end it.
    pub fn signal(&self, signal: Signal) {
        self.started.as_ref().expect("it runs").signal(signal);
    }

    /// Removes what it knows of results that it has published.
    pub fn forget(&self) {
        fs::remove_dir_all(self.sandbox.path("published")).expect("its state");
    }

    /// What it has logged.
    #[must_use]
    pub fn log(&self) -> String {
        self.sandbox.stderr()
    }
}

/// Runs `smoker-bridge` to its end.
#[must_use]
pub fn bridge_command(sandbox: &Sandbox, words: &[&str]) -> Output {
    let mut command: Command = sandbox.command(&binary::path("smoker-bridge"));
    command.args(words);
    cli::run(&mut command)
}
