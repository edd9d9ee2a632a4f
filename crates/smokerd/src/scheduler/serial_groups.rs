//! Groups of plugins whose runs wait for each other (`SerialGroup`).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The groups of which runs go on or wait. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct SerialGroups(Arc<Mutex<HashMap<Arc<str>, Weak<Semaphore>>>>);

impl SerialGroups {
    /// Waits for the turn of a run in its group, which lasts until the permit is dropped. Runs have it in the order in which
    /// they came.
    pub(crate) async fn enter(&self, name: &Arc<str>) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed.
        self.group(name).acquire_owned().await.ok()
    }

    fn group(&self, name: &Arc<str>) -> Arc<Semaphore> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(group) = groups.get(name).and_then(Weak::upgrade) {
            return group;
        }
        groups.retain(|_, group| group.strong_count() > 0);
        let group = Arc::new(Semaphore::new(1));
        groups.insert(Arc::clone(name), Arc::downgrade(&group));
        group
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn runs_of_a_group_wait_for_each_other_and_others_do_not() {
        let groups = SerialGroups::default();
        let (disk, net): (Arc<str>, Arc<str>) = ("disk".into(), "net".into());
        let first = groups.enter(&disk).await.expect("a turn");
        assert!(groups.enter(&net).await.is_some());
        let mut second = std::pin::pin!(groups.enter(&disk));
        assert!(timeout(Duration::from_millis(50), second.as_mut()).await.is_err());
        drop(first);
        assert!(second.await.is_some());
    }
}
