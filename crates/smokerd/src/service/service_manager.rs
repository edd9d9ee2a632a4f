//! What the service manager that started us is told, such as systemd: the
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

/// How long a message waits for a service manager that has too many to read.
const PATIENCE: Duration = Duration::from_secs(5);

/// The service manager, if there is one. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ServiceManager {
    socket: Option<Arc<SocketAddr>>,
    watchdog: Option<Duration>,
    /// Whether it started another process than this one.
    is_stranger: bool,
}

impl ServiceManager {
    /// As the environment tells. A daemon in the background has `forked`, so
    /// that the service manager does not know its number.
    pub(crate) fn from_environment(forked: bool) -> Self {
        let socket = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        let socket = socket.and_then(|name| match address(&name) {
            Ok(address) => Some(Arc::new(address)),
            Err(error) => {
                tracing::warn!(
                    "can't tell the service manager anything at NOTIFY_SOCKET ({}): {error}",
                    name.display()
                );
                None
            }
        });
        let number = |name: &str| env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
        let is_watched = env::var_os("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(process::id().into());
        let watchdog = number("WATCHDOG_USEC").filter(|limit| is_watched && *limit > 0).map(Duration::from_micros);
        Self { watchdog: watchdog.filter(|_| socket.is_some()), socket, is_stranger: forked }
    }

    /// How often it wants to hear that all is well, at least.
    pub(crate) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// The daemon serves, with its first configuration or with another one.
    pub(crate) async fn tell_ready(&self, status: &str) {
        let own_number = if self.is_stranger { format!("MAINPID={}\n", process::id()) } else { String::new() };
        self.tell(&format!("{own_number}READY=1\nSTATUS={status}")).await;
    }

    /// A configuration is being read. The time tells which request to do so this answers.
    pub(crate) async fn tell_reloading(&self) {
        let now = clock_gettime(ClockId::CLOCK_MONOTONIC).map(Duration::from);
        let now = now.map_or_else(|_| String::new(), |now| format!("\nMONOTONIC_USEC={}", now.as_micros()));
        self.tell(&format!("RELOADING=1{now}\nSTATUS=Reading the configuration")).await;
    }

    /// The daemon ends.
    pub(crate) async fn tell_stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=Ending runs that are on their way").await;
    }

    /// All is well.
    pub(crate) async fn tell_alive(&self) {
        self.tell("WATCHDOG=1").await;
    }

    async fn tell(&self, message: &str) {
        let Some(address) = &self.socket else { return };
        let told = timeout(PATIENCE, send(address, message)).await;
        if let Err(error) = told.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())) {
            let first = message.lines().next().unwrap_or_default();
            tracing::warn!("can't tell the service manager {first}: {error}");
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
