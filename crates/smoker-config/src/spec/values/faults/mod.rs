//! Values that cannot be meant.
//!
//! # Layout
//!
//! - `wrong_kind`: what to say about values of the wrong kind
//! - `near_members`: misspelt members of a mapping
//! - `repeated_names`: names above what a plugin runs
//! - `unexpanded`: variables that nothing expands

pub(crate) mod near_members;
pub(crate) mod repeated_names;
pub(crate) mod unexpanded;
pub(crate) mod wrong_kind;
