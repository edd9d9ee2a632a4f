//! YAML and JSON of other tools, read as values.

use std::path::Path;

use smoker_model::value::Value;

use crate::problem::ProblemLog;
use crate::yaml::document;
use crate::yaml::source_text::SourceText;

/// Reads a document.
///
/// # Errors
///
/// What is wrong with it, and where.
pub fn read(path: &Path, text: &str) -> Result<Value, String> {
    value_of(&SourceText::of(path, text)?)
}

/// Reads a document of a program in Go, to which `yes`, `on` and `12:30` are texts, and so is each name in a mapping.
///
/// # Errors
///
/// What is wrong with it, and where.
pub fn read_as_go(path: &Path, text: &str) -> Result<Value, String> {
    value_of(&SourceText::of(path, text)?.of_go())
}

fn value_of(source: &SourceText) -> Result<Value, String> {
    let root = document::parse(source, &mut ProblemLog::default()).map_err(|fault| fault.text)?;
    Ok(root.to_value())
}
