//! Reads the answer to `gluster peer status`.

use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::component::GlusterComponent;
use crate::checks::shipped::glusterfs::element::Element;

/// A component for each peer.
pub(crate) fn read(answer: &Element) -> Vec<GlusterComponent> {
    answer.all(&["peerStatus", "peer"]).into_iter().map(part).collect()
}

fn part(peer: &Element) -> GlusterComponent {
    let state = peer.text_of("stateStr");
    // 3 is `Peer in Cluster`; the others are steps of joining and leaving, or a rejection.
    let remark = match (peer.text_of("connected"), peer.text_of("state")) {
        ("1", "3") => (Status::Ok, format!("Connected, {state}")),
        ("1", _) => (Status::Warn, format!("Connected, but {state}")),
        _ => (Status::Error, format!("Disconnected, {state}")),
    };
    GlusterComponent { name: format!("peer {}", peer.text_of("hostname")), remarks: vec![remark] }
}
