//! The report as a document: a file of HTML, a table of Markdown.

pub mod html;
pub(crate) mod markdown;
