//! A connection for several requests of HTTP/1.1, one after another.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

use rustls::{ClientConnection, StreamOwned};

use crate::checks::network::connection::{self, TimedStream, reason};
use crate::checks::network::http::answer::{self, Answer};
use crate::checks::network::http::client;
use crate::checks::network::http::url::Url;
use crate::checks::network::secure::Trust;

/// A connection to the host of an address.
pub(crate) struct KeptConnection {
    stream: BufReader<Stream>,
    /// Whether the answer before leaves it open.
    stays_open: bool,
}

/// Why a request has no answer.
#[derive(Debug)]
pub(crate) struct Unanswered {
    pub(crate) reason: String,
    /// Whether the peer has closed the connection before anything of an answer came: it closes one that is idle at any moment.
    pub(crate) was_closed: bool,
}

enum Stream {
    Plain(TimedStream<TcpStream>),
    Secure(Box<StreamOwned<ClientConnection, TimedStream<TcpStream>>>),
}

impl KeptConnection {
    /// Connects until a moment, with TLS where there is somebody to trust.
    pub(crate) fn open(url: &Url, trust: Option<&Trust>, end: Instant) -> Result<Self, String> {
        let (stream, _) = connection::connect(&url.host, url.port, end)?;
        let stream = match trust {
            None => Stream::Plain(stream),
            Some(trust) => {
                let secured = trust.handshake(stream, &url.host)?;
                if let Some(reason) = secured.distrust {
                    // Nothing is sent to a peer that may be another one.
                    return Err(format!("its certificate is not trusted: {reason}"));
                }
                Stream::Secure(Box::new(secured.stream))
            }
        };
        Ok(Self { stream: BufReader::new(stream), stays_open: true })
    }

    /// Whether another request may be sent: the peer has neither closed the connection nor said anything unasked.
    pub(crate) fn is_usable(&mut self) -> bool {
        self.stays_open && self.stream.buffer().is_empty() && self.stream.get_mut().is_quiet()
    }

    /// Posts a body with these headers until a moment, and reads the answer.
    pub(crate) fn post(
        &mut self,
        url: &Url,
        headers: &[(String, String)],
        body: &[u8],
        end: Instant,
    ) -> Result<Answer, Unanswered> {
        self.stays_open = false;
        self.stream.get_mut().set_end(end);
        let message = [head(url, headers, body.len()).as_bytes(), body].concat();
        let sent = self.stream.get_mut().write_all(&message).and_then(|()| self.stream.get_mut().flush());
        // A server may refuse a request before it has all of it, and close the connection then: its answer counts.
        let begun = self.stream.fill_buf().map(|bytes| !bytes.is_empty());
        match (&sent, begun) {
            (_, Ok(true)) => {}
            (Ok(()), Ok(false)) => {
                return Err(Unanswered { reason: "no answer: the connection was closed".to_owned(), was_closed: true });
            }
            (Ok(()), Err(error)) => {
                return Err(Unanswered {
                    reason: format!("no answer: {}", reason(&error)),
                    was_closed: is_end(&error),
                });
            }
            (Err(error), _) => {
                let reason = format!("the request cannot be sent: {}", reason(error));
                return Err(Unanswered { reason, was_closed: is_end(error) });
            }
        }
        let answer = self.read_answer().map_err(|reason| Unanswered { reason, was_closed: false })?;
        self.stays_open = sent.is_ok() && stays_open(&answer) && self.has_read_trailer(&answer);
        Ok(answer)
    }

    fn read_answer(&mut self) -> Result<Answer, String> {
        let mut answer = answer::read_head(&mut self.stream)?;
        answer::read_body(&mut self.stream, &mut answer, "POST")?;
        Ok(answer)
    }

    /// Reads what comes behind the last part of a body. What is not there yet is not waited for.
    fn has_read_trailer(&mut self, answer: &Answer) -> bool {
        if !answer.is_chunked() || matches!(answer.status, 204 | 304) {
            return true;
        }
        let is_empty = self.stream.buffer() == b"\r\n";
        self.stream.consume(if is_empty { 2 } else { 0 });
        is_empty
    }
}

impl Stream {
    fn tcp(&mut self) -> &mut TimedStream<TcpStream> {
        match self {
            Self::Plain(stream) => stream,
            Self::Secure(stream) => &mut stream.sock,
        }
    }

    fn set_end(&mut self, end: Instant) {
        self.tcp().end_at(end);
    }

