//! What a configuration is read from: root takes nothing that another account could have written, and nothing that makes it
//! wait.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, lchown, symlink};

use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::Request;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::paths::acl;

/// An account that nobody has.
const STRANGER: u32 = 12345;

/// A configuration of several files, whose plugin leaves a trace when it is run.
fn prepare() -> Sandbox {
    let sandbox = Sandbox::new();
    let config = Config::whole(
        "bind_host: 127.0.0.1\nbind_port: {{PORT}}\npython_path: [lib]\ntemplates: {BasePlugin: {Timeout: 5}}\n\
         plugins: !include_dir plugin.d\nactions: {A: !include action}\n",
    );
    config.write(&sandbox).expect("writable");
    sandbox.write("plugin.d/T.yaml", b"Command: touch {{DIR}}/ran\nAction: A\n").expect("writable");
    sandbox.write("plugin.d/Other.yaml", b"Command: 'true'\n").expect("writable");
    sandbox.write("action", b"Command: 'true'\n").expect("writable");
    sandbox.write("lib/mine.py", b"").expect("writable");
    sandbox.write("logging.ini", b"[loggers]\nkeys=root\n[handlers]\nkeys=h\n[formatters]\nkeys=\n[logger_root]\nhandlers=h\n[handler_h]\nclass=StreamHandler\nargs=(sys.stderr,)\n").expect("writable");
    sandbox
}

const CONFIG: [&str; 4] = ["-c", "{{DIR}}/smokerd.yaml", "--logging-conf", "{{DIR}}/logging.ini"];

fn smokerd(sandbox: &Sandbox, order: &[&str]) -> Output {
    cli::smokerd(sandbox, &[order, &CONFIG].concat())
}

fn set_mode(sandbox: &Sandbox, name: &str, mode: u32) {
    fs::set_permissions(sandbox.path(name), fs::Permissions::from_mode(mode)).expect("ours");
}

/// All parts, and the folder that has all of them.
const PARTS: [&str; 7] = ["smokerd.yaml", "plugin.d", "plugin.d/T.yaml", "action", "lib", "logging.ini", ""];

/// The part that belongs to one plugin: without it the others go on.
const OF_A_PLUGIN: &str = "plugin.d/T.yaml";

