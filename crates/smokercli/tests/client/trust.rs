//! Keys of daemons and operators.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustls::{ServerConnection, StreamOwned};
use smoker_tests::executable;
use smoker_trust::handshake::server;
use smoker_trust::identity::own::OwnIdentity;
use smoker_trust::pin::Pin;
use smoker_trust::storage::private_folder::PrivateFolder;
use tempfile::TempDir;

use crate::run::{CHECK, Run, SMOKERCLI};
use crate::site::{Site, Stream, daemon_pages, plugin};

/// What every connection has sent.
type Log = Arc<Mutex<Vec<u8>>>;

struct Recorded<S>(S, Log);

impl<S: Read> Read for Recorded<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.lock().expect("no panic").extend_from_slice(&buffer[..read]);
        Ok(read)
    }
}

impl<S: Write> Write for Recorded<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.0.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A daemon with a key of its own.
pub(crate) struct Daemon {
    _folder: TempDir,
    state: PathBuf,
    pub(crate) pin: Pin,
    site: Site,
    log: Log,
}

impl Daemon {
    pub(crate) fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let state = folder.path().join("state");
        let private = PrivateFolder::make(&state, None).expect("made");
        let identity = OwnIdentity::load_or_make(&private, "localhost").expect("made");
        let config = server::config(&identity).expect("usable");
        let log = Log::default();
        let kept = Arc::clone(&log);
        let site = Site::start_over(daemon_pages("", &[plugin("disk", &[])]), move |stream| {
            let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
            let stream: Box<dyn Stream> = Box::new(Recorded(StreamOwned::new(connection, stream), Arc::clone(&kept)));
            stream
        });
        Self { _folder: folder, state, pin: identity.pin, site, log }
    }

    fn address(&self) -> String {
        format!("localhost:{}", self.site.port())
    }

    fn sent(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().expect("no panic")).into_owned()
    }
}

/// A run in a home that stays.
pub(crate) fn in_home(home: &Path, arguments: &[&str]) -> Run {
    Run::of(SMOKERCLI).env("HOME", &home.display().to_string()).env("XDG_CONFIG_HOME", "").args(arguments)
}

pub(crate) fn config(home: &Path, name: &str) -> String {
    fs::read_to_string(home.join(".config/smoker").join(name)).expect("a file")
}

/// A program named `ssh` that runs this shell script instead.
pub(crate) fn fake_ssh(home: &Path, script: &str) -> String {
    let folder = home.join("bin");
    fs::create_dir_all(&folder).expect("writable");
    executable::write(&folder.join("ssh"), &format!("#!/bin/sh\n{script}\n"));
    format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"))
}

#[test]
fn one_command_adds_both_keys_and_the_next_one_is_over_tls() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let home = home.path();
    let address = daemon.address();
    let path = fake_ssh(
        home,
        &format!("for word; do :; done; echo \"$word\" > \"$HOME/asked\"; echo noise; echo '{}'", daemon.pin),
    );
    let add = ["trust", "add", "-s", &address, "--via", "ssh", "--name", "it's alice", "--expires", "2099-01-31"];
    let done = in_home(home, &add).env("PATH", &path).done();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(
        done.stdout.contains(&format!("{address}: it's alice has the role run; the key of the host is {}", daemon.pin)),
        "{}",
        done.stdout
    );
    let asked = fs::read_to_string(home.join("asked")).expect("asked");
    let key = in_home(home, &["trust", "key", "--name", "it's alice", "--expires", "2099-01-31"]).done().stdout;
    assert_eq!(asked.trim(), format!("smokerd --authorize '{}'", key.trim().replace('\'', "'\\''")));
    assert!(
        key.starts_with("sha256//") && key.contains(" role=run name=\"it's alice\" expires=2099-01-31T00:00:00Z"),
        "{key}"
    );
    let done = in_home(home, &["-s", &address, "-o", "minimal", "--no-progress"]).done();
    assert!(done.stdout.contains("- disk "), "{} {}", done.stdout, done.stderr);
    let check = Run::of(CHECK).env("HOME", &home.display().to_string()).env("XDG_CONFIG_HOME", "");
    assert_eq!(check.args(["-H", &address, "disk"]).done().code, Some(2));
    assert!(in_home(home, &["trust", "list"]).done().stdout.contains(&format!("{address} {}", daemon.pin)));
    // Each limit of a line has an option, and what a host has to say beside is shown.
    let path = fake_ssh(
        home,
        &format!(
            "for word; do :; done; echo \"$word\" > \"$HOME/asked\"; echo banner >&2; echo 'NOTE: From now on.' >&2; echo '{}'",
            daemon.pin
        ),
    );
    let limits =
        "--name al --role read --from 10.0.0.0/8 --plugin disk* --category a,b --component c --type d --replace";
    let add: Vec<_> = ["trust", "add", "-s", &address, "--via", "ssh"].into_iter().chain(limits.split(' ')).collect();
    let done = in_home(home, &add).env("PATH", &path).done();
    assert_eq!(done.stderr, format!("WARNING: Host {address}: From now on.\n"));
    let asked = fs::read_to_string(home.join("asked")).expect("asked");
    let line = "role=read name=al from=10.0.0.0/8 plugin=disk* category=a,b component=c type=d' --replace";
    assert!(asked.trim().ends_with(line), "{asked}");
    let done = in_home(home, &["trust", "remove", "-s", &address]).done();
    assert_eq!((done.code, done.stdout), (Some(0), format!("{address}: forgotten, {}\n", daemon.pin)));
    assert_eq!(in_home(home, &["trust", "remove", "-s", &address]).done().code, Some(1));
}

