//! Checks of what answers over a network, against servers that answer as a test wants it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value as Json, json};

use crate::request::check;
use smoker_tests::machine::ports;

/// A server of HTTP that answers each request by its path, and tells the heads of the requests.
fn server(answer: fn(&str, u16) -> String) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let head = head_of(&stream);
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let _ = (&stream).write_all(answer(&path, port).as_bytes());
            let _ = sender.send(head);
        }
    });
    (port, receiver)
}

fn head_of(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).is_ok_and(|count| count > 2) {}
    let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    let _ = reader.read_exact(&mut body);
    head + &String::from_utf8_lossy(&body)
}

fn page(path: &str, port: u16) -> String {
    let ok =
        |body: &str| format!("HTTP/1.1 200 OK\r\nServer: test/1.5.2\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    match path {
        "/json" => ok(r#"{"status": "up", "nodes": [1, 2, 3]}"#),
        "/moved" => "HTTP/1.1 302 Found\r\nLocation: json\r\n\r\n".to_owned(),
        "/away" => format!("HTTP/1.1 302 Found\r\nLocation: http://localhost:{port}/json\r\n\r\n"),
        "/loop" => "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n".to_owned(),
        "/broken" => "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf".to_owned(),
        "/packed" => "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 5\r\n\r\nhello".to_owned(),
        "/none" => "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_owned(),
        _ => ok("hello"),
    }
}

fn errors(answer: &Json) -> String {
    let parts = answer["componentResults"].as_object().expect("components");
    let texts = parts.values().filter_map(|part| part["messages"]["error"].as_array()).flatten();
    texts.filter_map(Json::as_str).collect::<Vec<_>>().join("; ")
}

#[test]
fn an_answer_has_to_be_as_it_is_wanted() {
    let (port, _) = server(page);
    let url = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let good = check(
        "http",
        &json!({
            "Urls": [url("/json"), url("/moved")], "Status": "2xx", "AnswerHeaders": {"Server": "/^test/", "X-None": null},
            "Contains": {"Json": {"$.status": "up", "$.nodes": {"Len": 3}}}, "Error": {"Time": "> 20s", "Size": "< 1"},
        }),
    );
    assert_eq!(good["status"], "OK", "{good}");
    let labels: Vec<_> = good["perfdata"].as_array().expect("numbers").iter().map(|it| it["label"].clone()).collect();
    assert_eq!(labels[0], format!("{} Time", url("/json")));
    assert_eq!(labels.len(), 10);
    for (parameters, expected) in [
        (json!({"Url": url("/none")}), "wanted the status 200 to 299, got 404"),
        (json!({"Url": url("/"), "Contains": "bye"}), "body: wanted something with 'bye', got 'hello'"),
        (json!({"Url": url("/json"), "Contains": {"$.status": "down"}}), "body: $.status: wanted 'down', got 'up'"),
        (
            json!({"Url": url("/"), "AnswerHeaders": {"server": {"Semver": ">=2"}}}),
            "header server: wanted a version >=2, got 'test/1.5.2'",
        ),
        (json!({"Url": url("/"), "AnswerHeaders": {"X-None": "x"}}), "wanted a header x-none, got none"),
        (json!({"Url": url("/loop")}), "more than 5 redirects, the last to /loop"),
        (json!({"Url": url("/moved"), "Redirects": 0, "Status": 200}), "wanted the status 200, got 302"),
        (json!({"Url": url("/broken")}), "the body ends behind 4 of 100 bytes"),
        (json!({"Url": url("/"), "Error": "< 0s or > 0s"}), "Time "),
        (
            json!({"Url": url("/packed"), "Contains": {"Not": "error"}}),
            "the body cannot be read: it is encoded as 'br'",
        ),
        (
            json!({"Url": url("/"), "Error": {"Days": "< 9d"}}),
            "Days has a limit and is not known: the answer came without TLS",
        ),
        (json!({"Url": url("/"), "Warn": {"Tls": "> 1s"}}), "Tls has a limit and is not known"),
        (json!({"Url": format!("http://127.0.0.1:{}/", ports::free())}), "Connection refused"),
        (json!({"Url": format!("https://127.0.0.1:{port}/")}), "no TLS handshake"),
    ] {
        let found = check("http", &parameters);
        assert!(found["status"] == "ERROR" && errors(&found).contains(expected), "{expected}: {found}");
    }
}

#[test]
fn secrets_go_to_the_configured_host_alone() {
    let (port, heads) = server(page);
    let url = format!("http://127.0.0.1:{port}/away");
    let found =
        check("http", &json!({"Url": url, "User": "me", "Password": "x", "Headers": {"X-Own": "1"}, "Body": "b"}));
    assert_eq!(found["status"], "OK", "{found}");
    let (first, second) = (heads.recv().expect("a request"), heads.recv().expect("a request"));
    assert!(first.starts_with("POST /away HTTP/1.1\r\n") && first.ends_with("\r\n\r\nb"), "{first}");
    assert!(first.contains("Authorization: Basic bWU6eA==\r\n"), "{first}");
    assert!(second.starts_with("GET /json HTTP/1.1\r\n") && second.contains("X-Own: 1"), "{second}");
    assert!(!second.contains("Authorization"), "{second}");
}

#[test]
fn what_is_said_on_a_connection_is_compared_and_silence_ends() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address").to_string();
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut line = String::new();
                let _ = stream.write_all(b"220 ready\r\n");
                let _ = BufReader::new(&stream).read_line(&mut line);
                let _ = stream.write_all(line.to_uppercase().as_bytes());
                let _ = stream.read(&mut [0; 1]);
            });
        }
    });
    let look = |parameters: Json| {
        let mut all = json!({"Address": address});
        all.as_object_mut().expect("an object").extend(parameters.as_object().cloned().unwrap_or_default());
        check("tcp", &all)
    };
    assert_eq!(look(json!({"Expect": "/^220 /"}))["status"], "OK");
    assert_eq!(look(json!({"Send": "hello\r\n", "Expect": "HELLO"}))["status"], "OK");
    assert_eq!(errors(&look(json!({"Open": false}))), "wanted no connection, got one");
    let silent = look(json!({"Expect": "never"}));
    assert!(errors(&silent).contains("wanted something with 'never', got '220 ready' (no answer in time)"), "{silent}");
    let closed = check("tcp", &json!({"Address": format!("127.0.0.1:{}", ports::free()), "Open": false}));
    assert_eq!(closed["status"], "OK");
}

