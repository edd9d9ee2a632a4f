//! Lines as Python's `SysLogHandler` sends them: the priority in angle
//! brackets, the text, a NUL.

use std::io;
use std::path::Path;

use nix::errno::Errno;

use crate::output::sink::Sink;
use crate::output::syslog::connection::Connection;
use crate::plan::syslog_address::{self, Address};
use crate::plan::syslog_priority;
use crate::records::record::Record;

/// A line is not cut any shorter than this to make it fit into a datagram.
const SHORTEST_CUT: usize = 256;

/// Writes to a syslog.
#[derive(Debug)]
pub(crate) struct SyslogSink {
    address: Address,
    facility: u8,
    connection: Option<Connection>,
}

impl SyslogSink {
    pub(crate) fn new(address: Address, facility: u8) -> Self {
        Self { address, facility, connection: None }
    }

    fn send(&mut self, message: &[u8]) -> io::Result<()> {
        self.connection.take_if(|connection| connection.is_stale());
        if let Some(connection) = &mut self.connection {
            match connection.send(message) {
                Err(error) if !is_too_long(&error) && error.kind() != io::ErrorKind::TimedOut => {}
                sent => return sent,
            }
        }
        // The syslog may have been restarted since the last line.
        self.connection = None;
        let mut connection = Connection::open(&self.address)?;
        let sent = connection.send(message);
        self.connection = Some(connection);
        sent
    }
}

impl Sink for SyslogSink {
    fn destination(&self) -> String {
        self.address.to_string()
    }

    fn open(&mut self) -> io::Result<()> {
        self.connection = match &self.address {
            // A name may take long to look up, which is for our own thread to wait for.
            Address::Network(..) => None,
            Address::Unix(..) => Some(Connection::open(&self.address)?),
        };
        Ok(())
    }

    fn write(&mut self, text: &str, record: &Record) -> io::Result<()> {
        let priority = (self.facility << 3) | syslog_priority::severity(record.level);
        let mut text = text;
        loop {
            match self.send(format!("<{priority}>{text}\0").as_bytes()) {
                Err(error) if is_too_long(&error) && text.len() > SHORTEST_CUT => {
                    text = first_half(text);
                }
                sent => return sent,
            }
        }
    }

    fn absence(&self, error: &io::Error) -> Option<&'static str> {
        let is_systems = matches!(&self.address, Address::Unix(path, _) if path == Path::new(syslog_address::SYSTEM));
        (is_systems && error.kind() == io::ErrorKind::NotFound).then_some(
            "there is no /dev/log, so no syslog runs here: start one, or start smokerd with --no-syslog; what is logged \
             meanwhile is sent when it comes",
        )
    }

    fn reopen(&mut self) -> io::Result<()> {
        self.connection = None;
        Ok(())
    }
}

fn first_half(text: &str) -> &str {
    &text[..text.floor_char_boundary(text.len() / 2)]
}

/// Whether no datagram can be as long as that.
fn is_too_long(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::EMSGSIZE as i32)
}
