//! Keys whose names were parameters of the user's own before they meant something: a value that cannot be meant for the key sets nothing.

use smoker_model::value::Value;

/// A key whose value is a plain parameter, and why.
pub(crate) type Warning = (&'static str, String);

/// Reads values of these keys, each once.
pub(crate) struct AddedKeys<F> {
    get: F,
    warnings: Vec<Warning>,
}

impl<'a, F: Fn(&str) -> Option<&'a Value>> AddedKeys<F> {
    /// With what gives the value of a key.
    pub(crate) const fn of(get: F) -> Self {
        Self { get, warnings: Vec::new() }
    }

    /// The value of a key; none when it is not set, or cannot be meant for the key: then there is a warning.
    pub(crate) fn read<T>(&mut self, key: &'static str, read: impl Fn(&Value) -> Result<T, String>) -> Option<T> {
        match read((self.get)(key)?) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.warnings.push((key, format!("{key} {reason}; it is a plain parameter and sets nothing")));
                None
            }
        }
    }

    /// What could not be meant.
    pub(crate) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }
}