/// A server of DNS that knows one mail server for each name, and none for those that begin with `no`. What begins with `long`
/// does not fit into its packets.
fn dns_server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let address = listener.local_addr().expect("an address");
    let socket = UdpSocket::bind(address).expect("the same port");
    let answer = |question: &[u8]| {
        let mut packet = question.to_vec();
        let is_known = !question[13..].starts_with(b"no");
        packet[2..4].copy_from_slice(if is_known { &[0x81, 0x80] } else { &[0x81, 0x83] });
        if is_known {
            packet[7] = 1;
            packet.extend([192, 12, 0, 15, 0, 1, 0, 0, 0, 9, 0, 9, 0, 10, 4, b'm', b'a', b'i', b'l', 192, 12]);
        }
        packet
    };
    thread::spawn(move || {
        let mut buffer = [0; 512];
        while let Ok((count, from)) = socket.recv_from(&mut buffer) {
            let mut packet = answer(&buffer[..count]);
            if buffer[13..].starts_with(b"long") {
                packet.truncate(count);
                (packet[2], packet[7]) = (0x83, 0);
            }
            let _ = socket.send_to(&packet, from);
        }
    });
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut length = [0; 2];
            let _ = stream.read_exact(&mut length);
            let mut question = vec![0; usize::from(u16::from_be_bytes(length))];
            let _ = stream.read_exact(&mut question);
            let packet = answer(&question);
            let _ = stream.write_all(&u16::try_from(packet.len()).expect("short").to_be_bytes());
            let _ = stream.write_all(&packet);
        }
    });
    address.to_string()
}

#[test]
fn a_dns_server_is_asked_for_records_over_tcp_where_a_packet_is_too_short() {
    let server = dns_server();
    let look = |name: &str, more: Json| {
        let mut all = json!({"Name": name, "Type": "MX", "Server": server});
        all.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        check("dns", &all)
    };
    assert_eq!(look("example.org", json!({"Records": "10 mail.Example.org", "Exactly": true}))["status"], "OK");
    assert_eq!(look("long.example.org", json!({"Records": ["10 mail.long.example.org."]}))["status"], "OK");
    let other = look("example.org", json!({"Records": "20 mail.example.org"}));
    assert_eq!(errors(&other), "wanted 20 mail.example.org, got 10 mail.example.org.");
    assert_eq!(errors(&look("no.example.org", json!({}))), "wanted a record MX, got no such name");
    assert_eq!(look("no.example.org", json!({"Exists": false}))["status"], "OK");
    assert_eq!(errors(&look("example.org", json!({"Exists": false}))), "wanted none, got 10 mail.example.org.");
}
