//! The scripts that put things in place and make packages run as root.

use std::path::PathBuf;
use std::process::Command;

use smoker_tests::cli;
use smoker_tests::machine::private_root::PrivateRoot;
use smoker_tests::machine::skip::program;

use crate::built::root;

fn scripts() -> Vec<PathBuf> {
    let folders = ["rc.d/packages", "rc.d/packages/debian", "rc.d/packages/release", "rc.d/packages/repository"]
        .map(|folder| root().join(folder));
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(folder).expect("the folder is there"));
    let paths = entries.map(|entry| entry.expect("an entry").path());
    let is_script = |path: &PathBuf| {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.starts_with("#!/bin/sh\n") || text.starts_with("# shellcheck shell=sh\n")
    };
    paths.filter(is_script).collect()
}

#[test]
fn shellcheck_finds_nothing_wrong() {
    let scripts = scripts();
    assert!(scripts.len() >= 24, "{scripts:?}");
    let Some(shellcheck) = program("shellcheck", "apt-get install shellcheck") else { return };
    let output = cli::run(Command::new(shellcheck).arg("--external-sources").args(&scripts).current_dir(root()));
    assert_eq!(output.text(), "");
}

/// A `smokerd` that shows who checks what, and ends with the code that is asked for.
const CHECKER: &str = "printf '#!/bin/sh\\necho checked by $(id -un): $*\\nexit $(cat /tmp/code)\\n' > /usr/sbin/smokerd && chmod 755 /usr/sbin/smokerd";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_package_has_the_configuration_checked_by_the_account_of_the_unit() {
    let Some(machine) = PrivateRoot::new(&root().join("rc.d/packages")) else { return };
    machine.succeed(CHECKER);
    machine.succeed("echo SMOKERD_OPTIONS=-v > /etc/default/smokerd");
    let loads = |code: u8| {
        machine.succeed(&format!("echo {code} > /tmp/code"));
        machine.sh("set -e; . /shared/loads.sh; if loads; then echo loaded; else echo refused; fi").text()
    };
    let unit = |user: &str| {
        let show = format!("#!/bin/sh\\n[ \"$*\" = \"show -p User smokerd.service\" ] && echo User={user}\\n");
        machine.succeed(&format!("printf '{show}' > /usr/bin/systemctl && chmod 755 /usr/bin/systemctl"));
    };
    let checked = |by: &str| format!("checked by {by}: --check -c /etc/smokerd/smokerd.yaml -v\n");
    unit("nobody");
    assert_eq!(loads(0), checked("root") + "loaded\n", "without systemd nobody asks it");
    machine.succeed("mkdir -p /run/systemd/system");
    for (code, outcome) in [(0, "loaded\n"), (3, "loaded\n"), (1, "refused\n")] {
        assert_eq!(loads(code), checked("nobody") + outcome, "{code}");
    }
    for user in ["", "root", "0"] {
        unit(user);
        assert_eq!(loads(0), checked("root") + "loaded\n", "{user}");
    }
}
