//! Does the steps of a case with a daemon of its own and tells what differs.

use std::env;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use crate::binary;
use crate::http::{Request, Response};
use crate::machine::processes;
use crate::replay::accepted::{self, ACCEPTED};
use crate::replay::case::{Case, Start};
use crate::replay::compare::compare;
use crate::replay::response::compare_responses;
use crate::replay::step::{Act, Ask, Mode, Step};
use crate::replay::verdict::{Differences, Verdict, show};
use crate::sandbox::Sandbox;
use crate::started::Started;
use crate::wait;

/// How long the daemon of a case may take until its port is open.
const START_LIMIT: Duration = Duration::from_secs(30);

/// How long children that have ended may take to be collected.
const COLLECT_LIMIT: Duration = Duration::from_secs(2);

/// How often a case is begun again because another process has taken its port.
const PORT_TRIES: usize = 3;

/// How often the page of a running process is asked for.
const POLL_BEAT: Duration = Duration::from_millis(150);

/// Cases at a time. They mostly sleep, so there may be more than processors;
/// unbounded they would disturb each other's timing.
const AT_A_TIME: usize = 6;

/// The command line of a daemon in the foreground; `{CONFIG}` and `{PIDFILE}`
/// stand for the files of the case.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// More environment.
    pub environment: Vec<(String, String)>,
}

impl Launch {
    /// The daemon of this workspace.
    #[must_use]
    pub fn smokerd() -> Self {
        Self::of(binary::path("smokerd"))
    }

    /// A program that takes the daemon's arguments.
    #[must_use]
    pub fn of(program: PathBuf) -> Self {
        let arguments = ["-c", "{CONFIG}", "-p", "{PIDFILE}", "-fg", "--no-syslog", "-v"];
        Self { program, arguments: arguments.map(str::to_owned).to_vec(), environment: Vec::new() }
    }
}

/// Replays a case. The accepted differences are taken out.
///
/// # Errors
///
/// A sentence when the case cannot be read or prepared; that says nothing of the daemon.
pub fn replay(folder: &Path, launch: &Launch) -> Result<Verdict, String> {
    let case = Case::read(folder)?;
    let _slot = Slot::take();
    let mut tries = 1;
    loop {
        let mut run = Run::prepare(&case, launch)?;
        run.perform_all();
        if tries < PORT_TRIES && run.lost_its_port() {
            tries += 1;
            continue;
        }
        accepted::take_out(ACCEPTED, &case.name, &mut run.differences);
        return Ok(run.differences.into());
    }
}

/// One case being run.
struct Run<'a> {
    case: &'a Case,
    launch: &'a Launch,
    foreground: Option<Started>,
    others: Vec<Started>,
    occupied: Option<TcpListener>,
    differences: Differences,
    /// Dropped last: it kills what the programs above have left.
    sandbox: Sandbox,
}

impl<'a> Run<'a> {
    fn prepare(case: &'a Case, launch: &'a Launch) -> Result<Self, String> {
        let sandbox = Sandbox::new();
        sandbox.copy_in(&case.config).map_err(|error| format!("cannot copy {}: {error}", case.config.display()))?;
        let differences = Differences::default();
        Ok(Self { case, launch, foreground: None, others: Vec::new(), occupied: None, differences, sandbox })
    }

    fn perform_all(&mut self) {
        if self.case.start != Start::Manual {
            self.foreground = Some(self.spawn(None));
        }
        if self.case.start == Start::Auto && !self.port_opens(START_LIMIT) {
            let stderr = self.sandbox.stderr();
            self.differences.add("start", format!("the daemon did not open its port: {}", show(&json!(stderr))));
            return;
        }
        for (number, step) in self.case.steps.iter().enumerate() {
            let before = self.differences.len();
            self.perform(step, &step.label(number));
            // After a step that did not lead where it should, the next ones say nothing.
            if self.differences.len() > before && !matches!(step.act, Act::Request { .. }) {
                return;
            }
        }
    }

