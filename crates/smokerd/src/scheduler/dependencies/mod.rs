//! Plugins that depend on others (`DependsOn`), or follow them (`After`).
//!
//! # Layout
//!
//! - `following`: tells them what became of those; `parents`: what their tasks do about that
//! - `relations`: who depends on whom, downwards
//! - `judgement`: whether what a plugin shows may be the fault of one that it depends on
//! - `ancestors`: who depends on whom, upwards

pub(crate) mod ancestors;
pub(crate) mod following;
pub(crate) mod judgement;
pub(crate) mod parents;
pub(crate) mod relations;
