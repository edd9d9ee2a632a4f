//! `Check: mount`: what is mounted, from where, and with which options.

use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::checks::files::mount_table::{self, Mount};
use crate::matchers::glob;
use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::optional(
        "Mounts",
        ParameterType::Targets,
        "each entry of `/etc/fstab` that is not `noauto`",
        "mount points, with `*` and `?` for several; each has to be mounted",
    ),
    ParameterSpec::optional("Mount", ParameterType::Targets, "as `Mounts`", "as `Mounts`, for one"),
    ParameterSpec::optional("Mounted", ParameterType::Boolean, "true", "false: nothing should be mounted there"),
    ParameterSpec::optional(
        "Types",
        ParameterType::TextList,
        "any",
        "the types of file systems, one of which it should have",
    ),
    ParameterSpec::optional("Source", ParameterType::Text, "any", "the device or the export, with `*` and `?`"),
    ParameterSpec::optional(
        "Options",
        ParameterType::TextList,
        "any",
        "options that it should be mounted with, such as noexec",
    ),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Proc:
  Check: mount
  Mount: /proc
  Types: proc
  Options: [rw]
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("mount", "looks at what is mounted, from where and how", "a component for each mount point", PARAMETERS)
}

/// What a mount should be like.
struct Wanted {
    types: Vec<String>,
    source: Option<String>,
    options: Vec<String>,
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let is_mounted = parameters.choice("Mounted")?.unwrap_or(true);
    let wanted = Wanted {
        types: parameters.texts("Types")?.unwrap_or_default(),
        source: parameters.text("Source")?,
        options: parameters.texts("Options")?.unwrap_or_default(),
    };
    let points = match parameters.targets("Mounts", "Mount")? {
        Some(points) => points,
        None => mount_table::wanted()?,
    };
    if points.is_empty() {
        return Err("/etc/fstab has no entry that should be mounted: name Mounts".to_owned());
    }
    if let Some(point) = points.iter().find(|point| !point.starts_with(['/', '*', '?'])) {
        return Err(format!("{point} has to begin with /: no mount point is like that"));
    }
    let all = mount_table::mounts()?;
    let mut report = Report::default();
    for pattern in points {
        let bare = Some(pattern.trim_end_matches('/')).filter(|bare| !bare.is_empty()).unwrap_or("/");
        let found = mount_table::meant(bare, &all);
        match (found.as_slice(), is_mounted) {
            ([], true) => report.add(Component::failed(bare, "wanted a mounted file system, got none")),
            ([], false) => {
                let mut component = Component::new(bare);
                component.fact("nothing is mounted");
                report.add(component);
            }
            (_, true) => found.into_iter().for_each(|mount| report.add(judge(mount, &wanted))),
            (_, false) => found.into_iter().for_each(|mount| {
                let reason = format!("wanted nothing mounted, got {} of the type {}", mount.source, mount.kind);
                report.add(Component::failed(&mount.point, &reason));
            }),
        }
    }
    report.findings()
}

fn judge(mount: &Mount, wanted: &Wanted) -> Component {
    let mut component = Component::new(&mount.point);
    component.fact(format!("{} of the type {}", mount.source, mount.kind));
    if !wanted.types.is_empty() && !wanted.types.contains(&mount.kind) {
        component.error(&format!("wanted the type {}, got {}", wanted.types.join(" or "), mount.kind));
    }
    if let Some(source) = wanted.source.as_ref().filter(|source| !glob::matches(source, &mount.source)) {
        component.error(&format!("wanted {source} mounted, got {}", mount.source));
    }
    let missing: Vec<_> = wanted.options.iter().filter(|option| !mount.has(option)).map(String::as_str).collect();
    if !missing.is_empty() {
        let mut own = mount.options.clone();
        own.extend(mount.of_file_system.iter().filter(|it| !mount.options.contains(it)).cloned());
        component.error(&format!("wanted the options {}, got {}", missing.join(", "), own.join(",")));
    }
    component
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    #[test]
    fn a_mount_point_is_found_by_any_of_its_paths() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink("/proc", &link).expect("a link");
        let status = |parameters| run(&plugin("mount", parameters)).expect("findings").status.as_str();
        for path in [link.to_str().expect("text"), "/proc/", "//proc", "/sys/../proc"] {
            assert_eq!(status(json!({"Mount": path})), "OK", "{path}");
            assert_eq!(status(json!({"Mount": path, "Mounted": false})), "ERROR", "{path}");
        }
        assert_eq!(status(json!({"Mount": "/no/such/point", "Mounted": false})), "OK");
        assert!(run(&plugin("mount", json!({"Mount": "proc", "Mounted": false}))).is_err());
    }
}
