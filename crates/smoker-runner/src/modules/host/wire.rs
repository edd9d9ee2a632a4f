//! What goes over the control socket: one JSON object a line each way, with
//! descriptors beside the orders to run.

use std::io::{self, IoSlice};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};
use serde::Deserialize;
use serde_json::json;
use tokio::io::Interest;
use tokio::net::unix::OwnedWriteHalf;

/// An order to a host.
#[derive(Debug)]
pub(crate) enum HostRequest {
    /// Fork a child for this run, with these descriptors for its job, its
    /// output and its log.
    Run { id: u64, descriptors: [OwnedFd; 3] },
    /// The run's child is no longer signalled.
    Reap { id: u64 },
}

/// A message from a host.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "HostFields")]
pub(crate) enum HostMessage {
    /// It takes orders from now on.
    Ready { ready: String, path: Vec<PathBuf> },
    /// A run's child lives and leads a session of its own.
    Started { started: u64, pid: i32 },
    /// A run's child ended by itself.
    Exited { exited: u64, code: i32 },
    /// A run's child was ended by a signal.
    Signalled { exited: u64, signal: i32 },
    /// There is no child for a run.
    Failed { failed: u64, reason: String },
}

/// The members of all messages: which of them there are says which message it is.
#[derive(Deserialize)]
struct HostFields {
    ready: Option<String>,
    path: Option<Vec<PathBuf>>,
    started: Option<u64>,
    pid: Option<i32>,
    exited: Option<u64>,
    code: Option<i32>,
    signal: Option<i32>,
    failed: Option<u64>,
    reason: Option<String>,
}

impl TryFrom<HostFields> for HostMessage {
    type Error = &'static str;

    fn try_from(fields: HostFields) -> Result<Self, Self::Error> {
        match fields {
            HostFields { ready: Some(ready), path: Some(path), .. } => Ok(Self::Ready { ready, path }),
            HostFields { started: Some(started), pid: Some(pid), .. } => Ok(Self::Started { started, pid }),
            HostFields { exited: Some(exited), code: Some(code), .. } => Ok(Self::Exited { exited, code }),
            HostFields { exited: Some(exited), signal: Some(signal), .. } => Ok(Self::Signalled { exited, signal }),
            HostFields { failed: Some(failed), reason: Some(reason), .. } => Ok(Self::Failed { failed, reason }),
            _ => Err("it is no message of a host"),
        }
    }
}

/// Sends one order. The descriptors are ours no longer when it returns.
pub(crate) async fn send(socket: &OwnedWriteHalf, order: HostRequest) -> io::Result<()> {
    let (text, descriptors) = match order {
        HostRequest::Run { id, descriptors } => (json!({"run": id}), Vec::from(descriptors)),
        HostRequest::Reap { id } => (json!({"reap": id}), Vec::new()),
    };
    let line = format!("{text}\n");
    let raw: Vec<RawFd> = descriptors.iter().map(AsRawFd::as_raw_fd).collect();
    let rights = [ControlMessage::ScmRights(&raw)];
    let rights = if raw.is_empty() { &rights[..0] } else { &rights[..] };
    let socket = socket.as_ref();
    let sent = socket.async_io(Interest::WRITABLE, || {
        let bytes = [IoSlice::new(line.as_bytes())];
        let flags = MsgFlags::empty();
        Ok(sendmsg::<UnixAddr>(socket.as_fd().as_raw_fd(), &bytes, rights, flags, None)?)
    });
    // A line is far smaller than the least buffer of a socket, so it goes as a whole or not at all.
    if sent.await? == line.len() { Ok(()) } else { Err(io::Error::other("an order was cut")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exit_and_a_signal_are_told_apart() {
        let read = |text: &str| serde_json::from_str::<HostMessage>(text).expect("a message");
        assert_eq!(read(r#"{"exited": 1, "code": 3}"#), HostMessage::Exited { exited: 1, code: 3 });
        assert_eq!(read(r#"{"exited": 1, "signal": 9}"#), HostMessage::Signalled { exited: 1, signal: 9 });
    }
}
