//! Requests for the daemon's pages, from the bytes on the wire on.

use std::cell::RefCell;
use std::fs;

use smoker_config::config::{self, Config};
use smoker_model::wire::about::AboutPage;
use smoker_model::wire::error::ErrorBody;
use smoker_model::wire::force::{AsyncTaskPage, ProcessEntry};
use smoker_model::wire::pages::{PluginPage, PluginsPage};
use smoker_model::wire::plugin::{Plugin, RunResult};
use smoker_runner::process::containment::level::ContainmentLevel;
use smoker_runner::process::containment::orphans::Reaper;
use smokerd::embedded::Pages;
use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};
use tokio::runtime::Runtime;

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::{output, place};

pub(crate) const TARGET: Target = Target {
    name: "rest",
    about: "requests for the daemon's pages",
    check,
    make: |random| random.joined(3, "", request).into(),
    words: &WORDS,
    time: limits::TIME,
};

/// How much of an answer goes through the pipe at a time.
const PIPE: usize = 64 * 1024;

/// The plugins have names that need escapes. They run without a process.
const CONFIG: &str = r#"
bind_port: 8086
templates:
  BasePlugin: {Module: smoker.server.plugins.uname, History: 3}
plugins:
  a: {Type: x, Ünï: [1, {b: null}]}
  "a/b c%": {Type: x}
  "..": {N: 1.0}
  "é\"\u0000\n": {N: true}
"#;

/// How many inputs one daemon gets: its pages grow with the processes that it remembers.
const INPUTS: usize = 200;

thread_local! {
    static DAEMON: RefCell<Option<Daemon>> = const { RefCell::new(None) };
}

struct Daemon {
    runtime: Runtime,
    reaper: Reaper,
    config: Config,
    pages: Option<Pages>,
    inputs: usize,
}

impl Daemon {
    fn new() -> Self {
        let folder = place::folder();
        let path = folder.path().join("smokerd.yaml");
        fs::write(&path, CONFIG).expect("the folder is writable");
        let config = config::load(&path, |_| None).expect("a configuration");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let reaper = runtime.block_on(async { Reaper::start(ContainmentLevel::prepare(None)) }).expect("a reaper");
        Self { runtime, reaper, config, pages: None, inputs: 0 }
    }

    fn answers(&mut self, input: &[u8]) -> Vec<u8> {
        self.inputs += 1;
        if self.inputs.is_multiple_of(INPUTS) {
            self.pages = None;
        }
        let begin = async || Pages::start(self.config.clone(), self.reaper.clone());
        let pages = self.pages.get_or_insert_with(|| self.runtime.block_on(begin()));
        self.runtime.block_on(ask(pages, input))
    }
}

fn check(input: &[u8]) -> String {
    DAEMON.with_borrow_mut(|daemon| read(&daemon.get_or_insert_with(Daemon::new).answers(input)))
}

/// Sends everything, says that nothing more comes, and reads to the end.
async fn ask(pages: &Pages, input: &[u8]) -> Vec<u8> {
    let (client, server) = duplex(PIPE);
    let (mut answers, mut requests) = tokio::io::split(client);
    let mut read = Vec::new();
    let send = async {
        // The daemon may close the connection first.
        let _ = requests.write_all(input).await;
        let _ = requests.shutdown().await;
    };
    let serve = async {
        let _ = pages.serve_connection(server).await;
    };
    let receive = async {
        let _ = answers.read_to_end(&mut read).await;
    };
    tokio::join!(send, serve, receive);
    read
}

/// Reads answers, one after the other, and checks each.
fn read(answers: &[u8]) -> String {
    let text = std::str::from_utf8(answers).expect("answers are text");
    let mut rest = text;
    let mut outcome = String::new();
    while !rest.is_empty() {
        let Some((head, behind)) = rest.split_once("\r\n\r\n") else {
            // A client that ends in the middle of a request, while earlier responses wait to be read, gets a part of this one.
            assert!(rest.starts_with("HTTP/1.1 400"), "an answer is cut: {rest:?}");
            break;
        };
        let status = head.strip_prefix("HTTP/1.").and_then(|head| head.get(2..5)).expect("a status line");
        let header = |name: &str| {
            let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
            lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        };
        let length = header("content-length").map_or(0, |length| length.parse().expect("a length"));
        // The answer to HEAD has a length, but no body.
        let has_body = !behind.is_empty() && !behind.starts_with("HTTP/1.");
        let (body, next) = behind.split_at(if has_body { length } else { 0 });
        if has_body && header("content-type") == Some("application/json") {
            check_body(status, body).unwrap_or_else(|error| panic!("{error}: {body:?}"));
        }
        assert!(!matches!(status, "502" | "504"), "{head}");
        outcome = format!("{outcome} {} {}", word(status), &body[..body.len().min(8)]);
        rest = next;
    }
    outcome
}

/// A body is what clients read a response with this status as.
fn check_body(status: &str, body: &str) -> serde_json::Result<()> {
    match status {
        "200" if body.starts_with("{\"about\"") => serde_json::from_str(body).map(|_: AboutPage| ()),
        "200" if body.starts_with("{\"plugins\"") => serde_json::from_str(body).map(|_: PluginsPage<Plugin>| ()),
        "200" if body.starts_with('[') => serde_json::from_str(body).map(|_: Vec<ProcessEntry>| ()),
        "200" => serde_json::from_str(body).map(|_: PluginPage<Plugin, RunResult>| ()),
        "202" => serde_json::from_str(body).map(|_: AsyncTaskPage| ()),
        _ => {
            let error: ErrorBody = serde_json::from_str(body)?;
            assert_ne!(error.message, "Internal Server Error", "a handler has failed");
            Ok(())
        }
    }
}

