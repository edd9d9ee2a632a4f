//! A small blocking HTTP/1.1 client. It sends exactly the bytes it is told to,
//! so that it can also misbehave, and it never waits longer than it says.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};
use serde_json::Value as Json;

/// How long an answer may take.
pub const ANSWER_LIMIT: Duration = Duration::from_secs(40);

/// Whether a daemon serves there.
#[must_use]
pub fn answers(address: SocketAddr) -> bool {
    Request::get("/").send(address, ANSWER_LIMIT).is_ok_and(|response| response.status == 200)
}

/// A request, built by its methods.
#[derive(Clone, Debug)]
pub struct Request {
    method: String,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Request {
    /// A request without a body. `Host` and what a body needs are added when it is sent.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        Self { method: method.to_owned(), path: path.to_owned(), headers: Vec::new(), body: None }
    }

    /// A GET.
    #[must_use]
    pub fn get(path: &str) -> Self {
        Self::new("GET", path)
    }

    /// A POST of JSON text, or of anything else said to be JSON.
    #[must_use]
    pub fn post(path: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", path).body(body)
    }

    /// Adds a header, which takes the place of one that would be added by itself.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body; its type is JSON unless a header says otherwise.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// The bytes on the wire, sent to a server known as `host`.
    #[must_use]
    pub fn to_bytes(&self, host: &str) -> Vec<u8> {
        let mut added = vec![("Host", host.to_owned())];
        match &self.body {
            Some(body) => {
                added.push(("Content-Type", "application/json".to_owned()));
                added.push(("Content-Length", body.len().to_string()));
            }
            None if self.method == "POST" => added.push(("Content-Length", "0".to_owned())),
            None => {}
        }
        added.retain(|(name, _)| !self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name)));
        let added = added.iter().map(|(name, value)| (*name, value.as_str()));
        let own = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));

        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.path).into_bytes();
        for (name, value) in added.chain(own) {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(self.body.as_deref().unwrap_or_default());
        bytes
    }

    /// Sends the request on a connection of its own and reads the answer.
    ///
    /// # Errors
    ///
    /// When nobody listens, the connection ends before the answer does, the
    /// answer is not HTTP, or it takes longer than `limit`.
    pub fn send(&self, to: SocketAddr, limit: Duration) -> io::Result<Response> {
        let mut connection = Connection::open(to, limit)?;
        ignore_early_end(connection.write(&self.to_bytes(&to.to_string())))?;
        connection.read(&self.method)
    }

    /// As [`Self::send`], from the loopback address 127.0.0.`client`.
    ///
    /// # Errors
    ///
    /// As [`Self::send`].
    pub fn send_as(&self, client: u8, to: SocketAddr, limit: Duration) -> io::Result<Response> {
        let mut connection = Connection::open_as(client, to, limit)?;
        ignore_early_end(connection.write(&self.to_bytes(&to.to_string())))?;
        connection.read(&self.method)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Names and values as they came.
    pub headers: Vec<(String, String)>,
    /// The body, empty for HEAD.
    pub body: Vec<u8>,
}

impl Response {
    /// The first header of that name, whatever its case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The media type with its parameters; empty when there is none.
    #[must_use]
    pub fn content_type(&self) -> &str {
        self.header("Content-Type").unwrap_or_default()
    }

    /// The body as text; bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON. Fails the test when it is none.
    #[must_use]
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {} {}", self.status, self.text()))
    }

    /// Fails the test unless this is a JSON error answer with the given
    /// status, and returns its message.
    #[track_caller]
    pub fn expect_error(&self, status: u16) -> String {
        assert_eq!(self.status, status, "answered: {}", self.text());
        assert_eq!(self.content_type(), "application/json", "an error is told in JSON too: {}", self.text());
        let message = self.json()["message"].as_str().map(str::to_owned);
        message.unwrap_or_else(|| panic!("no message in {}", self.text()))
    }
}

/// A connection that takes bytes as they are given.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    unread: Vec<u8>,
    end: Instant,
}

/// A server may answer and close before it has read all of a request: its answer is what counts.
fn ignore_early_end(sent: io::Result<()>) -> io::Result<()> {
    match sent {
        Err(error) if matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset) => Ok(()),
        other => other,
    }
}

