//! Appends formatted text without a temporary string.

use std::fmt::{Arguments, Write};

/// Appends formatted text.
pub(crate) fn append(page: &mut String, text: Arguments<'_>) {
    // Writing to memory fails only if a value fails to be formatted, and none here does.
    let _ = page.write_fmt(text);
}
