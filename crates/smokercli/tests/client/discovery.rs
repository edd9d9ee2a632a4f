//! Hosts from discovery plugins and commands.

use crate::corpus::host;
use crate::fake::Fake;
use crate::run::{Run, SMOKERCLI};

/// A plugin as they exist: options with parser keywords, and hosts by them.
const PLUGIN: &str = r"
class HostDiscoveryPlugin(object):
    arguments = [
        ('-E', '--environment', {'help': 'Hosts of this environment', 'metavar': 'ENV', 'choices': ['prod', 'test']}),
        (None, '--pool', {'nargs': '+', 'type': int, 'default': [], 'help': 'Hosts of these pools'}),
        ('-A', '--all-of-them', {'action': 'store_true', 'help': 'All'}),
    ]

    def get_hosts(self, args):
        print('thinking about', args.plugins)
        if args.environment != 'prod':
            return None
        assert args.pool == [1, 2] and args.all_of_them and args.plugins == ['varnish']
        return ['HOST']
";

fn plugin_run(fake: &Fake) -> Run {
    let run = Run::of(SMOKERCLI);
    run.file("plugins/a.py", &PLUGIN.replace("'HOST'", &format!("'{}'", fake.address())));
    run.file("plugins/__init__.py", "raise Exception('not a plugin')");
    let folder = run.home().join("plugins").display().to_string();
    run.config(&format!("plugin_paths: [smoker.client.plugins, {folder}]\nbind_port: 1\n"))
}

#[test]
fn a_plugin_gets_its_options_and_ours_and_names_hosts() {
    let fake = Fake::start(&host("server2"));
    let done = plugin_run(&fake).args(["-E", "prod", "--pool", "1", "2", "-A", "-p", "varnish", "-l"]).done();
    assert_eq!(done.stdout, "varnish\n", "{}", done.stderr);
    assert!(done.stderr.contains("thinking about ['varnish']"), "{}", done.stderr);
}

#[test]
fn given_hosts_come_before_discovered_ones() {
    let (given, found) = (Fake::start(&host("www")), Fake::start(&host("server2")));
    let done = plugin_run(&found).args([
        "-Eprod",
        "--pool",
        "1",
        "2",
        "-A",
        "-p",
        "varnish",
        "-ondjson",
        "-s",
        given.address(),
    ]);
    let done = done.done();
    let hosts: Vec<_> = done.stdout.lines().map(|line| line.split('"').nth(3).unwrap_or_default()).collect();
    assert_eq!(hosts, ["www.example.com", "server2"], "{}", done.stderr);
}

#[test]
fn a_plugins_options_are_in_the_help_and_its_parser_decides() {
    let fake = Fake::start(&host("server2"));
    let help = plugin_run(&fake).args(["--help"]).done();
    for words in ["Plugin arguments:", "-E, --environment <ENV>", "Hosts of this environment", "--pool <POOL>..."] {
        assert!(help.stdout.contains(words), "{words}: {}", help.stdout);
    }
    let wrong = plugin_run(&fake).args(["-E", "moon"]).done();
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("invalid choice"), "{}", wrong.stderr);
}

#[test]
fn a_plugin_that_fails_ends_the_call() {
    let fake = Fake::start(&host("server2"));
    let done = plugin_run(&fake).args(["-E", "prod", "-s", fake.address()]).done();
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("a.py: AssertionError"), "{}", done.stderr);
    assert!(fake.requests().is_empty());
}

#[test]
fn a_package_is_found_on_the_path_of_python() {
    let fake = Fake::start(&host("server2"));
    let run = Run::of(SMOKERCLI);
    run.file("lib/site/__init__.py", "");
    run.file("lib/site_hosts/found/__init__.py", "");
    run.file("lib/site_hosts/__init__.py", "PORT = 'relative import works'");
    let text = "from site_hosts import PORT\nclass HostDiscoveryPlugin:\n    arguments = []\n    def get_hosts(self, args):\n        return ['HOST']\n";
    run.file("lib/site_hosts/found/one.py", &text.replace("'HOST'", &format!("'{}'", fake.address())));
    let path = run.home().join("lib").display().to_string();
    let done = run.env("PYTHONPATH", &path).config("plugin_paths: [site_hosts.found]\n").args(["-l"]).done();
    assert_eq!(done.stdout, "fsmount\ngit-refresh\nvarnish\n", "{}", done.stderr);
}

