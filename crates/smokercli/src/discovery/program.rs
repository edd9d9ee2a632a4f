//! Runs programs that print hosts.

use std::io::Read;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

use crate::discovery::child::{LIMIT, ended};

/// How long the output is read after the end of the program: a filter behind it may still have the last lines, and a process that
/// the program has left behind may keep the output open for ever.
const REST: Duration = Duration::from_secs(2);
/// The most bytes that it may print.
const MAX_OUTPUT: usize = 64 << 20;

/// What a program has printed.
#[derive(Debug)]
pub(super) struct Printed {
    pub(super) text: String,
    /// Whether a process that it has left behind still has the output open, and may print more.
    pub(super) is_open: bool,
}

/// What a program prints. It is taken when the program itself has ended; processes that it leaves behind with its output
/// open are waited for only two seconds.
///
/// # Errors
///
/// When it fails, takes more than a minute or prints more than 64 MiB.
pub(super) fn output_of(command: &mut Command) -> Result<Printed, String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| error.to_string())?;
    let (sender, chunks) = mpsc::channel();
    let output = child.stdout.take();
    // It ends with the last process that has the output open, or with this program.
    std::thread::spawn(move || send_chunks(output, &sender));
    let status = ended(&mut child, LIMIT).map_err(|error| error.to_string())?;
    let Some(status) = status else {
        let _ = child.kill();
        return Err(format!("it takes more than {} s", LIMIT.as_secs()));
    };
    if !status.success() {
        return Err(status.to_string());
    }
    let mut text = Vec::new();
    let end = Instant::now() + REST;
    let is_open = loop {
        match chunks.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(chunk) => text.extend(chunk),
            Err(error) => break error == RecvTimeoutError::Timeout,
        }
        if Instant::now() >= end {
            break true;
        }
    };
    if text.len() > MAX_OUTPUT {
        return Err(format!("it prints more than {} MiB", MAX_OUTPUT >> 20));
    }
    Ok(Printed { text: String::from_utf8_lossy(&text).into_owned(), is_open })
}

fn send_chunks(output: Option<ChildStdout>, sender: &Sender<Vec<u8>>) {
    let Some(mut output) = output else { return };
    let mut buffer = [0; 8192];
    let mut sent = 0;
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        // What is too much is read, so that the program ends, and kept nowhere.
        if sent > MAX_OUTPUT {
            continue;
        }
        sent += length;
        if sender.send(buffer[..length].to_vec()).is_err() {
            return;
        }
    }
}
