//! What a hostile daemon sends to `smokercli`: the bytes of its answers, over a connection.
//!
//! Parts: one answer each, to whatever is asked next. Behind the last one
//! connections are closed without a word.

use std::cell::RefCell;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use smokercli::client::fleet::Fleet;
use smokercli::client::observer::NoProgress;
use smokercli::client::session::{ForcedRuns, Session};
use smokercli::filter::Filter;
use smokercli::inventory::address::HostAddress;
use smokercli::transport::http::Http;
use smokercli::transport::http_client::HttpOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

use crate::inputs::fields::Fields;
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;
use crate::targets::page;

pub(crate) const TARGET: Target = Target {
    name: "client-http",
    about: "smokercli: answers of a hostile daemon, byte by byte",
    check,
    make,
    words: &WORDS,
    time: limits::TIME,
};

/// Answers that are given at most: each poll waits longer than the one before.
const ANSWERS: usize = 6;

/// Nothing here waits for a peer, so nothing takes that long.
const TIMEOUT: Duration = Duration::from_secs(5);

thread_local! {
    static DAEMON: RefCell<Option<(Runtime, TcpListener)>> = const { RefCell::new(None) };
}

fn check(input: &[u8]) -> String {
    DAEMON.with_borrow_mut(|daemon| {
        let (runtime, listener) = daemon.get_or_insert_with(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
            (runtime, listener)
        });
        runtime.block_on(run_query(listener, input))
    })
}

async fn run_query(listener: &TcpListener, input: &[u8]) -> String {
    let address = listener.local_addr().expect("an address");
    let options = HttpOptions { timeout: Some(TIMEOUT), parallel: 1, hosts: 1, ..HttpOptions::default() };
    let transport = Http::new(options).expect("a client");
    let session = Session {
        values: None,
        transport: &transport,
        observer: &NoProgress,
        hosts: 1,
        forces: ForcedRuns::Once,
        names: &[],
    };
    let mut fleet = Fleet::new(vec![HostAddress::parse(&address.to_string(), "1")]);
    let client = async {
        fleet.ask(&session).await;
        fleet.select(&Filter::default());
        fleet.force(&session).await;
    };
    tokio::select! {
        () = client => {}
        () = answer(listener, input, address) => {}
    }
    let report = fleet.into_report();
    page::check_formats(&report);
    let host = report.hosts().first();
    let lost = host.and_then(|host| host.error()).unwrap_or_default().replace(&address.to_string(), "");
    let states: String =
        host.iter().flat_map(|host| host.plugins()).take(3).map(|plugin| plugin.status().as_str()).collect();
    format!("{states} {lost}")
}

/// Gives the answers, one a connection, for ever.
async fn answer(listener: &TcpListener, input: &[u8], own: SocketAddr) {
    let fields = Fields::of(input);
    let mut answers = fields.rest(0).iter().take(ANSWERS);
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let Some(answer) = answers.next() else { continue };
        read_head(&mut stream).await;
        // A client that has gone does not want it.
        let _ = stream.write_all(&without_redirect(answer, own)).await;
    }
}

/// Reads the head of a request; nobody looks at it.
async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    let mut chunk = [0; 4096];
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(count) if count > 0 => head.extend_from_slice(&chunk[..count]),
            _ => return,
        }
    }
}

/// The answer without a redirection to another host: nothing here leaves the machine.
fn without_redirect(answer: &[u8], own: SocketAddr) -> Vec<u8> {
    let is_location = |window: &[u8]| window.eq_ignore_ascii_case(b"location");
    if !answer.windows(8).any(is_location) {
        return answer.to_vec();
    }
    let text = String::from_utf8_lossy(answer);
    let own = format!("http://{own}");
    let lines = text.split('\n').map(|line| match line.to_ascii_lowercase().contains("location") {
        true if line.contains(&own) || !line.contains(['/', '\\', '@']) => line.to_owned(),
        true => format!("location: {}", line.split('/').next_back().unwrap_or_default().replace(['\\', '@', ':'], "")),
        false => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n").into_bytes()
}

fn make(random: &mut Random) -> Vec<u8> {
    let href = |random: &mut Random| {
        random.pick(&["/plugins", "/processes", "", "//x/", "http://other/", "?", "\\\\x", "/é"]).to_owned()
    };
    let links = |random: &mut Random| {
        let plugins = if random.one_in(6) { href(random) } else { "/plugins".to_owned() };
        let processes = if random.one_in(6) { href(random) } else { "/processes".to_owned() };
        format!(
            "[{{\"rel\": \"plugins\", \"href\": \"{plugins}\"}}, {{\"rel\": \"processes\", \"href\": \"{processes}\"}}]"
        )
    };
    let about = format!("{{\"about\": {{\"host\": \"web\", \"links\": {}}}}}", links(random));
    let page = page::page(random);
    let started = format!(
        "{{\"asyncTask\": {{\"link\": {{\"poll\": \"{}\"}}}}}}",
        random.pick(&["/processes/1", "processes/1", "", "http://x/", "\\u0000"])
    );
    let mut parts = vec![answer_of(random, &about), answer_of(random, &page)];
    parts.extend((0..random.few(2)).map(|_| answer_of(random, &started)));
    parts.push(answer_of(random, &page));
    parts.join(&crate::inputs::fields::SEPARATOR)
}

fn answer_of(random: &mut Random, body: &str) -> Vec<u8> {
    let status = if random.one_in(6) {
        random.pick(&["500 X", "302 Found", "204 No", "100 Continue", "999 ?", "20", "404 \u{1b}[2J"])
    } else {
        "200 OK"
    };
    let headers = random.texts(&HEADERS, 3);
    match random.below(6) {
        0 => format!(
            "HTTP/1.1 {status}\r\n{headers}transfer-encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n",
            body.len()
        ),
        1 => format!("HTTP/1.0 {status}\r\n{headers}\r\n{body}"),
        2 => format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", random.number()),
        _ => format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n{body}", body.len()),
    }
    .into_bytes()
}

const HEADERS: [&str; 16] = [
    "connection: close\r\n",
    "connection: keep-alive\r\n",
    "location: /plugins\r\n",
    "location: /\r\n",
    "location: \r\n",
    "content-type: text/html\r\n",
    "content-encoding: gzip\r\n",
    "content-length: 0\r\n",
    "transfer-encoding: gzip\r\n",
    "set-cookie: a=b\r\n",
    "retry-after: 1\r\n",
    "x: \u{e9}\r\n",
    "x:\r\n y\r\n",
    " x: y\r\n",
    "upgrade: h2c\r\n",
    "\u{1b}: x\r\n",
];

const WORDS: [&str; 40] = [
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 302 Found\r\nlocation: /\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/2 200\r\n",
    "ICY 200 OK\r\n",
    "\r\n",
    "\r\n\r\n",
    "\n",
    "content-length: 5\r\n",
    "content-length: -1\r\n",
    "content-length: 99999999999999999999\r\n",
    "transfer-encoding: chunked\r\n",
    "0\r\n\r\n",
    "ffffffffffffffff\r\n",
    "5;x=y\r\n",
    "connection: close\r\n",
    "{\"about\": {\"host\": \"a\", \"links\": []}}",
    "{\"message\": \"no\"}",
    "\"about\"",
    "\"host\"",
    "\"links\"",
    "\"rel\"",
    "\"href\"",
    "\"plugins\"",
    "\"processes\"",
    "\"items\"",
    "\"asyncTask\"",
    "\"poll\"",
    "\u{1e}",
    "\u{1e}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "\0",
    "\u{1b}[2J",
    "é",
];
