//! The files that `build.mjs` has made of `page/`; do not edit this one.

/// The script, with its name.
pub(crate) const SCRIPT: (&str, &str) = ("page-fe46d3178130.js", include_str!("../built/page-fe46d3178130.js"));
/// The script of the grid of a fleet, with its name.
pub(crate) const FLEET_SCRIPT: (&str, &str) = ("fleet-d7380a2a2169.js", include_str!("../built/fleet-d7380a2a2169.js"));
/// The style sheet, with its name.
pub(crate) const STYLE: (&str, &str) = ("page-835535581e6a.css", include_str!("../built/page-835535581e6a.css"));
/// The page itself.
pub(crate) const INDEX: &str = include_str!("../built/index.html");
