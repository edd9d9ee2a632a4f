//! Orders to a host, and its events to the runs.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use nix::unistd::Pid;
use tokio::io::{AsyncBufRead, Lines};
use tokio::net::unix::OwnedWriteHalf;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::execute::End;
use crate::host::wire::{self, Message, Order};

/// A host that takes orders. Dropping it ends the host.
#[derive(Debug)]
pub(crate) struct Connection {
    orders: UnboundedSender<Order>,
    runs: Mutex<HashMap<u64, UnboundedSender<Event>>>,
    death: OnceLock<String>,
    next_id: AtomicU64,
    search_path: Vec<PathBuf>,
}

/// What becomes of a run's child.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Event {
    Started(Pid),
    Failed(String),
    Ended(End),
}

/// A child that was ordered. Dropping it lets the host reap the child.
#[derive(Debug)]
pub(crate) struct Forked {
    id: u64,
    connection: Arc<Connection>,
    events: UnboundedReceiver<Event>,
}

impl Connection {
    /// Takes orders over this half of the control socket.
    pub(crate) fn new(socket: OwnedWriteHalf, search_path: Vec<PathBuf>) -> Self {
        let (orders, mut ordered) = unbounded_channel();
        tokio::spawn(async move {
            while let Some(order) = ordered.recv().await {
                if let Err(error) = wire::send(&socket, order).await {
                    // The other half notices the host's end and tells the runs.
                    tracing::debug!("the Python host takes no orders: {error}");
                    return;
                }
            }
        });
        let next_id = AtomicU64::new(1);
        Self { orders, runs: Mutex::default(), death: OnceLock::new(), next_id, search_path }
    }

    /// Why the host is gone; none while it lives.
    pub(crate) fn death(&self) -> Option<&str> {
        self.death.get().map(String::as_str)
    }

    pub(crate) fn search_path(&self) -> &[PathBuf] {
        &self.search_path
    }

    /// Orders a child.
    pub(crate) fn fork(self: &Arc<Self>, marker: &str, descriptors: [OwnedFd; 3]) -> Forked {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, events) = unbounded_channel();
        self.runs().insert(id, sender);
        if self.death().is_some() {
            // It died before the run was listed; nobody else takes it off the list.
            self.runs().remove(&id);
        }
        // Whether the host can still be reached shows in the events.
        let _ = self.orders.send(Order::Run { id, marker: marker.to_owned(), descriptors });
        Forked { id, connection: Arc::clone(self), events }
    }

    /// Gives the host's messages to the runs until the host is gone.
    pub(crate) async fn listen<R: AsyncBufRead + Unpin>(connection: std::sync::Weak<Self>, mut lines: Lines<R>) {
        while let Ok(Some(line)) = lines.next_line().await {
            let Some(connection) = connection.upgrade() else { return };
            match serde_json::from_str(&line) {
                Ok(message) => connection.take(message),
                Err(error) => tracing::error!("the Python host says what nobody understands ({error}): {line}"),
            }
        }
    }

    /// The host is gone: every run hears of it, and no new one is taken.
    pub(crate) fn bury(&self, reason: String) {
        let _ = self.death.set(reason);
        self.runs().clear();
    }

    fn take(&self, message: Message) {
        let (id, event) = match message {
            Message::Started { started, pid } => (started, Event::Started(Pid::from_raw(pid))),
            Message::Exited { exited, code } => (exited, Event::Ended(End::Exited(code))),
            Message::Signalled { exited, signal } => (exited, Event::Ended(End::of_signal(signal))),
            Message::Failed { failed, reason } => (failed, Event::Failed(reason)),
            Message::Ready { .. } => return,
        };
        if let Some(run) = self.runs().get(&id) {
            // A run that is over is just about to leave the list.
            let _ = run.send(event);
        }
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<u64, UnboundedSender<Event>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Forked {
    /// What happens next; none when the host is gone.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        self.events.recv().await
    }

    /// Why the host is gone.
    pub(crate) fn death(&self) -> String {
        self.connection.death().unwrap_or("the Python host is gone").to_owned()
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        self.connection.runs().remove(&self.id);
        let _ = self.connection.orders.send(Order::Reap { id: self.id });
    }
}
