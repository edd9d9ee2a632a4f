//! A folder with Python files, and a runner that runs them.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use smoker_model::messages::Level;
use smoker_model::occasion::Occasion;
use smoker_model::plugin::process_settings::ProcessSettings;
use smoker_model::plugin::{
    ActionRules, ActionSpec, Execution, Invocation, Parameters, PluginName, PluginSpec, RunAs, RunRules, StdinMode,
    TimeLimit,
};
use smoker_model::result::{ActionResult, PluginResult};
use smoker_model::status::Status;
use smoker_model::value::Value;
use smoker_runner::check::CheckOutcome;
use smoker_runner::context::RunKind;
use smoker_runner::modules::host::settings::PythonSettings;
use smoker_runner::prepared::PreparedPlugin;
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smoker_runner::runner::Runner;
use smoker_tests::executable;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

/// One runtime and one reaper for all tests.
pub(crate) fn world() -> &'static (Runtime, Reaper) {
    static WORLD: OnceLock<(Runtime, Reaper)> = OnceLock::new();
    WORLD.get_or_init(|| {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(|| LogWriter)
            .finish();
        tracing::subscriber::set_global_default(subscriber).expect("the first subscriber");
        let runtime = Runtime::new().expect("a runtime");
        let reaper = runtime.block_on(async { Reaper::start(ContainmentLevel::prepare(None)) }).expect("a reaper");
        (runtime, reaper)
    })
}

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct LogWriter;

impl Write for LogWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Waits for a log line with these texts.
pub(crate) fn wait_for_log(texts: &[&str]) -> String {
    let mut found = None;
    wait_until(&format!("a log line with {texts:?}"), || {
        let log = LOG.lock().unwrap_or_else(PoisonError::into_inner);
        let log = String::from_utf8_lossy(&log);
        found = log.lines().find(|line| texts.iter().all(|text| line.contains(text))).map(str::to_owned);
        found.is_some()
    });
    found.expect("just found")
}

/// Waits for a condition, at most ten seconds.
pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition() {
        assert!(Instant::now() < deadline, "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

pub(crate) fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| !fields.trim_start().starts_with('Z'))
}

/// Not by a program: the reaper would take it for an orphan.
pub(crate) fn kill(pid: &str) {
    let pid = nix::unistd::Pid::from_raw(pid.trim().parse().expect("a number"));
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("a process to kill");
}

/// A folder of modules with a runner and host of its own.
pub(crate) struct Modules {
    pub(crate) folder: TempDir,
    runner: Runner,
}

impl Modules {
    pub(crate) fn new() -> Self {
        Self::with_python(None, &[])
    }

    pub(crate) fn with_python(python: Option<&str>, python_path: &[PathBuf]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let python = python.map(|text| Value::Text(text.to_owned()));
        let settings = PythonSettings::new(python.as_ref(), python_path, folder.path(), folder.path());
        let (runtime, reaper) = world();
        let _inside = runtime.enter();
        Self { folder, runner: Runner::new(reaper.clone(), settings) }
    }

