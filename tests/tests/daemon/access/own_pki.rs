//! A site's own authority: `tls_cert`, `tls_key`, `tls_client_ca` and `tls_crl`, which count as soon as their files change.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command, Stdio};

use smoker_tests::binary;
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::lines::expect_line;
use smoker_tests::machine::pki::{Pki, Purpose};
use smoker_tests::machine::skip::program;
use smoker_tests::wait;

const FILES: &str = "access: authenticated\nlocal_role: none\nstate_dir: '{{DIR}}/state'\ntls_cert: '{{DIR}}/pki/web1.pem'\n\
    tls_key: '{{DIR}}/pki/web1.key'\ntls_client_ca: '{{DIR}}/pki/ca.pem'\ntls_crl: '{{DIR}}/pki/crl.pem'";

fn config() -> Config {
    Config::new().top(FILES).plugin("disk", "Command: 'true'")
}

/// A daemon that has not been started yet, and its site's authority.
fn prepared() -> Option<(Daemon, Pki)> {
    program("openssl", "apt-get install openssl")?;
    program("curl", "apt-get install curl")?;
    let daemon = Boot::of(config()).prepare();
    let pki = Pki::make(daemon.path("pki"));
    pki.issue("web1", Purpose::Server);
    for client in ["alice", "bob", "carol"] {
        pki.issue(client, Purpose::Client);
    }
    pki.write_list();
    Some((daemon, pki))
}

/// Asks with the certificate of this name, and returns status and body. The daemon has to be one that the authority vouches for.
fn ask(daemon: &Daemon, pki: &Pki, name: &str, arguments: &[&str]) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "-w", "\n%{http_code}", "--cacert"]).arg(pki.file("ca.pem")).args(arguments);
    curl.arg("--cert").arg(pki.file(&format!("{name}.pem"))).arg("--key").arg(pki.file(&format!("{name}.key")));
    let output = cli::run(curl.arg(format!("https://{}/plugins/disk", daemon.address())));
    output.expect_code(0);
    let (body, status) = output.stdout.rsplit_once('\n').expect("a status");
    (status.parse().expect("a number"), body.to_owned())
}

/// Asks over one connection, each time that a line comes.
const KEPT: &str = "\
import http.client, ssl, sys
port, certificate, key = sys.argv[1:]
context = ssl._create_unverified_context()
context.load_cert_chain(certificate, key)
daemon = http.client.HTTPSConnection('127.0.0.1', int(port), timeout=30, context=context)
connection = None
for line in sys.stdin:
    daemon.request('GET', '/plugins/disk')
    response = daemon.getresponse()
    print(response.status, connection in (None, daemon.sock), response.read().decode().strip(), flush=True)
    connection = daemon.sock
";

struct Kept(Child, BufReader<std::process::ChildStdout>);

impl Kept {
    fn open(daemon: &Daemon, pki: &Pki, name: &str) -> Self {
        let mut python = Command::new("python3");
        python.args(["-I", "-c", KEPT]).arg(daemon.address().port().to_string());
        python.args([pki.file(&format!("{name}.pem")), pki.file(&format!("{name}.key"))]);
        let mut python = python.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 is there");
        let answers = BufReader::new(python.stdout.take().expect("piped"));
        Self(python, answers)
    }