#[test]
fn without_a_plugin_python_is_never_started() {
    let fake = Fake::start(&host("server2"));
    let run = Run::of(SMOKERCLI);
    run.file("nothing/__init__.py", "");
    run.file("bin/python3", "");
    let (path, folder) =
        (run.home().join("bin").display().to_string(), run.home().join("nothing").display().to_string());
    let config = format!("plugin_paths: [smoker.client.plugins, {folder}]\n");
    let done = run.env("PATH", &path).config(&config).args(["-s", fake.address(), "-l"]).done();
    let told = format!(
        "WARNING: plugin_paths: {folder} has no plugin that can be read; put plugins into it (NAME.py), or take the entry out\n"
    );
    assert_eq!((done.code, done.stderr), (Some(0), told));
}

#[test]
fn an_entry_that_leads_nowhere_is_reported() {
    let fake = Fake::start(&host("server2"));
    let done = Run::of(SMOKERCLI).config("plugin_paths: [no.such.package]\n").args(["-s", fake.address(), "-l"]).done();
    assert_eq!(done.code, Some(0));
    assert!(done.stderr.contains("WARNING: plugin_paths: no.such.package is neither"), "{}", done.stderr);
    // Without hosts of its own a call would be short of those of the package; and an unknown option may be its.
    for (arguments, code, reason) in [(&["-l"][..], 1, "its hosts would be missing"), (&["--rack", "a"], 2, "--rack")] {
        let done = Run::of(SMOKERCLI).config("plugin_paths: [no.such.package]\n").args(arguments).done();
        assert_eq!((done.code, done.stdout.as_str()), (Some(code), ""), "{}", done.stderr);
        assert!(done.stderr.contains("no.such.package is neither") && done.stderr.contains(reason), "{}", done.stderr);
    }
}

#[test]
fn commands_name_hosts_by_lines_or_json() {
    let (a, b) = (Fake::start(&host("server2")), Fake::start(&host("www")));
    let config = format!(
        "discovery_commands:\n  - echo {}; echo '# no more'\n  - printf '[\"%s\"]' {}\n",
        a.address(),
        b.address()
    );
    let done = Run::of(SMOKERCLI).config(&config).args(["-l", "-p", "varnish"]).done();
    assert_eq!(done.stdout, "server2/varnish\nwww.example.com/varnish\n", "{}", done.stderr);
    let failing = Run::of(SMOKERCLI).config("discovery_commands: ['exit 4']\n").done();
    assert_eq!(failing.code, Some(1));
    assert!(failing.stderr.contains("\"exit 4\" failed"), "{}", failing.stderr);
}

/// What an account puts into a folder where somebody else may happen to be.
#[test]
fn nothing_is_imported_from_the_working_directory() {
    let fake = Fake::start(&host("server2"));
    for python_path in ["", ":", "/nowhere::/nowhere"] {
        let run = plugin_run(&fake).env("PYTHONPATH", python_path);
        let owned = run.home().join("owned");
        for name in ["argparse", "json", "importlib", "os", "ast", "sitecustomize", "usercustomize", "encodings"] {
            run.file(&format!("{name}.py"), &format!("open({:?}, 'w')", owned.display().to_string()));
        }
        let arguments = ["-E", "prod", "--pool", "1", "2", "-A", "-p", "varnish", "-l"];
        let (child, home) = run.args(arguments).start();
        let output = child.wait_with_output().expect("it ends");
        assert_eq!(output.stdout, b"varnish\n", "{python_path:?}");
        assert!(!owned.exists(), "{python_path:?}");
        drop(home);
    }
}

