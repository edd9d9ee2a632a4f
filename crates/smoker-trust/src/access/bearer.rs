//! The `Authorization` header.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

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

/// The token of an `Authorization` header: as [`token`], or as the password of `Basic` (RFC 7617), which browsers ask their user for. The name
/// of the user says nothing.
///
/// # Errors
///
/// When the header has another form, or the text cannot be a token of ours.
pub fn token_or_password(header: &[u8]) -> Result<String, Failure> {
    let text = str::from_utf8(header).ok().map(str::trim).filter(|text| text.len() <= 4 * MAX_LENGTH);
    let basic = text.and_then(|text| text.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"));
    let Some((_, credentials)) = basic else { return token(header).map(str::to_owned) };
    let decoded = STANDARD.decode(credentials.trim()).ok().and_then(|decoded| String::from_utf8(decoded).ok());
    let password = decoded.as_deref().and_then(|decoded| decoded.split_once(':')).ok_or(Failure::MalformedToken)?.1;
    token(format!("Bearer {}", password.trim()).as_bytes()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_sends_a_token_as_the_password_of_any_user() {
        let basic = |text: &str| token_or_password(format!("Basic {}", STANDARD.encode(text)).as_bytes());
        for good in ["alice:smoker_ab", ":smoker_ab", "a:smoker_ab\n"] {
            assert_eq!(basic(good).as_deref(), Ok("smoker_ab"), "{good}");
        }
        assert_eq!(token_or_password(b"bearer smoker_ab").as_deref(), Ok("smoker_ab"));
        for bad in ["smoker_ab", "smoker_ab:", "a:b:smoker_ab", ":", "", "a:secret", "a:smoker_\u{e9}"] {
            assert_eq!(basic(bad), Err(Failure::MalformedToken), "{bad}");
        }
        assert_eq!(token_or_password(b"Basic %%"), Err(Failure::MalformedToken));
        assert_eq!(basic(&"a".repeat(5000)), Err(Failure::MalformedToken));
    }

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
