//! The files that `build.mjs` has made of `page/`; do not edit this one.

/// The script, with its name.
pub(crate) const SCRIPT: (&str, &str) = ("page-8f0ab7d06332.js", include_str!("../built/page-8f0ab7d06332.js"));
/// The script of the grid of a fleet, with its name.
pub(crate) const FLEET_SCRIPT: (&str, &str) = ("fleet-a0922bd872d1.js", include_str!("../built/fleet-a0922bd872d1.js"));
/// The style sheet, with its name.
pub(crate) const STYLE: (&str, &str) = ("page-835535581e6a.css", include_str!("../built/page-835535581e6a.css"));
/// The page itself.
pub(crate) const INDEX: &str = include_str!("../built/index.html");
