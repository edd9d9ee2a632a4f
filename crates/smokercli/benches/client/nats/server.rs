//! A real NATS server, and simulated bridges in a process of their own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use smoker_tests::binary;
use smoker_tests::machine::skip;
use smoker_tests::nats::NatsServer;
use smoker_tests::nats::simulated::SimulatedBridges;
use smoker_tests::wait;

use crate::SMOKERCLI;
use crate::again::{self, Serving, end_with_parent};
use crate::mode::NATS_BRIDGES;

/// How long the inventory may take to have all hosts.
const INVENTORY: Duration = Duration::from_secs(30);

/// How many bridges to simulate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    /// The server.
    pub(crate) server: SocketAddr,
    /// How many hosts.
    pub(crate) hosts: u32,
    /// One of this number dies while it is asked.
    pub(crate) one_in: Option<u32>,
}

/// Starts a server with the streams of the fleet `test`.
pub(super) fn start() -> Result<NatsServer, String> {
    let missing = || "needs nats-server; apt-get install nats-server".to_owned();
    skip::find("nats-server").ok_or_else(missing)?;
    let program = Path::new(SMOKERCLI).with_file_name("smoker-bridge");
    binary::check(&program).map_err(|reason| format!("{reason}; run `make bench`, which builds it"))?;
    let server = NatsServer::start().ok_or_else(missing)?;
    server.make_streams("test");
    Ok(server)
}

/// The arguments that ask the fleet through a server.
pub(super) fn through(url: &str) -> [&str; 5] {
    ["--nats", url, "--fleet", "test", "--no-progress"]
}

/// Starts the bridges, each with a connection of its own, and waits until the inventory has them. They end when the handle is dropped.
pub(super) fn start_bridges(server: &NatsServer, hosts: u32, one_in: Option<u32>) -> Result<Serving, String> {
    let mut command = again::command(NATS_BRIDGES)?;
    command.arg(server.address().to_string()).arg(hosts.to_string());
    command.args(one_in.map(|one_in| one_in.to_string()));
    let serving = Serving::start(command)?;
    let listed = || {
        let output = Command::new(SMOKERCLI).args(through(&server.url())).arg("--list-hosts").output().ok()?;
        (String::from_utf8_lossy(&output.stdout).lines().count() >= hosts as usize).then_some(())
    };
    wait::within(INVENTORY, listed).ok_or("the inventory does not have all hosts")?;
    Ok(serving)
}

/// Connects the bridges, says so, and answers until standard input ends.
pub(crate) fn run_bridges(size: Size) -> Result<(), String> {
    let bridges = SimulatedBridges::start(size.server, size.hosts, size.one_in);
    let _bridges = bridges.map_err(|error| format!("the bridges cannot connect: {error}"))?;
    println!("connected");
    end_with_parent();
    loop {
        thread::park();
    }
}

/// Lets this program, and what it starts, have as many files open as the system permits: each connection is one.
pub(super) fn raise_open_files() -> Result<(), String> {
    let failed = |error: nix::Error| format!("the limit of open files cannot be raised: {error}");
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(failed)?;
    setrlimit(Resource::RLIMIT_NOFILE, hard, hard).map_err(failed)
}
