//! `Check: group`: groups of the system, wherever they are kept.

use nix::unistd::{Gid, Group};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;

use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Groups", "names of groups"),
    ParameterSpec::target("Group", "as `Groups`, for one"),
    ParameterSpec::optional("Exists", ParameterType::Boolean, "true", "false: there should be no such group"),
    ParameterSpec::optional("GroupId", ParameterType::Count, "any", "its number"),
    ParameterSpec::optional("Members", ParameterType::TextList, "any", "accounts that it should list as members"),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
RootGroup:
  Check: group
  Group: root
  GroupId: 0
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("group", "looks at groups of accounts", "a component for each group", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Groups", "Group")?;
    let exists = parameters.choice("Exists")?.unwrap_or(true);
    let wanted_gid = parameters.count("GroupId")?;
    let members = parameters.texts("Members")?.unwrap_or_default();
    let mut report = Report::default();
    for name in names {
        let mut component = Component::new(&name);
        match Group::from_name(&name) {
            Err(error) => component.error(&format!("it cannot be looked up: {}", error.desc())),
            Ok(None) if exists => component.error("wanted a group, got none"),
            // A host without its list of groups has none, and does not say so.
            Ok(None) if !matches!(Group::from_gid(Gid::from_raw(0)), Ok(Some(_))) => {
                component.error("groups cannot be looked up: not even that of root is known here; see /etc/group");
            }
            Ok(None) => component.fact("does not exist"),
            Ok(Some(group)) if !exists => {
                component.error(&format!("wanted no group, got one with the gid {}", group.gid));
            }
            Ok(Some(group)) => {
                component.fact(format!("gid {}", group.gid));
                if let Some(wanted) = wanted_gid.filter(|wanted| *wanted != u64::from(group.gid.as_raw())) {
                    component.error(&format!("wanted the gid {wanted}, got {}", group.gid));
                }
                let missing: Vec<_> = members.iter().filter(|it| !group.mem.contains(it)).map(String::as_str).collect();
                if !missing.is_empty() {
                    let own = if group.mem.is_empty() { "none".to_owned() } else { group.mem.join(", ") };
                    component.error(&format!("wanted the members {}, got {own}", missing.join(", ")));
                }
            }
        }
        report.add(component);
    }
    report.findings()
}
