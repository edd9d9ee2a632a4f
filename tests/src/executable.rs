//! Programs that tests write and run.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Writes a file that can be executed, in place of one that is there, and the folders above it.
///
/// Another process writes it. A child that any thread of this one starts has, for a moment, a copy of each descriptor: while the file
/// is open for writing in it, the system refuses to execute the file ("Text file busy").
#[track_caller]
pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().expect("a file in a folder")).expect("writable");
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"rm -f "$0" && cat > "$0" && chmod 755 "$0""#]).arg(path).stdin(Stdio::piped());
    let mut shell = shell.spawn().expect("sh");
    shell.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("the shell reads");
    let status = shell.wait().expect("it ends");
    assert!(status.success(), "{} cannot be written: {status}", path.display());
}
