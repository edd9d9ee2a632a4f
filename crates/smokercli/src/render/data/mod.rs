//! The report as data for other programs.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod prometheus;
pub mod template;
pub(super) mod xml;
