//! What the programs are made of: where it comes from, what it is allowed to
//! be, and where it may be unsafe. The lists are those of `.deny.toml`.

pub(crate) mod cargo;
mod deny_list;
mod dependencies;
mod justified;
mod license;
mod no_unsafe;
