//! The head of a request, and answers of the bridge itself.

use bytes::Bytes;

/// A request as the daemon gets it.
#[derive(Debug, Eq, PartialEq)]
pub struct Request {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it asks for events, which do not end.
    pub is_for_events: bool,
    /// Whether other requests may use its connection before and after it. If not, it asks the daemon to close the connection.
    pub may_share_connection: bool,
}

/// Headers by which a daemon expects more than a head, or another protocol.
const WITH_MORE: [&str; 4] = ["content-length", "transfer-encoding", "expect", "upgrade"];

/// A request that says itself what becomes of its connection, whatever the client wrote. Only a `GET` that is a head and nothing else may share one:
/// it can be asked again where the daemon has closed a connection meanwhile, and no byte of it can be taken for the begin of the next request.
/// `None` when it has no head, or a line of it is none.
#[must_use]
pub fn prepare(request: &[u8]) -> Option<Request> {
    let end = request.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let (head, body) = (std::str::from_utf8(&request[..end]).ok()?, &request[end + 4..]);
    let mut lines = head.split("\r\n");
    // Daemons take a line feed alone for the end of a line, too.
    if lines.clone().any(|line| line.contains(['\r', '\n'])) {
        return None;
    }
    let first = lines.next()?;
    let mut words = first.split(' ');
    let (Some(method), Some(target), Some("HTTP/1.1"), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let path = target.split('?').next()?.trim_end_matches('/');
    let mut may_share_connection = method == "GET" && body.is_empty();
    let mut bytes = Vec::with_capacity(request.len() + 32);
    bytes.extend_from_slice(first.as_bytes());
    for line in lines {
        let (name, _) = line.split_once(':')?;
        if !name.eq_ignore_ascii_case("connection") {
            may_share_connection &= !WITH_MORE.iter().any(|known| name.trim().eq_ignore_ascii_case(known));
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(line.as_bytes());
        }
    }
    let ending: &[u8] = if may_share_connection { b"\r\n\r\n" } else { b"\r\nConnection: close\r\n\r\n" };
    bytes.extend_from_slice(ending);
    bytes.extend_from_slice(body);
    Some(Request { bytes, is_for_events: path == "/events", may_share_connection })
}

/// An answer with an error, as the daemon writes one.
#[must_use]
pub fn error(status: &str, message: &str) -> Bytes {
    let text = serde_json::Value::from(message).to_string();
    let body = format!("{{\"message\": {text}}}");
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close");
    Bytes::from(format!("{head}\r\n\r\n{body}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prepared(request: &str) -> Option<(String, bool)> {
        let request = prepare(request.as_bytes())?;
        Some((String::from_utf8(request.bytes).expect("text"), request.is_for_events))
    }

    #[test]
    fn what_the_client_writes_about_its_connection_does_not_count() {
        let (request, _) =
            prepared("POST /a HTTP/1.1\r\nHost: x\r\nconnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}")
                .expect("one");
        assert_eq!(request, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        let (request, _) = prepared("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("one");
        assert_eq!(request, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    }

    /// What a daemon could take for the begin of the next request would have it answer another client's request with this one's.
    #[test]
    fn only_a_head_alone_shares_its_connection() {
        let shares = |request: &str| prepare(request.as_bytes()).expect("one").may_share_connection;
        assert!(shares("GET /plugins?a=b HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"));
        for request in [
            "POST /processes HTTP/1.1\r\nHost: x\r\n\r\n",
            "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n",
            "get / HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /two HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\ncontent-length: 40\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nContent-Length : 40\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n TRANSFER-ENCODING: chunked\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n",
        ] {
            assert!(!shares(request), "{request:?}");
        }
    }

    #[test]
    fn requests_for_events_are_known() {
        for (target, expected) in
            [("/events", true), ("/events/?since=3", true), ("/eventsx", false), ("/?a=/events", false)]
        {
            let (_, is_for_events) = prepared(&format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n")).expect("one");
            assert_eq!(is_for_events, expected, "{target}");
        }
    }

    #[test]
    fn what_is_no_request() {
        for text in [
            "",
            "\r\n\r\n",
            "GET / HTTP/1.1\r\n",
            "GET / HTTP/2\r\n\r\n",
            "GET / x HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nno colon\r\n\r\n",
            "GET / HTTP/1.1\r\na: b\nConnection: keep-alive\r\n\r\n",
            "GET / HTTP/1.1\r\na: b\n\nGET /two HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(prepared(text), None, "{text:?}");
        }
    }

    #[test]
    fn errors_are_those_of_the_daemon() {
        let text = String::from_utf8(error("502 Bad Gateway", "a \"b\"").to_vec()).expect("text");
        assert!(
            text.ends_with("Content-Length: 22\r\nConnection: close\r\n\r\n{\"message\": \"a \\\"b\\\"\"}"),
            "{text}"
        );
    }
}