    /// Whether somebody else has taken the port before the daemon could.
    fn lost_its_port(&mut self) -> bool {
        self.case.start == Start::Auto
            && self.foreground.as_mut().is_some_and(|daemon| !daemon.is_running())
            && self.sandbox.stderr().to_lowercase().contains("in use")
    }

    fn perform(&mut self, step: &Step, label: &str) {
        match &step.act {
            Act::Wait(time) => thread::sleep(*time),
            Act::Request { ask, poll, limit, expected } => {
                self.wait_until_children_are_collected();
                match self.ask(ask, *poll, *limit) {
                    Ok(response) => compare_responses(expected, &response, &self.sandbox, label, &mut self.differences),
                    Err(error) => {
                        self.differences.add(label, format!("expected status {}, got {error}", expected.status));
                    }
                }
            }
            Act::Signal(signal) => match &self.foreground {
                Some(daemon) => daemon.signal(*signal),
                None => self.differences.add(label, "there is no daemon in the foreground"),
            },
            Act::ExpectExit { code, limit } => {
                let found = self.foreground.as_mut().and_then(|daemon| daemon.exit_within(*limit));
                self.check(label, code, &exit_json(found));
            }
            Act::Command { mode, exit, limit } => {
                let mut command = self.spawn(Some(*mode));
                let found = command.exit_within(*limit);
                self.others.push(command);
                if let Some(exit) = exit {
                    self.check(label, exit, &exit_json(found));
                }
            }
            Act::RunStart => self.foreground = Some(self.spawn(None)),
            Act::OccupyPort => match TcpListener::bind(self.address()) {
                Ok(listener) => self.occupied = Some(listener),
                Err(error) => self.differences.add(label, format!("cannot take the port: {error}")),
            },
            Act::WaitPort(opens, limit) => {
                let found = self.port_opens(*limit);
                self.check(label, &json!(opens), &json!(found));
            }
            Act::WaitClosed(closes, limit) => {
                let found = wait::within(*limit, || self.connect().is_none().then_some(())).is_some();
                self.check(label, &json!(closes), &json!(found));
            }
            Act::Pidfile { write, exists, limit } => self.perform_pidfile(write.as_deref(), *exists, *limit, label),
            Act::File { path, exists, content } => self.perform_file(path, *exists, content.as_deref(), label),
        }
        self.check_output(step, label);
    }

    /// Recorded scripts ask twice whether a process lives (`kill -0`, then the state of a zombie); one that is collected in
    /// between looks alive.
    fn wait_until_children_are_collected(&self) {
        let Some(daemon) = &self.foreground else { return };
        let _ = wait::within(COLLECT_LIMIT, || (!processes::has_zombie_children(daemon.pid())).then_some(()));
    }

    fn perform_pidfile(&mut self, write: Option<&str>, exists: Option<bool>, limit: Duration, label: &str) {
        let path = self.sandbox.pidfile();
        if let Some(text) = write {
            let pid = self.foreground.as_ref().map_or(0, Started::pid);
            fs::write(&path, text.replace("{{PID}}", &pid.to_string())).expect("the sandbox is writable");
        }
        if let Some(exists) = exists {
            let as_wanted = wait::within(limit, || (path.exists() == exists).then_some(exists));
            self.check(label, &json!(exists), &json!(as_wanted.unwrap_or(!exists)));
        }
    }

    fn perform_file(&mut self, path: &str, exists: Option<bool>, content: Option<&str>, label: &str) {
        let path = PathBuf::from(self.sandbox.fill(path));
        if let Some(exists) = exists {
            self.check(&format!("{label} exists"), &json!(exists), &json!(path.exists()));
        }
        match (content, fs::read(&path)) {
            (Some(content), Ok(found)) => {
                self.check(&format!("{label} content"), &json!(content), &json!(String::from_utf8_lossy(&found)));
            }
            (Some(_), Err(error)) => self.differences.add(label, format!("cannot read {}: {error}", path.display())),
            (None, _) => {}
        }
    }

