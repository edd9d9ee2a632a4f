//! The systemd unit and the launchd job: checked by the tools that read them, and against the program that they start.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use smoker_tests::binary;
use smoker_tests::cli::{self, Output};
use smoker_tests::documents::{help, markdown};
use smoker_tests::lines::expect_line;
use smoker_tests::machine::skip;
use smoker_tests::sandbox::Sandbox;

/// Where the unit has the daemon.
const INSTALLED: &str = "/usr/sbin/smokerd";

const SYSTEMD: &str = "apt-get install systemd";

fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rc.d").join(name)
}

/// The unit, with the built daemon in the place of the installed one.
fn unit() -> String {
    let text = fs::read_to_string(shipped("smokerd.service")).expect("it is shipped");
    text.replace(INSTALLED, &binary::path("smokerd").display().to_string())
}

/// The values of a key of the unit, in order.
fn values(key: &str) -> Vec<String> {
    let unit = unit();
    let lines = unit.lines().filter_map(|line| line.strip_prefix(key)?.strip_prefix('='));
    lines.map(str::to_owned).collect()
}

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let write = |name: &str, text: &str| sandbox.write(name, text.as_bytes()).expect("writable");
    write("common.yaml", "bind_host: 127.0.0.1\nbind_port: {{PORT}}\n");
    write("template.d/BasePlugin.yaml", "Timeout: 15\n");
    write("plugin.d/hello.yaml", "Command: echo hello\n");
    sandbox
}

/// Runs the shell line of an `Exec` value as systemd would, `$$` being a dollar sign.
fn run(sandbox: &Sandbox, value: &str, generate: &str) -> Output {
    let line = value.strip_prefix("/bin/sh -c '").and_then(|rest| rest.strip_suffix('\''));
    let line = line.unwrap_or_else(|| panic!("no shell line: {value}"));
    assert!(!line.replace("$$", "").contains('$'), "systemd would replace a single $ in {value}");
    let mut command = sandbox.command("/bin/sh".as_ref());
    command.args(["-c", &line.replace("$$", "$")]).env("GENCONFIG", generate);
    command.env("CONFDIR", sandbox.config_folder()).env("CONFIG", sandbox.path("smokerd.yaml"));
    cli::run(&mut command)
}

#[test]
fn systemd_takes_the_unit_and_finds_it_as_exposed_as_the_documentation_says() {
    let page = fs::read_to_string(shipped("../docs/service.md")).expect("the page is there");
    let mut figures = page.split("**").skip(1).step_by(2).filter(|bold| bold.parse::<f64>().is_ok());
    let (whole, tight) = (figures.next().expect("a figure"), figures.next().expect("a figure"));
    expect_exposure(&unit(), whole);

    let blocks = markdown::blocks(&page);
    let edit = blocks.iter().find(|block| block.language == "ini").expect("what to write");
    expect_exposure(&(unit() + &edit.text), tight);
}

/// Fails the test when systemd measures more than this. Versions differ a
/// little in what they count; the figures are those of version 252.
fn expect_exposure(unit: &str, figure: &str) {
    let Some(analyze) = skip::program("systemd-analyze", SYSTEMD) else { return };
    let sandbox = Sandbox::new();
    sandbox.write("smokerd.service", unit.as_bytes()).expect("writable");
    let path = sandbox.path("smokerd.service");
    let output = cli::run(Command::new(&analyze).args(["security", "--offline=yes", "--no-pager"]).arg(&path));
    if output.stderr.contains("unrecognized option") {
        skip::skip("the exposure of the unit was not measured", "use systemd 250 or newer");
        return;
    }
    let overall =
        output.stdout.lines().last().and_then(|line| line.split(' ').find_map(|word| word.parse::<f64>().ok()));
    let overall = overall.unwrap_or_else(|| panic!("no figure in {}", output.text()));
    let figure: f64 = figure.parse().expect("a number");
    let version = cli::run(Command::new(&analyze).arg("--version")).stdout;
    let tolerance = if version.starts_with("systemd 252 ") { 0.001 } else { 0.5 };
    assert!((overall - figure).abs() <= tolerance, "docs/service.md says {figure}, systemd says {overall}");
    let verified = cli::run(Command::new(&analyze).args(["verify", "--man=no"]).arg(&path));
    let told: Vec<_> = verified.stderr.lines().filter(|line| line.contains("smokerd")).collect();
    assert_eq!(told, [""; 0]);
    verified.expect_code(0);
}

#[test]
fn the_unit_waits_reports_and_reads_overrides() {
    assert_eq!(values("Type"), ["notify"]);
    assert_eq!(values("EnvironmentFile"), ["-/etc/default/smokerd", "-/etc/sysconfig/smokerd"]);
    let start = values("ExecStart");
    assert!(start[0].ends_with(" -fg -c ${CONFIG} $SMOKERD_OPTIONS $OPTIONS"), "{start:?}");
    assert_eq!(values("ExecReload").len(), 1, "what becomes of the configuration is the outcome of one line");
    assert_eq!(values("KillMode"), ["mixed"]);
    let limit: u64 = values("TimeoutStopSec")[0].parse().expect("seconds");
    assert!(limit > 8, "--stop gives the daemon eight seconds");
    assert!(values("WatchdogSec")[0].parse::<u64>().is_ok_and(|seconds| seconds >= 30));
}

