//! Who may do what.
//!
//! # Layout
//!
//! - `authorized_clients`: the keys that may ask; `client_lines`: adds and removes their lines; `tokens`: the tokens
//! - `bearer`: the `Authorization` header
//! - `grant`: what an entry gives; `scope`: the plugins that it is for; `expiry`: until when
//! - `entry`: the syntax of a line; `first_identity`: what the first entry of a host changes, in words

pub mod authorized_clients;
pub mod bearer;
pub mod client_lines;
pub mod entry;
pub mod expiry;
pub mod first_identity;
pub mod grant;
pub mod scope;
pub mod tokens;
