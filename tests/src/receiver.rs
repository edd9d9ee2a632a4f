//! Receives what actions post: an HTTP server that keeps all requests.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;

use serde_json::Value as Json;

use crate::wait;

/// A request.
#[derive(Debug)]
pub struct Posted {
    /// Its first line and its headers, in lower case.
    pub head: String,
    /// Its body.
    pub body: Json,
}

/// A server on a port of 127.0.0.1.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    is_up: Arc<AtomicBool>,
    posted: mpsc::Receiver<Posted>,
}

impl Receiver {
    /// Listens. As long as it is not up it ends each connection without an answer.
    #[must_use]
    pub fn start(is_up: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (is_up, (sender, posted)) = (Arc::new(AtomicBool::new(is_up)), mpsc::channel());
        let serves = Arc::clone(&is_up);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if serves.load(Ordering::SeqCst)
                    && let Some(request) = answer(&stream)
                    && sender.send(request).is_err()
                {
                    return;
                }
            }
        });
        Self { address, is_up, posted }
    }

    /// Listens, and answers each request with this status line and these headers.
    #[must_use]
    pub fn refusing(head: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (is_up, (sender, posted)) = (Arc::new(AtomicBool::new(true)), mpsc::channel());
        let answer = format!("HTTP/1.1 {head}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = read(&stream);
                let _ = stream.write_all(answer.as_bytes());
                if request.is_some_and(|request| sender.send(request).is_err()) {
                    return;
                }
            }
        });
        Self { address, is_up, posted }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers from now on.
    pub fn go_up(&self) {
        self.is_up.store(true, Ordering::SeqCst);
    }

    /// The next request.
    #[must_use]
    pub fn next(&self) -> Posted {
        wait::until("a request", || self.posted.try_recv().ok())
    }

    /// Whether all requests have been looked at.
    #[must_use]
    pub fn has_no_more(&self) -> bool {
        self.posted.try_recv().is_err()
    }
}

fn answer(mut stream: &TcpStream) -> Option<Posted> {
    let request = read(stream)?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok").ok()?;
    Some(request)
}

fn read(stream: &TcpStream) -> Option<Posted> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut line) = (String::new(), String::new());
    while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
        head.push_str(&line.to_lowercase());
        line.clear();
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or_default()];
    reader.read_exact(&mut body).ok()?;
    Some(Posted { head, body: serde_json::from_slice(&body).ok()? })
}
