//! Notifies the service manager's watchdog as long as the daemon works.

use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::service::manager::notify::ServiceManager;

/// Checks the daemon's health twice in the time that the service manager gives, if it gives
/// one, and notifies it only if the check succeeds. A check that fails says why.
pub(crate) async fn watch<H>(service_manager: ServiceManager, check_health: H, shutdown: CancellationToken)
where
    H: AsyncFn() -> Result<(), &'static str>,
{
    let Some(limit) = service_manager.watchdog() else { return };
    let mut ticks = interval(limit / 2);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = shutdown.cancelled() => return,
        }
        // The rest of the time is for the notification.
        let check = timeout(limit / 4, check_health());
        match check.await.unwrap_or(Err("not every plugin's task answers")) {
            Ok(()) => service_manager.notify_watchdog().await,
            Err(_) if shutdown.is_cancelled() => {}
            Err(problem) => {
                tracing::error!("watchdog notification withheld: {problem}; please report this, with the log");
            }
        }
    }
}
