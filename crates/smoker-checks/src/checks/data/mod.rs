//! Databases and caches: their greeting, and a trivial query where no secret is needed.
//!
//! # Layout
//!
//! - `redis`, `memcached`, `postgres`, `mysql`: one protocol each
//! - `server`: what they have in common: addresses, connection, times

pub(crate) mod memcached;
pub(crate) mod mysql;
pub(crate) mod postgres;
pub(crate) mod redis;

mod server;
