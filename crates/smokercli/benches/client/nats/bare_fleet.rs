//! The limit of a fleet through NATS: the requests of a forced run of all hosts, over one connection, by a client that throws the answers away.

use std::net::SocketAddr;

use smoker_tests::nats::simulated;

use crate::nats::bare_client::BareClient;

/// As many as `smokercli` has under way.
const AT_ONCE: u32 = 64;

/// Asks each of these hosts for all that a forced run takes.
pub(crate) fn run(server: SocketAddr, hosts: u32) -> Result<(), String> {
    let ask = || {
        let mut client = BareClient::connect(server)?;
        let body = r#"{"process":{"plugins":["true"]}}"#;
        let post = format!(
            "POST /processes HTTP/1.1\r\nhost: localhost\r\nuser-agent: bare\r\naccept: */*\r\nconnection: close\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        for request in [get("/"), get("/plugins"), post, get("/processes/1")] {
            let subject = |number| format!("smoker.v1.test.host.{}", simulated::name(number));
            client.ask(hosts, AT_ONCE, subject, request.as_bytes())?;
        }
        Ok(())
    };
    ask().map_err(|error: std::io::Error| format!("the bare requests failed: {error}"))
}

/// A request for a page.
pub(super) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: bare\r\naccept: */*\r\nconnection: close\r\n\r\n")
}
