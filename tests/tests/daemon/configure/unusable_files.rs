//! Files for which a start fails: `smokerd --check` says so beforehand, with the same reason, and makes nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

use crate::paths::acl;

/// A sandbox with two keys and their certificates (`one`, `two`), and folders and files that are no state folder.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    for folder in ["one", "two", "broken", "readable", "cut"] {
        run(&sandbox, &format!("state_dir: {{{{DIR}}}}/{folder}"), &["--identity"]).expect_code(0);
    }
    let path = |name: &str| sandbox.path(name);
    fs::write(path("broken/key.pem"), "garbage").expect("writable");
    fs::write(path("cut/certificate.pem"), "garbage").expect("writable");
    fs::set_permissions(path("readable/key.pem"), Permissions::from_mode(0o644)).expect("ours");
    fs::create_dir(path("open")).expect("writable");
    fs::set_permissions(path("open"), Permissions::from_mode(0o755)).expect("ours");
    fs::write(path("file"), "").expect("writable");
    sandbox
}

fn run(sandbox: &Sandbox, settings: &str, options: &[&str]) -> Output {
    let address = format!("bind_host: 127.0.0.1\nbind_port: 0\n{settings}");
    Config::new().address(&address).plugin("A", "Command: echo a").write(sandbox).expect("writable");
    cli::smokerd(sandbox, &[options, &["--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"]].concat())
}

#[test]
fn what_a_start_cannot_use_keeps_a_daemon_from_starting() {
    let sandbox = sandbox();
    for (settings, words) in [
        ("state_dir: {{DIR}}/file", "file is no folder"),
        ("state_dir: {{DIR}}/file/state", "file is no folder"),
        ("state_dir: /proc/smokerd", "the kernel makes the files of /proc"),
        ("state_dir: {{DIR}}/open", "others than its owner may enter it (mode 0755); run chmod 700"),
        ("state_dir: {{DIR}}/broken", "key.pem: it has no private key in PEM"),
        ("state_dir: {{DIR}}/readable", "key.pem: others than its owner may read it (mode 0644); run chmod 600"),
        ("state_dir: {{DIR}}/cut", "certificate.pem: it has no certificate in PEM"),
        ("tls_cert: /none\ntls_key: /none", "/none: it cannot be read"),
        ("tls_cert: {{DIR}}/one/certificate.pem\ntls_key: {{DIR}}/two/key.pem", "it is not the key of the certificate"),
        ("tls_cert: {{DIR}}/one/key.pem\ntls_key: {{DIR}}/one/certificate.pem", "it has no certificate in PEM"),
        (
            "tls_cert: {{DIR}}/readable/certificate.pem\ntls_key: {{DIR}}/readable/key.pem",
            "everybody may read this private key",
        ),
        ("state_dir: {{DIR}}/one\ntls_client_ca: {{DIR}}/file", "it has no certificate in PEM"),
    ] {
        let checked = run(&sandbox, settings, &["--check"]);
        checked.expect_code(1);
        expect_line(&checked.stderr, &["ERROR: ", "smokerd.yaml:", words]);
        expect_line(&checked.stderr, &["smokerd.yaml: the daemon would not start"]);
        let started = run(&sandbox, settings, &["-fg", "-p", "{{DIR}}/pid"]);
        started.expect_code(1);
        // The system's own words for a path on which no folder can be made say less.
        if words.contains(": ") || words.contains("; ") {
            expect_line(&started.text(), &["ERROR: ", words]);
        }
    }
}

#[test]
fn a_check_makes_nothing_of_what_a_start_would_make() {
    let sandbox = sandbox();
    let state = sandbox.path("new/state");
    run(&sandbox, "state_dir: {{DIR}}/new/state", &["--check", "--strict"]).expect_code(0);
    assert!(!sandbox.path("new").exists());
    let certificate = sandbox.path("one/certificate.pem");
    fs::remove_file(&certificate).expect("there");
    run(&sandbox, "state_dir: {{DIR}}/one", &["--check", "--strict"]).expect_code(0);
    assert!(!certificate.exists() && !state.exists());
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_state_folder_that_the_daemons_account_cannot_reach_is_told() {
    let sandbox = Sandbox::new();
    let closed = sandbox.path("closed");
    fs::create_dir(&closed).expect("writable");
    let check = |mode| {
        for (folder, mode) in [(sandbox.path(""), 0o711), (closed.clone(), mode)] {
            fs::set_permissions(folder, Permissions::from_mode(mode)).expect("ours");
        }
        run(&sandbox, "uid: 65534\ngid: 65534\nstate_dir: {{DIR}}/closed/state", &["--check"])
    };
    let told = check(0o700);
    told.expect_code(3);
    expect_line(&told.stderr, &["WARNING: ", "smokerd.yaml:", "closed/state: ", " may not enter ", "chmod o+x "]);
    let open = check(0o711);
    assert!(!open.stderr.contains("may not enter"), "{open:?}");
    assert!(!closed.join("state").exists());

    // An access control list decides in place of the group's bits, and chmod changes nothing of what it gives to an account.
    let with_list = |mode, permissions| {
        fs::remove_dir(&closed).and_then(|()| fs::create_dir(&closed)).expect("ours");
        fs::set_permissions(&closed, Permissions::from_mode(mode)).expect("ours");
        acl::give(&closed, 65534, permissions)
            .then(|| run(&sandbox, "uid: 65534\ngid: 65534\nstate_dir: {{DIR}}/closed/state", &["--check"]))
    };
    let (Some(given), Some(refused)) = (with_list(0o700, 0o1), with_list(0o711, 0o0)) else { return };
    assert!(!given.stderr.contains("may not enter"), "{given:?}");
    let shown = closed.display().to_string();
    expect_line(
        &refused.stderr,
        &["WARNING: ", " may not enter ", "; setfacl -m u:", &format!(":x {shown}, or choose")],
    );
}
