//! Handlers that write files.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, lchown, symlink};
use std::path::Path;
use std::process::Stdio;

use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use smoker_tests::binary;
use smoker_tests::config::Config;
use smoker_tests::config::hello;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::logging::fileconfig::{boot, one_handler, told, with_handler};

fn wait_for_line(daemon: &Daemon, name: &str, words: &[&str]) {
    wait::until_true(&format!("{words:?} in {name}"), || {
        let text = fs::read_to_string(daemon.path(name)).unwrap_or_default();
        text.lines().any(|line| words.iter().all(|word| line.contains(word)))
    });
}

/// All files whose name begins so, and what is in them.
fn files(daemon: &Daemon, prefix: &str) -> Vec<(String, String)> {
    let folder = daemon.path("");
    let entries = fs::read_dir(folder).expect("it is there").flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let mut names: Vec<_> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), fs::read_to_string(daemon.path(&name)).unwrap_or_default())).collect()
}

/// Makes the daemon log a line with a word of ours.
fn say(daemon: &Daemon, word: &str) {
    assert_eq!(daemon.get(&format!("/{word}")).status, 404);
}

#[test]
fn a_file_takes_the_place_of_the_console_and_is_made_again_at_a_hangup() {
    let daemon = with_handler("class=FileHandler\nargs=('{{DIR}}/smoker.log', 'a')");
    wait_for_line(&daemon, "smoker.log", &["<INFO> smokerd.pluginmanager: Loaded plugin hello"]);
    wait_for_line(&daemon, "smoker.log", &["<INFO> smokerd.restserver: Starting webserver on 127.0.0.1"]);
    assert_eq!(told(&daemon), "", "the console is not written to");

    fs::rename(daemon.path("smoker.log"), daemon.path("smoker.log.1")).expect("writable");
    say(&daemon, "still-the-old-one");
    wait_for_line(&daemon, "smoker.log.1", &["still-the-old-one"]);
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the log file to be made again", || daemon.path("smoker.log").exists());
    daemon.run("hello").expect_ok(&["hello"]);
    wait_for_line(&daemon, "smoker.log", &["Forcing run of 1 plugins: hello"]);
}

#[test]
fn everything_is_written_before_the_daemon_ends() {
    let mut daemon = with_handler("class=FileHandler\nargs=('{{DIR}}/smoker.log',)");
    for number in 0..50 {
        say(&daemon, &format!("line-{number}"));
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let log = fs::read_to_string(daemon.path("smoker.log")).expect("it is there");
    for number in 0..50 {
        expect_line(&log, &[&format!("line-{number}\"")]);
    }
    assert!(log.ends_with("<INFO> smokerd: Shutting down\n"), "{log}");
}

#[test]
fn a_file_that_is_to_be_emptied_is_emptied_at_the_start_only() {
    let config = hello().file("smoker.log", "old\n");
    let daemon = boot(config, &one_handler("class=FileHandler\nargs=('{{DIR}}/smoker.log', 'w')")).start();
    wait_for_line(&daemon, "smoker.log", &["Starting daemon"]);
    daemon.signal(Signal::SIGHUP);
    wait_for_line(&daemon, "smoker.log", &["Reloaded "]);
    let log = fs::read_to_string(daemon.path("smoker.log")).expect("it is there");
    assert!(!log.contains("old") && log.contains("Starting daemon"), "{log}");
}

#[test]
fn a_watched_file_is_made_again_by_itself() {
    let daemon = with_handler("class=handlers.WatchedFileHandler\nargs=('{{DIR}}/smoker.log',)");
    wait_for_line(&daemon, "smoker.log", &["Loaded plugin hello"]);
    fs::rename(daemon.path("smoker.log"), daemon.path("moved")).expect("writable");
    say(&daemon, "after-the-move");
    wait_for_line(&daemon, "smoker.log", &["after-the-move"]);
    assert!(!fs::read_to_string(daemon.path("moved")).expect("it is there").contains("after-the-move"));
}

#[test]
fn a_file_that_has_become_large_is_rotated() {
    let daemon = with_handler(
        "class=handlers.RotatingFileHandler\nargs=('{{DIR}}/smoker.log',)\nkwargs={'maxBytes': 2*1024, 'backupCount': 3}",
    );
    for number in 0..300 {
        say(&daemon, &format!("line-{number:03}"));
    }
    wait_for_line(&daemon, "smoker.log", &["line-299"]);
    let files = files(&daemon, "smoker.log");
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["smoker.log", "smoker.log.1", "smoker.log.2", "smoker.log.3"]);
    for (name, text) in &files {
        assert!(text.len() < 2048 && text.ends_with('\n'), "{name}: {} bytes", text.len());
        assert!(name == "smoker.log" || text.len() > 1900, "{name} could have taken more: {} bytes", text.len());
    }
    let all: String = files.iter().rev().map(|(_, text)| text.as_str()).collect();
    let numbers: Vec<_> = all.lines().filter_map(|line| line.split("line-").nth(1)?.get(..3)).collect();
    let first: usize = numbers[0].parse().expect("a number");
    let expected: Vec<_> = (first..300).map(|number| format!("{number:03}")).collect();
    assert_eq!(numbers, expected, "in order, without a gap, the oldest are gone");
}

