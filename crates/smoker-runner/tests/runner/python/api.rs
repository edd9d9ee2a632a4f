//! What modules import and call.

use chrono::NaiveDate;
use serde_json::json;
use smoker_model::messages::Level;
use smoker_model::status::Status;
use smoker_model::value::Value;
use smoker_model::wire::result::ComponentShape;

use crate::fixture::{Check, Modules, action_of, error, infos, plugin, texts};

#[test]
fn parameters_have_the_types_of_the_configuration() {
    let modules = Modules::new();
    modules.file("typed.py", &plugin("self.result.add_info(repr(self.plugin.params['Odd']))"));
    let date = Value::Date(NaiveDate::from_ymd_opt(2024, 1, 2).expect("a date"));
    let odd = Value::List(vec![
        date,
        Value::Float(f64::INFINITY),
        Value::Map(vec![(Value::Int(80), Value::Text("it's \"č\" \u{1b}\n".into()))]),
        Value::Null,
    ]);
    let result = modules.run(&Check::module("typed").parameter("Odd", odd));
    assert_eq!(infos(&result), ["[datetime.date(2024, 1, 2), inf, {80: 'it\\'s \"č\" \\x1b\\n'}, None]"]);
}

#[test]
fn a_plugin_knows_its_run() {
    let modules = Modules::new();
    let body = "p = self.plugin\nself.result.add_info(repr((p.name, p.plugin_name, p.forced, p.get_param('x', 1), p.escape('a b(é'), p.escape(5))))\n\
                return p.error_result('one\\ntwo') if p.get_param('Fail') else None";
    modules.file("knows.py", &plugin(body));
    let check = Check::module("knows");
    assert_eq!(infos(&modules.run(&check)), ["('check-knows', 'check-knows', True, 1, 'a\\\\ b\\\\(é', 5)"]);
    let result = modules.run(&check.parameter("Fail", Value::Bool(true)));
    assert_eq!((result.status, texts(&result, Level::Error)), (Status::Error, vec!["one", "two"]));
}

#[test]
fn a_result_validates_in_the_original_words() {
    let modules = Modules::new();
    let body = r"
from smoker.server.exceptions import ValidationError, InvalidArgument
def said(change):
    result = Result()
    result.set_status('OK')
    try:
        change(result)
        result.get_result()
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)
    return result.json() and 'valid'
def put(name, value):
    return lambda result: result.result.update({name: value})
part = {'status': 'OK', 'messages': None}
for change in (
        lambda r: r.set_status('FINE'), lambda r: r.add_msg('debug', 'x'), lambda r: r.set_status(),
        put('status', 5), put('messages', 'x'), put('messages', {'info': [], 'error': []}),
        put('messages', {'info': (), 'error': [], 'warn': []}), put('messages', {'info': [1], 'error': [], 'warn': []}),
        put('messages', {}), put('componentResults', [1]), put('componentResults', {'c': 1}),
        put('componentResults', {'c': {'status': 'OK'}}), put('componentResults', {'c': {'messages': None}}),
        put('action', 'x'), put('action', {'messages': None}), put('action', part), lambda r: r.set_action(Result()),
        lambda r: r.add_component('c', 'ERROR', error=['e']) or r.set_status()):
    self.result.add_info(said(change))
";
    let result = modules.run_body("validates", body);
    let expected = [
        "InvalidArgument: Status has to be OK, ERROR or WARN",
        "InvalidArgument: Level has to be info, error or warn",
        "Exception: Can't generate overall status without component results",
        "ValidationError: Result status has to be OK, ERROR or WARN, not 5",
        "ValidationError: Result message has to be a dictionary or None, not str",
        "ValidationError: Can't validate message: 'warn'",
        "ValidationError: Can't validate message: Result message type info has to be a list, not tuple",
        "ValidationError: Can't validate message: Result message type info has to be a string, not int",
        "valid",
        "ValidationError: Component result must be dictionary",
        "ValidationError: Component result must be dictionary",
        "ValidationError: Component c doesn't have message",
        "ValidationError: Component c doesn't have status",
        "ValidationError: Action result must be dictionary",
        "ValidationError: Action doesn't have status",
        "valid",
        "ValidationError: Result status has to be OK, ERROR or WARN, not None",
        "valid",
    ];
    assert_eq!(infos(&result), expected);
}

