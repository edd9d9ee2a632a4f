//! `smokercli --nats` in a home of its own, and hosts of the fleet that it asks.

use std::process::Command;

use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::nats::{Bridge, NatsServer};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

/// Somebody who asks hosts through a server.
pub(super) struct Operator {
    pub(super) home: Sandbox,
    /// What `--nats` is told.
    url: String,
}

impl Operator {
    pub(super) fn of(url: String) -> Self {
        Self { home: Sandbox::new(), url }
    }

    /// A call for the fleet `test`.
    pub(super) fn command(&self, line: &str) -> Command {
        self.command_of("smokercli", line)
    }

    /// The same of another program.
    pub(super) fn command_of(&self, program: &str, line: &str) -> Command {
        self.prepared(Command::new(binary::path(program)), line)
    }

    /// A call that another program makes.
    pub(super) fn command_through(&self, words: &[&str], line: &str) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).arg(binary::path("smokercli"));
        self.prepared(command, line)
    }

    fn prepared(&self, mut command: Command, line: &str) -> Command {
        let words = line.split_whitespace();
        command.args(words).args(["--nats", &self.url, "--fleet", "test"]).current_dir(self.home.path(""));
        command.env("HOME", self.home.path("")).env("NO_COLOR", "1");
        command
    }

    pub(super) fn smokercli(&self, line: &str) -> Output {
        cli::run(&mut self.command(line))
    }
}

/// The hosts web1, web2 and so on.
pub(super) struct Hosts {
    pub(super) daemons: Vec<Daemon>,
    pub(super) bridges: Vec<Bridge>,
    pub(super) operator: Operator,
    _server: NatsServer,
}

impl Hosts {
    /// Starts this number of hosts, all but the first in the group `later`, and waits until all have reported; none where there
    /// is no NATS server.
    pub(super) fn start(count: usize, config: impl Fn(usize) -> Config) -> Option<Self> {
        let server = NatsServer::start()?;
        server.make_streams("test");
        let operator = Operator::of(server.url());
        let daemon = |number| Daemon::start(config(number).top("socket: '{{DIR}}/socket'"));
        let daemons: Vec<_> = (1..=count).map(daemon).collect();
        let bridge = |(at, daemon): (usize, &Daemon)| {
            let more: &[&str] = if at == 0 { &[] } else { &["-g", "later", "--label", "rack=7"] };
            Bridge::with(&server.url(), &daemon.path("socket"), &format!("web{}", at + 1), more)
        };
        let bridges = daemons.iter().enumerate().map(bridge).collect();
        wait::until_true("all hosts to report", || {
            let output = operator.smokercli("hosts -e -o ndjson");
            output.code == 0 && output.stdout.lines().count() == count
        });
        Some(Self { daemons, bridges, operator, _server: server })
    }
}

/// The objects of a text, one a line.
pub(super) fn objects(text: &str) -> Vec<Json> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}
