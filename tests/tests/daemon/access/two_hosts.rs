//! Two hosts, each with a network and an address of its own, and a real sshd between them: two commands lead to an authenticated run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::executable;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::network::{self, OtherHost};
use smoker_tests::machine::skip::{find, program};
use smoker_tests::started::Started;
use smoker_tests::wait;

const HOST: &str = "192.0.2.1";
const OPERATOR: &str = "192.0.2.2";

/// How long the two commands may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What sshd needs below `/run`, without touching the machine's.
const SSHD: &str = "mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec \"$0\" -D -e -f \"$1\"";

const SSHD_CONFIG: &str = "ListenAddress 192.0.2.1\nHostKey {{DIR}}/ssh/host\nAuthorizedKeysFile {{DIR}}/ssh/id.pub\nStrictModes no\n\
    UsePAM no\nPidFile none\nPasswordAuthentication no\nSetEnv PATH={{DIR}}/bin:/usr/bin:/bin\n";

const SSH_CONFIG: &str = "Host *\nIdentityFile {{DIR}}/ssh/id\nIdentitiesOnly yes\nBatchMode yes\nStrictHostKeyChecking accept-new\n\
    UserKnownHostsFile {{DIR}}/ssh/known_hosts\nLogLevel ERROR\n";

/// The operator's host.
struct Operator<'a> {
    daemon: &'a Daemon,
    host: OtherHost,
}

impl Operator<'_> {
    fn smokercli(&self, arguments: &[&str]) -> Output {
        cli::run(&mut self.command(arguments))
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.host.command(&binary::path("smokercli"));
        let path = format!("{}:/usr/bin:/bin", self.daemon.path("operator").display());
        command
            .env("HOME", self.daemon.path("home"))
            .env_remove("XDG_CONFIG_HOME")
            .env("PATH", path)
            .env("USER", "ann");
        command.args(arguments);
        command
    }

    /// Runs a program with the operator's certificate, which begins with `option`.
    fn tool(&self, tool: &Path, arguments: &[&str]) -> Output {
        let own = |name: &str| self.daemon.path(&format!("home/.config/smoker/{name}"));
        let mut command = self.host.command(tool);
        cli::run(command.args(arguments).arg("-cert").arg(own("certificate.pem")).arg("-key").arg(own("key.pem")))
    }

    fn curl(&self, pin: &str) -> Output {
        let own = |name: &str| self.daemon.path(&format!("home/.config/smoker/{name}"));
        let mut curl = self.host.command(Path::new("curl"));
        curl.args(["-sSk", "-o", "/dev/null", "-w", "%{http_code}", "--pinnedpubkey", pin]);
        curl.arg("--cert").arg(own("certificate.pem")).arg("--key").arg(own("key.pem"));
        cli::run(curl.arg(format!("https://{HOST}:{}/plugins", self.daemon.address().port())))
    }
}

fn script(daemon: &Daemon, name: &str, text: &str) {
    executable::write(&daemon.path(name), &daemon.sandbox.fill(text));
}

fn start_sshd(daemon: &Daemon, sshd: &Path) -> Started {
    daemon.sandbox.write("ssh/sshd_config", SSHD_CONFIG.as_bytes()).expect("writable");
    daemon.sandbox.write("ssh/config", SSH_CONFIG.as_bytes()).expect("writable");
    for key in ["ssh/host", "ssh/id"] {
        let mut keygen = Command::new("ssh-keygen");
        cli::run(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(daemon.path(key))).expect_code(0);
    }
    script(
        daemon,
        "bin/smokerd",
        &format!("#!/bin/sh\nexec {} -c {{{{DIR}}}}/smokerd.yaml \"$@\"\n", binary::path("smokerd").display()),
    );
    let ssh = find("ssh").expect("it comes with ssh-keygen");
    script(daemon, "operator/ssh", &format!("#!/bin/sh\nexec {} -F {{{{DIR}}}}/ssh/config \"$@\"\n", ssh.display()));
    let mut command = daemon.sandbox.command(Path::new("unshare"));
    command.args(["--mount", "sh", "-c", SSHD]).arg(sshd).arg(daemon.path("ssh/sshd_config"));
    let started = Started::spawn(&mut command).expect("util-linux is there");
    wait::until_true("sshd", || std::net::TcpStream::connect((HOST, 22)).is_ok());
    started
}