    /// With a shell script as interpreter: the environment belongs to all
    /// tests, so what changes it stands in between.
    pub(crate) fn with_script(script: &str, python_path: &[PathBuf]) -> Self {
        let beside = TempDir::new().expect("a temporary folder").keep();
        let interpreter = beside.join("python");
        executable::write(&interpreter, &format!("#!/bin/sh\nrm -r {}\n{script}\n", beside.display()));
        Self::with_python(interpreter.to_str(), python_path)
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> &Self {
        write(&self.folder.path().join(name), text);
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a plugin with this body of `run` and runs it.
    pub(crate) fn run_body(&self, name: &str, body: &str) -> PluginResult {
        self.file(&format!("{name}.py"), &plugin(body));
        self.run(&Check::module(name))
    }

    pub(crate) fn run(&self, check: &Check) -> PluginResult {
        self.run_until(check, &CancellationToken::new())
    }

    pub(crate) fn run_until(&self, check: &Check, cancel: &CancellationToken) -> PluginResult {
        let plugin = PreparedPlugin::new(Arc::new(check.spec.clone()));
        world().0.block_on(check_and_act(&self.runner, &plugin, cancel))
    }
}

/// An action without parameters of its own.
pub(crate) fn action(execution: Execution) -> ActionSpec {
    ActionSpec {
        name: Some("act".to_owned()),
        parameters: Value::Null,
        own_parameters: Parameters::new(),
        invocation: Some(invocation(execution)),
        rules: ActionRules::default(),
    }
}

/// Checks a plugin and runs its action, whatever came of the check.
pub(crate) async fn check_and_act(
    runner: &Runner,
    plugin: &PreparedPlugin,
    cancel: &CancellationToken,
) -> PluginResult {
    let run = runner.begin(plugin, RunKind::Forced, cancel);
    let (CheckOutcome::Ran(mut result) | CheckOutcome::NotRun(mut result)) = run.check().await;
    if let [action] = &*plugin.spec().actions {
        let ran = {
            let occasion = Occasion::of_result(&plugin.spec().name, &result, None);
            run.act(action, &mut result, &occasion).await
        };
        result.action = Some(ActionResult::Ran(vec![ran])).filter(|_| !run.is_refused());
    }
    result
}

pub(crate) fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

/// A module whose plugin has this body of `run`.
pub(crate) fn plugin(body: &str) -> String {
    let body = body.lines().fold(String::new(), |text, line| text + "        " + line + "\n");
    format!(
        "import os, sys, time\nfrom smoker.server.plugins import BasePlugin, Result\n\n\
         class Plugin(BasePlugin):\n    def run(self):\n        self.result.set_status('OK')\n{body}"
    )
}

/// A plugin's specification.
#[derive(Clone)]
pub(crate) struct Check {
    pub(crate) spec: PluginSpec,
}

impl Check {
    pub(crate) fn module(name: &str) -> Self {
        Self::new(name, Execution::Module(name.to_owned()))
    }

    pub(crate) fn parsed(command: &str, parser: &str) -> Self {
        let command = Value::Text(command.to_owned());
        Self::new(parser, Execution::Command { command, parser: Some(parser.to_owned()) })
    }

    fn new(name: &str, execution: Execution) -> Self {
        let spec = PluginSpec {
            name: PluginName::from(format!("check-{name}").as_str()),
            invocation: invocation(execution),
            trigger: None,
            rules: RunRules::default(),
            serial: false,
            history: 10,
            history_failures: 50,
            run_as: RunAs::Daemon,
            actions: Vec::new(),
            maintenance_lock: None,
            run_parameters: IndexMap::new(),
            parameters: Parameters::from(IndexMap::from([("Timeout".to_owned(), Value::Int(20))])),
        };
        Self { spec }
    }

    pub(crate) fn timeout(mut self, seconds: f64) -> Self {
        self.spec.invocation.timeout = TimeLimit::from_value(&Value::Float(seconds)).expect("a limit");
        self
    }

    pub(crate) fn parameter(mut self, name: &str, value: Value) -> Self {
        self.spec.parameters.insert(name.to_owned(), value);
        self
    }

    pub(crate) fn action(mut self, module: &str) -> Self {
        self.spec.actions = vec![action(Execution::Module(module.to_owned()))];
        self
    }
}

/// An invocation with bounds that no test meets by accident.
pub(crate) fn invocation(execution: Execution) -> Invocation {
    Invocation {
        execution,
        timeout: TimeLimit::from_secs(20),
        stdin: StdinMode::Null,
        max_output: 1 << 20,
        leave_running: false,
        process: ProcessSettings::default(),
    }
}

pub(crate) fn texts(result: &PluginResult, level: Level) -> Vec<&str> {
    result.messages.iter().flat_map(|messages| messages.level(level)).collect()
}

/// The info messages of a result that has to be OK.
pub(crate) fn infos(result: &PluginResult) -> Vec<&str> {
    assert_eq!(result.status, Status::Ok, "{result:?}");
    texts(result, Level::Info)
}

/// The one error message of a result that has to be ERROR.
pub(crate) fn error(result: &PluginResult) -> &str {
    let errors = texts(result, Level::Error);
    assert_eq!((result.status, errors.len()), (Status::Error, 1), "{result:?}");
    errors[0]
}

pub(crate) fn action_of(result: &PluginResult) -> &PluginResult {
    match &result.action {
        Some(ActionResult::Ran(actions)) => &actions[0].result,
        other => panic!("no action ran: {other:?}"),
    }
}