#[test]
fn messages_are_split_at_line_breaks_unless_asked_not_to() {
    let modules = Modules::new();
    let body = "self.result.add_info(' a\\n\\n b \\n')\nself.result.add_warn(' \\n ')\nself.result.add_msg('info', ' c\\nd ', multiline=True)";
    assert_eq!(infos(&modules.run_body("lines", body)), ["a", "", "b", "", "c\nd"]);
}

#[test]
fn what_json_lacks_becomes_null_or_text() {
    let modules = Modules::new();
    let body = "import datetime\nself.result.add_component('c', 'OK')\n\
                self.result.result['componentResults']['c'].update(nan=float('nan'), t=(1, {2}), d=datetime.date(2024, 1, 2), s='\\udc80')";
    let result = modules.run_body("odd", body);
    let component = result.component_results.expect("components").as_json()["c"].clone();
    assert_eq!(component["nan"], json!(null));
    assert_eq!(
        (&component["t"], &component["d"], &component["s"]),
        (&json!([1, [2]]), &json!("2024-01-02"), &json!("\u{fffd}"))
    );
}

#[test]
fn components_whose_names_are_one_text_are_all_shown() {
    let modules = Modules::new();
    let body = "for name, status in [(5, 'ERROR'), ('5', 'OK'), (None, 'WARN'), ('null', 'OK'), (True, 'OK'), ('true', 'ERROR'),\n\
                \x20                      (b'x', 'ERROR'), (\"b'x'\", 'OK'), ('\\udc80', 'ERROR'), ('\\udc81', 'OK'), ('5 (int)', 'WARN')]:\n\
                \x20   self.result.add_component(name, status, info=[repr(name)])\n\
                self.result.set_status()";
    let result = modules.run_body("same_names", body);
    assert_eq!(result.status, Status::Error);
    let components = result.component_results.expect("components").as_json().clone();
    let statuses: Vec<_> = components.iter().map(|(name, it)| (name.as_str(), it["status"].as_str())).collect();
    let expected = [
        ("5 (int 2)", "ERROR"),
        ("5", "OK"),
        ("null (NoneType)", "WARN"),
        ("null", "OK"),
        ("true (bool)", "OK"),
        ("true", "ERROR"),
        ("b'x' (bytes)", "ERROR"),
        ("b'x'", "OK"),
        ("\u{fffd}", "ERROR"),
        ("\u{fffd} (str)", "OK"),
        ("5 (int)", "WARN"),
    ];
    assert_eq!(statuses, expected.map(|(name, status)| (name, Some(status))));
}

#[test]
fn an_action_gets_the_result_and_fails_alone() {
    let modules = Modules::new();
    modules.file("main.py", &plugin("self.result.add_info('main')"));
    modules.file("act.py", &plugin("r = self.args['result']\nself.result.add_info('%s %s' % (r.result['status'], r.get_result()['messages']['info']))"));
    let result = modules.run(&Check::module("main").action("act"));
    assert_eq!(infos(action_of(&result)), ["OK ['main']"]);
    modules.file("act.py", &plugin("return 'nothing'"));
    let result = modules.run(&Check::module("main").action("act"));
    assert_eq!(infos(&result), ["main"]);
    assert_eq!(error(action_of(&result)), "the module returned str, not a Result");
}

