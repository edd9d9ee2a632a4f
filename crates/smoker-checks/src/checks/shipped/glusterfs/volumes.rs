//! Reads the answers to `gluster volume info` and `gluster volume status all`.

use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::component::GlusterComponent;
use crate::checks::shipped::glusterfs::element::Element;

/// A volume as it is configured.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    pub(crate) name: String,
    pub(crate) is_started: bool,
    state: String,
    /// Whether it has copies or redundancy.
    pub(crate) can_heal: bool,
}

/// The volumes of `volume info`.
pub(crate) fn read_info(answer: &Element) -> Vec<Volume> {
    let volumes = answer.all(&["volInfo", "volumes", "volume"]);
    let count = |volume: &Element, name: &str| volume.text_of(name).parse::<u32>().unwrap_or(0);
    volumes
        .into_iter()
        .map(|volume| Volume {
            name: volume.text_of("name").to_owned(),
            is_started: volume.text_of("status") == "1",
            state: volume.text_of("statusStr").to_owned(),
            can_heal: count(volume, "replicaCount") > 1 || count(volume, "disperseCount") > 0,
        })
        .collect()
}

/// A component for each volume, and for each that is wanted but does not exist.
pub(crate) fn read_status(
    volumes: &[Volume],
    status: Option<&Element>,
    wanted: Option<&[String]>,
) -> Vec<GlusterComponent> {
    let nodes_of = |name: &str| {
        let all = status.map(|status| status.all(&["volStatus", "volumes", "volume"])).unwrap_or_default();
        all.into_iter()
            .filter(|volume| volume.text_of("volName") == name)
            .flat_map(|volume| volume.all(&["node"]))
            .collect::<Vec<_>>()
    };
    let mut parts: Vec<_> = volumes
        .iter()
        .map(|volume| {
            let remarks = match (volume.is_started, wanted) {
                (true, _) => nodes(&nodes_of(&volume.name)),
                (false, Some(_)) => vec![(Status::Error, format!("Not started, {}", volume.state))],
                (false, None) => vec![(Status::Warn, format!("Not started, {}", volume.state))],
            };
            GlusterComponent { name: format!("volume {}", volume.name), remarks }
        })
        .collect();
    let missing = wanted.unwrap_or_default().iter().filter(|name| !volumes.iter().any(|volume| volume.name == **name));
    parts.extend(missing.map(|name| GlusterComponent {
        name: format!("volume {name}"),
        remarks: vec![(Status::Error, "There is no such volume".to_owned())],
    }));
    parts
}

fn nodes(nodes: &[&Element]) -> Vec<(Status, String)> {
    let (online, offline): (Vec<&Element>, Vec<&Element>) =
        nodes.iter().partition(|node| node.text_of("status") == "1");
    let mut remarks = Vec::new();
    if nodes.is_empty() {
        remarks.push((Status::Error, "Its bricks are unknown to gluster volume status".to_owned()));
    }
    if !online.is_empty() {
        let names: Vec<_> = online.iter().map(|node| node_name(node)).collect();
        remarks.push((Status::Ok, format!("Online: {}", names.join(", "))));
    }
    remarks.extend(offline.iter().map(|node| (Status::Error, format!("Offline: {}", node_name(node)))));
    remarks
}

/// A brick as `host:path`; a service such as the self-heal daemon with the host it runs on.
fn node_name(node: &Element) -> String {
    let (host, path) = (node.text_of("hostname"), node.text_of("path"));
    if path.starts_with('/') { format!("{host}:{path}") } else { format!("{host} on {path}") }
}
