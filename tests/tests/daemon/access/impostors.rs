//! Who stands between client and daemon, or in the daemon's place: another account that listens, a proxy that passes bytes on, a list that says nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::access::caller::NOBODY;

/// Listens on a Unix socket, answers nothing that a daemon would, and keeps what it is sent.
const LISTENER: &str = "\
import os, socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
listener.listen(16)
kept = open(sys.argv[2], 'ab', buffering=0)
while True:
    client, _ = listener.accept()
    kept.write(client.recv(65536))
    client.close()
";

const TOKEN: &str = "smoker_abcdefghijklmnopqrstuvwxyzabcdefghijklmnopq";

fn listen_as(uid: u32, socket: &Path, kept: &Path) -> Started {
    let mut command = Command::new("python3");
    command.args(["-I", "-c", LISTENER]).args([socket, kept]).uid(uid).gid(uid).process_group(0);
    let started = Started::spawn(command.stdin(Stdio::null())).expect("python3 is there");
    wait::until_true("the listener", || socket.exists());
    started
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_token_does_not_go_to_another_account_that_listens_on_a_socket() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("open");
    fs::create_dir(&folder).expect("writable");
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).expect("ours");
    sandbox.write("token", TOKEN.as_bytes()).expect("writable");
    let token = sandbox.path("token");
    fs::set_permissions(&token, Permissions::from_mode(0o600)).expect("ours");
    let ask = |program: &str, socket: &Path, arguments: &[&str]| {
        let mut command = Command::new(binary::path(program));
        command.env("HOME", sandbox.path("home")).arg("--socket").arg(socket).arg("--token-file").arg(&token);
        cli::run(command.args(arguments))
    };
    for (uid, is_sent) in [(NOBODY, false), (0, true)] {
        let (socket, kept) = (folder.join(format!("{uid}.sock")), folder.join(format!("{uid}.kept")));
        let _listener = listen_as(uid, &socket, &kept);
        let asked = [ask("smokercli", &socket, &["-o", "minimal"]), ask("check_smoker_plugin", &socket, &["disk"])];
        let sent = fs::read_to_string(&kept).unwrap_or_default();
        assert_eq!(sent.contains(TOKEN), is_sent, "{sent}");
        let said =
            |output: &Output| output.text().contains("the token is not sent: the account with uid 65534 listens on ");
        assert!(asked.iter().all(|output| said(output) != is_sent), "{asked:?}");
    }
}

/// Becomes true when it is dropped, also by a test that fails.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The path leads to root's listener and to another account's by turns, as fast as it can be changed.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_token_does_not_go_to_another_account_that_takes_the_place_of_a_socket_meanwhile() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("open");
    fs::create_dir(&folder).expect("writable");
    fs::set_permissions(&folder, Permissions::from_mode(0o777)).expect("ours");
    sandbox.write("token", TOKEN.as_bytes()).expect("writable");
    fs::set_permissions(sandbox.path("token"), Permissions::from_mode(0o600)).expect("ours");
    let place = |name: &str| folder.join(name);
    let _listeners =
        [0, NOBODY].map(|uid| listen_as(uid, &place(&format!("{uid}.sock")), &place(&format!("{uid}.kept"))));
    let (path, next) = (place("daemon.sock"), place("next.sock"));
    let kept = |uid: u32| fs::read_to_string(place(&format!("{uid}.kept"))).unwrap_or_default();
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for uid in [0, NOBODY].into_iter().cycle().take_while(|_| !is_over.load(Ordering::Relaxed)) {
                symlink(place(&format!("{uid}.sock")), &next).expect("writable");
                fs::rename(&next, &path).expect("writable");
            }
        });
        let _over = Over(&is_over);
        wait::until_true("the path", || path.exists());
        let ask = || {
            let mut command = Command::new(binary::path("smokercli"));
            command.env("HOME", sandbox.path("home")).arg("--socket").arg(&path);
            command.arg("--token-file").arg(sandbox.path("token")).args(["-o", "minimal"]);
            cli::run(&mut command).text()
        };
        let answers: Vec<_> = (0..40).map(|_| ask()).collect();
        wait::until_true("an answer of each kind", || {
            let answer = ask();
            let is_refused = |text: &String| text.contains("the token is not sent: the account with uid 65534");
            kept(0).contains(TOKEN) && answers.iter().chain([&answer]).any(is_refused)
        });
    });
    assert!(!kept(NOBODY).contains(TOKEN), "{}", kept(NOBODY));
}

#[test]
fn a_request_over_loopback_for_another_place_has_no_right_of_this_host() {
    let daemon = Daemon::start(
        Config::new().top("state_dir: '{{DIR}}/state'\naccess: authenticated").plugin("disk", "Command: 'true'"),
    );
    let port = daemon.address().port();
    let for_host = |host: &str| daemon.send(&Request::get("/plugins").header("Host", host));
    for host in [format!("192.0.2.1:{port}"), format!("web1.example.org:{}", port ^ 1), "web1.example.org".to_owned()] {
        let message = for_host(&host).expect_error(401);
        assert!(message.contains(&format!("is for {host}, so a proxy or a forwarded port")), "{message}");
    }
    // A port that SSH forwards, a name in /etc/hosts, and what is typed by hand.
    for host in
        ["localhost:9999".to_owned(), format!("web1.example.org:{port}"), "x".to_owned(), format!("[::1]:{port}")]
    {
        assert_eq!(for_host(&host).status, 200, "{host}");
    }
    let log = daemon.log();
    expect_line(&log, &["WARNING", "passes on requests of other hosts", "set local_role: none"]);
    let warnings = log.lines().filter(|line| line.contains("WARNING") && line.contains("local_role: none")).count();
    assert_eq!(warnings, 1, "{log}");
}

#[test]
fn a_list_that_cannot_be_used_says_so() {
    let daemon = Daemon::start(
        Config::new().top("state_dir: '{{DIR}}/state'\naccess: authenticated").plugin("disk", "Command: 'true'"),
    );
    let add = ["-c", "{{DIR}}/smokerd.yaml", "--token", "add", "job", "--role", "run"];
    let output = cli::smokerd(&daemon.sandbox, &add);
    output.expect_code(0);
    let header = format!("Bearer {}", output.stdout.lines().last().expect("a token"));
    let ask = || daemon.send(&Request::get("/plugins").header("Authorization", &header));
    assert_eq!(ask().status, 200);
    let tokens = daemon.path("state/tokens");
    fs::set_permissions(&tokens, Permissions::from_mode(0o666)).expect("ours");
    let message = wait::until("the mode to count", || (ask().status != 200).then(|| ask().expect_error(401)));
    assert!(message.contains("the daemon cannot use its tokens") && message.contains("smokerd --check"), "{message}");
    let check = cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--check"]);
    assert!(check.text().contains("state/tokens") && check.text().contains("write"), "{check:?}");
    fs::set_permissions(&tokens, Permissions::from_mode(0o600)).expect("ours");
    wait::until_true("the mode to count again", || ask().status == 200);
}
