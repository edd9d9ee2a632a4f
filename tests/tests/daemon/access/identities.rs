//! Keys and tokens: what they give, what becomes of it when they are withdrawn, and what those read who have none.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::Command;

use nix::sys::signal::Signal;
use smoker_tests::boot::Boot;
use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::http::{ANSWER_LIMIT, Connection, Request, Response};
use smoker_tests::lines::expect_line;
use smoker_tests::machine::network;
use smoker_tests::machine::skip::program;

fn config() -> Config {
    let plugin = |category: &str| format!("Command: 'true'\nCategory: {category}\nPassword: hunter2");
    Config::new()
        .address("bind_host: 0.0.0.0\nbind_port: {{PORT}}")
        .top("state_dir: '{{DIR}}/state'")
        .plugin("disk", &plugin("system"))
        .plugin("shop", &plugin("business"))
}

/// Runs a command for identities beside the daemon, or before it.
fn smokerd(daemon: &Daemon, arguments: &[&str]) -> Output {
    cli::smokerd(&daemon.sandbox, &[&["-c", "{{DIR}}/smokerd.yaml"], arguments].concat())
}

fn last_line(output: &Output) -> String {
    output.expect_code(0);
    output.stdout.lines().last().unwrap_or_else(|| panic!("nothing printed: {output:?}")).to_owned()
}

fn with_token(request: Request, token: &str) -> Request {
    request.header("Authorization", &format!("Bearer {token}"))
}

fn force(plugin: &str) -> Request {
    Request::post("/processes", format!("{{\"process\": {{\"plugins\": [\"{plugin}\"]}}}}"))
}

