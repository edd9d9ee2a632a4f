//! Numbers of things in messages: `1 plugin`, `2 plugins`.

use std::fmt::Display;

/// The number with the noun in its form for it. The noun is a regular one in the singular: `process` becomes `processes`.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a number")]
pub fn counted<N: Display + PartialEq + From<u8>>(count: N, noun: &str) -> String {
    let ending = match noun {
        _ if count == N::from(1) => "",
        noun if noun.ends_with('s') || noun.ends_with("ch") || noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}

/// The verb behind a number of things: `1 line is`, `2 lines are`.
#[must_use]
#[expect(clippy::needless_pass_by_value, reason = "a number")]
pub fn is_or_are<N: PartialEq + From<u8>>(count: N) -> &'static str {
    if count == N::from(1) { "is" } else { "are" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_one() {
        assert_eq!(
            [0_usize, 1, 2].map(|count| counted(count, "plugin")),
            ["0 plugins", "1 plugin", "2 plugins"].map(str::to_owned)
        );
        assert_eq!(counted(2_u64, "process"), "2 processes");
        assert_eq!(counted(2_u64, "batch"), "2 batches");
        assert_eq!([0_u64, 1, 2].map(is_or_are), ["are", "is", "are"]);
    }
}
