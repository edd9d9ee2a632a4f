//! What happens, as server-sent events: `GET /events`.

use std::fs;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value as Json, json};
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Connection, Request};
use smoker_tests::machine::skip::program;
use smoker_tests::{cli, wait};

/// A client that listens.
struct Listener {
    connection: Connection,
    text: String,
}

/// An event as the client gets it.
#[derive(Debug)]
struct Event {
    id: Option<u64>,
    name: String,
    data: Json,
}

impl Listener {
    fn open(daemon: &Daemon, request: &Request) -> Self {
        let mut connection = daemon.connect();
        connection.write(&request.to_bytes(&daemon.address().to_string())).expect("the request is sent");
        let head = connection.read_head().expect("an answer");
        assert_eq!(head.status, 200, "{head:?}");
        assert_eq!((head.content_type(), head.header("Cache-Control")), ("text/event-stream", Some("no-cache")));
        assert_eq!(head.header("Connection"), Some("close"), "the connection is for one stream only");
        assert_eq!(head.header("X-Accel-Buffering"), Some("no"), "a proxy passes on each event at once");
        Self { connection, text: String::new() }
    }

    /// The next block of lines; none at the end.
    fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = self.connection.read_chunk().ok().filter(|chunk| !chunk.is_empty())?;
            self.text.push_str(&String::from_utf8(chunk).expect("UTF-8"));
        }
    }

    /// The next event with data, whatever comes before it; none at the end.
    fn try_next(&mut self) -> Option<Event> {
        loop {
            let block = self.block()?;
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            let Some(data) = field("data: ") else { continue };
            let id = field("id: ").map(|id| id.parse().expect("a number"));
            let data = serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"));
            return Some(Event { id, name: field("event: ").expect("a name"), data });
        }
    }

    fn next(&mut self) -> Event {
        self.try_next().expect("a further event")
    }

    /// The next result: plugin, status and whether that is another one than before.
    fn result(&mut self) -> (u64, String, String, bool) {
        let event = std::iter::repeat_with(|| self.next()).find(|event| event.name == "result").expect("a result");
        let text = |json: &Json| json.as_str().expect("a text").to_owned();
        let id = event.id.expect("a result has a number");
        assert_eq!(event.data["sequence"], json!(id), "{event:?}");
        let status = text(&event.data["result"]["status"]);
        (id, text(&event.data["plugin"]), status, event.data["changed"] == json!(true))
    }
}

fn listen(daemon: &Daemon, query: &str) -> Listener {
    Listener::open(daemon, &Request::get(&format!("/events{query}")))
}

/// `turns` is OK, then ERROR, and so on; `fine` is OK.
fn plugins(config: Config) -> Config {
    config
        .plugin("turns", "Command: echo x >> {{DIR}}/runs; exit $(($(wc -l < {{DIR}}/runs) / 2 & 1))\nCategory: odd")
        .plugin("fine", "Command: 'true'\nCategory: even")
}

#[test]
fn a_listener_gets_results_starts_reloads_and_heartbeats_and_goes_on_where_it_was() {
    for state in ["", "state_dir: '{{DIR}}/state'"] {
        let config = plugins(Config::new().top(state));
        let daemon = Boot::of(config.clone()).environment("SMOKER_TESTS_HEARTBEAT", "200").start();
        let _ = daemon.run("fine");
        let mut all = listen(&daemon, "");
        let opening = all.block().expect("an opening");
        assert!(opening.starts_with("retry: 1000\nid: "), "{opening}");
        wait::until_true("a heartbeat", || all.block().is_some_and(|block| block.starts_with(": heartbeat\nid: ")));

        let mut changes = listen(&daemon, "?changes=true");
        let mut odd = listen(&daemon, "?category=odd&status=ERROR");
        let mut fine = listen(&daemon, "?plugin=fine");
        for name in ["fine", "turns", "turns", "turns", "fine"] {
            let _ = daemon.run(name);
        }
        let start = all.next();
        assert_eq!((&*start.name, start.id, &start.data["trigger"]), ("start", None, &json!("force")), "{start:?}");
        let got: Vec<_> = (0..5).map(|_| all.result()).collect();
        let shown: Vec<_> = got.iter().map(|(_, plugin, status, changed)| (&**plugin, &**status, *changed)).collect();
        let expected = [
            ("fine", "OK", false),
            ("turns", "OK", true),
            ("turns", "ERROR", true),
            ("turns", "ERROR", false),
            ("fine", "OK", false),
        ];
        assert_eq!(shown, expected);
        assert_eq!([changes.result().0, changes.result().0], [got[1].0, got[2].0]);
        assert_eq!([odd.result().0, odd.result().0], [got[2].0, got[3].0]);
        assert_eq!([fine.result().0, fine.result().0], [got[0].0, got[4].0]);

        // Where a client was: nothing is missing, and nothing comes twice.
        let again = Request::get("/events?since=0").header("Last-Event-ID", &got[1].0.to_string());
        let mut again = Listener::open(&daemon, &again);
        let _ = daemon.run("fine");
        let newest = all.result().0;
        let ids: Vec<_> = (0..4).map(|_| again.result().0).collect();
        assert_eq!(ids, [got[2].0, got[3].0, got[4].0, newest]);

        let _ = daemon.reload(&config.plugin("new", "Command: 'true'"));
        let reload = std::iter::repeat_with(|| all.next()).find(|event| event.name == "reload").expect("a reload");
        assert_eq!(reload.data, json!({"added": 1, "changed": 0, "removed": 0, "unchanged": 2}));

        // Of a daemon that has been emptied a client gets all that there is.
        let mut emptied = listen(&daemon, "?since=1000000000");
        assert_eq!(emptied.next().name, "reset");
        assert_eq!(emptied.result().1, "fine");
    }
}

