//! Commands over one connection: `OP_MSG` of the `MongoDB` wire protocol
//! (<https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>).

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use serde_json::{Map, Value as Json, json};

use crate::checks::shipped::mongo::bson;

const OP_MSG: i32 = 2013;
/// Length, request, the request answered, operation.
const HEADER: usize = 16;
/// More than any answer has, in bytes: a document has at most 16 MiB.
const MAX_ANSWER: usize = (16 << 20) + (64 << 10);

/// A connection to a server.
pub(crate) struct MongoConnection {
    stream: TcpStream,
    requests: i32,
}

impl MongoConnection {
    /// Connects; each step takes at most `step_timeout`.
    pub(crate) fn open(host: &str, port: u16, step_timeout: Duration) -> io::Result<Self> {
        let mut last = io::Error::other("the name has no address");
        for address in (host, port).to_socket_addrs()? {
            match TcpStream::connect_timeout(&address, step_timeout) {
                Ok(stream) => {
                    stream.set_read_timeout(Some(step_timeout))?;
                    stream.set_write_timeout(Some(step_timeout))?;
                    return Ok(Self { stream, requests: 0 });
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends `{COMMAND: 1}` to the database `admin` and returns the answer.
    pub(crate) fn ask(&mut self, command: &str) -> io::Result<Map<String, Json>> {
        self.command("admin", json!({command: 1}))
    }

    /// Sends a command to a database and returns the answer.
    pub(crate) fn command(&mut self, database: &str, mut command: Json) -> io::Result<Map<String, Json>> {
        self.requests += 1;
        command["$db"] = Json::from(database);
        let document = bson::write(&command);
        let length = HEADER + 4 + 1 + document.len();
        let length = i32::try_from(length).map_err(|_| io::Error::other("the command is too long"))?;
        let mut message = Vec::new();
        for number in [length, self.requests, 0, OP_MSG, 0] {
            message.extend_from_slice(&number.to_le_bytes());
        }
        message.push(0);
        message.extend_from_slice(&document);
        self.stream.write_all(&message)?;
        self.answer()
    }

    fn answer(&mut self) -> io::Result<Map<String, Json>> {
        let mut header = [0; HEADER];
        self.stream.read_exact(&mut header).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => {
                io::Error::other("the server closed the connection without an answer; does it take TLS only?")
            }
            _ => error,
        })?;
        let field = |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let length = usize::try_from(field(0)).ok().filter(|length| (HEADER + 5..=MAX_ANSWER).contains(length));
        let (Some(length), OP_MSG) = (length, field(12)) else {
            return Err(io::Error::other("the answer is none of the MongoDB wire protocol"));
        };
        let mut body = vec![0; length - HEADER];
        self.stream.read_exact(&mut body)?;
        // Flags of four bytes, then the section of kind 0 with the document.
        let document = body.get(5..).filter(|_| body[4] == 0).and_then(bson::read);
        document.ok_or_else(|| io::Error::other("the answer holds no document that can be read"))
    }
}
