//! The head of a request, and answers of the bridge itself.

use bytes::Bytes;

/// A request as the daemon gets it.
#[derive(Debug, Eq, PartialEq)]
pub struct Request {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Whether it asks for events, which do not end.
    pub is_for_events: bool,
}

/// A request that asks the daemon to close the connection behind its answer, whatever the client wrote: the end of the answer is the end of the
/// connection, so nothing has to be read of it. `None` when it has no head, or a line of it is none.
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
    let (Some(_), Some(target), Some("HTTP/1.1"), None) = (words.next(), words.next(), words.next(), words.next())
    else {
        return None;
    };
    let path = target.split('?').next()?.trim_end_matches('/');
    let mut bytes = Vec::with_capacity(request.len() + 32);
    bytes.extend_from_slice(first.as_bytes());
    for line in lines {
        let (name, _) = line.split_once(':')?;
        if !name.eq_ignore_ascii_case("connection") {
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(line.as_bytes());
        }
    }
    bytes.extend_from_slice(b"\r\nConnection: close\r\n\r\n");
    bytes.extend_from_slice(body);
    Some(Request { bytes, is_for_events: path == "/events" })
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
    fn the_connection_is_closed_behind_the_answer() {
        let (request, _) =
            prepared("POST /a HTTP/1.1\r\nHost: x\r\nconnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}")
                .expect("one");
        assert_eq!(request, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        let (request, _) = prepared("GET / HTTP/1.1\r\n\r\n").expect("one");
        assert_eq!(request, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
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
