//! HTTP over one kept connection, with as little work as possible of its own.

use std::fmt::Display;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// No answer takes so long; without a limit a broken server would end no measure.
const DEADLINE: Duration = Duration::from_secs(30);

/// A connection that is kept open.
#[derive(Debug)]
pub(crate) struct Client<S = TcpStream> {
    stream: S,
    host: String,
    /// Holds one answer at a time and keeps its size.
    buffer: Vec<u8>,
}

/// An answer, as it lies in the client's buffer.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    /// The status code.
    pub(crate) status: u16,
    /// The body.
    pub(crate) body: &'a [u8],
    head: &'a str,
}

impl Answer<'_> {
    /// The value of a header, by its name in any case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

impl Client {
    /// Connects.
    pub(crate) fn connect(to: SocketAddr) -> io::Result<Self> {
        Ok(Self::over(Self::stream(to)?, to))
    }

    /// A connection as all of them are.
    pub(crate) fn stream(to: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        Ok(stream)
    }
}

impl<S: Read + Write> Client<S> {
    /// A client over a connection to this host.
    pub(crate) fn over(stream: S, host: impl Display) -> Self {
        Self { stream, host: host.to_string(), buffer: vec![0; 64 * 1024] }
    }

    /// The bytes of a GET, to be sent again and again.
    pub(crate) fn get_request(&self, path: &str) -> Vec<u8> {
        format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.host).into_bytes()
    }

    /// A GET.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<Answer<'_>> {
        let request = self.get_request(path);
        self.exchange(&request)
    }

    /// A POST of JSON text.
    pub(crate) fn post(&mut self, path: &str, body: &str) -> io::Result<Answer<'_>> {
        let head = format!("POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n", self.host);
        let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        self.exchange(request.as_bytes())
    }

    /// Sends a request and reads its answer.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let body_at = loop {
            filled += self.read_more(filled)?;
            if let Some(at) = self.buffer[..filled].windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                break at + 4;
            }
        };
        let length = content_length(&self.buffer[..body_at])?;
        let end = body_at + length;
        if self.buffer.len() < end {
            self.buffer.resize(end, 0);
        }
        while filled < end {
            filled += self.read_more(filled)?;
        }
        let (head, rest) = self.buffer.split_at(body_at);
        let head = str::from_utf8(head).map_err(|_| broken("a head that is not text"))?;
        let status = head.get(9..12).and_then(|digits| digits.parse().ok()).ok_or_else(|| broken("no status"))?;
        Ok(Answer { status, body: &rest[..length], head })
    }

    fn read_more(&mut self, filled: usize) -> io::Result<usize> {
        if filled == self.buffer.len() {
            self.buffer.resize(2 * filled, 0);
        }
        match self.stream.read(&mut self.buffer[filled..])? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}

fn content_length(head: &[u8]) -> io::Result<usize> {
    let head = str::from_utf8(head).map_err(|_| broken("a head that is not text"))?;
    let length = header(head, "content-length").and_then(|length| length.parse().ok());
    length.ok_or_else(|| broken("an answer without Content-Length"))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let fields = head.split("\r\n").filter_map(|line| line.split_once(':'));
    fields.map(|(own, value)| (own, value.trim())).find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|found| found.1)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what)
}
