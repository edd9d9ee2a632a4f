//! The RPM package in a copy of this machine. What the system provides is not
//! in the database of packages there, so dependencies are left out.

use smoker_tests::machine::private_root::PrivateRoot;

use crate::built::{folder, rpm};

const CONFIGURATION: &str = "/etc/smokerd/smokerd.yaml";
const SERVICE: &str = "/etc/rc.d/init.d/smokerd";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_is_installed_started_upgraded_and_removed() {
    if rpm().is_none() {
        return;
    }
    let Some(machine) = PrivateRoot::new(folder()) else { return };
    machine.succeed("rpm --install --nodeps /shared/smoker-*.rpm");
    assert_eq!(machine.succeed(&format!("stat -c '%a %U:%G' {CONFIGURATION}")), "640 root:smoker\n");
    machine.succeed("rpm --verify --nodeps smoker");
    // Whether a new service is started is for the distribution to say.
    assert_ne!(machine.sh(&format!("{SERVICE} status")).code, 0);
    machine.succeed(&format!("{SERVICE} start"));
    assert!(machine.succeed("smokercli -l").contains("DiskSpace"));
    assert!(machine.succeed("check_smoker_plugin -f Mounts").starts_with("OK: "));

    let pid = || machine.succeed("cat /var/run/smokerd.pid");
    let first = pid();
    machine.succeed(&format!("echo 'nr_concurrent_plugins: 3' >> {CONFIGURATION}"));
    let upgrade = "rpm --upgrade --nodeps --force /shared/smoker-*.rpm";
    machine.succeed(upgrade);
    assert!(machine.succeed(&format!("cat {CONFIGURATION}")).ends_with("nr_concurrent_plugins: 3\n"));
    let second = pid();
    assert_ne!(first, second, "the old program goes on running");
    assert!(machine.succeed("smokercli -l").contains("DiskSpace"));

    machine.succeed(&format!("echo 'bind_port: [' >> {CONFIGURATION}"));
    let told = machine.succeed(upgrade);
    assert!(told.contains("does not load") && told.contains("smokerd.yaml:"), "{told}");
    assert_eq!(pid(), second);

    machine.succeed("rpm --erase --nodeps smoker");
    assert_ne!(machine.sh("pgrep -x smokerd").code, 0, "the daemon has survived the removal");
    assert!(machine.succeed(&format!("cat {CONFIGURATION}.rpmsave")).contains("nr_concurrent_plugins: 3"));
    machine
        .succeed("test ! -e /usr/sbin/smokerd && test ! -e /usr/bin/smokerd.py && test ! -e /etc/rc.d/init.d/smokerd");
}
