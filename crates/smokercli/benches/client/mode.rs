//! What the command line asks for.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::bare_fleet;
use crate::measures;
use crate::nats::server;
use crate::stopwatch::{self, STOPWATCH};

/// The first word of each hidden mode.
pub(crate) const SIMULATOR: &str = "--simulator";
/// See [`SIMULATOR`].
pub(crate) const TLS_SIMULATOR: &str = "--tls-simulator";
/// See [`SIMULATOR`].
pub(crate) const BARE_FLEET: &str = "--bare-fleet";
/// See [`SIMULATOR`].
pub(crate) const BARE_ROUNDS: &str = "--bare-rounds";
/// See [`SIMULATOR`].
pub(crate) const DIFFERENCES: &str = "--differences";
/// See [`SIMULATOR`].
pub(crate) const ODD: &str = "--odd";
/// See [`SIMULATOR`].
pub(crate) const NATS_BRIDGES: &str = "--nats-bridges";
/// See [`SIMULATOR`].
pub(crate) const BARE_NATS: &str = "--bare-nats";
/// See [`SIMULATOR`].
pub(crate) const STUB_DAEMON: &str = "--stub-daemon";

/// What to do.
#[derive(Debug)]
pub(crate) enum Mode {
    /// Measure whatever has this word in its name.
    Measure(String),
    /// Answer as daemons do.
    Simulator,
    /// Answer as daemons with the key of this folder do.
    TlsSimulator(PathBuf),
    /// Tell what calls of a program cost.
    Stopwatch(stopwatch::Calls),
    /// Ask simulated daemons with as little work as possible.
    BareFleet(bare_fleet::Size),
    /// The same, with a forced run on each.
    BareRounds(bare_fleet::Size),
    /// Compare two baselines of a fleet.
    Differences,
    /// Compare the answers of a fleet.
    Odd,
    /// Answer as bridges do.
    NatsBridges(server::Size),
    /// Ask as many hosts through this server with as little work as possible.
    BareNats(SocketAddr, u32),
    /// Answer at this socket as a daemon does.
    StubDaemon(PathBuf),
    /// We are built and started as a test (`cargo test --all-targets`), where there is nothing to do.
    Nothing,
}

impl Mode {
    /// Reads the arguments that cargo, or this program itself, has given.
    pub(crate) fn of_command_line() -> Self {
        let arguments = measures::arguments();
        Self::of(&arguments.iter().map(String::as_str).collect::<Vec<_>>()).unwrap_or(Self::Nothing)
    }

    fn of(arguments: &[&str]) -> Option<Self> {
        match arguments {
            [SIMULATOR] => Some(Self::Simulator),
            [TLS_SIMULATOR, state] => Some(Self::TlsSimulator(PathBuf::from(state))),
            [DIFFERENCES] => Some(Self::Differences),
            [ODD] => Some(Self::Odd),
            [NATS_BRIDGES, server, hosts, one_in @ ..] => Some(Self::NatsBridges(server::Size {
                server: server.parse().ok()?,
                hosts: hosts.parse().ok()?,
                one_in: one_in.first().and_then(|one_in| one_in.parse().ok()),
            })),
            [BARE_NATS, server, hosts] => Some(Self::BareNats(server.parse().ok()?, hosts.parse().ok()?)),
            [STUB_DAEMON, socket] => Some(Self::StubDaemon(PathBuf::from(socket))),
            [STOPWATCH, times, program, arguments @ ..] => Some(Self::Stopwatch(stopwatch::Calls {
                times: times.parse().ok()?,
                program: (*program).to_owned(),
                arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
            })),
            [BARE_FLEET, hosts, port] => {
                Some(Self::BareFleet(bare_fleet::Size { hosts: hosts.parse().ok()?, port: port.parse().ok()? }))
            }
            [BARE_ROUNDS, hosts, port] => {
                Some(Self::BareRounds(bare_fleet::Size { hosts: hosts.parse().ok()?, port: port.parse().ok()? }))
            }
            words => measures::wanted(words).map(Self::Measure),
        }
    }
}
