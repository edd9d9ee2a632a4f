//! The daemon's account can put links into its state folder, and root follows none of them.

use std::fs;
use std::os::unix::fs::{MetadataExt, lchown, symlink};
use std::path::Path;

use nix::sys::signal::Signal;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::sandbox::Sandbox;

use crate::journal::restart::journal;

const ACCOUNT: u32 = 65534;

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_gives_no_file_of_its_own_to_the_account_of_the_daemon() {
    let vault = Sandbox::new();
    let secret = vault.path("secret");
    fs::write(&secret, "root's").expect("writable");
    let missing = vault.path("missing");
    let config = Config::new().top("state_dir: {{DIR}}/state\nuid: 65534\ngid: 65534").plugin("a", "Command: id -u");
    let mut daemon = Daemon::start(config);
    daemon.run("a").expect_ok(&[&ACCOUNT.to_string()]);
    let plant = |daemon: &Daemon, name: &str, target: &Path| {
        let place = daemon.path(name);
        let _ = fs::remove_file(&place);
        symlink(target, &place).expect("a link");
        lchown(&place, Some(ACCOUNT), Some(ACCOUNT)).expect("root may");
    };
    let stop = |daemon: &mut Daemon| {
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.wait_for_exit(), 0);
    };
    let is_untouched = |what: &str| {
        let metadata = fs::metadata(&secret).expect("it is there");
        assert_eq!((metadata.uid(), fs::read_to_string(&secret).expect("readable").as_str()), (0, "root's"), "{what}");
        assert!(!missing.exists(), "{what}");
    };
    stop(&mut daemon);
    for target in [&secret, &missing] {
        plant(&daemon, "state/lock", target);
        daemon.try_start().expect("it starts without the lock, and says so");
        assert!(daemon.log().contains("state_dir cannot be locked"), "{}", daemon.log());
        stop(&mut daemon);
        is_untouched("the lock of the folder");
    }
    fs::remove_file(daemon.path("state/lock")).expect("removable");
    for name in ["lock", "complete", "incomplete", "results-00000009.damaged"] {
        for target in [&secret, &missing] {
            plant(&daemon, &format!("state/results/{name}"), target);
            for task in ["verify", "dump", "compact", "repair"] {
                let _ = journal(&daemon, task);
                is_untouched(&format!("{task} with {name}"));
            }
            let _ = fs::remove_file(daemon.path(&format!("state/results/{name}")));
        }
    }
    // What the commands make, the daemon can use.
    let (text, code) = journal(&daemon, "compact");
    assert_eq!(code, 0, "{text}");
    for entry in fs::read_dir(daemon.path("state/results")).expect("a folder") {
        let entry = entry.expect("an entry");
        assert_eq!(entry.metadata().expect("its owner").uid(), ACCOUNT, "{}", entry.path().display());
    }
    daemon.try_start().expect("it starts");
    daemon.run("a").expect_ok(&[&ACCOUNT.to_string()]);
}
