//! `syslog(3)`, for systems whose log has no socket that one could know. It
//! cannot report failures. (It gives INFO the severity `notice`, which suits
//! macOS, whose log forgets what is less.)

use std::ffi::CString;
use std::io::{self, Write};

use syslog_tracing::{Facility, Options, Syslog};
use tracing_subscriber::fmt::MakeWriter;

use crate::output::sink::Sink;
use crate::records::record::Record;

/// Writes to the system's log.
pub(crate) struct SystemSink(Option<Syslog>);

impl SystemSink {
    /// Lines are marked with the program's name and process id.
    pub(crate) fn new(program: &str) -> Self {
        let identity = CString::new(program).unwrap_or_default();
        Self(Syslog::new(identity, Options::LOG_PID, Facility::User))
    }
}

impl Sink for SystemSink {
    fn destination(&self) -> String {
        "the system log".to_owned()
    }

    fn write(&mut self, text: &str, record: &Record) -> io::Result<()> {
        let Some(syslog) = &self.0 else { return Err(io::Error::other("it is already in use")) };
        let mut writer = match record.metadata {
            Some(metadata) => syslog.make_writer_for(metadata),
            None => syslog.make_writer(),
        };
        writer.write_all(text.as_bytes())?;
        writer.flush()
    }
}
