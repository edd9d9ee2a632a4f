//! Values of parameters that look like secrets reach no log, on any way.

use std::fs;
use std::net::UdpSocket;

use nix::sys::signal::Signal;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;

use crate::logging::fileconfig::boot;

/// Every handler at once, at DEBUG.
const INI: &str = "[loggers]
keys=root
[handlers]
keys=out,err,file,sized,timed,watched,udp
[formatters]
keys=all
[logger_root]
level=DEBUG
handlers=out,err,file,sized,timed,watched,udp
[handler_out]
class=StreamHandler
formatter=all
args=(sys.stdout,)
[handler_err]
class=StreamHandler
formatter=all
args=(sys.stderr,)
[handler_file]
class=FileHandler
formatter=all
args=('{{DIR}}/file.log',)
[handler_sized]
class=handlers.RotatingFileHandler
formatter=all
args=('{{DIR}}/sized.log', 'a', 1000000, 9)
[handler_timed]
class=handlers.TimedRotatingFileHandler
formatter=all
args=('{{DIR}}/timed.log', 'midnight')
[handler_watched]
class=handlers.WatchedFileHandler
formatter=all
args=('{{DIR}}/watched.log',)
[handler_udp]
class=handlers.SysLogHandler
formatter=all
args=(('127.0.0.1', UDP_PORT),)
[formatter_all]
format=%(asctime)s %(name)s %(levelname)s %(module)s %(threadName)s %(message)s
";

/// With everything that a shell, Python, JSON or a URL would quote.
const AWKWARD: &str = "sw'or\"df\\ish$ ü/1";

/// The parts of the secrets that are left whatever quotes the rest.
const TRACES: [&str; 7] = ["hunter2hunter2", "url5ecret", "df", "open5esame", "987654321", "MIIEvQ", "n3sted"];

const MODULE: &str = "import json, logging, sys, urllib.parse
from smoker.server.plugins import BasePlugin
class Plugin(BasePlugin):
    def run(self):
        log = logging.getLogger('smokerd.leaky')
        for name, value in sorted(self.plugin.params.items()):
            texts = [str(value), repr(value), json.dumps(value, default=str), repr([value]), json.dumps(json.dumps(value, default=str)),
                     urllib.parse.quote(str(value)), urllib.parse.quote_plus(str(value)), '-p' + str(value) + 'x']
            for text in texts:
                print('stdout', text)
                print('stderr', text, file=sys.stderr)
                for level in ('debug', 'info', 'warning', 'error'):
                    getattr(log, level)('it is %s', text)
                logging.getLogger(text).error('a logger of that name')
                self.result.add_info(text)
                self.result.add_error(json.dumps({'k': text}))
        self.result.set_status('ERROR')
        try:
            raise ValueError(self.plugin.get_param('Awkward Password'))
        except ValueError:
            log.exception('with a trace')
        print('the-last-word')
        return self.result
";

