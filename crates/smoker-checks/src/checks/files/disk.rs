//! `Check: disk`: how full file systems are, in space and in inodes, and whether they can be written.

use std::collections::HashSet;

use nix::sys::statvfs::{Statvfs, statvfs};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::fan_out::{self, Deadline};
use crate::checks::files::mount_table::{self, Mount};
use crate::matchers::glob;
use crate::measure::declaration::Measure;
use crate::measure::thresholds::Thresholds;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};
use crate::unit::Unit;

const MEASURES: &[Measure] = &[
    Measure {
        name: "Used",
        unit: Unit::Percent,
        meaning: "space in use, as `df` counts it: of what is not kept for root",
        warn: Some("> 85%"),
        error: Some("> 95%"),
    },
    Measure {
        name: "Inodes",
        unit: Unit::Percent,
        meaning: "inodes in use, where the file system counts them",
        warn: Some("> 85%"),
        error: Some("> 95%"),
    },
    Measure { name: "Free", unit: Unit::Bytes, meaning: "space that is left", warn: None, error: None },
];

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::optional(
        "Mounts",
        ParameterType::Targets,
        "each file system with a device of its own, but for images",
        "mount points to look at, with `*` and `?` for several; each has to be mounted",
    ),
    ParameterSpec::optional("Mount", ParameterType::Targets, "as `Mounts`", "as `Mounts`, for one"),
    ParameterSpec::optional("Ignore", ParameterType::TextList, "none", "mount points to leave out, with `*` and `?`"),
    ParameterSpec::optional(
        "Types",
        ParameterType::TextList,
        "any",
        "types of file systems, such as ext4; others are left out",
    ),
    ParameterSpec::optional(
        "Writable",
        ParameterType::Boolean,
        "false",
        "whether each read-only file system is an ERROR; one that the kernel made read-only after errors always is",
    ),
    ParameterSpec::warn(MEASURES),
    ParameterSpec::error(MEASURES),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Disk:
  Check: disk
  Mount: /
  Warn: \"> 98%\"
  Error: [\"> 99.9%\", \"< 1M\"]
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check(
        "disk",
        "compares the space and the inodes of file systems with limits",
        "a component for each mount point",
        PARAMETERS,
    )
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let thresholds = Thresholds::of(parameters, MEASURES)?;
    let wanted = parameters.targets("Mounts", "Mount")?;
    let ignored = parameters.texts("Ignore")?.unwrap_or_default();
    let types = parameters.texts("Types")?.unwrap_or_default();
    let is_writable_wanted = parameters.flag("Writable")?;
    let mut all = mount_table::mounts()?;
    all.retain(|mount| !ignored.iter().any(|pattern| glob::matches(pattern, &mount.point)));
    all.retain(|mount| types.is_empty() || types.contains(&mount.kind));
    let mut report = Report::default();
    let chosen = match &wanted {
        None => with_device(&all),
        Some(wanted) => {
            let mut chosen: Vec<Mount> = Vec::new();
            for pattern in wanted {
                let found = meant(pattern, &all);
                if found.is_empty() {
                    report.add(Component::failed(pattern, &missing(pattern, &all)));
                }
                chosen.extend(found.into_iter().filter(|mount| !chosen.contains(mount)).collect::<Vec<_>>());
            }
            chosen
        }
    };
    if wanted.is_none() && chosen.is_empty() {
        return Err("no file system is left to look at: name Mounts, or correct Ignore and Types".to_owned());
    }
    let deadline = Deadline::of(request.timeout, chosen.len());
    for (mount, space) in fan_out::each(&chosen, deadline, |mount: &Mount| statvfs(mount.point.as_str())) {
        report.add(match space {
            None => Component::failed(mount.point, &deadline.passed()),
            Some(Err(error)) => Component::failed(mount.point, &format!("its space is not known: {}", error.desc())),
            Some(Ok(space)) => judge(&mount, &space, is_writable_wanted, &thresholds),
        });
    }
    report.findings()
}

/// The mounts that the configuration names.
fn meant(pattern: &str, all: &[Mount]) -> Vec<Mount> {
    let pattern = Some(pattern.trim_end_matches('/')).filter(|pattern| !pattern.is_empty()).unwrap_or("/");
    mount_table::meant(pattern, all).into_iter().cloned().collect()
}

/// The file systems for files of somebody's own, each once: a directory that is mounted at a second place is as full there.
fn with_device(all: &[Mount]) -> Vec<Mount> {
    const IMAGES: [&str; 2] = ["/dev/loop", "/dev/sr"];
    const OTHERS: [&str; 4] = ["overlay", "zfs", "btrfs", "bcachefs"];
    let mut seen = HashSet::new();
    let is_chosen = |mount: &&Mount| {
        let is_image = IMAGES.iter().any(|image| mount.source.starts_with(image)) || mount.kind == "squashfs";
        let has_device = mount.source.starts_with('/') || OTHERS.contains(&mount.kind.as_str());
        mount.point == "/" || (has_device && !is_image)
    };
    let mut chosen: Vec<_> = all.iter().filter(is_chosen).collect();
    chosen.sort_by_key(|mount| mount.point.len());
    chosen.into_iter().filter(|mount| seen.insert(mount.device.clone())).cloned().collect()
}

