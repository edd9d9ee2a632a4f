//! `GET /metrics`: plugins and the daemon itself, for Prometheus.
//!
//! # Layout
//!
//! - `show`: the answer
//! - `accept`: the format that a client asks for
//! - `kept`: the part of the page that shows plugins, kept until anything on it changes
//! - `plugin_lines`: what the newest result of a plugin says, as lines of the page
//! - `plugin_page`: all metrics of plugins
//! - `daemon_gauges`: the metrics of the daemon itself

pub(crate) mod daemon_gauges;
pub(crate) mod kept;
pub(crate) mod show;

mod accept;
mod plugin_lines;
mod plugin_page;
