//! System errors in the words that Python has for them, since the messages
//! of the original's modules hold those.

use std::io;

/// What Python's `str()` makes of an `OSError` without a file: `[Errno 111] Connection refused`.
pub(crate) fn text(error: &io::Error) -> String {
    match (error.raw_os_error(), error.kind()) {
        (Some(number), _) => format!("[Errno {number}] {}", reason(error)),
        (None, io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock) => "timed out".to_owned(),
        (None, _) => lookup_text(&reason(error)),
    }
}

/// As [`text`], with the file that it is about: `[Errno 13] Permission denied: '/root'`.
pub(crate) fn text_about(error: &io::Error, path: &str) -> String {
    let path = smoker_model::notation::python_text::repr(&smoker_model::value::Value::Text(path.to_owned()));
    format!("{}: {path}", text(error))
}

/// The error's text without the number that Rust adds behind it.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(at) => text[..at].to_owned(),
        None => text,
    }
}

/// A failed name lookup, whose number (`EAI_*` of Linux) Rust does not keep.
fn lookup_text(reason: &str) -> String {
    let Some(text) = reason.strip_prefix("failed to lookup address information: ") else {
        return reason.to_owned();
    };
    let number = match text {
        "Name or service not known" => -2,
        "Temporary failure in name resolution" => -3,
        "Non-recoverable failure in name resolution" => -4,
        "No address associated with hostname" => -5,
        _ => return text.to_owned(),
    };
    format!("[Errno {number}] {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_read_as_in_python() {
        let refused = io::Error::from_raw_os_error(libc::ECONNREFUSED);
        assert_eq!(text(&refused), format!("[Errno {}] Connection refused", libc::ECONNREFUSED));
        let denied = io::Error::from_raw_os_error(libc::EACCES);
        assert_eq!(text_about(&denied, "/it's"), "[Errno 13] Permission denied: \"/it's\"");
        assert_eq!(text(&io::Error::from(io::ErrorKind::TimedOut)), "timed out");
        let unknown = io::Error::other("failed to lookup address information: Name or service not known");
        assert_eq!(text(&unknown), "[Errno -2] Name or service not known");
        assert_eq!(text(&io::Error::other("something else")), "something else");
    }
}
