//! The report as test results, for continuous integration.

pub(super) mod junit;
pub(super) mod tap;
pub(super) mod tap14;
