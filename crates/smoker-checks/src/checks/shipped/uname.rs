//! `smoker.server.plugins.uname`: OK, with the five fields of `uname(2)`.

use crate::spec::Spec;
use nix::sys::utsname;
use smoker_model::messages::{Level, Messages};
use smoker_model::result::Findings;
use smoker_model::status::Status;

use smoker_model::plugin::module::{ModuleKind, ModuleRequest};

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.server.plugins.uname",
        kind: ModuleKind::Plugin,
        meaning: "shows the system's name",
        output: "a message",
        parameters: &[],
        needs_child: false,
        leaves_running: false,
        is_original: true,
    }
}

/// Runs the module. It has no parameters.
pub(crate) fn run(_request: &ModuleRequest) -> Result<Findings, String> {
    let name = utsname::uname().map_err(|error| format!("uname failed: {error}"))?;
    let parts = [name.sysname(), name.nodename(), name.release(), name.version(), name.machine()];
    let words: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
    Ok(Findings::new(Status::Ok, Messages::of(Level::Info, &words.join(" "))))
}
