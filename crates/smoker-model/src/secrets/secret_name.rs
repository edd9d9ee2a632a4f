//! Which names of parameters look like those of secrets, whose values no log and no message may show.

/// Parts of a name that are hardly ever part of another word.
const ANYWHERE: [&str; 7] = ["password", "passwd", "passphrase", "passcode", "secret", "credential", "token"];

/// Whole words of a name.
const WORDS: [&str; 16] = [
    "key",
    "keys",
    "pass",
    "pwd",
    "pw",
    "psk",
    "pin",
    "authorization",
    "cookie",
    "bearer",
    "apikey",
    "apikeys",
    "authkey",
    "privatekey",
    "accesskey",
    "sshkey",
];

/// A name that ends in one of these describes a secret and does not hold it.
const ABOUT: [&str; 16] = [
    "file",
    "filename",
    "path",
    "dir",
    "directory",
    "folder",
    "size",
    "length",
    "type",
    "name",
    "age",
    "days",
    "expiry",
    "timeout",
    "count",
    "algorithm",
];

/// Whether a parameter of this name holds a secret.
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let words = words(name);
    let is_about = words.len() > 1 && words.last().is_some_and(|last| ABOUT.contains(&last.as_str()));
    !is_about && words.iter().any(|word| is_secret_word(word))
}

/// Whether a name inside of a secret mapping holds a value that may be shown.
#[must_use]
pub fn is_harmless(name: &str) -> bool {
    let words = words(name);
    let known = |word: &String| ["user", "username", "login", "host", "port", "url"].contains(&word.as_str());
    words.last().is_some_and(|last| ABOUT.contains(&last.as_str()) || known(last)) && !is_secret(name)
}

fn is_secret_word(word: &str) -> bool {
    WORDS.contains(&word) || ANYWHERE.iter().any(|part| word.contains(part))
}

/// The words of a name in lower case: `ApiKey`, `API_KEY`, `api-key` and `APIKey` have two.
fn words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words = vec![String::new()];
    for (index, c) in chars.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| chars[before]);
        let after = chars.get(index + 1);
        let begins_word = c.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase() || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            });
        if begins_word || !c.is_alphabetic() {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "password",
            "Password",
            "DB_PASSWORD",
            "dbpassword",
            "MyPasswd",
            "ApiKey",
            "API_KEY",
            "APIKey",
            "api-key",
            "apikey",
            "Key",
            "access token",
            "AuthTokens",
            "clientSecret",
            "Credentials",
            "SshKey2",
            "passphrase",
            "pwd",
        ] {
            assert!(is_secret(name), "{name}");
        }
    }

    #[test]
    fn names_of_other_things() {
        for name in [
            "PasswordFile",
            "KeyPath",
            "key_size",
            "TokenType",
            "SecretName",
            "Keyboard",
            "Monkey",
            "Keyspace",
            "Compass",
            "Timeout",
            "Command",
            "File",
            "",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }
}