#[test]
#[cfg_attr(not(has_networks), ignore = "needs root, iproute2 and network namespaces")]
fn two_commands_lead_to_an_authenticated_forced_run() {
    network::with_addresses(&[], || {
        let Some(sshd) = program("sshd", "apt-get install openssh-server openssh-client") else { return };
        let config = Config::new()
            .address("bind_host: 0.0.0.0\nbind_port: {{PORT}}")
            .top("access: authenticated\nstate_dir: '{{DIR}}/state'")
            .plugin("disk", "Command: 'true'");
        let daemon = Daemon::start(config);
        let host = OtherHost::with_address(&format!("{OPERATOR}/24"), &format!("{HOST}/24"), &daemon.sandbox);
        let _sshd = start_sshd(&daemon, &sshd);
        authenticated_run(&Operator { daemon: &daemon, host });
    });
}

fn authenticated_run(operator: &Operator<'_>) {
    let daemon = operator.daemon;
    let port = daemon.address().port();
    let address = format!("{HOST}:{port}");
    let force = || operator.smokercli(&["-s", &address, "-f", "-e", "-o", "minimal", "--no-progress"]);
    let refused = force();
    assert_ne!(refused.code, 0);
    expect_line(
        &refused.stdout,
        &["this daemon answers other hosts over TLS alone; run smokercli trust add -s HOST --via ssh, or without SSH"],
    );

    let begun = Instant::now();
    let added = operator.smokercli(&["trust", "add", "-s", &address, "--via", "ssh"]);
    added.expect_code(0);
    expect_line(&added.stdout, &[&address, "ann@", "has the role run; the key of the host is sha256//"]);
    let forced = force();
    forced.expect_code(0);
    expect_line(&forced.stdout, &["[OK]"]);
    assert!(begun.elapsed() < LIMIT, "{:?}", begun.elapsed());
    expect_line(
        &daemon.log(),
        &["ann@", " (sha256//", &format!(") at {OPERATOR}:"), "POST /processes: 20", "plugins disk"],
    );

    // Other programs that check the pin see the same daemon, and TLS as it is meant to be.
    let pin = cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--identity"]).stdout;
    assert_eq!(operator.curl(pin.trim()).stdout, "200");
    let other = "sha256//47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    assert_eq!(operator.curl(other).code, 90, "curl refuses another pin");
    if let Some(openssl) = program("openssl", "apt-get install openssl") {
        tls_is_1_2_with_aead_or_1_3(operator, &openssl, &address);
    }

    let removed = operator.smokercli(&["trust", "remove", "-s", &address, "--via", "ssh"]);
    removed.expect_code(0);
    expect_line(&removed.stdout, &["your access is withdrawn"]);
    assert_eq!(operator.curl(pin.trim()).stdout, "401");
    assert_ne!(force().code, 0);
}

/// Without ssh: the operator's command waits, and the host comes to it with the token.
#[test]
#[cfg_attr(not(has_networks), ignore = "needs root, iproute2 and network namespaces")]
fn a_host_joins_and_is_asked_by_the_authority_of_the_operator() {
    network::with_addresses(&[], || {
        let config = Config::new()
            .address("bind_host: 0.0.0.0\nbind_port: {{PORT}}")
            .top("access: authenticated\nstate_dir: '{{DIR}}/state'")
            .plugin("disk", "Command: 'true'");
        let daemon = Daemon::start(config);
        let host = OtherHost::with_address(&format!("{OPERATOR}/24"), &format!("{HOST}/24"), &daemon.sandbox);
        join(&Operator { daemon: &daemon, host });
    });
}

