//! Hosts and operators that a server knows by certificates of the operator's own authority (`verify_and_map`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{TimeDelta, Utc};
use nix::sys::signal::Signal;
use smoker_nats::connect::Connect;
use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::machine::pki::{self, Pki};
use smoker_tests::nats::{Bridge, NatsServer, bridge_command};
use smoker_tests::sandbox::Sandbox;
use smoker_tests::wait;
use smoker_trust::ca::sign::{Authority, Purpose};
use smoker_trust::storage::pem;
use smoker_trust::storage::private_folder::PrivateFolder;

use crate::nats::client::NatsClient;
use crate::nats::operator::objects;

/// Somebody with an authority, who has made certificates for a server, the hosts web1 and web2, and alice.
struct Site {
    home: Sandbox,
}

impl Site {
    fn new() -> Self {
        let site = Self { home: Sandbox::new() };
        site.smokercli(&["trust", "ca", "init"]).expect_code(0);
        site.write("web[1-2]");
        site
    }

    /// Writes the configuration for these hosts, and what is missing or has ended.
    fn write(&self, hosts: &str) {
        let folder = self.fleet("").display().to_string();
        let words = ["trust", "nats-config", "--fleet", "test", "-s", hosts, "-g", "web=web1", "--operator", "alice"];
        let certificates = ["--certificates", "--server", "127.0.0.1", "--tls-folder", &folder, "--folder", &folder];
        self.smokercli(&[&words[..], &certificates].concat()).expect_code(0);
    }

    fn smokercli(&self, words: &[&str]) -> Output {
        cli::run(self.command("smokercli").args(words))
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.home.command(&binary::path(program));
        command.env("HOME", self.home.path("")).env_remove("XDG_CONFIG_HOME");
        command
    }

    fn fleet(&self, name: &str) -> PathBuf {
        self.home.path("fleet").join(name)
    }

    /// The lines for a server: `tls` and `authorization`.
    fn lines(&self) -> String {
        let text = fs::read_to_string(self.fleet("nats.conf")).expect("a configuration");
        text.split_once("tls {").map(|(_, rest)| format!("tls {{{rest}")).expect("its TLS")
    }

    fn connect(&self, server: &NatsServer, name: &str) -> Connect {
        let file = self.fleet(name);
        let (cacert, cert_and_key) = (Some(self.fleet("ca.pem")), Some((file.clone(), file)));
        Connect { servers: server.url(), cacert, cert_and_key, ..Connect::default() }
    }

    fn operator(&self, server: &NatsServer) -> NatsClient {
        NatsClient::with(&self.connect(server, "operators/alice.pem"))
    }

    /// Starts a bridge of this name with this certificate; none when it is empty.
    fn bridge(&self, server: &NatsServer, daemon: &Daemon, name: &str, file: &Path) -> Bridge {
        let (ca, file) = (self.fleet("ca.pem").display().to_string(), file.display().to_string());
        let more = ["--cacert", &ca, "-g", "web", "--cert", &file];
        let more = if file.is_empty() { &more[..4] } else { &more };
        Bridge::with(&server.url(), &daemon.path("socket"), name, more)
    }

    /// A certificate that the authority signs for the key of a file, which it gets behind the key.
    fn sign(&self, file: &Path, names: &[&str], purpose: Purpose, days_ago: i64) {
        let folder = self.home.path(".config/smoker/ca");
        let folder = PrivateFolder::open(&folder, None).expect("usable").expect("there");
        let authority = Authority::load(&folder).expect("usable").expect("there");
        let text = fs::read(file).expect("there");
        let (key, chain) = (pem::key(&text).expect("a key"), pem::certificates(&text).expect("a certificate"));
        let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
        let at = Utc::now() - TimeDelta::days(days_ago);
        let chain = authority.sign(&chain[0], &names, purpose, at).expect("signed");
        fs::write(file, pem::of_key(&key) + &pem::of_certificates(&chain)).expect("writable");
    }

    /// `smokercli --nats` with this certificate, or with none.
    fn ask(&self, server: &NatsServer, file: Option<&str>, words: &[&str]) -> Output {
        let mut command = self.command("smokercli");
        command.args(words).args(["--nats", &server.url(), "--fleet", "test", "--cacert"]).arg(self.fleet("ca.pem"));
        if let Some(file) = file {
            command.arg("--cert").arg(self.fleet(file));
        }
        cli::run(&mut command)
    }
}

