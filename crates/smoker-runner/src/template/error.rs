//! Why a command could not be filled in.

use thiserror::Error;

use crate::template::place::Refusal;

/// Why a command could not be filled in. Each message names the placeholder or
/// shows the spot, says the reason and, where there is one, the way out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
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
        /// What stands where the type should stand.
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
    /// A placeholder where no way of writing a value is safe.
    #[error("{placeholder} cannot stand {}: {}", .refusal.place(), .refusal.way_out(.variable))]
    Refused {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
        /// Where it stands.
        refusal: Refusal,
        /// The environment variable that holds the same value.
        variable: String,
    },
    /// A value that cannot be written where its placeholder stands, although others can.
    #[error("the value of {placeholder} {problem}; use \"${variable}\" instead, or `Stdin: json`")]
    Value {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
        /// What is wrong with the value in this place.
        problem: String,
        /// The environment variable that holds the same value.
        variable: String,
    },
    /// With its values the command is longer than the kernel takes.
    #[error(
        "with its parameters it is longer than the {} bytes that the system takes; use Stdin: json and let the command \
         read them from its standard input", crate::template::MAX_COMMAND - 1
    )]
    TooLong,
    /// A value with a NUL character.
    #[error("the value of {placeholder} has a NUL character, which no command line can hold: use `Stdin: json`")]
    Nul {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
    },
}
