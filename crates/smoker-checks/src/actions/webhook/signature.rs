//! The HMAC of a body, by which a receiver knows that it is ours.

use std::fmt::Write as _;

use ring::hmac;

/// `sha256=` and the HMAC-SHA256 in hexadecimal digits, as GitHub and many others write it.
pub(super) fn of(key: &[u8], body: &[u8]) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), body);
    tag.as_ref().iter().fold("sha256=".to_owned(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_signature_is_that_of_rfc_4231() {
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(super::of(b"Jefe", b"what do ya want for nothing?"), expected);
    }
}
