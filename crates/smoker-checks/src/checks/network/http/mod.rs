//! `Check: http`: web servers and interfaces: status, headers, body, times and certificate.
//!
//! # Layout
//!
//! - `check`: the declaration and the run
//! - `url`: addresses of pages
//! - `status`: codes that are wanted
//! - `client`: one request, with its phases
//! - `kept`: a connection for several requests
//! - `answer`: reads an answer of HTTP/1.1
//! - `body`: its body as text

pub(crate) mod check;

pub(crate) mod answer;
mod body;
pub(crate) mod client;
pub(crate) mod kept;
mod status;
pub(crate) mod url;
