//! The files that `build.mjs` has made of `page/`; do not edit this one.

/// The script, with its name.
pub(crate) const SCRIPT: (&str, &str) = ("page-0af72135e747.js", include_str!("../built/page-0af72135e747.js"));
/// The style sheet, with its name.
pub(crate) const STYLE: (&str, &str) = ("page-ed00d872849d.css", include_str!("../built/page-ed00d872849d.css"));
/// The page itself.
pub(crate) const INDEX: &str = include_str!("../built/index.html");
