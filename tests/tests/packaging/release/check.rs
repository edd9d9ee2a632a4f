//! What `make release-check` finds.

use std::fs;

use smoker_tests::machine::skip::program;
use smoker_tests::{binary, cli};

use super::workplace::{VERSION, Workplace};

#[test]
fn each_thing_that_does_not_hold_is_named() {
    let Some(place) = Workplace::new() else { return };
    place.release("dist", &[("TARGETS", "x86_64-gnu")]).expect_code(0);
    let name = format!("smoker-{VERSION}-x86_64-linux-gnu");
    let (dist, sums) = (place.path("dist"), place.path("dist/SHA256SUMS"));
    let failures = || {
        let output = place.check(&dist);
        output.expect_code(1);
        let lines = output.stdout.lines().filter_map(|line| line.strip_prefix("FAIL  "));
        lines.map(|line| line.replace(&name, "NAME")).collect::<Vec<_>>()
    };
    // A stand-in is a script: no program, and it does not say what it is made of.
    let programs = ["smokerd", "smokercli", "check_smoker_plugin", "smoker-fleet", "smoker-bridge"]
        .map(|name| format!("NAME/{name}"));
    let mut expected = programs.to_vec();
    expected.push("NAME.cdx.json".to_owned());
    assert_eq!(failures(), expected);

    let whole = fs::read(&sums).expect("readable");
    let archive = dist.join(format!("{name}.tar.gz"));
    let packed = fs::read(&archive).expect("readable");
    let with = |more: &[&str]| {
        let mut all: Vec<_> = more.iter().map(|line| (*line).to_owned()).chain(expected.iter().cloned()).collect();
        all.sort();
        all
    };
    let sorted = || {
        let mut all = failures();
        all.sort();
        all
    };
    fs::write(&archive, [&packed[..], b"more"].concat()).expect("writable");
    assert_eq!(sorted(), with(&["checksums match", "NAME.tar.gz is reproducible and has the folder"]));
    fs::write(&archive, packed).expect("writable");

    fs::write(&sums, String::from_utf8_lossy(&whole).lines().next().expect("a line").to_owned() + "\n")
        .expect("writable");
    assert_eq!(sorted(), with(&["checksums name every artefact", "signature is of minisign.pub"]));
    fs::write(&sums, whole).expect("writable");

    fs::write(dist.join(&name).join("README.md"), "").expect("writable");
    assert_eq!(sorted(), with(&["NAME has its pages", "NAME.tar.gz is reproducible and has the folder"]));
}

#[test]
fn a_folder_without_artefacts_is_refused() {
    let Some(place) = Workplace::new() else { return };
    let output = place.check(&place.path("nothing"));
    output.expect_code(1);
    assert!(output.stderr.contains("run make release first"), "{}", output.stderr);
}

#[test]
fn a_program_that_asks_for_more_than_old_systems_have_is_refused() {
    let Some(place) = Workplace::new() else { return };
    let Some(_) = program("readelf", "apt-get install binutils") else { return };
    // The programs that are tested need the C library of this machine, or say where they were built.
    let check =
        |target: &str| cli::run(place.script("check_program.sh").arg(target).arg(binary::path("smokerd")).arg(VERSION));
    let output = check("x86_64-gnu");
    output.expect_code(1);
    let told = output.stdout.trim_end();
    assert!(told.starts_with("it needs GLIBC_2.") || told.starts_with("it has /"), "{told}");
    for (target, told) in
        [("aarch64-gnu", "it is for another processor than AArch64"), ("x86_64-musl", "it is not static")]
    {
        let output = check(target);
        output.expect_code(1);
        assert!(output.stdout.contains(told), "{target}: {}", output.stdout);
    }
}
