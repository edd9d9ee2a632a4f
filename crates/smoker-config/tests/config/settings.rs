//! The top-level keys that are not about plugins.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::Duration;

use smoker_config::limits;
use smoker_config::spec::settings::ShowSecrets;
use smoker_config::spec::settings::access_settings::{Access, AccessSettings, LocalRole};
use smoker_config::spec::settings::otlp_settings::OtlpCompression;
use smoker_model::plugin::AccountId;

use crate::support::{Folder, text};

/// A main file with these top-level lines.
fn with(lines: &str) -> Folder {
    Folder::with(&format!("{lines}\ntemplates: {{BasePlugin: {{}}}}\nplugins: {{p: {{Command: x}}}}\n"))
}

#[test]
fn without_settings_the_defaults_count() {
    let settings = with("").config().settings;
    assert_eq!((settings.bind_host.as_str(), settings.bind_port), ("127.0.0.1", 8086));
    assert_eq!(settings.history_memory, limits::DEFAULT_HISTORY_MEMORY);
    assert_eq!((settings.uid, settings.gid, settings.nr_concurrent_plugins), (None, None, None));
    let streams = [settings.stdin, settings.stdout, settings.stderr];
    assert!(streams.iter().all(|stream| stream == Path::new("/dev/null")), "{streams:?}");
    assert_eq!(settings.pidfile, Path::new("/var/run/smokerd.pid"));
    assert_eq!(settings.access, AccessSettings::default());
    assert_eq!((settings.allow, settings.python, settings.python_path), (None, None, vec![]));
}

#[test]
fn every_setting_is_read() {
    let folder = with(
        "bind_host: '::1'
bind_port: '0'
stdin: /in
stdout: /out
stderr: /err
uid: nobody
gid: 65534
nr_concurrent_plugins: 3
max_forced_rate: 2.5
pidfile: /run/x.pid
allow: [127.0.0.1, 10.0.0.0/8, '::1', 'fe80::/10']
allowed_hosts: [smoker.example.org, Web1.]
show_secrets: true
access: authenticated
local_role: read
state_dir: /var/lib/smokerd
socket: /run/smokerd.sock
tls_cert: /c.pem
tls_key: /k.pem
tls_client_ca: /ca.pem
tls_crl: /crl.pem
history_memory: 2M
python: {path: python3.12}
python_path: [/a, b]
favicon: /x.ico
x-anchors: [1]
actions: {}",
    );
    let config = folder.config();
    assert_eq!(config.problems, []);
    let settings = config.settings;
    assert_eq!((settings.bind_host.as_str(), settings.bind_port), ("::1", 0));
    assert_eq!(settings.stdin, Path::new("/in"));
    assert_eq!(settings.stdout, Path::new("/out"));
    assert_eq!(settings.stderr, Path::new("/err"));
    assert_eq!(settings.pidfile, Path::new("/run/x.pid"));
    assert_eq!((settings.uid, settings.gid), (Some(AccountId::Name("nobody".into())), Some(AccountId::Number(65534))));
    assert_eq!(settings.nr_concurrent_plugins, NonZeroUsize::new(3));
    assert_eq!(settings.max_forced_rate, Some(2.5));
    let allow: Vec<_> = settings.allow.expect("networks").iter().map(ToString::to_string).collect();
    assert_eq!(allow, ["127.0.0.1/32", "10.0.0.0/8", "::1/128", "fe80::/10"]);
    let access = AccessSettings {
        mode: Some(Access::Authenticated),
        local_role: LocalRole::Read,
        state_dir: Some("/var/lib/smokerd".into()),
        socket: Some("/run/smokerd.sock".into()),
        tls_cert: Some("/c.pem".into()),
        tls_key: Some("/k.pem".into()),
        tls_client_ca: Some("/ca.pem".into()),
        tls_crl: Some("/crl.pem".into()),
    };
    assert_eq!(settings.access, access);
    assert_eq!(settings.show_secrets, ShowSecrets::Always);
    assert_eq!(settings.allowed_hosts.expect("names"), ["smoker.example.org", "Web1."]);
    assert_eq!(settings.history_memory, 2 * 1024 * 1024);
    assert_eq!(settings.python, Some(smoker_model::value::Value::Map(vec![(text("path"), text("python3.12"))])));
    assert_eq!(settings.python_path, ["/a", "b"].map(PathBuf::from));
}

