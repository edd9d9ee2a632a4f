//! Metrics and results for a collector of the OpenTelemetry protocol (OTLP/HTTP with JSON), whose messages are in `smoker_checks::otlp`.
//!
//! # Layout
//!
//! - `export`: what runs while there is a collector, and how a reload changes it
//! - `metrics_page`: the page of metrics that is sent
//! - `metric_export`: the task that sends metrics
//! - `result_export`: the task that sends results
//! - `collector`: one request, and what its answer means
//! - `trouble`: what is logged of requests that did not succeed
//! - `backoff`: how long is waited after a request that failed
//! - `cursor`: up to which result the collector has all
//! - `points`: a page of metrics as data points
//! - `log_record`: a result as a log record
//! - `limits`: how much is sent at once
//! - `gauges`: what metrics say of all this

pub(crate) mod cursor;
pub(crate) mod export;
pub(crate) mod gauges;
pub(crate) mod metrics_page;

mod backoff;
mod collector;
mod limits;
mod log_record;
mod metric_export;
mod points;
mod result_export;
mod trouble;