#[test]
fn a_file_whose_time_has_come_is_rotated() {
    let daemon = with_handler("class=handlers.TimedRotatingFileHandler\nargs=('{{DIR}}/smoker.log', 'S', 1, 2)");
    for number in 0..4 {
        let before = files(&daemon, "smoker.log.");
        wait::until_true("the file to be rotated", || {
            say(&daemon, &format!("line-{number}"));
            files(&daemon, "smoker.log.").into_iter().any(|(name, _)| before.iter().all(|(known, _)| *known != name))
        });
    }
    let old = || Some(files(&daemon, "smoker.log.")).filter(|old| old.len() == 2);
    let old = wait::until("the oldest to be gone", old);
    for (name, text) in old {
        let stamp = name.trim_start_matches("smoker.log.");
        assert!(chrono::NaiveDateTime::parse_from_str(stamp, "%Y-%m-%d_%H-%M-%S").is_ok(), "{stamp}");
        assert!(text.contains("line-"), "{name}: {text}");
    }
}

/// Root rotates in the folder that it opened, never in one that another account has put in its place.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_rotation_follows_no_folder_that_another_account_has_swapped() {
    let stamps =
        ["2020-01-01_00-00-01", "2020-01-01_00-00-02", "2020-01-01_00-00-03"].map(|stamp| format!("sized.log.{stamp}"));
    let of_root: Vec<_> = ["sized.log", "sized.log.1", "sized.log.2", "timed.log"]
        .map(String::from)
        .into_iter()
        .chain(stamps.map(|name| name.replace("sized", "timed")))
        .collect();
    let ini = "[loggers]\nkeys=root\n[handlers]\nkeys=sized,timed,good\n[formatters]\nkeys=\n\
        [logger_root]\nlevel=INFO\nhandlers=sized,timed,good\n\
        [handler_sized]\nclass=handlers.RotatingFileHandler\nargs=('{{DIR}}/theirs/sized.log', 'a', 512, 3)\n\
        [handler_timed]\nclass=handlers.TimedRotatingFileHandler\nargs=('{{DIR}}/theirs/timed.log', 'S', 1, 1)\n\
        [handler_good]\nclass=FileHandler\nargs=('{{DIR}}/good.log',)\n";
    let config = of_root.iter().fold(hello(), |config, name| config.file(&format!("precious/{name}"), name));
    let daemon = boot(config.file("theirs/here", ""), ini).start();
    // The file that rotates by size has the newest lines only.
    wait_for_line(&daemon, "good.log", &["Loaded plugin hello"]);
    fs::rename(daemon.path("theirs"), daemon.path("before")).expect("ours");
    symlink(daemon.path("precious"), daemon.path("theirs")).expect("ours");
    lchown(daemon.path("theirs"), Some(12345), Some(12345)).expect("root may");
    let refusals =
        || ["sized.log", "timed.log"].map(|name| format!("cannot rotate {}/{name}", daemon.path("theirs").display()));
    wait::until_true("both to be refused", || {
        say(&daemon, "a-line-that-fills-the-file-of-a-handler-which-rotates-by-size");
        let log = fs::read_to_string(daemon.path("good.log")).unwrap_or_default();
        refusals().iter().all(|refusal| log.contains(refusal))
    });
    for name in &of_root {
        assert_eq!(fs::read_to_string(daemon.path(&format!("precious/{name}"))).expect("untouched"), *name);
    }
    assert_eq!(fs::read_dir(daemon.path("precious")).expect("there").count(), of_root.len());
}

