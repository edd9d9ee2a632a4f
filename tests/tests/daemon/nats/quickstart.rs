//! What `make fleet` starts.

use std::path::Path;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use smoker_tests::binary;
use smoker_tests::machine::skip;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

/// The script.
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../etc/quickstart/fleet.sh");

/// As with Ctrl-C, all that the script has started gets the signal, too; SIGINT may be ignored here.
#[test]
fn nothing_is_left_of_the_first_fleet() {
    if skip::program("nats-server", "install nats-server").is_none() {
        return;
    }
    let sandbox = Sandbox::new();
    let scratch = sandbox.path("scratch");
    std::fs::create_dir(&scratch).expect("writable");
    let folder = binary::path("smokerd").parent().expect("a folder").to_owned();
    let mut command = sandbox.command(Path::new("sh"));
    command.arg(SCRIPT).arg(folder).arg("3").env("TMPDIR", &scratch);
    let mut script = Started::spawn(&mut command).expect("sh can be started");
    wait::until_true("the fleet", || sandbox.stdout().contains("Ctrl-C stops it") || !script.is_running());
    let shown = sandbox.stdout();
    assert!(shown.contains("3 hosts are there") && shown.contains("(web03)  OK"), "{shown}{}", sandbox.stderr());
    for _ in 0..2 {
        // Behind the first one it may have ended already.
        let _ = killpg(Pid::from_raw(script.pid()), Signal::SIGTERM);
    }
    assert_eq!(script.exit_within(wait::DEADLINE), Some(143), "{}", sandbox.stderr());
    let left: Vec<_> = std::fs::read_dir(&scratch).expect("there").flatten().collect();
    assert!(left.is_empty() && sandbox.processes().is_empty(), "{left:?}");
}
