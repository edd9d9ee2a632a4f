//! The REST interface over HTTP.
//!
//! # Layout
//!
//! - `server`: accepts connections and serves them
//! - `places`: the bound on connections
//! - `idle`: which connections wait for a request, and so may be evicted
//! - `patience`: the time limit for a peer that does not read its response
//! - `limits`: how much a client may ask
//! - `api`: the pages
//! - `embedded`: pages without a daemon, for other programs

pub(crate) mod api;
pub mod embedded;
pub(crate) mod idle;
pub mod limits;
pub(crate) mod patience;
pub(crate) mod places;
pub(crate) mod server;
