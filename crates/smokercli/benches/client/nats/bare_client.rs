//! A client of NATS that asks with as little work as possible, and throws the answers away.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};

use smoker_tests::nats::frame::{self, Frame};

/// A connection with one subscription, where all answers arrive.
#[derive(Debug)]
pub(super) struct BareClient {
    stream: TcpStream,
    /// What has arrived and is not a whole frame yet.
    input: Vec<u8>,
}

impl BareClient {
    /// Connects and subscribes.
    pub(super) fn connect(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream, input: Vec::new() };
        let hello = "CONNECT {\"verbose\":false,\"pedantic\":false,\"headers\":true,\"no_responders\":true}\r\n\
                     SUB _INBOX.bare 1\r\nPING\r\n";
        client.stream.write_all(hello.as_bytes())?;
        let mut is_ready = false;
        while !is_ready {
            client.read(|frame| {
                is_ready |= frame == Frame::Pong;
                Ok(())
            })?;
        }
        Ok(client)
    }

    /// Sends a request to the subject of each number below `count`, has at most `at_once` of them under way, and waits for all answers, of one part
    /// each.
    pub(super) fn ask(
        &mut self,
        count: u32,
        at_once: u32,
        subject: impl Fn(u32) -> String,
        request: &[u8],
    ) -> io::Result<()> {
        let (mut sent, mut answered) = (0, 0);
        let mut output = Vec::new();
        while answered < count {
            while sent < count && sent - answered < at_once {
                let line = format!("PUB {} _INBOX.bare {}\r\n", subject(sent), request.len());
                for bytes in [line.as_bytes(), request, b"\r\n"] {
                    output.extend_from_slice(bytes);
                }
                sent += 1;
            }
            self.stream.write_all(&output)?;
            output.clear();
            self.read(|frame| match frame {
                Frame::Message { head, .. } if head.starts_with(b"NATS/1.0 503") => {
                    Err(io::Error::other("nobody answers at a subject"))
                }
                Frame::Message { .. } => {
                    answered += 1;
                    Ok(())
                }
                Frame::Ping => {
                    output.extend_from_slice(b"PONG\r\n");
                    Ok(())
                }
                Frame::Refusal(line) => Err(io::Error::other(line.to_owned())),
                Frame::Pong | Frame::Other => Ok(()),
            })?;
        }
        Ok(())
    }

    /// Waits for something, and shows each whole frame of it.
    fn read(&mut self, mut show: impl FnMut(Frame<'_>) -> io::Result<()>) -> io::Result<()> {
        let mut piece = [0; 16384];
        match self.stream.read(&mut piece)? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            length => self.input.extend_from_slice(&piece[..length]),
        }
        let mut taken = 0;
        while let Some((frame, length)) = frame::first(&self.input[taken..]) {
            show(frame)?;
            taken += length;
        }
        self.input.drain(..taken);
        Ok(())
    }
}
