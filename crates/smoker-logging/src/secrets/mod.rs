//! Values that no log may show.
//!
//! # Layout
//!
//! - `values`: what is secret in the parameters of plugins
//! - `forms`: how a secret looks when a shell or a URL has quoted it
//! - `normal`: text without the backslashes that quote it

mod forms;
mod normal;
pub mod values;

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, MatchKind};
use smoker_model::plugin::PluginSpec;
use smoker_model::secrets::mask;
use smoker_model::value::secret::{MASK, Secret};

use crate::secrets::normal::Normal;

/// What to look for; none: there are no secrets.
static SEARCH: RwLock<Option<Arc<AhoCorasick>>> = RwLock::new(None);

/// The secrets of the configuration in use.
static CURRENT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Hides the secrets of these plugins and of the daemon's own `settings` from now on. Those of the configuration
/// that was in use until now are hidden for as long as this one is, since runs
/// that go on may still print them.
pub fn replace<'a>(plugins: impl IntoIterator<Item = &'a PluginSpec>, settings: &[Secret]) {
    let new = values::of(plugins, settings);
    let mut current = CURRENT.lock().unwrap_or_else(PoisonError::into_inner);
    let all: BTreeSet<_> = current.union(&new).cloned().collect();
    *current = new;
    let search = search(&all).map(Arc::new);
    *SEARCH.write().unwrap_or_else(PoisonError::into_inner) = search;
}

/// The text without secrets.
#[must_use]
pub fn redact(text: String) -> String {
    let text = without_known(text);
    // Also those that only a plugin knows.
    if text.contains("://") { mask::without_url_passwords(&text) } else { text }
}

/// The text without the secrets that [`replace`] was told. Passwords of URLs stay.
pub(crate) fn without_known(text: String) -> String {
    let search = SEARCH.read().unwrap_or_else(PoisonError::into_inner).clone();
    match search {
        Some(search) => replaced(&search, &text).unwrap_or(text),
        None => text,
    }
}

fn search(secrets: &BTreeSet<String>) -> Option<AhoCorasick> {
    let forms: BTreeSet<_> = secrets.iter().flat_map(|secret| forms::of(secret)).collect();
    if forms.is_empty() {
        return None;
    }
    let forms = forms.iter().map(|form| Normal::of(form).bytes);
    let search = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(forms);
    let tell = |error: &_| drop(writeln!(io::stderr(), "ERROR: secrets cannot be hidden in the log: {error}"));
    search.inspect_err(tell).ok()
}

/// The text with a mask for each secret; none when there is nothing to hide.
fn replaced(search: &AhoCorasick, text: &str) -> Option<String> {
    let normal = Normal::of(text);
    let mut found = search.find_iter(normal.bytes.as_ref()).peekable();
    found.peek()?;
    let mut replaced = String::with_capacity(text.len());
    let mut copied = 0;
    for found in found {
        replaced.push_str(&text[copied..normal.place(found.start())]);
        replaced.push_str(MASK);
        copied = normal.place(found.end());
    }
    replaced.push_str(&text[copied..]);
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secrets: &[&str], text: &str) -> String {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        replaced(&search(&secrets).expect("there are secrets"), text).unwrap_or_else(|| text.to_owned())
    }

    #[test]
    fn the_longest_secret_is_hidden_as_one() {
        assert_eq!(redacted(&["open", "open sesame"], "say open sesame, or open"), "say ***, or ***");
    }

    #[test]
    fn a_password_in_a_url_is_hidden_wherever_it_comes_from() {
        assert_eq!(redact("cannot GET https://bob:p4ss@host/x".to_owned()), "cannot GET https://bob:***@host/x");
    }

    #[test]
    fn quoted_secrets_are_hidden_too() {
        let secret = "it's \"ü\\$\n2nd line";
        let (first, second) = secret.split_once('\n').expect("two lines");
        let json = serde_json::to_string(secret).expect("text is JSON");
        for text in [
            secret.to_owned(),
            json.clone(),
            serde_json::to_string(&json).expect("text is JSON"),
            format!("{json:?}{:?}", serde_json::to_string(&json)),
            json.replace('ü', "\\u00fc"),
            format!("{secret:?}"),
            "'it'\\''s \"ü\\$\n2nd line'".to_owned(),
            "'it\\'s \"ü\\\\$\\n2nd line'".to_owned(),
            "it%27s%20%22%C3%BC%5C%24%0A2nd%20line".to_owned(),
            "a line: it's \"ü\\$".to_owned(),
            "the next: 2nd line".to_owned(),
        ] {
            let hidden = redacted(&[secret, first, second], &text);
            assert!(hidden.contains(MASK) && !hidden.contains("2nd") && !hidden.contains("it"), "{text} -> {hidden}");
        }
    }
}
