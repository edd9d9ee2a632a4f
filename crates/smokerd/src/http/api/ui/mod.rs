//! What browsers are shown.
//!
//! # Layout
//!
//! - `page`: the page and its files; they have nothing of the plugins in them
//! - `table`: `GET /ui/table`, which needs no scripts

pub(super) mod page;
pub(super) mod table;
