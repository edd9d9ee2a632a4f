//! `smokerd --check`: every problem at once, and nothing is started.

use std::os::unix::fs::PermissionsExt;

use smoker_tests::cli::{self, Output};
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::executable;
use smoker_tests::lines::expect_line;
use smoker_tests::sandbox::Sandbox;

fn check_in(sandbox: &Sandbox, config: &Config) -> Output {
    config.write(sandbox).expect("writable");
    cli::smokerd(sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"])
}

fn check(config: &Config) -> Output {
    check_in(&Sandbox::new(), config)
}

fn good() -> Config {
    Config::new().plugin("good", "Command: echo x > {{DIR}}/ran\nInterval: 0.1")
}

#[test]
fn a_good_configuration_passes_and_starts_nothing() {
    let sandbox = Sandbox::new();
    let output = check_in(&sandbox, &good());
    output.expect_code(0);
    assert!(!output.text().contains("rror"), "{}", output.text());
    assert!(!sandbox.path("ran").exists() && !sandbox.pidfile().exists());
    assert_eq!(sandbox.processes(), [0; 0]);
}

#[test]
fn every_problem_is_reported() {
    let config = good()
        .top("nr_concurent_plugins: 3")
        .plugin("timeless", "Command: 'true'\nTimeout: 0")
        .plugin("both", "Command: 'true'\nModule: a.b")
        .plugin("lost", "Command: 'true'\nTemplate: Nowhere")
        .plugin("inert", "Command: 'true'\nAction: nothing")
        .plugin("odd", "Command: 'true'\nInterval: often");
    let output = check(&config);
    output.expect_code(3);
    expect_line(&output.text(), &["smokerd.yaml:3", "nr_concurrent_plugins"]);
    expect_line(&output.text(), &["timeless", "Timeout", "smokerd.yaml:"]);
    expect_line(&output.text(), &["both", "Command and Module"]);
    expect_line(&output.text(), &["lost", "Nowhere"]);
    expect_line(&output.text(), &["inert", "nothing"]);
    expect_line(&output.text(), &["odd", "Interval"]);
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn programs_that_an_account_may_not_run_are_reported() {
    let sandbox = Sandbox::new();
    let account = "uid: 12345\ngid: 12345";
    let script = "{{DIR}}/script.sh";
    let config = good()
        .file("script.sh", "#!/bin/sh\ntrue\n")
        .plugin("closed", &format!("Command: {script} a\n{account}"))
        .plugin("read", &format!("Command: sh {script}\n{account}"))
        .plugin("open", &format!("Command: ls /\n{account}"))
        .plugin("of_root", &format!("Command: {script}"));
    config.write(&sandbox).expect("writable");
    let set_mode = |name: &str, mode| {
        std::fs::set_permissions(sandbox.path(name), std::fs::Permissions::from_mode(mode)).expect("ours");
    };
    set_mode("", 0o755);
    set_mode("script.sh", 0o700);
    let check = || cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"]);
    let output = check();
    output.expect_code(3);
    for plugin in ["closed", "read"] {
        let plugin = format!("WARNING: {}:", sandbox.path("smokerd.yaml").display()) + "|Plugin " + plugin;
        let (place, plugin) = plugin.split_once('|').expect("two");
        expect_line(&output.stderr, &[place, plugin, "every run will fail: 12345 may not run", "script.sh"]);
    }
    assert!(!output.stderr.contains("Plugin open") && !output.stderr.contains("Plugin of_root"), "{}", output.stderr);
    set_mode("script.sh", 0o711);
    assert_eq!(check().stderr.matches("may not run").count(), 2, "a script is read by its interpreter");
    set_mode("script.sh", 0o755);
    check().expect_code(0);
}

#[test]
fn an_empty_action_and_files_that_cannot_be_written_are_reported() {
    let config = good()
        .top("pidfile: {{DIR}}/nowhere/smokerd.pid\nstdout: {{DIR}}/smokerd.yaml/out")
        .action("Empty", "")
        .plugin("acts", "Command: 'true'\nAction: Empty");
    let output = check(&config);
    output.expect_code(3);
    expect_line(&output.stderr, &["smokerd.yaml:", "pidfile", "nowhere does not exist"]);
    expect_line(&output.stderr, &["smokerd.yaml:", "stdout", "smokerd.yaml is no folder"]);
    expect_line(&output.stderr, &["Action Empty is empty, so nothing is run"]);
}

/// The modules of a plugin whose account is not known are not looked at: by root they must not be.
#[test]
fn modules_of_an_unknown_account_are_not_looked_at() {
    let config = good()
        .file("syntax.py", "class Plugin(:\n")
        .plugin("known", "Module: syntax")
        .plugin("unknown", "Module: syntax\nuid: no-such-account\ngid: no-such-account");
    let output = check(&config);
    output.expect_code(3);
    expect_line(&output.stderr, &["Plugin known", "syntax.py:1"]);
    let of_unknown = output.stderr.lines().filter(|line| line.contains("Plugin unknown"));
    let of_unknown: Vec<_> = of_unknown.collect();
    assert!(!of_unknown.is_empty() && of_unknown.iter().all(|line| line.contains("no-such-account")), "{of_unknown:?}");
}

#[test]
fn one_broken_plugin_is_enough_to_fail() {
    let output = check(&good().plugin("timeless", "Command: 'true'\nTimeout: 0"));
    output.expect_code(3);
}

#[test]
fn a_file_that_cannot_be_read_or_parsed_fails() {
    let missing = cli::smokerd(&Sandbox::new(), &["--check", "-c", "{{DIR}}/nosuch.yaml"]);
    missing.expect_code(1);
    expect_line(&missing.text(), &["nosuch.yaml"]);

    let output = check(&Config::whole("plugins:\n  a: [1\n  b: 2\n"));
    output.expect_code(1);
    expect_line(&output.text(), &["smokerd.yaml:"]);

    let output = check(&Config::new().plugin("locked", "Command: 'true'\nMaintenanceLock = /x"));
    output.expect_code(1);
    expect_line(&output.text(), &["use a colon"]);
}

#[test]
fn a_configuration_without_any_plugin_fails() {
    check(&Config::new()).expect_code(1);
    check(&Config::new().plugin("off", "Command: 'true'\nEnabled: false")).expect_code(1);
    check(&Config::whole("bind_port: {{PORT}}\nplugins: {a: {Command: 'true'}}\n")).expect_code(1);
}

#[test]
fn a_plugin_that_is_switched_off_is_no_problem() {
    check(&good().plugin("retired", "Command: 'true'\nTimeout: 0\nEnabled: false")).expect_code(0);
}

#[test]
fn modules_and_parsers_that_cannot_be_found_are_warned_of() {
    let config = good()
        .top("actions: {Tell: {Module: no.action}}")
        .plugin("module", "Module: no.such.module")
        .plugin("parser", "Command: 'true'\nParser: smoker.server.plugins.no_parser")
        .plugin("action", "Command: 'true'\nAction: Tell");
    let output = check(&config);
    output.expect_code(3);
    for (plugin, name) in [
        ("module", "Module no.such.module"),
        ("parser", "Parser smoker.server.plugins.no_parser"),
        ("action", "the action's Module no.action"),
    ] {
        expect_line(&output.stderr, &["WARNING", &format!("Plugin {plugin}"), name, "is not found", "python_path"]);
    }
    expect_line(&output.stderr, &["3 problems found; the daemon would start"]);
}

#[test]
fn a_built_in_in_the_place_of_another_kind_is_warned_of() {
    let config = good()
        .top("actions: {Tell: {Module: smoker.server.plugins.uname}}")
        .plugin("parser", "Command: 'true'\nParser: smoker.server.plugins.uname")
        .plugin("module", "Module: smoker.plugins.nsca")
        .plugin("action", "Command: 'true'\nAction: Tell");
    let output = check(&config);
    output.expect_code(3);
    for (plugin, words) in [
        ("parser", "that is a module: write `Module:`"),
        ("module", "that is the module of an action"),
        ("action", "not of an action"),
    ] {
        expect_line(&output.stderr, &["WARNING", "smokerd.yaml:", &format!("Plugin {plugin}"), words]);
    }
    expect_line(&output.stderr, &["3 problems found"]);
}

#[test]
fn modules_are_looked_for_and_not_run() {
    let sandbox = Sandbox::new();
    let open = format!("open({:?}, 'w').close()\n", sandbox.path("ran").display());
    let leaves_a_trace = format!("{open}class Plugin(object):\n    pass\n\n\nParser = Plugin\n");
    let mut config = good().top("python_path: [library]").top("actions: {Tell: {Module: smoker.plugins.nsca}}");
    for (plugin, body, file) in [
        ("here", "Module: here", "here.py"),
        ("packaged", "Module: package.inner.check", "library/package/inner/check.py"),
        ("spaced", "Module: bare.check", "bare/check.py"),
        ("beside", "Module: smoker.server.plugins.own", "smoker/server/plugins/own.py"),
        ("read", "Command: 'true'\nParser: reader", "library/reader.py"),
    ] {
        config = config.plugin(plugin, body).file(file, &leaves_a_trace);
    }
    let config = config
        .file("library/package/__init__.py", &leaves_a_trace)
        .file("library/package/inner/__init__.py", &leaves_a_trace)
        .file("json.py", &leaves_a_trace)
        .plugin("shipped", "Module: smoker.server.plugins.uname\nAction: Tell")
        .plugin("short", "Command: 'true'\nParser: nagios")
        .plugin("below", "Module: package.bare.check")
        .file("library/package/bare/check.py", &leaves_a_trace);
    let output = check_in(&sandbox, &config);
    output.expect_code(0);
    assert!(!sandbox.path("ran").exists());
}

#[test]
fn modules_that_cannot_be_imported_are_warned_of_with_file_and_line() {
    let sandbox = Sandbox::new();
    let trace = format!("open({:?}, 'w').close()\n", sandbox.path("ran").display());
    let mut config = good();
    let class = "class Plugin(object):\n    pass\n";
    for (name, text, words) in [
        ("printing", "import os\nprint 'x'\n".to_owned(), &["printing.py:2: ", "Python 2"][..]),
        ("catching", "try:\n    pass\nexcept OSError, e:\n    pass\n".to_owned(), &["catching.py:3: ", "Python 2"]),
        ("open_one", "x = (\n".to_owned(), &["open_one.py:1: "]),
        ("returning", format!("{class}return 5\n"), &["returning.py:3: ", "outside function"]),
        ("nameless", "class Check(object):\n    pass\n".to_owned(), &["no class Plugin", "only Check"]),
        ("moved", format!("import urllib2\n{class}"), &["moved.py:1: it imports urllib2", "urllib.request"]),
        ("needy", format!("from no_such_module import x\n{class}"), &["needy.py:1: it imports no_such_module"]),
        ("stat", class.to_owned(), &["Python has a module of this name itself", "rename ", "/stat.py"]),
        ("good1", format!("{trace}{class}"), &[]),
        // Python has these, too, but does not load them by itself.
        ("json", class.to_owned(), &[]),
        ("good2", "try:\n    import no_such_module\nexcept ImportError:\n    no_such_module = None\nfrom good1 import Plugin\n".to_owned(), &[]),
        ("good3", "globals()['Plugin'] = object\n".to_owned(), &[]),
        ("good4", format!("import sys\nsys.path.append('/x')\nimport no_such_module\n{class}"), &[]),
        ("good5", "from good1 import *\n".to_owned(), &[]),
    ] {
        config = config.plugin(name, &format!("Module: {name}")).file(&format!("{name}.py"), &text);
        let output = check_in(&sandbox, &config);
        let line = output.stderr.lines().find(|line| line.contains(&format!("Plugin {name}:")));
        if words.is_empty() {
            assert_eq!(line, None, "{name}");
            continue;
        }
        let line = line.unwrap_or_else(|| panic!("{name}: {}", output.stderr));
        assert!(line.starts_with("WARNING: ") && line.contains(&format!("Module {name} cannot be imported: ")), "{line}");
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
    }
    let config = good()
        .plugin("parsed", "Command: 'true'\nParser: xml")
        .plugin("acted", "Command: 'true'\nAction: Tell")
        .plugin("packaged", "Module: package.check")
        .file("package/__init__.py", "x = (\n")
        .file("package/check.py", class)
        .top("actions: {Tell: {Module: telling}}")
        .file("telling.py", "print 'x'\n");
    let output = check_in(&sandbox, &config);
    expect_line(&output.stderr, &["Plugin parsed", "Parser xml cannot be imported", "has no class Parser"]);
    expect_line(&output.stderr, &["Plugin acted", "the action's Module telling cannot be imported", "telling.py:1: "]);
    expect_line(&output.stderr, &["Plugin packaged", "package/__init__.py:1: "]);
    let written = [sandbox.path("ran"), sandbox.path("__pycache__"), sandbox.path("package/__pycache__")];
    assert!(written.iter().all(|path| !path.exists()), "nothing is run and nothing is written");
}

#[test]
#[cfg_attr(not(as_root), ignore = "needs root")]
fn modules_are_looked_at_as_the_account_that_imports_them() {
    let sandbox = Sandbox::new();
    let own = "Module: own\nuid: nobody\ngid: 0";
    let config =
        good().plugin("own", own).plugin("roots", "Module: own").file("own.py", "class Plugin(object): pass\n");
    config.write(&sandbox).expect("writable");
    let set_mode = |mode| {
        std::fs::set_permissions(sandbox.path("own.py"), std::os::unix::fs::PermissionsExt::from_mode(mode))
            .expect("a mode");
        cli::smokerd(&sandbox, &["--check", "-c", "{{DIR}}/smokerd.yaml"])
    };
    let output = set_mode(0o600);
    expect_line(&output.stderr, &["Plugin own", "Module own cannot be imported"]);
    assert!(!output.stderr.contains("Plugin roots"), "{}", output.stderr);
}

#[test]
fn a_shipped_module_that_is_installed_is_named_as_not_used() {
    let sandbox = Sandbox::new();
    let file = "installed/smoker/server/plugins/uname.py";
    let installed = sandbox.path(file);
    let python = sandbox.path("python");
    let script = format!("#!/bin/sh\nPYTHONPATH={} exec python3 \"$@\"\n", sandbox.path("installed").display());
    executable::write(&python, &script);
    let config = good()
        .top("python: '{{DIR}}/python'")
        .file(file, "class Plugin(object): pass\n")
        .plugin("shipped", "Module: smoker.server.plugins.uname");
    let output = check_in(&sandbox, &config);
    output.expect_code(0);
    let not_used = format!("{} is not used", installed.display());
    expect_line(&output.stderr, &["ADVICE", &not_used, "copy it into the folder smoker/server/plugins beside"]);
    let output = check_in(&sandbox, &config.file("smoker/server/plugins/uname.py", "class Plugin(object): pass\n"));
    assert!(!output.stderr.contains("ADVICE"), "{}", output.stderr);
}

#[test]
fn a_missing_interpreter_is_warned_of() {
    let output = check(&good().top("python: /no/such/python").plugin("module", "Module: some.module"));
    output.expect_code(3);
    expect_line(&output.stderr, &["WARNING", "Plugin module", "cannot start /no/such/python", "install python3"]);
    check(&good().top("python: /no/such/python")).expect_code(0);
}

#[test]
fn a_running_daemon_is_not_disturbed() {
    let daemon = Daemon::start(Config::new().plugin("hello", "Command: echo hello"));
    let sandbox = Sandbox::new();
    let taken = Config::new()
        .address(&format!("bind_host: 127.0.0.1\nbind_port: {}", daemon.address().port()))
        .plugin("hello", "Command: echo hello");
    check_in(&sandbox, &taken).expect_code(0);
    daemon.run("hello").expect_ok(&["hello"]);
}
