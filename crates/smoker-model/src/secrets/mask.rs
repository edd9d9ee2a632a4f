//! Parameters as they are shown to clients that may not see secrets.

use std::ops::Range;

use crate::notation::python_text;
use crate::secrets::secret_name;
use crate::value::Value;
use crate::value::secret::MASK;

/// The parameter `name` without the secrets in its value: what came from `!env` or `!file`, what a name says is secret, at
/// any depth, and passwords in URLs.
#[must_use]
pub fn masked(name: &str, value: &Value) -> Value {
    replaced(name, value, false, &mut |_, _| Value::Text(MASK.to_owned()))
}

/// Gives each secret of the parameter `name` to `found`, with the name that says that it is one.
pub fn for_each_secret(name: &str, value: &Value, mut found: impl FnMut(&str, &Value)) {
    replaced(name, value, false, &mut |name, secret| {
        found(name, secret);
        Value::Null
    });
}

/// The text with a mask for each secret that `!env` or `!file` gave one of the values, but for those of less than
/// [`SHORTEST`] characters: they would be found in many other words.
#[must_use]
pub fn without_tagged<'a>(text: &str, values: impl IntoIterator<Item = &'a Value>) -> String {
    let mut secrets = Vec::new();
    for value in values {
        value.for_each_tagged(&mut |secret| secrets.push(secret.expose().trim().to_owned()));
    }
    secrets.retain(|secret| secret.chars().count() >= SHORTEST);
    // One may be a part of another.
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
}

/// A shorter value, in characters, is not looked for in texts: it would be found in many other words, and is no secret to
/// anyone who guesses.
pub const SHORTEST: usize = 4;

/// Whether a parameter is shown otherwise than it is.
#[must_use]
pub fn is_masked(name: &str, value: &Value) -> bool {
    masked(name, value) != *value
}

/// The name of a secret in place of theirs.
const SENT: &str = "secret";

/// The parameters of an action that posts, whose values are secrets though their names do not say so: everybody who knows the
/// address of a webhook may post there.
fn sent_secrets(entries: &[(Value, Value)]) -> &'static [&'static str] {
    let module = entries.iter().find(|(name, _)| name.as_text() == Some("Module"));
    match module.and_then(|(_, module)| module.as_text()) {
        Some("smoker.actions.webhook") => &["Url", "Headers"],
        Some("smoker.actions.alertmanager") => &["Headers"],
        _ => &[],
    }
}

/// The value with what `replace` gives in the place of each secret.
fn replaced(
    name: &str,
    value: &Value,
    is_inside_secret: bool,
    replace: &mut dyn FnMut(&str, &Value) -> Value,
) -> Value {
    let is_secret = secret_name::is_secret(name) || (is_inside_secret && !secret_name::is_harmless(name));
    match value {
        Value::Secret(_) => replace(name, value),
        Value::Map(entries) => {
            let sent = sent_secrets(entries);
            let mut shown = |(key, value): &(Value, Value)| {
                let name = python_text::str(key);
                let is_sent = sent.contains(&name.as_str());
                (key.clone(), replaced(if is_sent { SENT } else { &name }, value, is_secret, replace))
            };
            Value::Map(entries.iter().map(&mut shown).collect())
        }
        Value::List(items) => {
            Value::List(items.iter().map(|item| replaced(name, item, is_inside_secret, replace)).collect())
        }
        Value::Null => Value::Null,
        secret if is_secret => replace(name, secret),
        Value::Text(text) => Value::Text(without_url_passwords(text)),
        other => other.clone(),
    }
}

/// The text with a mask for each password of a URL (`scheme://user:password@host`). A placeholder (`%(Name)s`) is none.
#[must_use]
pub fn without_url_passwords(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    for place in url_passwords(text) {
        shown.push_str(&text[copied..place.start]);
        shown.push_str(MASK);
        copied = place.end;
    }
    shown.push_str(&text[copied..]);
    shown
}

