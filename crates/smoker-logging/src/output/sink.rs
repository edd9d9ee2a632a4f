//! What a handler writes to.

use std::io;

use crate::records::record::Record;

/// The destination of the lines of one handler. Every call may block:
/// only the handler's own thread waits.
pub(crate) trait Sink: Send {
    /// Its name in messages.
    fn destination(&self) -> String;

    /// Gets ready to write, at the start, before the daemon gives up its privileges.
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes one record, whose text is `text`. After a failure the same record is
    /// tried again.
    fn write(&mut self, text: &str, record: &Record) -> io::Result<()>;

    /// Reopens a file that another program may have moved away, or a socket.
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// A failure that did not keep the line from being written.
    fn take_complaint(&mut self) -> Option<String> {
        None
    }

    /// What an operator should know and do when nothing on this machine offers the destination; none for any other failure.
    fn absence(&self, _error: &io::Error) -> Option<&'static str> {
        None
    }

    /// Whether no later try can succeed.
    fn cannot_recover(&self, _error: &io::Error) -> bool {
        false
    }
}
