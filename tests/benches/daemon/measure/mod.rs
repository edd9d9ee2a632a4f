//! The measures, each with what it is held against. `docs/benchmarks.md` explains them.

pub(crate) mod built_in;
pub(crate) mod checks;
pub(crate) mod ending;
pub(crate) mod forced_result;
pub(crate) mod get_plugins;
pub(crate) mod journal;
pub(crate) mod lateness;
pub(crate) mod listeners;
pub(crate) mod memory;
pub(crate) mod metrics;
pub(crate) mod module_run;
pub(crate) mod page;
