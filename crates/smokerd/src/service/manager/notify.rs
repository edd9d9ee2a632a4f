//! Notifies the service manager that started the daemon, such as systemd: the
//! protocol of `sd_notify(3)`.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram as StdUnixDatagram};
use std::process;
use std::sync::Arc;
use std::time::Duration;

use nix::time::{ClockId, clock_gettime};
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use crate::os::sys;

/// How long sending a notification may block while the service manager reads none.
const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// The service manager, if there is one. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ServiceManager {
    socket: Option<Arc<SocketAddr>>,
    watchdog: Option<Duration>,
    /// Whether the daemon is not the process that the service manager started.
    has_forked: bool,
}

impl ServiceManager {
    /// Reads the environment. A daemon in the background has `forked`, so
    /// the service manager does not know its process id.
    pub(crate) fn from_environment(forked: bool) -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        let socket = socket.and_then(|name| match address(&name) {
            Ok(address) => Some(Arc::new(address)),
            Err(error) => {
                tracing::warn!("cannot notify the service manager at NOTIFY_SOCKET ({}): {error}", name.display());
                None
            }
        });
        let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let is_watched = env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(process::id().into());
        let watchdog = number("WATCHDOG_USEC").filter(|limit| is_watched && *limit > 0).map(Duration::from_micros);
        Self { watchdog: watchdog.filter(|_| socket.is_some()), socket, has_forked: forked }
    }

    /// The longest time between two watchdog notifications, if the service manager wants any.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Reports that the daemon serves, with its first configuration or with another one.
    pub(crate) async fn notify_ready(&self, status: &str) {
        let main_pid = if self.has_forked { format!("MAINPID={}\n", process::id()) } else { String::new() };
        self.notify(&format!("{main_pid}READY=1\nSTATUS={status}")).await;
    }

    /// Reports that a configuration is being read. The time says which request this answers.
    pub(crate) async fn notify_reloading(&self) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
        let now = now.map_or_else(|_| String::new(), |now| format!("\nMONOTONIC_USEC={}", now.as_micros()));
        self.notify(&format!("RELOADING=1{now}\nSTATUS=Reading the configuration")).await;
    }

    /// Reports that the daemon is stopping.
    pub(crate) async fn notify_stopping(&self) {
        self.notify("STOPPING=1\nSTATUS=Stopping: terminating running plugins").await;
    }

    /// Resets the service manager's watchdog.
    pub(crate) async fn notify_watchdog(&self) {
        self.notify("WATCHDOG=1").await;
    }

    async fn notify(&self, message: &str) {
        let Some(address) = &self.socket else { return };
        let sent = timeout(SEND_TIMEOUT, send(address, message)).await;
        if let Err(error) = sent.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            let first = message.lines().next().unwrap_or_default();
            tracing::warn!("cannot notify the service manager ({first}): {error}");
        }
    }
}

async fn send(address: &SocketAddr, message: &str) -> io::Result<()> {
    let socket = StdUnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.connect_addr(address)?;
    UnixDatagram::from_std(socket)?.send(message.as_bytes()).await.map(drop)
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => sys::abstract_address(name),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "it has to begin with / or @")),
    }
}
