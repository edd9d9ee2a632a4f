//! The example of a web host loads, runs on one, tells what is wrong and mends what it can, and is what the tutorial shows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value as Json;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::documents::markdown;
use smoker_tests::machine::private_root::PrivateRoot;
use smoker_tests::receiver::Receiver;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::{binary, wait};

use crate::page;

const EXAMPLE: &str = "etc/examples/web-host/smokerd.yaml";

/// What Slack's address leads to: a line of `told` for each message.
const RECEIVER: &str = r#"
import http.server, socketserver
# The usual one asks for the name of the address before it listens, which takes minutes where no name server answers.
http.server.HTTPServer.server_bind = socketserver.TCPServer.server_bind
class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with open("/shared/told", "ab") as told:
            told.write(body + b"\n")
        self.send_response(200)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", 8087), Receiver).serve_forever()
"#;

#[test]
fn the_tutorial_shows_the_example_as_it_is() {
    let example = page::read(EXAMPLE);
    let blocks = markdown::blocks(&page::read("docs/tutorial.md"));
    let shown: Vec<_> = blocks.iter().filter(|block| block.language == "yaml").collect();
    assert!(shown.len() >= 5, "the tutorial shows {} parts", shown.len());
    for block in shown {
        assert!(example.contains(block.text.trim_end()), "line {}: {}", block.line, block.text);
    }
}

#[test]
fn the_example_loads_without_a_warning() {
    let example = page::read(EXAMPLE).replace("/etc/smokerd/slack.url", "{{DIR}}/slack.url");
    let sandbox = Sandbox::new();
    let config = Config::whole(&example).file("slack.url", "https://hooks.slack.com/services/T0/B0/sesame\n");
    config.write(&sandbox).expect("writable");
    let path = sandbox.path("smokerd.yaml").display().to_string();
    let checked = cli::smokerd(&sandbox, &["--check", "-c", &path]);
    let problems = ["ERROR", "WARNING", "ADVICE"];
    assert!(checked.code == 0 && !problems.iter().any(|it| checked.text().contains(it)), "{}", checked.text());
    let explained = cli::smokerd(&sandbox, &["--explain", "Backup", "-c", &path]);
    assert!(explained.stdout.contains("in Europe/Prague") && explained.stdout.contains("T02:30:00+0"), "{explained:?}");
    assert!(!(checked.text() + &explained.text()).contains("sesame"));
}

/// The part of the tutorial about a web host.
const PART: &str = "## A web host, step by step";

