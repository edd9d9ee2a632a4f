//! Over which connections a gate asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::json;

use crate::run::{Done, Run, SMOKERCLI};

/// A daemon at every address of this machine that keeps connections, runs one plugin at once, and ends with the tests.
#[derive(Default)]
struct Server {
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    requests: AtomicUsize,
    posts: AtomicUsize,
    /// The next POST is answered by 429 with `Retry-After`, and its connection is kept.
    limits_post: AtomicBool,
    /// The next POST that follows another request is not answered: its connection is closed.
    loses_post: AtomicBool,
}

impl Server {
    fn start() -> (Arc<Self>, u16) {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let server = Arc::new(Self::default());
        let shared = Arc::clone(&server);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let server = Arc::clone(&shared);
                server.connections.fetch_add(1, Ordering::Relaxed);
                let open = server.open.fetch_add(1, Ordering::Relaxed) + 1;
                server.most_open.fetch_max(open, Ordering::Relaxed);
                std::thread::spawn(move || {
                    server.serve(&stream);
                    server.open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        (server, port)
    }

    fn serve(&self, mut stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut served = 0;
        loop {
            let (mut head, mut length, mut is_last) = (String::new(), 0, false);
            loop {
                let start = head.len();
                if !matches!(reader.read_line(&mut head), Ok(1..)) {
                    return;
                }
                let line = head[start..].trim().to_lowercase();
                if line.is_empty() {
                    break;
                }
                let value = |name: &str| line.strip_prefix(name).map(|value| value.trim().to_owned());
                length = value("content-length:").and_then(|value| value.parse().ok()).unwrap_or(length);
                is_last |= value("connection:").is_some_and(|value| value == "close");
            }
            let mut body = vec![0; length];
            if reader.read_exact(&mut body).is_err() {
                return;
            }
            self.requests.fetch_add(1, Ordering::Relaxed);
            let is_post = head.starts_with("POST ");
            self.posts.fetch_add(usize::from(is_post), Ordering::Relaxed);
            if is_post && served > 0 && self.loses_post.swap(false, Ordering::Relaxed) {
                return;
            }
            if is_post && self.limits_post.swap(false, Ordering::Relaxed) {
                let answer = "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 2\r\n\r\n{}";
                if stream.write_all(answer.as_bytes()).is_err() {
                    return;
                }
                served += 1;
                continue;
            }
            let text = Self::answer(&head, is_post);
            let close = if is_last { "Connection: close\r\n" } else { "" };
            let answer = format!("HTTP/1.1 200 OK\r\n{close}Content-Length: {}\r\n\r\n{text}", text.len());
            if stream.write_all(answer.as_bytes()).is_err() || is_last {
                return;
            }
            served += 1;
        }
    }

    fn answer(head: &str, is_post: bool) -> String {
        let result = |second: u8| json!({"status": "OK", "messages": null, "componentResults": null, "lastRun": format!("2026-01-01T00:00:0{second}")});
        let plugin = |forced: serde_json::Value| json!({"plugins": {"items": [{"plugin": {"name": "Disk", "parameters": {}, "lastResult": result(0), "forcedResult": forced}}]}});
        let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
        match head {
            _ if is_post => plugin(result(1)).to_string(),
            _ if head.starts_with("GET / ") => json!({"about": {"host": "h", "links": links}}).to_string(),
            _ => plugin(json!(null)).to_string(),
        }
    }
}

fn gate(arguments: &[&str]) -> Done {
    let ours = ["gate", "--no-progress", "--every", "100ms", "--within", "30s"];
    Run::of(SMOKERCLI).args([&ours, arguments].concat()).done()
}

#[test]
fn a_host_of_a_small_fleet_is_asked_on_one_connection() {
    let (server, port) = Server::start();
    let done = gate(&["-s", &format!("127.0.0.1:{port}"), "--settle", "3"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    let counted = [&server.connections, &server.requests, &server.posts].map(|count| count.load(Ordering::Relaxed));
    // Three rounds, and two pages behind the last run.
    assert_eq!(counted, [1, 11, 3]);
}

/// A server may close a connection at any time, and the gate runs plugins again anyway.
#[test]
fn a_run_whose_connection_is_lost_is_asked_for_once_more() {
    let (server, port) = Server::start();
    server.loses_post.store(true, Ordering::Relaxed);
    let done = gate(&["-s", &format!("127.0.0.1:{port}"), "-o", "json"]);
    assert_eq!((done.code, done.stderr.as_str()), (Some(0), ""), "{done:?}");
    assert_eq!(server.posts.load(Ordering::Relaxed), 2);
    assert_eq!(server.requests.load(Ordering::Relaxed), 6, "one round, and two pages behind its run");
    // A call that is to run plugins once asks on a connection of its own, which nobody has had time to close.
    server.loses_post.store(true, Ordering::Relaxed);
    let done = Run::of(SMOKERCLI).args(["-s", &format!("127.0.0.1:{port}"), "-f", "-e"]).done();
    assert_eq!((done.code, server.posts.load(Ordering::Relaxed)), (Some(0), 3), "{done:?}");
}

/// The connection on which a daemon has said when it lets the client force runs again may be closed by then.
#[test]
fn what_is_to_run_once_is_asked_for_on_a_connection_of_its_own_behind_a_wait() {
    let (server, port) = Server::start();
    server.limits_post.store(true, Ordering::Relaxed);
    server.loses_post.store(true, Ordering::Relaxed);
    let done = Run::of(SMOKERCLI).args(["-s", &format!("127.0.0.1:{port}"), "-f", "-e"]).done();
    assert_eq!((done.code, server.posts.load(Ordering::Relaxed)), (Some(0), 2), "{done:?}");
    assert!(server.loses_post.load(Ordering::Relaxed), "no POST came on a connection that had been used");
}

/// Every address of 127.0.0.0/8 is this machine on Linux.
#[test]
#[cfg(target_os = "linux")]
fn hosts_of_a_large_fleet_have_one_connection_each_and_few_at_once() {
    let (server, port) = Server::start();
    let range = format!("127.0.6.[1-200]:{port}");
    let done = gate(&["-s", &range, "--parallel", "8", "--settle", "2", "-o", "minimal"]);
    assert_eq!(done.code, Some(0), "{done:?}");
    // Two rounds, and a look behind them.
    let connections = server.connections.load(Ordering::Relaxed);
    assert!((400..=600).contains(&connections), "{connections}");
    assert_eq!(server.posts.load(Ordering::Relaxed), 400);
    let most_open = server.most_open.load(Ordering::Relaxed);
    // One that is closed may be seen a little later.
    assert!(most_open <= 24, "{most_open} connections at once");
}
