//! JSON that a command printed, for parsers.

use serde_json::Value as Json;
use smoker_model::notation::python_json_reader;

/// Reads a text as Python's `json` does, without the byte order mark that it may begin with. A number that is not finite
/// (`NaN`) is the text that stands there.
///
/// # Errors
///
/// Why it is no JSON, with the place.
pub(crate) fn read(text: &str) -> Result<Json, String> {
    let text = text.trim_start().trim_start_matches('\u{feff}');
    python_json_reader::read_for_judgement(text).map_err(|error| {
        let (line, column) = error.place(text, 0);
        format!("the output is no JSON: line {line}, column {column}: {error}")
    })
}
