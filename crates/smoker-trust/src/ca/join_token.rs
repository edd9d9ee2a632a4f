//! A token with which a host joins once: where to ask, the pin of the authority that has to answer, and a secret.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;

use crate::pin::{PREFIX, Pin};

/// What every join token begins with.
pub const JOIN_PREFIX: &str = "smoker-join_";

/// A token with which a host joins once.
#[derive(Clone, PartialEq, Eq)]
pub struct JoinToken {
    /// Where the operator's command waits, as `host:port`.
    pub address: String,
    /// The authority that has to answer there.
    pub authority: Pin,
    secret: [u8; 32],
}

/// A text that is no join token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no join token; it begins with smoker-join_, and smokercli trust ca join --listen prints it whole")]
pub struct JoinTokenError;

impl JoinToken {
    /// Makes a token.
    ///
    /// # Errors
    ///
    /// When the system gives no random bytes.
    pub fn make(address: &str, authority: Pin) -> Result<Self, String> {
        let mut secret = [0; 32];
        SystemRandom::new().fill(&mut secret).map_err(|_| "the system gives no random bytes; try again".to_owned())?;
        Ok(Self { address: address.to_owned(), authority, secret })
    }

    /// The text, to be shown to the one who joins.
    #[must_use]
    pub fn expose(&self) -> String {
        let pin = self.authority.to_string();
        let pin = pin.strip_prefix(PREFIX).unwrap_or_default();
        let text = format!("{pin} {} {}", URL_SAFE_NO_PAD.encode(self.secret), self.address);
        format!("{JOIN_PREFIX}{}", URL_SAFE_NO_PAD.encode(text))
    }

    /// Whether both are the same, compared in constant time.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        self.address == other.address && self.authority == other.authority && self.secret.ct_eq(&other.secret).into()
    }
}

impl fmt::Debug for JoinToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ***", self.address, self.authority)
    }
}

impl FromStr for JoinToken {
    type Err = JoinTokenError;

    fn from_str(text: &str) -> Result<Self, JoinTokenError> {
        let encoded = text.trim().strip_prefix(JOIN_PREFIX).ok_or(JoinTokenError)?;
        let decoded = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| JoinTokenError)?;
        let decoded = String::from_utf8(decoded).map_err(|_| JoinTokenError)?;
        let mut parts = decoded.splitn(3, ' ');
        let (Some(pin), Some(secret), Some(address)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(JoinTokenError);
        };
        let authority = format!("{PREFIX}{pin}").parse().map_err(|_| JoinTokenError)?;
        let secret =
            URL_SAFE_NO_PAD.decode(secret).ok().and_then(|secret| secret.try_into().ok()).ok_or(JoinTokenError)?;
        if address.is_empty() || address.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(JoinTokenError);
        }
        Ok(Self { address: address.to_owned(), authority, secret })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_is_written_and_its_secret_is_not_shown() {
        let made = JoinToken::make("[::1]:8087", Pin::of_public_key(b"ca")).expect("random");
        let read: JoinToken = made.expose().parse().expect("a token");
        assert!(read.is(&made) && read.address == "[::1]:8087");
        assert!(!made.is(&JoinToken::make("[::1]:8087", Pin::of_public_key(b"ca")).expect("random")));
        assert!(format!("{made:?}").ends_with("***"));
        let text = made.expose();
        for wrong in ["", "smoker-join_", "smoker-join_!!", &text[1..], &text[..40]] {
            assert_eq!(wrong.parse::<JoinToken>(), Err(JoinTokenError), "{wrong}");
        }
    }
}