/// A command in front of the built one: the machine has other configurations and services than those that a test may touch.
fn stand_in(sandbox: &Sandbox, name: &str, text: &str) {
    let file = format!("bin/{name}");
    sandbox.write(&file, format!("#!/bin/sh\n{text}\n").as_bytes()).expect("writable");
    fs::set_permissions(sandbox.path(&file), fs::Permissions::from_mode(0o755)).expect("it is ours");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn the_commands_of_the_tutorial_work_in_their_order() {
    let (sandbox, receiver) = (Sandbox::new(), Receiver::start(true));
    let address = format!("http://{}/services/key", receiver.address());
    // Each part of it is there once more, or the test would touch the machine.
    let own = |text: &str| {
        let text = text.replace("/etc/smokerd/", "{{DIR}}/").replace("/run/smokerd.sock", "{{DIR}}/smokerd.sock");
        let text = text.replace("https://hooks.slack.com/services/T0/B0/key", &address);
        let text = text.replace("bind_port: 8086", "bind_port: {{PORT}}").replace("/var/lib/smokerd", "{{DIR}}/state");
        sandbox.fill(&text.replace("Interval: 1m", "Interval: 1h").replace("Interval: 5m", "Interval: 1h"))
    };
    Config::whole(&own(&page::read(EXAMPLE))).write(&sandbox).expect("writable");
    let of = |name: &str| binary::path(name).display().to_string();
    let pidfile = sandbox.pidfile().display().to_string();
    let configuration = sandbox.path("smokerd.yaml").display().to_string();
    stand_in(&sandbox, "smokerd", &format!("exec {} \"$@\" -c {configuration}", of("smokerd")));
    stand_in(&sandbox, "smokercli", &format!("exec {} \"$@\"", of("smokercli")));
    let restart = format!("smokerd --no-syslog -p {pidfile} < /dev/null > /dev/null 2>&1");
    stand_in(
        &sandbox,
        "systemctl",
        &format!("echo \"$@\" >> {{{{DIR}}}}/asked\ntest \"$*\" != 'restart smokerd' || {restart}"),
    );
    sandbox.write(".smokercli.yaml", b"bind_port: {{PORT}}\n").expect("writable");

    let tutorial = page::read("docs/tutorial.md");
    let begin = tutorial.lines().position(|line| line == PART).expect("the part about a web host");
    let blocks = markdown::blocks(&tutorial);
    let lines =
        blocks.iter().filter(|block| block.language == "sh" && block.line > begin).flat_map(|block| block.text.lines());
    let lines: Vec<_> = lines.filter(|line| !line.trim().is_empty()).collect();
    assert!(lines.len() >= 10, "{lines:?}");
    let path = format!("{}:{}", sandbox.path("bin").display(), std::env::var("PATH").expect("a path"));
    for line in lines {
        let mut command = sandbox.command(Path::new("/bin/sh"));
        command
            .args(["-c", &own(line)])
            .env("PATH", &path)
            .env("HOME", sandbox.config_folder())
            .current_dir(sandbox.config_folder());
        let output = cli::run(&mut command);
        // The exit code of a test is the status of the plugin, and there is no nginx.
        let good: &[i32] = if line.contains("--test-plugin") { &[0, 3, 4] } else { &[0] };
        assert!(good.contains(&output.code), "{line}: {}: {}", output.code, output.text());
        if line.starts_with("smokerd --test-plugin") {
            assert!(output.stdout.contains("plugin: Nginx"), "{}", output.text());
        }
    }
    let asked = fs::read_to_string(sandbox.path("asked")).unwrap_or_default();
    assert!(asked.contains("restart smokerd"), "{asked}");
    let told = receiver.next().body["text"].to_string();
    assert!(told.contains("a test of the action Slack; nothing has happened"), "{told}");
}

/// Runs the example on a machine with nginx, `PostgreSQL` and a certificate; `shared` is its `/shared`.
pub(crate) fn runs_on(machine: &PrivateRoot, shared: &Path) {
    // A minute is a second, and the certificate is that of the machine.
    let example = [
        ("bind_port: 8086", "bind_port: 8088"),
        ("/run/smokerd.sock", "/run/web-host.sock"),
        ("state_dir: /var/lib/smokerd", "state_dir: /run/web-state"),
        ("/etc/smokerd/slack.url", "/shared/slack.url"),
        ("Interval: 1m", "Interval: 1s"),
        ("RetryInterval: 10s", "RetryInterval: 0.2s"),
        ("ActionGroup: 30s", "ActionGroup: 0.5s"),
        ("ServerName: www.example.com", "ServerName: localhost\n    CaFile: /etc/ssl/own-ca.pem"),
        ("Warn: \"< 14d\"\n    Error: \"< 3d\"", "Warn: \"< 2d\"\n    Error: \"< 1d\""),
        ("Mount: /\n", "Mount: /shared\n"),
        ("Warn: \"> 90%\"\n    Error: \"> 97%\"", "Warn: \"> 100%\"\n    Error: \"> 100%\""),
        ("postgresql:///app", "postgresql://postgres@127.0.0.1/app"),
        ("rsync --archive %(Folder)s/app.dump backup.example.com::web07/", "cp %(Folder)s/app.dump /shared/copy"),
    ]
    .into_iter()
    .fold(page::read(EXAMPLE), |text, (part, its)| {
        assert!(text.contains(part), "the example has no {part}");
        text.replace(part, its)
    });
    fs::write(shared.join("web-host.yaml"), example).expect("writable");
    fs::write(shared.join("slack.url"), "http://127.0.0.1:8087/services/key\n").expect("writable");
    fs::write(shared.join("receiver.py"), RECEIVER).expect("writable");
    machine.succeed("setsid python3 /shared/receiver.py > /shared/receiver.log 2>&1 < /dev/null &");
    machine.succeed("createdb -h 127.0.0.1 -U postgres app; mkdir -p /var/backups");
    machine.succeed("/shared/smokerd --no-syslog -c /shared/web-host.yaml -p /run/web-host.pid");
    let look = |arguments: &str| machine.sh(&format!("/shared/smokercli -s 127.0.0.1:8088 --no-progress {arguments}"));
    let explain = |name: &str| machine.sh(&format!("/shared/smokercli explain {name} -s 127.0.0.1:8088"));
    let plugin = |name: &str| -> Json {
        let page = machine.sh(&format!("python3 -c 'import urllib.request as u; print(u.urlopen(\"http://127.0.0.1:8088/plugins/{name}\").read().decode())'"));
        serde_json::from_str(&page.stdout).unwrap_or_default()
    };
    for name in ["Nginx", "Page", "Database", "Disk", "Certificate"] {
        let forced = look(&format!("-f -p {name}"));
        assert!(forced.code == 0 && forced.stdout.contains("[OK]"), "{name}: {}", forced.text());
        if !matches!(name, "Disk" | "Certificate") {
            wait::until_true(name, || plugin(name)["plugin"]["lastResult"]["status"] == "OK");
        }
    }
    assert_eq!(look("-f -p Backup").code, 0);
    wait::until_true("the copy of the backup", || shared.join("copy").exists());

    let told = || fs::read_to_string(shared.join("told")).unwrap_or_default();
    assert_eq!(told(), "", "nothing is wrong");
    machine.succeed("systemctl stop nginx");
    wait::until_true("nginx to be there again", || machine.sh("systemctl is-active nginx").code == 0);
    wait::until_true("its result", || plugin("Nginx")["plugin"]["lastResult"]["status"] == "OK");
    assert_eq!(machine.succeed("wc -l < /run/smokerd-restart-nginx").trim(), "1");

    let silence = "/shared/smokercli silence --socket /run/web-host.sock";
    machine.succeed(&format!("{silence} --for 30m --reason 'deploy 1.2'"));
    machine.succeed("pkill postgres");
    wait::until_true("the database to be down", || {
        let page = plugin("Database")["plugin"].clone();
        page["state"] == "hard" && page["lastResult"]["status"] == "ERROR"
    });
    assert!(!told().contains("Database"), "{}", told());
    machine.succeed(&format!("{silence} --end all"));
    let heard = wait::within(wait::DEADLINE, || told().contains("ERROR Database on ").then_some(()));
    let receiver = || fs::read_to_string(shared.join("receiver.log")).unwrap_or_default();
    assert!(heard.is_some(), "{}: {} {}", told(), receiver(), explain("Database").text());
    assert!(!told().contains("Page"), "{}", told());
    wait::until_true("the explanation", || explain("Database").stdout.contains("action Slack: told ERROR at "));
    assert!(explain("Backup").stdout.contains("depends on Database"));
    machine.succeed("/shared/smokerd --stop -p /run/web-host.pid");
    let log = look("-p Nginx").text();
    assert!(!(told() + &log).contains("/services/key"), "{log}");
}
