//! The real daemon, booted for one test in a sandbox of its own.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value as Json, json};

use crate::boot::{Boot, Mode};
use crate::cli::{self, Output};
use crate::config::Config;
use crate::http::{self, ANSWER_LIMIT, Connection, Request, Response};
use crate::machine::processes;
use crate::outcome::Outcome;
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// The daemon of one test. Dropping it ends it and everything that it started.
#[derive(Debug)]
pub struct Daemon {
    /// In the foreground, once it was started.
    started: Option<Started>,
    boot: Boot,
    /// Where it lives. Dropped last: it kills what the daemon has left.
    pub sandbox: Sandbox,
}

/// Starting and ending it.
impl Daemon {
    /// Starts one with this configuration in the foreground.
    #[must_use]
    pub fn start(config: Config) -> Self {
        Boot::of(config).start()
    }

    pub(crate) fn prepared(boot: Boot) -> Self {
        let daemon = Self { started: None, boot, sandbox: Sandbox::new() };
        daemon.write(&daemon.boot.config);
        daemon
    }

    pub(crate) fn change_port(&mut self) {
        self.started = None;
        self.sandbox.change_port();
        self.write(&self.boot.config);
    }

    /// Starts it and waits until it serves.
    ///
    /// # Errors
    ///
    /// What it said, when it ends before.
    pub fn try_start(&mut self) -> Result<(), String> {
        if self.boot.mode == Mode::Background {
            let output = self.launch();
            return if output.code == 0 { Ok(()) } else { Err(output.text()) };
        }
        let mut command = self.command();
        self.spawn(&mut command);
        let serves = wait::until("the daemon to serve or to end", || {
            // An answer, whatever it is, comes only when the whole start is over and logged.
            let runs = self.is_running();
            let serves = runs && Request::get("/").send(self.address(), ANSWER_LIMIT).is_ok();
            (serves || !runs).then_some(serves)
        });
        if serves { Ok(()) } else { Err(self.sandbox.stderr()) }
    }

    /// The command that starts it, for a test that changes it: its streams, its folder.
    #[must_use]
    pub fn command(&self) -> Command {
        let foreground: &[&str] = if self.boot.mode == Mode::Foreground { &["-fg"] } else { &[] };
        let arguments: Vec<_> =
            foreground.iter().copied().chain(self.boot.arguments.iter().map(String::as_str)).collect();
        let mut command = cli::smokerd_command(&self.sandbox, &arguments);
        if let [program, words @ ..] = &*self.boot.through {
            let mut other = self.sandbox.command(Path::new(program));
            let words = words.iter().map(|word| self.sandbox.fill(word));
            other.args(words).arg(command.get_program()).args(command.get_args());
            command = other;
        }
        command.envs(self.boot.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Starts it in the foreground by this command, a changed [`Self::command`], and does not wait for it.
    pub fn spawn(&mut self, command: &mut Command) {
        self.started = Some(Started::spawn(command).expect("the daemon can be started"));
    }

    /// Waits until it serves; fails the test when it ends before.
    pub fn wait_until_it_serves(&mut self) {
        wait::until_true("the daemon to serve", || self.serves() || !self.is_running());
        assert!(self.is_running(), "{}", self.sandbox.stderr());
    }

    /// Runs the command that starts it to its end.
    #[must_use]
    pub fn launch(&self) -> Output {
        cli::run(&mut self.command())
    }

    /// Runs `--stop` to its end.
    #[must_use]
    pub fn stop(&self) -> Output {
        cli::run(self.command().arg("--stop"))
    }

    /// Runs `--reload` to its end.
    #[must_use]
    pub fn ask_for_reload(&self) -> Output {
        // The daemon gives up a configuration that hangs after half a minute.
        cli::run_within(self.command().arg("--reload"), 2 * wait::DEADLINE)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("the daemon runs");
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        match &mut self.started {
            Some(started) => started.is_running(),
            None => processes::is_running(self.pid()),
        }
    }

    /// Waits for the end of a daemon in the foreground and returns the exit code.
    pub fn wait_for_exit(&mut self) -> i32 {
        let started = self.started.as_mut().expect("it was started in the foreground");
        started.exit_within(wait::DEADLINE).expect("the daemon ends")
    }
}

/// What can be seen of it from outside.
impl Daemon {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    /// Whether it answers.
    #[must_use]
    pub fn serves(&self) -> bool {
        http::answers(self.address())
    }

    /// Whether nothing listens.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        TcpStream::connect(self.address()).is_err()
    }

    /// Its process id; in the background, the one that its pidfile has.
    #[must_use]
    pub fn pid(&self) -> i32 {
        if let Some(started) = &self.started {
            return started.pid();
        }
        let text = fs::read_to_string(self.pidfile()).expect("there is a pidfile");
        text.parse().unwrap_or_else(|_| panic!("no pid: {text:?}"))
    }

    /// A path in the folder of its configuration.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.sandbox.path(name)
    }

    /// Where its pidfile would be.
    #[must_use]
    pub fn pidfile(&self) -> PathBuf {
        self.sandbox.pidfile()
    }

    /// Puts something else into the pidfile.
    pub fn write_pidfile(&self, text: &str) {
        fs::write(self.pidfile(), text).expect("writable");
    }

