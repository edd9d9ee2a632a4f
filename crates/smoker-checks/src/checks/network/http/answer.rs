//! Reads an answer of HTTP/1.1 (RFC 9112), with bounds.

use std::io::{self, BufRead, Read};

use crate::checks::network::connection::reason;

/// How long the head of an answer may be, and how many interim answers may come before.
const MAX_HEAD: u64 = 64 * 1024;
const MAX_INTERIM: usize = 10;

/// How much of a body is kept.
pub(crate) const MAX_BODY: usize = 8 * 1024 * 1024;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Names in lower case, in the order of the answer.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the body is longer than what is kept.
    pub(crate) is_cut: bool,
    /// Whether it is one of HTTP/1.1 or later, whose connections stay open.
    pub(crate) is_persistent: bool,
}

impl Answer {
    /// Whether its end shows from its head, so that another answer may come behind it.
    pub(crate) fn has_end(&self) -> bool {
        matches!(self.status, 204 | 304) || self.is_chunked() || self.header("content-length").is_some()
    }

    /// Whether its body comes in parts with a length each.
    pub(crate) fn is_chunked(&self) -> bool {
        self.header("transfer-encoding").is_some_and(|it| it.to_ascii_lowercase().ends_with("chunked"))
    }

    /// The values of a header, joined as one.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let values: Vec<_> =
            self.headers.iter().filter(|(its, _)| its == name).map(|(_, value)| value.as_str()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }
}

/// Reads the head of an answer; interim ones are passed over.
pub(crate) fn read_head(stream: &mut impl BufRead) -> Result<Answer, String> {
    for _ in 0..MAX_INTERIM {
        let mut head = stream.take(MAX_HEAD);
        let first = line(&mut head)?;
        let mut words = first.splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        let is_http = version.starts_with("HTTP/1.");
        let is_persistent = version != "HTTP/1.0";
        let status = words.next().and_then(|code| code.parse::<u16>().ok()).filter(|_| is_http);
        let Some(status) = status else {
            let shown: String = first.chars().take(60).collect();
            return Err(format!("the answer is not HTTP: {shown}"));
        };
        let mut headers = Vec::new();
        loop {
            let line = line(&mut head)?;
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        if status >= 200 || status == 101 {
            return Ok(Answer { status, headers, body: Vec::new(), is_cut: false, is_persistent });
        }
    }
    Err("there is no answer behind interim ones".to_owned())
}

/// Reads the body behind the head.
pub(crate) fn read_body(stream: &mut impl BufRead, answer: &mut Answer, method: &str) -> Result<(), String> {
    if method.eq_ignore_ascii_case("HEAD") || matches!(answer.status, 101 | 204 | 304) {
        return Ok(());
    }
    let length = answer.header("content-length");
    if answer.is_chunked() {
        return read_chunks(stream, answer);
    }
    let Some(length) = length else {
        return take(stream, u64::MAX, answer).map(drop);
    };
    // The same length twice is one; where two differ, nobody knows where the body ends (RFC 9112, section 6.3).
    let mut lengths = length.split(',').map(str::trim);
    let first = lengths.next().unwrap_or_default();
    if lengths.any(|other| other != first) {
        return Err(format!("the answer has several lengths: {length}"));
    }
    let length: u64 = first.parse().map_err(|_| format!("the length of the body is not understood: {length}"))?;
    let read = take(stream, length, answer)?;
    if read < length && !answer.is_cut {
        return Err(format!("the body ends behind {read} of {length} bytes"));
    }
    Ok(())
}

fn read_chunks(stream: &mut impl BufRead, answer: &mut Answer) -> Result<(), String> {
    loop {
        let line = line(&mut stream.take(1024))?;
        let size = line.split(';').next().unwrap_or_default().trim();
        let size = u64::from_str_radix(size, 16).map_err(|_| "a part of the body has no length".to_owned())?;
        if size == 0 {
            return Ok(());
        }
        let read = take(stream, size, answer)?;
        if answer.is_cut {
            return Ok(());
        }
        if read < size {
            return Err("the body ends inside of a part".to_owned());
        }
        self::line(&mut stream.take(1024))?;
    }
}

/// Reads up to this many bytes, of which the answer keeps as many as it may.
fn take(stream: &mut impl Read, length: u64, answer: &mut Answer) -> Result<u64, String> {
    let room = (MAX_BODY - answer.body.len()) as u64;
    let before = answer.body.len();
    let read = stream.take(length.min(room + 1)).read_to_end(&mut answer.body);
    let read = match read {
        // Servers of TLS that close without saying so are common, and the length says what is missing.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => answer.body.len() - before,
        other => other.map_err(|error| format!("the body cannot be read: {}", reason(&error)))?,
    };
    if answer.body.len() > MAX_BODY {
        answer.body.truncate(MAX_BODY);
        answer.is_cut = true;
    }
    Ok(read as u64)
}

/// A line without its end; one that has none is an error.
fn line(stream: &mut impl BufRead) -> Result<String, String> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes).map_err(|error| format!("no answer: {}", reason(&error)))?;
    if bytes.pop() != Some(b'\n') {
        return Err(if bytes.is_empty() {
            "no answer: the connection was closed".to_owned()
        } else {
            "the head of the answer has no end, or is longer than 64 KiB".to_owned()
        });
    }
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, method: &str) -> Result<Answer, String> {
        let mut stream = io::BufReader::new(text.as_bytes());
        let mut answer = read_head(&mut stream)?;
        read_body(&mut stream, &mut answer, method)?;
        Ok(answer)
    }

    #[test]
    fn bodies_end_where_they_say() {
        let body = |text: &str| read(text, "GET").map(|answer| String::from_utf8(answer.body).expect("text"));
        assert_eq!(body("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello").as_deref(), Ok("he"));
        assert_eq!(body("HTTP/1.0 200\r\n\r\nhello").as_deref(), Ok("hello"));
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n";
        assert_eq!(body(chunked).as_deref(), Ok("hello"));
        assert_eq!(body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No\r\n\r\n").as_deref(), Ok(""));
        let head = read("HTTP/1.1 200 OK\nContent-Length: 5\nA: b\nA: c\n\n", "HEAD").expect("an answer");
        assert_eq!((head.body.len(), head.header("a").as_deref()), (0, Some("b, c")));
    }

    #[test]
    fn what_is_no_answer_or_half_of_one_is_an_error() {
        let reason = |text: &str| read(text, "GET").expect_err("an error");
        assert!(reason("SSH-2.0-x\r\n").starts_with("the answer is not HTTP"));
        assert_eq!(reason(""), "no answer: the connection was closed");
        assert!(reason("HTTP/1.1 200 OK\r\nA: b").contains("has no end"));
        assert_eq!(reason("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), "the body ends behind 5 of 9 bytes");
        let twice =
            |other: &str| format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: {other}\r\n\r\nhello");
        assert_eq!(reason(&twice("6")), "the answer has several lengths: 5, 6");
        assert!(read(&twice("5"), "GET").is_ok());
        assert!(reason("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel").contains("inside of a part"));
        assert!(reason("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n").contains("no length"));
        assert!(reason(&format!("HTTP/1.1 200 OK\r\nA: {}", "b".repeat(70_000))).contains("64 KiB"));
        assert!(reason(&"HTTP/1.1 100 C\r\n\r\n".repeat(20)).contains("interim"));
    }

    #[test]
    fn a_body_without_end_is_cut() {
        let text = format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(MAX_BODY + 10));
        let answer = read(&text, "GET").expect("an answer");
        assert_eq!((answer.body.len(), answer.is_cut), (MAX_BODY, true));
    }
}