#[test]
fn a_file_is_opened_late_when_that_is_asked_for() {
    let ini = one_handler("class=FileHandler\nlevel=ERROR\nkwargs={'filename': '{{DIR}}/errors.log', 'delay': True}");
    let daemon = boot(hello(), &ini).start();
    daemon.run("hello").expect_ok(&["hello"]);
    assert!(!daemon.path("errors.log").exists());
}

#[test]
fn a_folder_that_vanishes_is_made_again() {
    let daemon = with_handler("class=handlers.WatchedFileHandler\nargs=('{{DIR}}/logs/deep/smoker.log',)");
    wait_for_line(&daemon, "logs/deep/smoker.log", &["Loaded plugin hello"]);
    fs::remove_dir_all(daemon.path("logs")).expect("removable");
    say(&daemon, "after-the-loss");
    wait_for_line(&daemon, "logs/deep/smoker.log", &["after-the-loss"]);
}

/// A folder in which nobody can make a file is a file itself.
#[test]
fn a_file_that_cannot_be_opened_is_reported_once_and_written_when_it_can() {
    let ini = "[loggers]\nkeys=root\n[handlers]\nkeys=bad,good\n[formatters]\nkeys=\n\
        [logger_root]\nlevel=INFO\nhandlers=bad,good\n\
        [handler_bad]\nclass=FileHandler\nargs=('{{DIR}}/blocked/smoker.log',)\n\
        [handler_good]\nclass=FileHandler\nargs=('{{DIR}}/good.log',)\n";
    let daemon = boot(hello().file("blocked", "a file"), ini).start();
    wait_for_line(&daemon, "good.log", &["log handler bad cannot write to", "blocked/smoker.log", "will go on trying"]);
    for number in 0..5 {
        say(&daemon, &format!("line-{number}"));
    }
    fs::remove_file(daemon.path("blocked")).expect("removable");
    wait_for_line(&daemon, "good.log", &["log handler bad can write again"]);
    wait_for_line(&daemon, "blocked/smoker.log", &["line-4"]);
    let late = fs::read_to_string(daemon.path("blocked/smoker.log")).expect("it is there");
    expect_line(&late, &["Starting daemon"]);
    let told = fs::read_to_string(daemon.path("good.log")).expect("it is there");
    assert_eq!(told.matches("log handler bad cannot").count(), 1, "{told}");
}

#[test]
fn a_full_disk_is_reported_once_and_harms_nobody() {
    if !Path::new("/dev/full").exists() {
        return smoker_tests::machine::skip::skip("no test with a full disk", "there is no /dev/full");
    }
    let ini = "[loggers]\nkeys=root\n[handlers]\nkeys=full,good\n[formatters]\nkeys=\n\
        [logger_root]\nlevel=INFO\nhandlers=full,good\n\
        [handler_full]\nclass=FileHandler\nargs=('/dev/full',)\n\
        [handler_good]\nclass=FileHandler\nargs=('{{DIR}}/good.log',)\n";
    let mut daemon = boot(hello(), ini).start();
    wait_for_line(&daemon, "good.log", &["log handler full cannot write to /dev/full: ", "No space left"]);
    for _ in 0..10 {
        daemon.run("hello").expect_ok(&["hello"]);
    }
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let told = fs::read_to_string(daemon.path("good.log")).expect("it is there");
    assert_eq!(told.matches("cannot write to /dev/full").count(), 1, "{told}");
}

