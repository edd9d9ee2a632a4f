//! The page of many hosts: what it shows of real daemons, to whom, and for how long.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Request, Response};
use smoker_tests::machine::pki::{Pki, Purpose};
use smoker_tests::started::Started;
use smoker_tests::wait;

use crate::api::page::look;

/// A running `smoker-fleet`, and where its page is.
struct FleetPage {
    _process: Started,
    address: SocketAddr,
}

impl FleetPage {
    /// Of these hosts, in a folder of its own.
    fn start(folder: &Path, hosts: &[String]) -> Self {
        let (process, place) = started(folder, "127.0.0.1:0", hosts);
        let address = place.strip_prefix("http://").and_then(|place| place.strip_suffix('/')?.parse().ok());
        Self { _process: process, address: address.expect("an address") }
    }

    fn get(&self, path: &str) -> Response {
        Request::get(path).send(self.address, ANSWER_LIMIT).expect("it answers")
    }

    /// Waits until its answers for programs are as wanted.
    fn wait_for(&self, wanted: impl Fn(&Json) -> bool) -> Json {
        let mut last = Json::Null;
        let found = wait::within(Duration::from_secs(60), || {
            let answer = self.get("/fleet.json");
            last = if answer.status == 200 { answer.json() } else { Json::Null };
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("never as wanted: {last}"))
    }
}

/// The program, once it has said where its page is; and that place.
fn started(folder: &Path, listen: &str, hosts: &[String]) -> (Started, String) {
    started_with(folder, &["--listen", listen], hosts)
}

fn started_with(folder: &Path, options: &[&str], hosts: &[String]) -> (Started, String) {
    let said = folder.join("said");
    let mut command = program(folder, options);
    command.args(["--every", "200ms", "-s"]).args(hosts);
    command.stdout(File::create(&said).expect("writable"));
    let process = Started::spawn(&mut command).expect("it starts");
    let place = wait::within(Duration::from_secs(60), || {
        let text = fs::read_to_string(&said).ok()?;
        Some(text.strip_prefix("The page is at ")?.strip_suffix('\n')?.to_owned())
    });
    (process, place.expect("it says where its page is"))
}

fn program(folder: &Path, options: &[&str]) -> Command {
    let mut command = Command::new(binary::path("smoker-fleet"));
    command.args(options).env("HOME", folder);
    command
}

fn daemon(plugins: [&str; 2]) -> Daemon {
    let config = Config::new().plugin("disk", plugins[0]).plugin("a b/c", plugins[1]);
    let daemon = Daemon::start(config);
    let _ = daemon.finish(&daemon.force(&["disk", "a b/c"]));
    daemon
}

/// The states of the hosts, in the order of the page.
fn states(fleet: &Json) -> Vec<&str> {
    let hosts = fleet["hosts"].as_array().map(Vec::as_slice).unwrap_or_default();
    hosts.iter().filter_map(|host| host["state"].as_str()).collect()
}

#[test]
fn hosts_and_plugins_are_a_grid_with_the_odd_ones_first() {
    let fine = daemon(["Command: echo well", "Command: 'true'"]);
    let mut bad = daemon(["Command: 'true'", "Command: 'echo \"<script>x</script>\"; exit 1'"]);
    let hosts = [&fine, &bad].map(|daemon| daemon.address().to_string());
    let fleet = FleetPage::start(&fine.path(""), &hosts);
    let known = fleet.wait_for(|known| states(known) == ["ERROR", "OK"]);
    assert_eq!(known["hosts"][0]["plugins"]["a b/c"], "ERROR");

    let page = fleet.get("/");
    assert!(page.header("Content-Security-Policy").is_some_and(|policy| policy.contains("default-src 'none'")));
    let text = page.text();
    assert!(text.contains("2 hosts: 1 ERROR, 1 OK"), "{text}");
    let (disk, odd) = (text.find(">disk<").expect("a column"), text.find(">a b/c<").expect("a column"));
    assert!(odd < disk, "the plugin that is not OK comes first: {text}");
    // A name leads to the page of its host, on which what plugins print stays text.
    let name = known["hosts"][0]["host"].as_str().expect("a name");
    let encoded = [(" ", "%20"), ("(", "%28"), (")", "%29"), (":", "%3A")];
    let name = encoded.iter().fold(name.to_owned(), |name, (plain, encoded)| name.replace(plain, encoded));
    assert!(text.contains(&format!("href=\"/host/{name}\"")), "{text}");
    let page = fleet.get(&format!("/host/{name}")).text();
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>x"), "{page}");
    assert_eq!(fleet.get("/host/nobody").status, 404);

    // Another site's name for this host opens nothing.
    let foreign = Request::get("/fleet.json").to_bytes("evil.example");
    let mut connection = smoker_tests::http::Connection::open(fleet.address, ANSWER_LIMIT).expect("it listens");
    connection.write(&foreign).expect("it reads");
    assert_eq!(connection.read("GET").expect("an answer").status, 421);

    // A host that is gone is the oddest.
    bad.signal(Signal::SIGKILL);
    bad.wait_for_exit();
    let known = fleet.wait_for(|known| states(known) == ["UNREACHABLE", "OK"]);
    assert!(known["hosts"][0]["error"].as_str().is_some_and(|reason| reason.contains("refused")), "{known}");
}

/// The page of a fleet that other hosts may reach, as a program sees it.
struct Outside {
    _process: Started,
    place: String,
    pki: Pki,
}

impl Outside {
    fn start(daemon: &Daemon) -> Self {
        let pki = Pki::make(daemon.path("pki"));
        pki.issue("fleet", Purpose::Server);
        let [certificate, key] = ["fleet.pem", "fleet.key"].map(|name| pki.file(name).display().to_string());
        let tokens = daemon.path("state/tokens").display().to_string();
        let options = ["--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key, "--tokens", &tokens];
        let (process, place) = started_with(&daemon.path(""), &options, &[daemon.address().to_string()]);
        Self { _process: process, place, pki }
    }

    /// The status of the answer, its head and its body.
    fn get(&self, path: &str, options: &[&str]) -> (String, String) {
        let mut curl = Command::new("curl");
        curl.args(["-sS", "-i", "-w", "%{http_code}", "--max-time", "100", "--cacert"]).arg(self.pki.file("ca.pem"));
        let output = cli::run_within(curl.args(options).arg(format!("{}{path}", self.place)), Duration::from_secs(120));
        assert_eq!(output.code, 0, "{}", output.text());
        let (text, status) = output.stdout.split_at(output.stdout.len() - 3);
        (status.to_owned(), text.to_owned())
    }
}

fn with_tokens() -> Daemon {
    let mut daemon =
        Boot::of(Config::new().top("state_dir: '{{DIR}}/state'").plugin("disk", "Command: 'true'")).prepare();
    daemon.try_start().expect("it starts");
    daemon
}

fn add_token(daemon: &Daemon, arguments: &[&str]) -> String {
    let added = cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml", "--token", "add"], arguments].concat());
    added.expect_code(0);
    added.stdout.trim().to_owned()
}

#[test]
fn other_hosts_see_the_page_over_tls_with_a_token_alone() {
    let daemon = with_tokens();
    let reader = add_token(&daemon, &["desk", "--role", "read"]);
    let limited = add_token(&daemon, &["disks", "--role", "admin", "--only", "plugin=disk"]);
    let outside = Outside::start(&daemon);
    assert!(outside.place.starts_with("https://"), "{}", outside.place);
    for (options, expected) in
        [(vec![], "401"), (vec!["-u", "desk:smoker_wrong"], "401"), (vec!["-H", "Authorization: Basic %"], "401")]
    {
        for path in ["", "fleet.json", "host/x", "ui/x"] {
            let (status, head) = outside.get(path, &options);
            assert_eq!(status, expected, "{path} {options:?}: {head}");
            assert!(head.to_lowercase().contains("www-authenticate: basic"), "{head}");
        }
    }
    let (status, page) = outside.get("", &["-u", &format!("anybody:{reader}")]);
    assert!(status == "200" && page.contains("Smoker fleet") && page.contains("frame-ancestors 'none'"), "{page}");
    let bearer = format!("Authorization: Bearer {reader}");
    wait::until_true("the first round", || outside.get("fleet.json", &["-H", &bearer]).0 == "200");
    let (status, text) = outside.get("", &["-u", &format!("x:{limited}")]);
    assert!(status == "403" && text.contains("disks"), "{text}");

    // What is withdrawn or renewed counts at once.
    cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--token", "remove", "desk"]).expect_code(0);
    assert_eq!(outside.get("", &["-H", &bearer]).0, "401");
    let before = outside.pki.pin("fleet.pem");
    outside.pki.issue("fleet", Purpose::Server);
    let pin = outside.pki.pin("fleet.pem");
    assert_ne!(pin, before);
    assert_eq!(outside.get("", &["--pinnedpubkey", &pin]).0, "401");
}

#[test]
fn connections_that_say_nothing_keep_nobody_out() {
    let daemon = with_tokens();
    let reader = add_token(&daemon, &["desk", "--role", "read"]);
    let outside = Outside::start(&daemon);
    let address = outside.place.trim_start_matches("https://").trim_end_matches('/').to_owned();
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(&address).expect("it listens")).collect();
    assert_eq!(outside.get("", &["-u", &format!("x:{reader}")]).0, "200");
    drop(silent);
}

#[test]
fn without_what_it_takes_other_hosts_are_not_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = |name: &str| folder.path().join(name).display().to_string();
    let pki = Pki::make(folder.path().join("pki"));
    pki.issue("fleet", Purpose::Server);
    fs::write(text("none"), "# no token\n").expect("writable");
    let (certificate, key) = (pki.file("fleet.pem").display().to_string(), pki.file("fleet.key").display().to_string());
    let tls = ["--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key"];
    for (options, code, reason) in [
        (vec!["--listen", "0.0.0.0:0"], 2, "--tokens"),
        (vec!["--listen", "[::]:0"], 2, "--tokens"),
        ([&tls[..], &[&key]].concat(), 2, "--tokens"),
        ([&tls[..], &[&key, "--tokens", &text("none")]].concat(), 1, "has no token"),
        ([&tls[..], &[&key, "--tokens", &text("missing")]].concat(), 1, "has no token"),
        ([&tls[..], &[&certificate, "--tokens", &text("none")]].concat(), 1, "--tls-key"),
    ] {
        let output = cli::run(program(folder.path(), &options).args(["-s", "127.0.0.1:1"]));
        assert!(
            output.code == code && output.text().contains(reason),
            "{options:?}: {} {}",
            output.code,
            output.text()
        );
    }
}

