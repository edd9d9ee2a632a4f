//! `make install` and `make uninstall`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use smoker_tests::cli;
use tempfile::TempDir;

use crate::built::{make, tested};
use crate::links::broken;

/// Every file below a folder, with its mode; the target of a link in place of it.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).expect("a folder").flatten() {
            let path = entry.path();
            let metadata = fs::symlink_metadata(&path).expect("it is there");
            let name = path.strip_prefix(folder).expect("below it").display().to_string();
            if metadata.is_dir() {
                folders.push(path);
            } else if let Ok(target) = fs::read_link(&path) {
                found.insert(name, target.display().to_string());
            } else {
                found.insert(name, format!("{:o}", metadata.permissions().mode() & 0o7777));
            }
        }
    }
    found
}

fn install(folder: &Path, more: &[&str]) {
    let destination = format!("DESTDIR={}", folder.display());
    make(&[&["install", &tested(), &destination, "INIT=smokerd-debian"][..], more].concat()).expect_code(0);
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

const CONFIGURATION: [(&str, &str); 3] =
    [("etc/default/smokerd", "644"), ("etc/smokercli.yaml", "644"), ("etc/smokerd/smokerd.yaml", "640")];

#[test]
fn everything_has_its_place_and_goes_again_but_the_configuration() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    install(folder.path(), &[]);
    let found = files(folder.path());
    let expected = [
        ("usr/local/sbin/smokerd", "755"),
        ("usr/local/bin/smokercli", "755"),
        ("usr/local/bin/check_smoker_plugin", "755"),
        ("usr/local/bin/smoker-fleet", "755"),
        ("usr/local/bin/smoker-bridge", "755"),
        ("usr/local/share/man/man1/smokercli.1", "644"),
        ("usr/local/share/man/man1/check_smoker_plugin.1", "644"),
        ("usr/local/share/man/man1/smoker-fleet.1", "644"),
        ("usr/local/share/man/man5/smokerd.yaml.5", "644"),
        ("usr/local/share/man/man8/smokerd.8", "644"),
        ("usr/local/share/bash-completion/completions/smokerd", "644"),
        ("usr/local/share/zsh/site-functions/_smokercli", "644"),
        ("usr/local/share/fish/vendor_completions.d/check_smoker_plugin.fish", "644"),
        ("usr/local/share/doc/smoker/README.md", "644"),
        ("usr/local/share/doc/smoker/docs/migrating.md", "644"),
        ("usr/local/share/doc/smoker/docs/adr/0006-template-quoting.md", "644"),
        ("usr/local/share/doc/smoker/examples/smokerd.yaml", "644"),
        ("usr/local/share/doc/smoker/examples/smokerd/plugin.d/Uptime.yaml", "644"),
        ("usr/local/lib/systemd/system/smokerd.service", "644"),
        ("usr/local/lib/systemd/system/smoker-bridge.service", "644"),
        ("usr/local/lib/sysusers.d/smoker.conf", "644"),
        ("etc/init.d/smokerd", "755"),
    ];
    for (name, mode) in expected.iter().chain(&CONFIGURATION) {
        assert_eq!(found.get(*name).map(String::as_str), Some(*mode), "{name} of {found:#?}");
    }
    assert!(!found.keys().any(|name| name.contains(".py")), "{found:#?}");
    assert!(text(&folder, "usr/local/lib/systemd/system/smokerd.service").contains("/usr/local/sbin/smokerd"));
    assert_eq!(broken(&folder.path().join("usr/local/share/doc/smoker")), Vec::<String>::new());

    make(&["uninstall", &format!("DESTDIR={}", folder.path().display())]).expect_code(0);
    let left: Vec<_> = files(folder.path()).into_iter().collect();
    assert_eq!(left, CONFIGURATION.map(|(name, mode)| (name.to_owned(), mode.to_owned())));
    assert!(!folder.path().join("usr/local/share/doc/smoker").exists());
}

