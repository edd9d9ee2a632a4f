//! The files that `build.mjs` has made of `page/`; do not edit this one.

/// The script, with its name.
pub(crate) const SCRIPT: (&str, &str) = ("page-a85399102a43.js", include_str!("../built/page-a85399102a43.js"));
/// The style sheet, with its name.
pub(crate) const STYLE: (&str, &str) = ("page-aba03ed656d8.css", include_str!("../built/page-aba03ed656d8.css"));
/// The page itself.
pub(crate) const INDEX: &str = include_str!("../built/index.html");
