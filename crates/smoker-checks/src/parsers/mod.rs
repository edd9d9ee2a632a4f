//! A command's output becomes findings.
//!
//! # Layout
//!
//! - `tap`: the Test Anything Protocol
//! - `junit`: JUnit XML
//! - `json`: any JSON, judged by parameters
//! - `regex`: patterns over lines
//! - `expect`: exit status and output as they should be
//! - `nagios`: monitoring plugins
//! - `varnish`: lists of backends by `varnishadm`
//! - `jmx`: self-tests over JMX

pub(crate) mod expect;
pub(crate) mod jmx;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod nagios;
pub(crate) mod regex;
pub(crate) mod tap;
pub(crate) mod varnish;
