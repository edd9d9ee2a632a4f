//! YAML as PyYAML read it: structure, anchors, merging, and what YAML 1.2 would refuse.
//! Each expectation is what PyYAML 6 gives.

use crate::support::{Folder, value_of};

#[test]
fn values_are_those_of_pyyaml() {
    let cases = [
        ("a: 1\nb: [x, 'y', \"z\"]", "{'a': 1, 'b': ['x', 'y', 'z']}"),
        ("a:\n- b\n- - c\n  - d\n-   e: 1\n    f: 2", "{'a': ['b', ['c', 'd'], {'e': 1, 'f': 2}]}"),
        ("a: {b:1, \"c\":2, u: http://x/y?z=1, d}", "{'a': {'b:1': None, 'c': 2, 'u': 'http://x/y?z=1', 'd': None}}"),
        ("a: [b: 1, c: 2]", "{'a': [{'b': 1}, {'c': 2}]}"),
        (
            "k: |\n  a\n   b\n\n  c\nl: |-\n  a\nm: >\n  a\n  b\n\n  c",
            "{'k': 'a\\n b\\n\\nc\\n', 'l': 'a', 'm': 'a b\\nc\\n'}",
        ),
        ("k: a\n  b\n\n  c # d", "{'k': 'a b\\nc'}"),
        ("k: a#b\nl: a:b\nm: 50% off\nn: x@y", "{'k': 'a#b', 'l': 'a:b', 'm': '50% off', 'n': 'x@y'}"),
        ("k: \"a\\tb\\x41\\u010d\\e\\N\"", "{'k': 'a\\tbA\u{10d}\\x1b\\x85'}"),
        ("k: 'it''s'", "{'k': \"it's\"}"),
        ("2: a\ntrue: b\n~: c\n1.5: d", "{2: 'a', True: 'b', None: 'c', 1.5: 'd'}"),
        ("---\na: 1\n...\n", "{'a': 1}"),
        ("%YAML 1.1\n---\na: 010", "{'a': 8}"),
        ("", "None"),
        ("# nothing", "None"),
        ("k: !!str 12\nl: !!int '0x1F'\nm: !!float 1\nn: ! '12'", "{'k': '12', 'l': 31, 'm': 1.0, 'n': 12}"),
        ("k: !!timestamp '2024-1-2'", "{'k': datetime.date(2024, 1, 2)}"),
        ("k: =\nl: <<\nm: '<<'", "{'k': '=', 'l': '<<', 'm': '<<'}"),
        (
            "k: !!set {a, b}\nl: !!omap [a: 1]\nm: !!pairs [a: 1, a: 2]",
            "{'k': ['a', 'b'], 'l': [['a', 1]], 'm': [['a', 1], ['a', 2]]}",
        ),
    ];
    for (yaml, expected) in cases {
        assert_eq!(value_of(yaml), expected, "{yaml}");
    }
}

#[test]
fn what_yaml_1_2_refuses_is_still_read() {
    let cases = [
        ("p:\n  k: \"foo\nbar\n\n  baz\"\n  l: 1", "{'p': {'k': 'foo bar\\nbaz', 'l': 1}}"),
        ("p:\n  k: 'it''s\n a\ntest'", "{'p': {'k': \"it's a test\"}}"),
        ("p:\n  a: [\nx,\ny\n]\n  b: {\nc: 1\n}", "{'p': {'a': ['x', 'y'], 'b': {'c': 1}}}"),
        ("a: 'x'#c\nb: [y]#d", "{'a': 'x', 'b': ['y']}"),
        ("a: [-]\nb: [c, -, d]", "{'a': ['-'], 'b': ['c', '-', 'd']}"),
        // PyYAML keeps the halves, which no command could be given.
        (
            r#"{a: "\ud83d\ude00", b: "x\udce9\ud83d", c: "\ud83d"}"#,
            "{'a': '\u{1f600}', 'b': 'x\u{fffd}\u{fffd}', 'c': '\u{fffd}'}",
        ),
    ];
    for (yaml, expected) in cases {
        assert_eq!(value_of(yaml), expected, "{yaml}");
    }
}

#[test]
fn places_behind_an_amended_text_are_those_of_the_file() {
    let folder = Folder::with(
        "templates: {BasePlugin: {}}\nplugins:\n  p: {Command: \"a\nb\", Comand: x, Args: [-], Timout: 1}",
    );
    assert_eq!(
        folder.problems(),
        [
            "Warning smokerd.yaml:4:5: Plugin p: the parameter Comand is not known to the daemon; did you mean Command?",
            "Warning smokerd.yaml:4:27: Plugin p: the parameter Timout is not known to the daemon; did you mean Timeout?",
        ]
    );
}

