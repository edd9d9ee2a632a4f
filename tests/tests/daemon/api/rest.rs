//! The wire beyond the recordings: errors, odd clients, odd paths.

use std::time::{Duration, Instant};

use serde_json::json;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{Request, Response};

fn demo() -> Daemon {
    Daemon::start(Config::new().plugin("hello", "Command: echo hello").plugin("a/b c", "Command: 'true'"))
}

#[track_caller]
fn expect_json_error(response: &Response, status: u16) {
    assert!(!response.expect_error(status).is_empty(), "the message says something");
}

#[test]
fn every_error_is_json() {
    let daemon = demo();
    expect_json_error(&daemon.get("/nowhere"), 404);
    expect_json_error(&daemon.get("/plugins/nobody"), 404);
    expect_json_error(&daemon.get("/processes/99"), 404);
    expect_json_error(&daemon.get("/processes/18446744073709551616"), 404);
    expect_json_error(&daemon.send(&Request::new("DELETE", "/plugins")), 405);
    expect_json_error(&daemon.send(&Request::new("BREW", "/")), 405);
    expect_json_error(&daemon.send(&Request::post("/processes", "{")), 400);
    expect_json_error(&daemon.send(&Request::post("/processes", [0xff, 0xfe])), 400);
    expect_json_error(&daemon.send(&Request::new("POST", "/processes")), 400);
}

#[test]
fn a_path_that_is_no_text_is_refused_in_json() {
    let daemon = demo();
    for path in ["/plugins/%ff", "/processes/%ff", "/%ff%fe"] {
        let response = daemon.get(path);
        assert!(matches!(response.status, 400 | 404), "{path}: {}", response.status);
        expect_json_error(&response, response.status);
    }
}

#[test]
fn a_wrong_method_names_the_right_ones() {
    let daemon = demo();
    let response = daemon.send(&Request::new("PUT", "/processes"));
    expect_json_error(&response, 405);
    let allow = response.header("Allow").expect("a 405 has an Allow");
    let mut methods: Vec<_> = allow.split(',').map(str::trim).collect();
    methods.sort_unstable();
    assert_eq!(methods, ["GET", "HEAD", "OPTIONS", "POST"]);
}

#[test]
fn a_large_body_is_refused() {
    let daemon = demo();
    let large = format!("{{\"process\": {{\"plugins\": [\"{}\"]}}}}", "x".repeat(3 << 20));
    expect_json_error(&daemon.send(&Request::post("/processes", large)), 413);
    daemon.run("hello").expect_ok(&["hello"]);
}

#[test]
fn a_body_that_is_announced_too_large_is_refused_at_once() {
    let daemon = demo();
    let begun = Instant::now();
    let announced = Request::new("POST", "/processes").header("Content-Length", "1000000000000");
    expect_json_error(&daemon.send(&announced), 413);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

/// HTTP does not mind, but scripts that look for `^Location:` do.
#[test]
fn names_of_header_fields_are_written_as_the_original_writes_them() {
    let daemon = demo();
    let mut connection = daemon.connect();
    let body = r#"{"process": {"plugins": ["hello"]}}"#;
    let head = "POST /processes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json";
    connection.write(format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).expect("writable");
    let answer = String::from_utf8_lossy(&connection.read_to_end()).into_owned();
    let (fields, _) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    for field in fields.lines().skip(1) {
        let (name, _) = field.split_once(':').unwrap_or_else(|| panic!("{field}"));
        assert!(name.split('-').all(|word| word.starts_with(|c: char| c.is_ascii_uppercase())), "{field}");
    }
    assert!(fields.contains("\r\nLocation: ") && fields.contains("\r\nContent-Type: application/json"), "{fields}");
}

#[test]
fn an_endless_body_in_chunks_is_refused() {
    let daemon = demo();
    let mut connection = daemon.connect();
    connection.write(b"POST /processes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n").expect("writable");
    let chunk = format!("10000\r\n{}\r\n", "x".repeat(0x10000));
    let sent = (0..1000).take_while(|_| connection.write(chunk.as_bytes()).is_ok()).count();
    assert!(sent < 1000, "64 MiB were taken");
    daemon.run("hello").expect_ok(&["hello"]);
}

#[test]
fn a_large_head_is_refused_in_json() {
    let daemon = demo();
    let large = Request::get("/").header("X-Filler", &"x".repeat(40_000));
    expect_json_error(&daemon.send(&large), 431);
    let path = format!("/plugins/{}", "x".repeat(40_000));
    let response = daemon.get(&path);
    assert!(matches!(response.status, 414 | 431), "{}", response.status);
    expect_json_error(&response, response.status);
}

#[test]
fn an_endless_head_is_refused() {
    let daemon = demo();
    let mut connection = daemon.connect();
    connection.write(b"GET / HTTP/1.1\r\nHost: x\r\n").expect("writable");
    let line = format!("X-Filler: {}\r\n", "x".repeat(1000));
    let sent = (0..64_000).take_while(|_| connection.write(line.as_bytes()).is_ok()).count();
    assert!(sent < 64_000, "64 MB were taken");
    assert_eq!(daemon.get("/").status, 200);
}

#[test]
fn too_many_headers_are_refused_in_json() {
    let daemon = demo();
    let many = (0..500).fold(Request::get("/"), |request, number| request.header(&format!("X-{number}"), "x"));
    expect_json_error(&daemon.send(&many), 431);
}

#[test]
fn far_too_many_headers_are_refused() {
    let daemon = demo();
    let many = (0..600).fold(Request::get("/"), |request, number| request.header(&format!("X-{number}"), "x"));
    assert_eq!(daemon.send(&many).status, 431);
    assert_eq!(daemon.get("/").status, 200);
}

#[test]
fn what_is_not_http_is_refused_and_harms_nobody() {
    let daemon = demo();
    for bytes in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..],
        b"GET\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
        b"GET / SPDY/9\r\n\r\n",
    ] {
        let mut connection = daemon.connect();
        connection.write(bytes).expect("writable");
        match connection.read("GET") {
            Ok(response) => assert!((400..=505).contains(&response.status), "{bytes:?}: {}", response.status),
            Err(_) => assert!(connection.ends_within(Duration::from_secs(60)), "{bytes:?}"),
        }
    }
    assert_eq!(daemon.get("/").status, 200);
}

