//! TCP ports that nobody else uses.
//!
//! A configuration names its port before the daemon binds it, so a port has to
//! be chosen, released, and bound a moment later. The ports come from below the
//! range that kernels give to outgoing connections, and are never given twice
//! by one process; a stranger who takes one in between is met by a new try.

use std::net::TcpListener;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

const FIRST: u32 = 16_000;
const COUNT: u32 = 16_000;

/// How far apart two test programs start looking.
const STRIDE: u32 = 211;

static GIVEN: AtomicU32 = AtomicU32::new(0);

static LOOKING: Mutex<()> = Mutex::new(());

/// Held while a program is started: a child that is forked but not yet
/// executed holds copies of our sockets, also of one that only looks whether a port is free.
pub(crate) fn nobody_looks() -> MutexGuard<'static, ()> {
    LOOKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A port of 127.0.0.1 that is free at this moment.
#[must_use]
pub fn free() -> u16 {
    let _looking = nobody_looks();
    let start = process::id().wrapping_mul(STRIDE);
    for _ in 0..COUNT {
        let step = GIVEN.fetch_add(1, Ordering::Relaxed);
        let port = FIRST + start.wrapping_add(step) % COUNT;
        let port = u16::try_from(port).expect("the range ends below 65536");
        if TcpListener::bind(("0.0.0.0", port)).is_ok() {
            return port;
        }
    }
    panic!("no free TCP port between {FIRST} and {}", FIRST + COUNT);
}
