//! From an interpreter to a host that takes orders.

use std::ffi::OsStr;
use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::modules::host::connection::HostConnection;
use crate::modules::host::settings::{PYTHON_ADVICE, PythonSettings};
use crate::modules::host::sources;
use crate::modules::host::wire::HostMessage;
use crate::process::attributes::surroundings::Surroundings;
use crate::process::child::Child;
use crate::process::children;
use crate::process::execute::ChildEnd;
use crate::process::own_program;
use crate::process::spawn::{Program, spawn_host};
use crate::process::terminate::kill_helper;

/// Runs the line that comes first over the control socket, so that a listing
/// of processes shows no program of many lines.
const LOADER: &str = "import os;exec(eval(os.fdopen(os.dup(0),'rb',0).readline()))";

/// What such a listing shows behind it.
const NAME: &str = "smokerd-python-host";

/// How long an interpreter may take until it is ready for orders; a machine
/// that swaps needs long.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a host that closed its control socket may take to exit.
const EXIT_TIMEOUT: Duration = Duration::from_secs(1);

/// How long output of the host is read once it has exited.
const DRAIN_TIMEOUT: Duration = Duration::from_millis(100);

/// This many of the last lines that the host itself prints are kept, for the message about its death.
const KEPT_LINES: usize = 5;

/// Starts a host and waits until it takes orders.
pub(crate) async fn start(settings: &PythonSettings) -> Result<Arc<HostConnection>, String> {
    let interpreter = settings.interpreter()?;
    let shown = interpreter.display();
    let host = StartedHost::spawn(interpreter, settings).await;
    let host = host.map_err(|error| format!("cannot start {shown}: {error}; {PYTHON_ADVICE}"))?;
    let StartedHost { mut writer, mut lines, exit } = host;
    let answered = async {
        send_sources(&mut writer, settings).await?;
        lines.next_line().await
    };
    let Ok(answer) = timeout(START_TIMEOUT, answered).await else {
        drop((writer, lines));
        let death = exit.reason().await;
        let seconds = START_TIMEOUT.as_secs();
        return Err(format!("{shown} is not ready {seconds} seconds after its start ({death}); {PYTHON_ADVICE}"));
    };
    let answer = answer.ok().flatten();
    let Some(Ok(HostMessage::Ready { ready, path })) = answer.map(|line| serde_json::from_str(&line)) else {
        drop((writer, lines));
        let reason = exit.reason().await;
        return Err(format!("{shown} cannot run modules: {reason}; {PYTHON_ADVICE}"));
    };
    tracing::debug!("Started Python host {}: {shown} is Python {ready}", exit.child.pid);
    let connection = Arc::new(HostConnection::new(writer, path));
    let weak = Arc::downgrade(&connection);
    tokio::spawn(async move {
        HostConnection::listen(weak.clone(), lines).await;
        let reason = exit.reason().await;
        if let Some(connection) = weak.upgrade() {
            tracing::error!("the Python host died: {reason}; the next run that needs it starts another");
            connection.mark_dead(format!("the Python host died under this run: {reason}"));
        }
    });
    Ok(connection)
}

async fn send_sources(writer: &mut OwnedWriteHalf, settings: &PythonSettings) -> io::Result<()> {
    // A text in JSON, with nothing but ASCII in it, is one for Python, too.
    let bootstrap = serde_json::to_string(sources::BOOTSTRAP)?;
    let path: Vec<_> = settings.users_path().iter().map(|entry| entry.to_string_lossy()).collect();
    let hello = json!({
        "sources": sources::modules(),
        "path": path,
        "program": own_program::for_other_users(),
        "owners": settings.importable_owners(),
    })
    .to_string();
    writer.write_all(format!("{bootstrap}\n{}\n{hello}", hello.len()).as_bytes()).await
}

/// An interpreter that was just started.
struct StartedHost {
    writer: OwnedWriteHalf,
    lines: Lines<BufReader<OwnedReadHalf>>,
    exit: HostExit,
}

impl StartedHost {
    async fn spawn(interpreter: &Path, settings: &PythonSettings) -> io::Result<Self> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (reader, writer) = UnixStream::from_std(ours)?.into_split();
        let program = Program {
            path: interpreter,
            name: None,
            arguments: &["-c", LOADER, NAME].map(OsStr::new),
            surroundings: Surroundings::of_daemon(),
            environment: settings.environment(),
            credentials: None,
            has_input: true,
        };
        let mut child = spawn_host(&program, theirs.into()).await?;
        let printed = HostOutput::default();
        let stdout = child.stdout.take().map(|pipe| tokio::spawn(printed.clone().read(pipe)));
        let stderr = child.stderr.take().map(|pipe| tokio::spawn(printed.clone().read(pipe)));
        let readers = [stdout, stderr].into_iter().flatten().collect();
        let exit = HostExit { child, printed, readers };
        Ok(Self { writer, lines: BufReader::new(reader).lines(), exit })
    }
}

/// What is needed to wait for a host's exit and to say why it died.
struct HostExit {
    child: Child,
    printed: HostOutput,
    readers: Vec<JoinHandle<()>>,
}

impl HostExit {
    /// Waits for the exit and says how the host ended and what it printed last.
    /// A host that closed its control socket and lives on is killed.
    async fn reason(mut self) -> String {
        let status = match timeout(EXIT_TIMEOUT, self.child.wait()).await {
            Ok(status) => status,
            Err(_) => match kill_helper(&self.child) {
                Ok(()) => self.child.wait().await,
                Err(error) => Err(error),
            },
        };
        children::release(self.child.pid);
        for reader in self.readers {
            // A child that it left may hold its pipes.
            let _ = timeout(DRAIN_TIMEOUT, reader).await;
        }
        let end = match status.map(ChildEnd::from) {
            Ok(end) => end.to_string(),
            Err(error) => error.to_string(),
        };
        match self.printed.last_lines() {
            lines if lines.is_empty() => end,
            lines => format!("{lines} ({end})"),
        }
    }
}

/// What the host itself printed.
#[derive(Clone, Debug, Default)]
struct HostOutput(Arc<Mutex<Vec<String>>>);

impl HostOutput {
    async fn read(self, pipe: impl AsyncRead + Unpin) {
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

    fn last_lines(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("; ")
    }
}
