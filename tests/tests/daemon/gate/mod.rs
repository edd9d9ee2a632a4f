//! `smokercli gate`, `baseline`, `roll`, `odd` and `diff` against real daemons.

mod baseline;
mod restarts;
mod rollout;
mod schedule;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;

use nix::sys::signal::Signal;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::wait;
use tempfile::TempDir;

/// A daemon at an address of its own.
struct Host {
    daemon: Daemon,
    address: SocketAddr,
}

impl Host {
    /// The host with this number, at 127.0.0.NUMBER.
    fn start(number: u8, config: Config) -> Self {
        let config = config.address(&format!("bind_host: 127.0.0.{number}\nbind_port: {{{{PORT}}}}"));
        let daemon = Boot::of(config).prepare();
        let address = (Ipv4Addr::new(127, 0, 0, number), daemon.sandbox.port()).into();
        let mut host = Self { daemon, address };
        host.begin();
        host
    }

    fn begin(&mut self) {
        let mut command = self.daemon.command();
        self.daemon.spawn(&mut command);
        wait::until_true("the daemon to serve", || TcpStream::connect(self.address).is_ok());
    }

    fn end(&mut self) {
        self.daemon.signal(Signal::SIGTERM);
        let _ = self.daemon.wait_for_exit();
    }
}

/// The client in a home of its own, whose group `prod` has these hosts.
struct Operator(TempDir);

impl Operator {
    fn of<'a>(hosts: impl IntoIterator<Item = &'a Host>) -> Self {
        let hosts: Vec<_> = hosts.into_iter().map(|host| host.address.to_string()).collect();
        let home = tempfile::tempdir().expect("a temporary folder");
        let config = format!("groups:\n  prod: [{}]\n", hosts.join(", "));
        fs::write(home.path().join(".smokercli.yaml"), config).expect("writable");
        Self(home)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(binary::path("smokercli"));
        command
            .args(line.split_whitespace())
            .env("HOME", self.0.path())
            .env("NO_COLOR", "1")
            .current_dir(self.0.path());
        command
    }

    fn smokercli(&self, line: &str) -> Output {
        cli::run(&mut self.command(line))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}
