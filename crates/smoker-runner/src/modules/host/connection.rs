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

use crate::modules::host::streams::Streams;
use crate::modules::host::wire::{self, Message, Order};
use crate::process::containment::reaper::{Claim, Reaper};
use crate::process::execute::End;

/// A host that takes orders. Dropping it ends the host.
#[derive(Debug)]
pub(crate) struct Connection {
    orders: UnboundedSender<Order>,
    runs: Mutex<HashMap<u64, UnboundedSender<Event>>>,
    death: OnceLock<String>,
    next_id: AtomicU64,
    search_path: Vec<PathBuf>,
    reaper: Reaper,
    /// The child that was ordered for the next run.
    spare: Mutex<Option<Ordered>>,
}

/// What becomes of a run's child.
#[derive(Debug)]
pub(crate) enum Event {
    Started(Claim),
    Failed(String),
    Ended(End),
}

/// A child that was ordered. One is ordered ahead of the run that will need
/// it, so that a run does not wait for a fork.
#[derive(Debug)]
pub(crate) struct Ordered {
    pub(crate) forked: Forked,
    pub(crate) streams: Streams,
}

/// What happens to a child that was ordered. Dropping it lets the host reap the child.
#[derive(Debug)]
pub(crate) struct Forked {
    id: u64,
    connection: Weak<Connection>,
    events: UnboundedReceiver<Event>,
}

impl Connection {
    /// Takes orders over this half of the control socket.
    pub(crate) fn new(socket: OwnedWriteHalf, search_path: Vec<PathBuf>, reaper: Reaper) -> Self {
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
        let (runs, spare) = (Mutex::default(), Mutex::default());
        Self { orders, runs, death: OnceLock::new(), next_id, search_path, reaper, spare }
    }

    /// Why the host is gone; none while it lives.
    pub(crate) fn death(&self) -> Option<&str> {
        self.death.get().map(String::as_str)
    }

    /// Why the host is gone, for a run that lost it.
    pub(crate) fn obituary(&self) -> String {
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
    pub(crate) fn fork(self: &Arc<Self>) -> io::Result<Ordered> {
        let (streams, descriptors) = Streams::new()?;
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (sender, events) = unbounded_channel();
        self.runs().insert(id, sender);
        if self.death().is_some() {
            // It died before the run was listed; nobody else takes it off the list.
            self.runs().remove(&id);
        }
        // Whether the host can still be reached shows in the events.
        let _ = self.orders.send(Order::Run { id, descriptors });
        Ok(Ordered { forked: Forked { id, connection: Arc::downgrade(self), events }, streams })
    }

    /// Orders a child for the next run, unless there is one.
    pub(crate) fn prepare_spare(self: &Arc<Self>) {
        let mut spare = self.spare();
        if spare.is_none() && self.death().is_none() {
            // Without descriptors left there is no spare, and a run that has none says why it can't begin.
            *spare = self.fork().ok();
        }
    }

    /// The child that was ordered for the next run.
    pub(crate) fn take_spare(&self) -> Option<Ordered> {
        self.spare().take()
    }

    /// Gives the host's messages to the runs until the host is gone.
    pub(crate) async fn listen<R: AsyncBufRead + Unpin>(connection: Weak<Self>, mut lines: Lines<R>) {
        while let Ok(Some(line)) = lines.next_line().await {
            let Some(connection) = connection.upgrade() else { return };
            match serde_json::from_str(&line) {
                Ok(message) => connection.take(&message),
                Err(error) => tracing::error!("the Python host says what nobody understands ({error}): {line}"),
            }
        }
    }

    /// The host is gone: every run hears of it, and no new one is taken.
    pub(crate) fn bury(&self, reason: String) {
        let _ = self.death.set(reason);
        self.runs().clear();
        self.take_spare();
    }

    fn take(&self, message: &Message) {
        let (id, event): (u64, &dyn Fn() -> Event) = match message {
            Message::Started { started, pid } => (*started, &|| Event::Started(self.reaper.claim(Pid::from_raw(*pid)))),
            Message::Exited { exited, code } => (*exited, &|| Event::Ended(End::Exited(*code))),
            Message::Signalled { exited, signal } => (*exited, &|| Event::Ended(End::of_signal(*signal))),
            Message::Failed { failed, reason } => (*failed, &|| Event::Failed(reason.clone())),
            Message::Ready { .. } => return,
        };
        // Listed or not is told under the lock: a child that nobody waits for is not claimed, since it may be gone.
        if let Some(run) = self.runs().get(&id) {
            let _ = run.send(event());
        }
        if !matches!(message, Message::Started { .. }) {
            // A spare that ended before its time is let go, so that the host can reap it.
            self.spare().take_if(|spare| spare.forked.id == id);
        }
    }

    fn spare(&self) -> MutexGuard<'_, Option<Ordered>> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Whether nothing is known of an end, neither the child's nor the host's.
    pub(crate) fn lives(&mut self) -> bool {
        matches!(self.events.try_recv(), Err(TryRecvError::Empty))
    }
}

impl Drop for Forked {
    fn drop(&mut self) {
        // Without a connection there is no host either.
        if let Some(connection) = self.connection.upgrade() {
            connection.runs().remove(&self.id);
            // A claim ends before the child is reaped: its number can be another's then.
            while self.events.try_recv().is_ok() {}
            let _ = connection.orders.send(Order::Reap { id: self.id });
        }
    }
}