#[test]
fn no_handler_shows_a_secret() {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("bound").port().to_string();
    let awkward = serde_json::to_string(AWKWARD).expect("text is JSON, and so YAML");
    let secrets = format!(
        "DbPassword: hunter2hunter2\nAwkward Password: {awkward}\napi_key: open5esame\nPin: 987654321\n\
         PrivateKey: |\n  -----BEGIN\n  MIIEvQ+x/y==\n  -----END\n\
         Databases: [{{host: h, credentials: {{user: u, value: [n3sted]}}}}]\nPasswordFile: /etc/shown.txt\nUrl: https://bob:url5ecret@host/"
    );
    let shell = "echo %(Url)s said url5ecret; echo %(DbPassword)s %(Awkward Password)s \"%(Awkward Password)s\" \"$SMOKER_PARAM_PRIVATEKEY\" %(Pin)d; \
                 echo \"{\\\"k\\\": \\\"%(api_key)s\\\"}\" >&2; ls -- %(Awkward Password)s";
    let quoted = |text: &str| serde_json::to_string(text).expect("text is JSON");
    let (slow, shell) = (quoted(&format!("{shell}; sleep 60")), quoted(shell));
    let config = Config::new()
        .action("tell", &format!("Command: {shell}\nActionSecret: hunter2hunter2"))
        .plugin("shell", &format!("Command: {shell}\nAction: tell\n{secrets}"))
        .plugin("missing", &format!("Command: nosuch %(DbPassword)s %(nope)s\n{secrets}"))
        .plugin("wrong", &format!("Command: true\nTimeout: 0\n{secrets}"))
        .plugin("module", &format!("Module: leaky\n{secrets}"))
        .plugin("timed", &format!("Command: {slow}\nTimeout: 0.2\n{secrets}"))
        .file("leaky.py", MODULE);
    let mut daemon = boot(config, &INI.replace("UDP_PORT", &port)).start();
    for name in ["shell", "missing", "module", "timed"] {
        assert!(matches!(daemon.run(name).status(), "OK" | "ERROR"), "{name}");
    }
    assert_eq!(daemon.get("/plugins/hunter2hunter2").status, 404);
    assert_eq!(daemon.get("/sw%27or%22df%5Cish%24%20%C3%BC%2F1").status, 404);
    let parameters = daemon.plugin("shell")["plugin"]["parameters"].clone();
    assert_eq!(parameters["DbPassword"], "***", "nor does the interface show it");
    wait::until_true("the module's last word", || daemon.console().contains("the-last-word"));
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);

    let mut logs = vec![("console".to_owned(), daemon.console())];
    for name in ["file.log", "sized.log", "timed.log", "watched.log"] {
        logs.push((name.to_owned(), fs::read_to_string(daemon.path(name)).expect("it is there")));
    }
    socket.set_nonblocking(true).expect("a socket can be asked");
    let mut received = String::new();
    let mut buffer = vec![0; 70_000];
    while let Ok(length) = socket.recv(&mut buffer) {
        received += &(String::from_utf8_lossy(&buffer[..length]).into_owned() + "\n");
    }
    logs.push(("udp".to_owned(), received));
    for (name, text) in logs {
        assert!(text.contains("***") && text.contains("Plugin shell"), "{name}: {text}");
        for line in text.lines() {
            let told = TRACES.iter().find(|trace| line.contains(**trace));
            assert_eq!(told, None, "{name}: {line}");
        }
    }
    let file = fs::read_to_string(daemon.path("file.log")).expect("it is there");
    assert!(file.contains("/etc/shown.txt"), "the path of a file with a secret is none");
}

#[test]
fn a_secret_that_is_too_short_to_hide_is_reported() {
    let config = Config::new().plugin("short", "Command: echo hi\nPassword: abc");
    let daemon = Daemon::start(config);
    let log = daemon.log();
    expect_line(&log, &["WARNING: Plugin short: the value of 'Password' is shorter than 4"]);
}

/// A configuration that does not load has no secrets yet that could be looked for.
#[test]
fn a_mistake_in_the_line_of_a_secret_does_not_tell_it() {
    for (yaml, shown) in [
        ("Password: hunter2: hunter2", "Password: ***"),
        ("Password = hunter2", "Password: ***"),
        ("Password:hunter2", "Password:***"),
        ("Auth: {user: x, token: hunter2", "token: ***"),
    ] {
        let sandbox = Sandbox::new();
        Config::new().plugin("a", &format!("Command: echo hi\n{yaml}")).write(&sandbox).expect("writable");
        let output = cli::smokerd(&sandbox, &["-fg", "--no-syslog", "-d", "-c", "{{DIR}}/smokerd.yaml"]);
        output.expect_code(1);
        assert!(output.stderr.contains(shown) && !output.text().contains("hunter2"), "{yaml}: {}", output.text());
    }
}

#[test]
fn secrets_of_another_configuration_are_hidden_from_then_on() {
    let daemon = Daemon::start(Config::new().plugin("a", "Command: echo %(Password)s\nPassword: first-secret"));
    daemon.run("a").expect_ok(&["first-secret"]);
    let yaml = fs::read_to_string(daemon.path("smokerd.yaml")).expect("it is there");
    fs::write(daemon.path("smokerd.yaml"), yaml.replace("first-secret", "second-secret")).expect("writable");
    daemon.signal(Signal::SIGHUP);
    wait::until_true("the reload", || daemon.log().contains("Reloaded "));
    daemon.run("a").expect_ok(&["second-secret"]);
    assert_eq!(daemon.get("/plugins/first-secret").status, 404);
    let log = daemon.log();
    expect_line(&log, &["Plugin a result", "***"]);
    assert!(!log.contains("-secret"), "those of the configuration before may still be told: {log}");
}
