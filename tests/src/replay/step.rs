//! What a case does and what it expects.

use std::collections::BTreeMap;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde::Deserialize;
use serde_json::{Map, Value as Json};

/// One step: something done, with what it should lead to.
#[derive(Clone, Debug)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// Texts that the daemon's standard error must hold afterwards.
    pub stderr_contains: Vec<String>,
    /// Texts that the daemon's output must hold afterwards.
    pub output_contains: Vec<String>,
}

/// What is done in a step.
#[derive(Clone, Debug)]
pub enum Act {
    /// Waits; part of the format, for cases that look at a moment in time.
    Wait(Duration),
    /// Asks, and compares the answer.
    Request {
        /// What is asked.
        ask: Ask,
        /// How long it is asked again while the answer is 202; `None`: once.
        poll: Option<Duration>,
        /// How long one answer may take.
        limit: Duration,
        /// What should come back.
        expected: Expected,
    },
    /// Sends a signal to the daemon in the foreground.
    Signal(Signal),
    /// The daemon in the foreground ends.
    ExpectExit {
        /// With this code, or the text `still running`.
        code: Json,
        /// Within this time.
        limit: Duration,
    },
    /// Runs the daemon's command line in another mode, to its end.
    Command {
        /// Which mode.
        mode: Mode,
        /// Its exit code, when that counts.
        exit: Option<Json>,
        /// Within this time.
        limit: Duration,
    },
    /// Starts the daemon in the foreground.
    RunStart,
    /// Listens on the daemon's port.
    OccupyPort,
    /// The port opens (or does not) within a time.
    WaitPort(bool, Duration),
    /// The port closes (or does not) within a time.
    WaitClosed(bool, Duration),
    /// The pidfile exists (or does not) within a time.
    Pidfile {
        /// What it holds is written first.
        write: Option<String>,
        /// Whether it should exist, when that counts.
        exists: Option<bool>,
        /// Within this time.
        limit: Duration,
    },
    /// A file exists (or does not), with this content.
    File {
        /// Its path.
        path: String,
        /// Whether it should exist, when that counts.
        exists: Option<bool>,
        /// What it should hold, when that counts.
        content: Option<String>,
    },
}

/// How the daemon's command line is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Without `-fg`.
    Daemonize,
    /// Without `-fg`, with `--stop`.
    Stop,
}

/// A request of a case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// GET, POST...
    pub method: String,
    /// With placeholders.
    pub path: String,
    /// Sent as they are.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// With placeholders.
    pub body: Option<String>,
}

/// The answer that a case expects.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// The status code.
    pub status: u16,
    /// The media type, or `<any>`.
    pub content_type: String,
    /// Headers that must be there.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The JSON body.
    #[serde(default, deserialize_with = "present")]
    pub body: Option<Json>,
    /// The body that is not JSON; it counts only whether it is empty.
    pub text: Option<String>,
}

/// Reads `"body": null` as the expectation of null, not as no expectation.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Json>, D::Error> {
    Json::deserialize(deserializer).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    wait_s: Option<f64>,
    request: Option<Ask>,
    response: Option<Expected>,
    #[serde(default)]
    poll: bool,
    // The original redirects to the plain form of a path; our daemon answers at once, and has to.
    #[serde(default, rename = "follow")]
    _follow: bool,
    timeout_s: Option<f64>,
    signal: Option<String>,
    expect_exit: Option<Json>,
    command: Option<Mode>,
    exit: Option<Json>,
    run_start: Option<bool>,
    occupy_port: Option<bool>,
    wait_port: Option<bool>,
    wait_closed: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    pidfile: Option<Json>,
    write: Option<String>,
    file: Option<String>,
    exists: Option<bool>,
    content: Option<String>,
    max_s: Option<f64>,
    #[serde(default)]
    stderr_contains: Vec<String>,
    #[serde(default)]
    output_contains: Vec<String>,
    #[serde(default, rename = "mask")]
    _mask: Json,
    #[serde(default, rename = "normal")]
    _normal: Json,
}

impl Step {
    /// Reads a step.
    ///
    /// # Errors
    ///
    /// A sentence when it has an unknown member or nothing to do.
    pub fn parse(object: Map<String, Json>) -> Result<Self, String> {
        let raw: Raw = serde_json::from_value(Json::Object(object)).map_err(|error| error.to_string())?;
        let limit = |default: f64| Duration::from_secs_f64(raw.max_s.unwrap_or(default));
        let act = if let Some(seconds) = raw.wait_s {
            Act::Wait(Duration::from_secs_f64(seconds))
        } else if let Some(ask) = raw.request {
            let expected = raw.response.ok_or("a request without a response")?;
            let poll = raw.poll.then(|| limit(60.0));
            Act::Request { ask, poll, limit: Duration::from_secs_f64(raw.timeout_s.unwrap_or(40.0)), expected }
        } else if let Some(name) = raw.signal {
            Act::Signal(format!("SIG{name}").parse().map_err(|_| format!("no signal is called {name}"))?)
        } else if let Some(code) = raw.expect_exit {
            Act::ExpectExit { code, limit: limit(30.0) }
        } else if let Some(mode) = raw.command {
            Act::Command { mode, exit: raw.exit, limit: limit(20.0) }
        } else if raw.run_start.is_some() {
            Act::RunStart
        } else if raw.occupy_port.is_some() {
            Act::OccupyPort
        } else if let Some(opens) = raw.wait_port {
            Act::WaitPort(opens, limit(10.0))
        } else if let Some(closes) = raw.wait_closed {
            Act::WaitClosed(closes, limit(15.0))
        } else if let Some(exists) = raw.pidfile {
            Act::Pidfile { write: raw.write, exists: exists.as_bool(), limit: limit(0.0) }
        } else if let Some(path) = raw.file {
            Act::File { path, exists: raw.exists, content: raw.content }
        } else {
            return Err("a step that does nothing known".to_owned());
        };
        Ok(Self { act, stderr_contains: raw.stderr_contains, output_contains: raw.output_contains })
    }

    /// Where a difference was found: `[2] GET /plugins`, `[3] expect_exit`.
    #[must_use]
    pub fn label(&self, number: usize) -> String {
        let what = match &self.act {
            Act::Request { ask, .. } => return format!("[{number}] {} {}", ask.method, ask.path),
            Act::Wait(_) => "wait_s",
            Act::Signal(_) => "signal",
            Act::ExpectExit { .. } => "expect_exit",
            Act::Command { .. } => "command exit",
            Act::RunStart => "run_start",
            Act::OccupyPort => "occupy_port",
            Act::WaitPort(..) => "wait_port",
            Act::WaitClosed(..) => "wait_closed",
            Act::Pidfile { .. } => "pidfile",
            Act::File { .. } => "file",
        };
        format!("[{number}] {what}")
    }
}
