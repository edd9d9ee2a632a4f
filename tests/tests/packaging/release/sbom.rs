//! What the programs are made of, as it is written, and as it is compared.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value as Json, json};
use smoker_tests::cli::{self, Output};
use smoker_tests::machine::skip::program;

use crate::built::root;
use crate::supply_chain::cargo::Metadata;

fn sbom() -> Json {
    let mut script = Command::new("python3");
    script.arg(root().join("rc.d/packages/release/sbom.py")).arg("x86_64-unknown-linux-gnu").arg(root());
    let output = cli::run(script.env("CARGO", env!("CARGO")).env("SOURCE_DATE_EPOCH", "1803902400"));
    output.expect_code(0);
    serde_json::from_str(&output.stdout).expect("JSON")
}

/// Compares a document with a program that says it is made of these crates.
fn compare(document: &Json, crates: &Json) -> Output {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let paths = ["document", "crates", "program.c", "program"].map(|name| folder.path().join(name));
    let [written, section, source, made] = &paths;
    fs::write(written, document.to_string()).expect("writable");
    fs::write(source, "int main(void) { return 0; }\n").expect("writable");
    let mut pack = Command::new("python3");
    pack.args(["-c", "import sys, zlib; open(sys.argv[1], 'wb').write(zlib.compress(sys.argv[2].encode()))"]);
    cli::run(pack.arg(section).arg(json!({ "packages": crates }).to_string())).expect_code(0);
    cli::run(Command::new("cc").arg("-o").arg(made).arg(source)).expect_code(0);
    let mut add = Command::new("objcopy");
    cli::run(add.arg(format!("--add-section=.dep-v0={}", section.display())).arg(made)).expect_code(0);
    check(written, &[made])
}

fn check(document: &Path, programs: &[&Path]) -> Output {
    let mut script = Command::new("python3");
    cli::run(script.arg(root().join("rc.d/packages/release/sbom_check.py")).arg(document).args(programs))
}

#[test]
fn every_crate_of_the_programs_is_listed_with_its_licence_and_checksum() {
    let Some(_) = program("python3", "apt-get install python3") else { return };
    let document = sbom();
    let components = document["components"].as_array().expect("components");
    let listed: BTreeSet<_> = components.iter().map(|component| component["name"].as_str().expect("a name")).collect();
    let metadata = Metadata::read();
    let ours = ["smokerd", "smokercli", "smoker-fleet", "smoker-bridge"];
    for package in metadata.ours().filter(|package| ours.contains(&package.name.as_str())) {
        assert!(listed.contains(package.name.as_str()), "{}", package.name);
        for needed in package.dependencies.iter().filter(|needed| needed.kind.is_none() && !needed.optional) {
            assert!(listed.contains(needed.name.as_str()), "{} of {}", needed.name, package.name);
        }
    }
    assert!(!listed.contains("smoker-tests"), "{listed:?}");
    // Macros run in the compiler; cargo-auditable names some of them.
    let scopes = |name: &str| components.iter().find(|component| component["name"] == name).map(|it| &it["scope"]);
    assert_eq!((scopes("tokio"), scopes("syn")), (Some(&json!("required")), Some(&json!("excluded"))));
    for component in components {
        let name = &component["name"];
        assert!(component["licenses"][0]["expression"].is_string(), "{name}");
        let is_ours = name.as_str().is_some_and(|name| name.starts_with("smoker"));
        assert_eq!(component["hashes"][0]["alg"] == "SHA-256", !is_ours, "{name}");
    }
    assert_eq!(document, sbom(), "the same sources");
}

#[test]
fn a_crate_of_a_program_that_is_not_listed_is_named() {
    let Some(_) = program("objcopy", "apt-get install binutils") else { return };
    let document = sbom();
    let versions = |name: &str| {
        let components = document["components"].as_array().expect("components");
        let found = components.iter().find(|component| component["name"] == name);
        found.unwrap_or_else(|| panic!("{name} is not listed"))["version"].clone()
    };
    let mut crates = json!([
        {"name": "tokio", "version": versions("tokio"), "source": "crates.io"},
        {"name": "cc", "version": "1.0.0", "source": "crates.io", "kind": "build"},
    ]);
    let output = compare(&document, &crates);
    output.expect_code(0);
    assert!(output.stdout.ends_with("crates listed, 1 of them named by the programs\n"), "{}", output.stdout);
    crates[0]["version"] = json!("0.0.1");
    let output = compare(&document, &crates);
    output.expect_code(1);
    assert!(output.stderr.contains("has tokio 0.0.1, which is not listed"), "{}", output.stderr);
}

/// What is wrong with a document.
type Change = fn(&mut Json);

#[test]
fn a_document_that_lacks_something_is_refused() {
    let Some(_) = program("python3", "apt-get install python3") else { return };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("document");
    let written = |document: &Json| {
        fs::write(&file, document.to_string()).expect("writable");
        check(&file, &[])
    };
    let whole = sbom();
    written(&whole).expect_code(0);
    let changes: [(&str, Change); 4] = [
        ("no CycloneDX 1.5", |document| document["specVersion"] = json!("9")),
        ("no urn:uuid", |document| document["serialNumber"] = json!("1")),
        ("has no licenses", |document| document["components"][3]["licenses"] = json!([])),
        ("is no component", |document| drop(document["components"].as_array_mut().expect("components").remove(3))),
    ];
    for (told, change) in changes {
        let mut document = whole.clone();
        change(&mut document);
        let output = written(&document);
        output.expect_code(1);
        assert!(output.stderr.contains(told), "{told}: {}", output.stderr);
    }
    // A program that was not built with cargo auditable.
    let output = check(&file, &[Path::new("/bin/sh")]);
    assert!(output.stderr.contains("does not say what it is made of"), "{}", output.stderr);
}
