//! Formats straight into the page.

use std::fmt::{Arguments, Write};

/// Appends formatted text.
pub(super) fn put(page: &mut String, text: Arguments<'_>) {
    // Writing to memory fails only if a value refuses to be displayed, and those here do not.
    let _ = page.write_fmt(text);
}