    fn ask(&mut self) -> String {
        self.0.stdin.as_mut().expect("piped").write_all(b"ask\n").expect("it reads");
        let mut answer = String::new();
        self.1.read_line(&mut answer).expect("an answer");
        answer
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_certificate_counts_until_it_is_revoked_also_on_a_connection_that_is_open() {
    let Some((mut daemon, pki)) = prepared() else { return };
    daemon.try_start().expect("it starts");
    let as_client = |name: &str| ask(&daemon, &pki, name, &[]);

    let (status, body) = as_client("alice");
    assert!(status == 403 && body.contains("the daemon has no line for alice"), "{status} {body}");
    let line = format!("{} cert-authority role=run name=staff subject=alice,bob", pki.pin("ca.pem"));
    let added = cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--authorize", &line]);
    added.expect_code(0);
    assert_eq!(added.stdout.lines().last(), Some(&*pki.pin("web1.pem")), "clients see the site's certificate");
    assert_eq!((as_client("alice").0, as_client("bob").0, as_client("carol").0), (200, 200, 403));
    let (status, body) = as_client("web1");
    assert!(status == 401 && body.contains("clientAuth"), "{status} {body}");
    pki.issue_between("alice-of-old", Purpose::Client, "20200101000000Z", "20200102000000Z");
    pki.issue_between("alice-to-be", Purpose::Client, "20990101000000Z", "20990102000000Z");
    for (name, said) in
        [("alice-of-old", "is no longer valid; renew it"), ("alice-to-be", "is not valid yet; set the clock")]
    {
        let (status, body) = as_client(name);
        assert!(status == 401 && body.contains(said), "{status} {body}");
    }
    let other = Pki::make(daemon.path("other"));
    other.issue("alice", Purpose::Client);
    fs::copy(pki.file("ca.pem"), other.file("ca.pem")).expect("writable");
    let (status, body) = ask(&daemon, &other, "alice", &[]);
    assert!(status == 401 && body.contains("signed by no authority that the daemon trusts"), "{status} {body}");

    let mut kept = Kept::open(&daemon, &pki, "alice");
    assert!(kept.ask().starts_with("200 True "));
    pki.revoke("alice");
    pki.write_list();
    let refused = kept.ask();
    assert!(refused.starts_with("401 True ") && refused.contains("was revoked by its authority"), "{refused}");
    assert_eq!((as_client("alice").0, as_client("bob").0), (401, 200));

    // A list that is being written, or is gone, revokes nobody else and pardons nobody.
    for broken in ["", "-----BEGIN X509 CRL-----\nMIIB"] {
        fs::write(pki.file("crl.pem"), broken).expect("writable");
        assert_eq!((as_client("alice").0, as_client("bob").0), (401, 200), "{broken:?}");
    }
    let log = daemon.log();
    expect_line(
        &log,
        &["ERROR: tls_crl: ", "crl.pem: it has no revocation list", "the previous authorities stay in effect"],
    );
    expect_line(&log, &["ERROR: tls_crl: ", "crl.pem: its PEM is broken", "the previous authorities stay in effect"]);
    daemon.write_pidfile(&daemon.pid().to_string());
    let reloaded = daemon.ask_for_reload();
    reloaded.expect_code(3);
    expect_line(&reloaded.stderr, &["ERROR: tls_crl: ", "have the authority write it again", "stay in effect"]);
    assert_eq!((as_client("alice").0, as_client("bob").0), (401, 200));
    let mut kept = Kept::open(&daemon, &pki, "bob");
    assert!(kept.ask().starts_with("200 True "));
    let of_daemon = |words: &[&str]| cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml"], words].concat());
    of_daemon(&["--withdraw", "staff"]).expect_code(0);
    let refused = kept.ask();
    assert!(refused.starts_with("401 True ") && refused.contains("the access of bob was withdrawn"), "{refused}");
    of_daemon(&["--authorize", &line]).expect_code(0);
    assert!(kept.ask().starts_with("200 True "));
    pki.revoke("bob");
    pki.write_list();
    assert_eq!(as_client("bob").0, 401, "a list that is whole again counts without a reload");
    daemon.ask_for_reload().expect_code(0);

    let log = daemon.log();
    expect_line(&log, &["GET /plugins/disk: 401: refused: the client's certificate is on the revocation list"]);
}

#[test]
fn the_daemons_certificate_is_replaced_with_its_key_or_stays() {
    let Some((mut daemon, pki)) = prepared() else { return };
    // What cannot be used fails the start on the terminal, with the file and what helps.
    for (broken, with, said) in [
        ("ca.pem", "nothing", &["tls_client_ca: ", "ca.pem: it has no certificate in PEM", "name a file"][..]),
        ("crl.pem", "nothing", &["tls_crl: ", "crl.pem: it has no revocation list", "write it again"]),
        ("web1.pem", "nothing", &["tls_cert, tls_key: ", "web1.pem: it has no certificate"]),
        ("web1.key", "nothing", &["tls_cert, tls_key: ", "web1.key: it has no private key"]),
    ] {
        let whole = fs::read(pki.file(broken)).expect("there");
        fs::write(pki.file(broken), with).expect("writable");
        let failed = daemon.try_start().expect_err(broken);
        expect_line(&failed, &[&["ERROR: "], said].concat());
        fs::write(pki.file(broken), whole).expect("writable");
    }
    let moved = pki.file("moved.pem");
    fs::rename(pki.file("ca.pem"), &moved).expect("the same folder");
    expect_line(&daemon.try_start().expect_err("missing"), &["ERROR: tls_client_ca: ", "ca.pem: it cannot be read"]);
    fs::rename(&moved, pki.file("ca.pem")).expect("the same folder");
    daemon.try_start().expect("it starts");

    let shown = |pin: &str| {
        let mut curl = Command::new("curl");
        let curl = curl.args(["-sSk", "--pinnedpubkey", pin]).arg(format!("https://{}/", daemon.address()));
        cli::run(curl).code == 0
    };
    let before = pki.pin("web1.pem");
    assert!(shown(&before));
    // Certificate and key are two files: between the two writes the old pair is shown.
    pki.issue("web2", Purpose::Server);
    let after = pki.pin("web2.pem");
    let replace = |name: &str, with: &str| {
        fs::copy(pki.file(with), pki.file("new")).expect("writable");
        fs::set_permissions(pki.file("new"), fs::Permissions::from_mode(0o600)).expect("ours");
        fs::rename(pki.file("new"), pki.file(name)).expect("the same folder");
    };
    replace("web1.pem", "web2.pem");
    assert!(shown(&before) && !shown(&after));
    expect_line(
        &daemon.log(),
        &["ERROR: tls_cert, tls_key: ", "web1.key: it is not the key of the certificate", "stays in effect"],
    );
    daemon.write_pidfile(&daemon.pid().to_string());
    let reloaded = daemon.ask_for_reload();
    reloaded.expect_code(3);
    expect_line(&reloaded.stderr, &["ERROR: tls_cert, tls_key: ", "the previous identity stays in effect"]);
    replace("web1.key", "web2.key");
    wait::until_true("the new pair", || shown(&after));
    assert!(!shown(&before));
    fs::set_permissions(pki.file("web1.key"), fs::Permissions::from_mode(0o644)).expect("ours");
    assert!(shown(&after));
    expect_line(&daemon.log(), &["ERROR: tls_cert, tls_key: ", "everybody may read this private key", "chmod 600"]);

    // One that ends soon, or has ended, is told of before clients refuse it.
    fs::set_permissions(pki.file("web1.key"), fs::Permissions::from_mode(0o600)).expect("ours");
    pki.issue_between("web3", Purpose::Server, "20200101000000Z", "20200131000000Z");
    replace("web1.pem", "web3.pem");
    replace("web1.key", "web3.key");
    wait::until_true("the new pair", || shown(&pki.pin("web3.pem")));
    let ended = "the daemon's certificate ended on 2020-01-31T00:00:00Z: clients that know its authority";
    expect_line(&daemon.log(), &["WARNING: ", ended, "; renew it"]);
    let checked = cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--check"]);
    checked.expect_code(3);
    expect_line(&checked.text(), &["tls_cert: ", ended, "; renew it"]);

    // A reload takes other files, and what it cannot use is said and changes nothing.
    let other = Pki::make(daemon.path("other"));
    other.issue("web1", Purpose::Server);
    other.write_list();
    fs::set_permissions(pki.file("web1.key"), fs::Permissions::from_mode(0o600)).expect("ours");
    daemon.write(&Config::new().top(&FILES.replace("/pki/", "/other/")).plugin("disk", "Command: 'true'"));
    daemon.ask_for_reload().expect_code(0);
    assert!(shown(&other.pin("web1.pem")));
    daemon.write(&Config::new().top(&FILES.replace("/pki/", "/nowhere/")).plugin("disk", "Command: 'true'"));
    let reloaded = daemon.ask_for_reload();
    reloaded.expect_code(3);
    expect_line(&reloaded.stderr, &["ERROR: tls_cert, tls_key: ", "nowhere/web1.pem"]);
    expect_line(&reloaded.stderr, &["ERROR: tls_crl: ", "nowhere/crl.pem: it cannot be read"]);
    assert!(shown(&other.pin("web1.pem")));
}

/// A client's program in a home of its own.
fn client(daemon: &Daemon, program: &str, arguments: &[&str]) -> Output {
    let mut command = daemon.sandbox.command(&binary::path(program));
    let home = daemon.path("home").display().to_string();
    let arguments = arguments.iter().map(|word| daemon.sandbox.fill(word));
    cli::run(command.env("HOME", home).env_remove("XDG_CONFIG_HOME").args(arguments))
}

#[test]
fn the_clients_show_the_certificate_that_is_named_and_say_what_is_wrong_with_it() {
    let Some((mut daemon, pki)) = prepared() else { return };
    daemon.try_start().expect("it starts");
    let line = format!("{} cert-authority role=run name=staff subject=alice", pki.pin("ca.pem"));
    cli::smokerd(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--authorize", &line]).expect_code(0);
    let url = "https://127.0.0.1:{{PORT}}/";
    let pem = |name: &str| format!("{{{{DIR}}}}/pki/{name}");
    let ca = pem("ca.pem");
    let ask = |host: &str, words: &[&str]| {
        let all = ["-s", host, "-o", "minimal", "--no-progress", "-e", "-f", "--cacert", &ca];
        client(&daemon, "smokercli", &[&all, words].concat())
    };
    let alice = [pem("alice.pem"), pem("alice.key")];
    let [certificate, key] = alice.each_ref().map(String::as_str);

    // In two files and in one; by --cacert, and where the daemon's key is known.
    let forced = ask(url, &["--cert", certificate, "--key", key]);
    forced.expect_code(0);
    expect_line(&forced.stdout, &["[OK]"]);
    expect_line(&daemon.log(), &["alice (sha256//", ") at 127.0.0.1:", "POST /processes: 20", "plugins disk"]);
    let both =
        [fs::read(pki.file("alice.key")), fs::read(pki.file("alice.pem"))].map(|text| text.expect("there")).concat();
    fs::write(pki.file("both.pem"), both).expect("writable");
    fs::set_permissions(pki.file("both.pem"), fs::Permissions::from_mode(0o600)).expect("ours");
    let both = pem("both.pem");
    ask(url, &["--cert", &both]).expect_code(0);
    let check = ["-H", url, "--cacert", &ca, "--cert", certificate, "--key", key, "-f", "disk"];
    client(&daemon, "check_smoker_plugin", &check).expect_code(0);
    let pin = pki.pin("web1.pem");
    client(&daemon, "smokercli", &["trust", "scan", "-s", "127.0.0.1:{{PORT}}", "--accept", &pin]).expect_code(0);
    ask("127.0.0.1:{{PORT}}", &["--cert", &both]).expect_code(0);
    assert!(!daemon.log().contains("TLS: refused"), "a scan is no failed handshake: {}", daemon.log());
    let system = ["-s", "https://localhost:{{PORT}}/", "-o", "minimal", "--no-progress", "--cert", &both];
    expect_line(&client(&daemon, "smokercli", &system).stdout, &["not signed by an authority that is trusted here"]);

    // Each failure is one sentence with what helps.
    let bob = [pem("bob.pem"), pem("bob.key")];
    let refused = ask(url, &["--cert", &bob[0], "--key", &bob[1]]);
    expect_line(&refused.stdout, &["the daemon has no line for bob; have a line with cert-authority"]);
    let plain = ask("http://127.0.0.1:{{PORT}}/", &["--cert", &both]);
    expect_line(
        &plain.stdout,
        &["the certificate of --cert is shown over TLS alone", "its key is known, so name it as 127.0.0.1:"],
    );
    fs::set_permissions(pki.file("bob.key"), fs::Permissions::from_mode(0o644)).expect("ours");
    for (words, said) in [
        (&["--cert", "/nowhere.pem", "--key", key][..], &["--cert /nowhere.pem: it cannot be read"][..]),
        (&["--cert", certificate, "--key", "/nowhere.key"], &["--key /nowhere.key: it cannot be read"]),
        (&["--cert", certificate], &["--cert ", "alice.pem: it has no private key", "--key FILE"]),
        (&["--cert", key, "--key", key], &["--cert ", "alice.key: it has no certificate in PEM"]),
        (&["--cert", certificate, "--key", &both], &[]),
        (
            &["--cert", certificate, "--key", &pem("web1.key")],
            &["--key ", "it is not the key of the certificate in ", "name the two"],
        ),
        (&["--cert", &bob[0], "--key", &bob[1]], &["--key ", "everybody may read this private key", "chmod 600"]),
    ] {
        let output = ask(url, words);
        if said.is_empty() {
            output.expect_code(0);
        } else {
            output.expect_code(1);
            expect_line(&output.stderr, said);
        }
    }
    pki.issue_plain("plain");
    let version_1 = ask(url, &["--cert", &pem("plain.pem"), "--key", &pem("plain.key")]);
    version_1.expect_code(1);
    expect_line(
        &version_1.stderr,
        &["--cert ", "plain.pem: the certificate cannot be read: its X.509 version is 1", "-extfile"],
    );
    let mut curl = Command::new("curl");
    curl.args(["-sSk", "--cert"]).arg(pki.file("plain.pem")).arg("--key").arg(pki.file("plain.key"));
    assert_ne!(cli::run(curl.arg(format!("https://{}/", daemon.address()))).code, 0);
    wait::until_true("the reason in the log", || {
        daemon.log().contains("TLS: refused: the client's certificate cannot be read (its X.509 version is 1")
    });
    for words in [&["--key", key][..], &["--cert", &both, "--socket", "/run/smokerd.sock"]] {
        let wrong = client(&daemon, "smokercli", words);
        wrong.expect_code(2);
    }
    let unknown = client(&daemon, "check_smoker_plugin", &["-H", url, "--cert", "/nowhere.pem", "disk"]);
    unknown.expect_code(3);
    expect_line(&unknown.stdout, &["--cert /nowhere.pem: it cannot be read"]);
}
