//! Which hosts a pattern means: `web*`, `web[01-10]`, the name of a group, `&prod`, `!web3`.

use std::collections::{BTreeSet, HashSet};

use crate::inventory::expressions;

/// A pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As it was typed.
    pub(super) typed: String,
    /// What it says of the hosts that it fits.
    pub(super) sense: Sense,
    /// The names that it stands for.
    pub(super) names: Names,
}

/// Names that patterns stand for, in lower case.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Those without wildcards.
    exact: BTreeSet<String>,
    wildcards: Vec<String>,
}

/// What a pattern says of the hosts that it fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sense {
    /// They are meant.
    Meant,
    /// No others are meant: `&prod`.
    Only,
    /// They are not meant: `!web3`.
    Not,
}

impl Pattern {
    /// Those of a command line, which may have commas.
    pub(super) fn all(typed: &[String]) -> Vec<Self> {
        let parts = typed.iter().flat_map(|typed| expressions::split(typed));
        let pattern = |part: &str| {
            let (sense, name) = match (part.strip_prefix('!'), part.strip_prefix('&')) {
                (Some(name), _) => (Sense::Not, name),
                (_, Some(name)) => (Sense::Only, name),
                (None, None) => (Sense::Meant, part),
            };
            Self { typed: part.to_owned(), sense, names: Names::of(name) }
        };
        parts.map(pattern).collect()
    }

    /// As it was typed, so that nothing is seen, too.
    pub(super) fn shown(&self) -> &str {
        if self.typed.is_empty() { "\"\"" } else { &self.typed }
    }
}

impl Names {
    fn of(expression: &str) -> Self {
        let names = expressions::typed(&[expression.to_owned()]).into_iter().map(|name| name.to_lowercase());
        let (wildcards, exact): (Vec<_>, Vec<_>) = names.partition(|name| name.contains(['*', '?']));
        Self { exact: exact.into_iter().collect(), wildcards }
    }

    /// The names of all these patterns.
    pub(super) fn of_all<'a>(patterns: impl Iterator<Item = &'a Pattern>) -> Self {
        let mut all = Self::default();
        for Pattern { names, .. } in patterns {
            all.exact.extend(names.exact.iter().cloned());
            all.wildcards.extend(names.wildcards.iter().cloned());
        }
        all
    }

    /// Whether this name is among them, without wildcards.
    pub(super) fn has(&self, name: &str) -> bool {
        self.exact.contains(name)
    }

    /// Whether they mean what has this name, in lower case.
    pub(super) fn fit(&self, name: &str) -> bool {
        self.has(name) || self.wildcards.iter().any(|pattern| fits(pattern.as_bytes(), name.as_bytes()))
    }

    /// Those that are none of `known`, where it was a range of names; all of these are in lower case.
    pub(super) fn unused_of_range(&self, known: &HashSet<&str>) -> Vec<&str> {
        let is_range = self.exact.len() > 1;
        self.exact.iter().filter(|name| is_range && !known.contains(name.as_str())).map(String::as_str).collect()
    }

    /// Whether they mean any of `known`.
    pub(super) fn fit_any(&self, known: &HashSet<&str>) -> bool {
        self.exact.iter().any(|name| known.contains(name.as_str()))
            || (!self.wildcards.is_empty() && known.iter().any(|name| self.fit(name)))
    }
}

/// Whether a text fits a pattern in which `*` stands for any text and `?` for one character.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut in_pattern) = (0, 0);
    // Where to go on when it does not fit: behind the last star, one character later.
    let mut back: Option<(usize, usize)> = None;
    while at < text.len() {
        match pattern.get(in_pattern) {
            Some(b'*') => {
                back = Some((in_pattern + 1, at));
                in_pattern += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[at] => {
                at += 1;
                in_pattern += 1;
            }
            _ => match &mut back {
                Some((star, from)) => {
                    *from += 1;
                    (in_pattern, at) = (*star, *from);
                }
                None => return false,
            },
        }
    }
    pattern[in_pattern..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text_and_question_marks_for_a_character() {
        for (pattern, text, expected) in [
            ("web*", "web1", true),
            ("web*", "web", true),
            ("web?", "web", false),
            ("*1*", "db1", true),
            ("*.lan", "a.lan.lan", true),
            ("*.lan", "a.lan.x", false),
            ("a*b*c", "axxbyybc", true),
            ("", "a", false),
        ] {
            assert_eq!(fits(pattern.as_bytes(), text.as_bytes()), expected, "{pattern} {text}");
        }
    }
}
