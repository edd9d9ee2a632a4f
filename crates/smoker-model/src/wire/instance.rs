//! The header of `GET /` that tells one start of a daemon from another.
//!
//! `ID; started=TIME`: a random number of 16 hexadecimal digits, and when the daemon started, as RFC 3339 has it. The body of the
//! page has no room for it: clients of the original compare what it holds.

/// The name of the header.
pub const INSTANCE_HEADER: &str = "smoker-instance";

/// The longest id that is taken, in bytes.
const MAX_ID: usize = 64;

/// Writes the header's value.
#[must_use]
pub fn write(id: u64, started: &str) -> String {
    format!("{id:016x}; started={started}")
}

/// Reads the id of the header's value; `None` for one of another form.
#[must_use]
pub fn read(value: &str) -> Option<String> {
    let id = value.split(';').next().unwrap_or_default().trim();
    let is_id = !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_comes_back() {
        let written = write(0x5f, "2026-11-30T21:00:00Z");
        assert_eq!(written, "000000000000005f; started=2026-11-30T21:00:00Z");
        assert_eq!(read(&written).as_deref(), Some("000000000000005f"));
        assert_eq!(read("abc").as_deref(), Some("abc"));
        for odd in ["", ";", "a b; started=x", &"a".repeat(65)] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }
}
