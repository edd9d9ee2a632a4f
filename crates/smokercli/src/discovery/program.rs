//! Runs programs that print hosts.

use std::io::Read;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use crate::discovery::child::{LIMIT, ended};

/// How long output that the program has left in the pipe may take to be read after its end.
const REST: Duration = Duration::from_millis(200);

/// What a program prints. It is taken when the program itself has ended; processes that it leaves behind with its output
/// open are not waited for.
///
/// # Errors
///
/// When it fails or takes more than a minute.
pub(super) fn output_of(command: &mut Command) -> Result<String, String> {
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
    while let Ok(chunk) = chunks.recv_timeout(REST) {
        text.extend(chunk);
    }
    Ok(String::from_utf8_lossy(&text).into_owned())
}

fn send_chunks(output: Option<ChildStdout>, sender: &Sender<Vec<u8>>) {
    let Some(mut output) = output else { return };
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = output.read(&mut buffer) {
        if sender.send(buffer[..length].to_vec()).is_err() {
            return;
        }
    }
}
