//! `smokerd import`: what it writes is a good configuration, and nothing is overwritten.

use std::fs;

use smoker_tests::cli;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

const NRPE: &str =
    "command_timeout=30\nallowed_hosts=10.0.0.1\ncommand[true]=echo 'OK - 5% | a=5%'\ncommand[bad]=check `$ARG1$`\n";

const MONIT: &str = "check process init with pidfile /no/such.pid\n  if failed port 9 then alert\n  if cpu > 80% then restart\n\
                     check file accounts with path /etc/passwd\n  if failed permission 644 for 2 cycles then alert\n  if size > 1 GB then alert\n\
                     check filesystem root with path /\n  if space usage > 100% then alert\n\
                     check system $HOST\n  if loadavg (5min) > 10000 then alert\n  if swap usage > 100% then alert\n\
                     check program yes with path \"/bin/true 5%\"\n  if status != 0 then alert\n";

const GOSS: &str = r#"file:
  /etc/passwd:
    exists: true
    mode: '0644'
    owner: root
    contains: [root, '!nobody at all', /^root:/, '!/^oot:/']
    md5: abc
  ~root: {exists: true, filetype: directory}
user:
  root: {exists: true, uid: 0}
service:
  no-such-service: {enabled: false, running: false}
process:
  no-such-process: {running: false}
port:
  tcp:9: {listening: false, ip: []}
  tcp6:9: {listening: false}
interface:
  lo:
    exists: true
    addrs: {contain-element: {have-prefix: '127.'}}
mount:
  /proc:
    exists: true
    opts: [rw]
    vfs-opts: [rw]
    filesystem: proc
  /: {exists: true, usage: {le: 100}}
command:
  echo 'hi 5%':
    exit-status: 0
    stdout: [hi, /^hi 5%$/, '!ho']
    stderr: ''
  no-such-program:
    exit-status: {ge: 127}
    stderr: [not found]
  noop: {exec: false, exit-status: 1}
matching:
  list: {content: [foo, bar, moo], matches: {consist-of: [foo, have-prefix: m, bar]}}
  json: {content: '{"a": {"b": ["15"]}}', matches: {gjson: {a.b.0: {le: 15}, '@this': {have-key: a}}}}
  text: {content: "foo\nmoo", matches: {and: [{have-prefix: foo}, {not: {match-regexp: ^moo}}]}}
  lines: {as-reader: true, content: "foo\nmoo\n", matches: [/^moo$/, '!foo bar']}
  bad: {content: [a, b], matches: [a, a]}
  worse: {content: '1.2.3', matches: {semver-constraint: '>=2.0.0 || <1.0.0'}}
dns:
  MX:mail.test: {resolvable: true, addrs: [10 a.mail.test.], server: 127.0.0.1, timeout: 1000}
"#;