#[test]
fn access_is_withdrawn_over_ssh_before_a_host_is_forgotten() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let (home, address) = (home.path(), daemon.address());
    let script = "for word; do :; done; echo \"$word\" > \"$HOME/asked\"; case \"$word\" in *bob*) echo 'ERROR: no line' >&2; exit 1;; esac";
    let path = fake_ssh(home, script);
    let remove = |words: &[&str]| {
        let all = ["trust", "remove", "-s", &address, "--via", "ssh"];
        in_home(home, &[&all, words].concat()).env("PATH", &path).done()
    };
    let asked = || fs::read_to_string(home.join("asked")).expect("asked").trim().to_owned();
    let done = remove(&[]);
    assert!(done.code == Some(1) && done.stderr.contains("you have no key"), "{}", done.stderr);
    let key = in_home(home, &["trust", "key"]).done().stdout;
    let pin = key.split(' ').next().expect("a pin");
    let known = format!("{address} {}\n", daemon.pin);
    fs::write(home.join(".config/smoker/known_hosts"), &known).expect("writable");

    // That of another leaves the host known; what fails on the host does, too.
    let done = remove(&["--client", "it's ann", "--smokerd", "/opt/smokerd"]);
    assert_eq!((done.code, done.stdout), (Some(0), format!("{address}: the access of it's ann is withdrawn\n")));
    assert_eq!(asked(), "/opt/smokerd --withdraw 'it'\\''s ann'");
    let done = remove(&["--client", "bob"]);
    assert!(done.code == Some(1) && done.stderr.contains("ERROR: no line; try ssh"), "{}", done.stderr);
    assert!(config(home, "known_hosts").contains(&known));
    let done = remove(&[]);
    assert_eq!(done.stdout, format!("{address}: your access is withdrawn\n{address}: forgotten, {}\n", daemon.pin));
    assert_eq!((done.code, asked()), (Some(0), format!("smokerd --withdraw '{pin}'")));
    assert!(!config(home, "known_hosts").contains(&known));
    assert_eq!(remove(&[]).code, Some(0), "a host that is not known may be asked all the same");
    let done = in_home(home, &["trust", "remove", "-s", &address, "--client", "ann"]).done();
    assert_eq!(done.code, Some(2), "{}", done.stderr);
}

#[test]
fn a_changed_key_is_unreachable_with_both_hashes() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let known = Pin::of_public_key(b"another");
    let run = in_home(home.path(), &["-s", &daemon.address(), "-o", "minimal", "--no-progress"]);
    fs::create_dir_all(home.path().join(".config/smoker")).expect("writable");
    let text = format!("{} {known}\nbroken\n", daemon.address());
    fs::write(home.path().join(".config/smoker/known_hosts"), text).expect("writable");
    let done = run.done();
    for part in ["UNREACHABLE", "HAS CHANGED", &known.to_string(), &daemon.pin.to_string(), "trust remove"] {
        assert!(done.stdout.contains(part), "{part}: {}", done.stdout);
    }
    assert!(done.stderr.contains("known_hosts, line 2: it is neither HOST:PORT PIN"), "{}", done.stderr);
    assert_eq!(daemon.sent(), "", "nothing was asked of another key");
}

