//! A value that came from the environment or from a file of its own, and is shown nowhere.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// What is shown in place of a secret.
pub const MASK: &str = "***";

/// A text that `!env` or `!file` gave. Whatever prints, logs or serializes it writes [`MASK`]; the one way to the text is
/// [`Secret::expose`], for what a plugin's processes are given.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    text: Arc<str>,
    source: SecretSource,
}

/// Where a secret comes from, which is no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecretSource {
    /// `!env NAME`
    Environment(String),
    /// `!file PATH`
    File(PathBuf),
    /// The request for a forced run.
    Request,
}

impl Secret {
    /// A secret with its text.
    #[must_use]
    pub fn new(text: &str, source: SecretSource) -> Self {
        Self { text: text.into(), source }
    }

    /// The text, for what a plugin's processes are given. It must not become part of a message, a log or a page.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// Where it comes from.
    #[must_use]
    pub fn source(&self) -> &SecretSource {
        &self.source
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.source)
    }
}

/// The tag with its argument, as the configuration has it.
impl fmt::Display for SecretSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Environment(name) => write!(f, "!env {name}"),
            Self::File(path) => write!(f, "!file {}", path.display()),
            Self::Request => f.write_str(MASK),
        }
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(MASK)
    }
}
