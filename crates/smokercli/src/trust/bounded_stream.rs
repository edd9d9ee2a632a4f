//! A connection that ends at a time, however slowly the other side sends.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// The connection. After its end each read and write fails.
#[derive(Debug)]
pub(super) struct BoundedStream {
    stream: TcpStream,
    end: Instant,
}

impl BoundedStream {
    /// This connection until this time.
    ///
    /// # Errors
    ///
    /// Those of the system.
    pub(super) fn until(stream: TcpStream, end: Instant) -> io::Result<Self> {
        stream.set_nonblocking(false)?;
        Ok(Self { stream, end })
    }

    /// The time that is left, which a socket does not take as zero.
    fn rest(&self) -> io::Result<Duration> {
        let rest = self.end.saturating_duration_since(Instant::now());
        if rest.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(rest) }
    }
}

impl Read for BoundedStream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.rest()?))?;
        self.stream.read(buffer)
    }
}

impl Write for BoundedStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.rest()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread::{sleep, spawn};

    use super::*;

    #[test]
    fn one_that_sends_a_byte_now_and_then_is_not_read_for_longer() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut slow = TcpStream::connect(listener.local_addr().expect("bound")).expect("a connection");
        let sending = spawn(move || {
            while slow.write_all(b"x").is_ok() {
                sleep(Duration::from_millis(50));
            }
        });
        let begun = Instant::now();
        let (stream, _) = listener.accept().expect("a connection");
        let mut stream = BoundedStream::until(stream, begun + Duration::from_millis(300)).expect("usable");
        let error = io::read_to_string(&mut stream).expect_err("it ends");
        assert!(matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        drop(stream);
        sending.join().expect("no panic");
    }
}
