//! Configurations as the original daemon was recorded with, and what it made of them.

use smoker_model::notation::python_text;

use crate::support::{Folder, names, plugin};

#[test]
fn scalars_are_read_as_recorded() {
    let folder = Folder::with(
        "bind_host: 127.0.0.1
bind_port: 8086
stdin: /dev/null
stdout: /dev/null
stderr: /dev/null
templates:
  BasePlugin:
    Timeout: 15
    History: 10
    Interval: 0
plugins:
  types:
    Command: 'true'
    int: 12
    under: 1_000
    octal: 017
    octal_new: 0o17
    hex: 0x1F
    binary: 0b101
    base60: 1:30
    float: 1.5
    float_round: 2.0
    exp: 1e3
    exp_dot: 1.0e+3
    neg: -7
    plus: +5
    yes_value: yes
    on_value: on
    no_value: no
    y_value: y
    tilde: ~
    empty:
    quoted: '12'
    version: 1.2.3
    text: some words
    list: [a, 1, null, true]
    nested: {a: {b: [1]}}
    folded: >
      two
      lines
    literal: |
      two
      lines
    multi: first
      second
",
    );
    let config = folder.config();
    let parameters = &plugin(&config, "types").parameters;
    let own: Vec<_> =
        parameters.iter().skip(10).map(|(name, value)| format!("{name}={}", python_text::repr(value))).collect();
    assert_eq!(
        own.join(" "),
        "int=12 under=1000 octal=15 octal_new='0o17' hex=31 binary=5 base60=90 float=1.5 float_round=2.0 exp='1e3' \
         exp_dot=1000.0 neg=-7 plus=5 yes_value=True on_value=True no_value=False y_value='y' tilde=None empty=None \
         quoted='12' version='1.2.3' text='some words' list=['a', 1, None, True] nested={'a': {'b': [1]}} \
         folded='two lines\\n' literal='two\\nlines\\n' multi='first second'"
    );
    assert_eq!(config.problems, []);
}

#[test]
fn command_module_and_parser_exclude_each_other_as_recorded() {
    let folder = Folder::with_plugins(
        "  both: {Command: 'true', Module: m}
  neither: {Category: x}
  emptycommand: {Command: ''}
  nullcommand: {Command: null, Module: m}
  parseronly: {Parser: p}
  parsermodule: {Module: m, Parser: p}
  parsercommand: {Command: 'true', Parser: p}
  falsemodule: {Command: 'true', Module: false}
  emptybody: {}",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["nullcommand", "parsercommand", "falsemodule"]);
    assert_eq!(python_text::repr(&plugin(&config, "falsemodule").parameters["Module"]), "False");
}

#[test]
fn dates_and_odd_names_are_kept_as_recorded() {
    let folder = Folder::with_plugins(
        "  Disk usage: {Command: a, Since: 2024-01-02}
  čeština: {Command: b}
  50%: {Command: c}
  q?x#y: {Command: d}
  plus+: {Command: e, Map: {2: a, true: b, ~: c, 1.5: d}}",
    );
    let config = folder.config();
    assert_eq!(names(&config), ["Disk usage", "čeština", "50%", "q?x#y", "plus+"]);
    let since = &plugin(&config, "Disk usage").parameters["Since"];
    assert_eq!(since.iso_text().as_deref(), Some("2024-01-02"));
    let map = python_text::repr(&plugin(&config, "plus+").parameters["Map"]);
    assert_eq!(map, "{2: 'a', True: 'b', None: 'c', 1.5: 'd'}");
}

#[test]
fn a_file_that_is_not_yaml_ends_as_recorded() {
    let error = Folder::with("plugins: [unclosed\n  a: b: c\n").error();
    assert!(error.starts_with("Can't parse config file smokerd.yaml"), "{error}");
}