#[test]
fn a_token_gives_its_role_until_it_is_removed() {
    let mut daemon = Boot::of(config().top("local_role: none")).prepare();
    // Before the daemon is started for the first time.
    let added = smokerd(&daemon, &["--token", "add", "prometheus", "--role", "read", "--expires", "90d"]);
    let token = last_line(&added);
    assert!(token.starts_with("smoker_") && added.stdout.lines().count() == 1, "{added:?}");
    expect_line(&added.stderr, &["Added a token", "prometheus has the role read until"]);
    expect_line(
        &added.stderr,
        &["From now on this host is authenticated", "No other host has asked", "`access: open`"],
    );
    assert!(!fs::read_to_string(daemon.path("state/tokens")).expect("there").contains(&token));
    daemon.try_start().expect("it starts");

    let ask = |request: Request| daemon.send(&with_token(request, &token));
    assert_eq!(ask(Request::get("/plugins")).status, 200);
    let refused = ask(force("disk"));
    assert!(
        refused.expect_error(403).contains("prometheus has the role read, and this needs run"),
        "{}",
        refused.text()
    );
    assert!(daemon.get("/plugins").expect_error(401).contains("; "), "what helps is said");

    // A token may be limited as a key is.
    let limits = ["--only", "category=system from=127.0.0.0/8", "--expires", "2099-01-31"];
    let limited = smokerd(&daemon, &[&["--token", "add", "disks", "--role", "run"][..], &limits].concat());
    let disks = last_line(&limited);
    expect_line(
        &limited.stderr,
        &["disks has the role run until 2099-01-31T00:00:00Z, for from=127.0.0.0/8 category=system"],
    );
    assert_eq!(daemon.send(&with_token(force("disk"), &disks)).status, 202);
    assert_eq!(daemon.send(&with_token(force("shop"), &disks)).status, 403);
    // Who may see no plugin silences none, not all of them.
    let blind = last_line(&smokerd(&daemon, &["--token", "add", "b", "--role", "admin", "--only", "plugin=nosuch*"]));
    let silence = Request::post("/silences", r#"{"for": "30m", "reason": "x"}"#.to_owned());
    let refused = daemon.send(&with_token(silence, &blind));
    assert!((400..500).contains(&refused.status) && refused.text().contains("no plugin"), "{}", refused.text());
    let elsewhere = smokerd(&daemon, &["--token", "add", "far", "--role", "run", "--only", "from=192.0.2.0/24"]);
    let refused = daemon.send(&with_token(Request::get("/"), &last_line(&elsewhere)));
    assert!(refused.expect_error(403).contains("far may not ask from 127.0.0.1"), "{}", refused.text());
    for (only, said) in
        [("category", "category has no value"), ("role=admin", "role is there twice"), ("form=1", "did you mean from?")]
    {
        let wrong = smokerd(&daemon, &["--token", "add", "x", "--role", "run", "--only", only]);
        wrong.expect_code(1);
        expect_line(&wrong.stderr, &["ERROR: the token cannot be made: ", said]);
    }

    // Beside the running daemon, where each counts at once.
    let runner = last_line(&smokerd(&daemon, &["--token", "add", "job", "--role", "run"]));
    assert_eq!(daemon.send(&with_token(force("disk"), &runner)).status, 202);
    let again = smokerd(&daemon, &["--token", "add", "job", "--role", "run"]);
    again.expect_code(1);
    expect_line(&again.stderr, &["ERROR", "\"job\" already", "--token remove"]);
    let list = smokerd(&daemon, &["--token", "list"]);
    list.expect_code(0);
    expect_line(&list.stdout, &["prometheus has the role read until", "made"]);
    assert!(!list.stdout.contains("smoker_"), "{}", list.stdout);
    smokerd(&daemon, &["--token", "remove", "job"]).expect_code(0);
    let refused = daemon.send(&with_token(force("disk"), &runner));
    assert!(refused.expect_error(401).contains("does not have this token"), "{}", refused.text());
    assert_eq!(refused.header("WWW-Authenticate"), Some("Bearer"));
    smokerd(&daemon, &["--token", "remove", "job"]).expect_code(1);

    let log = daemon.log();
    expect_line(&log, &["job (token) at 127.0.0.1:", "POST /processes: 202: process 2, plugins disk"]);
    expect_line(
        &log,
        &["prometheus (token) at 127.0.0.1:", "POST /processes: 403: refused: prometheus has the role read"],
    );
    assert!(!log.contains(&token) && !log.contains(&runner), "{log}");
}

#[test]
fn guesses_are_refused_before_their_body_is_read_after_twenty_in_a_minute() {
    let daemon = Daemon::start(config());
    let token = last_line(&smokerd(&daemon, &["--token", "add", "good", "--role", "run"]));
    let guess = |client: u8| {
        let request = with_token(force("disk"), "smoker_guess");
        request.send_as(client, daemon.address(), ANSWER_LIMIT).expect("an answer")
    };
    for _ in 0..20 {
        assert_eq!(guess(2).status, 401);
    }
    let refused = guess(2);
    assert!(refused.expect_error(429).contains("too many failed attempts"), "{}", refused.text());
    assert!(
        refused
            .header("Retry-After")
            .and_then(|after| after.parse().ok())
            .is_some_and(|after: u64| (1..=60).contains(&after))
    );
    assert_eq!(guess(3).status, 401, "each address has its own");
    let good = with_token(force("disk"), &token).send_as(2, daemon.address(), ANSWER_LIMIT).expect("an answer");
    assert_eq!(good.status, 202, "who has a token is not locked out by a neighbour");
    // The body never comes.
    let mut connection = daemon.connect();
    for _ in 0..21 {
        let _ = guess(1);
    }
    connection
        .write(b"POST /processes HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer smoker_x\r\nContent-Length: 1000\r\n\r\n")
        .expect("sent");
    assert_eq!(connection.read("POST").expect("an answer").status, 429);
}

#[test]
fn handshakes_that_fail_are_slowed_down_and_lock_nobody_out() {
    const ASK: &str = "import http.client, ssl, sys\n\
        daemon = http.client.HTTPSConnection('127.0.0.1', int(sys.argv[1]), timeout=60, source_address=('127.0.0.2', 0), \
        context=ssl._create_unverified_context())\ndaemon.request('GET', '/plugins')\nprint(daemon.getresponse().status)\n";
    let daemon = Daemon::start(config().top("access: authenticated"));
    let shake = |client: u8| {
        let mut connection = Connection::open_as(client, daemon.address(), ANSWER_LIMIT).expect("it listens");
        connection.write(b"\x16\x03\x01\x00\x05hello").expect("sent");
        connection.read_to_end()
    };
    for _ in 0..30 {
        let _ = shake(2);
    }
    // A good handshake is answered, and what needs none, too.
    let port = daemon.address().port().to_string();
    let asked = Command::new("python3").args(["-I", "-c", ASK, &port]).output().expect("python3 is there");
    assert_eq!(asked.stdout, b"200\n", "who has a key is not locked out by a neighbour: {asked:?}");
    let plain = Request::get("/plugins").send_as(2, daemon.address(), ANSWER_LIMIT).expect("an answer");
    assert_eq!(plain.status, 200);
    let log = daemon.log();
    let refused = log.lines().filter(|line| line.contains("127.0.0.2:") && line.contains(": TLS: refused: "));
    assert_eq!(refused.count(), 20, "{log}");
}

/// Asks twice over one connection of TLS 1.2, and withdraws the key between the two.
const TWICE: &str = "\
import http.client, ssl, sys
import subprocess
port, certificate, key, *withdraw = sys.argv[1:]
context = ssl._create_unverified_context()
context.maximum_version = ssl.TLSVersion.TLSv1_2
context.load_cert_chain(certificate, key)
daemon = http.client.HTTPSConnection('127.0.0.1', int(port), timeout=30, context=context)
def ask():
    daemon.request('GET', '/plugins')
    response = daemon.getresponse()
    return response.status, 'access of ann was withdrawn' in response.read().decode()
first, connection = ask(), daemon.sock
subprocess.run(withdraw, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
version = connection.version()
print(version, first, ask(), daemon.sock is connection)
";

/// A client with a key of its own, which is made as a daemon makes its own.
struct Client {
    home: Daemon,
    pin: String,
}

impl Client {
    fn new() -> Self {
        let home = Boot::of(config()).prepare();
        let pin = last_line(&smokerd(&home, &["--identity"]));
        assert!(pin.starts_with("sha256//"), "{pin}");
        Self { home, pin }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.home.path("state").join(name)
    }

    /// Asks with curl, which checks the daemon's pin, and returns status and body.
    fn ask(&self, url: &str, pin: &str, arguments: &[&str]) -> (u16, String) {
        let mut curl = Command::new("curl");
        curl.args(["-sSk", "-w", "\n%{http_code}", "--pinnedpubkey", pin]).args(arguments);
        curl.arg("--cert").arg(self.file("certificate.pem")).arg("--key").arg(self.file("key.pem")).arg(url);
        let output = cli::run(&mut curl);
        assert_eq!(output.code, 0, "{output:?}");
        let (body, status) = output.stdout.rsplit_once('\n').expect("a status");
        (status.parse().expect("a number"), body.to_owned())
    }
}

#[test]
fn a_key_gives_what_its_line_says_and_nothing_once_the_line_is_gone() {
    if program("curl", "apt-get install curl").is_none() {
        return;
    }
    let daemon = Daemon::start(config().top("access: authenticated\nlocal_role: none"));
    let client = Client::new();
    let pin = last_line(&smokerd(&daemon, &["--identity"]));
    let url = |path: &str| format!("https://{}{path}", daemon.address());
    let ask = |path: &str| client.ask(&url(path), &pin, &[]);

    let (status, body) = ask("/plugins");
    assert!(status == 401 && body.contains(&client.pin) && body.contains("smokerd --authorize"), "{status} {body}");
    let line = format!("{} role=run name=ann category=system", client.pin);
    let added = smokerd(&daemon, &["--authorize", &line]);
    assert_eq!(last_line(&added), pin);
    expect_line(&added.stderr, &["Added a line", "authorized_clients: ann has the role run, for category=system"]);
    // What a key may is never changed by the way.
    let again = smokerd(&daemon, &["--authorize", &line]);
    assert_eq!(last_line(&again), pin);
    expect_line(&again.stderr, &["The line is in ", "already"]);
    let wider = line.replace(" category=system", " expires=2099-01-31");
    let refused = smokerd(&daemon, &["--authorize", &wider]);
    refused.expect_code(1);
    let changes = "category=system is dropped, expires=2099-01-31T00:00:00Z is added";
    expect_line(&refused.stderr, &["ERROR: ", "the key of ann has a line already, which stays", changes, "--replace"]);
    assert_eq!(ask("/plugins/shop").0, 403);
    let replaced = smokerd(&daemon, &["--authorize", &wider, "--replace"]);
    assert_eq!(last_line(&replaced), pin);
    expect_line(&replaced.stderr, &["Replaced the line of the same key", changes]);
    assert_eq!(ask("/plugins/shop").0, 200);
    let list = smokerd(&daemon, &["--authorized"]);
    list.expect_code(0);
    assert_eq!(list.stdout, format!("{} ann has the role run until 2099-01-31T00:00:00Z\n", client.pin));
    last_line(&smokerd(&daemon, &["--authorize", &line, "--replace"]));

    // Only what the line is for can be seen and run.
    let (status, body) = ask("/plugins");
    assert!(status == 200 && body.contains("disk") && !body.contains("shop"), "{status} {body}");
    assert_eq!((ask("/plugins/disk").0, ask("/plugins/shop").0), (200, 403));
    for page in ["results", "summary"] {
        let paths = ["disk", "shop", "gone"].map(|plugin| ask(&format!("/plugins/{plugin}/{page}")).0);
        assert_eq!(paths, [200, 403, 404], "{page}");
    }
    let run = |body: &str| client.ask(&url("/processes"), &pin, &["-d", body]);
    assert_eq!(run(r#"{"process": {"plugins": ["shop"]}}"#).0, 403);
    assert_eq!(run(r#"{"process": {"filter": {"Password": "hunter2"}}}"#).0, 403, "it is masked");
    assert_eq!(run(r#"{"process": {"plugins": ["disk"]}}"#).0, 202);
    let (_, processes) = ask("/processes");
    assert!(processes.contains(r#""triggeredBy": "ann""#), "{processes}");

    // A line that is withdrawn is refused on the connection that is open.
    let mut twice = Command::new("python3");
    twice.args(["-I", "-c", TWICE]).arg(daemon.address().port().to_string());
    twice.args([client.file("certificate.pem"), client.file("key.pem")]);
    let withdraw = cli::smokerd_command(&daemon.sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--withdraw", "ann"]);
    twice.arg(withdraw.get_program()).args(withdraw.get_args());
    let output = cli::run(&mut twice);
    assert_eq!(output.stdout, "TLSv1.2 (200, False) (401, True) True\n", "{output:?}");
    let again = smokerd(&daemon, &["--withdraw", &client.pin]);
    again.expect_code(1);
    expect_line(
        &again.stderr,
        &[
            "ERROR: neither a line of ",
            "authorized_clients nor a token has the name or the pin",
            "smokerd --authorized",
        ],
    );
    last_line(&smokerd(&daemon, &["--authorize", &line]));
    assert_eq!(ask("/plugins").0, 200);
    smokerd(&daemon, &["--withdraw", &client.pin]).expect_code(0);
    assert_eq!(ask("/plugins").0, 401);

    // Who leaves has a token, too, or nothing else.
    let token = last_line(&smokerd(&daemon, &["--token", "add", "ann", "--role", "read"]));
    let with_token = |token: &str| daemon.send(&with_token(Request::get("/plugins"), token)).status;
    assert_eq!(with_token(&token), 200);
    let gone = smokerd(&daemon, &["--withdraw", "ann"]);
    gone.expect_code(0);
    expect_line(&gone.stderr, &["Removed the token ann; it is refused from now on"]);
    assert_eq!(with_token(&token), 401);
    let log = daemon.log();
    expect_line(
        &log,
        &[&format!("ann ({}) at 127.0.0.1:", client.pin), "POST /processes: 202: process 1, plugins disk"],
    );
    expect_line(&log, &["GET /plugins: 401: refused: no line of authorized_clients has the client's key"]);
    expect_line(&log, &["GET /plugins: 401: refused: the line of ann was removed while its connection was open"]);
}

#[test]
#[cfg_attr(not(has_networks), ignore = "needs root, iproute2 and network namespaces")]
fn plain_http_of_other_hosts_is_refused_with_what_helps() {
    network::with_addresses(&["192.0.2.1/32"], plain_http_of_other_hosts);
}

fn plain_http_of_other_hosts() {
    let mut daemon = Daemon::start(config());
    let host = Ipv4Addr::new(192, 0, 2, 1);
    let address = SocketAddr::from((host, daemon.address().port()));
    let get = |request: Request| -> Response { request.send(address, ANSWER_LIMIT).expect("an answer") };
    // An upgraded host goes on serving whom it served, and says so.
    expect_line(&daemon.log(), &["WARNING", "open to every network", "access: authenticated", "--authorize"]);
    assert_eq!(get(Request::get("/plugins")).status, 200);
    assert_eq!(get(force("disk")).status, 202);
    let _ = daemon.wait_for_file("state/plain_clients");

    // Authorities that cannot be read limit access as those that can be.
    let log = daemon.reload(&config().top("tls_client_ca: '{{DIR}}/nothing.pem'"));
    expect_line(&log, &["ERROR: tls_client_ca: ", "nothing.pem", "until then no authority counts"]);
    assert_eq!(get(Request::get("/plugins")).status, 403);
    let _ = daemon.reload(&config());
    assert_eq!(get(Request::get("/plugins")).status, 200);

    let added = smokerd(&daemon, &["--token", "add", "a", "--role", "run"]);
    let token = last_line(&added);
    expect_line(&added.stderr, &["From now on", &format!("these asked over plain http, and are refused now: {host}")]);
    assert!(get(Request::get("/plugins")).expect_error(403).contains("over TLS alone"));
    let clear = get(with_token(Request::get("/plugins"), &token));
    assert!(
        clear.expect_error(401).contains("over plain http, where everybody on the way reads it"),
        "{}",
        clear.text()
    );
    assert_eq!(daemon.get("/plugins").status, 200, "local_role is run");
    // Without any identity left it stays authenticated.
    smokerd(&daemon, &["--token", "remove", "a"]).expect_code(0);
    assert_eq!(get(Request::get("/plugins")).status, 403);
    // Neither does a state folder open it that is away for a while.
    fs::rename(daemon.path("state"), daemon.path("away")).expect("ours");
    let _ = daemon.reload(&config());
    assert_eq!(get(Request::get("/plugins")).status, 403);
    // Nor one that is empty at a start.
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.wait_for_exit(), 0);
    daemon.try_start().expect("it starts");
    expect_line(&daemon.log(), &["WARNING: state_dir", "none of the identities", "is mounted"]);
    assert_eq!(get(Request::get("/plugins")).status, 403);
    let log = daemon.reload(&config().top("access: open"));
    expect_line(&log, &["settings: access"]);
    assert_eq!(get(Request::get("/plugins")).status, 200);
}

#[test]
fn a_command_without_a_place_for_identities_says_what_is_missing() {
    let daemon = Boot::of(Config::new().plugin("a", "Command: 'true'")).prepare();
    for arguments in [&["--identity"][..], &["--token", "list"]] {
        let output = smokerd(&daemon, arguments);
        output.expect_code(1);
        expect_line(&output.stderr, &["ERROR", "has no state_dir", "state_dir: /var/lib/smokerd"]);
    }
    let output = smokerd(&daemon, &["--authorize", "sha256//short role=run name=a"]);
    output.expect_code(1);
    expect_line(&output.stderr, &["ERROR: the line cannot be added", "is not a pin"]);
}