/// A file that cannot be loaded, in a folder that the configuration names.
fn broken_run() -> Run {
    let run = Run::of(SMOKERCLI);
    run.file("plugins/bad.py", "import no_such_module\n");
    let folder = run.home().join("plugins").display().to_string();
    run.config(&format!("plugin_paths: [{folder}]\n"))
}

#[test]
fn a_broken_plugin_is_one_line_and_ends_only_a_call_that_needs_its_hosts() {
    let fake = Fake::start(&host("solo"));
    for arguments in [vec!["--help"], vec!["--version"], vec!["-s", fake.address()], vec!["-s", fake.address(), "-l"]] {
        let done = broken_run().args(&arguments).done();
        assert_eq!((done.code, done.stderr.lines().count()), (Some(0), 1), "{arguments:?}: {}", done.stderr);
        assert!(
            done.stderr.starts_with("ERROR: host discovery: ") && done.stderr.contains("bad.py"),
            "{}",
            done.stderr
        );
    }
    let done = broken_run().args(["-l"]).done();
    assert!(done.code == Some(1) && done.stderr.contains("name hosts by -s"), "{}", done.stderr);
}

#[test]
fn an_option_of_a_plugin_wins_over_a_new_option_of_ours() {
    let fake = Fake::start(&host("solo"));
    let run = Run::of(SMOKERCLI);
    let address = fake.address();
    run.file(
        "plugins/a.py",
        &format!(
            "from smoker.client.plugins import HostDiscoveryPluginBase, SpecificArgument\n\
             class HostDiscoveryPlugin(HostDiscoveryPluginBase):\n\
             \x20   arguments = [SpecificArgument('-V', '--timeout', dest='x'), SpecificArgument(short=None, long='--color')]\n\
             \x20   def get_hosts(self, args):\n\
             \x20       return '{address}' if args.x == 'soon' and args.color == 'red' and args.state_ok is False else None\n"
        ),
    );
    let folder = run.home().join("plugins").display().to_string();
    let done = run.config(&format!("plugin_paths: [{folder}]\n")).args(["-V", "soon", "--color", "red", "-l"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "ping\n"), "{}", done.stderr);
}

#[test]
fn a_plugin_may_use_all_of_smoker() {
    let fake = Fake::start(&host("solo"));
    let run = Run::of(SMOKERCLI);
    run.file("site/smoker/util/site.py", "SITE = 'own'\n");
    run.file(
        "plugins/a.py",
        &format!(
            "import smoker.logger\n\
             from smoker.client import Client\n\
             from smoker.client.plugins import HostDiscoveryPluginBase, SpecificArgument\n\
             from smoker.server.plugins import BasePlugin\n\
             from smoker.util import nagios, site\n\
             from smoker.util.command import execute\n\
             class HostDiscoveryPlugin(HostDiscoveryPluginBase):\n\
             \x20   arguments = [SpecificArgument('', 'where', nargs='*', help='Hosts')]\n\
             \x20   def get_hosts(self, args):\n\
             \x20       assert [host.address for host in Client(args.where).hosts] and site.SITE == 'own'\n\
             \x20       return execute('echo {}')[0].split()\n",
            fake.address()
        ),
    );
    let folder = run.home().join("plugins").display().to_string();
    let site = run.home().join("site").display().to_string();
    let run = run.config(&format!("plugin_paths: [{folder}]\n")).env("PYTHONPATH", &site);
    let done = run.args(["-l", fake.address()]).done();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "ping\n"), "{}", done.stderr);
}

#[test]
fn an_inventory_without_hosts_is_an_error_and_not_this_host() {
    let done = Run::of(SMOKERCLI).config("discovery_commands: ['true']\n").done();
    assert!(done.code == Some(1) && done.stderr.contains("host discovery found no host"), "{}", done.stderr);
    let fake = Fake::start(&host("server2"));
    let done = plugin_run(&fake).args(["-E", "test"]).done();
    assert!(done.code == Some(1) && done.stderr.contains("host discovery found no host"), "{}", done.stderr);
    // Plugins that are not there any more.
    let run = Run::of(SMOKERCLI);
    run.file("plugins/__init__.py", "");
    let folder = run.home().join("plugins").display().to_string();
    let done = run.config(&format!("plugin_paths: [{folder}]\n")).args(["--list-hosts"]).done();
    assert!(done.code == Some(1) && done.stderr.contains("has no plugin, and its hosts would be missing"), "{done:?}");
    // A plugin without options is asked in any case.
    let run = Run::of(SMOKERCLI);
    run.file("plugins/none.py", "class HostDiscoveryPlugin:\n    def get_hosts(self, args):\n        return []\n");
    let folder = run.home().join("plugins").display().to_string();
    let done = run.config(&format!("plugin_paths: [{folder}]\n")).done();
    assert!(done.code == Some(1) && done.stderr.contains("host discovery found no host"), "{}", done.stderr);
}

