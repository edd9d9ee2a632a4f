//! Why values could not be written into a text.

use thiserror::Error;

/// Why values could not be written into a text. Each message names the
/// placeholder or shows the spot, says the reason and, where there is one, the way out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormatError {
    /// The command asks for a parameter that the plugin does not have.
    #[error("missing parameter '{name}': {spot} asks for it; configure it or correct its name")]
    Missing {
        /// The name between the parentheses.
        name: String,
        /// The part of the command around the placeholder.
        spot: String,
    },
    /// A percent sign with something behind it that Python does not know.
    #[error(
        "unsupported format character {character:?} behind the percent sign in {spot}: write `%%` for a percent sign"
    )]
    Unsupported {
        /// What is found in place of the type.
        character: char,
        /// The part of the command around the percent sign.
        spot: String,
    },
    /// The command ends in the middle of a placeholder.
    #[error("unfinished format at the end of {spot}: write `%%` for a percent sign, or `%(Name)s` for a parameter")]
    Incomplete {
        /// The end of the command.
        spot: String,
    },
    /// `%(` without its closing parenthesis.
    #[error("unfinished parameter name in {spot}: the parenthesis behind the percent sign is never closed")]
    OpenName {
        /// The part of the command that begins with the percent sign.
        spot: String,
    },
    /// `%s`, which Python would replace by the whole mapping of parameters.
    #[error(
        "format without a parameter name in {spot}: write `%(Name){character}` for a parameter, `%%` for a percent sign"
    )]
    Nameless {
        /// The type of the format.
        character: char,
        /// The part of the command around the percent sign.
        spot: String,
    },
    /// A width or precision of `*`, for which a mapping has no number.
    #[error("unsupported format: `*` in {spot} has no number to stand for; write the number itself")]
    Star {
        /// The part of the command around the percent sign.
        spot: String,
    },
    /// A width or precision beyond what makes sense.
    #[error("unsupported format: the width or precision in {spot} is over {limit}")]
    TooWide {
        /// The part of the command around the percent sign.
        spot: String,
        /// The largest number that is accepted.
        limit: usize,
    },
    /// A value of a type that the format cannot write.
    #[error("%{character} format: {wanted} is required, not {found} (parameter '{name}')")]
    WrongType {
        /// The parameter.
        name: String,
        /// The type of the format.
        character: char,
        /// What the format can write.
        wanted: &'static str,
        /// What the value is, in Python's words.
        found: String,
    },
}
