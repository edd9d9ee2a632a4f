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
    let source = SourceText::of(path, text)?;
    let root = document::parse(&source, &mut ProblemLog::default()).map_err(|fault| fault.text)?;
    Ok(root.to_value())
}
