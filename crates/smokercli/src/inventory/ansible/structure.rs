//! The forms of an inventory in YAML, and in JSON as programs print it with `--list`.

use serde_yaml::{Mapping, Value};

use crate::inventory::ansible::host_pattern;
use crate::inventory::configured::text;
use crate::inventory::groups::{Inventory, Member, Variables};

/// What else than groups a program prints.
const META: &str = "_meta";
/// How deep groups in groups may be written.
const MAX_DEPTH: usize = 64;

/// Reads an inventory in YAML or JSON.
///
/// # Errors
///
/// When it has another form: where, and what there has to be.
pub(super) fn read(document: &Value) -> Result<Inventory, String> {
    let mut inventory = Inventory::default();
    let groups = match document {
        Value::Null => return Ok(inventory),
        Value::Mapping(groups) => groups,
        _ => return Err("it has to be a mapping of groups, such as `all: {hosts: {web1: }}`".to_owned()),
    };
    let mut meta = None;
    for (name, value) in groups {
        let name = name_of(name, "the top")?;
        if name == META {
            meta = Some(value);
        } else {
            read_group(&mut inventory, &name, value, 0)?;
        }
    }
    if let Some(meta) = meta {
        read_meta(&mut inventory, meta)?;
    }
    Ok(inventory)
}

/// The variables of hosts. A host that no group has is none of the inventory.
fn read_meta(inventory: &mut Inventory, meta: &Value) -> Result<(), String> {
    let Some(hosts) = meta.get("hostvars") else { return Ok(()) };
    for (name, value) in mapping(hosts, "_meta.hostvars")?.into_iter().flatten() {
        let name = name_of(name, "_meta.hostvars")?;
        let variables = variables(value, &name)?;
        if inventory.has_host(&name) {
            inventory.host(&name).extend(variables);
        }
    }
    Ok(())
}

fn read_group(inventory: &mut Inventory, name: &str, value: &Value, depth: usize) -> Result<(), String> {
    if depth > MAX_DEPTH {
        return Err(format!("group {name} is more than {MAX_DEPTH} groups deep"));
    }
    inventory.group(name);
    // A program may print a list of hosts alone.
    if let Value::Sequence(hosts) = value {
        return add_listed(inventory, name, hosts);
    }
    let Some(group) = mapping(value, name)? else { return Ok(()) };
    for (key, value) in group {
        match name_of(key, name)?.as_str() {
            "hosts" => read_hosts(inventory, name, value)?,
            "children" => read_children(inventory, name, value, depth)?,
            "vars" => {
                let variables = variables(value, name)?;
                inventory.group(name).variables.extend(variables);
            }
            other => {
                return Err(format!("group {name} has the key {other}; the keys are hosts, children, vars"));
            }
        }
    }
    Ok(())
}

fn read_hosts(inventory: &mut Inventory, group: &str, value: &Value) -> Result<(), String> {
    if let Value::Sequence(hosts) = value {
        return add_listed(inventory, group, hosts);
    }
    if let Some(single) = text(value) {
        return add(inventory, group, &single, &Variables::new());
    }
    for (pattern, value) in mapping(value, &format!("{group}.hosts"))?.into_iter().flatten() {
        let pattern = name_of(pattern, group)?;
        add(inventory, group, &pattern, &variables(value, &pattern)?)?;
    }
    Ok(())
}

fn read_children(inventory: &mut Inventory, group: &str, value: &Value, depth: usize) -> Result<(), String> {
    let mut children = Vec::new();
    if let Value::Sequence(names) = value {
        for child in names {
            children.push((name_of(child, group)?, &Value::Null));
        }
    } else {
        for (child, value) in mapping(value, &format!("{group}.children"))?.into_iter().flatten() {
            children.push((name_of(child, group)?, value));
        }
    }
    for (child, value) in children {
        read_group(inventory, &child, value, depth + 1)?;
        inventory.group(group).members.push(Member::Group(child));
    }
    Ok(())
}

/// The hosts of a program, whose names are no patterns.
fn add_listed(inventory: &mut Inventory, group: &str, hosts: &[Value]) -> Result<(), String> {
    for host in hosts {
        let host = name_of(host, group)?;
        inventory.host(&host);
        inventory.group(group).members.push(Member::Host(host));
    }
    Ok(())
}

fn add(inventory: &mut Inventory, group: &str, pattern: &str, variables: &Variables) -> Result<(), String> {
    for host in host_pattern::expand(pattern)? {
        inventory.host(&host).extend(variables.clone());
        inventory.group(group).members.push(Member::Host(host));
    }
    Ok(())
}

/// The variables that are a text, a number or a truth value; others are no labels.
fn variables(value: &Value, of: &str) -> Result<Variables, String> {
    let all = mapping(value, of)?.into_iter().flatten();
    Ok(all.filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect())
}

/// A mapping, or nothing.
fn mapping<'a>(value: &'a Value, place: &str) -> Result<Option<&'a Mapping>, String> {
    match value {
        Value::Null => Ok(None),
        Value::Mapping(mapping) => Ok(Some(mapping)),
        _ => Err(format!("{place} has to be a mapping")),
    }
}

fn name_of(value: &Value, place: &str) -> Result<String, String> {
    text(value).filter(|name| !name.is_empty()).ok_or_else(|| format!("{place}: a name has to be a text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> Result<Inventory, String> {
        read(&serde_yaml::from_str(yaml).expect("YAML"))
    }

    #[test]
    fn yaml_has_groups_in_groups() {
        let inventory = parsed(
            "all:\n  hosts:\n    lone:\n  vars: {stage: prod}\n  children:\n    web:\n      hosts:\n        web[1:2]:22: \
             {rack: 7, ansible_host: 10.0.0.1, nested: {a: 1}}\n    db:\n      hosts: db1\n",
        )
        .expect("valid");
        let groups = inventory.resolve().expect("no circle");
        assert_eq!(groups.hosts_of("all"), Ok(["lone", "web1", "web2", "db1"].map(str::to_owned).into()));
        let facts = groups.facts();
        assert_eq!(facts["web1"].labels(), [("rack".into(), "7".into()), ("stage".into(), "prod".into())].into());
        assert_eq!(facts["db1"].groups, ["all".to_owned(), "db".to_owned()].into());
    }

    #[test]
    fn json_of_a_program_has_lists() {
        let inventory = parsed(
            r#"{"_meta": {"hostvars": {"a": {"dc": "fra"}}}, "all": {"children": ["web", "db"]},
                "web": {"hosts": ["a", "b"], "vars": {"tier": 1}}, "db": ["c"]}"#,
        )
        .expect("valid");
        let of_nobody = parsed(r#"{"web": ["a"], "_meta": {"hostvars": {"old": {"dc": "fra"}}}}"#).expect("valid");
        assert_eq!(of_nobody.resolve().expect("no circle").all(), ["a"], "variables make no host");
        let groups = inventory.resolve().expect("no circle");
        assert_eq!(groups.hosts_of("all"), Ok(["a", "b", "c"].map(str::to_owned).into()));
        assert_eq!(groups.facts()["a"].labels(), [("dc".into(), "fra".into()), ("tier".into(), "1".into())].into());
    }

    #[test]
    fn another_form_says_what_is_wrong() {
        for (yaml, words) in [
            ("[a]", "it has to be a mapping"),
            ("web: {host: {a: }}", "group web has the key host; the keys are hosts, children, vars"),
            ("web: {hosts: {a: [1]}}", "a has to be a mapping"),
            ("web: 5", "web has to be a mapping"),
        ] {
            assert!(parsed(yaml).expect_err(yaml).contains(words), "{yaml}");
        }
    }
}
