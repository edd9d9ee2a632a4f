//! A pidfile in a folder that another account can write, and a lock that another account can take.

use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::processes;
use smoker_tests::started::Started;
use smoker_tests::wait;

/// The account that the daemon becomes.
const ACCOUNT: u32 = 12345;

/// A daemon that becomes another account, and whose pidfile lies in that account's folder.
struct Theirs(Daemon);

impl Theirs {
    fn prepare() -> Self {
        let config = hello().top("uid: 12345\ngid: 12345\npidfile: {{DIR}}/run/smokerd.pid");
        let daemon = Boot::in_background(config).without_pidfile().prepare();
        fs::create_dir(daemon.path("run")).expect("writable");
        chown(daemon.path("run"), Some(ACCOUNT), Some(ACCOUNT)).expect("root may");
        Self(daemon)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    /// Starts it, and stops it again by its lock.
    fn expect_service(&self) {
        self.0.launch().expect_code(0);
        assert!(self.0.serves());
        self.0.stop().expect_code(0);
        assert!(self.0.is_closed());
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_link_in_the_place_of_the_pidfile_leads_root_nowhere() {
    for name in ["run/smokerd.pid", "run/smokerd.pid.lock"] {
        let theirs = Theirs::prepare();
        let precious = theirs.path("precious");
        fs::write(&precious, "root's").expect("writable");
        fs::set_permissions(&precious, fs::Permissions::from_mode(0o600)).expect("ours");
        for plant in [symlink::<PathBuf, PathBuf>, fs::hard_link::<PathBuf, PathBuf>] {
            let _ = fs::remove_file(theirs.path(name));
            plant(precious.clone(), theirs.path(name)).expect("writable");
            theirs.expect_service();
            assert_eq!(fs::read_to_string(&precious).expect("readable"), "root's");
            let metadata = fs::metadata(&precious).expect("there");
            assert_eq!((metadata.uid(), metadata.mode() & 0o777), (0, 0o600));
        }
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_lock_that_another_account_has_made_does_not_count() {
    let theirs = Theirs::prepare();
    let path = theirs.path("run/smokerd.pid.lock");
    let planted = File::create(&path).expect("writable");
    chown(&path, Some(ACCOUNT), Some(ACCOUNT)).expect("root may");
    planted.try_lock().expect("ours");
    theirs.0.launch().expect_code(0);
    assert!(theirs.0.serves());
    let lock = fs::metadata(&path).expect("there");
    assert_eq!((lock.uid(), lock.mode() & 0o777), (0, 0o600));
    let pidfile = fs::metadata(theirs.path("run/smokerd.pid")).expect("there");
    assert_eq!(pidfile.mode() & 0o777, 0o644);
    theirs.0.stop().expect_code(0);
}

/// The account can write any number into its folder; who holds the lock is signalled.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_forged_number_is_not_signalled() {
    let theirs = Theirs::prepare();
    let mut victim = Started::bystander();
    theirs.0.launch().expect_code(0);
    fs::write(theirs.path("run/smokerd.pid"), victim.pid().to_string()).expect("writable");
    theirs.0.stop().expect_code(0);
    assert!(theirs.0.is_closed() && victim.is_running());
    fs::write(theirs.path("run/smokerd.pid"), victim.pid().to_string()).expect("writable");
    let refused = theirs.0.stop();
    refused.expect_code(1);
    assert!(refused.stderr.contains("is no smokerd with this pidfile"), "{}", refused.stderr);
    assert!(victim.is_running());
}

#[test]
fn stop_signals_no_daemon_with_another_pidfile() {
    let mut other = Daemon::start(hello());
    let daemon = Boot::in_background(hello()).prepare();
    daemon.write_pidfile(&other.pid().to_string());
    daemon.stop().expect_code(1);
    assert!(other.is_running());
}

/// Every reader of the pidfile can lock it.
#[test]
fn a_lock_on_the_pidfile_refuses_no_start() {
    let daemon = Boot::in_background(hello()).start();
    let killed = daemon.pid();
    let reader = File::open(daemon.pidfile()).expect("readable");
    daemon.signal(Signal::SIGKILL);
    wait::until_true("the daemon to be gone", || !processes::is_running(killed) && daemon.is_closed());
    wait::until_true("the lock to be free", || reader.try_lock().is_ok());
    daemon.launch().expect_code(0);
    assert!(daemon.serves());
    daemon.stop().expect_code(0);
}

/// A daemon of an earlier version holds a lock on the pidfile itself and knows no other.
#[test]
fn a_daemon_of_an_older_version_is_found_by_its_lock_on_the_pidfile() {
    let daemon = Boot::in_background(hello()).start();
    let pid = daemon.pid();
    fs::remove_file(daemon.pidfile().with_extension("pid.lock")).expect("there");
    let refused = daemon.launch();
    refused.expect_code(1);
    daemon.stop().expect_code(0);
    assert!(!processes::is_running(pid));
}

#[test]
fn the_lock_goes_with_the_daemon() {
    let daemon = Boot::in_background(hello()).start();
    let lock = daemon.pidfile().with_extension("pid.lock");
    assert_eq!(fs::metadata(&lock).expect("there").mode() & 0o777, 0o600);
    daemon.stop().expect_code(0);
    assert!(!lock.exists() && !daemon.pidfile().exists());
}

/// A pipe in the place of a pidfile makes nothing wait.
#[test]
fn a_pipe_in_the_place_of_the_pidfile_is_reported() {
    let daemon = Boot::in_background(hello()).prepare();
    let mut mkfifo = Command::new("mkfifo");
    Started::spawn(mkfifo.arg(daemon.pidfile())).expect("mkfifo").exit_within(wait::DEADLINE).expect("it ends");
    let refused = daemon.stop();
    refused.expect_code(1);
    assert!(refused.stderr.contains("it is not a file"), "{}", refused.stderr);
}