#[test]
fn a_limit_of_the_size_of_files_is_reported_as_a_full_disk_is_and_ends_neither_daemon_nor_client() {
    const LIMIT: usize = 65_536;
    let ini = "[loggers]\nkeys=root\n[handlers]\nkeys=full,good\n[formatters]\nkeys=\n\
        [logger_root]\nlevel=INFO\nhandlers=full,good\n\
        [handler_full]\nclass=FileHandler\nargs=('{{DIR}}/full.log',)\n\
        [handler_good]\nclass=FileHandler\nlevel=WARNING\nargs=('{{DIR}}/good.log',)\n";
    let config = Config::new()
        .top("state_dir: {{DIR}}/state")
        .plugin("large", "Command: head -c 9000 /dev/urandom | od -An -tx1; kill -XFSZ $$")
        .file("full.log", &"x".repeat(LIMIT - 10));
    let limited = ["prlimit", &format!("--fsize={LIMIT}:{LIMIT}")];
    let mut daemon = boot(config, ini).through(&limited).start();
    wait_for_line(&daemon, "good.log", &["log handler full cannot write to ", "full.log: ", "File too large"]);
    // A run has the signal at its default.
    for _ in 0..8 {
        let error = daemon.run("large").expect_error();
        assert!(error.contains("signal 25"), "{error}");
    }
    // The journal goes on in another file.
    assert!(daemon.path("state/results/results-00000002.log").exists());

    let address = daemon.address().to_string();
    for (program, arguments) in
        [("smokercli", vec!["-s", &address]), ("check_smoker_plugin", vec!["-H", &address, "-p", "large"])]
    {
        let out = fs::OpenOptions::new().append(true).open(daemon.path("full.log")).expect("it is there");
        let mut command = daemon.sandbox.command(Path::new("prlimit"));
        let limit = format!("--fsize={LIMIT}");
        let command = command.arg(limit).arg(binary::path(program)).args(arguments).stdout(out).stderr(Stdio::piped());
        let output = command.output().expect("prlimit of util-linux");
        assert!(output.status.code().is_some_and(|code| code > 0), "{program}: {output:?}");
        let told = String::from_utf8_lossy(&output.stderr);
        expect_line(&told, &["standard output", "File too large"]);
    }

    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    let told = fs::read_to_string(daemon.path("good.log")).expect("it is there");
    assert_eq!(told.matches("full.log: File too large").count(), 1, "{told}");
    assert!(!told.contains("journal"), "{told}");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_file_that_is_made_belongs_to_whom_the_daemon_becomes() {
    let config = hello().top("uid: 12345\ngid: 12345");
    let daemon = boot(config, &one_handler("class=FileHandler\nargs=('{{DIR}}/logs/deep/smoker.log',)")).start();
    wait_for_line(&daemon, "logs/deep/smoker.log", &["Loaded plugin hello"]);
    for name in ["logs", "logs/deep", "logs/deep/smoker.log"] {
        let metadata = fs::metadata(daemon.path(name)).expect("it is there");
        assert_eq!((metadata.uid(), metadata.gid()), (12345, 12345), "{name}");
    }
    fs::rename(daemon.path("logs/deep/smoker.log"), daemon.path("logs/deep/moved")).expect("writable");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the file to be made again", || daemon.path("logs/deep/smoker.log").exists());
    say(&daemon, "after-the-hangup");
    wait_for_line(&daemon, "logs/deep/smoker.log", &["after-the-hangup"]);
}

#[test]
fn a_plugin_cannot_forge_a_line() {
    let forger = "Command: \"printf 'a\\\\n<ERROR> smokerd: forged\\\\r<ERROR> smokerd: forged\\\\033[2J'\"";
    let module = "class Plugin:\n    def __init__(self, plugin, **kw): pass\n    def run(self):\n        \
        import logging\n        logging.getLogger('mine\\nforged').error('a\\n<ERROR> forged\\x1b[2J')\n        \
        from smoker.server.plugins import Result\n        result = Result()\n        result.set_status('OK')\n        return result\n";
    let config = Config::new().plugin("forger", forger).plugin("python", "Module: forging").file("forging.py", module);
    let daemon = boot(config, &one_handler("class=FileHandler\nargs=('{{DIR}}/smoker.log',)")).start();
    assert_eq!(daemon.run("forger").status(), "OK");
    assert_eq!(daemon.run("python").status(), "OK");
    wait_for_line(&daemon, "smoker.log", &["<ERROR> mine\\nforged: Plugin python: a\\n<ERROR> forged\\x1b[2J"]);
    wait_for_line(&daemon, "smoker.log", &["Plugin forger result"]);
    let log = fs::read_to_string(daemon.path("smoker.log")).expect("it is there");
    assert!(log.lines().all(|line| line.starts_with('<') && !line.starts_with("<ERROR> smokerd: forged")), "{log}");
    assert!(!log.contains('\x1b') && !log.contains('\r'), "{log}");
}

/// What the account that the daemon becomes could have put there while root still opens files.
#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_link_of_somebody_else_is_not_followed_by_root() {
    let sandbox = Sandbox::new();
    let target = sandbox.path("of-root");
    fs::write(&target, "precious\n").expect("writable");
    for (owner, is_followed) in [(12345, false), (0, true)] {
        let link = sandbox.path("link.log");
        let _ = fs::remove_file(&link);
        symlink(&target, &link).expect("writable");
        lchown(&link, Some(owner), Some(owner)).expect("root may");
        let handler = format!("class=FileHandler\nargs=('{}',)", link.display());
        let config = hello().top("uid: 12345\ngid: 12345");
        let mut daemon = boot(config, &one_handler(&handler)).start();
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.wait_for_exit(), 0);
        let text = fs::read_to_string(&target).expect("it is there");
        assert_eq!(text.contains("Starting daemon"), is_followed, "{text}");
        let told = daemon.console().contains("it is a symbolic link that does not belong to root");
        assert_eq!(told, !is_followed, "{}", daemon.console());
    }
}