#[test]
fn a_client_that_goes_on_where_results_are_no_longer_kept_is_told_which_are_missing() {
    let config = plugins(Config::new().top("state_dir: '{{DIR}}/state'").base("History: 2"));
    let mut daemon = Daemon::start(config.clone());
    for _ in 0..3 {
        let _ = daemon.run("fine");
    }
    let mut listener = listen(&daemon, "?since=0");
    let ids: Vec<_> = (0..3).map(|_| listener.result().0).collect();
    // What a client knew and the journal has not any more, as behind a record that was not finished.
    daemon.signal(Signal::SIGKILL);
    let _ = daemon.wait_for_exit();
    let segment = daemon.path("state/results/results-00000001.log");
    let mut bytes = fs::read(&segment).expect("a segment");
    bytes.truncate(bytes.len() - 3);
    fs::write(&segment, bytes).expect("writable");
    daemon.try_start().expect("it starts");
    let mut listener = listen(&daemon, &format!("?since={}", ids[1]));
    let gap = listener.next();
    assert_eq!((&*gap.name, gap.id, &gap.data["first"]), ("gap", None, &json!(ids[2])), "{gap:?}");
    let last = gap.data["last"].as_u64().expect("a number");
    let _ = daemon.run("fine");
    assert!(last > ids[2] + 99_000 && listener.result().0 > last);

    // Without a journal, behind what is kept in memory.
    daemon.signal(Signal::SIGTERM);
    let _ = daemon.wait_for_exit();
    daemon.write(&plugins(Config::new().base("History: 2")));
    daemon.try_start().expect("it starts");
    for _ in 0..5 {
        let _ = daemon.run("fine");
    }
    let mut listener = listen(&daemon, "?since=1");
    assert_eq!(listener.next().data, json!({"first": 2, "last": 3}));
    assert_eq!([listener.result().0, listener.result().0], [4, 5]);
    let mut listener = listen(&daemon, "?since=3");
    assert_eq!(listener.next().name, "result", "nothing is missing");
}

#[test]
fn events_go_on_after_a_restart_and_end_within_a_second_of_a_stop() {
    let mut daemon = Daemon::start(plugins(Config::new().top("state_dir: '{{DIR}}/state'")));
    let mut listener = listen(&daemon, "");
    let _ = daemon.run("fine");
    let (seen, ..) = listener.result();
    let _ = daemon.run("turns");
    let stopped = Instant::now();
    daemon.signal(Signal::SIGTERM);
    while listener.try_next().is_some() {}
    assert!(stopped.elapsed() < Duration::from_secs(3), "{:?}", stopped.elapsed());
    assert_eq!(daemon.wait_for_exit(), 0);
    daemon.try_start().expect("it starts again");
    let mut listener = listen(&daemon, &format!("?since={seen}"));
    assert_eq!(listener.result().1, "turns");
    let _ = daemon.run("fine");
    assert_eq!(listener.result().1, "fine");
}

#[test]
fn what_a_listener_cannot_mean_is_refused_with_the_reason() {
    let daemon = Daemon::start(plugins(Config::new()));
    for (query, part) in [
        ("since=x", "the id of an event"),
        ("changes=perhaps", "true or false"),
        ("plugins=fine", "did you mean plugin"),
    ] {
        let refused = daemon.get(&format!("/events?{query}")).expect_error(400);
        assert!(refused.contains(part), "{refused}");
    }
    assert_eq!(daemon.get("/events?plugin=fine&plugin=none").expect_error(404), "Plugin none not found");
    assert_eq!(daemon.send(&Request::post("/events", "{}")).status, 405);
    let head = daemon.send(&Request::new("HEAD", "/events"));
    assert_eq!((head.status, head.content_type()), (200, "text/event-stream"));
}

