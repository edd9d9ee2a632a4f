//! Asks over the Unix socket, as any account.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value as Json;
use smoker_tests::http::Request;

/// An account that is neither root nor in any group of importance.
pub(crate) const NOBODY: u32 = 65534;

/// What a daemon has answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

/// Connects, sends what it reads and prints what it gets: the kernel tells the daemon its account.
const CLIENT: &str = "\
import socket, sys
client = socket.socket(socket.AF_UNIX)
client.settimeout(30)
client.connect(sys.argv[1])
client.sendall(sys.stdin.buffer.read())
while True:
    part = client.recv(65536)
    if not part:
        break
    sys.stdout.buffer.write(part)
";

/// Sends a request as the account with this number.
pub(crate) fn ask(socket: &Path, uid: u32, request: Request) -> Answer {
    let mut client = Command::new("python3")
        .args(["-I", "-c", CLIENT])
        .arg(socket)
        .uid(uid)
        .gid(uid)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let bytes = request.header("Connection", "close").to_bytes("smoker");
    client.stdin.take().expect("a pipe").write_all(&bytes).expect("the client reads");
    let output = client.wait_with_output().expect("the client ends");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).expect("ASCII");
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text}"));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Answer { status, body: body.to_owned() }
}
