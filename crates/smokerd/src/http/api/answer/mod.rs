//! What answers are made of.
//!
//! - `view`: pages that show plugins, as bytes
//! - `error`: why a request has failed; `problem`: the same in the form of newer routes

pub(super) mod error;
pub(super) mod problem;
pub(super) mod view;