/// Where the passwords of URLs are in a text.
pub fn url_passwords(text: &str) -> impl Iterator<Item = Range<usize>> {
    text.match_indices("://").filter_map(|(at, separator)| {
        let start = at + separator.len();
        let authority = &text[start..];
        let end = authority.find(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#' | '\'' | '"'));
        let authority = &authority[..end.unwrap_or(authority.len())];
        let (user, password) = authority[..authority.rfind('@')?].split_once(':')?;
        let is_placeholder = password.starts_with("%(") && password.ends_with(")s");
        let start = start + user.len() + 1;
        (!password.is_empty() && !is_placeholder).then(|| start..start + password.len())
    })
}

#[cfg(test)]
mod tests {
    use crate::value::secret::{Secret, SecretSource};

    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    fn map(entries: &[(&str, Value)]) -> Value {
        Value::Map(entries.iter().map(|(name, value)| (text(name), value.clone())).collect())
    }

    #[test]
    fn secrets_are_masked_at_any_depth() {
        let credentials = |value| map(&[("user", text("scott")), ("value", value)]);
        let value = |password: Value, token: Value| {
            Value::List(vec![
                map(&[("host", text("db")), ("password", password)]),
                map(&[("credentials", credentials(token))]),
            ])
        };
        assert_eq!(masked("Databases", &value(text("sesame"), Value::Int(7))), value(text(MASK), text(MASK)),);
        for secret in [text(""), text("x"), Value::Int(1), Value::Bool(true), Value::Float(0.5)] {
            assert_eq!(masked("Password", &secret), text(MASK));
            assert_eq!(masked("Tokens", &Value::List(vec![secret])), Value::List(vec![text(MASK)]));
        }
        for (name, shown) in [("Password", Value::Null), ("PasswordFile", text("/x")), ("Category", text("db"))] {
            assert!(!is_masked(name, &shown), "{name}");
        }
    }

    fn secret(text: &str) -> Value {
        Value::Secret(Secret::new(text, SecretSource::Environment("X".to_owned())))
    }

    #[test]
    fn what_a_tag_gave_is_masked_whatever_its_name() {
        let value = |password| map(&[("user", Value::List(vec![password])), ("port", Value::Int(1))]);
        assert_eq!(masked("Label", &value(secret("sesame"))), value(text(MASK)));
        assert!(is_masked("Label", &secret("***")));
        let mut found = Vec::new();
        for_each_secret("Label", &value(secret("sesame")), |name, value| found.push((name.to_owned(), value.clone())));
        assert_eq!(found, [("user".to_owned(), secret("sesame"))]);
    }

    #[test]
    fn where_a_webhook_posts_is_a_secret() {
        let action = |module: &str, url: &str, header: &str| {
            map(&[("Module", text(module)), ("Url", text(url)), ("Headers", map(&[("X-Team", text(header))]))])
        };
        let webhook = action("smoker.actions.webhook", "https://hooks.example.com/T0/key", "web");
        assert_eq!(masked("Action", &webhook), action("smoker.actions.webhook", MASK, MASK));
        let other = action("checks.tell", "https://example.com/", "web");
        assert!(!is_masked("Action", &Value::List(vec![other])));
    }

    #[test]
    fn texts_are_searched_for_secrets_that_are_long_enough() {
        let values = [secret("open"), secret("open sesame\n"), secret("is"), text("text")];
        assert_eq!(without_tagged("this text is open: 'open sesame'", &values), "this text is ***: '***'");
    }

    #[test]
    fn passwords_of_urls_are_masked() {
        for (url, shown) in [
            ("http://user:pass@host/path", "http://user:***@host/path"),
            ("amqp://:p@ss:word@host", "amqp://:***@host"),
            ("curl 'http://u:p@a/' ftp://v:q@b?x", "curl 'http://u:***@a/' ftp://v:***@b?x"),
            ("http://user@host/", "http://user@host/"),
            ("http://host:80/a@b", "http://host:80/a@b"),
            ("http://%(User)s:%(Password)s@host", "http://%(User)s:%(Password)s@host"),
            ("http://u:@host", "http://u:@host"),
            ("a://", "a://"),
        ] {
            assert_eq!(masked("Url", &text(url)), text(shown), "{url}");
        }
    }
}
