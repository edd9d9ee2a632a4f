//! Where a plugin's parameters come from, and in which order they stand.

use smoker_model::plugin::{Execution, StdinMode};
use smoker_model::value::Value;

use crate::support::{Folder, names, plugin, text};

const DEFAULT_NAMES: [&str; 10] =
    ["Command", "Module", "Parser", "Interval", "Timeout", "History", "uid", "gid", "Template", "Action"];

#[test]
fn the_plugin_wins_over_its_template_over_base_plugin_over_the_defaults() {
    let folder = Folder::with(
        "templates:
  BasePlugin: {Timeout: 30, History: 7, Category: base, Colour: red}
  Net: {Timeout: 20, Category: net, Extra: [1, {k: v}], Template: Other}
plugins:
  one: {Component: c1, Command: echo 1, Template: Net, Timeout: 3}
  two: {Command: echo 2, Template: Net}
  three: {Command: echo 3}
",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["one", "two", "three"]);
    let one = &plugin(&config, "one").parameters;
    let order: Vec<_> = one.keys().map(String::as_str).collect();
    assert_eq!(order[..10], DEFAULT_NAMES);
    assert_eq!(order[10..], ["Category", "Colour", "Extra", "Component"]);
    assert_eq!(one["Timeout"], Value::Int(3));
    assert_eq!(one["History"], Value::Int(7));
    assert_eq!(one["Category"], text("net"));
    assert_eq!(one["Template"], text("Net"));
    let two = &plugin(&config, "two").parameters;
    assert_eq!((&two["Timeout"], &two["Template"]), (&Value::Int(20), &text("Net")));
    let three = &plugin(&config, "three").parameters;
    assert_eq!((&three["Timeout"], &three["Category"]), (&Value::Int(30), &text("base")));
    assert_eq!(three["Template"], Value::Null);
}

#[test]
fn without_configuration_the_defaults_are_shown() {
    let folder = Folder::with_plugins("  bare: {Command: 'true'}");
    let config = folder.config();
    let bare = plugin(&config, "bare");
    let shown = shown_parameters(bare);
    assert_eq!(
        shown,
        "Command='true' Module=None Parser=None Interval=0 Timeout=1800 History=10 uid='default' gid='default' \
         Template=None Action=None"
    );
    assert_eq!((bare.history, bare.invocation.timeout.text.as_str(), bare.trigger.clone()), (10, "1800", None));
}

fn shown_parameters(plugin: &smoker_model::plugin::PluginSpec) -> String {
    let shown: Vec<_> = plugin
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", smoker_model::notation::python_text::repr(value)))
        .collect();
    shown.join(" ")
}

#[test]
fn only_a_boolean_false_of_the_plugin_itself_switches_it_off() {
    let folder = Folder::with(
        "templates:
  BasePlugin: {Enabled: false}
plugins:
  p0: {Command: x, Enabled: false}
  p1: {Command: x, Enabled: no}
  p2: {Command: x, Enabled: 'no'}
  p3: {Command: x, Enabled: 0}
  p4: {Command: x, Enabled: null}
  p5: {Command: x}
  p6: {Enabled: off}
",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["p2", "p3", "p4", "p5"]);
    assert_eq!(plugin(&config, "p2").parameters["Enabled"], text("no"));
    assert_eq!(folder.problems()[0], "Info smokerd.yaml:4:3: Plugin p0 is switched off (Enabled: false)");
    assert_eq!(folder.problems().len(), 3);
}

#[test]
fn templates_are_found_by_name() {
    let folder = Folder::with(
        "templates: {BasePlugin: {}, Net: {Command: n}, 5: {Command: five}, Empty: , Odd: {1: a}}
plugins:
  a: {Template: Net}
  b: {Template: 5}
  c: {Template: Nett}
  d: {Command: x, Template: null}
  e: {Command: x, Template: Empty}
  f: {Command: x, Template: Odd}
  g: {Command: x, Template: BasePlugin}
  h: {Command: x, Template: [Net]}
",
    );
    assert_eq!(names(&folder.config()), ["a", "b", "g"]);
    assert_eq!(
        folder.problems(),
        [
            "Error smokerd.yaml:5:7: Plugin c not loaded: Template Nett is not configured under templates; did you mean Net?",
            "Error smokerd.yaml:6:19: Plugin d not loaded: Template null is not configured under templates",
            "Error smokerd.yaml:1:68: Plugin e not loaded: its template Empty is empty; it needs parameters such as `Timeout: 30`, or {} for none",
            "Error smokerd.yaml:1:83: Plugin f not loaded: the name of its parameter 1 has to be text; write it in quotes",
            "Error smokerd.yaml:10:19: Plugin h not loaded: Template ['Net'] is not configured under templates",
        ]
    );
}

#[test]
fn a_base_plugin_that_is_no_mapping_loads_nothing() {
    let folder = Folder::with("templates: {BasePlugin: }\nplugins: {p: {Command: x}}");
    assert!(folder.error().starts_with("No plugins loaded!"), "{}", folder.error());
    assert_eq!(
        folder.problems(),
        [
            "Error smokerd.yaml:1:13: Plugin p not loaded: its template BasePlugin is empty; it needs parameters such as `Timeout: 30`, or {} for none"
        ]
    );
}

#[test]
fn an_action_is_replaced_by_its_parameters_with_defaults() {
    let folder = Folder::with(
        "templates: {BasePlugin: {}}
actions:
  Mail: {To: root, Command: echo mail, Stdin: JSON, MaxOutput: 2K}
  Mod: {Module: x.y, Timeout: 5}
  Empty: {}
  Nothing:
plugins:
  a: {Command: x, Action: Mail, MaxOutput: 1K}
  c: {Command: x, Action: Mod, MaxOutput: 1K}
  d: {Command: x, Action: Empty}
  e: {Command: x}
  f: {Command: x, Action: Nothing}
",
    );
    let config = folder.config();
    let shown = |name: &str| smoker_model::notation::python_text::repr(&plugin(&config, name).parameters["Action"]);
    assert_eq!(
        shown("a"),
        "{'Command': 'echo mail', 'Module': None, 'Timeout': 60, 'To': 'root', 'Stdin': 'JSON', 'MaxOutput': '2K'}"
    );
    assert_eq!(shown("c"), "{'Command': None, 'Module': 'x.y', 'Timeout': 5}");
    assert_eq!((shown("d"), shown("e"), shown("f")), ("{}".into(), "None".into(), "None".into()));
    let mail = plugin(&config, "a").actions[0].invocation.as_ref().expect("an action");
    assert_eq!(mail.execution, Execution::Command { command: text("echo mail"), parser: None });
    assert_eq!((mail.timeout.text.as_str(), mail.stdin, mail.max_output), ("60", StdinMode::Json, 2048));
    let module = plugin(&config, "c").actions[0].invocation.as_ref().expect("an action");
    assert_eq!(module.execution, Execution::Module("x.y".to_owned()));
    assert_eq!((module.timeout.text.as_str(), module.stdin, module.max_output), ("5", StdinMode::Null, 1024));
    for name in ["d", "e", "f"] {
        assert_eq!(plugin(&config, name).actions, [], "{name}");
    }
    assert_eq!(folder.problems(), [""; 0]);
}

#[test]
fn a_plugin_names_its_action_and_a_template_names_or_holds_it() {
    let folder = Folder::with(
        "templates:
  BasePlugin: {}
  ByName: {Action: Aaa}
  Inline: {Action: {Command: echo t}}
actions:
  Aaa: {Command: echo a}
  List: [1]
plugins:
  unknown: {Command: x, Action: Aab}
  nothing: {Command: x, Action: null}
  inline: {Command: x, Action: {Command: echo x}}
  tplname: {Command: x, Template: ByName}
  tplinline: {Command: x, Template: Inline}
  both: {Command: x, Template: Inline, Action: Aaa}
  list: {Command: x, Action: List}
",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["tplname", "tplinline", "both"]);
    let shown = |name: &str| smoker_model::notation::python_text::repr(&plugin(&config, name).parameters["Action"]);
    assert_eq!(shown("tplinline"), "{'Command': 'echo t', 'Module': None, 'Timeout': 60}");
    assert_eq!(shown("tplname"), "{'Command': 'echo a', 'Module': None, 'Timeout': 60}");
    assert_eq!(shown("both"), "{'Command': 'echo a', 'Module': None, 'Timeout': 60}");
    assert_eq!(
        folder.problems(),
        [
            "Error smokerd.yaml:9:25: Plugin unknown not loaded: Action Aab is not configured under actions; did you mean Aaa?",
            "Error smokerd.yaml:10:25: Plugin nothing not loaded: Action has to be the name of an entry under actions, or a list of names, not nothing; without one leave it out",
            "Error smokerd.yaml:11:24: Plugin inline not loaded: Action has to be the name of an entry under actions, or a list of names, not a mapping; without one leave it out",
            "Error smokerd.yaml:7:3: Plugin list not loaded: its action List has to be a mapping, not a list",
        ]
    );
}

#[test]
fn a_plugin_or_a_template_may_list_actions() {
    let folder = Folder::with(
        "templates:
  BasePlugin: {Action: [Tell, {Command: echo inline}]}
  Typo: {Action: [Tell, Tel]}
actions:
  Tell: {Command: echo tell, Url: u, Nice: 5}
  Mail: {Module: m}
  Empty: {}
  Odd: {Timeout: 0}
plugins:
  base: {Command: x}
  own: {Command: x, Action: [Mail, Empty, Tell]}
  none: {Command: x, Action: []}
  odd: {Command: x, Action: [Tell, Odd]}
  typo: {Command: x, Template: Typo}
  inline: {Command: x, Action: [Tell, {Command: y}]}
",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["base", "own", "none", "odd"]);
    let of = |name: &str| -> Vec<_> { plugin(&config, name).actions.iter().map(|it| it.name.clone()).collect() };
    assert_eq!(of("base"), [Some("Tell".to_owned()), None]);
    assert_eq!(of("own"), [Some("Mail".to_owned()), Some("Tell".to_owned())]);
    assert_eq!(of("none"), []);
    assert_eq!(plugin(&config, "base").actions[0].own_parameters, [("Url".to_owned(), text("u"))].into());
    let shown = |name: &str| smoker_model::notation::python_text::repr(&plugin(&config, name).parameters["Action"]);
    assert_eq!(
        shown("own"),
        "[{'Command': None, 'Module': 'm', 'Timeout': 60}, {}, {'Command': 'echo tell', 'Module': None, 'Timeout': 60, 'Url': 'u', 'Nice': 5}]"
    );
    assert_eq!(
        folder.problems(),
        [
            "Warning smokerd.yaml:13:21: Plugin odd: its action Odd: Timeout parameter can't be 0: it has to be a number of seconds above 0, not 0; the default, 60 s, is used",
            "Warning smokerd.yaml:13:21: Plugin odd: its action Odd has neither Command nor Module; it will be an ERROR",
            "Error smokerd.yaml:3:25: Plugin typo not loaded: Action Tel is not configured under actions; did you mean Tell?",
            "Error smokerd.yaml:15:39: Plugin inline not loaded: Action has to be the name of an entry under actions, or a list of names, not a mapping; without one leave it out",
        ]
    );
}

#[test]
fn actions_that_cannot_work_are_warned_of_and_the_plugin_loads() {
    let folder = Folder::with(
        "templates: {BasePlugin: {}}
actions:
  Neither: {To: x}
  Both: {Command: c, Module: m, Parser: tap}
  Odd: {Command: [c], Timeout: '5', MaxOutput: lots}
  Five: {Module: 5}
plugins:
  a: {Command: x, Action: Neither}
  b: {Command: x, Action: Both}
  c: {Command: x, Action: Odd}
  d: {Command: x, Action: Five}
",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["a", "b", "c", "d"]);
    let action = |name: &str| plugin(&config, name).actions[0].clone().invocation;
    assert_eq!(action("a"), None);
    assert_eq!(action("b").expect("a command").execution, Execution::Command { command: text("c"), parser: None });
    assert_eq!(action("c").expect("a command").timeout.text, "60");
    assert_eq!(
        folder.problems(),
        [
            "Warning smokerd.yaml:8:19: Plugin a: its action has neither Command nor Module; it will be an ERROR",
            "Warning smokerd.yaml:9:19: Plugin b: its action has both Command and Module; the Command is used",
            "Warning smokerd.yaml:9:19: Plugin b: its action has a Parser, which only a plugin has; it is not used",
            "Warning smokerd.yaml:10:19: Plugin c: its action: Timeout has to be a number of seconds above 0, not the text '5': write it without quotes; the default, 60 s, is used",
            "Warning smokerd.yaml:10:19: Plugin c: its action's Command has to be text, not a list; it will be an ERROR; put quotes around the command (`[` begins a list in YAML)",
            "Warning smokerd.yaml:10:19: Plugin c: its action's MaxOutput has to be a whole number of bytes above 0 or a text such as 64K, 2M or 1G, not 'lots'; the plugin's own is used",
            "Warning smokerd.yaml:11:19: Plugin d: its action's Module has to be a dotted name, not a number; it will be an ERROR",
        ]
    );
}