fn daemon() -> Daemon {
    Daemon::start(Config::new().top("socket: '{{DIR}}/socket'").plugin("a", "Command: echo a"))
}

#[test]
fn a_host_and_an_operator_are_known_by_their_certificates_and_do_what_is_their_own() {
    let site = Site::new();
    let Some(server) = NatsServer::with(&site.lines()) else { return };
    let operator = site.operator(&server);
    operator.make_streams();
    let daemon = daemon();
    let certificate = site.fleet("hosts/web1.pem");
    let _bridge = site.bridge(&server, &daemon, "web1", &certificate);
    let output = wait::until("the host to answer", || {
        let output = site.ask(&server, Some("operators/alice.pem"), &["-f", "-e", "-o", "ndjson"]);
        (output.code == 0).then_some(output)
    });
    assert_eq!(objects(&output.stdout).len(), 1, "{}", output.stdout);
    wait::until_true("its result", || operator.stored().len() == 1);
    let mut check = site.command("check_smoker_plugin");
    check.args(["-H", "web1", "--nats", &server.url(), "--fleet", "test", "--cacert"]).arg(site.fleet("ca.pem"));
    let output = cli::run(check.arg("--cert").arg(site.fleet("operators/alice.pem")).arg("a"));
    assert!(output.code == 0 && output.stdout.starts_with("OK: "), "{}", output.stdout);

    // With the certificate of web1, as web2.
    let other = site.bridge(&server, &daemon, "web2", &certificate);
    let said = |text: &str| wait::until_true(text, || other.log().to_ascii_lowercase().contains(text));
    said("permissions violation for subscription to \"smoker.v1.test.host.web2\"");
    said("permissions violation for publish to \"smoker.v1.test.present.web2\"");
    let web1 = NatsClient::with(&site.connect(&server, "hosts/web1.pem"));
    for subject in [web1.fleet.result("web2", "a"), web1.fleet.present("web2"), web1.fleet.host("web2")] {
        web1.publish(&subject, "{}");
    }
    web1.publish(&web1.fleet.result("web1", "b"), "{}");
    // An operator asks, and publishes nothing that hosts do.
    operator.publish(&operator.fleet.result("web1", "c"), "{}");
    operator.publish(&operator.fleet.present("web2"), "{}");
    operator.publish(&operator.fleet.host("web1"), "{}");
    wait::until_true("the host's own result", || operator.stored().len() == 2);
    let subjects: Vec<_> = operator.stored().into_iter().map(|stored| stored.subject).collect();
    assert_eq!(subjects, [operator.fleet.result("web1", "a"), operator.fleet.result("web1", "b")]);
    assert_eq!(operator.present().len(), 1);
}

#[test]
fn who_has_no_good_certificate_is_refused_with_the_next_step() {
    let (site, foreign) = (Site::new(), Site::new());
    let Some(server) = NatsServer::with(&site.lines()) else { return };
    site.operator(&server).make_streams();
    let daemon = daemon();
    let own = |name: &str| {
        let file = site.fleet(name);
        fs::copy(site.fleet("hosts/web2.pem"), &file).expect("copied");
        file
    };
    let (of_daemon, unknown) = (own("daemon.pem"), own("unknown.pem"));
    site.sign(&of_daemon, &["web1"], Purpose::Daemon, 0);
    site.sign(&unknown, &["web3", "urn:smoker:nats:test:host:web3"], Purpose::NatsUser, 0);
    // A name is no identity: the certificate of a client of daemons is that of no user of the server.
    let of_client = own("client.pem");
    site.sign(&of_client, &["alice"], Purpose::Client, 0);
    for (file, words) in [
        (PathBuf::new(), "name yours by cert and key"),
        (foreign.fleet("hosts/web1.pem"), "hosts/web1.pem"),
        (of_daemon, "daemon.pem"),
        (unknown, "unknown.pem is that of no user of the server"),
        (of_client, "client.pem is that of no user of the server"),
    ] {
        let bridge = site.bridge(&server, &daemon, "web1", &file);
        let said = || bridge.log().lines().any(|line| line.contains("cannot connect to") && line.contains(words));
        wait::until_true(&format!("{words} in the log: {}", bridge.log()), said);
        assert!(!bridge.log().contains("connected to"), "{}", bridge.log());
    }
    for (file, words) in
        [(None, "name yours by cert and key"), (Some("unknown.pem"), "is that of no user of the server")]
    {
        let output = site.ask(&server, file, &["-s", "web1"]);
        output.expect_code(1);
        assert!(output.stderr.contains("cannot connect to") && output.stderr.contains(words), "{}", output.stderr);
    }
    // Nor is a server good that another authority vouches for.
    let mut command = site.command("smokercli");
    command.args(["-s", "web1", "--nats", &server.url(), "--cacert"]).arg(foreign.fleet("ca.pem"));
    let output = cli::run(command.arg("--cert").arg(site.fleet("operators/alice.pem")));
    output.expect_code(1);
    assert!(output.stderr.contains("name the certificates that sign it by cacert"), "{}", output.stderr);
}

