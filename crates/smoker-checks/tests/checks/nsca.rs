//! The action `smoker.plugins.nsca` and the NSCA daemon of Debian.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::stat::Mode;
use nix::unistd::{User, getuid, mkfifo};
use serde_json::{Value as Json, json};
use smoker_tests::machine::ports;
use smoker_tests::machine::skip::program;
use tempfile::TempDir;

use crate::request::action;
use crate::service::{Service, wait_for, wait_for_port};

const INSTALL: &str = "install with: apt-get install nsca";

/// Longer than the longest key of most ciphers.
const LONG_PASSWORD: &str = "a password that is longer than the longest key of most of the ciphers, 56 bytes";

/// An NSCA daemon that writes into a pipe as Nagios has one.
struct Daemon {
    port: u16,
    pipe: File,
    _service: Service,
    _folder: TempDir,
}

impl Daemon {
    fn start(program: &Path, method: &str, password: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a pipe");
        // Open for both directions, so that the daemon always finds a reader.
        let mut options = OpenOptions::new();
        let pipe = options.read(true).write(true).custom_flags(libc::O_NONBLOCK).open(at("pipe")).expect("the pipe");
        let port = ports::free();
        let user = User::from_uid(getuid()).expect("an account database").expect("an account").name;
        let config = format!(
            "server_port={port}\nserver_address=127.0.0.1\ncommand_file={}\nalternate_dump_file={}\npid_file={}\n\
             nsca_user={user}\nnsca_group={}\ndebug=0\n{}decryption_method={method}\n\
             max_packet_age=30\naggregate_writes=0\nappend_to_file=0\n",
            at("pipe").display(),
            at("dump").display(),
            at("pid").display(),
            nix::unistd::getgid(),
            if password.is_empty() { String::new() } else { format!("password={password}\n") },
        );
        fs::write(at("nsca.cfg"), config).expect("a configuration");
        let service =
            Service::start(Command::new(program).arg("-f").arg("-c").arg(at("nsca.cfg")).stdout(Stdio::null()));
        wait_for_port(port);
        Self { port, pipe, _service: service, _folder: folder }
    }

