//! Standard output and standard error.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::descriptor::LineWriter;
use crate::journal;
use crate::level::Level;
use crate::record::Record;
use crate::sink::Sink;

/// One of the standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    /// The stream by its number, which SIGHUP may lead elsewhere. Not the
    /// library's lock: whoever prints would wait for whoever reads.
    fn with<T>(self, work: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
        match self {
            Self::Stdout => work(io::stdout().as_fd()),
            Self::Stderr => work(io::stderr().as_fd()),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Stdout => "standard output",
            Self::Stderr => "standard error",
        }
    }

    /// Whether its lines get the prefix that carries their level to the journal.
    pub(crate) fn is_journal(self) -> bool {
        self.with(|stream| journal::is_behind(stream))
    }
}

/// Writes lines to the standard streams.
#[derive(Debug)]
pub(crate) struct StreamSink {
    /// Takes what is below ERROR, and the other one the rest.
    low: (Stream, LineWriter),
    high: (Stream, LineWriter),
}

impl StreamSink {
    /// All lines to one stream.
    pub(crate) fn of(stream: Stream) -> Self {
        Self { low: (stream, LineWriter::default()), high: (stream, LineWriter::default()) }
    }

    /// Errors to standard error, all else to standard output.
    pub(crate) fn console() -> Self {
        Self { low: (Stream::Stdout, LineWriter::default()), ..Self::of(Stream::Stderr) }
    }
}

impl Sink for StreamSink {
    fn place(&self) -> String {
        if self.low.0 == self.high.0 { self.low.0.name() } else { "the console" }.to_owned()
    }

    fn write(&mut self, text: &str, record: &Record) -> io::Result<()> {
        let (stream, lines) = if record.level >= Level::ERROR { &mut self.high } else { &mut self.low };
        // A background daemon leaves the stream that it was started with.
        let prefix = if stream.is_journal() { journal::prefix(record.level) } else { String::new() };
        stream.with(|stream| lines.write(stream, &(prefix + text)))
    }

    fn is_lost(&self, error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::BrokenPipe
    }
}
