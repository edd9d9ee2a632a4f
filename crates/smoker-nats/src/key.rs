//! `NKeys`: the seed stays with who connects, the public key is in the server's configuration.

use nkeys::KeyPair;

/// A new seed (58 characters that begin with `SU`).
///
/// # Errors
///
/// Why the system gives no random bytes.
pub fn make_seed() -> Result<String, String> {
    KeyPair::new_user().seed().map_err(|error| error.to_string())
}

/// The public key of a seed (56 characters that begin with `U`).
///
/// # Errors
///
/// When the text is no seed of a user.
pub fn public_key(seed: &str) -> Result<String, String> {
    let pair = KeyPair::from_seed(seed.trim()).map_err(|error| format!("it has no seed of an NKey: {error}"))?;
    let key = pair.public_key();
    if key.starts_with('U') { Ok(key) } else { Err("its seed is not one of a user".to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_has_one_public_key() {
        let seed = make_seed().expect("a seed");
        assert!(seed.starts_with("SU") && seed.len() == 58, "{}", seed.len());
        let key = public_key(&format!("{seed}\n")).expect("a key");
        assert!(key.starts_with('U') && key.len() == 56, "{key}");
        assert_ne!(public_key(&make_seed().expect("another")).expect("a key"), key);
        assert!(public_key("SU").is_err() && public_key(&key).is_err());
    }
}