impl Connection {
    /// Connects; everything on this connection has to be over within `limit`.
    ///
    /// # Errors
    ///
    /// When nobody listens there.
    pub fn open(to: SocketAddr, limit: Duration) -> io::Result<Self> {
        let stream = TcpStream::connect_timeout(&to, limit)?;
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limit))?;
        Ok(Self { stream, unread: Vec::new(), end: Instant::now() + limit })
    }

    /// As [`Self::open`], from the loopback address 127.0.0.`client`: for the daemon that is a client of its own.
    ///
    /// # Errors
    ///
    /// When nobody listens there.
    pub fn open_as(client: u8, to: SocketAddr, limit: Duration) -> io::Result<Self> {
        let SocketAddr::V4(to) = to else { return Err(io::Error::other("not an IPv4 address")) };
        let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
        bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, client, 0))?;
        connect(socket.as_raw_fd(), &SockaddrIn::from(to))?;
        let stream = TcpStream::from(socket);
        stream.set_nodelay(true)?;
        stream.set_write_timeout(Some(limit))?;
        Ok(Self { stream, unread: Vec::new(), end: Instant::now() + limit })
    }

    /// Sends bytes.
    ///
    /// # Errors
    ///
    /// When the other side has closed the connection or reads nothing.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Reads one answer to a request with this method.
    ///
    /// # Errors
    ///
    /// When the connection ends before the answer does, when the answer is not
    /// HTTP, or when the time is over.
    pub fn read(&mut self, method: &str) -> io::Result<Response> {
        let mut response = self.read_head()?;
        let status = response.status;
        if method != "HEAD" && status != 204 && status != 304 {
            response.body = self.read_body(&response)?;
        }
        Ok(response)
    }

    /// What the other side says until it ends the connection.
    pub fn read_to_end(&mut self) -> Vec<u8> {
        while self.fill().is_ok_and(|count| count > 0) {}
        std::mem::take(&mut self.unread)
    }

    /// Reads the head of an answer.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn read_head(&mut self) -> io::Result<Response> {
        loop {
            let head = self.read_past(b"\r\n\r\n")?;
            let (status, headers) = parse_head(&head)?;
            // Answers below 200 only announce the real one.
            if status >= 200 {
                return Ok(Response { status, headers, body: Vec::new() });
            }
        }
    }

    /// Reads the next chunk of an answer that comes in chunks; an empty one is the end.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn read_chunk(&mut self) -> io::Result<Vec<u8>> {
        let line = self.read_past(b"\r\n")?;
        let size = String::from_utf8_lossy(&line);
        let size = size.split(';').next().unwrap_or_default().trim();
        let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk without a size"))?;
        let chunk = self.read_exactly(size)?;
        self.read_past(b"\r\n")?;
        Ok(chunk)
    }

    /// Whether the other side ends the connection within `limit`; what it
    /// still says is dropped.
    pub fn ends_within(&mut self, limit: Duration) -> bool {
        self.end = Instant::now() + limit;
        loop {
            match self.fill() {
                Ok(0) => return true,
                Ok(_) => {}
                Err(error) => return !matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock),
            }
        }
    }

    fn read_body(&mut self, response: &Response) -> io::Result<Vec<u8>> {
        if response.header("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
            return self.read_chunks();
        }
        if let Some(length) = response.header("Content-Length") {
            let length = length.trim().parse().map_err(|_| broken("a Content-Length that is no number"))?;
            return self.read_exactly(length);
        }
        while self.fill()? > 0 {}
        Ok(std::mem::take(&mut self.unread))
    }

    fn read_chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let chunk = self.read_chunk()?;
            if chunk.is_empty() {
                return Ok(body);
            }
            body.extend(chunk);
        }
    }

    fn read_exactly(&mut self, length: usize) -> io::Result<Vec<u8>> {
        while self.unread.len() < length {
            self.fill_some()?;
        }
        Ok(self.unread.drain(..length).collect())
    }

    /// Reads up to and including `mark`; returns what was before it.
    fn read_past(&mut self, mark: &[u8]) -> io::Result<Vec<u8>> {
        loop {
            if let Some(at) = self.unread.windows(mark.len()).position(|window| window == mark) {
                let found = self.unread.drain(..at + mark.len()).take(at).collect();
                return Ok(found);
            }
            self.fill_some()?;
        }
    }

    fn fill_some(&mut self) -> io::Result<()> {
        match self.fill()? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    fn fill(&mut self) -> io::Result<usize> {
        let mut buffer = [0; 8 * 1024];
        loop {
            let left = self.end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(&mut buffer) {
                // A read with a limit is not taken up again by itself when the machine was stopped for a moment (signal(7)).
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
                Ok(count) => {
                    self.unread.extend_from_slice(&buffer[..count]);
                    return Ok(count);
                }
            }
        }
    }
}

type Head = (u16, Vec<(String, String)>);

fn parse_head(head: &[u8]) -> io::Result<Head> {
    let text = String::from_utf8_lossy(head);
    let mut lines = text.split("\r\n");
    let status = lines
        .next()
        .filter(|line| line.starts_with("HTTP/1."))
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .ok_or_else(|| broken("no HTTP status line"))?;
    let header = |line: &str| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
    Ok((status, lines.filter_map(header).collect()))
}

fn broken(what: &str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, what.to_owned())
}
