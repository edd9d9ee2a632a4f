//! From an interpreter to a host that takes orders.

use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::unistd::Pid;
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::process::Child;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::modules::builtin;
use crate::modules::host::PYTHON_ADVICE;
use crate::modules::host::connection::Connection;
use crate::modules::host::settings::PythonSettings;
use crate::modules::host::sources;
use crate::modules::host::wire::Message;
use crate::process::containment::reaper::Reaper;
use crate::process::execute::End;
use crate::process::spawn::spawn_host;
use crate::process::terminate::kill_helper;

/// Runs the line that comes first over the control socket, so that a listing
/// of processes shows no program of many lines.
const LOADER: &str = "import os;exec(eval(os.fdopen(os.dup(0),'rb',0).readline()))";

/// What such a listing shows behind it.
const NAME: &str = "smokerd-python-host";

/// How long an interpreter may take until it takes orders; on a machine that
/// swaps it takes long.
const START_TIME: Duration = Duration::from_secs(60);

/// How long a host that closed its control socket may live on.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Of what the host itself prints this many lines are kept for its obituary.
const KEPT_LINES: usize = 5;

/// Starts a host and waits until it takes orders.
pub(crate) async fn start(settings: &PythonSettings, reaper: &Reaper) -> Result<Arc<Connection>, String> {
    let interpreter = settings.interpreter()?;
    let shown = interpreter.display();
    let host = Host::spawn(interpreter, reaper).await;
    let host = host.map_err(|error| format!("can't start {shown}: {error}; {PYTHON_ADVICE}"))?;
    let Host { mut writer, mut lines, undertaker } = host;
    let greeted = async {
        greet(&mut writer, settings).await?;
        lines.next_line().await
    };
    let Ok(answer) = timeout(START_TIME, greeted).await else {
        drop((writer, lines));
        let death = undertaker.death().await;
        let seconds = START_TIME.as_secs();
        return Err(format!("{shown} takes no orders {seconds} seconds after its start ({death}); {PYTHON_ADVICE}"));
    };
    let answer = answer.ok().flatten();
    let Some(Ok(Message::Ready { ready, path })) = answer.map(|line| serde_json::from_str(&line)) else {
        drop((writer, lines));
        let reason = undertaker.death().await;
        return Err(format!("{shown} can't run modules: {reason}; {PYTHON_ADVICE}"));
    };
    tracing::info!("Started Python host {}: {shown} is Python {ready}", undertaker.pid);
    let connection = Arc::new(Connection::new(writer, path, reaper.clone()));
    let weak = Arc::downgrade(&connection);
    tokio::spawn(async move {
        Connection::listen(weak.clone(), lines).await;
        let reason = undertaker.death().await;
        if let Some(connection) = weak.upgrade() {
            tracing::error!("the Python host died: {reason}; the next run that needs it starts another");
            connection.bury(format!("the Python host died under this run: {reason}"));
        }
    });
    Ok(connection)
}

async fn greet(writer: &mut OwnedWriteHalf, settings: &PythonSettings) -> io::Result<()> {
    // A text in JSON, with nothing but ASCII in it, is one for Python, too.
    let bootstrap = serde_json::to_string(sources::BOOTSTRAP)?;
    let path: Vec<_> = settings.users_path().iter().map(|entry| entry.to_string_lossy()).collect();
    let hello = json!({"sources": sources::modules(), "path": path, "program": builtin::program()}).to_string();
    writer.write_all(format!("{bootstrap}\n{}\n{hello}", hello.len()).as_bytes()).await
}

/// An interpreter that was just started.
struct Host {
    writer: OwnedWriteHalf,
    lines: Lines<BufReader<OwnedReadHalf>>,
    undertaker: Undertaker,
}

impl Host {
    async fn spawn(interpreter: &Path, reaper: &Reaper) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(ours)?.into_split();
        let arguments = ["-c", LOADER, NAME].map(OsString::from);
        let (mut child, pid) = spawn_host(reaper, interpreter, &arguments, theirs.into()).await?;
        let said = Said::default();
        let stdout = child.stdout.take().map(|pipe| tokio::spawn(said.clone().listen(pipe)));
        let stderr = child.stderr.take().map(|pipe| tokio::spawn(said.clone().listen(pipe)));
        let listeners = [stdout, stderr].into_iter().flatten().collect();
        let undertaker = Undertaker { child, pid, said, listeners, reaper: reaper.clone() };
        Ok(Self { writer, lines: BufReader::new(reader).lines(), undertaker })
    }
}

/// Waits for a host's end.
struct Undertaker {
    child: Child,
    pid: Pid,
    said: Said,
    listeners: Vec<JoinHandle<()>>,
    reaper: Reaper,
}

impl Undertaker {
    /// How the host ended. One that has let go of its control socket and
    /// lives on is killed.
    async fn death(mut self) -> String {
        let status = match timeout(LAST_WORDS, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => match kill_helper(&mut self.child) {
                Ok(()) => self.child.wait().await,
                Err(error) => Err(error),
            },
        };
        self.reaper.release(self.pid);
        for listener in self.listeners {
            // A child that it left may hold its pipes.
            let _ = timeout(LAST_WORDS / 10, listener).await;
        }
        let end = match status.map(End::from) {
            Ok(end) => end.to_string(),
            Err(error) => error.to_string(),
        };
        match self.said.last_words() {
            words if words.is_empty() => end,
            words => format!("{words} ({end})"),
        }
    }
}

/// What the host itself printed.
#[derive(Clone, Debug, Default)]
struct Said(Arc<Mutex<Vec<String>>>);

impl Said {
    async fn listen(self, pipe: impl AsyncRead + Unpin) {
        let mut lines = BufReader::new(pipe).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            tracing::warn!("Python host: {line}");
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if kept.len() == KEPT_LINES {
                kept.remove(0);
            }
            kept.push(line);
        }
    }

    fn last_words(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("; ")
    }
}
