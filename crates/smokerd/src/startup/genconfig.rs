//! Writes a generated configuration to a file or to standard output.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use smoker_config::write::generate;
use thiserror::Error;

use crate::startup::replace;

/// Why a generated configuration is not written.
#[derive(Debug, Error)]
pub(crate) enum GenerateError {
    #[error("{} is a part of the folder itself; write to another file", path.display())]
    Part { path: PathBuf },
    #[error("cannot write {}: {source}; what was there is unchanged", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),
}

/// Writes a configuration that was made of a folder.
pub(crate) fn write(text: &str, folder: &Path, output: Option<&Path>) -> Result<(), GenerateError> {
    let Some(path) = output.filter(|path| *path != Path::new("-")) else {
        let mut output = io::stdout();
        return output.write_all(text.as_bytes()).and_then(|()| output.flush()).map_err(GenerateError::Output);
    };
    let failed = |source| GenerateError::Write { path: path.to_owned(), source };
    let place = replace::place_of(path).map_err(failed)?;
    if generate::is_part_of(&folder.canonicalize().map_err(failed)?, &place) {
        return Err(GenerateError::Part { path: path.to_owned() });
    }
    replace::replace(path, text.as_bytes()).map_err(failed)
}
