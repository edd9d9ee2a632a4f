//! `smoker.server.plugins.glusterfs`: the state of peers, volumes and healing,
//! as the `gluster` command reports it. Without one of the parameters that the
//! original did not have, the components are the original's.
//!
//! # Layout
//!
//! - `gluster`: runs the command and reads its XML
//! - `element`: an XML document as a tree
//! - `component`: a component with a status for each of its messages
//! - `peers`, `volumes`, `heal`: read its answers
//! - `summary`: the original's components

mod component;
mod element;
mod gluster;
mod heal;
mod peers;
mod summary;
mod volumes;

use smoker_model::messages::{Level, Messages};
use smoker_model::notation::shell_word;
use smoker_model::plugin::module::{ModuleKind, ModuleRequest};
use smoker_model::result::{ComponentResults, Findings};
use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::component::GlusterComponent;
use crate::checks::shipped::glusterfs::gluster::Gluster;
use crate::checks::shipped::glusterfs::heal::HealThresholds;
use crate::components::{self, level_of};
use crate::parameters::{Parameters, wrong};
use crate::spec::{Absence, ParameterSpec, ParameterType, Spec};

const CHECKS: [&str; 3] = ["peers", "volumes", "heal"];

/// Each of these asks for a component for each peer, volume and healing.
const DETAILS: [&str; 4] = ["Checks", "Volumes", "HealWarn", "HealError"];

/// The command of the original, unless another one is configured.
const GLUSTER: &str = "/usr/sbin/gluster";

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec {
        name: "Volume",
        accepts: ParameterType::Text,
        absence: Absence::Default("none"),
        meaning: "a volume to mount and unmount; only without the parameters below",
    },
    ParameterSpec {
        name: "Heal",
        accepts: ParameterType::Boolean,
        absence: Absence::Default("false"),
        meaning: "whether a component `Heal` tells of entries to heal; only without the parameters below",
    },
    ParameterSpec {
        name: "Checks",
        accepts: ParameterType::ChoiceList(&CHECKS),
        absence: Absence::Default("all three"),
        meaning: "what to look at, with a component for each",
    },
    ParameterSpec {
        name: "Volumes",
        accepts: ParameterType::TextList,
        absence: Absence::Default("all"),
        meaning: "volumes to look at; a named one has to exist and be started",
    },
    ParameterSpec {
        name: "HealWarn",
        accepts: ParameterType::Count,
        absence: Absence::Default("1"),
        meaning: "this number of entries to heal on a brick, or more, is a WARN",
    },
    ParameterSpec {
        name: "HealError",
        accepts: ParameterType::Count,
        absence: Absence::Default("never"),
        meaning: "this number of entries to heal on a brick, or more, is an ERROR",
    },
    ParameterSpec {
        name: "Gluster",
        accepts: ParameterType::Custom {
            form: "text or list of text",
            read: |_, value| Gluster::read(value).map(drop),
        },
        absence: Absence::Default("`gluster`"),
        meaning: "the command; a list for one with arguments: `[sudo, gluster]`",
    },
];

/// The declaration of this built-in.
pub(crate) const fn spec() -> Spec {
    Spec {
        name: "smoker.server.plugins.glusterfs",
        kind: ModuleKind::Plugin,
        meaning: "looks at peers, volumes and healing of GlusterFS",
        output: "the components `Peers`, `Volumes`, `Mount` and `Heal`; with `Checks`: `peer HOST`, `volume NAME` and `heal NAME`",
        parameters: PARAMETERS,
        needs_child: true,
        leaves_running: false,
        is_original: true,
    }
}

/// Runs the module.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    if DETAILS.iter().all(|name| parameters.get(name).is_none()) {
        let volume = parameters.text("Volume")?.filter(|volume| !volume.is_empty());
        let command = Gluster::configured(parameters)?
            .map(|words| words.iter().map(|word| shell_word::quoted(word)).collect::<Vec<_>>().join(" "));
        let command = command.unwrap_or_else(|| GLUSTER.to_owned());
        let heals = parameters.flag("Heal")?;
        let mut found = summary::components(&command, volume.as_deref(), request.timeout);
        if heals {
            add_all(&mut found, [healing(parameters)]);
        }
        return components::findings(found);
    }
    let checks = checks(parameters)?;
    let wanted = parameters.texts("Volumes")?;
    let limits = HealThresholds::of(parameters)?;
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

/// The component `Heal`: all volumes that can heal, beside the original's components.
fn healing(parameters: Parameters<'_>) -> GlusterComponent {
    let remarks = remarks_of_healing(parameters)
        .unwrap_or_else(|reason| vec![(Status::Error, format!("cannot check healing: {reason}"))]);
    GlusterComponent { name: "Heal".to_owned(), remarks }
}

fn remarks_of_healing(parameters: Parameters<'_>) -> Result<Vec<(Status, String)>, String> {
    let gluster = match parameters.get("Gluster") {
        Some(command) => Gluster::read(command)?,
        None => Gluster::read(&GLUSTER.into())?,
    };
    let limits = HealThresholds::of(parameters)?;
    let mut remarks = Vec::new();
    for volume in volumes::read_info(&gluster.ask(&["volume", "info"])?) {
        if volume.is_started && volume.can_heal {
            let answer = gluster.ask(&["volume", "heal", &volume.name, "info"])?;
            let of_volume = heal::read(&volume.name, &answer, limits).remarks.into_iter();
            remarks.extend(of_volume.map(|(status, text)| (status, format!("Volume {}: {text}", volume.name))));
        }
    }
    Ok(remarks)
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

fn add_all(found: &mut ComponentResults, parts: impl IntoIterator<Item = GlusterComponent>) {
    for part in parts {
        let mut messages = Messages::new();
        for (status, text) in &part.remarks {
            messages.add(level_of(*status), text);
        }
        let status = part.remarks.iter().fold(Status::Ok, |worst, (status, _)| components::worse(worst, *status));
        found.add(&part.name, status, &messages);
    }
}
