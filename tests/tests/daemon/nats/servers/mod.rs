//! Servers that are several, or are not as a bridge would like them.
//!
//! # Layout
//!
//! - `cluster`: three servers, one of which is cut off
//! - `leaf`: a site with a server of its own
//! - `limited`: streams that take nothing, or not everything; no streams at all

mod cluster;
mod leaf;
mod limited;
