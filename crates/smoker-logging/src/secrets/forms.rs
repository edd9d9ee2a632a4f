//! How a secret looks when a shell or a URL has quoted it. What is quoted by
//! backslashes, `normal` knows.

use std::collections::BTreeSet;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What stays itself in a URL (RFC 3986, "unreserved").
const IN_URL: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What Python's `quote()` leaves.
const IN_PATH: AsciiSet = IN_URL.remove(b'/');

/// The secret itself, and every other text that it may be read from.
pub(crate) fn of(secret: &str) -> BTreeSet<String> {
    let in_url = utf8_percent_encode(secret, &IN_URL).to_string();
    BTreeSet::from([
        secret.to_owned(),
        // Inside of single quotes; the second as Python's `shlex` does it.
        secret.replace('\'', r"'\''"),
        secret.replace('\'', r#"'"'"'"#),
        utf8_percent_encode(secret, &IN_PATH).to_string(),
        // As browsers send forms.
        in_url.replace("%20", "+"),
        in_url,
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_secret_has_one_form() {
        assert_eq!(of("s3sam-e_x"), BTreeSet::from(["s3sam-e_x".to_owned()]));
    }
}