#[test]
fn merge_keys_follow_pyyaml_in_precedence_and_order() {
    let cases = [
        ("b: &b {x: 1, y: 2}\nk: {z: 0, <<: *b, y: 3}", "{'x': 1, 'y': 3, 'z': 0}"),
        ("b: &a {x: 1, y: 2}\nc: &b {y: 3, z: 4}\nk: {q: 0, <<: [*a, *b], x: 9}", "{'y': 2, 'z': 4, 'x': 9, 'q': 0}"),
        ("k: {<<: {a: 1}, <<: {a: 2, b: 3}}", "{'a': 2, 'b': 3}"),
        ("a: &a {<<: {p: 1, q: 2}, q: 3}\nk: {r: 1, <<: *a, p: 5}", "{'p': 5, 'q': 3, 'r': 1}"),
        ("k: {'<<': {a: 1}}", "{'<<': {'a': 1}}"),
        ("k: {<<: []}", "{}"),
    ];
    for (yaml, expected) in cases {
        let shown = value_of(yaml);
        assert!(shown.ends_with(&format!("'k': {expected}}}")), "{yaml}: {shown}");
    }
}

#[test]
fn aliases_repeat_their_anchor_and_the_latest_anchor_counts() {
    assert_eq!(value_of("k: &x [1, 2]\nl: *x"), "{'k': [1, 2], 'l': [1, 2]}");
    assert_eq!(value_of("k: &x abc\n*x : 1"), "{'k': 'abc', 'abc': 1}");
    assert_eq!(value_of("k: &x a\nl: &x b\nm: *x"), "{'k': 'a', 'l': 'b', 'm': 'b'}");
}

#[test]
fn a_repeated_name_has_its_last_value_at_its_first_position_and_is_reported() {
    assert_eq!(value_of("a: 1\nb: 2\na: 3"), "{'a': 3, 'b': 2}");
    assert_eq!(value_of("1: a\ntrue: b\n1.0: c"), "{1: 'c'}");
    let folder = Folder::with_plugins("  p:\n    Command: a\n    Command: b");
    assert_eq!(
        folder.problems(),
        ["Warning smokerd.yaml:6:5: `Command` is repeated: this value is used, the one of line 5 is ignored"]
    );
}

#[test]
fn merged_names_are_no_repetition() {
    let folder = Folder::with_plugins("  p: &p {Command: a, X: 1}\n  q: {<<: *p, Command: b}");
    assert_eq!(folder.problems(), [""; 0]);
}

/// Each command loses a part to YAML, or gets one: a warning at its place, whether it loads or not.
#[test]
fn what_yaml_takes_from_a_command_is_reported() {
    let cases = [
        (
            "    Command: ! grep -q ERROR app.log",
            "5:14",
            "`!` begins a YAML tag and is no part of the command: quote the command",
        ),
        ("    Command:\n      ! grep -q x y", "6:7", "`!` begins a YAML tag"),
        ("    Command: ! [ -f x ]", "5:14", "`!` begins a YAML tag"),
        ("    Command: !", "5:14", "`!` begins a YAML tag"),
        (
            "    Command: echo\n    Ignore: [a, ! b]",
            "6:17",
            "Ignore[2]: `!` begins a YAML tag and is no part of the value",
        ),
        ("    Command: &x echo a", "5:14", "`&` begins a YAML anchor and is no part of the command"),
        (
            "    Command: grep -c ' # ' f",
            "5:14",
            "`#` begins a comment in YAML, so the command ends before it, inside of '",
        ),
        ("    Command: echo \"a #1\"", "5:14", "inside of \""),
        ("    Command: # echo", "5:5", "`#` begins a comment in YAML, so there is no command"),
        ("    Command: >\n      echo a # first\n      echo b", "6:7", "takes what follows its `#` for a comment"),
        ("    Command: \"grep '\\bx\\b' f\"", "5:14", "the control character U+0008"),
        (
            "    Action: {Command: echo a, b}",
            "5:31",
            "p.Action: `,` ends the Command here, and `b` is a name without a value",
        ),
        ("    Command: [ -f x ]", "5:5", "put quotes around the command (`[` begins a list in YAML)"),
        ("    Command: { echo a; }", "5:5", "put quotes around the command (`{` begins a mapping in YAML)"),
        ("    Command: true", "5:5", "put quotes around the command (without them it is a boolean in YAML)"),
        ("    Command: false", "5:5", "put quotes around the command (without them it is a boolean in YAML)"),
    ];
    for (slip, place, words) in cases {
        let folder =
            Folder::with(&format!("templates: {{BasePlugin: {{}}}}\nplugins:\n  p:\n    Interval: 0\n{slip}\n"));
        let problems = folder.problems();
        let is_it = |text: &String| text.contains(&format!("smokerd.yaml:{place}: ")) && text.contains(words);
        assert!(problems.iter().any(is_it), "{slip}\n{problems:#?}");
    }
}

#[test]
fn what_a_shell_would_leave_out_too_is_no_problem() {
    for command in [
        "echo a  # a comment",
        "grep -c '#' f   # 'quoted'",
        "'! grep -q x y'",
        ">\n      echo a\n      b # last",
        "|\n      echo a # first\n      echo b",
        ">-\n      grep 'a # b'\n      c",
        "\"printf 'a\\n'\"",
        "&one echo a\n  q:\n    Command: *one",
        "&x echo a\n    Same: *x",
    ] {
        let folder = Folder::with_plugins(&format!("  p:\n    Command: {command}"));
        assert_eq!(folder.problems(), [""; 0], "{command}");
    }
    let flow = Folder::with_plugins("  p: {Interval: 0, Command: echo a, Nothing: , Timeout: 3}");
    assert_eq!(flow.problems(), [""; 0]);
}
