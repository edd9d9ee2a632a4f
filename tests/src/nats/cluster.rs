//! Three NATS servers, each on a host of its own, which can be cut off from all others.

use std::path::Path;

use crate::machine::network::{OtherHost, Switch};
use crate::machine::skip;
use crate::nats::bridge_command;
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// How many servers: the least that go on when one is gone.
const SERVERS: u32 = 3;

/// The servers, in the network of the thread that has started them. They end with the test.
#[derive(Debug)]
pub struct Cluster {
    members: Vec<Member>,
    switch: Switch,
}

#[derive(Debug)]
struct Member {
    address: String,
    host: OtherHost,
    _started: Started,
    /// Dropped last: it kills what is left.
    sandbox: Sandbox,
}

impl Cluster {
    /// Starts them; `None`, said loudly, where they cannot be had.
    #[must_use]
    pub fn start() -> Option<Self> {
        let program = skip::program("nats-server", "install nats-server")?;
        let switch = Switch::with_address("10.77.0.254/24")?;
        let members = (1..=SERVERS).map(|number| Member::start(number, &switch, &program)).collect();
        Some(Self { members, switch })
    }

    /// The addresses of all servers, with commas.
    #[must_use]
    pub fn urls(&self) -> String {
        self.members.iter().map(Member::url).collect::<Vec<_>>().join(",")
    }

    /// The address of one of them.
    #[must_use]
    pub fn url(&self, server: usize) -> String {
        self.members[server].url()
    }

    /// Makes the streams of a fleet on all servers, once these have found each other.
    pub fn make_streams(&self, fleet: &str) {
        let urls = self.urls();
        let words = ["streams", "--servers", &urls, "--fleet", fleet, "--replicas", "3"];
        wait::until_true("streams on three servers", || bridge_command(&self.members[0].sandbox, &words).code == 0);
    }

    /// Has nothing come to a server or from it any more. It runs on.
    pub fn cut_off(&self, server: usize) {
        self.switch.unplug(&self.members[server].host);
    }

    /// Joins it with the others again.
    pub fn bring_back(&self, server: usize) {
        self.switch.plug_in(&self.members[server].host);
    }
}

impl Member {
    fn start(number: u32, switch: &Switch, program: &Path) -> Self {
        let sandbox = Sandbox::new();
        let address = address(number);
        let host = switch.host(number, &format!("{address}/24"), &sandbox);
        let routes: Vec<_> = (1..=SERVERS).map(|number| format!("nats://{}:6222", self::address(number))).collect();
        let text = format!(
            "server_name: n{number}\nlisten: {address}:4222\nping_interval: 5s\njetstream {{ store_dir: \"{}\" }}\n\
             cluster {{ name: test, listen: {address}:6222, routes: [{}] }}\n",
            sandbox.path("jetstream").display(),
            routes.join(", ")
        );
        sandbox.write("nats.conf", text.as_bytes()).expect("a configuration");
        let mut command = sandbox.command(Path::new("nsenter"));
        command.args(host.entering()).arg(program).arg("-c").arg(sandbox.path("nats.conf"));
        let started = Started::spawn(&mut command).expect("nats-server can be started");
        Self { address, host, _started: started, sandbox }
    }

    fn url(&self) -> String {
        format!("nats://{}:4222", self.address)
    }
}

fn address(number: u32) -> String {
    format!("10.77.0.{number}")
}