fn join(operator: &Operator<'_>) {
    let daemon = operator.daemon;
    let address = format!("{HOST}:{}", daemon.address().port());
    let force = || operator.smokercli(&["-s", &address, "-f", "-e", "-o", "minimal", "--no-progress"]);
    operator.smokercli(&["trust", "ca", "init"]).expect_code(0);
    assert_ne!(force().code, 0);
    let (listen, token) = (format!("{OPERATOR}:8087"), daemon.path("token"));
    let wait_there = |names: &str| {
        let mut waiting =
            operator.command(&["trust", "ca", "join", "--listen", &listen, "-s", names, "--timeout", "60"]);
        let printed = daemon.path("printed");
        waiting.stdout(fs::File::create(&printed).expect("writable"));
        let waiting = Started::spawn(&mut waiting).expect("it is built");
        let line = wait::until("the token", || {
            let text = fs::read_to_string(&printed).unwrap_or_default();
            text.split_once('\n').map(|(line, _)| line.to_owned())
        });
        fs::write(&token, line).expect("writable");
        (waiting, printed)
    };
    let on_the_host = || {
        let mut command = daemon.sandbox.command(&binary::path("smokercli"));
        command.args(["trust", "ca", "join"]).arg(&token).arg("--state-dir").arg(daemon.path("state"));
        cli::run(&mut command)
    };
    // A token whose authority is another one: the host finds an impostor at the address, and gets nothing.
    let (mut waiting, printed) = wait_there(HOST);
    let right = fs::read_to_string(&token).expect("there");
    // The pin comes first, in base64 twice: these letters stand for `AAA`.
    let (begin, rest) = right.split_at("smoker-join_".len());
    fs::write(&token, format!("{begin}QUFB{}", &rest[4..])).expect("writable");
    let impostor = on_the_host();
    impostor.expect_code(1);
    expect_line(&impostor.stderr, &["another authority than that of the token answers there; copy the token"]);
    assert!(waiting.is_running(), "the right host may still come");
    fs::write(&token, &right).expect("writable");
    let joined = on_the_host();
    joined.expect_code(0);
    expect_line(&joined.stdout, &["joined; ", " has the role run on this host"]);
    assert_eq!(waiting.exit_within(wait::DEADLINE), Some(0));
    expect_line(
        &fs::read_to_string(&printed).expect("there"),
        &[&format!("{HOST}: joined from {HOST}:"), "valid until"],
    );
    assert_ne!(on_the_host().code, 0, "a token is for one host, once");

    // The daemon takes both files up by itself; no line of known_hosts names this host.
    let forced = wait::until("the authority to count", || Some(force()).filter(|output| output.code == 0));
    expect_line(&forced.stdout, &["[OK]"]);
    let known = fs::read_to_string(daemon.path("home/.config/smoker/known_hosts")).expect("there");
    assert!(known.contains("@cert-authority") && !known.contains(HOST), "{known}");

    // A certificate for another name than the one that is asked is refused, though the same authority has signed it.
    let (mut waiting, _) = wait_there("web7");
    on_the_host().expect_code(0);
    assert_eq!(waiting.exit_within(wait::DEADLINE), Some(0));
    let refused = wait::until("the other name to count", || Some(force()).filter(|output| output.code != 0));
    assert!(refused.text().contains("web7"), "{refused:?}");
}

fn tls_is_1_2_with_aead_or_1_3(operator: &Operator<'_>, openssl: &Path, address: &str) {
    let shake = |options: &str| {
        let options = options.split(' ').filter(|option| !option.is_empty());
        let arguments: Vec<_> = ["s_client", "-connect", address].into_iter().chain(options).collect();
        let output = operator.tool(openssl, &arguments);
        let is_made = output.code == 0 && !output.text().contains("Cipher is (NONE)");
        (is_made, output.text())
    };
    for taken in [
        "",
        "-tls1_3",
        "-tls1_2",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
        "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305",
        "-tls1_3 -ciphersuites TLS_AES_256_GCM_SHA384",
    ] {
        let (is_made, text) = shake(taken);
        assert!(is_made && !text.contains("Reused, TLS"), "{taken}: {text}");
    }
    for refused in [
        "-tls1_1 -cipher DEFAULT@SECLEVEL=0",
        "-tls1 -cipher DEFAULT@SECLEVEL=0",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256",
        "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA",
        "-tls1_2 -cipher AES128-GCM-SHA256",
        "-tls1_2 -cipher AES128-SHA",
    ] {
        let (is_made, text) = shake(refused);
        assert!(!is_made, "{refused}: {text}");
    }
    let log = operator.daemon.log();
    expect_line(&log, &[OPERATOR, ": TLS: refused: the client offers nothing newer than TLS 1.1; update"]);
    expect_line(
        &log,
        &[OPERATOR, ": TLS: refused: the client offers no cipher suite with AEAD and forward secrecy for"],
    );
}
