//! The regular expressions that decide the type of a word.

use regex::Regex;

/// PyYAML compiles the forms of a type into one expression; so does this.
pub(crate) fn pattern(forms: &str) -> Regex {
    Regex::new(&format!("^(?:{forms})$")).expect("the patterns are constants that tests compile")
}