/// Nobody has opened the pipe when the daemon starts.
#[test]
fn a_named_pipe_waits_for_its_reader() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("pipe");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).expect("writable");
    let daemon = with_handler(&format!("class=FileHandler\nargs=('{}',)", pipe.display()));
    daemon.run("hello").expect_ok(&["hello"]);
    expect_line(&daemon.console(), &["ERROR: log handler it cannot write to", "pipe: No such device or address"]);
    let mut reader = BufReader::new(fs::File::open(&pipe).expect("readable")).lines();
    let mut next = || reader.next().expect("a line").expect("text");
    assert_eq!(next(), "<INFO> smokerd: Starting daemon", "what waited comes first");
    while !next().contains("Plugin hello result") {}
}

/// The pipe holds less than is to be written, and is read only when the daemon is asked to end.
#[test]
fn the_end_waits_for_what_is_not_written_yet() {
    let sandbox = Sandbox::new();
    let pipe = sandbox.path("pipe");
    mkfifo(&pipe, Mode::S_IRUSR | Mode::S_IWUSR).expect("writable");
    let handler = format!("class=FileHandler\nargs=('{}',)", pipe.display());
    let config = Config::new().plugin("long", "Command: head -c 300000 /dev/zero | tr '\\0' x");
    // Opened without waiting for a writer, read as one waits for them.
    let mut reader =
        fs::File::options().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(&pipe).expect("readable");
    fcntl(&reader, FcntlArg::F_SETFL(OFlag::empty())).expect("a flag can be cleared");
    let mut daemon = boot(config, &one_handler(&handler)).start();
    assert_eq!(daemon.run("long").status(), "OK");
    daemon.signal(Signal::SIGTERM);
    wait::until_true("the port to be closed", || TcpStream::connect(daemon.address()).is_err());
    let mut text = String::new();
    reader.read_to_string(&mut text).expect("text");
    assert_eq!(daemon.wait_for_exit(), 0);
    expect_line(&text, &["Plugin long result", "xxx", "null"]);
    assert!(text.ends_with("<INFO> smokerd: Shutting down\n"), "{}", &text[text.len() - 100..]);
}
