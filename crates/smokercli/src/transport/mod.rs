//! How requests reach a daemon.
//!
//! # Layout
//!
//! - `web`: HTTP and HTTPS

pub mod web;
