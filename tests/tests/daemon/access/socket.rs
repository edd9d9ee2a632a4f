//! The Unix socket: the kernel says which account asks, and root may do everything.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::wait;

use crate::access::caller::{NOBODY, ask};

fn config() -> Config {
    Config::new().top("socket: '{{DIR}}/smokerd.sock'").plugin("DB", "Command: 'true'\nPassword: hunter2")
}

fn force(body: &str) -> Request {
    Request::post("/processes", format!("{{\"process\": {body}}}"))
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn an_account_may_do_what_its_role_allows() {
    let daemon = Daemon::start(config().top("local_role: read"));
    let path = daemon.path("smokerd.sock");
    let file = fs::symlink_metadata(&path).expect("the socket");
    assert!(file.file_type().is_socket() && file.mode() & 0o777 == 0o666, "{file:?}");
    let ask = |uid, request| ask(&path, uid, request);

    // Root sees the secrets, may choose plugins by them, and is named where it has run something.
    assert_eq!(ask(0, Request::get("/plugins/DB")).json()["plugin"]["parameters"]["Password"], "hunter2");
    assert!(ask(0, Request::get("/plugins")).body.contains("hunter2"));
    let forced = ask(0, force(r#"{"filter": {"Password": "hunter2"}}"#));
    assert_eq!(forced.status, 202, "{forced:?}");
    let [result] = &*daemon.wait_for_results("DB", 1) else { panic!("one result") };
    assert_eq!(result.0["triggeredBy"], "uid 0");
    let processes = daemon.get("/processes").json();
    assert_eq!((&processes[0]["plugins"][0], &processes[0]["triggeredBy"]), (&"DB".into(), &"uid 0".into()));
    assert!(ask(0, Request::get("/processes/1")).body.contains("hunter2"));
    assert!(!daemon.get("/processes/1").text().contains("hunter2"));

    // Others have `local_role`, over the socket and over loopback.
    let seen = ask(NOBODY, Request::get("/plugins/DB"));
    assert_eq!(seen.json()["plugin"]["parameters"]["Password"], "***");
    let refused = ask(NOBODY, force(r#"{"plugins": ["DB"]}"#));
    assert_eq!(refused.status, 403, "{refused:?}");
    for part in ["this needs run", "uid 65534 has only the role read", "local_role"] {
        assert!(refused.body.contains(part), "{}", refused.body);
    }
    let refused = daemon.send(&force(r#"{"plugins": ["DB"]}"#));
    let message = refused.expect_error(401);
    assert!(message.contains("this needs run") && message.contains("only the role read"), "{message}");
    assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer"));
    assert_eq!(daemon.get("/plugins/DB").status, 200);

    let log = daemon.log();
    expect_line(&log, &["uid 0 on the socket: POST /processes: 202: process 1, plugins by Password"]);
    expect_line(&log, &["uid 65534 on the socket: POST /processes: 403: refused: The account with uid 65534"]);
    expect_line(&log, &["127.0.0.1:", "POST /processes: 401: refused: A request without an identity"]);

    let log = daemon.reload(&config().top("local_role: none"));
    expect_line(&log, &["Reloaded", "settings: local_role"]);
    assert!(daemon.get("/").expect_error(401).contains("local_role: none"));
    assert_eq!(ask(NOBODY, Request::get("/")).status, 403);
    assert_eq!(ask(0, Request::get("/")).status, 200);

    // The pages that everybody sees are not kept with an administrator's secrets, nor the other way around.
    let log = daemon.reload(&config().top("show_secrets: false").top("socket: /elsewhere"));
    expect_line(&log, &["socket is changed to /elsewhere", "next start"]);
    assert!(!ask(0, Request::get("/plugins")).body.contains("hunter2"));
    assert_eq!(daemon.send(&force(r#"{"plugins": ["DB"]}"#)).status, 202);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_file_goes_with_the_daemon_and_a_dead_one_is_replaced() {
    let mut daemon = Daemon::start(config());
    let path = daemon.path("smokerd.sock");
    let mut other = Boot::of(config().top(&format!("socket: {}", path.display()))).prepare();
    let said = other.try_start().expect_err("there is a daemon");
    expect_line(&said, &["ERROR: cannot listen on", "smokerd.sock: another process does", "change 'socket'"]);
    assert_eq!(ask(&path, 0, Request::get("/")).status, 200);

    daemon.signal(Signal::SIGKILL);
    wait::until_true("the end", || !daemon.is_running());
    assert!(path.exists());
    other.try_start().expect("nobody listens there any more");
    assert_eq!(ask(&path, 0, Request::get("/")).status, 200);
    other.signal(Signal::SIGTERM);
    other.wait_for_exit();
    assert!(!path.exists());
}

/// Puts lists of accounts in the place of the machine's, for the daemon alone.
const WITH_ACCOUNTS: &str =
    "mount --bind \"$1/group\" /etc/group && mount --bind \"$1/passwd\" /etc/passwd && shift && exec \"$@\"";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_group_smoker_administers_the_daemon() {
    const OWN_GROUP: u32 = 4242;
    let config = config()
        .top("local_role: none")
        .file("group", "root:x:0:\nothers:x:4343:carol\nsmoker:x:4242:bob\n")
        .file("passwd", "root:x:0:0::/:/bin/sh\nbob:x:4301:4301::/:/bin/sh\ncarol:x:4302:4302::/:/bin/sh\n");
    let daemon = Boot::of(config).through(&["unshare", "-m", "sh", "-c", WITH_ACCOUNTS, "sh", "{{DIR}}"]).start();
    let ask = |uid| ask(&daemon.path("smokerd.sock"), uid, Request::get("/plugins/DB"));
    // By its own group, and as a member that the list of groups names.
    for administrator in [OWN_GROUP, 4301] {
        let answer = ask(administrator);
        assert_eq!((answer.status, answer.body.contains("hunter2")), (200, true), "{administrator}: {answer:?}");
    }
    for other in [4302, 4343, NOBODY] {
        let refused = ask(other);
        assert!(refused.status == 403 && refused.body.contains("group smoker"), "{other}: {refused:?}");
    }
}