#[test]
fn a_certificate_that_has_ended_is_refused_until_it_is_renewed_and_needs_no_restart() {
    let site = Site::new();
    let Some(server) = NatsServer::with(&site.lines()) else { return };
    site.operator(&server).make_streams();
    let daemon = daemon();
    let (of_host, of_operator) = (site.fleet("hosts/web1.pem"), site.fleet("operators/alice.pem"));
    site.sign(&of_host, &["web1", "urn:smoker:nats:test:host:web1"], Purpose::NatsUser, 400);
    site.sign(&of_operator, &["alice", "urn:smoker:nats:test:operator:alice"], Purpose::NatsUser, 400);
    let mut bridge = site.bridge(&server, &daemon, "web1", &of_host);
    wait::until_true("the end in the log", || bridge.log().contains("hosts/web1.pem ended on "));
    wait::until_true("a refusal in the log", || bridge.log().contains("cannot connect to"));
    let certificate = of_host.display().to_string();
    let checked = || bridge_command(&site.home, &["--check", "--name", "web1", "--cert", &certificate]);
    assert!(checked().code == 1 && checked().stderr.contains("ended on"), "{}", checked().stderr);
    let output = site.ask(&server, Some("operators/alice.pem"), &["-s", "web1"]);
    output.expect_code(1);
    assert!(output.stderr.contains("operators/alice.pem ended on "), "{}", output.stderr);

    site.write("web[1-2]");
    let answers = || site.ask(&server, Some("operators/alice.pem"), &["-s", "web1", "-e"]).code == 0;
    wait::until_true("the host to answer with its new certificate", answers);
    checked().expect_code(0);
    assert_eq!(bridge.end(Signal::SIGTERM), 0, "{}", bridge.log());
}

/// A certificate for a week would otherwise be warned of from its first day on, and nobody would read the warning.
#[test]
fn daemon_and_bridge_warn_of_the_end_of_a_short_certificate_by_one_rule() {
    let home = Sandbox::new();
    let pki = Pki::make(home.path("pki"));
    let path = |name: &str| pki.file(name).display().to_string();
    for (name, days_ago, is_due) in [("new", 4, false), ("old", 5, true)] {
        let at = |days: i64| (Utc::now() + TimeDelta::days(days)).format("%Y%m%d%H%M%SZ").to_string();
        pki.issue_between(name, pki::Purpose::Server, &at(-days_ago), &at(7 - days_ago));
        let (certificate, key) = (path(&format!("{name}.pem")), path(&format!("{name}.key")));
        let bridge = bridge_command(&home, &["--check", "--name", "web1", "--cert", &certificate, "--key", &key]);
        let config = Config::new().top(&format!("tls_cert: {certificate}")).top(&format!("tls_key: {key}"));
        config.plugin("a", "Command: 'true'").write(&home).expect("writable");
        let daemon = cli::smokerd(&home, &["-c", "{{DIR}}/smokerd.yaml", "--check"]);
        for (code, expected, text) in [(bridge.code, 1, bridge.text()), (daemon.code, 3, daemon.text())] {
            assert_eq!(code, if is_due { expected } else { 0 }, "{name}: {text}");
            assert_eq!(text.contains(" ends on "), is_due, "{name}: {text}");
        }
    }
}

#[test]
fn a_host_that_is_not_named_any_more_is_refused() {
    let site = Site::new();
    site.write("web1");
    let Some(server) = NatsServer::with(&site.lines()) else { return };
    let daemon = daemon();
    let file = site.fleet("hosts/web2.pem");
    let bridge = site.bridge(&server, &daemon, "web2", &file);
    wait::until_true("a refusal in the log", || bridge.log().contains("web2.pem is that of no user of the server"));
}