#[test]
fn commands_have_a_time_limit_and_pythons_errors() {
    let modules = Modules::new();
    let body = r#"
from smoker.util.command import Command, ExecutionTimeout, ThreadDeadlock, execute
say = self.result.add_info
say(repr(self.execute('cat; echo $1; printf "\\377"; exit 3')))
say(repr(Command(['sh', '-c', 'cat', 'x']).run(input='given')))
say(self.execute('echo own session', preexec_fn=os.setsid)[0])
try:
    self.execute(['/no/such/program'])
except FileNotFoundError as error:
    say(error.filename)
started = time.time()
try:
    execute('trap "" TERM; sleep 60 & echo $! > %s; sleep 60' % self.plugin.params['Note'], timeout=0.5)
except ExecutionTimeout as error:
    say(str(error))
pid = open(self.plugin.params['Note']).read().strip()
say(repr(2 < time.time() - started < 8))
"#;
    modules.file("commands.py", &plugin(body));
    let note = modules.path("note").display().to_string();
    let result = modules.run(&Check::module("commands").parameter("Note", Value::Text(note)));
    let expected = [
        "('\u{fffd}', '', 3)",
        "('given', '', 0)",
        "own session",
        "/no/such/program",
        "Execution timeout after 0.5 seconds",
        "True",
    ];
    assert_eq!(infos(&result), expected);
}

#[test]
fn a_command_without_a_limit_of_its_own_has_the_plugins() {
    let modules = Modules::new();
    modules.file("limits.py", &plugin("self.result.add_info(repr((self.plugin.timeout, self.execute('echo a'))))"));
    let check = Check::module("limits").parameter("Timeout", Value::Text("20s".into()));
    assert_eq!(infos(&modules.run(&check)), ["(20.0, ('a', '', 0))"]);
    let result = modules.run(&check.timeout(f64::INFINITY));
    assert!(infos(&result)[0].ends_with("('a', '', 0))"));
}

#[test]
fn a_module_that_catches_its_time_limit_gives_its_own_result() {
    let modules = Modules::new();
    let body = "try:\n    self.execute('sleep 60')\nexcept Exception as error:\n    \
                time.sleep(6)\n    \
                self.result.add_warn('%s %r' % (type(error).__name__, str(error)))\n    self.result.set_status('WARN')\nreturn self.result";
    modules.file("caught.py", &format!("from smoker.server.plugins import *\n{}", plugin(body)));
    let result = modules.run(&Check::module("caught").timeout(2.0));
    assert_eq!((result.status, texts(&result, Level::Warn)), (Status::Warn, vec!["PluginExecutionTimeout ''"]));
}

#[test]
fn a_set_result_takes_only_what_it_is_given_and_keys_of_the_modules_own_are_kept() {
    let modules = Modules::new();
    let body = "self.result.set_status('WARN')\nself.result.set_result({'messages': {'info': ['i'], 'error': [], 'warn': []}, 'x': 1})\n\
                self.result.result.update(metrics={'load': 3}, duration='mine', nested=self.plugin.error_result('n'))\nreturn self.result";
    modules.file("partial.py", &plugin(body));
    let result = modules.run(&Check::module("partial"));
    assert_eq!((result.status, texts(&result, Level::Info)), (Status::Warn, vec!["i"]));
    assert_eq!((&result.extra["metrics"], &result.extra["nested"]["status"]), (&json!({"load": 3}), &json!("ERROR")));
    // One that the daemon adds, too, stays the module's.
    assert!(!result.extra.contains_key("x") && result.extra["duration"] == "mine", "{:?}", result.extra);
    let shown = serde_json::to_string(&result.on_wire(ComponentShape::Plain)).expect("a result");
    assert_eq!(shown.matches("\"duration\"").count(), 1, "{shown}");
    for wrong in ["['status']", "'status'", "Result()", "None"] {
        let body = format!("self.result.set_status('OK')\nself.result.set_result({wrong})");
        let result = modules.run_body("wrong", &format!("from smoker.server.plugins import Result\n{body}"));
        assert!(error(&result).starts_with("a result to set has to be a dictionary, not "), "{wrong}: {result:?}");
    }
}

