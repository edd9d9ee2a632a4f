//! Which hosts a pattern means: `web*`, `web[01-10]`, the name of a group, `&prod`, `!web3`.

use crate::inventory::expressions;

/// A pattern.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// As it was typed.
    pub(super) typed: String,
    /// What it says of the hosts that it fits.
    pub(super) sense: Sense,
    /// The names that it stands for, each of which may have wildcards.
    names: Vec<String>,
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
            let names = expressions::typed(&[name.to_owned()]);
            Self { typed: part.to_owned(), sense, names: names.into_iter().map(|name| name.to_lowercase()).collect() }
        };
        parts.map(pattern).collect()
    }

    /// Whether it is this name, without wildcards.
    pub(super) fn is_name(&self, name: &str) -> bool {
        self.names.iter().any(|pattern| pattern == name)
    }

    /// Whether it means what has these names, in lower case.
    pub(super) fn fits(&self, names: &[String]) -> bool {
        self.names.iter().any(|pattern| names.iter().any(|name| fits(pattern.as_bytes(), name.as_bytes())))
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
