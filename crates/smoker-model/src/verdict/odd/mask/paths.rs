//! Names of temporary files.

use crate::verdict::odd::mask::words::stands_apart;

/// Where temporary files lie, in a folder of the user's or system's own each.
const FOLDERS: [&str; 4] = ["/tmp/", "/var/tmp/", "/private/tmp/", "/dev/shm/"];

/// The shortest name behind `tmp` that programs make up.
const SHORTEST: usize = 6;

/// The end of a path's part that names a temporary file or folder. What lies in the folder stays.
pub(super) fn temporary(bytes: &[u8], at: usize) -> Option<usize> {
    let folder = FOLDERS.iter().find(|folder| bytes[at..].starts_with(folder.as_bytes()));
    let start = at + folder.filter(|_| stands_apart(bytes, at))?.len();
    let end = end_of_name(bytes, start);
    (end > start).then_some(end)
}

fn end_of_name(bytes: &[u8], at: usize) -> usize {
    let is_part = |byte: &u8| {
        byte.is_ascii_alphanumeric() || *byte >= 0x80 || matches!(byte, b'.' | b'-' | b'_' | b'+' | b'~' | b'#' | b'@')
    };
    let end = at + bytes[at..].iter().take_while(|byte| is_part(byte)).count();
    // The full stop of a sentence.
    if end > at + 1 && bytes[end - 1] == b'.' { end - 1 } else { end }
}

/// The end of a name such as `tmp.Xa8dKq0P` or `tmpk3j2x8` elsewhere.
pub(super) fn temporary_name(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at..].strip_prefix(b"tmp")?;
    let rest =
        rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b"-")).or_else(|| rest.strip_prefix(b"_")).unwrap_or(rest);
    let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let name = &rest[..length];
    let has = |fits: fn(&u8) -> bool| name.iter().any(fits);
    let is_made_up = has(u8::is_ascii_digit) || (has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    let end = bytes.len() - rest.len() + length;
    (length >= SHORTEST && is_made_up).then_some(end)
}