#[test]
fn some_settings_have_more_than_one_form() {
    let one = with("allow: 10.1.2.3\npython_path: /a\nnr_concurrent_plugins: 0\nuid: default\ngid:").config().settings;
    assert_eq!(one.allow.expect("a network")[0].to_string(), "10.1.2.3/32");
    assert_eq!(one.python_path, [PathBuf::from("/a")]);
    assert_eq!((one.nr_concurrent_plugins, one.uid, one.gid), (None, None, None));
    for unlimited in ["nr_concurrent_plugins: -1", "nr_concurrent_plugins:", "nr_concurrent_plugins: false"] {
        assert_eq!(with(unlimited).config().settings.nr_concurrent_plugins, None, "{unlimited}");
    }
    assert_eq!(with("bind_host:\nbind_port:").config().settings.bind_port, 8086);
}

#[test]
fn nonsense_ends_the_start_with_line_and_key() {
    let port = "bind_port has to be a port number from 0 to 65535, not";
    let networks = "allow has to be a list of networks or addresses, such as [127.0.0.1, 10.0.0.0/8, '::1'];";
    let hosts = "allowed_hosts has to be a list of host names without port, such as [smoker.example.org]";
    let cases = [
        ("bind_port: 65536", format!("{port} 65536")),
        ("bind_port: -1", format!("{port} -1")),
        ("bind_port: http", format!("{port} 'http'")),
        ("bind_port: 80.5", format!("{port} 80.5")),
        ("bind_host: 5", "bind_host has to be an address or a name, not a number".to_owned()),
        ("uid: 5", "uid is set without gid; set both or neither".to_owned()),
        ("gid: 5", "gid is set without uid; set both or neither".to_owned()),
        ("uid: [5]", "uid has to be a name or a number from 0, not a list".to_owned()),
        (
            "max_forced_rate: 0",
            "max_forced_rate has to be a number of runs a second above 0, not 0; leave it out for no bound".to_owned(),
        ),
        (
            "max_forced_rate: many",
            "max_forced_rate has to be a number of runs a second above 0, not the text 'many'".to_owned(),
        ),
        (
            "nr_concurrent_plugins: many",
            "nr_concurrent_plugins has to be a whole number, not the text 'many'".to_owned(),
        ),
        ("nr_concurrent_plugins: 1.5", "nr_concurrent_plugins has to be a whole number, not 1.5".to_owned()),
        ("allow: [10.0.0.0/33]", format!("{networks} 10.0.0.0/33 is none")),
        ("allow: [5]", format!("{networks} 5 is none")),
        ("access: closed", "access has to be open or authenticated, not closed".to_owned()),
        ("local_role: admin", "local_role has to be none, read or run, not admin".to_owned()),
        ("socket: run/x", "socket has to be an absolute path, not 'run/x'".to_owned()),
        ("state_dir: [/x]", "state_dir has to be the absolute path of a folder, or none, not a list".to_owned()),
        ("tls_cert: /a", "tls_cert needs tls_key; set both, or none of them".to_owned()),
        ("tls_key: /a", "tls_key needs tls_cert; set both, or none of them".to_owned()),
        ("tls_crl: /a", "tls_crl needs tls_client_ca; set both, or none of them".to_owned()),
        ("show_secrets: root", "show_secrets has to be false, local or true, not root".to_owned()),
        ("allowed_hosts: 'http://a'", format!("{hosts}; http://a is none")),
        ("allowed_hosts: [a, 'b:80']", format!("{hosts}; b:80 is none")),
        ("allowed_hosts: ['*.a']", format!("{hosts}; *.a is none")),
        ("allowed_hosts: ['']", format!("{hosts};  is none")),
        ("allowed_hosts: [č.example]", format!("{hosts}; write č.example in ASCII as browsers send it (xn--...)")),
        (
            "history_memory: 0",
            "history_memory has to be a whole number of bytes above 0 or a text such as 64K, 2M or 1G, not 0"
                .to_owned(),
        ),
        ("python_path: [/a, 5]", "python_path has to be the path of a file, not a number".to_owned()),
    ];
    for (line, expected) in cases {
        assert_eq!(with(&format!("# comment\n{line}")).error(), format!("smokerd.yaml:2:1: {expected}"), "{line}");
    }
}

