//! A NATS server with bridges to canned daemons, which may also misbehave.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// What becomes of a host's answer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bridge {
    /// It arrives in parts of this many bytes.
    Whole(usize),
    /// The second part is lost.
    Lossy,
    /// All of it comes twice.
    Twice,
    /// The last part is the first one that comes.
    Swapped,
    /// The second part is that of another answer.
    Mixed,
    /// No part says that it is the last one.
    Endless,
    /// Parts of 1 MiB come without end.
    Flood,
    /// It comes when nobody waits for it any more.
    Late(Duration),
    /// The server ends the connection behind the first part.
    Cut,
    /// It says that it is another host's.
    OfAnother,
    /// It never comes.
    Silent,
    /// Nobody is there.
    Gone,
}

/// The server. Its threads end with the test.
pub(crate) struct FakeNats {
    address: SocketAddr,
}

/// A host's bridge, and the address of its daemon.
type Bridges = HashMap<String, (Bridge, String)>;

impl FakeNats {
    /// Starts one for these hosts.
    pub(crate) fn start(hosts: &[(&str, Bridge, &str)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let bridge = |&(name, bridge, daemon): &(&str, Bridge, &str)| (name.to_owned(), (bridge, daemon.to_owned()));
        let bridges: Arc<Bridges> = Arc::new(hosts.iter().map(bridge).collect());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let bridges = Arc::clone(&bridges);
                std::thread::spawn(move || serve(stream, &bridges));
            }
        });
        Self { address }
    }

    /// What `--nats` is told.
    pub(crate) fn url(&self) -> String {
        format!("nats://{}", self.address)
    }
}

/// Speaks the protocol of NATS with one client, which has one subscription.
fn serve(stream: TcpStream, bridges: &Arc<Bridges>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let writer = Arc::new(Mutex::new(stream));
    let info = r#"{"server_id":"A","server_name":"a","version":"2.9.10","proto":1,"go":"1","host":"127.0.0.1","port":4222,"headers":true,"max_payload":1048576,"client_id":1}"#;
    send(&writer, format!("INFO {info}\r\n").as_bytes());
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let words: Vec<_> = line.split_whitespace().collect();
        match *words {
            ["PING", ..] => send(&writer, b"PONG\r\n"),
            ["PUB", subject, reply, length] => {
                let mut request = vec![0; length.parse::<usize>().ok()? + 2];
                reader.read_exact(&mut request).ok()?;
                request.truncate(request.len() - 2);
                let host = subject.strip_prefix("smoker.v1.default.host.").unwrap_or(subject).to_owned();
                let (bridges, writer, reply) = (Arc::clone(bridges), Arc::clone(&writer), reply.to_owned());
                std::thread::spawn(move || answer(&host, &request, &bridges, &writer, &reply));
            }
            _ => {}
        }
    }
}

fn send(writer: &Mutex<TcpStream>, bytes: &[u8]) {
    let mut stream = writer.lock().unwrap_or_else(PoisonError::into_inner);
    // A client that has gone away is what some tests are about.
    let _ = stream.write_all(bytes);
}

fn message(writer: &Mutex<TcpStream>, reply: &str, head: &str, payload: &[u8]) {
    let all = head.len() + payload.len();
    let first = format!("HMSG {reply} 1 {} {all}\r\n{head}", head.len());
    send(writer, &[first.as_bytes(), payload, b"\r\n"].concat());
}

fn answer(host: &str, request: &[u8], bridges: &Bridges, writer: &Mutex<TcpStream>, reply: &str) {
    let (bridge, daemon) = bridges.get(host).map_or((Bridge::Gone, ""), |(bridge, daemon)| (*bridge, daemon));
    let size = match bridge {
        Bridge::Whole(size) => size,
        Bridge::Silent => return,
        Bridge::Gone => return message(writer, reply, "NATS/1.0 503\r\n\r\n", b""),
        Bridge::Flood => return flood(host, writer, reply),
        _ => 16,
    };
    let mut stream = TcpStream::connect(daemon).expect("the canned daemon listens");
    stream.write_all(request).expect("it reads");
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("it answers");
    let mut parts: Vec<_> = parts(host, &bytes, size, bridge);
    match bridge {
        Bridge::Lossy => drop(parts.remove(1)),
        Bridge::Twice => parts.extend(parts.clone()),
        Bridge::Swapped => parts.rotate_right(1),
        Bridge::Late(time) => std::thread::sleep(time),
        Bridge::Cut => parts.truncate(1),
        _ => {}
    }
    for (head, payload) in &parts {
        message(writer, reply, head, payload);
    }
    if matches!(bridge, Bridge::Cut) {
        let stream = writer.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stream.shutdown(Shutdown::Both);
    }
}

/// The messages of an answer: headers and payload.
fn parts(host: &str, bytes: &[u8], size: usize, bridge: Bridge) -> Vec<(String, Vec<u8>)> {
    let named = if matches!(bridge, Bridge::OfAnother) { "another" } else { host };
    let pieces: Vec<_> = bytes.chunks(size).collect();
    let is_last = |number| number + 1 == pieces.len() && !matches!(bridge, Bridge::Endless);
    let part = |(number, piece): (usize, &&[u8])| {
        let answer = if matches!(bridge, Bridge::Mixed) && number == 1 { "b" } else { "a" };
        let end = if is_last(number) { format!("Smoker-End: {}\r\n", pieces.len()) } else { String::new() };
        let head = format!(
            "NATS/1.0\r\nSmoker-Host: {named}\r\nSmoker-Part: {number}\r\nSmoker-Answer: {answer}\r\n{end}\r\n"
        );
        (head, piece.to_vec())
    };
    pieces.iter().enumerate().map(part).collect()
}

fn flood(host: &str, writer: &Mutex<TcpStream>, reply: &str) {
    let payload = vec![b' '; 1 << 20];
    for number in 0..1024 {
        let head = format!("NATS/1.0\r\nSmoker-Host: {host}\r\nSmoker-Part: {number}\r\n\r\n");
        message(writer, reply, &head, &payload);
    }
}
