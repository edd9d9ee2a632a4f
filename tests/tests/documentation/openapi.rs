//! The OpenAPI document against the routes and the words of the code, both ways.

use std::collections::BTreeSet;

use regex::Regex;
use serde_json::Value as Json;

use crate::{page, routes};

const DOCUMENT: &str = "crates/smokerd/src/http/api/openapi.json";

fn document() -> Json {
    serde_json::from_str(&page::read(DOCUMENT)).expect("JSON")
}

#[test]
fn every_route_is_in_the_document_and_nothing_else() {
    let document = document();
    let paths = document["paths"].as_object().expect("paths");
    let mut listed = BTreeSet::new();
    for (path, item) in paths {
        for method in item.as_object().expect("methods").keys() {
            listed.insert(format!("{} {path}", method.to_uppercase()));
        }
    }
    assert_eq!(listed, routes::all(), "{DOCUMENT} and api/mod.rs have other routes");
    assert_eq!(document["openapi"], "3.1.0");
    let version = page::read("Cargo.toml").lines().find_map(|line| Some(line.strip_prefix("version = ")?.to_owned()));
    assert_eq!(document["info"]["version"].as_str(), version.as_deref().map(|version| version.trim_matches('"')));
}

#[test]
fn every_reference_leads_somewhere_and_every_part_is_used() {
    let text = page::read(DOCUMENT);
    let document = document();
    let reference = Regex::new(r##""\$ref": "#(/components/\w+/\w+)""##).expect("a pattern");
    let used: BTreeSet<_> = reference.captures_iter(&text).map(|found| found[1].to_owned()).collect();
    let mut defined = BTreeSet::new();
    for kind in ["responses", "schemas"] {
        let parts = document["components"][kind].as_object().expect(kind);
        defined.extend(parts.keys().map(|name| format!("/components/{kind}/{name}")));
    }
    assert_eq!(used, defined);
}

#[test]
fn every_path_names_its_parameters_and_every_operation_says_what_it_is() {
    let document = document();
    let name = Regex::new(r"\{(\w+)\}").expect("a pattern");
    let mut ids = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for operation in item.as_object().expect("methods").values() {
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
            let named: BTreeSet<_> = in_path.filter_map(|parameter| parameter["name"].as_str()).collect();
            let expected: BTreeSet<_> = name.captures_iter(path).map(|found| found.extract::<1>().1[0]).collect();
            assert_eq!(named, expected, "{path}");
            assert!(parameters.iter().all(|parameter| parameter["description"].is_string()), "{path}");
            assert!(operation["summary"].is_string() && operation["responses"]["403"].is_object(), "{path}");
            assert!(ids.insert(operation["operationId"].as_str().expect("an id").to_owned()), "{path}: twice");
        }
    }
}
