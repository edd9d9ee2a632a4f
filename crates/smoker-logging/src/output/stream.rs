//! Standard output and standard error.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use crate::output::descriptor::LineWriter;
use crate::output::journal;
use crate::output::sink::Sink;
use crate::plan::standard_stream::StandardStream;
use crate::records::level::Level;
use crate::records::record::Record;

/// Works with the stream by its number, which SIGHUP may lead elsewhere. Not with the
/// library's lock: a thread that prints would hold it while the reader of the stream is slow.
fn with_descriptor<T>(stream: StandardStream, work: impl FnOnce(BorrowedFd<'_>) -> T) -> T {
    match stream {
        StandardStream::Stdout => work(io::stdout().as_fd()),
        StandardStream::Stderr => work(io::stderr().as_fd()),
    }
}

/// Whether its lines get the prefix that carries their level to the journal.
pub(crate) fn is_journal(stream: StandardStream) -> bool {
    with_descriptor(stream, |descriptor| journal::is_behind(descriptor))
}

/// Writes lines to the standard streams.
#[derive(Debug)]
pub(crate) struct StreamSink {
    /// Takes what is below ERROR, and the other one the rest.
    low: (StandardStream, LineWriter),
    high: (StandardStream, LineWriter),
}

impl StreamSink {
    /// All lines to one stream.
    pub(crate) fn of(stream: StandardStream) -> Self {
        Self { low: (stream, LineWriter::default()), high: (stream, LineWriter::default()) }
    }

    /// Errors to standard error, all else to standard output.
    pub(crate) fn console() -> Self {
        Self { low: (StandardStream::Stdout, LineWriter::default()), ..Self::of(StandardStream::Stderr) }
    }
}

impl Sink for StreamSink {
    fn destination(&self) -> String {
        if self.low.0 == self.high.0 { self.low.0.name() } else { "the console" }.to_owned()
    }

    fn write(&mut self, text: &str, record: &Record) -> io::Result<()> {
        let (stream, lines) = if record.level >= Level::ERROR { &mut self.high } else { &mut self.low };
        // A background daemon leaves the stream that it was started with.
        let prefix = if is_journal(*stream) { journal::prefix(record.level) } else { String::new() };
        with_descriptor(*stream, |descriptor| lines.write(descriptor, &(prefix + text)))
    }

    fn cannot_recover(&self, error: &io::Error) -> bool {
        error.kind() == io::ErrorKind::BrokenPipe
    }
}