#[test]
fn listeners_are_bounded_in_all_and_for_each_address() {
    // An eighth of the files that may be open, and half of that for each address.
    let daemon = Boot::of(plugins(Config::new())).through(&["prlimit", "--nofile=256:256"]).start();
    let ask_as = |client: u8| {
        let mut connection = Connection::open_as(client, daemon.address(), ANSWER_LIMIT).expect("a connection");
        connection.write(&Request::get("/events").to_bytes("a")).expect("the request is sent");
        let status = connection.read_head().expect("an answer").status;
        (connection, status)
    };
    let ask = || ask_as(1);
    let mut listening: Vec<_> = (0..16).map(|_| ask()).collect();
    assert!(listening.iter().all(|(_, status)| *status == 200));
    assert_eq!(ask().1, 503, "it has its share");
    let others: Vec<_> = (0..16).map(|_| ask_as(2)).collect();
    assert!(others.iter().all(|(_, status)| *status == 200));
    assert_eq!(ask_as(3).1, 503, "there are no more");
    // They keep nobody out, and are not closed in favour of others.
    let _idle: Vec<_> = (0..70).map(|_| daemon.connect()).collect();
    let _ = daemon.run("fine");
    drop(listening.pop());
    wait::until_true("a place", || ask().1 == 200);
    let (connection, _) = listening.swap_remove(0);
    assert_eq!(Listener { connection, text: String::new() }.result().1, "fine");
}

#[test]
fn an_identity_that_is_withdrawn_loses_its_stream_and_a_limited_one_sees_its_plugins() {
    let daemon = Boot::of(plugins(Config::new()).top("state_dir: '{{DIR}}/state'")).prepare();
    let smokerd = |arguments: &[&str]| {
        let output = cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml", "--token"], arguments].concat());
        output.expect_code(0);
        output.stdout.lines().last().unwrap_or_default().to_owned()
    };
    let limited = smokerd(&["add", "limited", "--role", "read"]);
    let tokens = fs::read_to_string(daemon.path("state/tokens")).expect("there is one");
    fs::write(daemon.path("state/tokens"), tokens.replace("role=read", "role=read category=even")).expect("writable");
    let mut daemon = daemon;
    daemon.try_start().expect("it starts");
    let with_token = |path: &str| Request::get(path).header("Authorization", &format!("Bearer {limited}"));
    let mut listener = Listener::open(&daemon, &with_token("/events"));
    for name in ["turns", "fine"] {
        let _ = daemon.run(name);
    }
    let first = listener.next();
    assert_eq!((&*first.name, &first.data["plugin"]), ("start", &json!("fine")), "{first:?}");
    assert_eq!(listener.result().1, "fine");
    assert_eq!(daemon.send(&with_token("/events?plugin=turns")).status, 403);
    let removed = cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--token", "remove", "limited"]);
    removed.expect_code(0);
    assert!(listener.try_next().is_none(), "nothing more is sent");
}

/// A proxy that ends with the test.
struct Proxy(Child);

impl Drop for Proxy {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// nginx keeps an answer back until it has some kilobytes of it, unless the answer says that it may not.
#[test]
fn events_come_through_nginx_when_they_happen() {
    let Some(nginx) = program("nginx", "apt-get install nginx-light") else { return };
    let daemon = Daemon::start(plugins(Config::new()));
    let (folder, socket) = (daemon.path("nginx"), daemon.path("nginx/socket"));
    fs::create_dir(&folder).expect("writable");
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {}/{name};\n", folder.display()))
        .concat();
    let config = format!(
        "daemon off; master_process off; pid {folder}/pid; error_log {folder}/log;\nevents {{}}\nhttp {{\naccess_log off;\n{temporary}\
         server {{ listen unix:{socket}; location / {{ proxy_pass http://{address}; }} }}\n}}\n",
        folder = folder.display(),
        socket = socket.display(),
        address = daemon.address(),
    );
    fs::write(folder.join("nginx.conf"), config).expect("writable");
    let mut command = Command::new(nginx);
    command.arg("-e").arg(folder.join("log")).arg("-p").arg(&folder).arg("-c").arg(folder.join("nginx.conf"));
    let _proxy = Proxy(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("nginx starts"));
    let mut stream = wait::until("nginx to listen", || UnixStream::connect(&socket).ok());
    stream.set_read_timeout(Some(wait::DEADLINE)).expect("a socket");
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("the request is sent");
    let mut text = String::new();
    let mut read_until = |expected: &str| {
        while !text.contains(expected) {
            let mut bytes = [0; 4096];
            let length = stream.read(&mut bytes).unwrap_or_else(|error| panic!("no {expected}: {error}; {text}"));
            assert!(length > 0, "no {expected}: {text}");
            text.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    };
    read_until("retry: 1000\nid: ");
    let _ = daemon.run("fine");
    read_until("event: result\n");
}
