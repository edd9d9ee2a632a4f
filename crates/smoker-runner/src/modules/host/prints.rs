//! What modules print appears on the daemon's own standard output, as in the original, where the log does not have it.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// The most lines that wait for a slow reader; those beyond are lost, since nothing may wait for the reader.
const QUEUED_LINES: usize = 1024;

static LINES: OnceLock<SyncSender<String>> = OnceLock::new();

/// From now on the lines go to the standard output of this process. Without this call they are dropped.
pub fn show_on_stdout() {
    LINES.get_or_init(|| {
        let (sender, lines) = sync_channel::<String>(QUEUED_LINES);
        thread::spawn(move || {
            for line in lines {
                let mut stdout = io::stdout().lock();
                // An output that is closed or full loses the line.
                let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
            }
        });
        sender
    });
}

/// Shows a line that a module printed.
pub(super) fn show(line: &str) {
    if let Some(lines) = LINES.get() {
        let _ = lines.try_send(line.to_owned());
    }
}
