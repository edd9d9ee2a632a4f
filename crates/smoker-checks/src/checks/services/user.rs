//! `Check: user`: accounts of the system, wherever they are kept.

use nix::unistd::{Gid, Group, Uid, User};
use smoker_model::plugin::module::ModuleRequest;
use smoker_model::result::Findings;
use std::ffi::{CStr, CString};

use crate::parameters::Parameters;
use crate::report::{Component, Report};
use crate::spec::{ParameterSpec, ParameterType, Spec};

const PARAMETERS: &[ParameterSpec] = &[
    ParameterSpec::target("Users", "names of accounts"),
    ParameterSpec::target("User", "as `Users`, for one"),
    ParameterSpec::optional("Exists", ParameterType::Boolean, "true", "false: there should be no such account"),
    ParameterSpec::optional("UserId", ParameterType::Count, "any", "its number"),
    ParameterSpec::optional("PrimaryGroup", ParameterType::Text, "any", "its primary group, by name or number"),
    ParameterSpec::optional("Groups", ParameterType::TextList, "any", "groups that it should be a member of"),
    ParameterSpec::optional("Home", ParameterType::Text, "any", "its home folder"),
    ParameterSpec::optional("Shell", ParameterType::Text, "any", "its shell"),
];

/// What the page shows.
pub(crate) const EXAMPLE: &str = "\
Root:
  Check: user
  User: root
  UserId: 0
  Home: /root
";

/// The declaration of this check.
pub(crate) const fn spec() -> Spec {
    Spec::check("user", "looks at accounts", "a component for each account", PARAMETERS)
}

/// Runs the check.
pub(crate) fn run(request: &ModuleRequest) -> Result<Findings, String> {
    let parameters = Parameters::of(request);
    let names = parameters.required_targets("Users", "User")?;
    let exists = parameters.choice("Exists")?.unwrap_or(true);
    let mut report = Report::default();
    for name in names {
        let mut component = Component::new(&name);
        match User::from_name(&name) {
            Err(error) => component.error(&format!("it cannot be looked up: {}", error.desc())),
            Ok(None) if exists => component.error("wanted an account, got none"),
            // A host without its list of accounts has none, and does not say so.
            Ok(None) if !matches!(User::from_uid(Uid::from_raw(0)), Ok(Some(_))) => {
                component.error("accounts cannot be looked up: not even that of root is known here; see /etc/passwd");
            }
            Ok(None) => component.fact("does not exist"),
            Ok(Some(user)) if !exists => {
                component.error(&format!("wanted no account, got one with the uid {}", user.uid));
            }
            Ok(Some(user)) => judge(&user, parameters, &mut component)?,
        }
        report.add(component);
    }
    report.findings()
}

fn judge(user: &User, parameters: Parameters<'_>, component: &mut Component) -> Result<(), String> {
    let uid = user.uid.as_raw();
    component.fact(format!("uid {uid}"));
    if let Some(wanted) = parameters.count("UserId")?.filter(|wanted| *wanted != u64::from(uid)) {
        component.error(&format!("wanted the uid {wanted}, got {uid}"));
    }
    let of_group = |gid: Gid| match Group::from_gid(gid) {
        Ok(Some(group)) => group.name,
        _ => gid.to_string(),
    };
    if let Some(wanted) = parameters.text("PrimaryGroup")? {
        let found = of_group(user.gid);
        if wanted != found && wanted != user.gid.to_string() {
            component.error(&format!("wanted the primary group {wanted}, got {found}"));
        }
    }
    if let Some(wanted) = parameters.texts("Groups")? {
        let name = CString::new(user.name.as_str()).map_err(|error| error.to_string())?;
        let own = groups_of(&name, user.gid);
        let own = own.map_err(|error| format!("the groups of {} cannot be looked up: {}", user.name, error.desc()))?;
        let own: Vec<_> = own.into_iter().flat_map(|gid| [of_group(gid), gid.to_string()]).collect();
        let missing: Vec<_> = wanted.iter().filter(|group| !own.contains(group)).map(String::as_str).collect();
        if !missing.is_empty() {
            let own: Vec<_> = own.iter().step_by(2).map(String::as_str).collect();
            component.error(&format!("wanted a member of {}, got one of {}", missing.join(", "), own.join(", ")));
        }
    }
    for (name, found) in [("Home", &user.dir), ("Shell", &user.shell)] {
        let found = found.display().to_string();
        if let Some(wanted) = parameters.text(name)?.filter(|wanted| *wanted != found) {
            component.error(&format!("wanted the {} {wanted}, got {found}", name.to_lowercase()));
        }
    }
    Ok(())
}

#[cfg(not(target_vendor = "apple"))]
fn groups_of(name: &CStr, primary: Gid) -> nix::Result<Vec<Gid>> {
    nix::unistd::getgrouplist(name, primary)
}

/// macOS gives no list that is complete.
#[cfg(target_vendor = "apple")]
fn groups_of(_name: &CStr, _primary: Gid) -> nix::Result<Vec<Gid>> {
    Err(nix::errno::Errno::ENOTSUP)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::test_request::plugin;

    #[test]
    fn an_account_has_to_be_as_it_is_wanted() {
        let status = |parameters| run(&plugin("user", parameters)).expect("findings").status.as_str();
        assert_eq!(status(json!({"User": "root", "UserId": 0, "Groups": ["root"], "PrimaryGroup": 0})), "OK");
        assert_eq!(status(json!({"User": "no-such-user", "Exists": false})), "OK");
        for wrong in [
            json!({"User": "no-such-user"}),
            json!({"User": "root", "Exists": false}),
            json!({"User": "root", "UserId": 1}),
            json!({"User": "root", "Groups": ["nogroup"]}),
            json!({"User": "root", "PrimaryGroup": "nogroup"}),
            json!({"User": "root", "Home": "/nowhere"}),
            json!({"User": "root", "Shell": "/bin/none"}),
        ] {
            assert_eq!(status(wrong.clone()), "ERROR", "{wrong}");
        }
    }
}