#[test]
fn a_plugin_whose_options_are_not_used_leaves_this_host() {
    let (local, other) = (Fake::start(&host("solo")), Fake::start(&host("server2")));
    let port = local.address().rsplit(':').next().expect("a port").to_owned();
    let run = plugin_run(&other);
    let folder = run.home().join("plugins").display().to_string();
    let done = run.config(&format!("plugin_paths: [{folder}]\nbind_port: {port}\n")).args(["-l"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "ping\n"), "{}", done.stderr);
}

/// What argparse makes of keywords that sites use.
#[test]
fn options_are_what_argparse_makes_of_them() {
    let plugin = r"
import argparse
from smoker.client.plugins import SpecificArgument as A

class Upper(argparse.Action):
    def __call__(self, parser, namespace, values, option_string=None):
        setattr(namespace, self.dest, values.upper())

class HostDiscoveryPlugin:
    arguments = [A('-U', '--upper', action=Upper), A('-I', '--inner', help=argparse.SUPPRESS),
                 A('-B', '--pair', nargs=2, metavar=('LEFT', 'RIGHT'), help='Both (default: %(default)s)', default='none'),
                 A(None, '--colour', choices=['red', 'blue'], help='100%% of %(choices)s')]
    def get_hosts(self, args):
        return ['HOST'] if (args.upper, args.inner, args.pair) == ('WEB', '1', ['a', 'b']) else None
";
    let fake = Fake::start(&host("solo"));
    let run = || {
        let run = Run::of(SMOKERCLI);
        run.file("plugins/a.py", &plugin.replace("HOST'", &format!("{}'", fake.address())));
        let folder = run.home().join("plugins").display().to_string();
        run.config(&format!("plugin_paths: [{folder}]\n"))
    };
    let help = run().args(["--help"]).done();
    for words in ["--upper <UPPER>", "<LEFT> <RIGHT>", "Both (default: none)", "{red,blue}", "100% of red, blue"] {
        assert!(help.stdout.contains(words), "{words}: {}{}", help.stdout, help.stderr);
    }
    assert!(!help.stdout.contains("SUPPRESS") && !help.stdout.contains("--inner"), "{}", help.stdout);
    let done = run().args(["-U", "web", "--inner", "1", "-B", "a", "b", "-l"]).done();
    assert_eq!((done.code, done.stdout.as_str()), (Some(0), "ping\n"), "{}", done.stderr);
}

/// Each of these would end the interpreter, or the call, for all plugins.
const BREAKERS: &[(&str, &str)] = &[
    ("import os\nos._exit(3)\n", "while it is loaded it ends the interpreter (exit status: 3)"),
    ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n", "while it is loaded it ends the interpreter"),
    ("raise ValueError('no way')\n", "ValueError: no way"),
    ("import sys\nsys.exit(4)\n", "SystemExit: 4"),
    ("class HostDiscoveryPlugin(:\n", "SyntaxError"),
    ("x = 1\n", "AttributeError"),
    ("class HostDiscoveryPlugin:\n    arguments = [('-s', '--site', {})]\n", "its option --site exists already"),
    ("class HostDiscoveryPlugin:\n    arguments = [('-X', '--hosts', {})]\n", "its option --hosts exists already"),
    ("class HostDiscoveryPlugin:\n    arguments = [(None, '--help', {})]\n", "its option --help exists already"),
    ("class HostDiscoveryPlugin:\n    arguments = [('-G', '--good', {'required': True})]\n", "conflicting option"),
    ("class HostDiscoveryPlugin:\n    arguments = [('-X', '--', {})]\n", "is no name of an option"),
    ("class HostDiscoveryPlugin:\n    arguments = [('-X', None, {'nargs': -1})]\n", "its options: "),
    (
        "class HostDiscoveryPlugin:\n    arguments = [('-X', '--xx')]\n",
        "an option has to be a SpecificArgument, or (short, long",
    ),
    (
        "from smoker.client.plugins import SpecificArgument\nclass HostDiscoveryPlugin:\n    arguments = [SpecificArgument('-X')]\n",
        "takes the short and the long name",
    ),
];

