//! The unit under a real systemd: one that manages nothing else, in namespaces of its own.

use std::fs;
use std::path::Path;

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::machine::skip;
use smoker_tests::sandbox::Sandbox;

/// A manager for services of one user can be any process, unlike the system's, which has to be the first.
const MANAGER: &str = "/lib/systemd/systemd";

/// Starts the manager, tells what it is asked, and ends it with all that it has started.
const SESSION: &str = r#"
mount --make-rprivate /
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user/0
export XDG_RUNTIME_DIR=/run/user/0 SYSTEMD_UNIT_PATH="$FOLDER/units:"
"$MANAGER" --user --log-target=console 2> "$FOLDER/manager.log" &
tries=100
until systemctl --user show > /dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || { echo NO MANAGER; cat "$FOLDER/manager.log"; exit; }
    sleep 0.1
done
do_() { if systemctl --user "$1" smokerd > /dev/null 2>&1; then echo "$1: done"; else echo "$1: failed"; fi; }
state() { systemctl --user show smokerd -p "$1" --value; }
. "$FOLDER/steps"
systemctl --user stop smokerd
echo "end: $(state ActiveState) $(state Result)"
"#;

/// Runs steps with the unit, whose watchdog waits this number of seconds.
fn system(watchdog: u32, steps: &str) -> Option<(Sandbox, Output)> {
    if !Path::new(MANAGER).exists() {
        skip::skip("no unit ran under a real systemd", "apt-get install systemd");
        return None;
    }
    let unshare = skip::program("unshare", "apt-get install util-linux")?;
    let sandbox = Sandbox::new();
    let write = |name: &str, text: &str| sandbox.write(name, text.as_bytes()).expect("writable");
    let unit = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../rc.d/smokerd.service"));
    let unit =
        unit.expect("it is shipped").replace("/usr/sbin/smokerd", &binary::path("smokerd").display().to_string());
    let watchdog = format!("WatchdogSec={watchdog}\nTimeoutAbortSec=1");
    let unit = unit.replace("WatchdogSec=120", &watchdog).replace("RestartSec=5", "RestartSec=0");
    write("units/smokerd.service", &unit.replace("/etc/default/", "{{DIR}}/default/"));
    write(
        "default/smokerd",
        "CONFDIR={{DIR}}/conf\nCONFIG={{DIR}}/made.yaml\nGENCONFIG=1\nSMOKERD_OPTIONS=\"-v --no-syslog\"\n",
    );
    write("conf/common.yaml", "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n");
    write("conf/template.d/BasePlugin.yaml", "Timeout: 15\n");
    write("conf/plugin.d/hello.yaml", "Command: echo hello\n");
    write("steps", steps);
    let mut command = sandbox.command(&unshare);
    command.args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", SESSION]);
    command.env("FOLDER", sandbox.config_folder()).env("MANAGER", MANAGER);
    command.env("CLIENT", binary::path("smokercli")).env("PORT", sandbox.port().to_string());
    let output = cli::run(&mut command);
    if output.stdout.contains("NO MANAGER") {
        skip::skip(
            &format!("no unit ran under a real systemd: {}", output.stdout),
            "run the tests where namespaces are allowed",
        );
        return None;
    }
    Some((sandbox, output))
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn it_is_ready_reloads_and_stops_as_systemd_expects() {
    let steps = r#"
do_ start
echo "state: $(state ActiveState), $(state StatusText)"
echo 'Command: echo added' > "$FOLDER/conf/plugin.d/added.yaml"
do_ reload
echo "state: $(state ActiveState), $(state StatusText)"
echo 'Command: [x' > "$FOLDER/conf/plugin.d/bad.yaml"
do_ reload
echo "state: $(state ActiveState), $(state StatusText)"
rm "$FOLDER/conf/plugin.d/bad.yaml"
# Not made of the folder, so that the daemon itself finds what is wrong.
sed -i 's/GENCONFIG=1/GENCONFIG=0/' "$FOLDER/default/smokerd"
systemctl --user daemon-reload
cp "$FOLDER/made.yaml" "$FOLDER/good.yaml"
echo 'bind_port: many' > "$FOLDER/made.yaml"
do_ reload
echo "state: $(state ActiveState), $(state StatusText)"
sed 's/hello:/hallo:/; s/echo added/&\n    Timeout: 0/' "$FOLDER/good.yaml" > "$FOLDER/made.yaml"
do_ reload
echo "state: $(state ActiveState), $(state StatusText)"
"#;
    let Some((sandbox, output)) = system(120, steps) else { return };
    let port = sandbox.port();
    let lines: Vec<_> = output.stdout.lines().collect();
    let expected = [
        "start: done".to_owned(),
        format!("state: active, 1 plugin, serving on 127.0.0.1:{port}"),
        "reload: done".to_owned(),
        format!("state: active, 2 plugins, serving on 127.0.0.1:{port}"),
        "reload: failed".to_owned(),
        format!("state: active, 2 plugins, serving on 127.0.0.1:{port}"),
        "reload: failed".to_owned(),
        format!("state: active, 2 plugins, serving on 127.0.0.1:{port}; the last reload was refused, see the log"),
        "reload: failed".to_owned(),
        format!("state: active, 1 plugin, serving on 127.0.0.1:{port}"),
        "end: inactive success".to_owned(),
    ];
    assert_eq!(lines, expected, "{}", output.text());
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn a_daemon_that_hangs_is_restarted() {
    let steps = r#"
do_ start
first=$(state MainPID)
kill -STOP "$first"
tries=400
until [ "$(state NRestarts)" = 1 ] && [ "$(state ActiveState)" = active ] || [ "$tries" -eq 0 ]; do tries=$((tries - 1)); sleep 0.05; done
[ "$(state MainPID)" != "$first" ] && echo "another: $(state ActiveState), $(state NRestarts)"
"#;
    let Some((_sandbox, output)) = system(4, steps) else { return };
    assert_eq!(output.stdout, "start: done\nanother: active, 1\nend: inactive success\n", "{}", output.text());
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn what_the_unit_forbids_no_check_needs() {
    let steps = r#"
add() { printf '%s\n' "$2" > "$FOLDER/conf/plugin.d/$1.yaml"; }
add a-user '{Command: id -un, uid: 65534, gid: 65534}'
add b-su "Command: su nobody -s /bin/sh -c 'id -un'"
add c-mount "Command: mount -t tmpfs none /mnt && touch /mnt/x && umount /mnt && echo mounted"
add d-namespace "Command: unshare --user --map-root-user --net id -u"
add e-everywhere "Command: touch /etc/smoker-test /tmp/smoker-test && rm /etc/smoker-test /tmp/smoker-test && echo written"
add f-clock "Command: date -s 2001-01-01 > /dev/null"
add g-rights "Command: grep NoNewPrivs /proc/self/status"
do_ start
for plugin in a-user b-su c-mount d-namespace e-everywhere f-clock g-rights; do
    "$CLIENT" -s "127.0.0.1:$PORT" -o long --no-progress -f -p "$plugin" | sed -n 's/^ *\[\(info\|error\)\] /'"$plugin: /p"
done
"#;
    let Some((_sandbox, output)) = system(120, steps) else { return };
    for line in [
        "a-user: nobody",
        "b-su: nobody",
        "c-mount: mounted",
        "d-namespace: 0",
        "e-everywhere: written",
        "f-clock: date: cannot set date: Operation not permitted",
        "g-rights: NoNewPrivs:\t0",
    ] {
        assert!(output.stdout.lines().any(|it| it == line), "{line} is missing in\n{}", output.text());
    }
}
