//! `!env` and `!file`: values that reach the plugins and are shown nowhere.

use std::fs;
use std::os::unix::fs::symlink;

use smoker_config::problem::Severity;
use smoker_config::write::generate;
use smoker_model::plugin::Execution;
use smoker_model::value::Value;
use smoker_model::value::secret::Secret;

use crate::support::{Folder, environment, names, plugin};

/// What the files and variables of these tests hold.
const SECRETS: [&str; 3] = ["sesame", "of-a-file", "8099"];

fn exposed(value: &Value) -> String {
    value.exposed_text().expect("a text").to_owned()
}

#[test]
fn a_tag_gives_a_value_wherever_one_may_stand() {
    let folder = Folder::with(
        "bind_port: !env PORT\n\
         allowed_hosts: [!file host]\n\
         x-shared: &shared {Password: !file secret}\n\
         templates:\n  BasePlugin: {Token: !env PASSWORD}\n\
         actions:\n  Tell: {Command: 'true', Key: !env PASSWORD}\n\
         plugins:\n  p:\n    <<: *shared\n    Command: !file command\n    Action: Tell\n    Env: {PGPASSWORD: !env PASSWORD}\n    \
         List: [a, {b: !file sub/secret}]\n    Included: !include sub/part.yaml\n",
    )
    .and("host", "smoker.example.org\n")
    .and("secret", "of-a-file\n")
    .and("command", "echo 1\necho 2\n\n")
    .and("sub/secret", "in a folder")
    .and("sub/part.yaml", "Inner: !file secret");
    let config = folder.config();
    assert_eq!(config.settings.bind_port, 8099);
    assert_eq!(config.settings.allowed_hosts.as_deref(), Some(&["smoker.example.org".to_owned()][..]));
    assert_eq!(config.settings.secrets.iter().map(Secret::expose).collect::<Vec<_>>(), ["8099", "smoker.example.org"]);
    let p = plugin(&config, "p");
    assert_eq!(exposed(&p.parameters["Token"]), "open sesame");
    assert_eq!(exposed(&p.parameters["Password"]), "of-a-file");
    assert_eq!(exposed(&p.actions[0].own_parameters["Key"]), "open sesame");
    assert_eq!(p.invocation.process.env, [("PGPASSWORD".to_owned(), "open sesame".to_owned())]);
    let Execution::Command { command, .. } = &p.invocation.execution else { panic!("no command") };
    assert_eq!(exposed(command), "echo 1\necho 2\n");
    let shown = smoker_model::notation::python_text::str(&p.parameters["List"].exposed());
    assert_eq!(shown, "['a', {'b': 'in a folder'}]");
    let inner = smoker_model::notation::python_text::str(&p.parameters["Included"].exposed());
    assert_eq!(inner, "{'Inner': 'in a folder'}", "relative to the file that has the tag");
    let debug = format!("{:?}", p.parameters);
    assert!(SECRETS.iter().all(|secret| !debug.contains(secret)), "{debug}");
    let read = config.sources.paths.iter().filter(|path| path.ends_with("secret")).count();
    assert_eq!(read, 3, "their owners are judged, too: {:?}", config.sources);
}

#[test]
fn a_plugin_whose_secret_cannot_be_read_is_left_out() {
    let folder = Folder::empty()
        .and("common.yaml", "templates: {BasePlugin: {}}\nplugins:\n  inline: {Command: x, A: {B: [!env NOT_SET]}}\n")
        .and("plugin.d/variable.yaml", "Command: x\nPassword: !env NOT_SET\n")
        .and("plugin.d/file.yaml", "Command: x\nPassword: !file nosuch\n")
        .and("plugin.d/text.yaml", "Command: x\nPassword: !env NOT_TEXT\n")
        .and("plugin.d/off.yaml", "Enabled: false\nPassword: !env NOT_SET\n")
        .and("plugin.d/good.yaml", "Command: x\nPassword: !env PASSWORD\n");
    assert_eq!(names(&folder.config()), ["good"]);
    let left_out: Vec<_> = folder.problems().into_iter().filter(|problem| problem.starts_with("Error")).collect();
    let hint = "smokerd is not started with a variable NOT_SET; set it where smokerd is started";
    for (found, expected) in left_out.iter().zip([
        format!("Error common.yaml:3:32: Plugin inline not loaded: !env NOT_SET: {hint}"),
        "Error plugin.d/file.yaml:2:11: Plugin file not loaded: Password: !file nosuch: plugin.d/nosuch cannot be read: No \
         such file"
            .to_owned(),
        "Error plugin.d/text.yaml:2:11: Plugin text not loaded: Password: !env NOT_TEXT: the value of NOT_TEXT is not UTF-8"
            .to_owned(),
        format!("Error plugin.d/variable.yaml:2:11: Plugin variable not loaded: Password: !env NOT_SET: {hint}"),
    ]) {
        assert!(found.starts_with(&expected), "{found}\n{expected}");
    }
    assert_eq!(left_out.len(), 4, "{left_out:#?}");
    let whole = generate::generate(&folder.configuration(), environment).expect("a configuration");
    assert!(!whole.is_whole() && whole.text.contains("!env NOT_SET"), "{}", whole.text);
}

