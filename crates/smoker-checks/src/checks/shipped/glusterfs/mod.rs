//! `smoker.server.plugins.glusterfs`: the state of peers, volumes and healing,
//! as the `gluster` command tells it.
//!
//! # Layout
//!
//! - `gluster`: runs the command and reads its XML
//! - `element`: an XML document as a tree
//! - `part`: a component in the making
//! - `peers`, `volumes`, `heal`: what each of its answers means
//!
//! | parameter | meaning |
//! |---|---|
//! | `Checks` | list of `peers`, `volumes`, `heal`; default all three |
//! | `Volumes` | list of volumes to look at; default all. A named one has to exist and be started |
//! | `HealWarn`, `HealError` | how many entries to heal are a WARN (default 1) or an ERROR (default never) |
//! | `Gluster` | the command; default `gluster`, a list for one with arguments (`[sudo, gluster]`) |

mod element;
mod gluster;
mod heal;
mod part;
mod peers;
mod volumes;

use smoker_model::messages::{Level, Messages};
use smoker_model::module::ModuleRequest;
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::gluster::Gluster;
use crate::checks::shipped::glusterfs::heal::Limits;
use crate::checks::shipped::glusterfs::part::Part;
use crate::components::{self, level_of};
use crate::parameters::{Parameters, wrong};

const CHECKS: [&str; 3] = ["peers", "volumes", "heal"];

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let checks = checks(parameters)?;
    let wanted = parameters.texts("Volumes")?;
    let limits = Limits::of(parameters)?;
    let gluster = Gluster::of(parameters)?;
    let has = |check: &str| checks.iter().any(|wanted| wanted == check);
    let mut found = ComponentResults::new();
    if has("peers") {
        add_all(&mut found, peers::read(&gluster.ask(&["peer", "status"])?));
    }
    if has("volumes") || has("heal") {
        let mut volumes = volumes::read_info(&gluster.ask(&["volume", "info"])?);
        let is_wanted = |name: &str| wanted.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name));
        volumes.retain(|volume| is_wanted(&volume.name));
        if has("volumes") {
            let any_started = volumes.iter().any(|volume| volume.is_started);
            let status = if any_started { Some(gluster.ask(&["volume", "status", "all"])?) } else { None };
            add_all(&mut found, volumes::read_status(&volumes, status.as_ref(), wanted.as_deref()));
        }
        for volume in volumes.iter().filter(|volume| has("heal") && volume.is_started && volume.can_heal) {
            let answer = gluster.ask(&["volume", "heal", &volume.name, "info"])?;
            add_all(&mut found, [heal::read(&volume.name, &answer, limits)]);
        }
    }
    if found.as_json().is_empty() {
        return Ok(Findings::new(Status::Warn, Messages::of(Level::Warn, "No peers and no volumes found")));
    }
    components::findings(found)
}

fn checks(parameters: Parameters<'_>) -> Result<Vec<String>, String> {
    let Some(checks) = parameters.texts("Checks")? else {
        return Ok(CHECKS.map(str::to_owned).to_vec());
    };
    match checks.iter().find(|check| !CHECKS.contains(&check.as_str())) {
        Some(unknown) => Err(wrong("Checks", "a list of peers, volumes and heal", &unknown.clone().into())),
        None => Ok(checks),
    }
}

fn add_all(found: &mut ComponentResults, parts: impl IntoIterator<Item = Part>) {
    for part in parts {
        let mut messages = Messages::new();
        for (status, text) in &part.remarks {
            messages.add(level_of(*status), text);
        }
        let status = part.remarks.iter().fold(Status::Ok, |worst, (status, _)| components::worse(worst, *status));
        found.add(&part.name, status, &messages);
    }
}
