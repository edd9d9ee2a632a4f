//! The text of a file of another tool.

use std::fs;
use std::path::Path;

/// No file of another tool is longer.
const LONGEST: u64 = 16 * 1024 * 1024;

/// Reads a regular file of UTF-8.
///
/// # Errors
///
/// Why it cannot be read, with its path.
pub(super) fn text_of(path: &Path) -> Result<String, String> {
    let failed = |reason: &dyn std::fmt::Display| format!("{} cannot be read: {reason}", path.display());
    let metadata = fs::metadata(path).map_err(|error| failed(&error))?;
    if !metadata.is_file() {
        return Err(failed(&"it is not a regular file"));
    }
    if metadata.len() > LONGEST {
        return Err(failed(&"it is longer than 16 MiB"));
    }
    let bytes = fs::read(path).map_err(|error| failed(&error))?;
    String::from_utf8(bytes).map_err(|_| failed(&"it is not UTF-8"))
}
