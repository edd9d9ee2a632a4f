//! A daemon with canned answers that the replay is tested against. It gives
//! the answers of `fixtures/replay`, with one fault if `FAKE_FAULT` names one.

use std::env;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value as Json, json};
use smoker_tests::wait;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    match arguments.mode {
        Mode::Foreground => serve(&arguments),
        Mode::Background => daemonize(&arguments),
        Mode::Stop => stop(&arguments),
    }
}

struct Arguments {
    config: PathBuf,
    pidfile: PathBuf,
    mode: Mode,
}

enum Mode {
    Foreground,
    Background,
    Stop,
}

impl Arguments {
    fn read() -> Self {
        let words: Vec<_> = env::args().collect();
        let after = |name: &str| words.iter().skip_while(|word| *word != name).nth(1).map(PathBuf::from);
        let has = |name: &str| words.iter().any(|word| word == name);
        let mode = match (has("--stop"), has("-fg")) {
            (true, _) => Mode::Stop,
            (false, true) => Mode::Foreground,
            (false, false) => Mode::Background,
        };
        Self { config: after("-c").expect("-c FILE"), pidfile: after("-p").expect("-p FILE"), mode }
    }
}

fn fault(name: &str) -> bool {
    env::var("FAKE_FAULT").is_ok_and(|fault| fault == name)
}

fn configured(config: &Path, key: &str) -> String {
    let text = fs::read_to_string(config).expect("the configuration is readable");
    let value = text.lines().find_map(|line| line.strip_prefix(&format!("{key}: ")));
    value.expect("the configuration has the key").to_owned()
}

fn port(arguments: &Arguments) -> u16 {
    configured(&arguments.config, "bind_port").parse().expect("a port is a number")
}

fn serve(arguments: &Arguments) -> ExitCode {
    if fault("no start") {
        eprintln!("ERROR: no plugin likes to be loaded");
        return ExitCode::FAILURE;
    }
    let term = SigSet::from(Signal::SIGTERM);
    term.thread_block().expect("a thread may block signals");
    let listener = TcpListener::bind(("127.0.0.1", port(arguments))).expect("the port is free");
    let folder = configured(&arguments.config, "folder");
    fs::write(Path::new(&folder).join("note"), format!("port {}\n", port(arguments))).expect("writable");
    if fault("pidfile left") {
        fs::write(&arguments.pidfile, "").expect("writable");
    }
    let server = Server { folder, port: port(arguments), asked_once: AtomicBool::new(false) };
    thread::spawn(move || listener.incoming().flatten().for_each(|stream| drop(server.answer(stream))));
    term.wait().expect("a blocked signal can be waited for");
    if fault("runs on") {
        term.wait().expect("a blocked signal can be waited for");
    }
    if !fault("silent") {
        eprintln!("INFO: Shutting down");
    }
    // A canned answer may still be on its way when a process ends; nobody reads it.
    ExitCode::from(if fault("exit code") { 3 } else { 0 })
}

/// Leaves a foreground daemon behind and writes its pid for it.
#[expect(clippy::zombie_processes, reason = "it goes on when this process is gone")]
fn daemonize(arguments: &Arguments) -> ExitCode {
    let program = env::current_exe().expect("a program knows its path");
    let child = Command::new(program).args(env::args().skip(1)).arg("-fg").spawn().expect("we can be started");
    fs::write(&arguments.pidfile, child.id().to_string()).expect("writable");
    let address = ("127.0.0.1", port(arguments));
    let served = wait::within(Duration::from_secs(5), || TcpStream::connect(address).ok());
    ExitCode::from(u8::from(served.is_none()))
}

fn stop(arguments: &Arguments) -> ExitCode {
    let Ok(pid) = fs::read_to_string(&arguments.pidfile) else { return ExitCode::FAILURE };
    if !fault("survives") {
        let pid = Pid::from_raw(pid.parse().expect("we wrote a number"));
        kill(pid, Signal::SIGTERM).expect("it is ours");
    }
    fs::remove_file(&arguments.pidfile).expect("removable");
    ExitCode::SUCCESS
}

struct Server {
    folder: String,
    port: u16,
    asked_once: AtomicBool,
}

struct Answer {
    status: u16,
    content_type: &'static str,
    header: Option<&'static str>,
    body: String,
}

impl Answer {
    fn json(status: u16, body: &Json) -> Self {
        Self { status, content_type: "application/json", header: None, body: body.to_string() }
    }
}

impl Server {
    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        let mut request = [0; 4096];
        let length = stream.read(&mut request)?;
        let request = String::from_utf8_lossy(&request[..length]).into_owned();
        let mut words = request.split(' ');
        let answer = match (words.next(), words.next()) {
            (Some("POST"), Some("/processes")) => started(),
            (Some("GET"), Some("/processes/1")) => self.process(),
            (Some("OPTIONS"), Some("/processes")) => options(),
            (Some("GET"), Some("/quirk")) => quirk(),
            (Some("GET"), Some("/as-recorded")) => Answer::json(500, &json!({"message": "no match"})),
            _ => Answer::json(404, &json!({"message": "no such page"})),
        };
        let Answer { status, content_type, header, body } = answer;
        let header = header.map(|header| format!("{header}\r\n")).unwrap_or_default();
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status} X\r\nContent-Type: {content_type}\r\n{header}Content-Length: {length}\r\n\r\n{body}"
        )
    }

    /// The first time the process still runs.
    fn process(&self) -> Answer {
        if !self.asked_once.swap(true, Ordering::Relaxed) {
            return started();
        }
        let mut first = json!({"name": "first", "Interval": 1, "forced": true, "result": null});
        let second = json!({"name": "second", "Interval": 2, "forced": false, "result": {}});
        let edit = first.as_object_mut().expect("an object");
        if fault("missing key") {
            edit.remove("result");
        }
        if fault("extra key") {
            edit.insert("colour".to_owned(), json!("red"));
        }
        if fault("true for 1") {
            edit.insert("Interval".to_owned(), json!(true));
        }
        let mut items = vec![first, second];
        if fault("list order") {
            items.reverse();
        }
        if fault("short list") {
            items.pop();
        }
        let body = json!({
            "items": items,
            "lastRun": if fault("no time") { "yesterday" } else { "2020-01-01T00:00:00.000001" },
            "nextRun": if fault("past") { "2020-01-01T00:00:00" } else { "2999-01-01T00:00:00" },
            "started": "2020-01-01T00:00:00+01:00",
            "folder": format!("{}/c", self.folder),
            "port": self.port,
        });
        if fault("broken JSON") {
            return Answer { body: "{\"items\": [NaN]}".to_owned(), ..Answer::json(200, &Json::Null) };
        }
        let status = if fault("status") { 201 } else { 200 };
        let content_type = if fault("content type") { "text/html" } else { "application/json" };
        Answer { content_type, ..Answer::json(status, &body) }
    }
}

fn started() -> Answer {
    let header = if fault("missing header") { None } else { Some("Location: /processes/1") };
    if fault("hangs up") {
        process::exit(9);
    }
    Answer { header, ..Answer::json(202, &json!({"poll": "/processes/1"})) }
}

fn options() -> Answer {
    let allow = if fault("allow") { "Allow: GET, HEAD" } else { "Allow: POST,HEAD, GET" };
    let body = if fault("body for none") { "x" } else { "" };
    Answer { status: 200, content_type: "text/html", header: Some(allow), body: body.to_owned() }
}

fn quirk() -> Answer {
    if fault("original") {
        return Answer::json(500, &json!({"message": "Internal Server Error"}));
    }
    Answer::json(400, &json!({"message": "say what you want"}))
}