#[test]
fn a_plugin_that_breaks_in_any_way_is_left_out_and_the_others_stay() {
    let fake = Fake::start(&host("solo"));
    let good = "class HostDiscoveryPlugin:\n    arguments = [('-G', '--good', {'help': 'Good'})]\n\
                \x20   def get_hosts(self, args):\n        return ['HOST'] if args.good == 'x' else None\n";
    for (text, reason) in BREAKERS {
        let run = || {
            let run = Run::of(SMOKERCLI);
            run.file("plugins/a.py", &good.replace("HOST", fake.address()));
            run.file("plugins/bad.py", text);
            let folder = run.home().join("plugins").display().to_string();
            run.config(&format!("plugin_paths: [{folder}]\n"))
        };
        for arguments in [&["--help"][..], &["--version"], &["-s", fake.address(), "-l", "-G", "x"]] {
            let done = run().args(arguments).done();
            assert_eq!(done.code, Some(0), "{text}{arguments:?}: {}", done.stderr);
            let is_told = |line: &&str| line.contains("bad.py is left out") && line.contains(reason);
            assert_eq!(done.stderr.lines().filter(is_told).count(), 1, "{text}{arguments:?}: {}", done.stderr);
            assert!(arguments[0] != "--help" || done.stdout.contains("--good"), "{text}{}", done.stdout);
        }
        // Its hosts would be missing.
        let done = run().args(["-l", "-G", "x"]).done();
        assert!(done.code == Some(1) && done.stderr.contains("name hosts by -s"), "{text}{}", done.stderr);
    }
}

#[test]
fn a_plugin_that_hangs_while_it_is_loaded_is_left_out() {
    let run = Run::of(SMOKERCLI);
    run.file("plugins/slow.py", "import time\ntime.sleep(600)\n");
    let folder = run.home().join("plugins").display().to_string();
    let done = run.config(&format!("plugin_paths: [{folder}]\n")).args(["--help"]).done();
    assert_eq!(done.code, Some(0), "{}", done.stderr);
    assert!(done.stderr.contains("slow.py is left out: while it is loaded it takes more than 10 s"), "{}", done.stderr);
}

/// The way out that the messages name has to work.
#[test]
fn a_plugin_that_cannot_be_asked_does_not_hold_up_hosts_by_name() {
    let fake = Fake::start(&host("solo"));
    for failing in ["raise OSError('inventory is down')", "import os; os._exit(5)", "raise SystemExit(2)"] {
        let run = || {
            let run = Run::of(SMOKERCLI);
            let text = format!("class HostDiscoveryPlugin:\n    def get_hosts(self, args):\n        {failing}\n");
            run.file("plugins/down.py", &text);
            let folder = run.home().join("plugins").display().to_string();
            run.config(&format!("plugin_paths: [{folder}]\n"))
        };
        let done = run().args(["-s", fake.address(), "-l"]).done();
        assert_eq!((done.code, done.stdout.as_str()), (Some(0), "ping\n"), "{failing}: {}", done.stderr);
        assert!(
            done.stderr.contains("ERROR: host discovery failed: ") && done.stderr.contains("down.py: "),
            "{}",
            done.stderr
        );
        let done = run().args(["-l"]).done();
        assert!(done.code == Some(1) && done.stderr.contains("down.py: "), "{failing}: {}", done.stderr);
    }
}
