//! Why a command could not be filled in.

use smoker_model::python_format::error::FormatError;
use thiserror::Error;

use crate::template::shell_context::UnsafeContext;

/// The kernel takes no argument or variable of this many bytes
/// (`MAX_ARG_STRLEN` of Linux, its closing NUL included).
pub const MAX_COMMAND: usize = 128 * 1024;

/// Why a command could not be filled in. Each message names the placeholder or
/// shows the spot, says the reason and, where there is one, the way out.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FillError {
    /// A placeholder that Python could not fill in either.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A placeholder where no way of writing a value is safe.
    #[error("{placeholder} cannot be used {}: {}", .unsafe_context.place(), .unsafe_context.way_out(.variable))]
    Refused {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
        /// Where it stands.
        unsafe_context: UnsafeContext,
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
    /// A value that would end the here-document that its placeholder stands in. Where the delimiter is quoted, no variable is expanded.
    #[error(
        "the value of {placeholder} makes the line {line:?}, which would end the here-document that it stands in; end the document with \
         another word, or in place of it use `printf` with \"${variable}\", or `Stdin: json`"
    )]
    EndsDocument {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
        /// The line, which is the word that ends the document.
        line: String,
        /// The environment variable that holds the same value.
        variable: String,
    },
    /// With its values the command is longer than the kernel takes.
    #[error(
        "with its parameters it is longer than the {} bytes that the system takes; use Stdin: json and let the command \
         read them from its standard input", MAX_COMMAND - 1
    )]
    TooLong,
    /// A value with a NUL character.
    #[error("the value of {placeholder} has a NUL character, which no command line can hold: use `Stdin: json`")]
    Nul {
        /// The placeholder as `%(Name)s`.
        placeholder: String,
    },
}
