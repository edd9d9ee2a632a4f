//! `GET /events`: what happens, as server-sent events.
//!
//! # Layout
//!
//! - `show`: the page
//! - `listener`: the task that writes the events of one client
//! - `wanted`: which events a client wants
//! - `message`: events as text
//! - `body`: the body of the response

mod body;
mod listener;
mod message;
mod wanted;

pub(crate) mod show;
