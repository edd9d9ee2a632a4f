//! When the commands of a schedule really began.
//!
//! The first and only thing that each command does is to write its number to
//! a named pipe, with what its shell has built in: no program is started for
//! it. We read the pipe and look at the clock. So lateness is seen from
//! outside: it ends when the command runs, not when the daemon thinks so, and
//! what our own reading takes only adds to it.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;

/// A check's number and when it began, in microseconds since the epoch.
pub(crate) type Stamp = (u32, i64);

/// What we write ourselves to end the reading.
const END: &str = "end";

/// The line for the shell that leaves a stamp.
pub(crate) fn command(number: u32, pipe: &Path) -> String {
    format!("echo {number} > {}", pipe.display())
}

/// Now, in microseconds since the epoch.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// A pipe that is read. Dropping it ends the reading.
#[derive(Debug)]
pub(crate) struct Stamps {
    taken: Arc<Mutex<Result<Vec<Stamp>, String>>>,
    pipe: File,
}

impl Stamps {
    /// Makes the pipe and reads it from now on.
    pub(crate) fn listen(path: &Path) -> Result<Self, String> {
        let failed = |error: &dyn std::fmt::Display| format!("no named pipe {}: {error}", path.display());
        mkfifo(path, Mode::S_IRUSR | Mode::S_IWUSR).map_err(|error| failed(&error))?;
        // Open for writing too: so the pipe never ends, and opening it waits for nobody.
        let open = || File::options().read(true).write(true).open(path).map_err(|error| failed(&error));
        let (pipe, reader) = (open()?, open()?);
        let taken = Arc::new(Mutex::new(Ok(Vec::new())));
        let shared = Arc::clone(&taken);
        thread::spawn(move || read(reader, &shared));
        Ok(Self { taken, pipe })
    }

    /// The stamps so far.
    pub(crate) fn taken(&self) -> Vec<Stamp> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).clone().unwrap_or_default()
    }

    /// Says what went wrong with the reading.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|_| ()).map_err(Clone::clone)
    }
}

impl Drop for Stamps {
    fn drop(&mut self) {
        // Without it the thread only waits until this program ends.
        let _ = writeln!(self.pipe, "{END}");
    }
}

fn read(mut pipe: File, taken: &Mutex<Result<Vec<Stamp>, String>>) {
    let mut buffer = [0; 4096];
    let mut kept = String::new();
    loop {
        let read = pipe.read(&mut buffer);
        let when = now();
        let mut taken = taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (Ok(read), Ok(stamps)) = (&read, taken.as_mut()) else {
            *taken = Err(format!("cannot read the named pipe: {read:?}"));
            return;
        };
        kept.push_str(&String::from_utf8_lossy(&buffer[..*read]));
        // A full buffer may end in the middle of a line.
        let complete = kept.rfind('\n').map_or(0, |at| at + 1);
        let lines: String = kept.drain(..complete).collect();
        for line in lines.lines() {
            match line.parse() {
                Ok(number) => stamps.push((number, when)),
                Err(_) if line == END => return,
                Err(_) => {
                    *taken = Err(format!("'{line}' came through the named pipe"));
                    return;
                }
            }
        }
    }
}
