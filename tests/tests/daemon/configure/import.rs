//! `smokerd import`: what it writes is a good configuration, and nothing is overwritten.

use std::fs;

use smoker_tests::cli;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

const NRPE: &str =
    "command_timeout=30\nallowed_hosts=10.0.0.1\ncommand[true]=echo 'OK - 5% | a=5%'\ncommand[bad]=check $ARG1$\n";

const GOSS: &str = "file:\n  /etc/passwd:\n    exists: true\n    mode: '0644'\n    owner: root\n    contains: [root, '!nobody at all', /^root:/]\n    md5: abc\n\
    user:\n  root:\n    exists: true\n    uid: 0\nport:\n  tcp:9:\n    listening: false\ncommand:\n  exit 3:\n    exit-status: 3\n";

#[test]
fn what_is_imported_loads_and_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("nrpe.cfg", NRPE.as_bytes()).expect("writable");
    sandbox.write("goss.yaml", GOSS.as_bytes()).expect("writable");
    let main = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {Timeout: 15}}\nplugins: !include_dir plugin.d\n";
    sandbox.write("smokerd.yaml", sandbox.fill(main).as_bytes()).expect("writable");

    let nrpe = cli::smokerd(&sandbox, &["import", "nrpe", "{{DIR}}/nrpe.cfg", "-o", "{{DIR}}/plugin.d"]);
    nrpe.expect_code(3);
    expect_line(&nrpe.stdout, &["wrote ", "plugin.d/true.yaml"]);
    expect_line(&nrpe.stdout, &["NOT TAKEN ", "nrpe.cfg:2: who may ask", "allowed_hosts=10.0.0.1"]);
    expect_line(&nrpe.stdout, &["NOT TAKEN ", "nrpe.cfg:4: $ARG1$ is an argument of the client"]);
    expect_line(&nrpe.stdout, &["1 plugins in ", "2 lines not taken"]);
    let written = fs::read_to_string(sandbox.path("plugin.d/true.yaml")).expect("a file");
    assert!(written.contains("Timeout: 30"), "{written}");

    let goss = cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/goss.yaml", "-o", "{{DIR}}/plugin.d"]);
    goss.expect_code(3);
    expect_line(&goss.stdout, &["NOT TAKEN ", "goss.yaml:7: ", "it has no counterpart: file: /etc/passwd: md5"]);
    let again = cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/goss.yaml", "-o", "{{DIR}}/plugin.d"]);
    again.expect_code(1);
    expect_line(&again.stderr, &["ERROR: nothing is written, because there are files already"]);

    let config = ["-c", "{{DIR}}/smokerd.yaml"];
    cli::smokerd(&sandbox, &[&config[..], &["--check"]].concat()).expect_code(0);
    for plugin in ["true", "file--etc-passwd", "user-root", "port-tcp:9", "command-exit 3"] {
        let output = cli::smokerd(&sandbox, &[&config[..], &["--test-plugin", plugin]].concat());
        assert_eq!(output.code, 0, "{plugin}: {}", output.text());
    }
    cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/none.yaml"]).expect_code(1);
    cli::smokerd(&sandbox, &["import", "nagios", "{{DIR}}/nrpe.cfg"]).expect_code(2);
    cli::smokerd(&sandbox, &["import", "--help"]).expect_code(0);
}
