//! What `make release` makes, and when it refuses.

use std::fs;
use std::process::Command;

use smoker_tests::cli;

use super::workplace::{VERSION, Workplace};
use crate::links::broken;

#[test]
fn a_release_is_whole_signed_and_the_same_again() {
    let Some(place) = Workplace::new() else { return };
    let output = place.release("dist", &[]);
    output.expect_code(0);
    assert!(output.stdout.contains("throw-away key"), "{}", output.stdout);
    let mut expected = vec!["SHA256SUMS".to_owned(), "SHA256SUMS.minisig".to_owned(), "minisign.pub".to_owned()];
    for target in ["aarch64-linux-gnu", "x86_64-linux-gnu"] {
        expected.extend(["", ".cdx.json", ".tar.gz"].map(|end| format!("smoker-{VERSION}-{target}{end}")));
    }
    assert_eq!(place.names("dist"), expected);

    place.release("again", &[]).expect_code(0);
    assert_eq!(place.text("dist/SHA256SUMS"), place.text("again/SHA256SUMS"));
    let verify = |folder: &str| {
        let mut verify = Command::new("minisign");
        verify.args(["-V", "-q", "-m", "SHA256SUMS", "-p", "../dist/minisign.pub"]);
        cli::run(verify.current_dir(place.path(folder))).code
    };
    assert_eq!(verify("dist"), 0);
    assert_ne!(verify("again"), 0, "each throw-away key is another one");
}

#[test]
fn the_archive_has_all_that_an_installation_has() {
    let Some(place) = Workplace::new() else { return };
    place.release("dist", &[("TARGETS", "x86_64-gnu")]).expect_code(0);
    let name = format!("smoker-{VERSION}-x86_64-linux-gnu");
    let archive = place.path("dist").join(format!("{name}.tar.gz"));
    cli::run(Command::new("tar").arg("-xzf").arg(archive).current_dir(place.path("tools"))).expect_code(0);
    let folder = place.path("tools").join(name);
    assert_eq!(broken(&folder), Vec::<String>::new());

    let installed = place.path("installed");
    let install = |action: &str| {
        let mut install = Command::new("sh");
        install.arg(folder.join("install.sh")).arg(action).env("DESTDIR", &installed);
        cli::run(install.env_remove("PREFIX").env_remove("SYSCONFDIR")).expect_code(0);
    };
    install("install");
    for place in
        ["sbin/smokerd", "bin/smokercli", "share/man/man5/smokerd.yaml.5", "lib/systemd/system/smokerd.service"]
    {
        assert!(installed.join("usr/local").join(place).exists(), "{place}");
    }
    assert!(installed.join("etc/smokerd/smokerd.yaml").exists());
    install("uninstall");
    assert!(!installed.join("usr/local/sbin/smokerd").exists());
    assert!(installed.join("etc/smokerd/smokerd.yaml").exists(), "the configuration stays");
}

#[test]
fn a_release_that_fails_leaves_the_one_before() {
    let Some(place) = Workplace::new() else { return };
    let output = place.release("dist", &[("FAIL_FOR", "aarch64")]);
    output.expect_code(101);
    assert_eq!(place.names("dist"), Vec::<String>::new());

    place.release("dist", &[("TARGETS", "x86_64-gnu")]).expect_code(0);
    fs::write(place.path("dist/smoker_1_amd64.deb"), "").expect("writable");
    let before = place.names("dist");
    place.release("dist", &[("FAIL_FOR", "aarch64")]).expect_code(101);
    assert_eq!(place.names("dist"), before);
    // What succeeds takes the place of the one before, and of nothing else.
    place.release("dist", &[("TARGETS", "aarch64-gnu")]).expect_code(0);
    assert!(place.names("dist").contains(&"smoker_1_amd64.deb".to_owned()));
    assert!(!place.names("dist").iter().any(|name| name.contains("x86_64")));
}

#[test]
fn a_release_is_signed_with_the_key_that_is_named() {
    let Some(place) = Workplace::new() else { return };
    let [secret, public] = ["named.key", "named.pub"].map(|name| place.path(name));
    let mut make = Command::new("minisign");
    cli::run(make.args(["-G", "-W", "-s"]).arg(&secret).arg("-p").arg(&public)).expect_code(0);
    let signed = place.path("SHA256SUMS");
    fs::write(&signed, "sums\n").expect("writable");
    let sign = || cli::run(place.script("sign.sh").arg(&signed).arg("a comment").env("MINISIGN_KEY", &secret));
    let output = sign();
    output.expect_code(0);
    assert!(output.stdout.contains("signed with ") && !output.stdout.contains("throw-away"), "{}", output.stdout);
    assert_eq!(place.text("minisign.pub"), place.text("named.pub"));
    // Without the public key beside it, and then with one of another.
    fs::remove_file(&public).expect("it is there");
    sign().expect_code(0);
    let mut make = Command::new("minisign");
    cli::run(make.args(["-G", "-W", "-s"]).arg(place.path("other")).arg("-p").arg(&public)).expect_code(0);
    assert_ne!(sign().code, 0);
}

#[test]
fn what_is_missing_is_told_before_anything_is_built() {
    let Some(place) = Workplace::new() else { return };
    let refused = |settings: &[(&str, &str)], told: &str| {
        let output = place.release("dist", settings);
        output.expect_code(1);
        assert!(output.stderr.contains(told), "{settings:?}: {}", output.stderr);
        assert!(!place.path("dist").exists(), "{settings:?}");
    };
    refused(&[("TARGETS", "x86_64-gnu sparc")], "sparc is no target; TARGETS may have: x86_64-gnu ");
    refused(&[("TARGETS", "x86_64-musl")], "rustup target add x86_64-unknown-linux-musl");
    refused(&[("MINISIGN_KEY", "/nowhere/key")], "MINISIGN_KEY=/nowhere/key cannot be read");
    refused(&[("TARGETS", "aarch64-gnu"), ("RUNNABLE", "")], "add x86_64-gnu");
    place.without("cargo-zigbuild");
    refused(&[], "cargo-zigbuild: python3 -m venv");
}
