//! A user's module in Python: its run against a bare fork of a warm
//! interpreter and against the start of an interpreter, and the host's memory.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

use smoker_tests::machine::processes;

use crate::bare_side::warm_python::{self, WarmPython};
use crate::boot::{self, Daemon, Program};
use crate::forced;
use crate::pairs::{MANY, Pairs};
use crate::statistics::median;
use crate::table::{Goal, Row, Table};
use crate::usage;

/// The module's name.
const MODULE: &str = "system_name";

/// A module as small as they get.
const SOURCE: &str = "import os\nfrom smoker.server.plugins import BasePlugin\n\n\nclass Plugin(BasePlugin):\n    def run(self):\n        \
                      self.result.add_info(' '.join(os.uname()))\n        self.result.set_status('OK')\n";

/// The runs of one sample, one after another: enough that the request that asks for all of them hardly counts.
const RUNS: u32 = 100;

/// How many times a sample takes what is measured one by one; its median counts.
const TIMES: u32 = 30;

/// A name that a listing of processes shows for the host.
const HOST: &str = "smokerd-python-host";

/// How often a client asks whether all runs are done.
const BEAT: Duration = Duration::from_millis(2);

/// How often one who is in a hurry asks.
const HASTE: Duration = Duration::from_micros(200);

/// Fills in its rows.
pub(crate) fn measure(program: &Program, table: &mut Table) {
    let pair = start(program);
    let mut add = |name: &str, goal: Goal, figures: &mut dyn FnMut(&Daemon) -> Result<Pairs, String>| {
        let figures = pair.as_ref().map_err(Clone::clone).and_then(&mut *figures);
        table.add(Row::of_pairs(name, "ms", goal, figures));
    };
    add("a module's run; bare fork of a warm python3", Goal::AtMost(2.0), &mut |daemon| against_fork(daemon, many));
    add("  the same; `python3 -c pass`", Goal::AtMost(0.1), &mut against_start);
    add("  POST to served result; bare fork", Goal::None, &mut |daemon| against_fork(daemon, one));
    let memory = pair.as_ref().map_err(Clone::clone).and_then(host_memory);
    table.add(Row::of_pairs("  resident memory of the host; of the warm python3", "MiB", Goal::None, memory));
    let memory = pair.as_ref().map_err(Clone::clone).and_then(spare_memory);
    table.add(Row::alone("  memory of its own of the child that waits", "MiB", Goal::None, memory));
}

/// A daemon with plugins of the module, of which one has run.
fn start(program: &Program) -> Result<Daemon, String> {
    let top = "nr_concurrent_plugins: 1";
    let body = |_| format!("Module: {MODULE}");
    let config = boot::plugins(top, "Timeout: 60\nHistory: 1", RUNS, body).file(&format!("{MODULE}.py"), SOURCE);
    let daemon = program.start(&config)?;
    let source = daemon.path(&format!("{MODULE}.py"));
    keep_bytecode(&source).map_err(|error| format!("cannot compile {}: {error}", source.display()))?;
    one(&daemon)?;
    let page = daemon.connect()?.get("/plugins/p0").map(|answer| String::from_utf8_lossy(answer.body).into_owned());
    let page = page.map_err(|error| format!("no page of the module: {error}"))?;
    if page.contains("\"OK\"") { Ok(daemon) } else { Err(format!("the module does not run: {page}")) }
}

/// As after the first runs of any module: its bytecode lies beside it. The
/// daemon of a measure is told not to write any.
fn keep_bytecode(source: &Path) -> std::io::Result<()> {
    File::options().append(true).open(source)?.set_modified(SystemTime::now() - Duration::from_secs(3600))?;
    let mut command = Command::new("python3");
    command.env_remove("PYTHONDONTWRITEBYTECODE").args(["-m", "py_compile"]).arg(source);
    if command.status()?.success() { Ok(()) } else { Err(std::io::Error::other("python3 -m py_compile failed")) }
}

fn against_fork(daemon: &Daemon, ours: fn(&Daemon) -> Result<f64, String>) -> Result<Pairs, String> {
    let mut python = warm(daemon)?;
    Pairs::measure(MANY, || ours(daemon), || sample(|| python.run(MODULE)))
}

fn against_start(daemon: &Daemon) -> Result<Pairs, String> {
    let interpreter = warm_python::interpreter().map_err(|error| format!("no python3: {error}"))?;
    Pairs::measure(MANY, || many(daemon), || sample(|| start_python(&interpreter)))
}

fn warm(daemon: &Daemon) -> Result<WarmPython, String> {
    let source = daemon.path(MODULE);
    WarmPython::start(source.parent().unwrap_or(&source)).map_err(|error| format!("no warm python3: {error}"))
}

/// The mean time of a run in milliseconds, with nothing between the runs.
fn many(daemon: &Daemon) -> Result<f64, String> {
    let time = forced::run(&mut daemon.connect()?, &forced::request(RUNS), BEAT)?;
    Ok(time.as_secs_f64() * 1000.0 / f64::from(RUNS))
}

/// The median time in milliseconds from a request to its result.
fn one(daemon: &Daemon) -> Result<f64, String> {
    let mut client = daemon.connect()?;
    let request = forced::request(1);
    let times = (0..TIMES).map(|_| Ok(forced::run(&mut client, &request, HASTE)?.as_secs_f64() * 1000.0));
    times.collect::<Result<Vec<_>, String>>().map(|times| median(&times))
}

/// The median in milliseconds.
fn sample(mut take: impl FnMut() -> std::io::Result<Duration>) -> Result<f64, String> {
    let times = (0..TIMES).map(|_| take().map(|time| time.as_secs_f64() * 1000.0));
    let times = times.collect::<Result<Vec<_>, _>>().map_err(|error| format!("python3 failed: {error}"))?;
    Ok(median(&times))
}

fn start_python(interpreter: &Path) -> std::io::Result<Duration> {
    let begin = Instant::now();
    Command::new(interpreter).args(["-c", "pass"]).stdin(Stdio::null()).output()?;
    Ok(begin.elapsed())
}

/// The resident memory of the host, and of the interpreter that does only the forking.
fn host_memory(daemon: &Daemon) -> Result<Pairs, String> {
    let host = host_of(daemon)?;
    let mut python = warm(daemon)?;
    python.run(MODULE).map_err(|error| format!("python3 failed: {error}"))?;
    Pairs::measure(1, || usage::resident(host), || usage::resident(python.pid()))
}

/// What the child that was forked ahead does not share.
fn spare_memory(daemon: &Daemon) -> Result<f64, String> {
    let host = host_of(daemon)?;
    let spare = processes::with_argument(HOST).into_iter().find(|pid| is_child(*pid, host));
    usage::own(spare.ok_or("there is no child that waits")?)
}

fn host_of(daemon: &Daemon) -> Result<i32, String> {
    let mut hosts = processes::with_argument(HOST).into_iter();
    hosts.find(|pid| is_child(*pid, daemon.pid())).ok_or("the host is not found".to_owned())
}

fn is_child(pid: i32, parent: i32) -> bool {
    processes::status(pid).is_some_and(|status| status.get("PPid") == Some(&parent.to_string()))
}