/// What `--check` exits with when this part is refused.
fn refusal_code(part: &str) -> i32 {
    if part == OF_A_PLUGIN { 3 } else { 1 }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_refuses_every_part_that_everybody_can_write() {
    for part in PARTS {
        let sandbox = prepare();
        smokerd(&sandbox, &["--check"]).expect_code(0);
        let before = fs::metadata(sandbox.path(part)).expect("there").permissions().mode() & 0o7777;
        set_mode(&sandbox, part, before | 0o002);
        let shown = sandbox.path(part).display().to_string();
        let shown = shown.trim_end_matches('/');
        let mut orders = vec![(vec!["--check"], refusal_code(part))];
        if part != OF_A_PLUGIN {
            orders.push((vec!["-fg", "--no-syslog"], 1));
        }
        if part != "logging.ini" {
            orders.push((vec!["--test-plugin", "T"], 1));
        }
        for (order, code) in orders {
            let refused = smokerd(&sandbox, &order);
            refused.expect_code(code);
            let text =
                format!("{shown} can be written by everybody, who would decide what smokerd runs: chmod o-w {shown}");
            assert!(refused.stderr.contains(&text), "{order:?}: {}", refused.stderr);
        }
        assert!(!sandbox.path("ran").exists(), "{part}");
        set_mode(&sandbox, part, before | 0o020);
        let warned = smokerd(&sandbox, &["--check"]);
        warned.expect_code(3);
        assert!(warned.stderr.contains("can be written by a group"), "{}", warned.stderr);
        if fs::metadata(sandbox.path(part)).expect("there").is_dir() {
            set_mode(&sandbox, part, 0o1777);
            smokerd(&sandbox, &["--check"]).expect_code(0);
        }
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_refuses_every_part_that_an_access_control_list_lets_another_account_write() {
    for part in PARTS {
        let sandbox = prepare();
        if !acl::let_write(&sandbox.path(part), STRANGER) {
            return;
        }
        let refused = smokerd(&sandbox, &["--check"]);
        refused.expect_code(refusal_code(part));
        let text = "can be written by 12345, whom its access control list (ACL) names";
        assert!(refused.stderr.contains(text), "{part}: {}", refused.stderr);
        assert!(!refused.stderr.contains("by a group"), "{part}: {}", refused.stderr);
        smokerd(&sandbox, &["--check", "--trust-owner", "12345"]).expect_code(0);
        let mode = fs::metadata(sandbox.path(part)).expect("there").permissions().mode() & 0o7777;
        set_mode(&sandbox, part, mode & !0o020);
        smokerd(&sandbox, &["--check"]).expect_code(0);
    }
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_refuses_every_part_of_another_account_unless_that_is_trusted() {
    for part in PARTS {
        let sandbox = prepare();
        chown(sandbox.path(part), Some(STRANGER), None).expect("root may");
        let refused = smokerd(&sandbox, &["--check"]);
        refused.expect_code(refusal_code(part));
        assert!(refused.stderr.contains("belongs to 12345, neither to root nor"), "{}", refused.stderr);
        smokerd(&sandbox, &["--check", "--trust-owner", "54321"]).expect_code(refusal_code(part));
        smokerd(&sandbox, &["--check", "--trust-owner", "54321", "--trust-owner", "12345"]).expect_code(0);
        smokerd(&sandbox, &["--test-plugin", "T", "--trust-owner", "12345"]).expect_code(0);
        assert!(sandbox.path("ran").exists());
    }
    smokerd(&prepare(), &["--check", "--trust-owner", "nosuchaccount"]).expect_code(1);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn files_of_the_account_that_the_daemon_becomes_are_taken() {
    let sandbox = prepare();
    let path = sandbox.path("smokerd.yaml");
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, format!("uid: 12345\ngid: 12345\n{text}")).expect("writable");
    chown(&path, Some(STRANGER), None).expect("root may");
    smokerd(&sandbox, &["--check"]).expect_code(0);
}

/// Root would read it, and hand it to a plugin of that account.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn files_that_the_account_cannot_read_are_not_read_for_it() {
    for tag in ["!file", "!include"] {
        let sandbox = Sandbox::new();
        let text = format!(
            "uid: 12345\ngid: 12345\nbind_host: 127.0.0.1\nbind_port: {{{{PORT}}}}\ntemplates: {{BasePlugin: {{}}}}\n\
             plugins: {{T: {{Command: 'true', Text: {tag} of_root}}}}\n"
        );
        Config::whole(&text).write(&sandbox).expect("writable");
        sandbox.write("of_root", b"sesame\n").expect("writable");
        set_mode(&sandbox, "of_root", 0o600);
        let check = || cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
        let warned = check();
        warned.expect_code(3);
        let said = ["WARNING", "of_root cannot be read by 12345, the account that smokerd becomes", "not at a reload"];
        expect_line(&warned.stderr, &said);
        chown(sandbox.path("smokerd.yaml"), Some(STRANGER), None).expect("root may");
        let refused = check();
        refused.expect_code(1);
        expect_line(&refused.stderr, &["of_root cannot be read by 12345", "chown root", "let 12345 read"]);
        set_mode(&sandbox, "of_root", 0o644);
        check().expect_code(0);
    }
}

/// The main file and the files of a folder count as those that another file names.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn links_of_the_account_lead_to_nothing_that_it_cannot_read() {
    let sandbox = Sandbox::new();
    set_mode(&sandbox, "", 0o755);
    let common = "uid: 12345\ngid: 12345\nbind_host: 127.0.0.1\nbind_port: {{PORT}}\n";
    for (name, text) in [
        ("c/common.yaml", common),
        ("c/template.d/BasePlugin.yaml", "Timeout: 5\n"),
        ("c/plugin.d/Good.yaml", "Command: 'true'\n"),
        ("of_root.yaml", "Command: echo sesame\n"),
        ("main.yaml", &format!("{common}templates: {{BasePlugin: {{}}}}\nplugins: {{T: {{Command: 'true'}}}}\n")),
    ] {
        sandbox.write(name, text.as_bytes()).expect("writable");
    }
    for (link, target) in [("c/plugin.d/Link.yaml", "of_root.yaml"), ("main_link.yaml", "main.yaml")] {
        symlink(sandbox.path(target), sandbox.path(link)).expect("writable");
        lchown(sandbox.path(link), Some(STRANGER), None).expect("root may");
    }
    let check = |path: &str| cli::smokerd(&sandbox, &["--check", "-c", &format!("{{{{DIR}}}}/{path}")]);
    for path in ["c", "main_link.yaml"] {
        check(path).expect_code(0);
    }
    for name in ["of_root.yaml", "main.yaml"] {
        set_mode(&sandbox, name, 0o600);
    }
    let of_folder = check("c");
    of_folder.expect_code(3);
    expect_line(
        &of_folder.stderr,
        &["ERROR", "Plugin Link not loaded", "Link.yaml cannot be read by 12345", "chown root"],
    );
    assert!(!of_folder.text().contains("sesame"), "{}", of_folder.text());
    let of_file = check("main_link.yaml");
    of_file.expect_code(1);
    expect_line(&of_file.stderr, &["main_link.yaml cannot be read by 12345", "chown root"]);
    check("main.yaml").expect_code(3);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_reload_refuses_what_a_start_refuses() {
    let daemon = Daemon::start(hello());
    daemon.write(&hello().plugin("new", "Command: touch {{DIR}}/ran\nInterval: 0.1"));
    fs::set_permissions(daemon.path("smokerd.yaml"), fs::Permissions::from_mode(0o666)).expect("ours");
    let log = daemon.hang_up();
    assert!(log.contains("can be written by everybody") && log.contains("is refused as a whole"), "{log}");
    assert_eq!(daemon.get("/plugins/new").status, 404);
    fs::set_permissions(daemon.path("smokerd.yaml"), fs::Permissions::from_mode(0o644)).expect("ours");
    assert!(daemon.hang_up().contains(": Reloaded "));
}

/// Each link on the way can be made to lead elsewhere by who owns it or writes its folder, wherever it leads today.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_refuses_a_link_that_another_account_can_change() {
    let sandbox = prepare();
    sandbox.write("theirs/here", b"").expect("writable");
    symlink(sandbox.path("action"), sandbox.path("theirs/second")).expect("ours");
    symlink("theirs/second", sandbox.path("first")).expect("ours");
    let text = fs::read_to_string(sandbox.path("smokerd.yaml")).expect("there");
    fs::write(sandbox.path("smokerd.yaml"), text.replace("!include action", "!include first")).expect("ours");
    smokerd(&sandbox, &["--check"]).expect_code(0);
    let refuses = |what: &str, name: &str| {
        let refused = smokerd(&sandbox, &["--check"]);
        refused.expect_code(1);
        let shown = format!("{} {what}", sandbox.path(name).display());
        assert!(refused.stderr.contains(&shown), "{shown}: {}", refused.stderr);
    };
    chown(sandbox.path("theirs"), Some(STRANGER), None).expect("root may");
    refuses("belongs to 12345", "theirs");
    chown(sandbox.path("theirs"), Some(0), None).expect("root may");
    lchown(sandbox.path("theirs/second"), Some(STRANGER), None).expect("root may");
    refuses("belongs to 12345", "theirs/second");
    // Such as anybody's link in /tmp.
    set_mode(&sandbox, "theirs", 0o1777);
    refuses("belongs to 12345", "theirs/second");
}

/// Root may not make a file of its own of what another account has written.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn genconfig_refuses_what_a_start_refuses() {
    let sandbox = Sandbox::new();
    sandbox.write("plugin.d/T.yaml", b"Command: x\n").expect("writable");
    sandbox.write("template.d/BasePlugin.yaml", b"Timeout: 5\n").expect("writable");
    let generate = || cli::smokerd(&sandbox, &["--genconfig", "{{DIR}}", "-o", "{{DIR}}/made"]);
    set_mode(&sandbox, "plugin.d", 0o777);
    generate().expect_code(1);
    assert!(!sandbox.path("made").exists());
    set_mode(&sandbox, "plugin.d", 0o755);
    generate().expect_code(0);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_takes_no_include_from_the_working_directory() {
    let sandbox = Sandbox::new();
    hello().write(&sandbox).expect("writable");
    sandbox
        .write("sub/smokerd.yaml", b"templates: {BasePlugin: {}}\nplugins: {p: !include p.yaml}\n")
        .expect("writable");
    sandbox.write("p.yaml", b"Command: x\n").expect("writable");
    let check = || {
        let mut command = cli::smokerd_command(&sandbox, &["--check", "-c", "{{DIR}}/sub/smokerd.yaml"]);
        cli::run(command.current_dir(sandbox.config_folder()))
    };
    let refused = check();
    refused.expect_code(1);
    assert!(refused.stderr.contains("!include p.yaml is found in the working directory only"), "{}", refused.stderr);
    fs::rename(sandbox.path("p.yaml"), sandbox.path("sub/p.yaml")).expect("writable");
    check().expect_code(0);
}

#[test]
fn a_pipe_among_the_files_is_reported_and_keeps_nobody_waiting() {
    let pipe = |sandbox: &Sandbox, name: &str| mkfifo(&sandbox.path(name), Mode::S_IRWXU).expect("a pipe");
    for (name, code) in [("plugin.d/F.yaml", 3), ("action", 1), ("logging.ini", 1)] {
        let sandbox = prepare();
        let _ = fs::remove_file(sandbox.path(name));
        pipe(&sandbox, name);
        let refused = smokerd(&sandbox, &["--check"]);
        refused.expect_code(code);
        assert!(refused.stderr.contains("it is a named pipe (FIFO), not a file"), "{}", refused.stderr);
        smokerd(&sandbox, &["--stop", "-p", "{{PIDFILE}}"]).expect_code(1);
    }
}

#[test]
fn a_reload_with_a_pipe_is_refused_and_the_next_one_counts() {
    let daemon = Daemon::start(hello());
    fs::remove_file(daemon.path("smokerd.yaml")).expect("there");
    mkfifo(&daemon.path("smokerd.yaml"), Mode::S_IRWXU).expect("a pipe");
    assert!(daemon.hang_up().contains("it is a named pipe"));
    fs::remove_file(daemon.path("smokerd.yaml")).expect("there");
    daemon.write(&hello().plugin("new", "Command: x"));
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the new plugin", || daemon.send(&Request::get("/plugins/new")).status == 200);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_refused_file_of_a_plugin_leaves_that_plugin_out() {
    let sandbox = prepare();
    sandbox.write("plugin.d/Open.yaml", b"Command: touch {{DIR}}/ran\n").expect("writable");
    sandbox.write("elsewhere/Theirs.yaml", b"Command: touch {{DIR}}/ran\n").expect("writable");
    set_mode(&sandbox, "plugin.d/Open.yaml", 0o646);
    symlink(sandbox.path("elsewhere/Theirs.yaml"), sandbox.path("plugin.d/Theirs.yaml")).expect("writable");
    chown(sandbox.path("elsewhere"), Some(STRANGER), None).expect("root may");
    let checked = smokerd(&sandbox, &["--check"]);
    checked.expect_code(3);
    for (plugin, reason) in [("Open", "can be written by everybody"), ("Theirs", "belongs to 12345")] {
        let place = format!("plugin.d/{plugin}.yaml:1:1: Plugin {plugin} not loaded: ");
        expect_line(&checked.stderr, &["ERROR", &place, reason]);
        smokerd(&sandbox, &["--test-plugin", plugin]).expect_code(1);
    }
    assert!(!sandbox.path("ran").exists());
    smokerd(&sandbox, &["--test-plugin", "T"]).expect_code(0);
}

/// Root writes no generated configuration over a link of another account.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn genconfig_follows_no_link_of_another_account() {
    let sandbox = Sandbox::new();
    sandbox.write("plugin.d/T.yaml", b"Command: x\n").expect("writable");
    sandbox.write("template.d/BasePlugin.yaml", b"Timeout: 5\n").expect("writable");
    let (precious, link) = (sandbox.path("precious"), sandbox.path("made"));
    fs::write(&precious, "root's").expect("writable");
    symlink(&precious, &link).expect("writable");
    lchown(&link, Some(STRANGER), None).expect("root may");
    cli::smokerd(&sandbox, &["--genconfig", "{{DIR}}", "-o", "{{DIR}}/made"]).expect_code(1);
    assert_eq!(fs::read_to_string(&precious).expect("there"), "root's");
}

/// What decides who may ask the daemon, or answers in its place.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn root_refuses_what_others_can_exchange_of_keys_and_sockets() {
    for (setting, part) in [
        ("state_dir: {{DIR}}/own\ntls_client_ca: {{DIR}}/keys/certificate.pem", "keys/certificate.pem"),
        ("state_dir: {{DIR}}/own\ntls_client_ca: {{DIR}}/keys/certificate.pem", "keys"),
        (
            "state_dir: {{DIR}}/own\ntls_client_ca: {{DIR}}/keys/certificate.pem\ntls_crl: {{DIR}}/lists/crl.pem",
            "lists",
        ),
        ("tls_cert: {{DIR}}/keys/certificate.pem\ntls_key: {{DIR}}/keys/key.pem", "keys"),
        ("state_dir: {{DIR}}/lists/state", "lists"),
        ("socket: {{DIR}}/lists/smokerd.sock", "lists"),
    ] {
        let sandbox = Sandbox::new();
        let make = |settings: &str| {
            let address = format!("bind_host: 127.0.0.1\nbind_port: 0\n{settings}");
            Config::new().address(&address).plugin("A", "Command: 'true'").write(&sandbox).expect("writable");
        };
        let run = |options: &[&str]| {
            cli::smokerd(&sandbox, &[options, &["--logging-conf=", "-c", "{{DIR}}/smokerd.yaml"]].concat())
        };
        make("state_dir: {{DIR}}/keys");
        run(&["--identity"]).expect_code(0);
        sandbox.write("lists/crl.pem", b"").expect("writable");
        make(setting);
        let told = |output: &Output| output.text().contains(" can be written by everybody, who would decide ");
        assert!(!told(&run(&["--check"])), "{setting}");
        let before = fs::metadata(sandbox.path(part)).expect("there").permissions().mode() & 0o7777;
        set_mode(&sandbox, part, before | 0o002);
        let shown = sandbox.path(part).display().to_string();
        for options in [&["--check"][..], &["-fg", "--no-syslog", "-p", "{{DIR}}/pid"]] {
            let refused = run(options);
            refused.expect_code(1);
            expect_line(
                &refused.text(),
                &[&format!("{shown} can be written by everybody"), &format!("chmod o-w {shown}")],
            );
        }
        // Where others only add files of their own, as in /tmp, they exchange nothing.
        if sandbox.path(part).is_dir() {
            set_mode(&sandbox, part, before | 0o1002);
            assert!(!told(&run(&["--check"])), "{setting}");
        }
    }
}