    /// Everything it has logged on its console by now.
    #[must_use]
    pub fn log(&self) -> String {
        // Lines are written in their order, a moment later: once this request is there, so is all before it.
        static MARKS: AtomicU32 = AtomicU32::new(0);
        let mark = format!("/everything-before-{}-is-written", MARKS.fetch_add(1, Ordering::Relaxed));
        if Request::get(&mark).send(self.address(), ANSWER_LIMIT).is_ok() {
            wait::until_true("the log to be written", || self.console().contains(&mark));
        }
        self.console()
    }

    /// What has been written to its console at this moment.
    #[must_use]
    pub fn console(&self) -> String {
        self.sandbox.stdout() + &self.sandbox.stderr()
    }

    /// Puts another configuration in the place of the one that it has read.
    pub fn write(&self, config: &Config) {
        config.write(&self.sandbox).expect("the sandbox is writable");
    }

    /// Has it take another configuration and returns what it logged meanwhile.
    #[must_use]
    pub fn reload(&self, config: &Config) -> String {
        self.write(config);
        self.hang_up()
    }

    /// Has it read its configuration again and returns what it logged meanwhile.
    #[must_use]
    pub fn hang_up(&self) -> String {
        let before = [self.sandbox.stdout().len(), self.sandbox.stderr().len()];
        let logged = || self.sandbox.stdout().split_off(before[0]) + &self.sandbox.stderr()[before[1]..];
        self.signal(Signal::SIGHUP);
        wait::until("the end of a reload", || Some(logged()).filter(|log| is_over(log)))
    }

    /// The daemon's processes and those of its plugins.
    #[must_use]
    pub fn processes(&self) -> Vec<i32> {
        self.sandbox.processes()
    }

    /// Waits until a file exists in the folder of its configuration and has
    /// some content, and returns that.
    #[must_use]
    pub fn wait_for_file(&self, name: &str) -> String {
        let path = self.path(name);
        let text = || std::fs::read_to_string(&path).ok().filter(|text| !text.is_empty());
        wait::until(&format!("the file {name}"), text)
    }
}

/// Asking it.
impl Daemon {
    /// Asks for something.
    #[must_use]
    pub fn send(&self, request: &Request) -> Response {
        request.send(self.address(), ANSWER_LIMIT).unwrap_or_else(|error| panic!("no answer to {request:?}: {error}"))
    }

    /// A GET.
    #[must_use]
    pub fn get(&self, path: &str) -> Response {
        self.send(&Request::get(path))
    }

    /// A connection to send raw bytes on.
    #[must_use]
    pub fn connect(&self) -> Connection {
        Connection::open(self.address(), ANSWER_LIMIT).expect("the daemon takes connections")
    }

    /// The page of a plugin.
    #[must_use]
    pub fn plugin(&self, name: &str) -> Json {
        let response = self.get(&format!("/plugins/{name}"));
        assert_eq!(response.status, 200, "{}", response.text());
        response.json()
    }

    /// The results of a plugin, oldest first.
    #[must_use]
    pub fn results(&self, name: &str) -> Vec<Outcome> {
        let page = self.plugin(name);
        let results = page["results"].as_array().unwrap_or_else(|| panic!("no results in {page}"));
        results.iter().map(|entry| Outcome(entry["result"].clone())).collect()
    }

    /// Waits until a plugin has at least `count` results, and returns them.
    #[must_use]
    pub fn wait_for_results(&self, name: &str, count: usize) -> Vec<Outcome> {
        let enough = || Some(self.results(name)).filter(|results| results.len() >= count);
        wait::until(&format!("{count} results of {name}"), enough)
    }

    /// Asks for a forced run and returns the path of the process.
    #[must_use]
    pub fn force(&self, names: &[&str]) -> String {
        self.force_with(&json!({"process": {"plugins": names}}))
    }

    /// Asks for a forced run with this body and returns the path of the process.
    #[must_use]
    pub fn force_with(&self, body: &Json) -> String {
        let response = self.send(&Request::post("/processes", body.to_string()));
        assert_eq!(response.status, 202, "{}", response.text());
        response.header("Location").expect("a process has a place").to_owned()
    }

    /// Waits until a process has ended and returns each plugin's name and forced result.
    #[must_use]
    pub fn finish(&self, process: &str) -> Vec<(String, Outcome)> {
        let done = wait::until(&format!("the end of {process}"), || {
            let response = self.get(process);
            assert!(matches!(response.status, 200 | 202), "{} {}", response.status, response.text());
            (response.status == 200).then(|| response.json())
        });
        let items = done["plugins"]["items"].as_array().unwrap_or_else(|| panic!("no items in {done}"));
        let outcome = |item: &Json| {
            let plugin = &item["plugin"];
            let name = plugin["name"].as_str().unwrap_or_else(|| panic!("no name in {item}"));
            (name.to_owned(), Outcome(plugin["forcedResult"].clone()))
        };
        items.iter().map(outcome).collect()
    }

    /// Forces one plugin and waits for its result.
    #[must_use]
    pub fn run(&self, name: &str) -> Outcome {
        let process = self.force(&[name]);
        self.finish(&process).pop().expect("a process of one plugin has one item").1
    }
}

/// Whether a reload has ended, one way or the other.
fn is_over(log: &str) -> bool {
    log.lines().any(|line| line.contains(": Reloaded ") || line.contains(" is refused as a whole "))
}
