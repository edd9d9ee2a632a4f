//! A canned smokerd: answers from a file of the corpus and remembers the requests.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::{Value, json};

/// A daemon that ends when it is dropped.
pub(crate) struct Fake {
    shared: Arc<Shared>,
    listener_address: SocketAddr,
    address: String,
    accepting: Option<JoinHandle<()>>,
}

struct Shared {
    /// How it behaves: `then` of each says when the next one counts.
    specs: Vec<Value>,
    /// Which of them counts.
    current: AtomicUsize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stop: bool,
    log: Vec<Value>,
    failures: u64,
    refused: u64,
    /// How many requests of the stage have come that `then` names.
    met: u64,
    processes: Vec<Process>,
}

struct Process {
    names: Vec<String>,
    pending: u64,
}

/// What follows a request.
enum Next {
    /// The same behaviour.
    Same,
    /// Another one, behind the answer.
    Other,
    /// Another one, and there is no answer.
    Lost,
}

struct Request {
    method: String,
    path: String,
    body: Value,
}

impl Fake {
    /// Starts a daemon that behaves as the specification says.
    pub(crate) fn start(spec: &Value) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let listener_address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            specs: std::iter::successors(Some(spec), |spec| Some(&spec["then"]["into"]).filter(|it| it.is_object()))
                .cloned()
                .collect(),
            current: AtomicUsize::default(),
            state: Mutex::new(State::default()),
            changed: Condvar::new(),
        });
        let refuses = spec["fail"] == "refuse" && !spec["fail_at"].is_string();
        // The port stays taken, so that nobody else can listen there, but the
        // address is one at which nobody does.
        let ip = if refuses { "127.77.0.1" } else { "127.0.0.1" };
        let address = format!("{ip}:{}", listener_address.port());
        let accepting = std::thread::spawn({
            let shared = Arc::clone(&shared);
            move || accept(&listener, &shared)
        });
        Self { shared, listener_address, address, accepting: Some(accepting) }
    }

    /// Where it listens, as `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener_address.port()
    }

    /// Waits until this number of requests has come.
    pub(crate) fn wait_for_requests(&self, count: usize) {
        let too_few = |state: &mut State| state.log.len() < count;
        let waited = self.shared.changed.wait_timeout_while(self.shared.state(), DEADLINE, too_few);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(state.log.len() >= count, "only these requests came: {:?}", state.log);
    }

    /// The requests so far: method, path, body.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.shared.state().log.clone()
    }
}

/// How long anything may take before a test gives up.
const DEADLINE: Duration = Duration::from_secs(20);

/// How many events a stream has, and how soon one follows the other.
const EVENTS: usize = 300;
const EVENT_INTERVAL: Duration = Duration::from_millis(20);

impl Drop for Fake {
    fn drop(&mut self) {
        self.shared.state().stop = true;
        self.shared.changed.notify_all();
        // Wakes the accepting thread, which then sees that it is over.
        drop(TcpStream::connect(self.listener_address));
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.join();
        }
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming().flatten() {
        if shared.state().stop {
            return;
        }
        let shared = Arc::clone(shared);
        std::thread::spawn(move || shared.serve(&stream));
    }
}

impl Shared {
    fn spec(&self) -> &Value {
        &self.specs[self.current.load(Ordering::SeqCst)]
    }

    /// Goes over to the next behaviour when a request of this stage is the one that `then` names, behind which nobody waits for an answer
    /// where it is `lost`. Another `instance` knows of no process.
    fn meet(&self, stage: &str) -> Next {
        let spec = self.spec();
        let mut state = self.state();
        if spec["then"]["at"] != stage {
            return Next::Same;
        }
        state.met += 1;
        if Some(state.met) != spec["then"]["times"].as_u64() {
            return Next::Same;
        }
        if spec["then"]["lost"] == true { Next::Lost } else { Next::Other }
    }

