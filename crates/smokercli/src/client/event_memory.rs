//! How much memory the events of all hosts take that are being received, or that wait to be shown.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The bytes of all of them, counted by [`UNIT`].
const MEMORY: usize = 64 << 20;

/// Room is given in pieces of this many bytes.
const UNIT: usize = 1 << 10;

/// The room that there is. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct EventMemory(Arc<Semaphore>);

/// Room that was taken. Dropping it gives it back.
#[derive(Debug)]
pub(super) struct Place(OwnedSemaphorePermit);

impl Default for EventMemory {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MEMORY / UNIT)))
    }
}

impl EventMemory {
    /// Room for this many bytes, if there is some.
    pub(super) fn try_take(&self, bytes: usize) -> Option<Place> {
        Arc::clone(&self.0).try_acquire_many_owned(units(bytes)).ok().map(Place)
    }

    /// Room for this many bytes, or all of it. Waits until others have given it back.
    pub(super) async fn take(&self, bytes: usize) -> Option<Place> {
        Arc::clone(&self.0).acquire_many_owned(units(bytes)).await.ok().map(Place)
    }
}

impl Place {
    pub(super) fn bytes(&self) -> usize {
        self.0.num_permits() * UNIT
    }
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.min(MEMORY) / UNIT).unwrap_or(u32::MAX).max(1)
}
