//! The Debian package in a copy of this machine.

use smoker_tests::machine::private_root::PrivateRoot;

use crate::built::{deb, folder, root};

const INSTALL: &str = "dpkg --install /shared/smoker_*.deb";
const CONFIGURATION: &str = "/etc/smokerd/smokerd.yaml";

/// A copy without the package; `None`, told loudly, where that cannot be.
fn machine() -> Option<PrivateRoot> {
    deb()?;
    PrivateRoot::new(folder())
}

fn pid(machine: &PrivateRoot) -> String {
    machine.sh("cat /var/run/smokerd.pid").stdout
}

/// The daemon that is running answers, and one plugin can be run.
fn expect_service(machine: &PrivateRoot) {
    machine.succeed("service smokerd status");
    let names = machine.succeed("smokercli -l");
    assert!(names.contains("Load") && names.contains("DiskSpace"), "{names}");
    let report = machine.succeed("smokercli -f -p Mounts -o long");
    assert!(report.contains("Mounts                           [OK]"), "{report}");
    let check = machine.succeed("check_smoker_plugin.py Mounts");
    assert!(check.starts_with("OK: "), "{check}");
}

/// The account that a unit with `User=smoker` needs: it has no shell, and reads the configuration, which others do not.
fn expect_account(machine: &PrivateRoot) {
    let account = machine.succeed("getent passwd smoker");
    assert!(account.ends_with(":/var/lib/smokerd:/usr/sbin/nologin\n"), "{account}");
    machine.succeed(&format!("runuser -u smoker -- test -r {CONFIGURATION}"));
    assert_ne!(machine.sh(&format!("runuser -u nobody -- test -r {CONFIGURATION}")).code, 0);
}

/// The same plugins say the same, whatever their state and numbers are here.
fn expect_what_the_readme_shows(machine: &PrivateRoot) {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("readable");
    let line = "smokercli -s 127.0.0.1:8086 --smoke -f";
    let (_, shown) = readme.split_once(&format!("$ {line}\n")).expect("README.md shows this call");
    let shown = shown.split_once("```").expect("the end of the block").0;
    let real = machine.succeed(&format!("{line} --no-progress"));
    assert_eq!(said(&real), said(shown), "README.md and {real}");
}

