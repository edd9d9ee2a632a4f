//! What is wrong with a parameter.

/// A mistake in the parameters of a built-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParameterFault {
    /// The parameter as the configuration writes it; none when it is missing.
    pub parameter: Option<String>,
    /// What is wrong, and what to do. A secret value is never part of it.
    pub reason: String,
    /// Whether the built-in runs all the same, and it may be meant so: a parameter of the user's own whose name is near to a known one by
    /// chance, or a limit that never shows.
    pub is_guess: bool,
}
