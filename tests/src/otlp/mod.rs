//! A collector of the OpenTelemetry protocol for tests.
//!
//! # Layout
//!
//! - `collector`: keeps what it gets, and fails the test when it has what the protocol has not
//! - `fields`: the fields that messages of the protocol may have

pub mod collector;
pub mod fields;