#[test]
fn the_unit_makes_the_configuration_when_it_is_asked_to() {
    let sandbox = sandbox();
    let config = sandbox.path("smokerd.yaml");
    let (start, reload) = (values("ExecStartPre"), values("ExecReload"));
    let reload = reload[0].replace(&format!("{} --reload=$$MAINPID", binary::path("smokerd").display()), "true");
    for (line, broken_code) in [(start.last().expect("a line"), 0), (&reload, 3)] {
        for no in ["0", "", "no"] {
            run(&sandbox, line, no).expect_code(0);
            assert!(!config.exists());
        }
        run(&sandbox, line, "1").expect_code(0);
        let written = fs::read_to_string(&config).expect("it is written");
        assert!(written.contains("echo hello"));

        sandbox.write("plugin.d/broken.yaml", b"Command: [x\n").expect("writable");
        let output = run(&sandbox, line, "1");
        output.expect_code(broken_code);
        expect_line(&output.stderr, &["plugin.d/broken.yaml:"]);
        let written = fs::read_to_string(&config).expect("the others are in it");
        assert!(written.contains("echo hello"), "{written}");
        let template = sandbox.path("template.d/BasePlugin.yaml");
        let text = fs::read_to_string(&template).expect("written above");
        fs::write(&template, "Timeout: [\n").expect("writable");
        run(&sandbox, line, "1").expect_code(1);
        assert_eq!(fs::read_to_string(&config).expect("it stays"), written);
        fs::write(&template, text).expect("writable");
        fs::remove_file(sandbox.path("plugin.d/broken.yaml")).expect("ours");
        fs::remove_file(&config).expect("ours");
    }
}

#[test]
fn the_unit_refuses_a_value_in_which_only_a_shell_replaces_variables() {
    let sandbox = sandbox();
    let line = &values("ExecStartPre")[0];
    run(&sandbox, line, "0").expect_code(0);
    for variable in ["CONFIG", "CONFDIR", "OPTIONS", "SMOKERD_OPTIONS"] {
        let shell = line.strip_prefix("/bin/sh -c '").and_then(|rest| rest.strip_suffix('\'')).expect("a shell line");
        let mut command = sandbox.command("/bin/sh".as_ref());
        command.args(["-c", &shell.replace("$$", "$")]).env(variable, "-p ${PIDFILE}");
        let output = cli::run(&mut command);
        output.expect_code(1);
        expect_line(&output.stderr, &["/etc/default/smokerd", "write paths out", "CONFIG=/etc/smokerd/smokerd.yaml"]);
    }
    let shell = |line: &str| {
        let line = line.strip_prefix("/bin/sh -c '").and_then(|rest| rest.strip_suffix('\'')).expect("a shell line");
        line.replace("$$", "$")
    };
    let follow = shell(&values("ExecStartPre")[1]);
    for (folder, config, code) in [
        ("/srv/smoker", "/etc/smokerd/smokerd.yaml", 1),
        ("/srv/smoker", "/srv/smoker/smokerd.yaml", 0),
        ("/etc/smokerd", "/etc/smokerd/smokerd.yaml", 0),
        ("/etc/smokerd", "/srv/other.yaml", 0),
    ] {
        let mut command = sandbox.command("/bin/sh".as_ref());
        let output = cli::run(command.args(["-c", &follow]).env("CONFDIR", folder).env("CONFIG", config));
        output.expect_code(code);
        assert!(code == 0 || output.stderr.contains("CONFIG=/srv/smoker/smokerd.yaml"), "{}", output.stderr);
    }
    let assignments = shell(&values("ExecStartPre")[2]);
    for (text, code) in [
        ("# ulimit -n 5\nOPTIONS=-v\nPYTHONPATH=/srv/export lib\n", 0),
        ("OPTIONS=-v\nexport PYTHONPATH=/srv/lib\n", 1),
        ("ulimit -n 65536\n", 1),
        ("  . /etc/common\n", 1),
    ] {
        sandbox.write("defaults", text.as_bytes()).expect("writable");
        let line = assignments.replace("/etc/default/smokerd", &sandbox.path("defaults").display().to_string());
        let output = cli::run(sandbox.command("/bin/sh".as_ref()).args(["-c", &line]));
        output.expect_code(code);
        assert!(code == 0 || output.stderr.contains("without export"), "{}", output.stderr);
    }
}

#[test]
fn launchd_would_take_the_job_and_the_daemon_its_arguments() {
    let Some(python) = skip::program("python3", "apt-get install python3") else { return };
    let read = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
    let output = cli::run(Command::new(python).args(["-c", read]).arg(shipped("org.smoker.smokerd.plist")));
    output.expect_code(0);
    let job: serde_json::Value = serde_json::from_str(&output.stdout).expect("one JSON object");
    assert_eq!(job["Label"], "org.smoker.smokerd");
    assert_eq!(job["StandardOutPath"], "/var/log/smokerd-stdout.log");
    assert_eq!(job["StandardErrorPath"], "/var/log/smokerd-stderr.log");
    let arguments: Vec<_> =
        job["ProgramArguments"].as_array().expect("a list").iter().filter_map(|it| it.as_str()).collect();
    let options = help::options(&cli::smokerd(&Sandbox::new(), &["--help"]).stdout);
    let mut told = arguments.iter().skip(1).filter(|word| word.starts_with('-'));
    assert!(told.all(|word| options.iter().any(|option| option.names.contains(*word))), "{arguments:?}");
    for needed in ["-fg", "--no-syslog"] {
        assert!(arguments.contains(&needed), "{needed}: {arguments:?}");
    }
    // The same command line, with a configuration that is there, is taken.
    let sandbox = sandbox();
    let folder = sandbox.config_folder().display().to_string();
    let words: Vec<_> =
        arguments[1..].iter().map(|word| if word.starts_with('/') { folder.as_str() } else { word }).collect();
    let words: Vec<_> = words.into_iter().filter(|word| *word != "-fg").chain(["--check"]).collect();
    cli::smokerd(&sandbox, &words).expect_code(0);
}
