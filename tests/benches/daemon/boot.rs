//! The daemon, configured for a measure, as operators run it: the release
//! build, at the default log level.

use std::env;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use smoker_tests::binary;
use smoker_tests::config::Config;
use smoker_tests::machine::containment::Level;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::client::Client;

/// The built daemon.
#[derive(Debug)]
pub(crate) struct Program(PathBuf);

/// The daemon that was built with the same profile as this program; it lies
/// in the folder above.
pub(crate) fn release_daemon() -> Result<Program, String> {
    let bench = env::current_exe().map_err(|error| format!("this program has no path: {error}"))?;
    let folder = bench.parent().and_then(Path::parent).ok_or("this program does not lie in a target folder")?;
    let program = folder.join("smokerd");
    let how = "build it with `cargo build --release -p smokerd`, or run `make bench`, which does";
    if !program.exists() {
        return Err(format!("{} is not built: {how}", program.display()));
    }
    if let Err(reason) = binary::check(&program) {
        eprintln!("NOTE: {reason}: the figures are those of the older build; {how}");
    }
    Ok(Program(program))
}

/// A configuration with this many equal plugins, `p0`, `p1`, ... Each body is made from the number.
pub(crate) fn plugins(top: &str, base: &str, count: u32, body: impl Fn(u32) -> String) -> Config {
    let config = Config::new().top(top).base(base);
    (0..count).fold(config, |config, number| config.plugin(&name(number), &body(number)))
}

/// The name of a plugin made by [`plugins`].
pub(crate) fn name(number: impl Display) -> String {
    format!("p{number}")
}

/// A daemon that serves. Dropping it ends it.
#[derive(Debug)]
pub(crate) struct Daemon {
    started: Started,
    address: SocketAddr,
    /// Dropped last: it kills what the daemon has left.
    sandbox: Sandbox,
}

impl Program {
    /// Starts the daemon and waits until it serves.
    pub(crate) fn start(&self, config: &Config) -> Result<Daemon, String> {
        let sandbox = Sandbox::new();
        self.start_in(sandbox, config)
    }

    /// As [`Self::start`], where no cgroup v2 is mounted.
    pub(crate) fn start_without_cgroups(&self, config: &Config) -> Result<Daemon, String> {
        let through = Level::Marks.through().ok_or("needs root and a mount namespace")?;
        self.start_through(through, Sandbox::new(), config)
    }

    /// As [`Self::start`], in a sandbox that may already hold files.
    pub(crate) fn start_in(&self, sandbox: Sandbox, config: &Config) -> Result<Daemon, String> {
        self.start_through(&[], sandbox, config)
    }

    fn start_through(&self, through: &[&str], sandbox: Sandbox, config: &Config) -> Result<Daemon, String> {
        config.write(&sandbox).map_err(|error| format!("cannot write the configuration: {error}"))?;
        let mut command = match through {
            [program, words @ ..] => {
                let mut command = sandbox.command(Path::new(program));
                command.args(words).arg(&self.0);
                command
            }
            [] => sandbox.command(&self.0),
        };
        command.args(["-fg", "--no-syslog", "-c"]).arg(sandbox.path("smokerd.yaml"));
        let mut started = Started::spawn(&mut command).map_err(|error| format!("smokerd does not start: {error}"))?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sandbox.port()));
        let serves = wait::within(Duration::from_secs(20), || {
            let runs = started.is_running();
            let open = runs && TcpStream::connect(address).is_ok();
            (open || !runs).then_some(open)
        });
        match serves {
            Some(true) => Ok(Daemon { started, address, sandbox }),
            _ => Err(format!("smokerd does not serve: {}", sandbox.stderr().trim())),
        }
    }
}

impl Daemon {
    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.started.pid()
    }

    /// A path in the folder of its configuration.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// A new connection to it.
    pub(crate) fn connect(&self) -> Result<Client, String> {
        Client::connect(self.address).map_err(|error| format!("smokerd takes no connection: {error}"))
    }
}
