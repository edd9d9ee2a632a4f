//! Variables of the environment that stand in a value as they were written: nothing expands them here.

use std::sync::LazyLock;

use regex::Regex;

/// A variable of the environment: `${HOME}` anywhere, `$HOME` where a value begins with it.
static VARIABLE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}|^\$[A-Za-z_][A-Za-z0-9_]*(?:[/:.]|$)|^\$\([A-Z_]+\)$";
    Regex::new(pattern).expect("a constant that tests compile")
});

/// The first variable in a text, with what to write instead.
pub(crate) fn variable(text: &str) -> Option<String> {
    let shown = VARIABLE.find(text)?.as_str().trim_end_matches(['/', ':', '.']);
    let name = shown.trim_matches(['$', '{', '}', '(', ')']);
    Some(format!("{shown} is not expanded; write the value, or `!env {name}` for one that only the environment has"))
}
