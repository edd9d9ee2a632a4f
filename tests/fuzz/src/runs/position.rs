//! Which input a worker is at, in a file that outlives it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of a number in the file.
const NUMBER: usize = size_of::<u64>();

/// The file: how many inputs were begun, the length of the last one, and itself.
#[derive(Debug)]
pub(crate) struct Position(File);

impl Position {
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        File::options().create(true).truncate(true).read(true).write(true).open(path).map(Self)
    }

    /// For the worker, which finds the file made.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        File::options().write(true).open(path).map(Self)
    }

    /// Notes that an input begins.
    pub(crate) fn set(&self, count: u64, input: &[u8]) -> io::Result<()> {
        let length = input.len() as u64;
        self.0.write_all_at(&[&count.to_le_bytes(), &length.to_le_bytes(), input].concat(), 0)
    }

    /// How many inputs have begun, as far as is known.
    pub(crate) fn count(&self) -> u64 {
        self.number(0).unwrap_or_default()
    }

    /// The input that began last.
    pub(crate) fn input(&self) -> io::Result<Vec<u8>> {
        let length = self.number(NUMBER as u64)?;
        let mut input = vec![0; usize::try_from(length).unwrap_or_default()];
        self.0.read_exact_at(&mut input, 2 * NUMBER as u64)?;
        Ok(input)
    }

    fn number(&self, at: u64) -> io::Result<u64> {
        let mut bytes = [0; NUMBER];
        self.0.read_exact_at(&mut bytes, at)?;
        Ok(u64::from_le_bytes(bytes))
    }
}
