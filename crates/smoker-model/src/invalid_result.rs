//! Why something that a plugin gave is not a result.

use thiserror::Error;

/// What is wrong with a result, in the original's words.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct InvalidResult(pub String);
