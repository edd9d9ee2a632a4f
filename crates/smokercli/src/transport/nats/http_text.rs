//! Requests and answers as bytes of HTTP/1.1.

use std::fmt::Write;

use http::response::Builder;
use reqwest::Response;

use crate::transport::exchange::{FailureKind, Method, PageRequest};
use crate::transport::http_response::Failure;

/// The headers of an answer at most.
const MAX_HEADERS: usize = 64;

/// The bytes of a request. The daemon is asked to wait this many seconds for the end of a run.
pub(super) fn of_request(request: &PageRequest<'_>, wait: Option<u64>) -> Vec<u8> {
    let url = request.url;
    let query = url.query().map_or(String::new(), |query| format!("?{query}"));
    let mut text = format!(
        "{} {}{query} HTTP/1.1\r\nhost: localhost\r\nuser-agent: {}\r\naccept: */*\r\nconnection: close\r\n",
        request.method,
        url.path(),
        concat!("smokercli/", env!("CARGO_PKG_VERSION"))
    );
    if let Some(seconds) = wait {
        let _ = write!(text, "prefer: wait={seconds}\r\n");
    }
    let mut body = [].as_slice();
    if let Method::Post(content) = &request.method {
        body = content;
        let _ = write!(text, "content-type: application/json\r\ncontent-length: {}\r\n", body.len());
    }
    [text.as_bytes(), b"\r\n", body].concat()
}

/// The answer that these bytes are.
///
/// # Errors
///
/// When they are none of HTTP, or end before the answer does.
pub(super) fn answer(bytes: &[u8]) -> Result<Response, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err(cut_off()),
        Err(error) => return Err(malformed(&error.to_string())),
    };
    let content = content(head.headers, &bytes[length..])?;
    let with_status = Builder::new().status(head.code.unwrap_or_default());
    let response = head.headers.iter().fold(with_status, |response, header| response.header(header.name, header.value));
    response.body(content).map(Response::from).map_err(|error| malformed(&error.to_string()))
}

/// The content of the answer, whose end its headers say, or else the end of all.
fn content(headers: &[httparse::Header<'_>], rest: &[u8]) -> Result<Vec<u8>, Failure> {
    let value = |name: &str| {
        let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok().map(str::trim)
    };
    if value("transfer-encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return joined(rest);
    }
    match value("content-length").map(str::parse) {
        None => Ok(rest.to_vec()),
        Some(Ok(length)) => rest.get(..length).map(<[u8]>::to_vec).ok_or_else(cut_off),
        Some(Err(_)) => Err(malformed("its length is not a number")),
    }
}

/// The content of chunks.
fn joined(mut rest: &[u8]) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    loop {
        let (start, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(size)) => size,
            Ok(httparse::Status::Partial) => return Err(cut_off()),
            Err(error) => return Err(malformed(&error.to_string())),
        };
        if size == 0 {
            return Ok(content);
        }
        let end = usize::try_from(size).ok().and_then(|size| start.checked_add(size)).ok_or_else(cut_off)?;
        content.extend_from_slice(rest.get(start..end).ok_or_else(cut_off)?);
        rest = rest.get(end..).and_then(|rest| rest.strip_prefix(b"\r\n")).ok_or_else(cut_off)?;
    }
}

fn cut_off() -> Failure {
    Failure { reason: "the answer ends before it is complete".to_owned(), kind: FailureKind::CutOff }
}

fn malformed(problem: &str) -> Failure {
    Failure { reason: format!("the answer is none of HTTP: {problem}"), kind: FailureKind::Other }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::Url;

    use super::*;
    use crate::transport::exchange::KeepAlive;

    fn content_of(answer: &str) -> Result<String, FailureKind> {
        let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
        let mut head = httparse::Response::new(&mut headers);
        let Ok(httparse::Status::Complete(length)) = head.parse(answer.as_bytes()) else {
            return Err(FailureKind::Other);
        };
        let content = content(head.headers, &answer.as_bytes()[length..]).map_err(|failure| failure.kind)?;
        Ok(String::from_utf8(content).expect("text"))
    }

    #[test]
    fn an_answer_that_is_not_whole_is_never_taken_for_one() {
        let head = "HTTP/1.1 200 OK\r\n";
        for (rest, expected) in [
            ("content-length: 3\r\n\r\nabc", Ok("abc")),
            ("Content-Length: 3\r\n\r\nab", Err(FailureKind::CutOff)),
            ("content-length: x\r\n\r\nab", Err(FailureKind::Other)),
            ("\r\nabc", Ok("abc")),
            ("transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n", Ok("abcde")),
            ("transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n", Err(FailureKind::CutOff)),
            ("transfer-encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", Err(FailureKind::CutOff)),
            ("transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nabc", Err(FailureKind::CutOff)),
            ("transfer-encoding: chunked\r\n\r\nz\r\n", Err(FailureKind::Other)),
        ] {
            assert_eq!(content_of(&format!("{head}{rest}")), expected.map(str::to_owned), "{rest:?}");
        }
        for broken in ["", "HTTP/1.1 200 OK\r\ncontent-le", "nats"] {
            assert!(answer(broken.as_bytes()).is_err(), "{broken:?}");
        }
        assert_eq!(answer(b"HTTP/1.1 404 Not Found\r\n\r\n").map_err(|it| it.kind).expect("an answer").status(), 404);
    }

    #[test]
    fn a_request_has_all_that_the_daemon_needs() {
        let url = Url::parse("nats://web1/results?since=1h&limit=2").expect("a URL");
        let request = |method| PageRequest {
            method,
            url: &url,
            limit: Duration::ZERO,
            keep_alive: KeepAlive::Yes,
            may_send_again: false,
            wait: None,
        };
        let text = |method, wait| String::from_utf8(of_request(&request(method), wait)).expect("text");
        let get = text(Method::Get, None);
        assert!(get.starts_with("GET /results?since=1h&limit=2 HTTP/1.1\r\n") && get.ends_with("\r\n\r\n"), "{get}");
        let post = text(Method::Post(b"{}".to_vec()), Some(2));
        assert!(post.contains("\r\nprefer: wait=2\r\n") && post.ends_with("content-length: 2\r\n\r\n{}"), "{post}");
    }
}
