//! What is in the packages: files, modes, owners, what they need and what they replace.

use std::path::Path;
use std::process::Command;

use smoker_tests::cli;

use crate::built::{deb, for_authors, rpm};
use crate::links::broken;

fn listing(program: &str, arguments: &[&str]) -> String {
    let output = cli::run(Command::new(program).args(arguments));
    output.expect_code(0);
    output.stdout
}

/// Programs may be run, everything belongs to root, nobody else writes.
fn expect_mode(mode: &str, path: &str) {
    let is_program = ["/bin/", "/sbin/", "/init.d/"].iter().any(|folder| path.contains(folder)) && !path.ends_with('/');
    let expected = match mode.as_bytes()[0] {
        b'd' => "drwxr-xr-x",
        b'l' => "lrwxrwxrwx",
        _ if is_program => "-rwxr-xr-x",
        _ if path == "/etc/smokerd/smokerd.yaml" => "-rw-r-----",
        _ => "-rw-r--r--",
    };
    assert_eq!(mode, expected, "{path}");
}

/// In both packages.
const FILES: [&str; 19] = [
    "/usr/sbin/smokerd",
    "/usr/bin/smokercli",
    "/usr/bin/check_smoker_plugin",
    "/usr/bin/smoker-fleet",
    "/usr/bin/smoker-bridge",
    "/usr/bin/smokerd.py",
    "/usr/bin/smokercli.py",
    "/usr/bin/check_smoker_plugin.py",
    "/usr/share/man/man1/smokercli.1.gz",
    "/usr/share/man/man1/check_smoker_plugin.1.gz",
    "/usr/share/man/man1/smoker-fleet.1.gz",
    "/usr/share/man/man1/smoker-bridge.1.gz",
    "/usr/share/man/man5/smokerd.yaml.5.gz",
    "/usr/share/man/man8/smokerd.8.gz",
    "/usr/share/bash-completion/completions/smokercli",
    "/usr/share/bash-completion/completions/smoker-fleet",
    "/usr/share/doc/smoker/examples/smokerd/common.yaml",
    "/usr/share/doc/smoker/docs/tutorial.md",
    "/usr/lib/sysusers.d/smoker.conf",
];

/// The package for authors has the sources in a folder of their own, and the file that leads python3 to them.
fn expect_python<'a>(paths: impl Iterator<Item = &'a str>) {
    let paths: Vec<_> = paths.filter(|path| !path.ends_with('/')).collect();
    let package = "/usr/share/smoker/python/smoker/server/plugins";
    for file in ["__init__.py", "result.pyi", "fsmount.py"] {
        assert!(paths.contains(&&*format!("{package}/{file}")), "{paths:#?}");
    }
    assert!(paths.iter().any(|path| path.ends_with("-packages/smokerd.pth")), "{paths:#?}");
    let own =
        ["/usr/share/smoker/python", "/usr/share/doc/python3-smokerd/", "/usr/share/lintian/overrides/python3-smokerd"];
    let others = |path: &&&str| !own.iter().any(|own| path.starts_with(own)) && !path.ends_with("/smokerd.pth");
    assert_eq!(paths.iter().filter(others).count(), 0, "{paths:#?}");
}

#[test]
fn a_debian_package() {
    let Some(package) = deb().and_then(|path| path.to_str()) else { return };
    let mut paths = Vec::new();
    for line in listing("dpkg-deb", &["--contents", package]).lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        assert_eq!(words[1], "root/root", "{line}");
        let path = words[5].trim_start_matches('.');
        expect_mode(words[0], path);
        paths.push(path.to_owned());
    }
    let own = [
        "/etc/init.d/smokerd",
        "/lib/systemd/system/smokerd.service",
        "/lib/systemd/system/smoker-bridge.service",
        "/usr/share/doc/smoker/copyright",
    ];
    for path in FILES.iter().chain(&own) {
        assert!(paths.iter().any(|own| own == path), "{path} is missing in {paths:#?}");
    }
    // What the package gives a new host must not be asked about on the others.
    let in_etc: Vec<_> = paths.iter().filter(|path| path.starts_with("/etc/") && !path.ends_with('/')).collect();
    assert_eq!(in_etc, ["/etc/init.d/smokerd"]);
    assert_eq!(listing("dpkg-deb", &["--info", package, "conffiles"]).trim(), "/etc/init.d/smokerd");

    let tree = tempfile::tempdir().expect("a temporary folder");
    listing("dpkg-deb", &["--extract", package, tree.path().to_str().expect("text")]);
    assert_eq!(broken(&tree.path().join("usr/share/doc/smoker")), Vec::<String>::new());

    let field = |name: &str| listing("dpkg-deb", &["--field", package, name]).trim().to_owned();
    assert_eq!(field("Package"), "smoker");
    assert_eq!(field("Version"), concat!(env!("CARGO_PKG_VERSION"), "-1"));
    assert_eq!(field("Recommends"), "python3");
    let depends = field("Depends");
    assert!(depends.starts_with("libc6 (>= 2."), "nothing is known of the library that it needs: {depends}");
    for relation in ["Provides", "Conflicts", "Replaces"] {
        assert!(field(relation).contains("gdc-smoker"), "{relation}");
    }

    let authors = for_authors(Path::new(package));
    let listed = listing("dpkg-deb", &["--contents", authors.to_str().expect("text")]);
    expect_python(listed.lines().filter_map(|line| line.split_whitespace().nth(5)?.strip_prefix('.')));
    assert!(!paths.iter().any(|path| path.contains("/python/")), "{paths:#?}");
}

#[test]
fn an_rpm_package() {
    let Some(package) = rpm().and_then(|path| path.to_str()) else { return };
    let mut paths = Vec::new();
    let format = "[%{FILEMODES:perms} %{FILEUSERNAME}/%{FILEGROUPNAME} %{FILEFLAGS:fflags}. %{FILENAMES}\n]";
    for line in listing("rpm", &["-qp", "--queryformat", format, package]).lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        // A daemon that runs as the account smoker reads its configuration, too.
        let group = if words[3] == "/etc/smokerd/smokerd.yaml" { "smoker" } else { "root" };
        assert_eq!(words[1], format!("root/{group}"), "{line}");
        expect_mode(words[0], words[3]);
        // Configuration that is changed stays on upgrades.
        let is_configuration =
            words[3].starts_with("/etc/") && words[3].contains("smoker") && !words[3].contains("init.d");
        assert_eq!(words[2].contains("cn"), is_configuration && !words[0].starts_with('d'), "{line}");
        paths.push(words[3].to_owned());
    }
    let own = ["/etc/rc.d/init.d/smokerd", "/usr/lib/systemd/system/smokerd.service", "/etc/smokerd/smokerd.yaml"];
    for path in FILES.iter().chain(&own) {
        assert!(paths.iter().any(|own| own == path), "{path} is missing in {paths:#?}");
    }
    let query = |what: &str| listing("rpm", &["-qp", what, package]);
    let authors = for_authors(Path::new(package));
    expect_python(listing("rpm", &["-qpl", authors.to_str().expect("text")]).lines());
    assert!(!paths.iter().any(|path| path.contains("/python/")), "{paths:#?}");
    assert!(query("--requires").contains("libc.so.6"));
    assert!(query("--recommends").contains("python3"));
    assert!(query("--provides").contains("gdc-smoker") && query("--obsoletes").contains("gdc-smoker"));
}
