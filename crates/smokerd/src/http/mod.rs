//! The REST interface over HTTP.
//!
//! # Layout
//!
//! - `server`: accepts connections and hands them to `connections`
//! - `listener`: what it accepts them from
//! - `tls`: the daemon's key and certificate, and handshakes
//! - `connections`: how many there are, which of them are idle, and how one is served
//! - `access`: who may send a request, and the access log
//! - `api`: the pages
//! - `router`: the pages behind the access checks
//! - `browser_request`: which requests the page for browsers answers
//! - `json_response`: JSON as a response
//! - `audited`: what a page has done, for the audit log
//! - `shown_target`: the target of a request without its secrets, for the access log
//! - `gzip`: compressed pages
//! - `streamed_body`: bodies that are written while they are sent
//! - `held_pages`: what the pages that are being sent keep in memory
//! - `body_budget`: the memory of the bodies that clients send
//! - `limits`: how much a client may ask for
//!
//! `server` and `router` stand at the top; `access` and `api` do not know each other. Of the daemon's other rooms
//! only `results`, `scheduler`, `state_folder` and `os` are used here.

mod audited;
mod body_budget;
mod browser_request;
mod gzip;
mod held_pages;
mod json_response;
mod limits;
mod shown_target;
mod streamed_body;

pub(crate) mod access;
pub(crate) mod api;
pub(crate) mod connections;
pub(crate) mod listener;
pub(crate) mod router;
pub(crate) mod server;
pub(crate) mod tls;
