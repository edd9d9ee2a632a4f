//! Descriptors that a starting program leaves open.

use std::fs;

use smoker_tests::boot::Boot;
use smoker_tests::config::hello;

#[test]
fn a_daemon_in_the_background_keeps_no_descriptor_of_its_starter() {
    let open = "exec 5<{{DIR}}/secret 9<{{DIR}}/secret; exec \"$0\" \"$@\"";
    let boot = Boot::in_background(hello().file("secret", "of the starter")).through(&["/bin/sh", "-c", open]);
    let daemon = boot.start();
    let secret = daemon.path("secret");
    assert!(daemon.serves());
    let open = fs::read_dir(format!("/proc/{}/fd", daemon.pid())).expect("it runs");
    let open: Vec<_> = open.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    assert!(!open.contains(&secret), "{open:?}");
}
