//! The examples of the built-in checks are OK where the things are that they look at, and not where these are broken.
//!
//! They run in a copy of this machine with systemd as its first process and a network of its own, so that the ports are those
//! of the page. nginx, sshd, chrony, Redis, memcached, `PostgreSQL`, `MariaDB` and `openssl s_server` are real.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use smoker_tests::binary;
use smoker_tests::documents::markdown;
use smoker_tests::machine::private_root::PrivateRoot;
use smoker_tests::machine::skip::program;

use crate::page;
use crate::web_host;

/// What has to be at hand, and the packages that have it.
const NEEDED: [(&str, &str); 8] = [
    ("nginx", "nginx-light"),
    ("sshd", "openssh-server"),
    ("openssl", "openssl"),
    ("chronyd", "chrony"),
    ("redis-server", "redis-server"),
    ("memcached", "memcached"),
    ("mariadbd", "mariadb-server-core"),
    ("postgres", "postgresql"),
];

/// Starts all of it.
const START: &str = r#"
set -e
systemctl start nginx
mkdir -p /run/sshd /run/things && chmod 777 /run/things && cd /run/things
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -A > /dev/null
/usr/sbin/sshd
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out /etc/ssl/own-ca.pem -days 30 -subj /CN=own-ca > /dev/null 2>&1
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request.pem -subj /CN=localhost > /dev/null 2>&1
printf 'subjectAltName=DNS:localhost\n' > names
openssl x509 -req -in request.pem -CA /etc/ssl/own-ca.pem -CAkey ca.key -CAcreateserial -days 10 -extfile names -out cert.pem > /dev/null 2>&1
setsid openssl s_server -accept 443 -cert cert.pem -key key.pem -quiet -www > /dev/null 2>&1 < /dev/null &
printf 'local stratum 8\nallow 127.0.0.1\ncmdport 0\npidfile /run/things/chronyd.pid\n' > chrony.conf
setsid chronyd -x -d -u root -f /run/things/chrony.conf > /dev/null 2>&1 < /dev/null &
setsid redis-server --port 6379 --save '' --dir /run/things > /dev/null 2>&1 < /dev/null &
setsid memcached -u nobody -l 127.0.0.1 > /dev/null 2>&1 < /dev/null &
mkdir maria && chown nobody maria
setsid mariadbd --no-defaults --user=nobody --datadir=/run/things/maria --socket=/run/things/maria.sock --skip-grant-tables --skip-networking=0 \
  --bind-address=127.0.0.1 --innodb-log-file-size=4M --innodb-buffer-pool-size=8M --lc-messages-dir=/usr/share/mysql > maria.log 2>&1 < /dev/null &
postgres=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
mkdir pg && chown nobody pg
setpriv --reuid nobody --clear-groups "$postgres/initdb" -D /run/things/pg -U postgres -A trust > /dev/null
setsid setpriv --reuid nobody --clear-groups "$postgres/postgres" -D /run/things/pg -k /run/things > pg.log 2>&1 < /dev/null &
cat > echo.py <<'P'
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 7))
while True:
    s.sendto(*s.recvfrom(2048))
P
setsid python3 echo.py > /dev/null 2>&1 < /dev/null &
touch /var/log/dpkg.log
"#;

