//! The real daemon, booted for one test in a sandbox of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};

use crate::cli;
use crate::config::Config;
use crate::http::{ANSWER_LIMIT, Connection, Request, Response};
use crate::outcome::Outcome;
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// How often the start is tried again because another process has taken the port.
const PORT_TRIES: usize = 5;

/// A daemon to be started.
#[derive(Clone, Debug)]
pub struct Boot {
    config: Config,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    through: Vec<String>,
}

impl Boot {
    /// With this configuration, in the foreground and talkative.
    #[must_use]
    pub fn of(config: Config) -> Self {
        let arguments = ["-fg", "--no-syslog", "-v", "-c", "{{DIR}}/smokerd.yaml", "-p", "{{PIDFILE}}"];
        Self { config, arguments: arguments.map(str::to_owned).to_vec(), environment: Vec::new(), through: Vec::new() }
    }

    /// With the folder of the configuration in place of its main file.
    #[must_use]
    pub fn of_folder(mut self) -> Self {
        for argument in self.arguments.iter_mut().filter(|argument| *argument == "{{DIR}}/smokerd.yaml") {
            "{{DIR}}".clone_into(argument);
        }
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

    /// With one more variable in its environment.
    #[must_use]
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Started by another program, which gets the daemon's command line behind
    /// its own arguments and has to become the daemon in the end. `{{DIR}}` is filled in.
    #[must_use]
    pub fn through(mut self, program: &[&str]) -> Self {
        self.through = program.iter().map(|&word| word.to_owned()).collect();
        self
    }

    /// Starts it and waits until it serves; fails the test when it does not.
    #[must_use]
    pub fn start(&self) -> Daemon {
        let mut sandbox = Sandbox::new();
        for _ in 0..PORT_TRIES {
            let mut started = self.spawn(&sandbox);
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, sandbox.port()));
            let serves = wait::until("the daemon to serve or to end", || {
                // An answer, whatever it is, comes only when the whole start is over and logged.
                let runs = started.is_running();
                let serves = runs && Request::get("/").send(address, ANSWER_LIMIT).is_ok();
                (serves || !runs).then_some(serves)
            });
            if serves {
                return Daemon { started, sandbox };
            }
            assert!(sandbox.stderr().to_lowercase().contains("in use"), "no start: {}", sandbox.stderr());
            sandbox.change_port();
        }
        panic!("the port was taken {PORT_TRIES} times: {}", sandbox.stderr());
    }

    fn spawn(&self, sandbox: &Sandbox) -> Started {
        self.config.write(sandbox).expect("the sandbox is writable");
        let arguments: Vec<_> = self.arguments.iter().map(String::as_str).collect();
        let mut command = cli::smokerd_command(sandbox, &arguments);
        if let [program, words @ ..] = &*self.through {
            let mut other = sandbox.command(Path::new(program));
            other.args(words.iter().map(|word| sandbox.fill(word))).arg(command.get_program()).args(command.get_args());
            command = other;
        }
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        Started::spawn(&mut command).expect("the daemon can be started")
    }
}

/// A daemon that serves. Dropping it ends it and everything that it started.
#[derive(Debug)]
pub struct Daemon {
    started: Started,
    /// Dropped last: it kills what the daemon has left.
    sandbox: Sandbox,
}

impl Daemon {
    /// Starts one with this configuration.
    #[must_use]
    pub fn start(config: Config) -> Self {
        Boot::of(config).start()
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.started.pid()
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

    /// Has it take another configuration and gives what it logged meanwhile.
    #[must_use]
    pub fn reload(&self, config: &Config) -> String {
        self.write(config);
        self.hang_up()
    }

    /// Has it read its configuration again and gives what it logged meanwhile.
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
    /// some content, and gives that.
    #[must_use]
    pub fn wait_for_file(&self, name: &str) -> String {
        let path = self.path(name);
        let text = || std::fs::read_to_string(&path).ok().filter(|text| !text.is_empty());
        wait::until(&format!("the file {name}"), text)
    }

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

    /// Waits until a plugin has at least `count` results, and gives them.
    #[must_use]
    pub fn wait_for_results(&self, name: &str, count: usize) -> Vec<Outcome> {
        let enough = || Some(self.results(name)).filter(|results| results.len() >= count);
        wait::until(&format!("{count} results of {name}"), enough)
    }

    /// Asks for a forced run and gives the path of the process.
    #[must_use]
    pub fn force(&self, names: &[&str]) -> String {
        self.force_with(&json!({"process": {"plugins": names}}))
    }

    /// Asks for a forced run with this body and gives the path of the process.
    #[must_use]
    pub fn force_with(&self, body: &Json) -> String {
        let response = self.send(&Request::post("/processes", body.to_string()));
        assert_eq!(response.status, 202, "{}", response.text());
        response.header("Location").expect("a process has a place").to_owned()
    }

    /// Waits until a process has ended and gives each plugin's name and forced result.
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

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        self.started.signal(signal);
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.started.is_running()
    }

    /// Waits for its end and gives the exit code.
    pub fn wait_for_exit(&mut self) -> i32 {
        self.started.exit_within(wait::DEADLINE).expect("the daemon ends")
    }
}

/// Whether a reload has ended, one way or the other.
fn is_over(log: &str) -> bool {
    log.lines().any(|line| line.contains(": Reloaded ") || line.contains(" is refused as a whole "))
}
