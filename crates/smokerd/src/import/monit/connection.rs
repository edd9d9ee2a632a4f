//! Tests of ports, protocols and sockets.

use smoker_model::value::Value;

use crate::import::monit::statements::Statement;
use crate::import::monit::subject::{Subject, text, timeout_of};
use crate::import::monit::test::Test;

/// Protocols whose greeting is looked for, and how it begins.
const GREETINGS: [(&str, &str); 5] =
    [("ssh", "/^SSH-/"), ("smtp", "/^220/"), ("ftp", "/^220/"), ("pop", "/^[+]OK/"), ("imap", r"/^\* OK/")];

/// What says nothing more in such a test.
const TAKEN: [&str; 18] = [
    "failed", "type", "tcp", "tcpssl", "ssl", "tls", "with", "using", "and", "the", "ping", "icmp", "echo", "second",
    "seconds", "minute", "minutes", "for",
];

/// What is followed by a value that is taken.
const WITH_VALUE: [&str; 8] = ["host", "port", "protocol", "proto", "request", "unixsocket", "count", "timeout"];

/// Fails for a test that says more than is taken: nothing of it is left out silently.
fn check_words(condition: &Statement) -> Result<(), &'static str> {
    let mut at = 0;
    while at < condition.words.len() {
        let is_equal = matches!(condition.word(at + 1), "=" | "==");
        at += match condition.word(at) {
            "status" | "content" if is_equal => 3,
            word if WITH_VALUE.contains(&word) => {
                if is_equal {
                    3
                } else {
                    2
                }
            }
            word if TAKEN.contains(&word) => 1,
            _ => return Err("it says more than is taken here: write the check by hand"),
        };
    }
    Ok(())
}

/// Whether a test is one of these.
pub(super) fn is_one(condition: &Statement) -> bool {
    ["port", "ping", "icmp", "unixsocket", "ping4", "ping6"].iter().any(|word| condition.find(word).is_some())
}

/// The plugin of such a test.
pub(super) fn read(subject: &Subject, condition: &Statement) -> Result<Test, &'static str> {
    check_words(condition)?;
    let host = match (condition.behind(&["host"]), subject) {
        (Some(host), _) => host,
        (None, Subject::Host(address)) => address,
        (None, _) => "localhost",
    };
    let test = if let Some(port) = condition.behind(&["port"]) {
        let port: u16 = port.parse().map_err(|_| "the port is not understood")?;
        of_port(host, port, condition)?
    } else if let Some(path) = condition.behind(&["unixsocket"]) {
        Test::new("socket", "unix").with("Socket", text(path))
    } else {
        let count = condition.behind(&["count"]).and_then(|count| count.parse().ok()).unwrap_or(3);
        let test = Test::new("ping", "ping").with("Host", text(host)).with("Packets", Value::Int(count));
        // Monit wants one answer.
        test.limit("Loss", ">= 100%", &[])
    };
    Ok(match timeout_of(condition) {
        Some(seconds) => test.with("Timeout", Value::Int(seconds)),
        None => test,
    })
}

fn of_port(host: &str, port: u16, condition: &Statement) -> Result<Test, &'static str> {
    let protocol = condition.behind(&["protocol", "proto"]).unwrap_or_default().to_lowercase();
    let is_tls = ["ssl", "tls", "tcpssl"].iter().any(|word| condition.find(word).is_some());
    if condition.find("udp").is_some() {
        return Err("an answer has to be known for udp: write Check: udp with Send and Expect");
    }
    if condition.find("send").is_some() || condition.find("certificate").is_some() {
        return Err("write Check: tcp with Send and Expect, or Check: tls, by hand");
    }
    let suffix = port.to_string();
    let address = || {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        text(format!("{host}:{port}"))
    };
    let is_page = matches!(protocol.as_str(), "http" | "https");
    if is_page {
        let scheme = if is_tls || protocol == "https" { "https" } else { "http" };
        let Value::Text(address) = address() else { return Err("it has no address") };
        let path = condition.behind(&["request"]).unwrap_or("/");
        let mut test = Test::new(suffix, "http").with("Url", text(format!("{scheme}://{address}{path}")));
        if let Some(at) = condition.find("status") {
            let (operator, code) = (condition.word(at + 1), condition.exact(at + 2));
            if !matches!(operator, "=" | "==") {
                return Err("a status other than one that is wanted is not taken: write Status by hand");
            }
            test = test.with("Status", text(code));
        }
        if let Some(content) = condition.find("content").map(|at| condition.exact(at + 2)) {
            test = test.with("Contains", text(format!("/{content}/")));
        }
        // Monit looks at the certificate only where it is asked to.
        return Ok(test.limit("Days", "never", &[]));
    }
    if is_tls {
        return Ok(Test::new(suffix, "tls").with("Address", address()).limit("Days", "never", &[]));
    }
    match protocol.as_str() {
        "" | "default" => Ok(Test::new(suffix, "tcp").with("Address", address())),
        "mysql" => Ok(Test::new(suffix, "mysql").with("Address", address())),
        "pgsql" | "postgresql" => Ok(Test::new(suffix, "postgres").with("Address", address())),
        "redis" => Ok(Test::new(suffix, "redis").with("Address", address())),
        "memcache" => Ok(Test::new(suffix, "memcached").with("Address", address())),
        other => {
            let greeting = GREETINGS.iter().find(|(its, _)| *its == other).ok_or("the protocol is not known here")?.1;
            Ok(Test::new(suffix, "tcp").with("Address", address()).with("Expect", text(greeting)))
        }
    }
}
