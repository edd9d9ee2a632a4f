//! Fills parameters into a command: Python's `%` formatting, with each value
//! quoted for the place in the shell line where it stands, so that it is
//! always data and never code.
//!
//! # Layout
//!
//! - `directive`: splits a command into text and formats
//! - `format`: writes one value as Python would
//! - `scan`: finds the place of each format in the shell's grammar
//! - `command_line`: what the scan knows of the simple command it is in
//! - `place`: the kinds of places
//! - `quote`: writes a formatted value for its place
//! - `error`: [`TemplateError`]
//!
//! # Places
//!
//! | place of `%(P)s` | written as |
//! |---|---|
//! | outside of quotes, also in the word of `${x:-word}`, `${x#word}` and the like | one word in single quotes, also when it is a number or empty |
//! | in single quotes | itself, `'` as `'\''` |
//! | in double quotes | double quotes closed, a word in single quotes, double quotes opened |
//! | in `$(...)`, `<(...)`, at any depth, also in double quotes | as if the inner command stood alone |
//! | in the word of `"${x:-word}"`, `"${x:=word}"`, `"${x:+word}"`, `"${x:?word}"` | itself with backslashes; values with an apostrophe are refused |
//! | in a comment | itself, all but harmless characters as `_` |
//! | in `$((...))`, `((...))`, the subscript `a[...]`, beside `-eq` and its like in `[[ ]]`, behind `let` | only whole numbers |
//! | where `unset`, `read`, `export`, `test -v` and their like take a name | only letters, digits and `_` |
//! | behind a place that shells read differently (`case` inside `$(...)`, `$[`, `alias`, ...) | only ASCII letters, digits and `_./:@,+-` |
//! | in backticks, in or around a here-document, behind `\` or `$`, in `$'...'`, in the name of `${...}`, elsewhere in `"${...}"` | refused |
//!
//! The table holds for dash, bash (as `sh` and as itself) and busybox; where they
//! disagree about a place, the narrower row counts.
//!
//! # Limits
//!
//! Text that is read again after the shell has read it cannot be known here:
//! `sh -c '... %(P)s'`, `su x -c`, `eval`, `trap`, `ssh`, programs such as `awk`
//! or `sed` that take code as an argument, and arithmetic on a variable that
//! was set from a value (bash evaluates it again). Use `"$SMOKER_PARAM_P"` or
//! `Stdin: json` there. A value that begins with `-` is an option to many
//! programs; write `--` before the placeholder.

mod command_line;
pub mod directive;
pub mod error;
mod format;
pub mod place;
mod quote;
mod scan;

use smoker_model::value::Value;

use crate::template::directive::{Piece, parse};
use crate::template::error::TemplateError;
use crate::template::scan::{Item, places};

/// Fills the values that `lookup` has for the names in `command` into it.
/// The result is text for `/bin/sh -c`.
///
/// # Errors
///
/// A format that Python does not know or that has no name, a name that
/// `lookup` does not know, a value that the format cannot write, and a place
/// or a value for which no safe way of writing exists.
pub fn fill(command: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, TemplateError> {
    let mut items = Vec::with_capacity(command.len());
    let mut holes = Vec::new();
    for piece in parse(command)? {
        match piece {
            Piece::Text(text) => items.extend(text.chars().map(Item::Char)),
            Piece::Hole(directive) => {
                let Some(value) = lookup(&directive.name) else {
                    return Err(TemplateError::Missing { name: directive.name, spot: directive.spot });
                };
                let text = format::format(&directive, &value)?;
                items.push(Item::Hole);
                holes.push((directive, text));
            }
        }
    }
    let mut filled = String::with_capacity(command.len());
    let mut holes = holes.iter().zip(places(&items));
    for item in &items {
        match item {
            Item::Char(c) => filled.push(*c),
            Item::Hole => {
                if let Some(((directive, text), place)) = holes.next() {
                    filled.push_str(&quote::quote(directive, place, text)?);
                }
            }
        }
    }
    Ok(filled)
}

/// Fills the values into a text that no shell reads: nothing is quoted.
///
/// # Errors
///
/// As [`fill`], but every place takes every value.
pub(crate) fn fill_plain(text: &str, lookup: &dyn Fn(&str) -> Option<Value>) -> Result<String, TemplateError> {
    let mut filled = String::with_capacity(text.len());
    for piece in parse(text)? {
        match piece {
            Piece::Text(text) => filled.push_str(&text),
            Piece::Hole(directive) => {
                let Some(value) = lookup(&directive.name) else {
                    return Err(TemplateError::Missing { name: directive.name, spot: directive.spot });
                };
                filled.push_str(&format::format(&directive, &value)?);
            }
        }
    }
    Ok(filled)
}
