//! `/proc/meminfo`.

use crate::checks::system_file;

const PATH: &str = "/proc/meminfo";

/// The kernel's numbers of memory, in bytes.
pub(super) struct MemoryInfo(String);

impl MemoryInfo {
    /// Reads the file.
    pub(super) fn read() -> Result<Self, String> {
        system_file::read(PATH).map(Self)
    }

    /// A number that has to be there.
    pub(super) fn bytes(&self, name: &str) -> Result<f64, String> {
        let line = self.0.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok());
        number.map(|kib| kib * 1024.0).ok_or_else(|| format!("{PATH} has no {name}"))
    }
}

/// A part in percent; 0 of nothing.
pub(super) fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}