    fn is_quiet(&mut self) -> bool {
        let is_read = match self {
            Self::Plain(_) => true,
            Self::Secure(stream) => {
                let left = stream.conn.reader().read(&mut [0]);
                left.is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
            }
        };
        is_read && self.tcp().is_quiet()
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buffer),
            Self::Secure(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}

fn head(url: &Url, headers: &[(String, String)], length: usize) -> String {
    let mut text = format!("POST {} HTTP/1.1\r\n", url.path);
    let has = |name: &str| headers.iter().any(|(its, _)| its.eq_ignore_ascii_case(name));
    for (name, value) in [("Host", url.authority()), ("User-Agent", client::agent()), ("Accept", "*/*".to_owned())] {
        if !has(name) {
            let _ = write!(text, "{name}: {value}\r\n");
        }
    }
    for (name, value) in headers {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    let _ = write!(text, "Content-Length: {length}\r\n\r\n");
    text
}

/// Whether the peer leaves the connection open behind this answer.
fn stays_open(answer: &Answer) -> bool {
    let connection = answer.header("connection").unwrap_or_default().to_ascii_lowercase();
    let says = |word: &str| connection.split(',').any(|own| own.trim() == word);
    let is_open = !says("close") && (answer.is_persistent || says("keep-alive"));
    is_open && answer.has_end() && !answer.is_cut && answer.status != 101
}

/// Whether the peer has ended the connection.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;
    use std::time::Duration;

    use super::*;

    /// The statuses, and whether the connection can be used behind each, when a server answers with these texts, one for each request.
    /// It closes the connection behind the last one.
    fn exchange(answers: Vec<String>) -> Vec<Result<(u16, bool), bool>> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = Url::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("an address");
        let requests = answers.len();
        let (finish, finished) = mpsc::channel::<()>();
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            for answer in answers {
                let mut request = vec![0; 4096];
                let mut length = 0;
                while !request[..length].ends_with(b"body") {
                    length += stream.read(&mut request[length..]).expect("a request");
                }
                stream.write_all(answer.as_bytes()).expect("open");
            }
            // Until the client has looked at the connection.
            let _ = finished.recv();
        });
        let end = Instant::now() + Duration::from_secs(60);
        let mut connection = KeptConnection::open(&url, None, end).expect("a server");
        let mut found = Vec::new();
        for _ in 0..requests {
            let answer = connection.post(&url, &[], b"body", end).map_err(|error| error.was_closed);
            found.push(answer.map(|answer| (answer.status, connection.is_usable())));
        }
        drop(finish);
        server.join().expect("no panic");
        found
    }

    #[test]
    fn a_connection_is_kept_behind_answers_that_have_an_end() {
        let of = |head: &str, body: &str| format!("HTTP/1.1 {head}\r\n\r\n{body}");
        for (answer, status, is_kept) in [
            (of("200 OK\r\nContent-Length: 2", "{}"), 200, true),
            (of("200 OK\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\n\r\n"), 200, true),
            (of("204 No\r\nX: y", ""), 204, true),
            (of("503 No\r\nContent-Length: 0", ""), 503, true),
            (of("200 OK\r\nContent-Length: 2\r\nConnection: Close", "{}"), 200, false),
            (of("200 OK\r\nContent-Length: 2", "{}more"), 200, false),
            (of("200 OK\r\nTransfer-Encoding: chunked", "2\r\n{}\r\n0\r\nTrailer: x\r\n\r\n"), 200, false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 200, false),
            ("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 200, true),
        ] {
            assert_eq!(exchange(vec![answer.clone()]), [Ok((status, is_kept))], "{answer}");
        }
        let again = of("200 OK\r\nContent-Length: 2", "{}");
        assert_eq!(exchange(vec![again.clone(), again.clone(), again]), [Ok((200, true)); 3]);
    }

    #[test]
    fn a_request_on_a_connection_that_was_closed_has_no_answer_and_says_why() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = Url::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("an address");
        let end = Instant::now() + Duration::from_secs(60);
        let mut connection = KeptConnection::open(&url, None, end).expect("a server");
        drop(listener.accept().expect("a client"));
        assert!(connection.post(&url, &[], b"body", end).expect_err("it is closed").was_closed);
        assert!(!connection.is_usable());

        let mut connection = KeptConnection::open(&url, None, end).expect("a server");
        let _hangs = listener.accept().expect("a client");
        let short = Instant::now() + Duration::from_millis(50);
        let error = connection.post(&url, &[], b"body", short).expect_err("no answer");
        assert_eq!((error.reason.as_str(), error.was_closed), ("no answer: no answer in time", false));
    }

    /// It has read a part of the request only, so that the rest is refused by the system.
    #[test]
    fn an_answer_that_comes_before_the_request_is_over_counts() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = Url::parse(&format!("http://{}", listener.local_addr().expect("bound"))).expect("an address");
        let server = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let _ = stream.read(&mut [0; 100]);
            let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
        });
        let end = Instant::now() + Duration::from_secs(60);
        let mut connection = KeptConnection::open(&url, None, end).expect("a server");
        let answer = connection.post(&url, &[], &vec![b'x'; 32 << 20], end);
        server.join().expect("no panic");
        assert_eq!(answer.map(|answer| answer.status).map_err(|error| error.reason), Ok(413));
        assert!(!connection.is_usable());
    }
}
