//! Hosts files.

use std::io::Read;
use std::path::Path;

use crate::error::ExitError;

/// Reads a hosts file: one expression a line, `#` begins a comment. The path `-` is standard input.
///
/// # Errors
///
/// When the file cannot be read or names no host.
pub fn read_file(path: &Path) -> Result<Vec<String>, ExitError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|content| text = content)
    };
    read.map_err(|error| ExitError::new(format!("cannot read the hosts file {}: {error}", path.display())))?;
    let hosts = lines(&text);
    if hosts.is_empty() {
        return Err(ExitError::new(format!("the hosts file {} names no host; write one a line", path.display())));
    }
    Ok(hosts)
}

/// The expressions of a hosts file's text, without comments and blank lines.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.lines()
        .map(|line| line.split_once('#').map_or(line, |(before, _)| before).trim())
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hosts_file_has_comments() {
        assert_eq!(lines("a # one\n\n# two\r\n b[1-2] \n"), ["a", "b[1-2]"]);
    }
}
