//! What is in a file: its text, and its digests.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use ring::digest::{Algorithm, Context};

use crate::checks::system_file;
use crate::encoding;
use crate::unit::Unit;

/// How much of a file `Contains` reads.
const LONGEST: u64 = 16 * 1024 * 1024;

/// The text of a regular file, without waiting for a pipe or a device.
pub(super) fn text(path: &Path) -> Result<String, String> {
    let file = open_regular(path).map_err(|error| system_file::unreadable(path, &error))?;
    let mut content = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut content).map_err(|error| system_file::unreadable(path, &error))?;
    if content.len() as u64 > LONGEST {
        let limit = Unit::Bytes.show(16.0 * 1024.0 * 1024.0);
        return Err(format!("{} is longer than {limit}, which is as much as Contains reads", path.display()));
    }
    Ok(encoding::decode(&content, None))
}

/// The digest of a regular file, in hexadecimal digits.
///
/// # Errors
///
/// When it is no regular file or cannot be read.
pub(super) fn digest(path: &Path, algorithm: &'static Algorithm) -> io::Result<String> {
    let mut file = open_regular(path)?;
    let mut context = Context::new(algorithm);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => context.update(&buffer[..count]),
        }
    }
    let hexadecimal = |text: String, byte: &u8| text + &format!("{byte:02x}");
    Ok(context.finish().as_ref().iter().fold(String::new(), hexadecimal))
}

fn open_regular(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    File::open(path)
}
