//! Finds, for each placeholder of a template, its place in the shell's grammar
//! (POSIX.1-2017, XCU chapter 2, and what bash adds to it).
//!
//! Only the template's own text is read here, never a value. The scan does
//! not judge whether the text is a correct program; it asks at each point in
//! which quotes the shell is. Where dash, bash and busybox would give
//! different answers it calls everything from there on uncertain.

mod code;
mod expansion;
mod here_document;
mod quotes;
pub(crate) mod scanner;

use crate::template::scan::code::CodeEnd;
use crate::template::scan::scanner::{Scan, ScanItem, ShellScanner};

/// Scans a template.
pub(crate) fn scan(items: &[ScanItem]) -> Scan {
    let mut scanner = ShellScanner::new(items);
    scanner.code(CodeEnd::Text);
    scanner.finish()
}

#[cfg(test)]
mod tests;