#[test]
fn a_module_runs_commands_modules_and_parsers_as_the_daemon_does() {
    let modules = Modules::new();
    modules.file(
        "other.py",
        &plugin("time.sleep(self.args.get('pause', 0))\nself.result.add_info(str(sorted(self.args)))"),
    );
    modules.file(
        "reads.py",
        "from smoker.server.parser import BaseParser, Result\nclass Parser(BaseParser):\n    def parse(self):\n        \
         self.result.set_status('OK')\n        self.result.add_info(self.stdout)\n        return self.result\n",
    );
    let body = r#"
say = self.result.add_info
run = self.plugin.run_command
def tried(call):
    try:
        result = call().result
        return '%s %s' % (result['status'], result['messages'] and result['messages']['info'] + result['messages']['error'])
    except Exception as error:
        return '%s: %s' % (type(error).__name__, error)
say(tried(lambda: run('echo out; echo err >&2; exit 2')))
say(tried(lambda: run('sleep 9', timeout=1)))
say(tried(lambda: run(['/no/such'])))
say(tried(lambda: run('echo \'{"status": "ok"}\'')))
say(tried(lambda: run('echo \'{"status": "OK", "componentResults": []}\'')))
say(tried(lambda: self.plugin.run_module('other', key=1)))
say(tried(lambda: self.plugin.run_module('other', pause=9, timeout=1)))
say(tried(lambda: self.plugin.run_module('no_such_module')))
say(tried(lambda: self.plugin.run_parser('a', '')))
self.plugin.params['Parser'] = 'reads'
say(tried(lambda: run('echo parsed')))
self.plugin.params['Parser'] = 'nagios'
say(tried(lambda: self.plugin.run_parser('OK - fine', '')))
"#;
    let result = modules.run_body("runs", body);
    let expected = [
        "ERROR ['out', 'err']",
        "PluginExecutionTimeout: Execution timeout after 1 seconds",
        "PluginExecutionError: Can't execute command ['/no/such']: [Errno 2] No such file or directory: '/no/such'",
        "PluginMalformedOutput: Missing status in JSON output: {'status': 'ok'}",
        "PluginMalformedOutput: Invalid JSON structure: Component result must be dictionary",
        "OK [\"['key']\"]",
        "ERROR ['Plugin execution exceeded timeout 1 seconds']",
        "ModuleNotFoundError: No module named 'no_such_module'",
        "TypeError: module name must be a string",
        "OK ['parsed']",
    ];
    assert_eq!(infos(&result)[..10], expected);
}

#[test]
fn an_action_changes_the_plugins_own_result() {
    let modules = Modules::new();
    modules.file("main.py", &plugin("return self.plugin.error_result('down')"));
    modules.file(
        "act.py",
        &plugin("r = self.args['result']\nr.set_status('WARN')\nr.add_warn('known')\nr.result['ticket'] = 7"),
    );
    let result = modules.run(&Check::module("main").action("act"));
    assert_eq!((result.status, texts(&result, Level::Warn)), (Status::Warn, vec!["known"]));
    assert_eq!((texts(&result, Level::Error), &result.extra["ticket"]), (vec!["down"], &json!(7)));
    assert_eq!(action_of(&result).status, Status::Ok);
    modules.file("act.py", &plugin("self.args['result'].result['status'] = 'ok'"));
    let result = modules.run(&Check::module("main").action("act"));
    assert_eq!(error(&result), "ValidationError: Result status has to be OK, ERROR or WARN, not ok");
}

#[test]
fn a_command_of_an_action_is_not_read_by_the_plugins_parser() {
    let modules = Modules::new();
    modules.file(
        "reads.py",
        "from smoker.server.parser import BaseParser\nclass Parser(BaseParser):\n    def parse(self):\n        \
         self.result.set_status('OK')\n        self.result.add_info('read ' + self.stdout)\n        return self.result\n",
    );
    let body = "self.result = self.plugin.run_command('echo plain; exit 1')\n\
                self.result.add_info(self.plugin.run_parser('a', '').result['messages']['info'][0])";
    modules.file("act.py", &plugin(body));
    let check = Check::parsed("echo one", "reads").parameter("Parser", Value::Text("reads".into())).action("act");
    let result = modules.run(&check);
    assert_eq!((result.status, infos(&result)), (Status::Ok, vec!["read one"]));
    let action = action_of(&result);
    assert_eq!((action.status, texts(action, Level::Info)), (Status::Error, vec!["plain", "read a"]));
}

