//! The groups of the configuration file.

use serde_yaml::{Mapping, Value};

use crate::inventory::expressions;
use crate::inventory::groups::{Inventory, Member, Variables};

/// The keys of a group that is a mapping.
const KEYS: [&str; 3] = ["hosts", "groups", "labels"];

/// Reads the value of `groups`: names of groups, each with hosts, ranges and names of other groups. `@NAME` is always a
/// group; a name alone is one where there is a group of that name, and a host otherwise.
///
/// # Errors
///
/// When it is not of this form: which key has to be what.
pub fn read(value: &Value) -> Result<Inventory, String> {
    let groups = match value {
        Value::Null => return Ok(Inventory::default()),
        Value::Mapping(groups) => groups,
        _ => return Err("groups has to be a mapping, such as `web: ['web[01-40]', web-test]`".to_owned()),
    };
    let names: Vec<_> = groups.keys().filter_map(text).collect();
    let mut inventory = Inventory::default();
    for (name, value) in groups {
        let name = text(name).filter(|name| !name.is_empty()).ok_or("groups: a name of a group has to be a text")?;
        let reader = Reader { group: &name, names: &names };
        let (members, variables) = reader.group(value)?;
        *inventory.group(&name) = crate::inventory::groups::Group { members, variables };
    }
    Ok(inventory)
}

struct Reader<'a> {
    group: &'a str,
    names: &'a [String],
}

impl Reader<'_> {
    fn group(&self, value: &Value) -> Result<(Vec<Member>, Variables), String> {
        let Value::Mapping(mapping) = value else { return Ok((self.members(value, "")?, Variables::new())) };
        let unknown = mapping.keys().find(|key| !text(key).is_some_and(|key| KEYS.contains(&key.as_str())));
        if let Some(key) = unknown.and_then(text) {
            return Err(format!("groups: {} has the unknown key {key}; the keys are {}", self.group, KEYS.join(", ")));
        }
        let mut members = self.members(mapping.get("hosts").unwrap_or(&Value::Null), ".hosts")?;
        let groups = mapping.get("groups").unwrap_or(&Value::Null);
        for name in list(groups).ok_or_else(|| self.wrong(".groups", "the names of groups"))? {
            members.push(Member::Group(name.trim_start_matches('@').to_owned()));
        }
        Ok((members, self.labels(mapping)?))
    }

    fn members(&self, value: &Value, key: &str) -> Result<Vec<Member>, String> {
        let wanted = "hosts, ranges and names of other groups, such as ['web[01-40]', web-test, '@other']";
        let items = list(value).ok_or_else(|| self.wrong(key, wanted))?;
        Ok(items.iter().flat_map(|item| expressions::split(item)).map(|item| self.member(item)).collect())
    }

    fn member(&self, item: &str) -> Member {
        match item.strip_prefix('@') {
            Some(group) => Member::Group(group.to_owned()),
            None if item != self.group && self.names.iter().any(|name| name == item) => Member::Group(item.to_owned()),
            None => Member::Expression(item.to_owned()),
        }
    }

    fn labels(&self, mapping: &Mapping) -> Result<Variables, String> {
        let wrong = || self.wrong(".labels", "a mapping of texts, such as `dc: fra`");
        match mapping.get("labels") {
            None | Some(Value::Null) => Ok(Variables::new()),
            Some(Value::Mapping(labels)) => {
                let label = |(name, value): (&Value, &Value)| Some((text(name)?, text(value)?));
                labels.iter().map(|label_and_value| label(label_and_value).ok_or_else(wrong)).collect()
            }
            Some(_) => Err(wrong()),
        }
    }

    fn wrong(&self, key: &str, wanted: &str) -> String {
        format!("groups: {}{key} has to be {wanted}", self.group)
    }
}

/// A text, or a number or truth value as it is written.
pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// A list of texts, or one text alone.
fn list(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::Null => Some(Vec::new()),
        Value::Sequence(items) => items.iter().map(text).collect(),
        single => text(single).map(|text| vec![text]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(yaml: &str) -> Result<Inventory, String> {
        read(&serde_yaml::from_str(yaml).expect("YAML"))
    }

    #[test]
    fn hosts_ranges_and_other_groups_are_told_apart() {
        let inventory = parsed(
            "web: 'web[1-2],edge'\nedge: [edge, e2]\nprod: {hosts: [db1, '@web'], groups: edge, labels: {dc: fra, rack: 7}}\n",
        )
        .expect("valid");
        let groups = inventory.resolve().expect("no circle");
        assert_eq!(groups.hosts_of("web"), Ok(["web1", "web2", "edge", "e2"].map(str::to_owned).into()));
        assert_eq!(groups.hosts_of("prod"), Ok(["db1", "web1", "web2", "edge", "e2"].map(str::to_owned).into()));
        let facts = groups.facts();
        assert_eq!(facts["web1"].labels(), [("dc".into(), "fra".into()), ("rack".into(), "7".into())].into());
    }

    #[test]
    fn a_wrong_value_says_which_key_has_to_be_what() {
        for (yaml, words) in [
            ("[web]", "groups has to be a mapping"),
            ("web: {hsots: [a]}", "groups: web has the unknown key hsots; the keys are hosts, groups, labels"),
            ("web: [[a]]", "groups: web has to be hosts, ranges"),
            ("web: {labels: [a]}", "groups: web.labels has to be a mapping"),
            ("web: {groups: {a: 1}}", "groups: web.groups has to be the names"),
        ] {
            let problem = parsed(yaml).expect_err(yaml);
            assert!(problem.contains(words), "{problem}");
        }
        assert_eq!(parsed("").map(|inventory| inventory.is_empty()), Ok(true));
    }
}