/// Waits until everything answers.
const READY: &str = r#"
for port in 22 80 443 3306 5432 6379 11211 8086; do
    tries=0
    until (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "nothing answers on $port"; tail -5 /run/things/*.log; exit 1; }
        sleep 0.1
    done
done
"#;

/// Stops all of it, and waits until nothing answers. The processes are those of the machine of this test alone.
const STOP: &str = r#"
systemctl stop nginx
pkill sshd; pkill openssl; pkill redis-server; pkill memcached; pkill mariadbd; pkill postgres; pkill chronyd; pkill -f '[e]cho.py'
for port in 22 80 443 3306 5432 6379 11211; do
    tries=0
    while (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { echo "something still answers on $port"; exit 1; }
        sleep 0.1
    done
done
"#;

/// Forces all plugins and prints the results by name.
const RUN: &str = "/shared/smokercli -s 127.0.0.1:8086 -f --no-progress -o json";

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn each_example_is_ok_with_the_real_thing_and_not_without_it() {
    for (name, package) in NEEDED {
        let there = name == "postgres" || program(name, &format!("install with: apt-get install {package}")).is_some();
        if !there {
            return;
        }
    }
    let shared = tempfile::tempdir().expect("a temporary folder");
    fs::set_permissions(shared.path(), fs::Permissions::from_mode(0o755)).expect("permissions");
    for program in ["smokerd", "smokercli"] {
        fs::copy(binary::path(program), shared.path().join(program)).expect("a copy");
    }
    let examples: Vec<_> =
        markdown::blocks(&page::read("docs/checks.md")).into_iter().filter(|block| block.language == "yaml").collect();
    assert!(examples.len() >= 29, "only {} examples are found: has the page another form now?", examples.len());
    let mut config =
        "bind_host: 127.0.0.1\nbind_port: 8086\nsocket: /run/smokerd.sock\nstate_dir: /run/smokerd-state\n\
                      templates: {BasePlugin: {Timeout: 30}}\nplugins:\n"
            .to_owned();
    // The first shows a whole section.
    for example in examples.iter().filter(|example| !example.text.starts_with("plugins:")) {
        config.extend(example.text.lines().map(|line| format!("  {line}\n")));
    }
    config += "  Full:\n    Check: disk\n    Mount: /run/full\n";
    fs::write(shared.path().join("smokerd.yaml"), &config).expect("writable");
    let Some(machine) = PrivateRoot::booted(shared.path()) else { return };

    machine.succeed(START);
    machine.succeed(
        "mkdir /run/full && mount -t tmpfs -o size=1m none /run/full && ! head -c 2000000 /dev/zero > /run/full/fill",
    );
    let check = machine.succeed("/shared/smokerd --check -c /shared/smokerd.yaml");
    assert!(!check.contains("ERROR") && !check.contains("WARNING"), "{check}");
    machine.succeed("/shared/smokerd --no-syslog -c /shared/smokerd.yaml -p /run/smokerd.pid");
    machine.succeed(&format!("bash -c '{}'", READY.replace('\'', r"'\''")));

    let first = results(&machine);
    for (name, result) in &first {
        match name.as_str() {
            // This machine may be busy, and the plugins of the tier may not have ended yet.
            "Load" | "Processors" | "Tier" => assert!(!result["componentResults"].is_null(), "{name}: {result}"),
            "Backup" => assert!(result.to_string().contains("has not reported yet"), "{name}: {result}"),
            "Full" => assert_eq!(result["status"], "ERROR", "{name}: {result}"),
            _ => assert_eq!(result["status"], "OK", "{name}: {result}"),
        }
    }
    assert!(first["Full"].to_string().contains("Used 100%, wanted at most 95%"), "{}", first["Full"]);

    web_host::runs_on(&machine, shared.path());

    machine.succeed(&format!("bash -c '{}'", STOP.replace('\'', r"'\''")));
    let second = results(&machine);
    for (name, reason) in [
        ("Web", "wanted active, got inactive (dead)"),
        ("Page", "Connection refused"),
        ("Ssh", "Connection refused"),
        ("Certificate", "Connection refused"),
        ("Echo", "Connection refused"),
        ("Clock", "Connection refused"),
        ("Redis", "Connection refused"),
        ("Memcached", "Connection refused"),
        ("MySql", "Connection refused"),
        ("Postgres", "Connection refused"),
    ] {
        let result = &second[name];
        assert!(result["status"] == "ERROR" && result.to_string().contains(reason), "{name}: {result}");
    }
}

/// The forced results of all plugins by name.
fn results(machine: &PrivateRoot) -> BTreeMap<String, Json> {
    let output = machine.sh(RUN).stdout;
    let report: Json = serde_json::from_str(&output).unwrap_or_else(|error| panic!("{error}: {output}"));
    let mut found = BTreeMap::new();
    collect(&report, &mut found);
    assert!(found.len() >= 30, "{report}");
    found
}

/// Every mapping that names a plugin and has its result, wherever the client's report has it.
fn collect(json: &Json, found: &mut BTreeMap<String, Json>) {
    match json {
        Json::Object(members) => {
            if let (Some(Json::String(name)), Some(result)) =
                (members.get("name"), members.get("forcedResult").or_else(|| members.get("lastResult")))
            {
                found.insert(name.clone(), result.clone());
            }
            members.values().for_each(|value| collect(value, found));
        }
        Json::Array(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}
