//! Writes a generated configuration to a file or to standard output.

use std::io;
use std::path::{Path, PathBuf};

use smoker_config::write::generate;
use thiserror::Error;

use crate::output::{self, OutputError};
use crate::startup::replace;

/// Why a generated configuration is not written.
#[derive(Debug, Error)]
pub(crate) enum GenerateError {
    #[error("{} is a part of the folder itself; write to another file", path.display())]
    Part { path: PathBuf },
    #[error("cannot write {}: {source}; what was there is unchanged", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{0}")]
    Output(#[from] OutputError),
}

/// Writes a configuration that was made of a folder.
pub(crate) fn write(text: &str, folder: &Path, target: Option<&Path>) -> Result<(), GenerateError> {
    let Some(path) = target.filter(|path| *path != Path::new("-")) else {
        return Ok(output::print(text)?);
    };
    let failed = |source| GenerateError::Write { path: path.to_owned(), source };
    let place = replace::place_of(path).map_err(failed)?;
    if generate::is_part_of(&folder.canonicalize().map_err(failed)?, &place) {
        return Err(GenerateError::Part { path: path.to_owned() });
    }
    replace::replace(path, text.as_bytes()).map_err(failed)
}
