//! The module `smoker.server.plugins.mongo` and a small server with
//! the wire protocol of `MongoDB`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use serde_json::{Value as Json, json};

use crate::request::module;
use smoker_tests::machine::ports;

const MODULE: &str = "smoker.server.plugins.mongo";

/// A server that answers each command with what `answer` returns for its name,
/// or closes the connection when it returns nothing.
fn server(answer: fn(&str) -> Option<Json>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(stream, answer));
        }
    });
    port
}

fn serve(mut stream: TcpStream, answer: fn(&str) -> Option<Json>) -> Option<()> {
    loop {
        let mut header = [0; 16];
        stream.read_exact(&mut header).ok()?;
        let number = |at: usize| u32::from_le_bytes(header[at..at + 4].try_into().expect("four bytes"));
        assert_eq!(number(12), 2013, "OP_MSG");
        let mut body = vec![0; number(0) as usize - 16];
        stream.read_exact(&mut body).ok()?;
        // Flags, the kind of the section, the document's length, a kind, the command's name.
        assert_eq!(&body[..5], &[0; 5][..]);
        let name: Vec<u8> = body[10..].iter().copied().take_while(|byte| *byte != 0).collect();
        // The last element is the text `$db`.
        assert!(body.windows(5).any(|part| part == b"\x02$db\0"));
        let document = bson(&answer(std::str::from_utf8(&name).expect("text"))?);
        let length = u32::try_from(16 + 5 + document.len()).expect("small");
        let mut message = Vec::new();
        for field in [length, 77, number(4), 2013, 0] {
            message.extend_from_slice(&field.to_le_bytes());
        }
        message.push(0);
        message.extend_from_slice(&document);
        stream.write_all(&message).ok()?;
    }
}

fn bson(document: &Json) -> Vec<u8> {
    let mut elements = Vec::new();
    for (name, value) in document.as_object().expect("an object") {
        let (kind, bytes) = match value {
            Json::Bool(flag) => (0x08, vec![u8::from(*flag)]),
            Json::Number(number) if number.is_i64() => {
                (0x12, number.as_i64().expect("a whole number").to_le_bytes().to_vec())
            }
            Json::Array(items) => {
                let items = items.iter().enumerate().map(|(at, item)| (at.to_string(), item.clone()));
                (0x04, bson(&Json::Object(items.collect())))
            }
            Json::Number(number) => (0x01, number.as_f64().expect("a number").to_le_bytes().to_vec()),
            Json::String(text) => {
                let length = u32::try_from(text.len() + 1).expect("small");
                (0x02, [&length.to_le_bytes()[..], text.as_bytes(), &[0]].concat())
            }
            other => (0x03, bson(other)),
        };
        elements.push(kind);
        elements.extend_from_slice(name.as_bytes());
        elements.push(0);
        elements.extend(bytes);
    }
    let length = u32::try_from(elements.len() + 5).expect("small");
    [&length.to_le_bytes()[..], &elements, &[0]].concat()
}

fn component(answer: &Json, port: u16) -> (&str, &Json) {
    let component = &answer["componentResults"][format!("127.0.0.1:{port}")];
    let levels = ["error", "warn", "info"].iter().filter_map(|level| component["messages"][level].as_array());
    (component["status"].as_str().expect("a status"), levels.flatten().next().expect("a message"))
}

#[test]
fn members_of_a_replica_set_are_judged() {
    let primary = server(|name| {
        (name == "hello").then(|| json!({"isWritablePrimary": true, "topologyVersion": {"counter": 6}, "setName": "rs0", "primary": "a:1", "ok": 1}))
    });
    let lonely = server(|_| Some(json!({"isWritablePrimary": false, "secondary": true, "setName": "rs0", "ok": 1})));
    let hosts = [format!("127.0.0.1:{primary}"), format!("127.0.0.1:{lonely}")];
    let answer = module(MODULE, &json!({"Hosts": hosts, "ReplicaSet": "rs0"})).expect("findings");
    assert_eq!(answer["status"], "ERROR");
    assert_eq!(component(&answer, primary), ("OK", &json!("primary of rs0, whose primary is a:1")));
    assert_eq!(component(&answer, lonely), ("ERROR", &json!("secondary of rs0, which has no primary")));
}

#[test]
fn an_older_server_is_asked_in_its_own_words() {
    let port = server(|name| match name {
        "hello" => Some(json!({"ok": 0, "errmsg": "no such command: 'hello'", "code": 59})),
        "isMaster" => Some(json!({"ismaster": true, "ok": 1})),
        _ => None,
    });
    let answer = module(MODULE, &json!({"Hosts": [format!("127.0.0.1:{port}")]})).expect("findings");
    assert_eq!(component(&answer, port), ("OK", &json!("Standalone server")));
}

/// Status and messages of each component, the levels in the order error, warn, info.
fn rows(answer: &Json) -> Vec<String> {
    let components = answer["componentResults"].as_object().expect("components");
    components
        .iter()
        .map(|(name, part)| {
            let levels = ["error", "warn", "info"].iter().filter_map(|level| part["messages"][level].as_array());
            let texts: Vec<_> = levels.flatten().map(|text| text.as_str().expect("text")).collect();
            format!("{name}: {}: {}", part["status"].as_str().expect("text"), texts.join("; "))
        })
        .collect()
}