    fn check(&mut self, label: &str, expected: &Json, found: &Json) {
        compare(expected, found, &self.sandbox, label, &mut self.differences);
    }

    fn check_output(&mut self, step: &Step, label: &str) {
        let (stdout, stderr) = (self.sandbox.stdout(), self.sandbox.stderr());
        for text in step.stderr_contains.iter().map(|text| self.sandbox.fill(text)) {
            if !stderr.contains(&text) {
                self.differences.add(label, format!("stderr lacks {text:?}, it has {}", show(&json!(stderr))));
            }
        }
        for text in step.output_contains.iter().map(|text| self.sandbox.fill(text)) {
            if !stdout.contains(&text) && !stderr.contains(&text) {
                self.differences.add(label, format!("the output lacks {text:?}"));
            }
        }
    }

    fn ask(&self, ask: &Ask, poll: Option<Duration>, limit: Duration) -> std::io::Result<Response> {
        let mut request = Request::new(&ask.method, &self.sandbox.fill(&ask.path));
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        if let Some(body) = &ask.body {
            request = request.body(self.sandbox.fill(body));
        }
        let end = Instant::now() + poll.unwrap_or_default();
        loop {
            let response = request.send(self.address(), limit)?;
            if response.status != 202 || Instant::now() >= end {
                return Ok(response);
            }
            thread::sleep(POLL_BEAT);
        }
    }

    fn port_opens(&mut self, limit: Duration) -> bool {
        let opened = wait::within(limit, || {
            let ended = self.foreground.as_mut().is_some_and(|daemon| !daemon.is_running());
            let open = !ended && self.connect().is_some();
            (open || ended).then_some(open)
        });
        opened.unwrap_or(false)
    }

    fn connect(&self) -> Option<TcpStream> {
        TcpStream::connect_timeout(&self.address(), Duration::from_secs(1)).ok()
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.sandbox.port()).into()
    }

    fn spawn(&self, mode: Option<Mode>) -> Started {
        let config = self.sandbox.path(&self.case.main_file).display().to_string();
        let pidfile = self.sandbox.pidfile().display().to_string();
        let folder = self.sandbox.config_folder().display().to_string();
        let fill =
            |word: &String| word.replace("{CONFIG}", &config).replace("{PIDFILE}", &pidfile).replace("{DIR}", &folder);
        let in_mode = |word: &String| mode.is_none() || (word != "-fg" && word != "--foreground");

        let mut command = self.sandbox.command(&self.launch.program);
        command.args(self.launch.arguments.iter().filter(|word| in_mode(word)).map(fill));
        if mode == Some(Mode::Stop) {
            command.arg("--stop");
        }
        if self.case.python_modules {
            let inherited = env::var("PYTHONPATH").map(|path| format!(":{path}")).unwrap_or_default();
            command.env("PYTHONPATH", folder.clone() + &inherited);
        }
        command.envs(self.case.env.iter().map(|(name, value)| (name, self.sandbox.fill(value))));
        command.envs(self.launch.environment.iter().map(|(name, value)| (name, value)));
        Started::spawn(&mut command)
            .unwrap_or_else(|error| panic!("cannot start {}: {error}", self.launch.program.display()))
    }
}

fn exit_json(code: Option<i32>) -> Json {
    code.map_or_else(|| json!("still running"), |code| json!(code))
}

/// The right to run a case now.
struct Slot;

static TAKEN: Mutex<usize> = Mutex::new(0);
static GIVEN_BACK: Condvar = Condvar::new();

impl Slot {
    fn take() -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = GIVEN_BACK.wait_while(taken, |taken| *taken >= AT_A_TIME);
        *waited.unwrap_or_else(PoisonError::into_inner) += 1;
        Self
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        *TAKEN.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        GIVEN_BACK.notify_one();
    }
}
