//! The files that `build.mjs` has made of `page/`; do not edit this one.

/// The script, with its name.
pub(crate) const SCRIPT: (&str, &str) = ("page-da7980886966.js", include_str!("../built/page-da7980886966.js"));
/// The script of the grid of a fleet, with its name.
pub(crate) const FLEET_SCRIPT: (&str, &str) = ("fleet-a0922bd872d1.js", include_str!("../built/fleet-a0922bd872d1.js"));
/// The style sheet, with its name.
pub(crate) const STYLE: (&str, &str) = ("page-67dad848eaf3.css", include_str!("../built/page-67dad848eaf3.css"));
/// The page itself.
pub(crate) const INDEX: &str = include_str!("../built/index.html");