/// With the original a configuration that has these starts.
#[test]
fn files_that_cannot_be_meant_are_left_out() {
    let unexpanded = "is not expanded; write the value, or `!env PIDFILE` for one that only the environment has";
    for (line, reason, default) in [
        ("stdout: [x]", "stdout has to be the path of a file, not a list", "/dev/null"),
        ("stdin: 5", "stdin has to be the path of a file, not a number", "/dev/null"),
        ("pidfile: ''", "pidfile is empty; write the path of a file, or remove the key", "/var/run/smokerd.pid"),
        (
            "pidfile: ${PIDFILE}",
            &format!("pidfile has a value that is not expanded: ${{PIDFILE}} {unexpanded}"),
            "/var/run/smokerd.pid",
        ),
        (
            "pidfile: $PIDFILE",
            &format!("pidfile has a value that is not expanded: $PIDFILE {unexpanded}"),
            "/var/run/smokerd.pid",
        ),
    ] {
        let folder = with(line);
        assert_eq!(folder.problems(), [format!("Warning smokerd.yaml:1:1: {reason}; the default, {default}, is used")]);
        let settings = folder.config().settings;
        assert_eq!(
            (settings.pidfile, settings.stdout),
            ("/var/run/smokerd.pid".into(), PathBuf::from("/dev/null")),
            "{line}"
        );
    }
    assert_eq!(with("bind_host: ''").config().settings.bind_host, "0.0.0.0");
}

#[test]
fn all_wrong_settings_are_reported_at_once() {
    let error = with("bind_port: x\nhistory_memory: y").error();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 2, "{error}");
    assert!(lines[0].starts_with("smokerd.yaml:1:1: bind_port"), "{error}");
    assert!(lines[1].starts_with("smokerd.yaml:2:1: history_memory"), "{error}");
}

#[test]
fn unknown_keys_are_reported_with_what_was_probably_meant() {
    let folder = with("bind_prot: 1\nBind-Host: x\nsomething: [1]\n5: x");
    assert_eq!(
        folder.problems(),
        [
            "Warning smokerd.yaml:1:1: unknown key bind_prot is ignored; did you mean bind_port?",
            "Warning smokerd.yaml:2:1: unknown key Bind-Host is ignored; did you mean bind_host?",
            "Warning smokerd.yaml:3:1: unknown key something is ignored",
            "Warning smokerd.yaml:4:1: unknown key 5 is ignored",
        ]
    );
}

#[test]
fn an_empty_list_of_networks_is_warned_of() {
    assert_eq!(
        with("allow: []").problems(),
        ["Warning smokerd.yaml:1:1: allow is an empty list, so no client is served"]
    );
    for key in ["allow", "access", "local_role"] {
        let text = format!(
            "Warning smokerd.yaml:1:1: {key} has no value, which is as if it were not there; write one, or remove the line"
        );
        assert_eq!(with(&format!("{key}:")).problems(), [text]);
    }
}

#[test]
fn a_collector_is_read() {
    let otlp = |text: &str| with(&format!("otlp: {text}")).config().settings.otlp.expect("a collector");
    let read = otlp("{endpoint: 'https://[::1]:4318/a/', interval: 1.5m, headers: {Authorization: Bearer x, X-A: ''}}");
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(read.endpoint, "https://[::1]:4318/a");
    assert_eq!(read.headers, [header("Authorization", "Bearer x"), header("X-A", "")]);
    assert_eq!(read.interval, Duration::from_secs(90));
    assert!(!format!("{read:?}").contains("Bearer"), "{read:?}");
    let least = otlp("{endpoint: 'HTTP://collector'}");
    assert_eq!(
        (least.endpoint.as_str(), least.headers.len(), least.interval),
        ("HTTP://collector", 0, limits::DEFAULT_OTLP_INTERVAL)
    );
    assert_eq!((least.compression, least.ca_file), (OtlpCompression::Gzip, None));
    let all = otlp("{endpoint: 'HTTPS://collector', compression: none, ca_file: /etc/ca.pem}");
    assert_eq!((all.compression, all.ca_file), (OtlpCompression::None, Some("/etc/ca.pem".into())));
    for nothing in ["otlp:", "otlp: null", ""] {
        assert_eq!(with(nothing).config().settings.otlp, None, "{nothing}");
    }
}