#[test]
fn an_uncaught_time_limit_of_a_command_names_its_own_seconds() {
    let modules = Modules::new();
    let late = modules.run_body("late", "self.result = self.plugin.run_command('sleep 9', timeout=1)");
    assert_eq!(error(&late), "Execution timeout after 1 seconds");
    let parsed = "self.plugin.params['Parser'] = 'reads'\nself.result = self.plugin.run_command('echo OK; kill -9 $$')";
    modules.file(
        "reads.py",
        "from smoker.server.parser import BaseParser\nclass Parser(BaseParser):\n    def parse(self):\n        \
         self.result.set_status('OK')\n        return self.result\n",
    );
    assert_eq!(error(&modules.run_body("parsed", parsed)), "killed by signal 9 (SIGKILL)");
}

#[test]
fn the_other_names_of_the_original_can_be_imported() {
    let modules = Modules::new();
    let body = r"
import smoker.server.plugins
from smoker.util import command, console, nagios, progressbar, tap
from smoker.util.progressbar import ProgressBar, NonInteractiveError
import smoker.logger
from smoker.client.plugins import SpecificArgument, HostDiscoveryPluginBase
from smoker.server import exceptions
names = {}
exec('from smoker.server.plugins import *', names)
missing = [name for name in dir(exceptions) if name.endswith('Found') and name not in names]
self.result.add_info(repr(missing + [name for name in ('os', 're', 'lg', 'PluginWorker', 'time') if name not in names]))
bases = [kind.__name__ for kind in vars(exceptions).values() if isinstance(kind, type) and kind.__bases__ != (Exception,)]
self.result.add_info(repr(bases))
report = tap.Tap()
test = tap.TapTest('a', ok=False, messages={'error': ['e'], 'info': []})
test.add_subtest(tap.TapTest('b'))
report.add_tests([test])
self.result.add_msg('info', report.dump(), multiline=True)
argument = SpecificArgument('-x', longer='--rack', dest='rack')
self.result.add_info('%s %s' % (argument.args, argument.kwargs))
";
    let result = modules.run_body("imports", body);
    let report = "1..1\nnot ok 1 - a\n---\n\t- error:\n\t\t- e\n...\n\t1..1\n\tok 1 - b";
    assert_eq!(infos(&result), ["[]", "[]", report, "['-x', '--rack'] {'dest': 'rack'}"]);
}

#[test]
fn a_result_s_own_get_result_is_what_counts() {
    let modules = Modules::new();
    let module = |body: &str| {
        format!(
            "from smoker.server.plugins import BasePlugin, Result\nfrom smoker.server.exceptions import ValidationError\n\
             class Own(Result):\n{body}\n\
             class Plugin(BasePlugin):\n    def run(self):\n        result = Own()\n        result.set_status('OK')\n        \
             result.add_info('as it is kept')\n        return result\n"
        )
    };
    let given = "    def get_result(self, validate=True):\n        found = dict(super().get_result(validate), status='WARN')\n        \
                 found['messages'] = {'info': [], 'error': [], 'warn': ['as it is given']}\n        return found";
    let refused = "    def get_result(self):\n        raise ValidationError('not today')";
    let strict = "    def validate(self, force=False):\n        raise ValidationError('never good')";
    let invalid = "    def get_result(self):\n        return {'status': 'FINE'}";
    let text = "    def get_result(self):\n        return 'text'";
    let broken = "    def get_result(self):\n        raise OSError('no disk')";
    modules.file("given.py", &module(given));
    let result = modules.run(&Check::module("given"));
    assert_eq!((result.status, texts(&result, Level::Warn)), (Status::Warn, vec!["as it is given"]));
    modules.file("plain.py", &module("    pass"));
    assert_eq!(infos(&modules.run(&Check::module("plain"))), ["as it is kept"]);
    for (name, body, reason) in [
        ("refused", refused, "ValidationError: not today"),
        ("strict", strict, "ValidationError: never good"),
        ("invalid", invalid, "ValidationError: Result status has to be OK, ERROR or WARN, not FINE"),
        ("text", text, "get_result() of the module's Own returned str, not a dictionary"),
        ("broken", broken, "no disk"),
    ] {
        modules.file(&format!("{name}.py"), &module(body));
        let result = modules.run(&Check::module(name));
        assert!(error(&result).contains(reason), "{name}: {}", error(&result));
    }
}
