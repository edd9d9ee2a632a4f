//! What came out of a case.

use std::fmt;

use serde_json::Value as Json;

/// The longest piece of an answer that a difference shows whole, in characters.
const SHOWN: usize = 170;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The step and the place in its answer: `[2] GET /plugins/plugins/items/0`.
    pub path: String,
    /// What was expected and what was found.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

/// The differences found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences(Vec<Difference>);

impl Differences {
    /// Adds one.
    pub fn add(&mut self, path: &str, what: impl Into<String>) {
        self.0.push(Difference { path: path.to_owned(), what: what.into() });
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Keeps those that a condition holds for.
    pub fn retain(&mut self, keep: impl FnMut(&Difference) -> bool) {
        self.0.retain(keep);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// One line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.0.iter().map(Difference::to_string).collect()
    }
}

/// What came out of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was as it should be.
    Pass,
    /// Something was not.
    Fail(Differences),
}

impl From<Differences> for Verdict {
    fn from(differences: Differences) -> Self {
        if differences.is_empty() { Self::Pass } else { Self::Fail(differences) }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("PASS"),
            Self::Fail(differences) => write!(f, "FAIL\n    {}", differences.lines().join("\n    ")),
        }
    }
}

/// A value as JSON text, cut in the middle when it is long.
#[must_use]
pub fn show(value: &Json) -> String {
    let text = value.to_string();
    let length = text.chars().count();
    if length < SHOWN {
        return text;
    }
    let head: String = text.chars().take(120).collect();
    let tail: String = text.chars().skip(length - 40).collect();
    format!("{head}...{tail}")
}