#[expect(clippy::too_many_lines, reason = "a table")]
#[test]
fn each_mistake_in_a_collector_has_its_line() {
    let endpoint = "otlp.endpoint has to be the address of a collector, such as http://127.0.0.1:4318";
    let interval = "otlp.interval has to be a time from 1s to 1d, not";
    let many: Vec<_> = (0..=limits::MAX_OTLP_HEADERS).map(|at| format!("h{at}: x")).collect();
    let good = "endpoint: http://a";
    for (lines, at, expected) in [
        (
            "[http://a]".to_owned(),
            "1:1",
            "otlp has to be a mapping such as {endpoint: 'http://127.0.0.1:4318', interval: 60s}, not a list"
                .to_owned(),
        ),
        (
            "{interval: 5s}".to_owned(),
            "1:1",
            "otlp has no endpoint: write the address of the collector, such as http://127.0.0.1:4318".to_owned(),
        ),
        (
            format!("\n  {good}\n  intervall: 5s"),
            "3:3",
            "otlp has 'intervall', which is none of endpoint, headers, interval, compression, ca_file; did you mean interval?".to_owned(),
        ),
        (format!("\n  {good}\n  5: 5s"), "3:3", "otlp has 5, which is none of endpoint, headers, interval, compression, ca_file".to_owned()),
        ("\n  endpoint: 5".to_owned(), "2:3", format!("{endpoint}, not a number")),
        (
            "\n  endpoint: collector:4318".to_owned(),
            "2:3",
            format!("{endpoint}: 'collector:4318' has no http:// or https:// at its beginning"),
        ),
        ("\n  endpoint: grpc://a".to_owned(), "2:3", format!("{endpoint}: 'grpc' is neither http nor https")),
        ("\n  endpoint: http://a b".to_owned(), "2:3", format!("{endpoint}: it has blanks")),
        ("\n  endpoint: http://:1".to_owned(), "2:3", format!("{endpoint}: it has no host")),
        ("\n  endpoint: http://[::1".to_owned(), "2:3", format!("{endpoint}: its bracket is not closed")),
        (
            "\n  endpoint: http://[::1]x".to_owned(),
            "2:3",
            format!("{endpoint}: its port has to be a number from 1 to 65535"),
        ),
        (
            "\n  endpoint: http://a:0".to_owned(),
            "2:3",
            format!("{endpoint}: its port has to be a number from 1 to 65535"),
        ),
        (
            "\n  endpoint: http://u:p@a".to_owned(),
            "2:3",
            format!("{endpoint}: a user and a password belong into otlp.headers, as Authorization"),
        ),
        (
            "\n  endpoint: http://a?x".to_owned(),
            "2:3",
            format!("{endpoint}: it may have no query and no fragment, since /v1/metrics and /v1/logs are added to it"),
        ),
        (
            "\n  endpoint: http://a/v1/logs".to_owned(),
            "2:3",
            format!("{endpoint}: leave out /v1/logs, which is added to it"),
        ),
        (format!("\n  {good}\n  interval: 0.5"), "3:3", format!("{interval} 0.5")),
        (format!("\n  {good}\n  interval: 25h"), "3:3", format!("{interval} '25h'")),
        (
            format!("\n  {good}\n  compression: zstd"),
            "3:3",
            "otlp.compression has to be gzip or none, not 'zstd'".to_owned(),
        ),
        (
            format!("\n  {good}\n  compression: 5"),
            "3:3",
            "otlp.compression has to be gzip or none, not 5".to_owned(),
        ),
        (
            "\n  endpoint: https://a\n  ca_file: ca.pem".to_owned(),
            "3:3",
            "otlp.ca_file has to be an absolute path, not 'ca.pem'".to_owned(),
        ),
        (
            format!("\n  {good}\n  ca_file: /ca.pem"),
            "3:3",
            "otlp.ca_file is for an endpoint with https://; write https:// there, or remove ca_file".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers: [x]"),
            "3:3",
            "otlp.headers has to be a mapping of names to texts, not a list".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers:\n    Key: 5"),
            "4:5",
            "otlp.headers.Key has to be text, not a number: put quotes around it".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers:\n    a b: x"),
            "4:5",
            "otlp.headers has to map names of headers to texts, and 'a b' is no such name".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers:\n    host: x"),
            "4:5",
            "otlp.headers has host, which smokerd sets itself; remove it".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers:\n    Key: \"a\\nb\""),
            "4:5",
            "otlp.headers.Key has characters that a header may not have, such as the end of a line".to_owned(),
        ),
        (
            format!("\n  {good}\n  headers: {{{}}}", many.join(", ")),
            "3:3",
            format!("otlp.headers has {} headers; {} are allowed", many.len(), limits::MAX_OTLP_HEADERS),
        ),
    ] {
        assert_eq!(with(&format!("otlp: {lines}")).error(), format!("smokerd.yaml:{at}: {expected}"), "{lines}");
    }
}