/// Why nothing is found, and where the path lies instead.
fn missing(pattern: &str, all: &[Mount]) -> String {
    if glob::is_pattern(pattern) {
        return "no mount point is like that".to_owned();
    }
    let holds = |mount: &&Mount| {
        let point = mount.point.trim_end_matches('/');
        pattern.strip_prefix(point).is_some_and(|rest| rest.starts_with('/'))
    };
    let above = all.iter().filter(holds).max_by_key(|mount| mount.point.len());
    let above = above.map(|mount| format!("; it lies on {}", mount.point)).unwrap_or_default();
    format!("wanted a mounted file system, got none{above}")
}

fn judge(mount: &Mount, space: &Statvfs, is_writable_wanted: bool, thresholds: &Thresholds) -> Component {
    let mut component = Component::new(&mount.point);
    let (blocks, free, available) =
        (number(space.blocks()), number(space.blocks_free()), number(space.blocks_available()));
    let size = number(space.fragment_size());
    let used = blocks - free;
    if blocks > 0.0 {
        let whole = used + available;
        component.number(thresholds, "Used", if whole > 0.0 { used / whole * 100.0 } else { 100.0 });
        component.number(thresholds, "Free", available * size);
        component.fact(format!("of {}", Unit::Bytes.show(blocks * size)));
    } else {
        component.fact(format!("{} has no space that is counted", mount.kind));
    }
    let (files, unused) = (number(space.files()), number(space.files_free()));
    if files > 0.0 {
        component.number(thresholds, "Inodes", (files - unused) / files * 100.0);
    }
    for name in ["Used", "Free"] {
        component.require(thresholds, name, &format!("{} has no space that is counted", mount.kind));
    }
    if mount.is_forced_read_only() {
        component.error(
            "wanted writable, got read-only: the kernel makes a file system read-only after errors; see its log",
        );
    } else if mount.is_read_only() && is_writable_wanted {
        component.error("wanted writable, got read-only");
    }
    component
}

#[expect(clippy::cast_precision_loss, reason = "a percentage needs fewer digits")]
fn number(count: impl Into<u64>) -> f64 {
    count.into() as f64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    #[test]
    fn the_root_is_looked_at_and_what_is_not_mounted_is_an_error() {
        let answer = |parameters| run(&plugin("disk", parameters)).expect("findings");
        let never = json!({"Used": "never", "Inodes": "never"});
        let found = answer(json!({"Mount": "/", "Error": never}));
        assert_eq!(found.status.as_str(), "OK");
        assert_eq!(found.perfdata[0].label, "/ Used");
        assert_eq!(answer(json!({"Mount": "/", "Error": ">= 0%"})).status.as_str(), "ERROR");
        let missing = answer(json!({"Mounts": ["/no/such/mount"]}));
        let parts = missing.component_results.expect("components");
        let text = parts.as_json()["/no/such/mount"]["messages"]["error"][0].as_str().expect("an error").to_owned();
        assert_eq!(text, "wanted a mounted file system, got none; it lies on /");
        assert_eq!(answer(json!({"Mount": "/proc"})).status.as_str(), "OK");
        assert_eq!(answer(json!({"Mount": "/proc", "Error": "> 90%"})).status.as_str(), "ERROR", "nothing is measured");
        assert!(run(&plugin("disk", json!({"Types": "no such type"}))).is_err());
        assert!(run(&plugin("disk", json!({"Mounts": []}))).is_err());
    }

    #[test]
    fn without_mounts_each_device_counts_once_and_images_do_not() {
        let mount = |device: &str, point: &str, source: &str, kind: &str| Mount {
            device: device.to_owned(),
            point: point.to_owned(),
            kind: kind.to_owned(),
            source: source.to_owned(),
            options: Vec::new(),
            of_file_system: Vec::new(),
        };
        let all = [
            mount("8:1", "/etc/hosts", "/dev/sda1", "ext4"),
            mount("0:5", "/", "overlay", "overlay"),
            mount("8:1", "/data", "/dev/sda1", "ext4"),
            mount("7:0", "/snap/x", "/dev/loop0", "squashfs"),
            mount("0:6", "/proc", "proc", "proc"),
        ];
        let points: Vec<_> = with_device(&all).into_iter().map(|mount| mount.point).collect();
        assert_eq!(points, ["/", "/data"]);
    }
}