/// Names of plugins, and what they say, without numbers; components are those of the host.
fn said(report: &str) -> Vec<String> {
    let lines = report.lines().filter(|line| line.starts_with("- ") || line.starts_with("  ["));
    let words = lines.map(|line| line.split_whitespace().filter(|word| !word.contains(['[', '(', ':'])));
    words
        .map(|words| words.map(|word| word.replace(|c: char| c.is_ascii_digit(), "")).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn on_a_new_host_it_starts_and_leaves_without_a_trace() {
    let Some(machine) = machine() else { return };
    let traces = "find /etc /lib /opt /usr /var -name '*smoker*' | sort";
    let before = machine.succeed(traces);
    machine.succeed(INSTALL);
    assert_eq!(machine.succeed(&format!("stat -c '%a %U:%G' {CONFIGURATION}")), "640 root:smoker\n");
    assert_eq!(machine.succeed("dpkg --verify smoker"), "");
    machine.succeed("smokerd --check");
    expect_account(&machine);
    expect_service(&machine);
    expect_what_the_readme_shows(&machine);
    assert!(machine.succeed("smokerd.py --version").starts_with("smokerd "));
    assert!(machine.succeed("ls /etc/rc2.d /etc/rc0.d").contains("smokerd"), "it does not start with the system");
    let page = machine.succeed("gzip -dc /usr/share/man/man8/smokerd.8.gz");
    assert!(page.contains(".Dt SMOKERD 8"), "{page}");

    machine.succeed("dpkg --remove smoker");
    assert_ne!(machine.sh("pgrep -x smokerd").code, 0, "the daemon has survived the removal");
    assert!(machine.sh("smokercli -l").code > 0);
    machine.succeed(&format!("test -e {CONFIGURATION}"));

    machine.succeed("dpkg --purge smoker");
    let after = machine.succeed(traces);
    assert_eq!(after, before);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_upgrade_restarts_a_running_daemon_and_keeps_the_configuration() {
    let Some(machine) = machine() else { return };
    machine.succeed(INSTALL);
    let first = pid(&machine);
    machine.succeed(&format!("echo 'nr_concurrent_plugins: 3' >> {CONFIGURATION}"));
    machine.succeed(INSTALL);
    assert!(machine.succeed(&format!("cat {CONFIGURATION}")).ends_with("nr_concurrent_plugins: 3\n"));
    let second = pid(&machine);
    assert_ne!(first, second, "the old program goes on running");
    expect_service(&machine);

    // A configuration that does not load is no reason to lose the daemon that runs.
    machine.succeed(&format!("echo 'bind_port: [' >> {CONFIGURATION}"));
    let told = machine.succeed(INSTALL);
    assert!(told.contains("does not load") && told.contains("smokerd.yaml:"), "{told}");
    assert_eq!(pid(&machine), second);
    expect_service(&machine);

    // Who has stopped it has a reason.
    machine.succeed(&format!("sed -i '$d' {CONFIGURATION} && service smokerd stop"));
    machine.succeed(INSTALL);
    assert_ne!(machine.sh("service smokerd status").code, 0);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_host_with_a_configuration_keeps_it_whatever_happens() {
    let Some(machine) = machine() else { return };
    let own = "bind_port: 8086\\ntemplates: {BasePlugin: {Timeout: 5}}\\nplugins: {Own: {Command: echo mine}}\\n";
    machine.succeed(&format!("mkdir -p /etc/smokerd && printf '{own}' > {CONFIGURATION}"));
    machine.succeed("printf 'SMOKERD_OPTIONS=-v\\n' > /etc/default/smokerd");
    machine.succeed(INSTALL);
    assert_eq!(machine.succeed("smokercli -l"), "Own\n");
    machine.succeed("dpkg --purge smoker");
    assert!(machine.succeed(&format!("cat {CONFIGURATION}")).contains("echo mine"));
    machine.succeed("grep SMOKERD_OPTIONS=-v /etc/default/smokerd");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_configuration_that_does_not_load_is_reported_and_starts_nothing() {
    let Some(machine) = machine() else { return };
    machine.succeed(&format!("mkdir -p /etc/smokerd && echo 'plugins: [' > {CONFIGURATION}"));
    let told = machine.succeed(INSTALL);
    assert!(told.contains("does not load") && told.contains("smokerd.yaml:"), "{told}");
    assert_ne!(machine.sh("service smokerd status").code, 0);
    assert!(machine.succeed("dpkg --status smoker").contains("Status: install ok installed"));
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn folders_of_a_host_are_its_configuration() {
    let Some(machine) = machine() else { return };
    machine.succeed("mkdir -p /etc/smokerd/plugin.d /etc/smokerd/template.d");
    machine.succeed("echo 'Timeout: 5' > /etc/smokerd/template.d/BasePlugin.yaml");
    machine.succeed("echo 'Command: echo from a folder' > /etc/smokerd/plugin.d/Folder.yaml");
    machine.succeed("echo GENCONFIG=1 > /etc/default/smokerd");
    machine.succeed(INSTALL);
    assert_eq!(machine.succeed("smokercli -l"), "Folder\n");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn systemd_runs_it() {
    if deb().is_none() {
        return;
    }
    let Some(machine) = PrivateRoot::booted(folder()) else { return };
    machine.succeed(INSTALL);
    machine.succeed("systemctl is-enabled smokerd && systemctl is-active smokerd");
    assert!(machine.succeed("smokercli -l").contains("DiskSpace"));
    let pid = || machine.succeed("systemctl show --property=MainPID smokerd");
    let first = pid();
    machine.succeed(INSTALL);
    let second = pid();
    assert_ne!(first, second, "the old program goes on running");
    assert!(machine.succeed("smokercli -f -p Mounts").contains("[OK]"));

    machine.succeed(&format!("echo 'bind_port: [' >> {CONFIGURATION}"));
    let told = machine.succeed(INSTALL);
    assert!(told.contains("does not load"), "{told}");
    assert_eq!(pid(), second);
    machine.succeed(&format!("sed -i '$d' {CONFIGURATION}"));

    // What an operator has switched off stays so.
    machine.succeed("systemctl disable --now smokerd");
    machine.succeed(INSTALL);
    assert_ne!(machine.sh("systemctl is-enabled smokerd").code, 0);
    assert_ne!(machine.sh("systemctl is-active smokerd").code, 0);

    machine.succeed("systemctl enable --now smokerd && dpkg --purge smoker");
    assert_ne!(machine.sh("pgrep -x smokerd").code, 0, "the daemon has survived the removal");
    assert_ne!(machine.sh("systemctl cat smokerd").code, 0);
}
