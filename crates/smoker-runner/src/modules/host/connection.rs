//! Orders to a host, and its events to the runs.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};

use nix::unistd::Pid;
use tokio::io::{AsyncBufRead, Lines};
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::modules::host::streams::ChildStreams;
use crate::modules::host::wire::{self, HostMessage, HostRequest};
use crate::process::children::Claim;
use crate::process::execute::ChildEnd;
use crate::process::target::OneProcess;

/// A host that takes orders. Dropping it ends the host.
#[derive(Debug)]
pub(crate) struct HostConnection {
    orders: UnboundedSender<HostRequest>,
    runs: Mutex<HashMap<u64, UnboundedSender<ChildEvent>>>,
    death: OnceLock<String>,
    next_id: AtomicU64,
    search_path: Vec<PathBuf>,
    /// The child that was ordered for the next run.
    spare: Mutex<Option<RequestedChild>>,
}

/// What happens to a run's child.
#[derive(Debug)]
pub(crate) enum ChildEvent {
    Started(Claim),
    Failed(String),
    Ended(ChildEnd),
}

/// A child that was ordered. One is ordered ahead of the run that will need
/// it, so that a run does not wait for a fork.
#[derive(Debug)]
pub(crate) struct RequestedChild {
    pub(crate) events: ChildEvents,
    pub(crate) streams: ChildStreams,
}

/// What happens to a child that was ordered. Dropping it lets the host reap the child.
#[derive(Debug)]
pub(crate) struct ChildEvents {
    id: u64,
    connection: Weak<HostConnection>,
    events: UnboundedReceiver<ChildEvent>,
}

impl HostConnection {
    /// Takes orders over this half of the control socket.
    pub(crate) fn new(socket: OwnedWriteHalf, search_path: Vec<PathBuf>) -> Self {
        let (orders, mut ordered) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(order) = ordered.recv().await {
                if let Err(error) = wire::send(&socket, order).await {
                    // The reading half notices the host's end and informs the runs.
                    tracing::debug!("the Python host takes no requests: {error}");
                    return;
                }
            }
        });
        let next_id = AtomicU64::new(1);
        let (runs, spare) = (Mutex::default(), Mutex::default());
        Self { orders, runs, death: OnceLock::new(), next_id, search_path, spare }
    }

    /// Why the host is gone; none while it lives.
    pub(crate) fn death(&self) -> Option<&str> {
        self.death.get().map(String::as_str)
    }

    /// Why the host is gone, for the run that it died under.
    pub(crate) fn death_reason(&self) -> String {
        self.death().unwrap_or("the Python host is gone").to_owned()
    }

    pub(crate) fn search_path(&self) -> &[PathBuf] {
        &self.search_path
    }

    /// Orders a child.
    ///
    /// # Errors
    ///
    /// When no more files may be open.
    pub(crate) fn fork(self: &Arc<Self>) -> io::Result<RequestedChild> {
        let (streams, descriptors) = ChildStreams::new()?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, events) = unbounded_channel();
        self.runs().insert(id, sender);
        if self.death().is_some() {
            // It died before the run was listed, so `mark_dead` did not take it off the list.
            self.runs().remove(&id);
        }
        // Whether the host can still be reached shows in the events.
        let _ = self.orders.send(HostRequest::Run { id, descriptors });
        Ok(RequestedChild { events: ChildEvents { id, connection: Arc::downgrade(self), events }, streams })
    }

    /// Orders a child for the next run, unless there is one.
    pub(crate) fn prepare_spare(self: &Arc<Self>) {
        let mut spare = self.spare();
        if spare.is_none() && self.death().is_none() {
            // Without descriptors left there is no spare, and a run that has none says why it cannot begin.
            *spare = self.fork().ok();
        }
    }

    /// The child that was ordered for the next run.
    pub(crate) fn take_spare(&self) -> Option<RequestedChild> {
        self.spare().take()
    }

    /// Passes the host's messages to the runs until the host is gone.
    pub(crate) async fn listen<R: AsyncBufRead + Unpin>(connection: Weak<Self>, mut lines: Lines<R>) {
        while let Ok(Some(line)) = lines.next_line().await {
            let Some(connection) = connection.upgrade() else { return };
            match serde_json::from_str(&line) {
                Ok(message) => connection.dispatch(&message),
                Err(error) => tracing::error!("the Python host sent a message that cannot be read ({error}): {line}"),
            }
        }
    }

    /// The host is gone: the events of every run end, and no new run begins.
    pub(crate) fn mark_dead(&self, reason: String) {
        let _ = self.death.set(reason);
        self.runs().clear();
        self.take_spare();
    }

    fn dispatch(&self, message: &HostMessage) {
        let (id, event): (u64, &dyn Fn() -> ChildEvent) = match message {
            HostMessage::Started { started, pid } => (*started, &|| started_event(*pid)),
            HostMessage::Exited { exited, code } => (*exited, &|| ChildEvent::Ended(ChildEnd::Exited(*code))),
            HostMessage::Signalled { exited, signal } => (*exited, &|| ChildEvent::Ended(ChildEnd::of_signal(*signal))),
            HostMessage::Failed { failed, reason } => (*failed, &|| ChildEvent::Failed(reason.clone())),
            HostMessage::Ready { .. } => return,
        };
        // Whether it is listed shows under the lock: a child that no run waits for is not claimed, since it may be gone.
        if let Some(run) = self.runs().get(&id) {
            let _ = run.send(event());
        }
        if !matches!(message, HostMessage::Started { .. }) {
            // A spare that died is dropped, so that the host can reap it.
            self.spare().take_if(|spare| spare.events.id == id);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<RequestedChild>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, UnboundedSender<ChildEvent>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The host has forked a child, which is claimed.
fn started_event(pid: i32) -> ChildEvent {
    match OneProcess::of(Pid::from_raw(pid)) {
        Some(process) => ChildEvent::Started(Claim::of(process)),
        None => ChildEvent::Failed(format!("the Python host names {pid} as the process id of its child")),
    }
}

impl ChildEvents {
    /// What happens next; none when the host is gone.
    pub(crate) async fn next(&mut self) -> Option<ChildEvent> {
        self.events.recv().await
    }

    /// Whether neither the child nor the host is known to have ended.
    pub(crate) fn is_alive(&mut self) -> bool {
        matches!(self.events.try_recv(), Err(TryRecvError::Empty))
    }
}

impl Drop for ChildEvents {
    fn drop(&mut self) {
        // Without a connection there is no host either.
        if let Some(connection) = self.connection.upgrade() {
            connection.runs().remove(&self.id);
            // A claim ends before the child is reaped: its number can be another's then.
            while self.events.try_recv().is_ok() {}
            let _ = connection.orders.send(HostRequest::Reap { id: self.id });
        }
    }
}
