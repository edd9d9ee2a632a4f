//! The configuration that is installed, on a host that has little.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use smoker_tests::binary;
use smoker_tests::machine::private_root::PrivateRoot;

use crate::built::root;

/// What a minimal system may lack: procps, netcat, awk, Python.
const REMOVED: &str = "rm -f /usr/bin/uptime /usr/bin/free /usr/bin/ps /usr/bin/top /usr/bin/pgrep /usr/bin/pkill \
    /usr/bin/nc* /bin/nc* /usr/bin/ncat /usr/bin/*awk* /usr/bin/python3* /usr/local/bin/python3* /usr/bin/busybox /bin/busybox; \
    ! command -v uptime awk nc python3";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_shipped_configuration_is_green_without_procps_netcat_awk_and_python() {
    let shared = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    for program in ["smokerd", "smokercli"] {
        fs::copy(binary::path(program), shared.path().join(program)).expect("a copy");
    }
    let shipped = fs::read_to_string(root().join("etc/quickstart/smokerd.yaml")).expect("readable");
    // This machine may be busy and full.
    let shipped = shipped.replace("> 4", "> 1000").replace("> 85%", "> 101%").replace("> 95%", "> 101%");
    fs::write(shared.path().join("smokerd.yaml"), shipped).expect("writable");
    fs::copy(root().join("etc/quickstart/run.sh"), shared.path().join("run.sh")).expect("a copy");
    let Some(machine) = PrivateRoot::new(shared.path()) else { return };

    machine.succeed(REMOVED);
    let report = machine.succeed(
        "sh /shared/run.sh /shared > /run/report 2>&1 & until grep -q Ctrl-C /run/report; do sleep 0.1; done; cat /run/report; \
         /shared/smokercli -s 127.0.0.1:8086 -o long -f --no-progress",
    );
    for plugin in ["DiskSpace", "LargestLogs", "Load", "Memory", "Mounts", "Port"] {
        let line = format!("- {plugin:<33}[OK]");
        assert!(report.contains(&line), "no {line:?} in\n{report}");
    }
    for bad in ["[ERROR]", "[WARN]", "[UNKNOWN]", "not found"] {
        assert!(!report.contains(bad), "{report}");
    }
}