#[test]
fn what_all_plugins_share_has_to_be_whole() {
    for (common, place) in [
        ("pidfile: !env NOT_SET", "1:10: pidfile: !env NOT_SET: "),
        ("templates: {BasePlugin: {}, T: {A: !file nosuch}}", "1:36: A: !file nosuch: "),
        ("actions:\n  A: {Key: !env NOT_SET}", "2:12: Key: !env NOT_SET: "),
        ("x-anchors: [&a !env NOT_SET, *a]", "1:13: !env NOT_SET: "),
    ] {
        let folder = Folder::empty()
            .and("common.yaml", common)
            .and("template.d/Other.yaml", "")
            .and("plugin.d/p.yaml", "Command: x");
        let folder = if common.contains("Base") { folder } else { folder.and("template.d/BasePlugin.yaml", "{}") };
        let error = folder.error();
        assert!(error.contains(&format!("common.yaml:{place}")), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn a_value_that_is_refused_is_not_part_of_the_message() {
    for (top, reason) in [
        ("bind_port: !env PASSWORD", "bind_port has to be a port number from 0 to 65535, not '***'"),
        (
            "max_forced_rate: !env PORT",
            "max_forced_rate has to be a number of runs a second above 0, not the text '***'",
        ),
        ("allow: [10.0.0.1, !env PASSWORD]", "*** is none"),
        ("uid: !env PORT\ngid: !env BAD", "!env BAD"),
        ("pidfile: !file empty", "pidfile has a value that is refused, and not shown because it is of !env or !file"),
        ("<<: !env PASSWORD", "<< needs a mapping"),
        ("? !env PASSWORD\n: 1", "a name has to be simple, not a secret (!env or !file)"),
        ("pidfile: !env {a: b}", "!env wants the name of a variable"),
        ("pidfile: !file", "!file wants the path of a file"),
        ("pidfile: !evn X", "did you mean !env?"),
    ] {
        let text = format!("{top}\ntemplates: {{BasePlugin: {{}}}}\nplugins: {{p: {{Command: x}}}}\n");
        let error = Folder::with(&text).and("empty", "\n").error();
        assert!(error.contains(reason), "{top}: {error}");
        assert!(SECRETS.iter().all(|secret| !error.contains(secret)), "{top}: {error}");
    }
    for (body, reason) in [
        (
            "Interval: !env PORT",
            "Interval has to be a number of seconds or a duration such as 500ms, 5s, 10m, 1h30m or 1.5h, not a secret",
        ),
        ("Timeout: !env PORT", "Timeout has to be a number of seconds above 0, not a secret"),
        ("Module: !env PASSWORD", "Command and Module parameters cannot be set together"),
        ("Parser: !env PASSWORD", "Parser has to be the dotted name of a Python module, not a secret"),
        ("Template: !env PASSWORD", "Template *** is not configured under templates"),
        (
            "Action: !env PASSWORD",
            "Action has to be the name of an entry under actions, or a list of names, not a secret",
        ),
        (
            "MaxMemory: !env PASSWORD",
            "MaxMemory has to be a whole number of bytes above 0 or a text such as 64K, 2M or 1G",
        ),
        ("WorkDir: !env PASSWORD", "WorkDir has to be an absolute path, not ***"),
        ("Stdin: !env PASSWORD", "Stdin has to be json, not ***"),
        ("uid: !env PASSWORD\n    gid: 1", "uid has to be a name or a number from 0, not a secret"),
    ] {
        let problems =
            Folder::with_plugins(&format!("  q: {{Command: x}}\n  p:\n    Command: x\n    {body}")).problems();
        let problems = problems.join("\n");
        assert!(problems.contains(reason), "{body}: {problems}");
        assert!(SECRETS.iter().all(|secret| !problems.contains(secret)), "{body}: {problems}");
    }
}

#[test]
fn only_a_file_is_read() {
    let folder = Folder::with_plugins("  q: {Command: x}\n  p: {Command: x, A: !file link}");
    for (target, reason) in [("/dev/zero", "it is a device"), ("/", "directory"), ("nosuch", "No such file")] {
        let _ = fs::remove_file(folder.path("link"));
        symlink(target, folder.path("link")).expect("a link");
        let config = folder.config();
        assert_eq!(names(&config), ["q"]);
        let problem = &config.problems[0];
        assert!(problem.severity == Severity::Error && problem.text.contains(reason), "{problem}");
    }
}

#[test]
fn a_generated_file_has_the_tags_with_whole_paths() {
    let folder = Folder::empty()
        .and("common.yaml", "bind_port: !env PORT\ntemplates: {BasePlugin: {}}")
        .and("plugin.d/p.yaml", "Command: x\nA: !file secret\nB: [!env PASSWORD]")
        .and("plugin.d/secret", "of-a-file\n");
    let text = generate::generate(&folder.configuration(), environment).expect("a configuration").text;
    let path = folder.path("plugin.d/secret");
    for line in
        ["bind_port: !env PORT".to_owned(), format!("A: !file {}", path.display()), "- !env PASSWORD".to_owned()]
    {
        assert!(text.contains(&line), "{line}: {text}");
    }
    assert!(SECRETS.iter().all(|secret| !text.contains(secret)), "{text}");
}

#[test]
fn check_warns_of_a_secret_in_a_command_line_whatever_its_name() {
    let review = |plugins: &str| {
        let folder = Folder::with_plugins(plugins);
        smoker_config::config::review(&folder.configuration(), &|_| None)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("\n")
    };
    let found = review("  p: {Command: 'curl %(Label)s', Label: !env PASSWORD}");
    assert!(found.contains("%(Label)s puts a secret into its command line"), "{found}");
    assert_eq!(review("  p: {Command: 'curl %(Label)s', Label: x}"), "");
}