#[test]
fn a_signal_ends_it_in_order_and_leaves_no_socket() {
    let folder = tempfile::tempdir().expect("a folder");
    let socket = folder.path().join("fleet.sock");
    for signal in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
        let (mut process, place) = started(folder.path(), &socket.display().to_string(), &["127.0.0.1:1".to_owned()]);
        assert_eq!(Path::new(&place), socket);
        if signal == Signal::SIGHUP && ignores_hangup(&process) {
            continue;
        }
        process.signal(signal);
        assert_eq!(process.exit_within(Duration::from_secs(60)), Some(0), "{signal}");
        assert!(!socket.exists(), "{signal}");
    }
}

/// Whether the tests were started to outlive their terminal (`nohup`): then what they start does, too.
fn ignores_hangup(process: &Started) -> bool {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_none_or(|mask| mask & 1 == 1)
}

#[test]
#[cfg_attr(not(has_browser), ignore = "needs chromium and `npm ci` in crates/smoker-page")]
fn a_browser_shows_the_grid_and_everybody_can_use_it() {
    let daemons = [["true", "true"], ["true", "exit 3"], ["echo x; exit 1", "true"]]
        .map(|commands| daemon(commands.map(|command| format!("Command: '{command}'")).each_ref().map(String::as_str)));
    let hosts = daemons.each_ref().map(|daemon| daemon.address().to_string());
    let fleet = FleetPage::start(&daemons[0].path(""), &[&hosts[..], &["127.0.0.1:1".to_owned()]].concat());
    fleet.wait_for(|known| states(known).len() == 4);
    look("fleet", fleet.address, &daemons[0], "");
}
