//! Finds out which form the text of an inventory has, and reads it.

use serde_yaml::Value;

use crate::inventory::ansible::{ini, json, structure};
use crate::inventory::groups::Inventory;

/// The form of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// YAML, or JSON.
    Structure,
    /// INI.
    Ini,
    /// Whichever it looks like.
    Unknown,
}

impl Form {
    /// The form that the name of a file tells.
    #[must_use]
    pub fn of_name(name: &str) -> Self {
        match name.rsplit_once('.').map(|(_, end)| end.to_ascii_lowercase()).as_deref() {
            Some("yml" | "yaml" | "json") => Self::Structure,
            Some("ini" | "cfg") => Self::Ini,
            _ => Self::Unknown,
        }
    }
}

/// Reads the text of an inventory.
///
/// # Errors
///
/// When it is not understood: where, and why.
pub fn read(text: &str, form: Form) -> Result<Inventory, String> {
    let is_json = text.trim_start().starts_with('{');
    if text.trim_start().starts_with("$ANSIBLE_VAULT;") {
        return Err("it is encrypted by ansible-vault; decrypt it, or let Ansible print it: \
                    ansible-inventory -i FILE --list --ask-vault-pass | smokercli --inventory -"
            .to_owned());
    }
    if is_other_json(text) {
        return Err(
            "it is JSON, and no inventory, which is an object of groups such as {\"web\": [\"web1\"]}".to_owned()
        );
    }
    match form {
        _ if is_json => structure::read(&json::read(text)?),
        Form::Structure => structure::read(&yaml(text)?),
        Form::Ini => ini::read(text),
        // What begins a section of INI is a list in YAML, and a line with a host alone a text.
        Form::Unknown => match yaml(text) {
            Ok(document @ Value::Mapping(_)) => structure::read(&document),
            _ => ini::read(text),
        },
    }
}

/// Whether it is JSON as programs print it that have found nothing, or know no groups. As INI it would be a section, or a host.
fn is_other_json(text: &str) -> bool {
    use serde_json::Value as Json;
    matches!(serde_json::from_str(text), Ok(Json::Array(_) | Json::Null | Json::Bool(_)))
}

fn yaml(text: &str) -> Result<Value, String> {
    let mut document: Value = serde_yaml::from_str(text).map_err(|error| format!("not valid YAML: {error}"))?;
    document.apply_merge().map_err(|error| format!("not valid YAML: {error}"))?;
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_found_out() {
        for (text, form) in [
            ("[web]\na\n", Form::Unknown),
            ("a\n", Form::Unknown),
            ("[web]\na x=1\n", Form::of_name("hosts.ini")),
            ("web:\n  hosts:\n    a:\n", Form::Unknown),
            ("web: {hosts: a}\n", Form::of_name("prod.yml")),
            ("{\"web\": [\"a\"]}", Form::Unknown),
            ("{\"web\": {\"hosts\": [\"a\"], \"vars\": {\"n\": 1}}}", Form::of_name("x.json")),
        ] {
            let inventory = read(text, form).expect(text);
            assert_eq!(inventory.resolve().expect("no circle").all(), ["a"], "{text}");
        }
        assert!(read("{\"web\": ", Form::Unknown).expect_err("cut off").starts_with("not valid JSON"));
        assert!(read("web: [", Form::Structure).expect_err("cut off").starts_with("not valid YAML"));
        for form in [Form::Unknown, Form::Ini, Form::Structure] {
            let whole = "$ANSIBLE_VAULT;1.1;AES256\n623133\n";
            assert!(read(whole, form).expect_err("encrypted").starts_with("it is encrypted by ansible-vault"));
        }
        // What only Ansible can decrypt is no label.
        let vault = "web:\n  hosts: {a: {note: !vault \"x\"}}\n";
        assert_eq!(
            read(vault, Form::Unknown).expect("valid").resolve().expect("no circle").facts()["a"].labels().len(),
            0
        );
    }
}