/// A member of a replica set with three members, three databases and a record.
fn clustered(name: &str) -> Option<Json> {
    Some(match name {
        "hello" => json!({"isWritablePrimary": true, "setName": "rs0", "ok": 1}),
        "buildInfo" => json!({"sysInfo": "Linux build7", "version": "2.6", "ok": 1}),
        "replSetGetStatus" => json!({"ok": 1, "members": [
            {"name": "a:1", "state": 1, "stateStr": "PRIMARY"},
            {"name": "b:1", "state": 3, "stateStr": "RECOVERING", "errmsg": "catching up"},
            {"name": "c:1", "state": 8, "stateStr": "(not reachable/healthy)"}]}),
        "listDatabases" => json!({"ok": 1, "databases": [{"name": "shop"}, {"name": "local"}, {"name": "bare"}]}),
        "listCollections" => json!({"ok": 1, "cursor": {"id": 0, "firstBatch": []}}),
        "insert" | "delete" => json!({"ok": 1, "n": 1}),
        "find" => json!({"ok": 1, "cursor": {"id": 0, "firstBatch": [{"_id": "x", "name": "smoker"}]}}),
        _ => return None,
    })
}

fn with_collections(name: &str) -> Option<Json> {
    Some(match name {
        "listDatabases" => json!({"ok": 1, "databases": [{"name": "shop"}]}),
        "listCollections" => json!({"ok": 1, "cursor": {"id": 7, "firstBatch": [{"name": "orders"}]}}),
        "getMore" => json!({"ok": 1, "cursor": {"id": 0, "nextBatch": [{"name": "items"}]}}),
        "validate" => json!({"ok": 1, "valid": false, "errors": ["broken index"]}),
        "replSetGetStatus" => json!({"ok": 0, "code": 76, "errmsg": "not running with --replSet"}),
        "buildInfo" => json!({"sysInfo": "deprecated", "version": "4.4.1", "ok": 1}),
        "insert" => json!({"ok": 1, "writeErrors": [{"errmsg": "not master"}]}),
        other => return clustered(other),
    })
}

#[test]
fn the_four_components_are_the_originals() {
    let port = server(clustered);
    let parameters = json!({"Host": "127.0.0.1", "Port": port, "EmptyCollections": "yes", "ReplicaSet": "rs0"});
    let found = rows(&module(MODULE, &parameters).expect("findings"));
    assert_eq!(
        found[..3],
        [
            "Connection: OK: Linux build7",
            "Members: ERROR: Member c:1 is (not reachable/healthy); Member b:1 is RECOVERING: catching up; Member a:1 is PRIMARY",
            "Collections: WARN: Database shop: no collections found, empty database; Database bare: no collections found, \
         empty database; Database local: no collections found but it is expected",
        ]
    );
    let [_, _, _, record] = &*found else { panic!("{found:?}") };
    assert!(record.starts_with("Record: OK: Inserted record with id smoker-"), "{record}");
    assert!(
        record.ends_with("Found our record: {'_id': 'x', 'name': 'smoker'}; Deleted our record from collection test")
    );

    let parameters =
        json!({"Host": "127.0.0.1", "Port": port, "ReplicaSet": "rs1", "Checks": ["connection", "record"]});
    assert_eq!(
        rows(&module(MODULE, &parameters).expect("findings")),
        ["Connection: ERROR: Member of the replica set rs0 instead of rs1", "Record: ERROR: Not connected"]
    );
}

#[test]
fn collections_are_counted_or_validated() {
    let port = server(with_collections);
    let rows_with = |validates: bool| {
        let parameters = json!({"Host": "127.0.0.1", "Port": port, "ValidateCollections": validates});
        rows(&module(MODULE, &parameters).expect("findings"))
    };
    assert_eq!(
        rows_with(false),
        [
            "Connection: OK: MongoDB 4.4.1",
            "Members: OK: Mongo is not running clustered",
            "Collections: OK: Database shop: 2 collections found",
            "Record: ERROR: Inserting record into collection failed: not master",
        ]
    );
    assert_eq!(rows_with(true)[2], "Collections: ERROR: Database shop: broken index; Database shop: broken index");
}

#[test]
fn without_a_server_each_component_says_so() {
    let port = ports::free();
    let found = rows(&module(MODULE, &json!({"Host": "127.0.0.1", "Port": port.to_string()})).expect("findings"));
    let refused = format!("Connection: ERROR: cannot connect to 127.0.0.1:{port}: [Errno 111] Connection refused");
    let not_connected = ["Members", "Collections", "Record"].map(|name| format!("{name}: ERROR: Not connected"));
    assert_eq!(found, [&[refused][..], &not_connected].concat());
    let reason = module(MODULE, &json!({"Checks": ["disk"]})).expect_err("refused");
    assert!(reason.starts_with("Checks has to be a list of connection, members, collections and record"), "{reason}");
}

#[test]
fn what_is_no_mongodb_is_an_error_of_its_component() {
    let closing = server(|_| None);
    let closed = ports::free();
    let web = {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            }
        });
        port
    };
    let hosts = [closing, closed, web].map(|port| format!("127.0.0.1:{port}"));
    let answer = module(MODULE, &json!({"Hosts": hosts})).expect("findings");
    let closed_text = json!("the server closed the connection without an answer; does it take TLS only?");
    assert_eq!(component(&answer, closing), ("ERROR", &closed_text));
    assert_eq!(component(&answer, closed), ("ERROR", &json!("[Errno 111] Connection refused")));
    assert_eq!(component(&answer, web), ("ERROR", &json!("the answer is none of the MongoDB wire protocol")));
    let reason = module(MODULE, &json!({"Hosts": [":x"]})).expect_err("refused");
    assert!(reason.starts_with("Hosts has to be a list of host or host:port, not [':x']"), "{reason}");
}
