//! `docs/modules.md` has what modules, parsers and actions declare, and nothing else; `docs/checks.md` is made of what checks do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use smoker_checks::catalogue;
use smoker_checks::spec::{ParameterSpec, Spec};
use smoker_model::plugin::module::ModuleKind;

#[path = "../../examples/checks_page/page.rs"]
mod checks_page;

const OVERVIEW: &str = "| name | as | what it does | its result |";
const PARAMETERS: &str = "| parameter | type | without it | meaning |";

fn page() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/modules.md")).expect("the page")
}

/// The rows of the tables with this head, by the heading above each.
fn tables<'a>(page: &'a str, head: &str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let (mut heading, mut is_inside) = ("", false);
    for line in page.lines() {
        if line.starts_with('#') {
            heading = line.trim_start_matches(['#', ' ']);
        }
        is_inside = line == head || (is_inside && line.starts_with('|'));
        if is_inside && line != head && !line.starts_with("|---") {
            tables.entry(heading).or_default().push(line);
        }
    }
    tables
}

fn overview_row(spec: &Spec) -> String {
    let kind = match spec.kind {
        ModuleKind::Plugin => "Module",
        ModuleKind::Check => "Check",
        ModuleKind::Parser => "Parser",
        ModuleKind::Action => "action's Module",
    };
    format!("| `{}` | {kind} | {} | {} |", spec.name, spec.meaning, spec.output)
}

fn parameter_rows(spec: &Spec) -> Vec<String> {
    let row = |parameter: &ParameterSpec| {
        let (name, accepts, absence) = (parameter.name, parameter.accepts, parameter.absence);
        format!("| `{name}` | {accepts} | {absence} | {} |", parameter.meaning)
    };
    spec.parameters.iter().map(row).collect()
}

fn of_the_page() -> impl Iterator<Item = &'static Spec> {
    catalogue::specs().filter(|spec| spec.kind != ModuleKind::Check)
}

#[test]
fn the_configuration_knows_the_names_of_all_checks() {
    let names: Vec<_> = catalogue::checks().map(|check| check.spec.name).collect();
    assert_eq!(smoker_config::keys::CHECKS, names);
}

#[test]
fn the_page_of_the_checks_is_what_they_declare() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/checks.md");
    let written = fs::read_to_string(path).unwrap_or_default();
    let expected = checks_page::text();
    let difference = written.lines().zip(expected.lines()).find(|(its, wanted)| its != wanted);
    assert!(
        written == expected,
        "docs/checks.md is not what the checks declare: run make docs/checks.md; {difference:?}"
    );
}

#[test]
fn the_page_lists_every_built_in_and_no_other() {
    let page = page();
    let expected: Vec<_> = of_the_page().map(overview_row).collect();
    let tables = tables(&page, OVERVIEW);
    let rows: Vec<_> = tables.values().flatten().copied().collect();
    assert_eq!(rows, expected, "the first table of docs/modules.md; expected:\n{}", expected.join("\n"));
}

#[test]
fn the_page_has_every_parameter_with_its_default_and_no_other() {
    let page = page();
    let tables = tables(&page, PARAMETERS);
    let with_parameters = of_the_page().filter(|spec| !spec.parameters.is_empty());
    let expected: BTreeMap<_, _> = with_parameters.map(|spec| (spec.name, parameter_rows(spec))).collect();
    assert_eq!(tables.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "sections of docs/modules.md");
    for (name, rows) in expected {
        assert_eq!(tables[name], rows, "the table of {name} in docs/modules.md; expected:\n{}", rows.join("\n"));
    }
}