#[test]
fn a_scanned_key_is_never_taken_in_silence() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let (home, address, pin) = (home.path(), daemon.address(), daemon.pin.to_string());
    let done = in_home(home, &["trust", "scan", "-s", &address]).done();
    assert_eq!((done.code, done.stdout.as_str()), (Some(1), ""));
    assert!(done.stderr.contains(&pin) && done.stderr.contains("smokerd --identity"), "{}", done.stderr);
    let other = Pin::of_public_key(b"another").to_string();
    assert_eq!(in_home(home, &["trust", "scan", "-s", &address, "--accept", &other]).done().code, Some(1));
    let done = in_home(home, &["trust", "scan", "-s", &address, "--accept", &other, &pin]).done();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(config(home, "known_hosts").contains(&format!("{address} {pin}")));
    let plain = Site::start(daemon_pages("", &[]));
    let done = in_home(home, &["trust", "scan", "-s", &format!("localhost:{}", plain.port())]).done();
    // A server may answer a handshake that it does not understand, or close the connection.
    assert!(
        ["speaks http, not TLS", "does not speak TLS"].iter().any(|text| done.stderr.contains(text)),
        "{}",
        done.stderr
    );
}

#[test]
fn hosts_that_fail_are_named_with_a_cure_and_the_others_are_added() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let script = format!(
        "case \"$*\" in *bad*) echo 'Permission denied (publickey).' >&2; exit 255;; *old*) echo usage; exit 0;; esac; echo '{}'",
        daemon.pin
    );
    let path = fake_ssh(home.path(), &script);
    let done =
        in_home(home.path(), &["trust", "add", "-s", "bad", "good", "old", "--via", "ssh"]).env("PATH", &path).done();
    assert_eq!(done.code, Some(1));
    assert!(
        done.stderr.contains("Host bad:8086: ssh failed with the exit code 255: Permission denied"),
        "{}",
        done.stderr
    );
    assert!(done.stderr.contains("Host old:8086: the command printed no pin"), "{}", done.stderr);
    assert!(done.stdout.contains("good:8086: ") && !done.stdout.contains("bad"), "{}", done.stdout);
}

#[test]
fn a_token_is_sent_where_nobody_reads_it_and_nowhere_else() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    fs::create_dir_all(home.path().join(".config/smoker")).expect("writable");
    let known = home.path().join(".config/smoker/known_hosts");
    fs::write(known, format!("{} {}\n", daemon.address(), daemon.pin)).expect("writable");
    let file = home.path().join("token");
    fs::write(&file, "smoker_abc\n").expect("writable");
    let file = file.display().to_string();
    let quiet = |hosts: &[&str]| in_home(home.path(), &[&["-o", "minimal", "--no-progress", "-s"], hosts].concat());
    let done = quiet(&[&daemon.address()]).env("SMOKER_TOKEN_FILE", &file).done();
    assert!(done.stdout.contains("- disk "), "{}", done.stdout);
    assert!(daemon.sent().to_lowercase().contains("authorization: bearer smoker_abc"), "{}", daemon.sent());
    let done = quiet(&["192.0.2.1"]).args(["--token-file", &file]).done();
    assert!(done.stdout.contains("over plain http") && !done.stdout.contains("smoker_abc"), "{}", done.stdout);
    let done = quiet(&["localhost"]).args(["--token-file", "/nonexistent"]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("--token-file /nonexistent"), "{}", done.stderr);
}

#[test]
fn a_daemon_is_asked_over_its_unix_socket() {
    let home = TempDir::new().expect("a folder");
    let site = Site::start(daemon_pages("", &[plugin("disk", &[])]));
    let path = home.path().join("smokerd.sock");
    let listener = UnixListener::bind(&path).expect("a socket");
    let port = site.port();
    // It ends with the process of the tests.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut server = std::net::TcpStream::connect(("127.0.0.1", port)).expect("the site");
            let (mut back, mut to) = (server.try_clone().expect("open"), stream.try_clone().expect("open"));
            std::thread::spawn(move || {
                let _ = io::copy(&mut back, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
            std::thread::spawn(move || drop(io::copy(&mut stream, &mut server)));
        }
    });
    let path = path.display().to_string();
    let done = in_home(home.path(), &["--socket", &path, "-o", "minimal", "--no-progress"]).done();
    assert!(done.stdout.contains("- disk "), "{} {}", done.stdout, done.stderr);
    assert_eq!(Run::of(CHECK).args(["--socket", &path, "disk"]).done().code, Some(2));
    let done = in_home(home.path(), &["--socket", &path, "-s", "localhost"]).done();
    assert_eq!(done.code, Some(2), "{}", done.stderr);
    assert_eq!(Run::of(CHECK).args(["--socket", &path, "-H", "localhost", "disk"]).done().code, Some(3));
}

