//! A server with any pages, below any path.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use serde_json::{Value, json};

/// A connection.
pub(crate) trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// A server that ends when it is dropped.
pub(crate) struct Site {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    serving: Option<JoinHandle<()>>,
}

impl Site {
    /// Serves these pages by their paths; any other path is 404.
    pub(crate) fn start(pages: BTreeMap<String, String>) -> Self {
        Self::start_over(pages, |stream| Box::new(stream))
    }

    /// As [`Self::start`], over what `wrap` makes of each connection.
    pub(crate) fn start_over(
        pages: BTreeMap<String, String>,
        wrap: impl Fn(TcpStream) -> Box<dyn Stream> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let stop = Arc::new(AtomicBool::new(false));
        let serving = std::thread::spawn({
            let stop = Arc::clone(&stop);
            move || {
                for stream in listener.incoming().flatten() {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    // A client that goes away is what some tests are about.
                    let _ = answer(&pages, &mut *wrap(stream));
                }
            }
        });
        Self { address, stop, serving: Some(serving) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(serving) = self.serving.take() {
            let _ = serving.join();
        }
    }
}

/// Answers one request and ends the connection.
fn answer(pages: &BTreeMap<String, String>, stream: &mut dyn Stream) -> io::Result<()> {
    let mut lines = BufReader::new(&mut *stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    drop(lines);
    let path = request.split(' ').nth(1).unwrap_or_default();
    let (status, body) = pages.get(path).map_or(("404 Not Found", "{}"), |body| ("200 OK", body));
    let length = body.len();
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
    stream.flush()
}

/// The pages of a daemon with these plugins, below a path such as `/web1`.
pub(crate) fn daemon_pages(below: &str, plugins: &[Value]) -> BTreeMap<String, String> {
    let links = json!([{"rel": "plugins", "href": "/plugins"}, {"rel": "processes", "href": "/processes"}]);
    let items: Vec<_> = plugins.iter().map(|plugin| json!({"plugin": plugin})).collect();
    let mut pages = BTreeMap::from([
        (format!("{below}/"), json!({"about": {"host": "h", "links": links}}).to_string()),
        (format!("{below}/plugins"), json!({"plugins": {"items": items}}).to_string()),
    ]);
    for plugin in plugins {
        let path = format!("{below}/plugins/{}", plugin["name"].as_str().expect("a name"));
        pages.insert(path, json!({"plugin": plugin, "results": [{"result": plugin["lastResult"]}]}).to_string());
    }
    pages
}

/// A plugin in ERROR with these messages.
pub(crate) fn plugin(name: &str, messages: &[String]) -> Value {
    json!({"name": name, "parameters": {}, "lastResult": {"status": "ERROR", "lastRun": "2026-01-01T00:00:00",
           "messages": {"error": messages}, "componentResults": null}})
}
