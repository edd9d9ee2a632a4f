//! Tells the service manager that the daemon works, as long as it does.

use tokio::task::AbortHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::scheduler::manager::PluginManager;
use crate::service::service_manager::ServiceManager;

/// Those that have to be well.
#[derive(Debug)]
pub(crate) struct Watchdog {
    pub(crate) manager: PluginManager,
    pub(crate) server: AbortHandle,
}

impl Watchdog {
    /// Looks twice in the time that the service manager gives, if it gives
    /// one, and tells it what it wants to hear only if it is so.
    pub(crate) async fn watch(self, service_manager: ServiceManager, shutdown: CancellationToken) {
        let Some(limit) = service_manager.watchdog() else { return };
        let mut beat = interval(limit / 2);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = beat.tick() => {}
                () = shutdown.cancelled() => return,
            }
            // The rest of the time is for the message.
            let look = timeout(limit / 4, self.look());
            match look.await.unwrap_or(Err("not every plugin's task answers")) {
                Ok(()) => service_manager.tell_alive().await,
                Err(_) if shutdown.is_cancelled() => {}
                Err(problem) => tracing::error!(
                    "{problem}, so the service manager does not hear that all is well; please report this, with the log"
                ),
            }
        }
    }

    /// What is not well. The answers come from the tasks themselves, by way of
    /// the manager's and the state's locks: a timer alone would beat on over a dead daemon.
    async fn look(&self) -> Result<(), &'static str> {
        if self.server.is_finished() {
            return Err("the server has ended");
        }
        if self.manager.is_responsive().await { Ok(()) } else { Err("a plugin's task has ended") }
    }
}