    /// The next line in the pipe, without its time.
    fn line(&mut self) -> String {
        let mut line = Vec::new();
        wait_for("a line in the command pipe", || {
            let mut chunk = [0; 8192];
            match self.pipe.read(&mut chunk) {
                Ok(count) => line.extend_from_slice(&chunk[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => panic!("the pipe cannot be read: {error}"),
            }
            line.ends_with(b"\n").then_some(())
        });
        let line = String::from_utf8(line).expect("text");
        let (time, rest) = line.trim_end().split_once("] ").expect("a time");
        assert!(time.starts_with('['), "{line}");
        rest.to_owned()
    }

    fn parameters(&self, others: &Json) -> Json {
        let mut parameters = json!({"Host": "127.0.0.1", "Port": self.port});
        let all = parameters.as_object_mut().expect("an object");
        all.extend(others.as_object().expect("an object").clone());
        parameters
    }
}

fn result(status: &str, messages: &Json) -> Json {
    json!({"status": status, "messages": messages, "lastRun": "2024-01-01T00:00:00", "componentResults": null,
        "action": null, "forced": false})
}

fn send(daemon: &Daemon, parameters: &Json, result: &Json) -> Result<Json, String> {
    action("smoker.plugins.nsca", &daemon.parameters(parameters), result)
}

/// A test of one encryption method, with a short and a very long password.
macro_rules! arrives_by {
    ($($test:ident: $method:literal),+ $(,)?) => {
        $(
            #[test]
            fn $test() {
                for password in ["secret", LONG_PASSWORD] {
                    arrives($method, password);
                }
            }
        )+
    };
}

arrives_by! {
    a_result_arrives_unencrypted: "0",
    a_result_arrives_by_xor: "1",
    a_result_arrives_by_des: "2",
    a_result_arrives_by_triple_des: "3",
    a_result_arrives_by_cast_128: "4",
    a_result_arrives_by_cast_256: "5",
    a_result_arrives_by_xtea: "6",
    a_result_arrives_by_blowfish: "8",
    a_result_arrives_by_twofish: "9",
    a_result_arrives_by_loki97: "10",
    a_result_arrives_by_rc2: "11",
    a_result_arrives_by_rijndael_128: "14",
    a_result_arrives_by_rijndael_192: "15",
    a_result_arrives_by_rijndael_256: "16",
    a_result_arrives_by_serpent: "20",
    a_result_arrives_by_gost: "23",
    a_result_arrives_by_safer_plus: "26",
}

fn arrives(method: &str, password: &str) {
    let Some(nsca) = program("nsca", INSTALL) else { return };
    let mut daemon = Daemon::start(&nsca, method, password);
    let parameters =
        json!({"EncryptionMethod": method, "Password": password, "HostName": "web", "ServiceName": "%(name)s"});
    let messages = json!({"info": ["fine", "[2] no command"], "error": ["it's; bad \\ é"], "warn": []});
    let answer = send(&daemon, &parameters, &result("ERROR", &messages)).expect("sent");
    assert_eq!(answer["status"], "OK");
    let expected = "PROCESS_SERVICE_CHECK_RESULT;web;checked;2;it's; bad \\\\ é\\nfine\\n(2] no command";
    assert_eq!(daemon.line(), expected, "password {password}");
}

#[test]
fn codes_names_and_long_texts_arrive() {
    let Some(nsca) = program("nsca", INSTALL) else { return };
    let mut daemon = Daemon::start(&nsca, "1", "");
    let long = "é".repeat(3000);
    for (status, code) in [("OK", 0), ("WARN", 1), ("ERROR", 2)] {
        let messages = json!({"info": [long], "error": [], "warn": []});
        let parameters = json!({"HostName": "h", "ServiceName": "%(status)s %(name)-9s!"});
        send(&daemon, &parameters, &result(status, &messages)).expect("sent");
        let cut = "é".repeat(2047);
        let expected = format!("PROCESS_SERVICE_CHECK_RESULT;h;{status} checked  !;{code};{cut}");
        assert_eq!(daemon.line(), expected);
    }
    let parameters = json!({"HostName": "h", "ServiceName": "", "OutputLength": 512});
    send(&daemon, &parameters, &result("OK", &Json::Null)).expect("sent");
    assert_eq!(daemon.line(), "PROCESS_HOST_CHECK_RESULT;h;0;OK");
}

#[test]
fn the_password_can_come_from_a_file() {
    let Some(nsca) = program("nsca", INSTALL) else { return };
    let mut daemon = Daemon::start(&nsca, "3", "from a file");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    fs::write(&file, "from a file\r\nnot this\n").expect("a file");
    let parameters = json!({"PasswordFile": file, "EncryptionMethod": "3DES", "HostName": "h", "ServiceName": "s"});
    send(&daemon, &parameters, &result("OK", &Json::Null)).expect("sent");
    assert_eq!(daemon.line(), "PROCESS_SERVICE_CHECK_RESULT;h;s;0;OK");
}

#[test]
fn what_cannot_be_sent_is_reported() {
    let nothing =
        |parameters: Json| action("smoker.plugins.nsca", &parameters, &result("OK", &Json::Null)).expect_err("refused");
    let port = ports::free();
    let reason = nothing(json!({"Host": "127.0.0.1", "Port": port}));
    let expected =
        format!("Cannot send the result to the NSCA daemon at 127.0.0.1, port {port}: [Errno 111] Connection refused");
    assert_eq!(reason, expected);
    let reason = nothing(json!({"HostName": "a;b", "Port": port}));
    assert!(reason.starts_with("HostName has to be text without ; and control characters, not 'a;b'"), "{reason}");
    let reason = nothing(json!({"ServiceName": "%(name)s\n", "Port": port}));
    assert!(reason.starts_with("ServiceName has to be text without ; and control characters"), "{reason}");
    let reason = nothing(json!({"ServiceName": "%(none)s", "Port": port}));
    assert!(reason.starts_with("ServiceName cannot be formatted: "), "{reason}");
    let reason = nothing(json!({"HostName": "x".repeat(64), "Port": port}));
    assert_eq!(reason, "HostName gives 64 bytes, NSCA takes at most 63: shorten it");
    let reason = nothing(json!({"PasswordFile": "/no/such", "Port": port}));
    assert_eq!(reason, "PasswordFile cannot be read: [Errno 2] No such file or directory: '/no/such'");
    let reason = nothing(json!({"Password": ["secret"], "Port": port}));
    assert!(!reason.contains("secret") && reason.starts_with("Password has to be text"), "{reason}");
    let reason = nothing(json!({"EncryptionMethod": 19, "Port": port}));
    assert!(reason.starts_with("EncryptionMethod 19 (wake) is not supported, not even by"), "{reason}");
}