/// Outcomes are told apart by letters.
fn word(status: &str) -> &'static str {
    match status {
        "200" => "ok",
        "202" => "accepted",
        "400" => "bad",
        "403" => "forbidden",
        "404" => "unknown",
        "405" => "method",
        "408" => "slow",
        "413" | "414" | "431" => "large",
        "500" => "wrong",
        _ => "other",
    }
}

fn request(random: &mut Random) -> String {
    let method = random.pick(&["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "DELETE", "get", ""]);
    let path = match random.below(4) {
        0 => random
            .pick(&[
                "/",
                "/plugins",
                "/plugins/",
                "/processes",
                "/processes/1",
                "/processes/00001",
                "/processes/99999999999999999999",
            ])
            .to_owned(),
        1 => format!("/plugins/{}", random.texts(&SEGMENTS, 4)),
        2 => format!("/processes/{}", random.number()),
        _ => format!("/{}", random.texts(&SEGMENTS, 6)),
    };
    let body = if method == "POST" { body(random) } else { String::new() };
    let headers = random.joined(3, "", header);
    let length = match random.below(8) {
        0 => random.number(),
        _ => body.len().to_string(),
    };
    if random.one_in(8) {
        let size = random.pick(&["5", "1", "0", "FFFFFFFF", "-1"]);
        return format!(
            "{method} {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n{headers}\r\n{size}\r\n{body}\r\n0\r\n\r\n"
        );
    }
    let version = if random.one_in(12) { random.pick(&["1.0", "2.0", "0.9", "1"]) } else { "1.1" };
    let path = if path == "/" || random.one_in(2) { path } else { "/processes".to_owned() };
    format!("{method} {path} HTTP/{version}\r\nhost: localhost\r\ncontent-length: {length}\r\n{headers}\r\n{body}")
}

fn header(random: &mut Random) -> String {
    let name = random.pick(&[
        "host",
        "origin",
        "sec-fetch-site",
        "connection",
        "expect",
        "accept",
        "content-type",
        "x",
        "transfer-encoding",
        "upgrade",
    ]);
    let values = [
        "localhost",
        "127.0.0.1:8086",
        "[::1]",
        "evil.example",
        "http://localhost",
        "null",
        "cross-site",
        "same-origin",
        "close",
        "keep-alive",
        "100-continue",
        "h2c",
        "chunked",
        "\u{e9}",
        "",
    ];
    format!("{name}: {}\r\n", random.pick(&values))
}

fn body(random: &mut Random) -> String {
    if random.one_in(6) {
        return random.texts(&WORDS, 12);
    }
    let name = |random: &mut Random| match random.below(3) {
        0 => random.pick(&["\"a\"", "\"a/b c%\"", "\"..\"", "\"nope\"", "1", "null", "[]", "{}"]).to_owned(),
        _ => output::text(random),
    };
    let plugins = random.joined(4, ", ", name);
    let plugins = if random.one_in(4) {
        random.pick(&["null", "\"a\"", "{}", "[]", "0"]).to_owned()
    } else {
        format!("[{plugins}]")
    };
    let filter = random.joined(3, ", ", |random| {
        let value = random.pick(&["\"x\"", "1", "1.0", "true", "[1, {\"b\": null}]", "null", "1e999"]);
        format!("{}: {value}", random.pick(&["\"Type\"", "\"N\"", "\"Ünï\"", "\"no\""]))
    });
    match random.below(4) {
        0 => format!("{{\"process\": {{\"plugins\": {plugins}}}}}"),
        1 => format!("{{\"process\": {{\"filter\": {{{filter}}}}}}}"),
        2 => format!("{{\"process\": {plugins}}}"),
        _ => format!("{{\"process\": {{\"plugins\": {plugins}, \"filter\": {{{filter}}}}}}}"),
    }
}

const SEGMENTS: [&str; 24] = [
    "a",
    "a%2Fb%20c%25",
    "..",
    "%2e%2e",
    "/",
    "//",
    "%00",
    "%C3%A9%22%00%0A",
    "%ff",
    "%",
    "%zz",
    "é",
    ";x",
    "?a=b",
    "#f",
    " ",
    "\\",
    "plugins",
    "processes",
    "1",
    "0",
    "*",
    "http://a/",
    "\t",
];

const WORDS: [&str; 48] = [
    "GET ",
    "POST ",
    "HEAD ",
    "OPTIONS ",
    "CONNECT ",
    "/plugins",
    "/processes",
    "/",
    " HTTP/1.1\r\n",
    "HTTP/1.0\r\n",
    "host: localhost\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "\r",
    ": ",
    "content-length: ",
    "content-length: 0\r\n",
    "transfer-encoding: chunked\r\n",
    "expect: 100-continue\r\n",
    "connection: close\r\n",
    "connection: upgrade\r\n",
    "upgrade: h2c\r\n",
    "origin: null\r\n",
    "sec-fetch-site: cross-site\r\n",
    "0\r\n\r\n",
    "5\r\nhello\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "{\"process\": ",
    "\"plugins\": ",
    "\"filter\": ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "\"a\"",
    "null",
    "1",
    "%2F",
    "%00",
    "%",
    "?",
    "#",
    "..",
    "\0",
    "é",
    "x: y\r\n",
];
