//! The process that tries inputs, and may die of one.

use std::io;
use std::path::Path;
use std::thread;

use nix::sys::resource::{Resource, setrlimit};

use crate::limits;
use crate::runs::campaign::{self, Bounds, Figures, Found};
use crate::runs::position::Position;
use crate::target::Target;
use crate::trial::Trial;

/// Runs a campaign and notes in the file `position` how far it is.
///
/// # Errors
///
/// The first input that fails.
pub fn run(
    target: &'static Target,
    seed: u64,
    bounds: Bounds,
    position: &Path,
) -> io::Result<Result<Figures, Box<Found>>> {
    setrlimit(Resource::RLIMIT_AS, limits::ADDRESS_SPACE, limits::ADDRESS_SPACE)?;
    let position = Position::open(position)?;
    let announce = move |count: u64, input: &[u8]| {
        // A worker that cannot tell its position is killed as one that hangs.
        let _ = position.set(count + 1, input);
    };
    on_small_stack(move || campaign::run(target, seed, bounds, announce))
}

/// Runs a target on one input.
///
/// # Errors
///
/// When there is no thread for it.
pub fn reproduce(target: &'static Target, input: Vec<u8>) -> io::Result<Trial> {
    on_small_stack(move || Trial::run(target, &input))
}

/// Runs something on a thread with a stack as the daemon's threads have it.
fn on_small_stack<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    let thread = thread::Builder::new().stack_size(limits::STACK).spawn(work)?;
    thread.join().map_err(|_| io::Error::other("the harness itself panicked"))
}
