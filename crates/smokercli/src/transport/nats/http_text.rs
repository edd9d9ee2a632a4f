//! Requests and answers as bytes of HTTP/1.1.

use std::cmp::Ordering;
use std::fmt::Write;

use http::Response;
use http::response::Builder;

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
/// When they are none of HTTP, end before the answer does, or go on behind it.
pub(super) fn answer(bytes: &[u8]) -> Result<Response<Vec<u8>>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let (head, content) = parsed(bytes, &mut headers)?;
    let with_status = Builder::new().status(head.code.unwrap_or_default());
    let response = head.headers.iter().fold(with_status, |response, header| response.header(header.name, header.value));
    response.body(content).map_err(|error| malformed(&error.to_string()))
}

/// The status and the content of the answer that these bytes are.
///
/// # Errors
///
/// As [`answer`].
pub(super) fn status_and_content(bytes: &[u8]) -> Result<(u16, Vec<u8>), Failure> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    parsed(bytes, &mut headers).map(|(head, content)| (head.code.unwrap_or_default(), content))
}

fn parsed<'a, 'b>(
    bytes: &'b [u8],
    headers: &'a mut [httparse::Header<'b>],
) -> Result<(httparse::Response<'a, 'b>, Vec<u8>), Failure> {
    let mut head = httparse::Response::new(headers);
    let length = match head.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Err(cut_off()),
        Err(error) => return Err(malformed(&error.to_string())),
    };
    let content = content(head.headers, &bytes[length..])?;
    Ok((head, content))
}

/// The content of the answer. Its headers have to say where it ends: the end of all that came may be that of a daemon that was killed.
fn content(headers: &[httparse::Header<'_>], rest: &[u8]) -> Result<Vec<u8>, Failure> {
    let values = |name: &str| {
        let values = headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
        values.map(|header| std::str::from_utf8(header.value).unwrap_or_default().trim()).collect::<Vec<_>>()
    };
    match (&*values("transfer-encoding"), &*values("content-length")) {
        ([coding], []) if coding.eq_ignore_ascii_case("chunked") => joined(rest),
        ([], [length]) => {
            let length = length.parse().map_err(|_| malformed("its length is not a number"))?;
            match rest.len().cmp(&length) {
                Ordering::Less => Err(cut_off()),
                Ordering::Equal => Ok(rest.to_vec()),
                Ordering::Greater => Err(malformed("it goes on behind its end")),
            }
        }
        ([], []) if rest.is_empty() => Ok(Vec::new()),
        ([], []) => Err(malformed("it does not say its length")),
        _ => Err(malformed("it says its length in several ways")),
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
            return match &rest[start..] {
                b"\r\n" => Ok(content),
                b"" | b"\r" => Err(cut_off()),
                _ => Err(malformed("it goes on behind its end")),
            };
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
        let (_, content) = status_and_content(answer.as_bytes()).map_err(|failure| failure.kind)?;
        Ok(String::from_utf8(content).expect("text"))
    }

    #[test]
    fn an_answer_that_is_not_whole_is_never_taken_for_one() {
        let head = "HTTP/1.1 200 OK\r\n";
        for (rest, expected) in [
            ("content-length: 3\r\n\r\nabc", Ok("abc")),
            ("Content-Length: 3\r\n\r\nab", Err(FailureKind::CutOff)),
            ("content-length: x\r\n\r\nab", Err(FailureKind::Other)),
            ("\r\nabc", Err(FailureKind::Other)),
            ("\r\n", Ok("")),
            ("content-length: 3\r\n\r\nabcHTTP/1.1", Err(FailureKind::Other)),
            ("content-length: 3\r\nContent-Length: 4\r\n\r\nabcd", Err(FailureKind::Other)),
            ("content-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc", Err(FailureKind::Other)),
            ("transfer-encoding: gzip\r\n\r\nabc", Err(FailureKind::Other)),
            ("transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", Err(FailureKind::CutOff)),
            ("transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n3", Err(FailureKind::Other)),
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
