//! The schema, made of the lists of keys that a check reads, too.

use serde_json::{Map, Value as Json, json};

use crate::keys;
use crate::schema::forms::{self, Described, Form};

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// What a file is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Part {
    /// A whole configuration, or `common.yaml` of a folder.
    #[default]
    Whole,
    /// A file of `plugin.d` or `template.d`.
    Plugin,
    /// A file of `action.d`.
    Action,
}

/// The schema of such a file as text (draft 7, which most editors read).
#[must_use]
pub fn document(part: Part) -> String {
    let mut schema = whole();
    let of = match part {
        Part::Whole => return format!("{schema:#}\n"),
        Part::Plugin => "plugin",
        Part::Action => "action",
    };
    let definitions = schema["definitions"].take();
    let title = format!("A file of smokerd for one {of}");
    let reference = format!("#/definitions/{of}");
    let schema = json!({"$schema": DRAFT, "title": title, "allOf": [{"$ref": reference}], "definitions": definitions});
    format!("{schema:#}\n")
}

fn whole() -> Json {
    let plugins = |about: &str| mapping(about, "plugin");
    let sections = [
        ("plugins", plugins("Name to plugin")),
        ("templates", plugins("Name to template; BasePlugin is required")),
        ("actions", mapping("Name to action", "action")),
    ];
    let mut top = members(keys::TOP_LEVEL, &[forms::TOP_LEVEL]);
    top.extend(sections.map(|(name, section)| (name.to_owned(), section)));
    json!({
        "$schema": DRAFT,
        "title": "Configuration of smokerd",
        "type": ["object", "null"],
        "properties": top,
        "patternProperties": {"^x-": {"description": "Yours, for anchors"}},
        "additionalProperties": false,
        "definitions": {
            "plugin": body("A plugin or a template; other keys are parameters of its own", keys::OF_PLUGINS, &[forms::OF_PLUGINS]),
            "action": body(
                "An action; other keys are parameters of its own",
                keys::OF_ACTIONS,
                &[forms::OF_ACTIONS, forms::OF_PLUGINS],
            ),
        },
    })
}

/// A mapping from names to these definitions, or an `!include`.
fn mapping(about: &str, of: &str) -> Json {
    let entries =
        json!({"type": ["object", "string", "null"], "additionalProperties": {"$ref": format!("#/definitions/{of}")}});
    described(entries, about)
}

fn body(about: &str, keys: &[&str], forms: &[&[Described]]) -> Json {
    described(json!({"type": ["object", "string", "null"], "properties": members(keys, forms)}), about)
}

fn described(mut schema: Json, about: &str) -> Json {
    schema["description"] = about.into();
    schema
}

/// The keys with the first form that they have.
fn members(keys: &[&str], forms: &[&[Described]]) -> Map<String, Json> {
    let form = |key: &str| forms.iter().copied().flatten().find(|(known, ..)| *known == key);
    let member = |key: &&str| {
        let schema = form(key).map(|(_, form, about)| described(schema_of(*form), about));
        ((*key).to_owned(), schema.unwrap_or_else(|| json!({})))
    };
    keys.iter().map(member).collect()
}

fn schema_of(form: Form) -> Json {
    let types = |types: &[&str]| json!({"type": types});
    match form {
        Form::Text => types(&["string", "null"]),
        Form::Word(words) => {
            // What begins otherwise is of a tag: the name of a variable or a path.
            json!({"anyOf": [{"enum": words}, {"type": "null"}, {"type": "string", "pattern": "^[^a-z]"}]})
        }
        Form::Whole => types(&["integer", "string", "boolean", "null"]),
        Form::Number | Form::Time | Form::Size => types(&["number", "string", "boolean", "null"]),
        Form::Switch => types(&["boolean", "string", "integer", "null"]),
        Form::Account => types(&["integer", "string", "null"]),
        Form::Texts => json!({"type": ["array", "string", "null"], "items": {"type": ["string", "number"]}}),
        Form::Action => {
            json!({"anyOf": [types(&["string", "array", "null"]), {"$ref": "#/definitions/action"}]})
        }
        Form::Mapping(forms) => {
            let properties: Map<_, _> = forms
                .iter()
                .map(|(key, form, about)| ((*key).to_owned(), described(schema_of(*form), about)))
                .collect();
            json!({"type": ["object", "string", "null"], "properties": properties, "additionalProperties": false})
        }
        Form::TextsByName => {
            json!({"type": ["object", "string", "null"], "additionalProperties": types(&["string", "number"])})
        }
        Form::Any => json!({}),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_key_has_a_form_and_no_form_is_without_a_key() {
        let names = |forms: &[Described]| forms.iter().map(|(name, ..)| *name).collect::<BTreeSet<_>>();
        let listed = |keys: &[&'static str]| keys.iter().copied().collect::<BTreeSet<_>>();
        let sections = ["plugins", "templates", "actions"];
        let top = names(forms::TOP_LEVEL).into_iter().chain(sections).collect::<BTreeSet<_>>();
        assert_eq!(top, listed(keys::TOP_LEVEL));
        assert_eq!(names(forms::OF_OTLP), listed(keys::OF_OTLP));
        assert_eq!(names(forms::OF_PLUGINS), listed(keys::OF_PLUGINS));
        let of_actions = listed(keys::OF_ACTIONS);
        assert!(names(forms::OF_ACTIONS).is_subset(&of_actions));
        assert!(of_actions.is_subset(&names(forms::OF_PLUGINS)));
    }

    #[test]
    fn the_document_is_json_with_every_key() {
        let document: Json = serde_json::from_str(&document(Part::Whole)).expect("JSON");
        for (keys, path) in [
            (keys::TOP_LEVEL, "/properties"),
            (keys::OF_PLUGINS, "/definitions/plugin/properties"),
            (keys::OF_ACTIONS, "/definitions/action/properties"),
        ] {
            let properties = document.pointer(path).and_then(Json::as_object).expect(path);
            for key in keys {
                assert!(properties.contains_key(*key), "{path}/{key}");
            }
        }
    }
}
