//! What a handler writes to.

use std::io;

use crate::records::record::Record;

/// The place that the lines of one handler go to. All of it may take its time:
/// only the handler's own thread waits.
pub(crate) trait Sink: Send {
    /// What complaints call it.
    fn destination(&self) -> String;

    /// Gets ready to write, at the start, before the daemon gives up its privileges.
    fn open(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Writes one record, whose text is `text`. After a failure the same record is
    /// tried again.
    fn write(&mut self, text: &str, record: &Record) -> io::Result<()>;

    /// Opens anew what somebody may have moved away.
    fn reopen(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// What went wrong lately although everything was written.
    fn take_complaint(&mut self) -> Option<String> {
        None
    }

    /// Whether no later try can succeed.
    fn cannot_recover(&self, _error: &io::Error) -> bool {
        false
    }
}
