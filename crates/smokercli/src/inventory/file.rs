//! Hosts files.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use smoker_paths::regular;

use crate::error::ExitError;

/// Reads a hosts file: one expression a line, `#` begins a comment. The path `-` is standard input.
///
/// # Errors
///
/// When the file cannot be read or names no host.
pub fn read_file(path: &Path) -> Result<Vec<String>, ExitError> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        opened(path).and_then(|mut file| file.read_to_string(&mut text)).map(|_| ())
    };
    read.map_err(|error| ExitError::new(format!("cannot read the hosts file {}: {error}", path.display())))?;
    let hosts = lines(&text);
    if hosts.is_empty() {
        return Err(ExitError::new(format!("the hosts file {} names no host; write one a line", path.display())));
    }
    Ok(hosts)
}

/// A file, or a descriptor that the shell has opened (`<(command)`). A named pipe by its name could keep us waiting without
/// end.
fn opened(path: &Path) -> io::Result<File> {
    let is_open_already = path == Path::new("/dev/stdin") || path.starts_with("/dev/fd");
    if is_open_already { File::open(path) } else { regular::open(path) }
}

/// The expressions of a hosts file's text, without a byte order mark, comments and blank lines.
#[must_use]
pub fn lines(text: &str) -> Vec<String> {
    text.trim_start_matches('\u{feff}')
        .lines()
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
        assert_eq!(lines("\u{feff}a\n"), ["a"]);
    }
}
