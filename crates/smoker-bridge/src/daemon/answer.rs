//! An answer of the daemon, as it comes. On a connection that other requests share, its end is known by the length that it says; else it is the end of
//! the connection.

use std::io;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

/// The bytes that most answers have at most: with room for them, they are read at once, not in pieces that double.
const USUAL_ANSWER: usize = 16 * 1024;
/// The bytes of a head at most; those of daemons are far smaller.
const MAX_HEAD: usize = 64 * 1024;
/// What the answer to a request has that asks for the end of its connection.
const CLOSE: &[u8] = b"Connection: close\r\n";

/// An answer of which not all has been read.
#[derive(Debug)]
pub(crate) struct Answer {
    stream: UnixStream,
    /// What has come and was not given away.
    come: BytesMut,
    /// How many bytes have not come yet; `None` for all up to the end of the connection.
    left: Option<usize>,
    /// Whether another request may follow on the connection when all has come.
    may_follow: bool,
}

impl Answer {
    /// The answer to a request that has a connection to itself.
    ///
    /// # Errors
    ///
    /// When the request cannot be sent.
    pub(super) async fn alone(mut stream: UnixStream, request: &[u8]) -> io::Result<Self> {
        stream.write_all(request).await?;
        Ok(Self { stream, come: BytesMut::with_capacity(USUAL_ANSWER), left: None, may_follow: false })
    }

    /// The answer to a request that does not end its connection, with the head that it would have if it did.
    ///
    /// # Errors
    ///
    /// When the request cannot be sent, or the connection ends before a head has come.
    pub(super) async fn shared(stream: UnixStream, request: &[u8]) -> io::Result<Self> {
        let mut answer = Self::alone(stream, request).await?;
        let end = answer.read_head().await?;
        match rest_of(&answer.come[..end]) {
            Some(rest) => {
                answer.may_follow = true;
                answer.left = Some(rest);
                answer.has_come(answer.come.len() - end);
                add_close(&mut answer.come, end);
            }
            // Its end is that of the connection, which the daemon closes behind an answer when it sees that no request follows.
            None => answer.stream.shutdown().await?,
        }
        Ok(answer)
    }

    /// The next bytes: as many as this, or fewer at the end.
    ///
    /// # Errors
    ///
    /// When the connection fails.
    pub(crate) async fn piece(&mut self, size: usize) -> io::Result<Bytes> {
        while self.come.len() < size && self.left != Some(0) {
            self.come.reserve(USUAL_ANSWER.min(size));
            let read = self.stream.read_buf(&mut self.come).await?;
            if read == 0 {
                // Whether something is missing is seen by the length that the answer says.
                self.may_follow = false;
                self.left = Some(0);
            }
            self.has_come(read);
        }
        let length = size.min(self.come.len());
        Ok(self.come.split_to(length).freeze())
    }

    /// The connection, where the answer was read to its end and another request may follow.
    pub(super) fn into_shared(self) -> Option<UnixStream> {
        (self.may_follow && self.left == Some(0) && self.come.is_empty()).then_some(self.stream)
    }

    /// Counts bytes of the answer. What comes behind its end belongs to nobody, and whatever follows could not be trusted.
    fn has_come(&mut self, read: usize) {
        let Some(left) = self.left else { return };
        if let Some(too_many) = read.checked_sub(left).filter(|too_many| *too_many > 0) {
            self.come.truncate(self.come.len() - too_many);
            self.may_follow = false;
        }
        self.left = Some(left.saturating_sub(read));
    }

    /// Reads until the head is there, and gives its length.
    async fn read_head(&mut self) -> io::Result<usize> {
        loop {
            if let Some(at) = self.come.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
                return Ok(at + 4);
            }
            if self.come.len() > MAX_HEAD {
                return Err(io::Error::other("the head of its answer has no end"));
            }
            self.come.reserve(USUAL_ANSWER);
            if self.stream.read_buf(&mut self.come).await? == 0 {
                return Err(io::Error::other("it has closed the connection"));
            }
        }
    }
}

/// How many bytes follow this head before another answer can; `None` where they end with the connection.
fn rest_of(head: &[u8]) -> Option<usize> {
    let mut lines = std::str::from_utf8(head).ok()?.split("\r\n");
    let status: u16 = lines.next()?.get(9..12)?.parse().ok()?;
    if status < 200 || matches!(status, 204 | 304) {
        return None;
    }
    let mut length = None;
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("connection") || is("transfer-encoding") || is("content-length") && length.is_some() {
            return None;
        }
        if is("content-length") {
            length = Some(value.trim().parse().ok()?);
        }
    }
    length
}