#[test]
fn an_authority_signs_over_ssh_and_vouches_for_its_hosts() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let (home, state) = (home.path(), daemon.state.display().to_string());
    let done = in_home(home, &["trust", "ca", "init", "--pattern", "localhost"]).done();
    assert!(done.stdout.starts_with("@cert-authority localhost sha256//"), "{} {}", done.stdout, done.stderr);
    assert_eq!(in_home(home, &["trust", "ca", "init"]).done().code, Some(1), "there is one");
    // The command runs here: the host is this one.
    let path = fake_ssh(home, "for word; do :; done; exec sh -c \"$word\"");
    let sign = [
        "trust",
        "ca",
        "sign",
        "-s",
        &daemon.address(),
        "--via",
        "ssh",
        "--state-dir",
        &state,
        "--smokercli",
        SMOKERCLI,
    ];
    // What its daemon shows is another key, as where tls_cert is set.
    let smokerd = |pin: Pin| format!("sh -c 'echo {pin}'");
    let signing =
        |smokerd: &str| in_home(home, &[&sign[..], &["--smokerd", smokerd]].concat()).env("PATH", &path).done();
    let done = signing(&smokerd(Pin::of_public_key(b"another")));
    assert!(done.code == Some(1) && done.stderr.contains("tls_cert"), "{} {}", done.stdout, done.stderr);
    for (command, is_sure) in [("exit 3 #", false), (smokerd(daemon.pin).as_str(), true)] {
        let done = signing(command);
        assert!(done.stdout.contains("its certificate is valid until 2"), "{} {}", done.stdout, done.stderr);
        assert_eq!(done.stderr.contains("is not known"), !is_sure, "{}", done.stderr);
    }
    // A daemon with the signed certificate, of which the client knows the authority alone.
    let private = PrivateFolder::open(&daemon.state, None).expect("usable").expect("there");
    let identity = OwnIdentity::load(&private, "other").expect("usable").expect("there");
    assert_eq!((identity.pin, identity.chain.len()), (daemon.pin, 2));
    let config = server::config(&identity).expect("usable");
    let site = Site::start_over(daemon_pages("", &[plugin("disk", &[])]), move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).expect("a connection");
        Box::new(StreamOwned::new(connection, stream))
    });
    let address = format!("https://localhost:{}/", site.port());
    let done = in_home(home, &["-s", &address, "-o", "minimal", "--no-progress"]).done();
    assert!(done.stdout.contains("- disk "), "{} {}", done.stdout, done.stderr);
}

#[test]
fn a_host_without_ssh_joins_once() {
    let (home, daemon) = (TempDir::new().expect("a folder"), Daemon::start());
    let (home, state) = (home.path(), daemon.state.display().to_string());
    assert_eq!(in_home(home, &["trust", "ca", "init"]).done().code, Some(0));
    let port = smoker_tests::machine::ports::free();
    let listen = [
        "trust",
        "ca",
        "join",
        "--listen",
        &format!("127.0.0.1:{port}"),
        "-s",
        "web1",
        "--name",
        "alice",
        "--timeout",
        "60",
    ];
    let (mut waiting, _home) = in_home(home, &listen).start();
    let mut printed = BufReader::new(waiting.stdout.take().expect("piped"));
    let mut token = String::new();
    printed.read_line(&mut token).expect("a token");
    let file = home.join("join-token");
    let join = |token: &str| {
        fs::write(&file, token).expect("writable");
        in_home(home, &["trust", "ca", "join", &file.display().to_string(), "--state-dir", &state]).done()
    };
    assert_eq!(join("smoker-join_abc").code, Some(1));
    let done = join(&token);
    assert_eq!(done.stdout, "joined; alice has the role run on this host\n", "{}", done.stderr);
    let mut rest = String::new();
    printed.read_to_string(&mut rest).expect("text");
    assert!(rest.starts_with("web1: joined from 127.0.0.1") && waiting.wait().expect("ended").success(), "{rest}");
    let clients = fs::read_to_string(daemon.state.join("authorized_clients")).expect("there");
    assert!(clients.contains("role=run name=alice"), "{clients}");
    assert_eq!(
        fs::read_to_string(daemon.state.join("certificate.pem")).expect("there").matches("BEGIN CERT").count(),
        2
    );
    let again = join(&token);
    assert_eq!(again.code, Some(1), "{}", again.stdout);
    assert!(again.stderr.contains("still wait there"), "{}", again.stderr);
    // The host has another line of the same key, which stays: it has not joined, and both sides say so.
    let wider = [&listen[..], &["--role", "admin"]].concat();
    let (mut waiting, _home) = in_home(home, &wider).start();
    let mut printed = BufReader::new(waiting.stdout.take().expect("piped"));
    token.clear();
    printed.read_line(&mut token).expect("a token");
    let done = join(&token);
    assert!(done.code == Some(1) && done.stderr.contains("--replace"), "{} {}", done.stdout, done.stderr);
    let mut said = String::new();
    waiting.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(said.contains("has not joined: ") && said.contains("--replace"), "{said}");
    assert_eq!(waiting.wait().expect("ended").code(), Some(1));
}
