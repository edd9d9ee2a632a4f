//! What a request may do is decided when it takes effect, and is not told to those who may not see it, nor by the log.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Request};
use smoker_tests::lines::expect_line;

/// What a server says that waits for a body.
const CONTINUE: &[u8; 25] = b"HTTP/1.1 100 Continue\r\n\r\n";

#[test]
fn access_counts_when_a_request_takes_effect_and_nothing_is_told_to_others() {
    let daemon = Daemon::start(
        Config::new()
            .top("state_dir: '{{DIR}}/state'\naccess: authenticated")
            .plugin("quick", "Command: echo ran >> {{DIR}}/ran\nCategory: system")
            .plugin("slow", "Command: sleep 60\nCategory: business")
            .plugin("shop", "Command: 'true'\nCategory: business"),
    );
    let token = |arguments: &[&str]| {
        let command = [&["-c", "{{DIR}}/smokerd.yaml", "--token"], arguments].concat();
        let output = cli::smokerd(&daemon.sandbox, &command);
        output.expect_code(0);
        output.stdout.lines().last().unwrap_or_default().to_owned()
    };
    let with =
        |token: &str, request: Request| daemon.send(&request.header("Authorization", &format!("Bearer {token}")));
    let job = token(&["add", "job", "--role", "run"]);
    let limited = token(&["add", "limited", "--role", "run", "--only", "category=system"]);

    // The head is authorized, and the token is removed before the body comes.
    let leaver = token(&["add", "leaver", "--role", "run"]);
    let body = r#"{"process": {"plugins": ["quick"]}}"#;
    let mut stream = TcpStream::connect(daemon.address()).expect("it listens");
    stream.set_read_timeout(Some(ANSWER_LIMIT)).expect("a socket");
    let head = format!(
        "POST /processes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {leaver}\r\nContent-Length: {}\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    let mut go_on = [0; CONTINUE.len()];
    stream.read_exact(&mut go_on).expect("it waits for the body");
    assert_eq!(&go_on, CONTINUE);
    let _ = token(&["remove", "leaver"]);
    stream.write_all(body.as_bytes()).expect("sent");
    let refused = io::read_to_string(&stream).expect("an answer");
    assert!(refused.starts_with("HTTP/1.1 401 ") && refused.contains("does not have this token"), "{refused}");
    assert_eq!(with(&job, Request::get("/processes")).text(), "[]\n", "nothing has run");
    assert!(!daemon.path("ran").exists());

    // A process of plugins that an identity may not see is one that there is not, for it.
    let slow = with(&job, Request::post("/processes", r#"{"process": {"plugins": ["slow"]}}"#));
    assert_eq!((slow.status, slow.header("Location")), (202, Some("/processes/1")));
    assert_eq!(with(&job, Request::get("/processes/1")).status, 202);
    for (path, id) in [("/processes/1", 1), ("/processes/1?wait=30", 1), ("/processes/2", 2)] {
        let answer = with(&limited, Request::get(path));
        assert_eq!(answer.expect_error(404), format!("Process id {id} not found"), "{path}");
    }

    // Neither a page of results nor a reload tells of others: the page is full of what it may see.
    for plugin in ["quick", "shop", "shop"] {
        let body = format!(r#"{{"process": {{"plugins": ["{plugin}"]}}}}"#);
        assert_eq!(with(&job, Request::post("/processes?wait=30", body)).status, 200);
    }
    let page = with(&limited, Request::get("/results?limit=1")).json();
    assert_eq!((&page["results"][0]["plugin"], &page["nextCursor"]), (&"quick".into(), &serde_json::Value::Null));
    let admin = token(&["add", "admin", "--role", "admin", "--only", "category=system"]);
    let reload = with(&admin, Request::post("/reload", "")).json();
    assert_eq!(reload["message"], "The configuration is in effect");

    // What a proxy on this host passes on may come from anywhere.
    let passed_on = || Request::get("/plugins").header("X-Forwarded-For", "198.51.100.9");
    assert_eq!(daemon.get("/plugins").status, 200);
    assert!(daemon.send(&passed_on()).expect_error(401).contains("a proxy has passed the request on"));
    assert_eq!(with(&limited, passed_on()).status, 200);

    // The host that a target names counts however its path is written.
    for target in ["http://evil.example/plugins", "http://evil.example//plugins"] {
        let browser = Request::get(target).header("User-Agent", "Mozilla/5.0 (X11; Linux x86_64)");
        let _ = daemon.send(&browser).expect_error(403);
    }

    assert_eq!(daemon.get("/plugins?access_token=hunter2").status, 200);
    let log = daemon.log();
    expect_line(&log, &["GET /plugins?access_token=***"]);
    expect_line(&log, &["leaver (token) at 127.0.0.1:", "POST /processes: 401: refused: "]);
    assert!(!log.contains("hunter2") && !log.contains(&leaver), "{log}");
}
