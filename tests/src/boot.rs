//! How the daemon of a test is started: its configuration and its command line. Every test starts it through here.

use std::time::Duration;

use crate::config::Config;
use crate::daemon::Daemon;

/// How often the start is tried again because another process has taken the port.
const PORT_TRIES: usize = 5;

/// A daemon to be started.
#[derive(Clone, Debug)]
pub struct Boot {
    pub(crate) config: Config,
    pub(crate) mode: Mode,
    pub(crate) arguments: Vec<String>,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) through: Vec<String>,
}

/// Where the daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It stays the process that was started.
    Foreground,
    /// The process that was started ends when the daemon serves.
    Background,
}

impl Boot {
    /// With this configuration, in the foreground and talkative.
    #[must_use]
    pub fn of(config: Config) -> Self {
        let arguments = ["--no-syslog", "-v", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"];
        let arguments = arguments.map(str::to_owned).to_vec();
        Self { config, mode: Mode::Foreground, arguments, environment: Vec::new(), through: Vec::new() }
    }

    /// As [`Self::of`], in the background, as operators start it.
    #[must_use]
    pub fn in_background(config: Config) -> Self {
        Self { mode: Mode::Background, ..Self::of(config) }
    }

    /// With the folder of the configuration in place of its main file.
    #[must_use]
    pub fn of_folder(mut self) -> Self {
        for argument in self.arguments.iter_mut().filter(|argument| *argument == "{{DIR}}/smokerd.yaml") {
            "{{DIR}}".clone_into(argument);
        }
        self
    }

    /// With these arguments in place of all others but `-fg`.
    #[must_use]
    pub fn only(mut self, arguments: &[&str]) -> Self {
        self.arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        self
    }

    /// With one more argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// With syslog, as by default.
    #[must_use]
    pub fn with_syslog(mut self) -> Self {
        self.arguments.retain(|argument| argument != "--no-syslog");
        self
    }

    /// Without the option that names a pidfile.
    #[must_use]
    pub fn without_pidfile(mut self) -> Self {
        self.arguments.retain(|argument| argument != "-p" && argument != "{{PIDFILE}}");
        self
    }

    /// With one more variable in its environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this much time between SIGTERM and SIGKILL, for a test that waits for it often.
    #[must_use]
    pub fn grace(self, grace: Duration) -> Self {
        self.environment("SMOKER_TESTS_GRACE", &grace.as_millis().to_string())
    }

    /// Started by another program, which gets the daemon's command line behind
    /// its own arguments and has to become the daemon in the end. `{{DIR}}` is filled in.
    #[must_use]
    pub fn through(mut self, program: &[&str]) -> Self {
        self.through = program.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Writes the configuration into a sandbox, starts nothing.
    #[must_use]
    pub fn prepare(self) -> Daemon {
        Daemon::prepared(self)
    }

    /// Starts it and waits until it serves; fails the test when it does not.
    #[must_use]
    pub fn start(&self) -> Daemon {
        let mut daemon = self.clone().prepare();
        let mut told = String::new();
        for _ in 0..PORT_TRIES {
            match daemon.try_start() {
                Ok(()) => return daemon,
                Err(reason) => told = reason,
            }
            assert!(told.to_lowercase().contains("in use"), "no start: {told}");
            daemon.change_port();
        }
        panic!("the port was taken {PORT_TRIES} times: {told}");
    }
}
