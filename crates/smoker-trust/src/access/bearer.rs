//! The `Authorization` header.

use crate::access::tokens::PREFIX;
use crate::failure::Failure;

/// The longest token that is looked at.
const MAX_LENGTH: usize = 256;

/// The token of an `Authorization` header: `Bearer`, in any case, and a text (RFC 6750).
///
/// # Errors
///
/// When the header has another form, or the text cannot be a token of ours.
pub fn token(header: &[u8]) -> Result<&str, Failure> {
    let text = str::from_utf8(header).ok().map(str::trim).filter(|text| text.len() <= MAX_LENGTH);
    let (scheme, token) = text.and_then(|text| text.split_once(' ')).ok_or(Failure::MalformedToken)?;
    let token = token.trim();
    let is_ours = token.starts_with(PREFIX)
        && token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if !scheme.eq_ignore_ascii_case("bearer") || !is_ours {
        return Err(Failure::MalformedToken);
    }
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_bearer_token_of_ours_is_taken() {
        for good in ["Bearer smoker_ab-_9", "bearer   smoker_ab-_9 ", "BEARER smoker_ab-_9"] {
            assert_eq!(token(good.as_bytes()), Ok("smoker_ab-_9"), "{good}");
        }
        let long = format!("Bearer smoker_{}", "a".repeat(MAX_LENGTH));
        for bad in [
            "",
            "Bearer",
            "Bearer ",
            "Basic smoker_a",
            "Bearer abc",
            "Bearer smoker_a b",
            "smoker_a",
            &long,
            "Bearer smoker_\u{e9}",
        ] {
            assert_eq!(token(bad.as_bytes()), Err(Failure::MalformedToken), "{bad}");
        }
        assert_eq!(token(b"Bearer smoker_\xff"), Err(Failure::MalformedToken));
    }
}