    fn go_over(&self) {
        let old = self.spec()["instance"].clone();
        let mut state = self.state();
        self.current.fetch_add(1, Ordering::SeqCst);
        (state.met, state.refused, state.failures) = (0, 0, 0);
        if self.spec()["instance"] != old {
            state.processes.clear();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request and closes the connection.
    fn serve(&self, mut stream: &TcpStream) {
        let Some(request) = read_request(stream) else { return };
        let logged = json!({"method": request.method, "path": request.path, "body": request.body});
        self.state().log.push(logged);
        self.changed.notify_all();
        if let Some(to) = self.spec()["redirect"][&request.method].as_str() {
            let status = self.spec()["redirect"]["status"].as_u64().unwrap_or(302);
            let head = format!("HTTP/1.1 {status} Moved\r\nLocation: {to}{}\r\nContent-Length: 0\r\n", request.path);
            let _ = stream.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes());
            return;
        }
        if request.path == "/events" && self.spec()["event"].is_object() {
            self.stream_events(stream);
            return;
        }
        let (instance, not_loaded) = (self.spec()["instance"].clone(), self.spec()["not_loaded"].clone());
        let Some((status, body)) = self.answer(&request) else { return };
        let retry = (status == 429).then(|| "Retry-After: 1\r\n".to_owned());
        let instance = instance.as_str().filter(|_| request.path == "/");
        let instance = instance.map(|id| format!("Smoker-Instance: {id}; started=2026-01-01T00:00:00Z\r\n"));
        let not_loaded = not_loaded.as_str().filter(|_| request.path == "/plugins");
        let not_loaded = not_loaded.map(|names| format!("Smoker-Not-Loaded: {names}\r\n"));
        let headers: String = [retry, instance, not_loaded].into_iter().flatten().collect();
        let answer = format!(
            "HTTP/1.1 {status} Whatever\r\n{headers}Content-Type: application/json\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{body}",
            body.len()
        );
        // A client that has gone away is what some cases are about.
        let _ = stream.write_all(answer.as_bytes());
    }

    /// Sends the event again and again, for some seconds.
    fn stream_events(&self, mut stream: &TcpStream) {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n");
        let event = format!("event: result\ndata: {}\n\n", self.spec()["event"]);
        for _ in 0..EVENTS {
            if self.state().stop || stream.write_all(event.as_bytes()).is_err() {
                return;
            }
            std::thread::sleep(EVENT_INTERVAL);
        }
    }

    fn link(&self, rel: &str) -> String {
        let links = self.spec()["about"]["about"]["links"].as_array();
        let link = links.into_iter().flatten().find(|link| link["rel"] == rel);
        link.and_then(|link| link["href"].as_str()).map_or_else(|| format!("/{rel}"), str::to_owned)
    }

    fn answer(&self, request: &Request) -> Option<(u16, String)> {
        let (plugins, processes) = (self.link("plugins"), self.link("processes"));
        let stage = match request.path.as_str() {
            "/" => "about",
            path if path == plugins => "plugins",
            path if path == processes && request.method == "POST" => "post",
            path if path.starts_with(&format!("{processes}/")) => "poll",
            path if self.spec()["past"].is_object() && path.contains("/results?") => "past",
            _ => return Some((404, "{\"message\": \"Not Found\"}".to_owned())),
        };
        match self.meet(stage) {
            Next::Same => self.answer_at(stage, request, &processes),
            Next::Other => {
                let answer = self.answer_at(stage, request, &processes);
                self.go_over();
                answer
            }
            Next::Lost => {
                self.go_over();
                None
            }
        }
    }

    fn answer_at(&self, stage: &str, request: &Request, processes: &str) -> Option<(u16, String)> {
        if self.fails_at(stage) {
            return self.failure();
        }
        Some(match stage {
            "about" => (200, self.spec()["about"].to_string()),
            "plugins" => (200, self.spec()["plugins"].to_string()),
            "post" => self.start_process(&request.body, processes),
            // Whatever cursor is asked for.
            "past" => {
                let plugin = request.path.split_once("/plugins/").and_then(|(_, rest)| rest.split('/').next());
                let own = plugin.map(|plugin| &self.spec()["past_of"][plugin]).filter(|own| own.is_object());
                (200, own.unwrap_or(&self.spec()["past"]).to_string())
            }
            _ => self.poll(&request.path, processes),
        })
    }

    fn fails_at(&self, stage: &str) -> bool {
        let at = self.spec()["fail_at"].as_str().unwrap_or("all");
        if !self.spec()["fail"].is_string() || (at != "all" && at != stage) {
            return false;
        }
        let mut state = self.state();
        state.failures += 1;
        self.spec()["fail_times"].as_u64().is_none_or(|times| state.failures <= times)
    }

    fn failure(&self) -> Option<(u16, String)> {
        match self.spec()["fail"].as_str() {
            Some("refused") => Some((400, "{\"message\": \"Plugin names or filter have to be set\"}".to_owned())),
            Some("gone") => Some((404, "{\"message\": \"Process id not found\"}".to_owned())),
            Some("http500") => Some((500, "{\"message\": \"Internal Server Error\"}\n".to_owned())),
            Some("notjson") => Some((200, "<html><body>It works!</body></html>\n".to_owned())),
            Some("empty") => Some((200, String::new())),
            Some("emptyobj") => Some((200, "{}".to_owned())),
            Some("wrongjson") => Some((200, "{\"message\": \"hello\"}".to_owned())),
            Some("hang") => {
                let wait = self.changed.wait_while(self.state(), |state| !state.stop);
                drop(wait);
                None
            }
            _ => None,
        }
    }

    fn start_process(&self, body: &Value, processes: &str) -> (u16, String) {
        let names = body["process"]["plugins"].as_array();
        let names: Vec<_> = names.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        if names.is_empty() {
            return (400, "{\"message\": \"Plugin names or filter have to be set\"}".to_owned());
        }
        let mut state = self.state();
        // As one whose `max_forced_rate` is reached.
        if state.refused < self.spec()["refused_posts"].as_u64().unwrap_or(0) {
            state.refused += 1;
            return (
                429,
                "{\"message\": \"this client forces more runs a second than max_forced_rate allows\"}".to_owned(),
            );
        }
        state.processes.push(Process { names, pending: self.spec()["poll_202"].as_u64().unwrap_or(0) });
        running(processes, state.processes.len())
    }

    fn poll(&self, path: &str, processes: &str) -> (u16, String) {
        let number = path.rsplit('/').next().and_then(|number| number.parse::<usize>().ok()).unwrap_or(0);
        let mut state = self.state();
        let Some(process) = number.checked_sub(1).and_then(|index| state.processes.get_mut(index)) else {
            // A process of somebody else may have this number.
            let items = &self.spec()["others_run"];
            if items.is_array() {
                return (200, json!({"plugins": {"items": items}}).to_string());
            }
            return (404, "{\"message\": \"Process id not found\"}".to_owned());
        };
        if process.pending > 0 {
            process.pending -= 1;
            return running(processes, number);
        }
        let forced = &self.spec()["forced"];
        let items: Vec<_> = process.names.iter().filter_map(|name| forced.get(name)).collect();
        (200, json!({"plugins": {"items": items}}).to_string())
    }
}

fn running(processes: &str, number: usize) -> (u16, String) {
    (202, json!({"asyncTask": {"link": {"poll": format!("{processes}/{number}")}}}).to_string())
}

fn read_request(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { method, path, body: serde_json::from_slice(&body).unwrap_or(Value::Null) })
}
