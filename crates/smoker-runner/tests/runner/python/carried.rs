//! What a plugin's module leaves for its action.

use serde_json::json;
use smoker_model::messages::Level;
use smoker_model::plugin::Execution;
use smoker_model::status::Status;
use smoker_model::value::Value;

use crate::fixture::{Check, Modules, action, action_of, error, infos, plugin, texts};

/// As in the original, where both run in one process.
#[test]
fn an_action_finds_what_its_plugin_left() {
    let modules = Modules::new();
    modules.file("site_state.py", "seen = []\nnames = {}\nMARK = object()\ndef is_mark(it=MARK): return it is MARK\n");
    modules.file(
        "main.py",
        "import datetime, threading\n\
         import site_state\n\
         from site_state import seen\n\
         from smoker.server.plugins import BasePlugin, Result\n\
         class Hosts(Result):\n    def worst(self): return sorted(self.hosts)[0]\n\
         class Plugin(BasePlugin):\n\
         \u{20}   def run(self):\n\
         \u{20}       seen.append(1); site_state.names['a'] = 2\n\
         \u{20}       self.plugin.params['Detail'] = 'computed'; self.plugin.shared = {'list': seen}\n\
         \u{20}       self.plugin.lock = threading.Lock()\n\
         \u{20}       self.result = Hosts(); self.result.hosts = ['b', 'a']\n\
         \u{20}       self.result.add_component(5, 'OK'); self.result.result['at'] = datetime.date(2020, 1, 2)\n\
         \u{20}       self.result.set_status()\n",
    );
    modules.file(
        "act.py",
        &("import site_state\nfrom site_state import seen\n".to_owned()
            + &plugin(
                "r = self.args['result']\nw = self.plugin\n\
                 self.result.set_status('OK')\n\
                 for it in (w.get_param('Detail'), w.shared['list'], hasattr(w, 'lock'), seen, site_state.names, site_state.is_mark(),\n\
                 \u{20}          type(r).__name__, r.worst(), list(r.result['componentResults']), r.result['at']):\n\
                 \u{20}   self.result.add_info(repr(it))\n\
                 r.add_warn('seen')\nw.params['Detail'] = 'by the action'",
            )),
    );
    let result = modules.run(&Check::module("main").action("act"));
    let expected =
        ["'computed'", "[1]", "False", "[1]", "{'a': 2}", "True", "'Hosts'", "'a'", "[5]", "datetime.date(2020, 1, 2)"];
    assert_eq!(infos(action_of(&result)), expected, "{result:?}");
    assert_eq!((texts(&result, Level::Warn), &result.extra["at"]), (vec!["seen"], &json!("2020-01-02")));
}

/// A module may leave a part of its result to its action.
#[test]
fn a_result_is_validated_behind_its_action() {
    const NO_STATUS: &str = "ValidationError: Result status has to be OK, ERROR or WARN, not None";
    let modules = Modules::new();
    modules.file("main.py", &plugin("self.result.result['status'] = None\nself.result.add_info('found')"));
    modules.file(
        "act.py",
        &plugin("open(self.plugin.get_param('Seen'), 'w').write(repr(self.args['result'].result['status']))"),
    );
    modules.file("mend.py", &plugin("self.args['result'].set_status('WARN')"));
    modules.file("broken.py", &plugin("self.args['result'].result['messages'] = 5"));
    let seen = modules.path("seen");
    let check = Check::module("main").parameter("Seen", Value::Text(seen.display().to_string()));
    let with_command = |line: &str| {
        let mut check = check.clone();
        let command = Value::Text(line.to_owned());
        check.spec.actions = vec![action(Execution::Command { command, parser: None })];
        check
    };
    for check in [check.clone().action("act"), with_command("printf %%s %(status)s > \"$SMOKER_PARAM_SEEN\"")] {
        let result = modules.run(&check);
        assert_eq!((error(&result), &result.action), (NO_STATUS, &None));
        assert_eq!(std::fs::read_to_string(&seen).expect("the action ran"), "None");
        std::fs::remove_file(&seen).expect("a file");
    }
    let result = modules.run(&check.clone().action("mend"));
    assert_eq!(
        (result.status, texts(&result, Level::Info), texts(&result, Level::Error)),
        (Status::Warn, vec!["found"], vec![])
    );
    assert_eq!((action_of(&result).status, result.is_fault), (Status::Ok, false));
    modules.file("main.py", &plugin(""));
    let result = modules.run(&check.action("broken"));
    let reason = "ValidationError: Result message has to be a dictionary or None, not int";
    assert_eq!((error(&result), &result.action, result.is_fault), (reason, &None, true));
}
