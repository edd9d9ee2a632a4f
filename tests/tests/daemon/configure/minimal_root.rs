//! Built-in checks in a root that has next to nothing: no accounts, no packages, no services, no servers of names. It has a network of
//! its own, so that nothing answers for a server of names either.

use std::fs;
use std::path::Path;
use std::process::Command;

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::machine::skip::{self, program};
use smoker_tests::sandbox::Sandbox;

/// Plugins that could take what is missing for what is wanted, with a part of what their error says.
const PLUGINS: [(&str, &str, &str); 17] = [
    ("account", "Check: user\nUser: bob\nExists: false", "cannot be looked up"),
    ("group", "Check: group\nGroup: bob\nExists: false", "cannot be looked up"),
    (
        "dpkg",
        "Check: package\nPackage: telnetd\nManager: dpkg\nInstalled: false",
        "/var/lib/dpkg/status cannot be read",
    ),
    ("rpm", "Check: package\nPackage: telnetd\nInstalled: false", "neither dpkg nor rpm"),
    ("pip", "Check: package\nPackage: x\nManager: pip\nInstalled: false", "no packages of Python are in "),
    ("npm", "Check: package\nPackage: x\nManager: npm\nInstalled: false", "no packages of Node.js are in "),
    ("service", "Check: service\nService: x\nState: [inactive, not-found]", "neither systemd here nor /etc/init.d"),
    ("closed", "Check: tcp\nAddress: no.such.example:80\nOpen: false", "no.such.example cannot be resolved"),
    ("no-name", "Check: dns\nName: no.such.example\nExists: false", "no.such.example cannot be resolved"),
    ("no-record", "Check: dns\nName: no.such.example\nType: A\nExists: false", "/etc/resolv.conf cannot be read"),
    ("down", "Check: interface\nInterface: lo\nUp: false", "/sys/class/net/lo/operstate cannot be read"),
    ("mounts", "Check: mount", "/etc/fstab cannot be read"),
    ("disks", "Check: disk", "no file system is left to look at"),
    ("owner", "Check: file\nFile: /smokerd\nOwner: root", "wanted the owner root, got 0"),
    ("log", "Check: log\nFile: /var/log/messages\nPattern: x", "/var/log/messages cannot be read"),
    ("process", "Check: process\nProcess: x\nUser: bob\nError: {Count: '> 0'}", "the account bob cannot be looked up"),
    ("unit", "Check: service\nService: x", "neither systemd here nor /etc/init.d"),
];

/// Behind it stand the root and the plugin.
const SCRIPT: &str =
    "mount -t proc proc \"$0/proc\" && exec chroot \"$0\" /smokerd -c /smokerd.yaml --test-plugin \"$1\" -o json";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_check_says_what_it_does_not_find() {
    let Some(unshare) = program("unshare", "install util-linux") else { return };
    let sandbox = Sandbox::new();
    let root = sandbox.path("root");
    fs::create_dir_all(root.join("proc")).expect("a folder");
    copy_with_libraries(&binary::path("smokerd"), &root);
    let mut config = Config::new().plugin("good", "Module: smoker.server.plugins.uname");
    for (name, body, _) in PLUGINS {
        config = config.plugin(name, body);
    }
    config.write(&sandbox).expect("writable");
    fs::copy(sandbox.path("smokerd.yaml"), root.join("smokerd.yaml")).expect("a configuration");

    let tested = |name: &str| -> Output {
        let mut command = sandbox.command(&unshare);
        cli::run(command.args(["-m", "-n", "-p", "-f", "sh", "-c", SCRIPT]).arg(&root).arg(name))
    };
    let good = tested("good");
    if good.text().contains("unshare:") || good.text().contains("mount:") {
        return skip::skip("no built-in check in a minimal root", "run it where unshare and mount work");
    }
    assert_eq!(good.code, 0, "{}", good.text());
    for (name, _, expected) in PLUGINS {
        let output = tested(name);
        assert!(output.code == 4 && output.text().contains(expected), "{name}: {}", output.text());
    }
}

/// Puts a program into the root, and the libraries that it needs where it looks for them.
fn copy_with_libraries(program: &Path, root: &Path) {
    fs::copy(program, root.join("smokerd")).expect("a program");
    let listed = Command::new("ldd").arg(program).output().expect("ldd");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        let target = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(target.parent().expect("a folder")).expect("a folder");
        fs::copy(library, target).expect("a library");
    }
}
