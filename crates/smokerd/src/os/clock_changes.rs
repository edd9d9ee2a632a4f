//! Sees when the wall clock is set, or the machine wakes up from its sleep: timers go by the monotonic clock, which neither
//! moves.

use std::io;
use std::thread;
use std::time::Duration;

use tokio::sync::watch;

/// Changes with each time that the wall clock was set. Cheap to clone.
pub(crate) type ClockChanges = watch::Receiver<u64>;

/// Where the system does not say when its clock is set, times of the wall clock are looked at this often.
const LOOK: Duration = Duration::from_secs(30);

/// Sees it from now on, as long as somebody has the receiver. A thread waits for it, which costs nothing meanwhile.
pub(crate) fn watch() -> ClockChanges {
    let (sender, receiver) = watch::channel(0);
    let waiting = thread::Builder::new().name("clock".to_owned()).spawn(move || {
        let mut wait = wait_for_change();
        while wait().is_ok() && !sender.is_closed() {
            sender.send_modify(|count| *count += 1);
        }
    });
    if let Err(error) = waiting {
        tracing::error!(
            "cannot start a thread that sees when the clock is set: {error}; times of Cron and At may be late"
        );
    }
    receiver
}

/// Returns at the next change.
pub(crate) async fn next(changes: &mut ClockChanges) {
    if changes.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Something that waits until the clock may have been set.
fn wait_for_change() -> Box<dyn FnMut() -> io::Result<()>> {
    #[cfg(target_os = "linux")]
    match linux::timer() {
        Ok(timer) => return Box::new(move || linux::wait(&timer)),
        Err(error) => tracing::warn!(
            "the kernel does not say when the clock is set ({error}); it is looked at every {} s",
            LOOK.as_secs()
        ),
    }
    Box::new(|| {
        thread::sleep(LOOK);
        Ok(())
    })
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io;

    use nix::errno::Errno;
    use nix::sys::time::TimeSpec;
    use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};

    /// A time that never comes, in seconds since 1970.
    const NEVER: i64 = 9_000_000_000;

    /// A timer that the kernel cancels when the wall clock is set.
    pub(super) fn timer() -> io::Result<TimerFd> {
        let timer = TimerFd::new(ClockId::CLOCK_REALTIME, TimerFlags::TFD_CLOEXEC)?;
        set(&timer)?;
        Ok(timer)
    }

    /// Waits until it is cancelled, and sets it again.
    pub(super) fn wait(timer: &TimerFd) -> io::Result<()> {
        match timer.wait() {
            Ok(()) | Err(Errno::ECANCELED) => set(timer),
            Err(error) => Err(error.into()),
        }
    }

    fn set(timer: &TimerFd) -> io::Result<()> {
        let flags = TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        match timer.set(Expiration::OneShot(TimeSpec::new(NEVER, 0)), flags) {
            // The clock was set between two of these; the timer is set in any case.
            Ok(()) | Err(Errno::ECANCELED) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}
