//! Modules under the real daemon: its own end, and built-ins in children of its binary.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};
use tempfile::TempDir;

/// A daemon that is killed when the test is over.
struct Daemon {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl Daemon {
    /// Starts a daemon with these plugins, as YAML, and these files.
    fn start(plugins: &str, files: &[(&str, &str)]) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        for (name, text) in files {
            fs::write(folder.path().join(name), text).expect("a file");
        }
        let port = free_port();
        let config = format!(
            "bind_host: 127.0.0.1\nbind_port: {port}\ntemplates:\n  BasePlugin:\n    Timeout: 20\nplugins:\n{plugins}"
        );
        let path = folder.path().join("smokerd.yaml");
        fs::write(&path, config).expect("a file");
        let child = Command::new(env!("CARGO_BIN_EXE_smokerd"))
            .args(["-fg", "--no-syslog", "-c"])
            .arg(&path)
            .stdin(Stdio::null())
            .spawn()
            .expect("a daemon");
        let daemon = Self { folder, child, port };
        wait_until("open port", || TcpStream::connect(("127.0.0.1", port)).is_ok());
        daemon
    }

    fn request(&self, method: &str, path: &str, body: &str) -> (u16, Json) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, serde_json::from_str(body).expect("JSON"))
    }

    fn force(&self, plugin: &str) -> String {
        let body = json!({"process": {"plugins": [plugin]}}).to_string();
        let (status, body) = self.request("POST", "/processes", &body);
        assert_eq!(status, 202, "{body}");
        body["asyncTask"]["link"]["poll"].as_str().expect("a path").to_owned()
    }

    /// Forces a plugin and returns its result.
    fn run(&self, plugin: &str) -> Json {
        let path = self.force(plugin);
        let mut result = Json::Null;
        wait_until("result", || {
            let (status, body) = self.request("GET", &path, "");
            result = body["plugins"]["items"][0]["plugin"]["forcedResult"].clone();
            status == 200
        });
        result
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a listener");
    listener.local_addr().expect("an address").port()
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !condition() {
        assert!(Instant::now() < deadline, "no {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, fields)| !fields.trim_start().starts_with('Z'))
}

const ENDLESS: &str = "\
import os, subprocess, time
from smoker.server.plugins import BasePlugin

class Plugin(BasePlugin):
    def run(self):
        command = subprocess.Popen(['sleep', '600'], start_new_session=True)
        with open(self.plugin.params['Note'], 'w') as note:
            note.write('%d %d %d\\n' % (os.getppid(), os.getpid(), command.pid))
        while True:
            try:
                time.sleep(60)
            except BaseException:
                pass
";

#[test]
fn a_killed_daemon_takes_the_host_and_its_children_with_it() {
    let notes = TempDir::new().expect("a temporary folder");
    let note = notes.path().join("note");
    let plugins = format!("  e:\n    Module: endless\n    Note: {}\n", note.display());
    let mut daemon = Daemon::start(&plugins, &[("endless.py", ENDLESS)]);
    daemon.force("e");
    wait_until("note", || fs::read_to_string(&note).is_ok_and(|text| text.ends_with('\n')));
    let pids = fs::read_to_string(&note).expect("a note");
    let pids: Vec<_> = pids.split_whitespace().collect();
    assert!(pids.iter().all(|pid| is_alive(pid)));
    daemon.child.kill().expect("a kill");
    wait_until("end of host and module", || !pids.iter().any(|pid| is_alive(pid)));
}

#[test]
fn a_stopped_daemon_leaves_no_host() {
    let notes = TempDir::new().expect("a temporary folder");
    let note = notes.path().join("note");
    let plugins = format!("  e:\n    Module: endless\n    Note: {}\n", note.display());
    let mut daemon = Daemon::start(&plugins, &[("endless.py", ENDLESS)]);
    daemon.force("e");
    wait_until("note", || fs::read_to_string(&note).is_ok_and(|text| text.ends_with('\n')));
    let pids = fs::read_to_string(&note).expect("a note");
    let daemon_pid = daemon.child.id().to_string();
    let stopped = Command::new("kill").arg(&daemon_pid).status().expect("kill");
    assert!(stopped.success() && daemon.child.wait().expect("an end").success());
    wait_until("end of host and module", || !pids.split_whitespace().any(is_alive));
}

#[test]
fn built_ins_run_without_python_and_as_their_account() {
    let plugins = "  mounts: {Module: smoker.server.plugins.fsmount, Mounts: [/nonexistent]}\n  \
                   closed: {Module: smoker.server.plugins.testconnection, Connections: [[127.0.0.1, 1]]}\n  \
                   python: {Module: other}\n";
    let uid = if nix::unistd::geteuid().is_root() { ", uid: 65534, gid: 65534" } else { "" };
    let plugins = &plugins.replace(", Mounts: [/nonexistent]", &format!(", Mounts: [/dev/shm], Types: [tmpfs]{uid}"));
    let mut daemon = Daemon::start(&format!("{plugins}python: /no/such/python\n"), &[]);
    assert_eq!(daemon.run("mounts")["status"], "OK");
    assert_eq!(daemon.run("closed")["componentResults"]["Connection"]["status"], "ERROR");
    let python = daemon.run("python");
    let error = python["messages"]["error"][0].as_str().expect("an error");
    assert!(error.starts_with("cannot start /no/such/python: No such file"), "{error}");
    daemon.child.kill().expect("a kill");
}

const SUBCLASSES: &str = "\
from smoker.server.plugins import fsmount, uname
from smoker.server.plugins.varnishparser import Parser as Varnish

class Plugin(uname.Plugin):
    def run(self):
        result = super().run()
        result.add_info('and more')
        mounts = fsmount.Plugin(self.plugin)
        result.add_warn(mounts.run().result['messages']['warn'][0])

class Parser(Varnish):
    def parse(self):
        self.stdout = self.stdout.replace('backend', 'Backend')
        return super().parse()
";

#[test]
fn built_ins_can_be_subclassed_in_python() {
    let plugins = "  named: {Module: sub, Mounts: [/nonexistent], Day: 2024-01-02}\n  \
                   varnish: {Command: \"printf 'backend a is Healthy\\\\nAverage responsetime of good probes: 0.1'\", Parser: sub}\n  \
                   unread: {Command: echo x, Parser: sub}\n";
    let daemon = Daemon::start(plugins, &[("sub.py", SUBCLASSES)]);
    let named = daemon.run("named");
    assert_eq!(named["status"], "OK", "{named}");
    assert_eq!(named["messages"]["info"][1], "and more");
    assert_eq!(named["messages"]["warn"], json!(["No mounts found"]));
    let varnish = daemon.run("varnish");
    assert_eq!(varnish["componentResults"]["a"]["messages"]["info"], json!(["Response time: 0.1"]), "{varnish}");
    let unread = daemon.run("unread");
    assert_eq!(unread["messages"]["error"], json!(["Parser run failed: No backends found or output can't be parsed!"]));
    assert!(daemon.folder.path().exists());
}
