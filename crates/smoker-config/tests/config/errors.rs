//! Errors that end the start: where they are, what they say, what they advise.

use smoker_config::config::load;

use crate::support::{Folder, MAIN, environment};

const HEAD: &str = "templates: {BasePlugin: {}}\nplugins:\n  p:\n    Interval: 0\n";

/// Every slip stands in the fifth line of the file.
#[test]
fn usual_slips_are_explained_at_their_line() {
    let cases = [
        ("    MaintenanceLock = /x\n    Command: y", 5, "use a colon: `MaintenanceLock: /x`"),
        ("    MaintenanceLock = /x", 5, "use a colon: `MaintenanceLock: /x`"),
        ("\tCommand: y", 2, "a tab indents this line; use spaces"),
        ("  q:\n\tCommand: y", 0, "a tab indents this line"),
        ("    Command y\n    Timeout: 3", 5, "this line has no colon; every line of a mapping is `name: value`"),
        ("    Command y", 5, "this line has no colon"),
        ("    Command: 'x", 14, "the quote that opens here is never closed"),
        ("    Command: \"x", 14, "the quote that opens here is never closed"),
        ("    Command: \"a\\qb\"", 14, "double it, or use single quotes"),
        ("    Command: %x", 14, "a text that starts with `%` has to be in quotes"),
        ("    Command: @x", 14, "a text that starts with `@` has to be in quotes"),
        ("    Command: `x`", 14, "a text that starts with ``` has to be in quotes"),
        ("    Command: *x", 14, "nothing above is marked `&x`; quote the value if it is text"),
        ("    Command: & x", 14, "a text that starts with `&` has to be in quotes"),
        ("    Command: [ -f x ] && y", 23, "a text that starts with {, [, * or & has to be in quotes"),
        ("    Command: {x} y", 18, "a text that starts with {, [, * or & has to be in quotes"),
        ("    Command: 'x' y", 18, "nothing may follow the closing quote"),
        ("    Command: echo a: b", 20, "put a value that contains `: ` into quotes"),
        ("    Command: > /x echo a", 14, "a text that starts with one has to be in quotes"),
        ("    Command: | tail", 14, "a text that starts with one has to be in quotes"),
        ("    Command: ? x", 14, "a text that starts with `? ` has to be in quotes"),
        ("    Command: - a", 14, "a list starts on a line of its own"),
        ("   Command: x", 4, "this line is indented wrongly; it begins where no line above begins"),
        ("    X: [a, b\n    Command: y", 0, "a bracket is not closed"),
        ("    X: {a: b\n    Command: y", 0, "a bracket is not closed"),
        ("    X: 2024-02-30", 8, "p.X: 2024-02-30 is not a date that exists; write it in quotes if text is meant"),
        ("    X: !!int abc", 8, "p.X: abc is not a whole number; write it in quotes if text is meant"),
        ("    X: !foo abc", 8, "p.X: the tag !foo is not known"),
        ("    X: !!map abc", 8, "p.X: the tag !!map does not fit here"),
        ("    X: {[a]: b}", 9, "a name has to be simple, not a list"),
        ("    <<: 1", 9, "<< needs a mapping or a list of mappings"),
        ("    X: &x [*x]", 12, "p.X[1]: the alias is inside of the value that it refers to"),
        ("---\na: 1", 1, "a second document starts here"),
    ];
    for (slip, column, advice) in cases {
        let error = Folder::with(&format!("{HEAD}{slip}\n")).error();
        let place = match column {
            0 => "Can't parse config file smokerd.yaml: smokerd.yaml:6:".to_owned(),
            _ => format!("Can't parse config file smokerd.yaml: smokerd.yaml:5:{column}: "),
        };
        assert!(error.starts_with(&place), "{slip}\n{error}");
        assert!(error.contains(advice), "{slip}\n{error}");
    }
}

#[test]
fn the_keys_and_the_line_are_shown() {
    let error = Folder::with(&format!("{HEAD}    Command: %x   \n")).error();
    assert!(error.contains("in plugins.p.Command: "), "{error}");
    assert_eq!(error.lines().nth(1), Some("    Command: %x"));
}

#[test]
fn programs_get_the_place_too() {
    let folder = Folder::with("a: 'x\n");
    let error = folder.load().expect_err("an open quote");
    let location = error.location().expect("a place");
    assert_eq!((location.file.as_path(), location.line, location.column), (folder.path(MAIN).as_path(), 1, 4));
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::with("");
    let missing = folder.path("nosuch.yaml");
    let error = load(&missing, environment).expect_err("no file").to_string();
    assert_eq!(error, format!("Can't read config file {}: No such file or directory (os error 2)", missing.display()));
    let latin = Folder::with("").and_bytes("smokerd.yaml", b"a: caf\xe9\n").error();
    assert_eq!(
        latin,
        "Can't read config file smokerd.yaml: line 1, column 7: the byte 0xe9 is not UTF-8; save the file as UTF-8"
    );
}

#[test]
fn the_main_file_has_to_be_a_mapping() {
    for (text, found) in [
        ("", "the file is empty"),
        ("# x\n", "the file is empty"),
        ("~", "the file is empty"),
        ("abc", "it is text"),
        ("[1]", "it is a list"),
    ] {
        let error = Folder::with(text).error();
        assert!(error.starts_with("Can't parse config file smokerd.yaml: smokerd.yaml:1:1: "), "{error}");
        assert!(error.contains(found), "{error}");
    }
}

#[test]
fn templates_and_plugins_are_needed() {
    let base = "Required BasePlugin template is not configured!";
    let none = "No configured plugins";
    let cases = [
        ("plugins: {p: {Command: x}}", 1, base),
        ("plugins: {p: {Command: x}}\ntemplates:", 2, base),
        ("plugins: {p: {Command: x}}\ntemplates: [BasePlugin]", 2, base),
        ("plugins: {p: {Command: x}}\ntemplates: {Other: {}}", 2, base),
        ("templates: {BasePlugin: {}}", 1, none),
        ("templates: {BasePlugin: {}}\nplugins:", 2, none),
        ("templates: {BasePlugin: {}}\nplugins: {}", 2, none),
        ("templates: {BasePlugin: {}}\nplugins: [p]", 2, none),
    ];
    for (text, line, words) in cases {
        let error = Folder::with(text).error();
        assert!(error.starts_with(&format!("smokerd.yaml:{line}:1: {words}")), "{text}\n{error}");
    }
    let both = Folder::with("bind_port: 1").error();
    assert!(both.contains(base) && both.contains(none), "{both}");
}

#[test]
fn when_no_plugin_loads_every_reason_is_still_known() {
    let folder = Folder::with_plugins("  a: {Command: x, Enabled: false}\n  b:\n  c: {Command: x, Timeout: 0}");
    let error = folder.error();
    assert_eq!(error, "No plugins loaded! Every plugin of smokerd.yaml is switched off or has a problem of its own");
    let problems = folder.problems();
    assert_eq!(problems.len(), 3);
    assert!(problems[0].starts_with("Info ") && problems[1].starts_with("Error ") && problems[2].starts_with("Error "));
}

#[test]
fn problems_are_known_when_a_setting_ends_the_start() {
    let folder = Folder::with("bind_port: x\nbind_prot: 1\ntemplates: {BasePlugin: {}}\nplugins: {p: {Command: x}}");
    assert!(folder.error().contains("bind_port"));
    assert_eq!(folder.problems().len(), 1);
}
