//! The environment that `!env` reads. The caller gives it: this crate reads none itself.

use std::ffi::OsString;

/// Looks up a variable; none when there is no such variable.
pub type Environment = fn(&str) -> Option<OsString>;

/// Any variable, empty: for a reading that wants places and no values.
pub(crate) const ANY: Environment = |_| Some(OsString::new());
