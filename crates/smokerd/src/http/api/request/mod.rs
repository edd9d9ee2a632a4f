//! What the URL, the body and the headers of a request ask for.
//!
//! - `query`, `instant`: the URL
//! - `request_body`, `selection`: the body
//! - `wait`: requests that wait; `conditional`: pages that a client has already, and compressed ones

pub(super) mod conditional;
pub(super) mod instant;
pub(super) mod query;
pub(super) mod request_body;
pub(super) mod selection;
pub(super) mod wait;
