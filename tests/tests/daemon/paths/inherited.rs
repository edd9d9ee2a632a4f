//! Descriptors that a starting program leaves open.

use std::fs;
use std::path::Path;

use smoker_tests::background::{Background, START, hello};
use smoker_tests::cli;

#[test]
fn a_daemon_in_the_background_keeps_no_descriptor_of_its_starter() {
    let place = Background::prepare(&hello());
    let secret = place.sandbox.path("secret");
    fs::write(&secret, "of the starter").expect("writable");
    let smokerd = cli::smokerd_command(&place.sandbox, &START);
    let mut open = place.sandbox.command(Path::new("/bin/sh"));
    let script = format!("exec 5<{0} 9<{0}; exec \"$0\" \"$@\"", secret.display());
    open.args(["-c", &script]).arg(smokerd.get_program()).args(smokerd.get_args());
    cli::run(&mut open).expect_code(0);
    assert!(place.serves());
    let open = fs::read_dir(format!("/proc/{}/fd", place.pid())).expect("it runs");
    let open: Vec<_> = open.flatten().filter_map(|entry| fs::read_link(entry.path()).ok()).collect();
    assert!(!open.contains(&secret), "{open:?}");
}
