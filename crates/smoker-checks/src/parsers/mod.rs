//! What a command printed becomes findings.
//!
//! # Layout
//!
//! - `tap`: the Test Anything Protocol
//! - `junit`: JUnit XML
//! - `json`: any JSON, judged by parameters
//! - `regex`: patterns over lines
//! - `nagios`: monitoring plugins
//! - `varnishparser`: `varnishadm`
//! - `jmxparser`: a self-test over JMX

pub(crate) mod jmxparser;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod nagios;
pub(crate) mod regex;
pub(crate) mod tap;
pub(crate) mod varnishparser;