#[test]
fn a_form_content_type_is_taken_as_json() {
    let daemon = demo();
    let body = json!({"process": {"plugins": ["hello"]}}).to_string();
    for content_type in ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=utf-8"] {
        let request = Request::post("/processes", body.clone()).header("Content-Type", content_type);
        assert_eq!(daemon.send(&request).status, 202, "{content_type}");
    }
}

#[test]
fn a_body_in_chunks_is_understood() {
    let daemon = demo();
    let body = json!({"process": {"plugins": ["hello"]}}).to_string();
    let (one, two) = body.split_at(10);
    let mut connection = daemon.connect();
    let head = "POST /processes HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    let chunks = format!("{head}{:x}\r\n{one}\r\n{:x}\r\n{two}\r\n0\r\n\r\n", one.len(), two.len());
    connection.write(chunks.as_bytes()).expect("writable");
    assert_eq!(connection.read("POST").expect("an answer").status, 202);
}

#[test]
fn a_connection_takes_several_requests() {
    let daemon = demo();
    let mut connection = daemon.connect();
    let request = Request::get("/plugins/hello").to_bytes("127.0.0.1");
    connection.write(&[request.clone(), request].concat()).expect("writable");
    for _ in 0..2 {
        assert_eq!(connection.read("GET").expect("an answer").json()["plugin"]["name"], json!("hello"));
    }
}

#[test]
fn an_old_client_is_answered() {
    let daemon = demo();
    let mut connection = daemon.connect();
    connection.write(b"GET /plugins HTTP/1.0\r\n\r\n").expect("writable");
    assert_eq!(connection.read("GET").expect("an answer").status, 200);
    assert!(connection.ends_within(Duration::from_secs(5)), "HTTP/1.0 ends with the answer");
}

#[test]
fn a_name_with_a_slash_has_a_page() {
    let daemon = demo();
    let page = daemon.get("/plugins/a%2Fb%20c");
    assert_eq!((page.status, &page.json()["plugin"]["name"]), (200, &json!("a/b c")));
    expect_json_error(&daemon.get("/plugins/a/b%20c"), 404);
}

#[test]
fn json_is_ascii_on_one_line() {
    let daemon = Daemon::start(Config::new().plugin("p", "Command: echo h\u{e9}llo \u{1f6ac}"));
    let _ = daemon.run("p");
    let response = daemon.get("/plugins/p");
    assert!(response.body.is_ascii());
    assert!(response.text().contains("h\\u00e9llo \\ud83d\\udeac"));
    assert_eq!(response.text().matches('\n').count(), 1);
    assert!(response.text().ends_with('\n'));
}

#[test]
fn a_page_is_answered_while_many_plugins_run() {
    let names: Vec<_> = (0..40).map(|number| format!("p{number}")).collect();
    let config =
        names.iter().fold(Config::new(), |config, name| config.plugin(name, "Command: sleep 300\nTimeout: 300"));
    let daemon = Daemon::start(config);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let process = daemon.force(&names);
    let begun = Instant::now();
    assert_eq!(daemon.get("/plugins").status, 200);
    assert_eq!(daemon.get(&process).status, 202);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}