#[test]
fn what_is_imported_loads_and_runs() {
    let sandbox = Sandbox::new();
    sandbox.write("nrpe.cfg", NRPE.as_bytes()).expect("writable");
    sandbox.write("monitrc", MONIT.as_bytes()).expect("writable");
    sandbox.write("goss.yaml", GOSS.as_bytes()).expect("writable");
    let main = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {Timeout: 15}}\nplugins: !include_dir plugin.d\n";
    sandbox.write("smokerd.yaml", sandbox.fill(main).as_bytes()).expect("writable");

    let nrpe = cli::smokerd(&sandbox, &["import", "nrpe", "{{DIR}}/nrpe.cfg", "-o", "{{DIR}}/plugin.d"]);
    nrpe.expect_code(3);
    expect_line(&nrpe.stdout, &["wrote ", "plugin.d/true.yaml"]);
    expect_line(&nrpe.stdout, &["NOT TAKEN ", "nrpe.cfg:2: who may ask", "allowed_hosts=10.0.0.1"]);
    expect_line(&nrpe.stdout, &["NOT TAKEN ", "nrpe.cfg:4: it has ` beside $ARGn$"]);
    expect_line(&nrpe.stdout, &["1 plugin in ", "2 lines not taken"]);
    let written = fs::read_to_string(sandbox.path("plugin.d/true.yaml")).expect("a file");
    assert!(written.contains("Timeout: 30"), "{written}");

    let goss = cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/goss.yaml", "-o", "{{DIR}}/plugin.d"]);
    goss.expect_code(3);
    expect_line(&goss.stdout, &["NOT TAKEN ", "goss.yaml:7: ", "it has no counterpart: file: /etc/passwd: md5"]);
    let again = cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/goss.yaml", "-o", "{{DIR}}/plugin.d"]);
    again.expect_code(1);
    expect_line(&again.stderr, &["ERROR: nothing is written, because there are files already"]);

    let monit = cli::smokerd(&sandbox, &["import", "monit", "{{DIR}}/monitrc", "-o", "{{DIR}}/plugin.d"]);
    monit.expect_code(3);
    expect_line(&monit.stdout, &["NOT TAKEN ", "monitrc:3: ", "cpu > 80% then restart"]);

    let config = ["-c", "{{DIR}}/smokerd.yaml"];
    cli::smokerd(&sandbox, &[&config[..], &["--check"]].concat()).expect_code(0);
    for plugin in good_ones() {
        let output = cli::smokerd(&sandbox, &[&config[..], &["--test-plugin", plugin]].concat());
        assert_eq!(output.code, 0, "{plugin}: {}", output.text());
    }
    // Nothing answers on the port of DNS; the others are as goss has them.
    for plugin in ["matching-bad", "matching-worse", "dns-MX:mail.test", "init", "init-9"] {
        cli::smokerd(&sandbox, &[&config[..], &["--test-plugin", plugin]].concat()).expect_code(4);
    }
    cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/none.yaml"]).expect_code(1);
    cli::smokerd(&sandbox, &["import", "nagios", "{{DIR}}/nrpe.cfg"]).expect_code(2);
    cli::smokerd(&sandbox, &["import", "--help"]).expect_code(0);
}

/// Values and matchers with what goss says of them: the verdict is the beginning of the name.
const GOLDEN: &str = r#"matching:
  good-text: {content: colour, matches: {and: [{have-prefix: col}, {have-suffix: our}, {contain-substring: lo}, {have-len: 6}, {match-regexp: '^c.*r$'}]}}
  good-whole-text: {content: "red\ngreen\n", as-reader: true, matches: {and: [{have-prefix: red}, {have-suffix: "en\n"}, {have-len: 10}]}}
  good-lines: {content: "red\n7\ngreen sea\n", as-reader: true, matches: {contain-elements: [{lt: 8}, {have-prefix: green}, {not: blue}]}}
  good-patterns: {content: "red\ngreen sea\n", as-reader: true, matches: [red, '/^g.*a$/', '!blue', '!/^sea/']}
  good-number: {content: '12.5', matches: {and: [12.5, {gt: 12}, {le: 12.5}, {not: 12}]}}
  good-number-as-text: {content: 128, matches: {and: ['128', {have-prefix: '1'}, {match-regexp: '[0-9]{3}'}]}}
  good-list: {content: [red, green, blue], matches: {and: [[red, blue], {consist-of: [blue, {have-prefix: g}, red]}, {contain-element: {have-suffix: e}}]}}
  good-not-list: {content: [red, green, blue], matches: {and: [{not: [red, pink]}, {not: {contain-element: {have-prefix: p}}}, {not: {equal: [green, red, blue]}}]}}
  good-json: {content: '{"a": {"n": "7"}, "l": [{"k": 1}]}', matches: {gjson: {a.n: {le: 7}, '@this': {have-key: a}, a: {not: {have-key: m}}, l: {contain-elements: [{have-key: k}]}}}}
  good-version: {content: '1.4.2', matches: {semver-constraint: '>=1.4.0 <2.0.0'}}
  bad-text: {content: colour, matches: color}
  bad-prefix: {content: colour, matches: {have-prefix: ol}}
  bad-suffix: {content: colour, matches: {have-suffix: x}}
  bad-not-substring: {content: colour, matches: {not: {contain-substring: lo}}}
  bad-not-pattern: {content: colour, matches: {not: {match-regexp: ^col}}}
  bad-length: {content: colour, matches: {not: {have-len: 6}}}
  bad-number: {content: 7, matches: {not: {and: [7, 7]}}}
  bad-decimal: {content: '12.5', matches: {and: [{le: 12}, {gt: 13}]}}
  bad-twice: {content: [red, green], matches: [red, red]}
  bad-not-element: {content: [red, green], matches: {not: {contain-element: red}}}
  bad-not-all: {content: [red, green], matches: {not: {consist-of: [green, {have-prefix: r}]}}}
  bad-patterns: {content: "red\ngreen\n", as-reader: true, matches: [red, '!/^gr/']}
  bad-line: {content: "red\n15\n", as-reader: true, matches: {contain-elements: [{lt: 10}]}}
  bad-key: {content: '{"a": {"n": 1}}', matches: {gjson: {a: {not: {have-key: n}}}}}
  bad-path: {content: '{"a": 1}', matches: {gjson: {b: 1}}}
  bad-json: {content: '{"a"', matches: {gjson: {'@this': {have-key: a}}}}
  bad-version: {content: '1.4.2', matches: {or: [{semver-constraint: '>=9.0.0'}]}}
  none-not-patterns: {content: "red\n", as-reader: true, matches: {not: [red, '!blue']}}