/// Adds the line that the daemon would have written at the end of the connection, where it would have been: before the date, which is the last one.
fn add_close(answer: &mut BytesMut, head: usize) {
    let last = answer[..head - 4].windows(2).rposition(|bytes| bytes == b"\r\n").map_or(head - 2, |at| at + 2);
    let at = if answer[last..].starts_with(b"Date: ") { last } else { head - 2 };
    let rest = answer.split_off(at);
    answer.reserve(CLOSE.len() + rest.len());
    answer.extend_from_slice(CLOSE);
    answer.extend_from_slice(&rest);
}

#[cfg(test)]
mod tests {
    use tokio::net::UnixListener;

    use super::*;

    const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nDate: x\r\n\r\n";

    #[test]
    fn the_length_is_that_of_the_head() {
        for (head, expected) in [
            (HEAD, Some(5)),
            ("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n", Some(0)),
            ("HTTP/1.1 200 OK\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n", None),
            ("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", None),
            ("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n", None),
            ("hello\r\n\r\n", None),
        ] {
            assert_eq!(rest_of(head.as_bytes()), expected, "{head:?}");
        }
    }

    #[test]
    fn a_head_says_what_it_would_say_of_a_connection_that_ends() {
        for (head, expected) in [
            (HEAD, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nDate: x\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\r\nA: b\r\nConnection: close\r\n\r\n"),
            ("HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"),
        ] {
            let mut answer = BytesMut::from(format!("{head}hello").as_str());
            add_close(&mut answer, head.len());
            assert_eq!(std::str::from_utf8(&answer), Ok(format!("{expected}hello").as_str()));
        }
    }

    /// What the daemon writes in these pieces, joined from parts of this size, and whether the connection may be used again.
    async fn read(pieces: &'static [&'static str], size: usize) -> (String, bool) {
        read_from(pieces, size, false).await
    }

    /// The same from a daemon that then closes the connection.
    async fn read_until_end(pieces: &'static [&'static str]) -> (String, bool) {
        read_from(pieces, 4096, true).await
    }

    async fn read_from(pieces: &'static [&'static str], size: usize, ends: bool) -> (String, bool) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("socket");
        let listener = UnixListener::bind(&path).expect("a socket");
        let daemon = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            stream.read_exact(&mut [0; 4]).await.expect("a request");
            for piece in pieces {
                stream.write_all(piece.as_bytes()).await.expect("it is read");
                tokio::task::yield_now().await;
            }
            if !ends {
                // It is kept until the other side ends it.
                let _ = stream.read(&mut [0]).await;
            }
        });
        let stream = UnixStream::connect(&path).await.expect("a connection");
        let mut answer = Answer::shared(stream, b"GET\n").await.expect("an answer");
        let mut text = String::new();
        loop {
            let piece = answer.piece(size).await.expect("bytes");
            text.push_str(std::str::from_utf8(&piece).expect("text"));
            if piece.len() < size {
                break;
            }
        }
        let is_shared = answer.into_shared().is_some();
        daemon.await.expect("it ends");
        (text, is_shared)
    }

    #[tokio::test]
    async fn an_answer_ends_where_it_says() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\nDate: x\r\n\r\nhello";
        for size in [1, 7, whole.len(), 4096] {
            assert_eq!(read(&[HEAD, "hel", "lo"], size).await, (whole.to_owned(), true), "{size}");
            assert_eq!(
                read(&["HTTP/1.1 200 OK\r\nContent-", "Length: 5\r\nDate: x\r\n\r\nhello"], size).await.0,
                whole
            );
        }
    }

    #[tokio::test]
    async fn an_answer_without_a_length_ends_with_its_connection() {
        let (text, is_shared) = read(&["HTTP/1.1 200 OK\r\n\r\n", "hel", "lo"], 4096).await;
        assert_eq!((text.as_str(), is_shared), ("HTTP/1.1 200 OK\r\n\r\nhello", false));
    }

    #[tokio::test]
    async fn what_comes_behind_an_answer_is_dropped_with_its_connection() {
        let whole = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
        let apart: &[&str] = &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "helloHTTP/1.1 200 OK\r\n"];
        let at_once: &[&str] = &["HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, more"];
        for pieces in [apart, at_once] {
            assert_eq!(read(pieces, 4096).await, (whole.to_owned(), false), "{pieces:?}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_is_cut_is_short() {
        let (text, is_shared) = read_until_end(&[HEAD, "hel"]).await;
        assert!(!is_shared && text.ends_with("hel"), "{text}");
    }
}