#[test]
fn a_configuration_that_is_there_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, _) in CONFIGURATION {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("in a folder")).expect("writable");
        fs::write(path, "mine").expect("writable");
    }
    install(folder.path(), &[]);
    for (name, _) in CONFIGURATION {
        assert_eq!(text(&folder, name), "mine", "{name}");
    }
}

#[test]
fn the_names_of_the_original_and_other_folders_are_taken_when_asked_for() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    install(folder.path(), &["COMPAT=1", "PREFIX=/opt/smoker", "SYSCONFDIR=/opt/etc"]);
    let found = files(folder.path());
    assert!(found.keys().all(|name| name.starts_with("opt/")), "{found:#?}");
    for (name, target) in
        [("smokerd", "../sbin/smokerd"), ("smokercli", "smokercli"), ("check_smoker_plugin", "check_smoker_plugin")]
    {
        assert_eq!(found.get(&format!("opt/smoker/bin/{name}.py")).map(String::as_str), Some(target), "{found:#?}");
        let output = cli::run(Command::new(folder.path().join(format!("opt/smoker/bin/{name}.py"))).arg("--version"));
        assert_eq!((output.code, output.stdout.split(' ').next()), (0, Some(name)));
    }
    let unit = text(&folder, "opt/smoker/lib/systemd/system/smokerd.service");
    assert!(unit.contains("/opt/smoker/sbin/smokerd") && !unit.contains("/usr/sbin"), "{unit}");
    for name in ["opt/etc/init.d/smokerd", "opt/smoker/share/man/man8/smokerd.8"] {
        let content = text(&folder, name).replace("/opt/etc/smoker", "");
        assert!(!content.contains("/etc/smoker"), "{name}: {content}");
    }
}

#[test]
fn authors_of_modules_get_the_package_behind_an_installed_original() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let packages = folder.path().join("lib/site-packages");
    let prefix = format!("PREFIX={}", folder.path().join("usr").display());
    let python = format!("PYTHONDIR={}", packages.display());
    let configuration = format!("SYSCONFDIR={}", folder.path().join("etc").display());
    make(&["install", &tested(), &prefix, &python, &configuration, "PYTHON=1"]).expect_code(0);
    // As an interpreter reads its own folder of packages.
    let script = format!("import site; site.addsitedir({:?}); ", packages.display().to_string());
    let found = |statement: &str| {
        let output =
            cli::run(Command::new("python3").args(["-s", "-c", &(script.clone() + statement)]).current_dir("/"));
        assert_eq!(output.code, 0, "{}", output.text());
        output.stdout.trim().to_owned()
    };
    let ours = folder.path().join("usr/share/smoker/python/smoker").display().to_string();
    assert_eq!(found("import smoker.server.plugins; print(smoker.__path__[0])"), ours);
    assert!(found("import smoker.server.plugins.fsmount, smoker.client as c; print(c.Client([]).hosts)") == "[]");
    assert!(Path::new(&ours).join("server/plugins/result.pyi").exists());
    let original = packages.join("smoker");
    fs::create_dir_all(&original).expect("a folder");
    fs::write(original.join("__init__.py"), "").expect("a file");
    assert_eq!(found("import smoker; print(smoker.__path__[0])"), original.display().to_string());
    make(&["uninstall", &tested(), &prefix, &python, &configuration]).expect_code(0);
    assert!(!Path::new(&ours).exists() && !packages.join("smokerd.pth").exists() && original.exists());
}

#[test]
fn what_is_not_built_is_not_installed() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let destination = format!("DESTDIR={}", folder.path().display());
    let output = make(&["install", "RELEASE=/no/such/folder", &destination]);
    assert_ne!(output.code, 0);
    assert!(output.stderr.contains("run make first"), "{}", output.stderr);
    assert_eq!(files(folder.path()), BTreeMap::new());
}