"#;

#[test]
fn the_verdicts_of_goss_stay() {
    let sandbox = Sandbox::new();
    sandbox.write("goss.yaml", GOLDEN.as_bytes()).expect("writable");
    let main = "bind_host: 127.0.0.1\nbind_port: {{PORT}}\ntemplates: {BasePlugin: {Timeout: 15}}\nplugins: !include_dir plugin.d\n";
    sandbox.write("smokerd.yaml", sandbox.fill(main).as_bytes()).expect("writable");
    let goss = cli::smokerd(&sandbox, &["import", "goss", "{{DIR}}/goss.yaml", "-o", "{{DIR}}/plugin.d"]);
    goss.expect_code(3);
    expect_line(&goss.stdout, &["NOT TAKEN ", "none-not-patterns"]);
    let mut names: Vec<_> = fs::read_dir(sandbox.path("plugin.d"))
        .expect("a folder")
        .filter_map(|entry| entry.expect("an entry").file_name().to_str()?.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    assert_eq!(names.len(), GOLDEN.lines().count() - 2, "{names:?}");
    for name in names {
        let expected = if name.starts_with("matching-good-") { 0 } else { 4 };
        let tested = cli::smokerd(&sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--test-plugin", &name]);
        assert_eq!(tested.code, expected, "{name}: {}", tested.text());
    }
}

/// The plugins that goss would find good, too.
fn good_ones() -> Vec<&'static str> {
    "true file--etc-passwd file-~root user-root service-no-such-service process-no-such-process port-tcp:9 port-tcp6:9 interface-lo \
     mount--proc mount-- mount---usage command-no-such-program command-noop matching-list matching-json matching-text matching-lines \
     accounts accounts-permission accounts-size root-space system-load system-swap yes"
        .split(' ')
        .chain(["command-echo 'hi 5%'"])
        .collect()
}

#[test]
fn a_suggested_configuration_has_no_problems() {
    let sandbox = Sandbox::new();
    let suggested = cli::smokerd(&sandbox, &["suggest"]);
    suggested.expect_code(0);
    expect_line(&suggested.stdout, &["# What smokerd suggest proposes for "]);
    expect_line(&suggested.stdout, &["    Check: disk"]);
    sandbox.write("smokerd.yaml", suggested.stdout.as_bytes()).expect("writable");
    let check = cli::smokerd(&sandbox, &["-c", "{{DIR}}/smokerd.yaml", "--check"]);
    assert_eq!(check.code, 0, "{}\n{}", check.text(), suggested.stdout);
    cli::smokerd(&sandbox, &["suggest", "--all"]).expect_code(2);
    cli::smokerd(&sandbox, &["suggest", "--help"]).expect_code(0);
}
