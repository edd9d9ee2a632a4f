//! Metrics as Prometheus reads them.
//!
//! # Layout
//!
//! - `exposition`: a page of metrics, in the text format 0.0.4 or as OpenMetrics 1.0
//! - `family`: what a metric is called, and what it is
//! - `plugin_families`: the metrics of a plugin that both programs show

pub mod exposition;
pub mod family;
pub mod plugin_families;
