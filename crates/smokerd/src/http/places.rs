//! Places for connections, of which there are so many. When all are taken and
//! somebody asks for one, the connection gives up its own that has waited longest for a request.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use crate::http::idle::{Connections, Member};

/// Who may be there. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    taken: Connections,
    /// Held by the next to get a place. The others wait for it in the order of their coming.
    turn: Arc<Mutex<()>>,
}

/// A place that is taken. Dropping it frees it.
#[derive(Debug)]
pub(crate) struct Place {
    member: Member,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    /// So many.
    pub(crate) fn new(most: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(most)), taken: Connections::new(), turn: Arc::default() }
    }

    /// Waits for a place; when none is free, whoever only waits has to go.
    pub(crate) async fn take(&self) -> Place {
        let _turn = self.turn.lock().await;
        loop {
            let pause = if self.free.available_permits() == 0 { self.taken.make_room() } else { Duration::ZERO };
            tokio::select! {
                biased;
                Ok(permit) = Arc::clone(&self.free).acquire_owned() => {
                    return Place { member: self.taken.enter(), _permit: permit };
                }
                () = sleep(pause) => {}
            }
        }
    }
}

impl Place {
    /// The connection that has it.
    pub(crate) fn member(&self) -> &Member {
        &self.member
    }
}
