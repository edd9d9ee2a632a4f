//! Reads the answer to `gluster volume heal NAME info`.

use smoker_model::status::Status;

use crate::checks::shipped::glusterfs::component::GlusterComponent;
use crate::checks::shipped::glusterfs::element::Element;
use crate::parameters::Parameters;

/// The numbers of entries to heal from which a brick is a WARN or an ERROR.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HealThresholds {
    warn: u64,
    error: u64,
}

impl HealThresholds {
    pub(crate) fn of(parameters: Parameters<'_>) -> Result<Self, String> {
        let count = |name| parameters.count(name);
        Ok(Self { warn: count("HealWarn")?.unwrap_or(1), error: count("HealError")?.unwrap_or(u64::MAX) })
    }
}

/// The component of a volume's healing.
pub(crate) fn read(volume: &str, answer: &Element, limits: HealThresholds) -> GlusterComponent {
    let bricks = answer.all(&["healInfo", "bricks", "brick"]);
    let mut remarks: Vec<_> = bricks.iter().map(|brick| remark(brick, limits)).collect();
    if remarks.is_empty() {
        remarks.push((Status::Error, "Gluster reports no brick".to_owned()));
    }
    GlusterComponent { name: format!("heal {volume}"), remarks }
}

fn remark(brick: &Element, limits: HealThresholds) -> (Status, String) {
    let (name, state) = (brick.text_of("name"), brick.text_of("status"));
    // A brick that is away has a hyphen for a number.
    let Ok(entries) = brick.text_of("numberOfEntries").parse::<u64>() else {
        return (Status::Error, format!("{name}: {state}"));
    };
    let text = format!("{name}: {entries} entries to heal");
    match entries {
        0 => (Status::Ok, text),
        many if many >= limits.error => (Status::Error, text),
        many if many >= limits.warn => (Status::Warn, text),
        _ => (Status::Ok, text),
    }
}
