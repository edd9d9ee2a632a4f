//! Commands that print hosts.

use std::io::Read;
use std::process::{ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::time::Duration;

use serde_json::Value as Json;

use crate::discovery::child::{LIMIT, ended};
use crate::error::ExitError;
use crate::inventory::file;

/// How long output that the command has left in the pipe may take to be read after its end.
const REST: Duration = Duration::from_millis(200);

/// Runs a command that prints one host a line, or JSON: a list, or an object
/// with `hosts`. The hosts are taken when the command itself has ended; processes
/// that it leaves behind with its output open are not waited for.
///
/// # Errors
///
/// When it fails, takes more than a minute or prints something else.
pub(super) fn command_hosts(command: &str) -> Result<Vec<String>, ExitError> {
    let failed =
        |reason: String| ExitError::new(format!("the discovery command {command:?} failed: {reason}; run it by hand"));
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    let (sender, chunks) = mpsc::channel();
    let output = child.stdout.take();
    // It ends with the last process that has the output open, or with this program.
    std::thread::spawn(move || send_chunks(output, &sender));
    let status = ended(&mut child, LIMIT).map_err(|error| failed(error.to_string()))?;
    let Some(status) = status else {
        let _ = child.kill();
        return Err(failed(format!("it takes more than {} s", LIMIT.as_secs())));
    };
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    let mut text = Vec::new();
    while let Ok(chunk) = chunks.recv_timeout(REST) {
        text.extend(chunk);
    }
    printed_hosts(&String::from_utf8_lossy(&text)).map_err(failed)
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

fn printed_hosts(text: &str) -> Result<Vec<String>, String> {
    // Lines of hosts can begin as JSON does, such as `[::1]`, but are not JSON as a whole.
    let list = match serde_json::from_str::<Json>(text) {
        Ok(Json::Object(mut object)) => object.remove("hosts").unwrap_or_default(),
        Ok(list @ Json::Array(_)) => list,
        _ => return Ok(file::lines(text)),
    };
    serde_json::from_value(list)
        .map_err(|_| "its JSON is neither a list of texts nor an object with such a list as `hosts`".to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn commands_print_lines_or_json() {
        assert_eq!(printed_hosts("a\n# no\n[::1]:1\n"), Ok(vec!["a".into(), "[::1]:1".into()]));
        assert_eq!(printed_hosts("[\"a\", \"b\"]\n"), Ok(vec!["a".into(), "b".into()]));
        assert_eq!(printed_hosts("{\"hosts\": [\"a\"]}"), Ok(vec!["a".into()]));
        assert_eq!(printed_hosts(""), Ok(vec![]));
        assert!(printed_hosts("{\"host\": 1}").is_err());
    }

    #[test]
    fn processes_that_a_command_leaves_behind_are_not_waited_for() {
        let start = Instant::now();
        assert_eq!(command_hosts("sleep 30 & echo a").expect("hosts"), ["a"]);
        assert!(start.elapsed() < Duration::from_secs(15));
    }

    #[test]
    fn a_failing_command_is_named() {
        let failure = command_hosts("exit 3").expect_err("it fails");
        assert!(failure.message.contains("\"exit 3\"") && failure.message.contains("status: 3"), "{failure}");
    }
}
