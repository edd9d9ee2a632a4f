//! `!include` and `!include_dir`: where they look, what they give, and how they fail.

use crate::support::{Folder, MAIN, names, plugin, text};

const HEAD: &str = "templates: {BasePlugin: {}}\n";

/// A main file that has all it needs but this line.
fn with(line: &str) -> Folder {
    Folder::with(&format!("{HEAD}{line}\n"))
}

#[test]
fn files_are_found_beside_the_main_file_and_beside_included_files() {
    let folder = with("plugins: !include plugins.yaml\nactions: !include parts/actions.yaml")
        .and(
            "plugins.yaml",
            "one: !include parts/one.yaml\ntwo: !include parts/two.yaml\nthree: {Command: c, Action: Say}",
        )
        .and("parts/one.yaml", "Command: echo one\nNested: !include deeper.yaml\nList: [!include deeper.yaml]")
        .and("parts/two.yaml", "Command: echo two")
        .and("parts/deeper.yaml", "[a, {b: c}]")
        .and("parts/actions.yaml", "Say: {Command: echo said}");
    let config = folder.config();
    assert_eq!(names(&config), ["one", "two", "three"]);
    let nested = smoker_model::notation::python_text::repr(&plugin(&config, "one").parameters["Nested"]);
    assert_eq!(nested, "['a', {'b': 'c'}]");
    let list = smoker_model::notation::python_text::repr(&plugin(&config, "one").parameters["List"]);
    assert_eq!(list, "[['a', {'b': 'c'}]]");
}

#[test]
fn an_absolute_path_is_taken_as_it_is() {
    let elsewhere = Folder::with("p: {Command: absolute}");
    let folder = with(&format!("plugins: !include {}", elsewhere.path(MAIN).display()));
    assert_eq!(plugin(&folder.config(), "p").parameters["Command"], text("absolute"));
}

#[test]
fn the_folder_of_the_including_file_comes_first_then_that_of_the_main_file_then_those_of_included_files() {
    let folder = with("plugins: {p: !include a/p.yaml, q: !include b/q.yaml, r: !include c/r.yaml}")
        .and("a/p.yaml", "Command: !include which.yaml")
        .and("b/q.yaml", "Command: !include which.yaml\nX: !include main.yaml")
        .and("c/r.yaml", "Command: !include which.yaml\nX: !include main.yaml")
        .and("a/which.yaml", "a")
        .and("b/which.yaml", "b")
        .and("b/main.yaml", "b")
        .and("main.yaml", "main");
    let config = folder.config();
    for (name, which) in [("p", "a"), ("q", "b"), ("r", "a")] {
        assert_eq!(plugin(&config, name).parameters["Command"], text(which), "{name}");
    }
    for (name, which) in [("q", "b"), ("r", "main")] {
        assert_eq!(plugin(&config, name).parameters["X"], text(which), "{name}");
    }
}

#[test]
fn folders_become_known_level_by_level_as_in_pyyaml() {
    let folder = with(
        "x-one: {a: {b: !include one/x.yaml}}\nx-two: {a: !include two/y.yaml}\n\
                       plugins: {p: {Command: !include which.yaml}}",
    )
    .and("one/x.yaml", "x")
    .and("two/y.yaml", "y")
    .and("one/which.yaml", "one")
    .and("two/which.yaml", "two");
    // The include of x-two stands on a higher level than the one of x-one, so its folder is known first.
    assert_eq!(plugin(&folder.config(), "p").parameters["Command"], text("two"));
}

#[test]
fn an_include_is_looked_for_beside_the_file_that_names_it_first() {
    // The tests' working directory is the package's folder, where Cargo.toml is no YAML, and src has no *.yaml file.
    let folder = with("plugins: !include Cargo.toml").and("Cargo.toml", "p: {Command: x}");
    assert_eq!((names(&folder.config()), folder.problems().len()), (vec!["p"], 0));
    let folder = with("plugins: !include_dir src").and("src/p.yaml", "Command: x");
    assert_eq!((names(&folder.config()), folder.problems().len()), (vec!["p"], 0));
    let folder = with("plugins: {p: !include sub/p.yaml}")
        .and("sub/p.yaml", "{Command: !include which, X: !include main}")
        .and("sub/which", "beside")
        .and("which", "of the main file")
        .and("main", "of the main file");
    let parameters = plugin(&folder.config(), "p").parameters.clone();
    assert_eq!((&parameters["Command"], &parameters["X"]), (&text("beside"), &text("of the main file")));
}

/// Where the original looked first.
#[test]
fn what_only_the_working_directory_has_is_taken_with_a_warning() {
    let folder = with("plugins: {p: {Command: x, V: !include src/lib.rs}}");
    assert!(folder.error().contains("src/lib.rs:"), "it is found, and no YAML: {}", folder.error());
    let folder = with("plugins: {p: {Command: x}}\nactions: !include_dir src");
    let config = folder.config();
    assert_eq!(config.sources.from_working_directory.len(), 1);
    let problems = folder.problems();
    assert!(
        problems[0].starts_with("Warning smokerd.yaml:3:10: !include_dir src is found in the working directory only")
    );
}

#[test]
fn everything_that_is_read_is_listed() {
    let folder = with("plugins: {p: !include sub/p.yaml}\nactions: !include_dir action.d")
        .and("sub/p.yaml", "Command: x")
        .and("action.d/a.yaml", "Command: x");
    let sources = folder.config().sources;
    for name in ["smokerd.yaml", "sub/p.yaml", "action.d", "action.d/a.yaml"] {
        assert!(sources.paths.iter().any(|path| path.ends_with(name)), "{name}: {sources:?}");
    }
}

#[test]
fn an_empty_file_is_null() {
    let folder =
        with("plugins: {p: {Command: x, V: !include empty.yaml}, q: !include empty.yaml}").and("empty.yaml", "# x");
    let config = folder.config();
    assert_eq!(names(&config), ["p"]);
    assert_eq!(plugin(&config, "p").parameters["V"], smoker_model::value::Value::Null);
    assert_eq!(folder.problems().len(), 1);
}

#[test]
fn a_folder_becomes_a_mapping_sorted_by_name() {
    let folder = with("plugins: !include_dir plugin.d")
        .and("plugin.d/charlie.yaml", "Command: c")
        .and("plugin.d/alpha.yaml", "Command: a\nX: !include beside.inc")
        .and("plugin.d/beside.inc", "included")
        .and("plugin.d/Disk_Free.yaml", "Command: d")
        .and("plugin.d/bravo.yml", "Command: b")
        .and("plugin.d/.hidden.yaml", "Command: h")
        .and("plugin.d/old.yaml.bak", "x: [")
        .and("plugin.d/sub/deep.yaml", "Command: s")
        .and("plugin.d/folder.yaml/x", "");
    let config = folder.config();
    assert_eq!(names(&config), ["Disk_Free", "alpha", "charlie"]);
    assert_eq!(plugin(&config, "alpha").parameters["X"], text("included"));
    let [file, folder, below] = config.problems.as_slice() else { panic!("{:?}", config.problems) };
    assert!(file.to_string().contains("bravo.yml:1:1: this file is not read"), "{file}");
    assert!(folder.to_string().contains("folder.yaml: this is a folder, and nothing in it is read"), "{folder}");
    assert!(below.to_string().contains("plugin.d/sub: nothing in this folder is read"), "{below}");
}

#[test]
fn a_folder_in_a_folder_that_another_include_reads_is_none_that_is_not_read() {
    let folder = with("plugins: !include_dir conf\nactions: !include_dir conf/actions")
        .and("conf/alpha.yaml", "Command: a\nAction: Tell")
        .and("conf/actions/Tell.yaml", "Command: t");
    assert_eq!(folder.problems(), [""; 0]);
}

#[test]
fn a_missing_or_empty_folder_is_null_and_reported() {
    let folder = with("plugins: !include_dir nosuch.d");
    assert!(folder.error().contains("No configured plugins"), "{}", folder.error());
    let problem = "Warning smokerd.yaml:2:10: !include_dir nosuch.d: there is no such folder; nothing is included";
    assert_eq!(folder.problems(), [problem]);
    let folder =
        with("plugins: !include_dir plugin.d").and("plugin.d/p.yaml", "Command: x").and("plugin.d/q.yaml/r", "");
    let problem =
        "Warning plugin.d/q.yaml: this is a folder, and nothing in it is read: put its files beside it, or rename it";
    assert_eq!(folder.problems(), [problem]);
    let folder = with("plugins: {p: {Command: x}}\nactions: !include_dir action.d").and("action.d/readme.txt", "");
    let problem = "Info smokerd.yaml:3:10: !include_dir action.d: no *.yaml file in action.d";
    assert_eq!(folder.problems(), [problem]);
}

#[test]
fn a_missing_file_is_named_with_everyone_who_includes_it() {
    let folder = with("plugins: !include a/plugins.yaml").and("a/plugins.yaml", "p:\n  X: !include nosuch.yaml");
    let error = folder.error();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(
        lines[0],
        "Can't include config file nosuch.yaml: No such file or directory (os error 2); \
         looked for it in a, DIR, the working directory"
    );
    assert_eq!(lines[1], "a/plugins.yaml:2:6: X: !include nosuch.yaml cannot be included");
    assert_eq!(
        lines[2],
        "Can't parse config file smokerd.yaml: smokerd.yaml:2:10: plugins: !include a/plugins.yaml cannot be included"
    );
    assert_eq!(lines.len(), 3);
}

#[test]
fn every_broken_include_of_a_file_is_reported_once() {
    let broken = "!include broken.yaml";
    let folder = with(&format!(
        "plugins: {{a: {broken}, b: !include missing.yaml, c: !include outer.yaml, d: {broken}, e: !include_dir parts}}"
    ));
    let folder = folder
        .and("broken.yaml", "a: [x")
        .and("outer.yaml", "x: !include also_missing.yaml\ny: 1")
        .and("parts/one.yaml", "b: {x")
        .and("parts/two.yaml", "c: 'x");
    let error = folder.load().expect_err("broken");
    let faults: Vec<_> = error.faults().map(|(_, text)| folder.relative(text)).collect();
    let causes = ["broken.yaml", "missing.yaml", "parts/one.yaml", "parts/two.yaml", "also_missing.yaml"];
    assert_eq!(faults.len(), causes.len(), "{faults:#?}");
    for cause in causes {
        let lead = format!("Can't include config file {cause}: ");
        assert_eq!(faults.iter().filter(|fault| fault.starts_with(&lead)).count(), 1, "{cause}: {faults:#?}");
    }
    assert!(faults.iter().all(|fault| fault.contains("Can't parse config file")), "{faults:#?}");
}

#[test]
fn a_broken_file_is_named_with_its_own_line() {
    let folder = with("plugins: !include plugins.yaml").and("plugins.yaml", "p:\n  Command: %x");
    assert_eq!(
        folder.error(),
        "Can't include config file plugins.yaml: plugins.yaml:2:12: in p.Command: unexpected character: `%'; \
         a text that starts with `%` has to be in quotes\n    Command: %x\n\
         Can't parse config file smokerd.yaml: smokerd.yaml:2:10: plugins: !include plugins.yaml cannot be included"
    );
}

#[test]
fn files_that_include_each_other_are_named_in_a_row() {
    let folder =
        with("plugins: !include a.yaml").and("a.yaml", "p: !include b.yaml").and("b.yaml", "x: [!include ./a.yaml]");
    let error = folder.error();
    let first = error.lines().next().unwrap_or_default().replace("/private", "");
    assert_eq!(
        first,
        "Can't include config file ./a.yaml: it includes itself: smokerd.yaml -> a.yaml -> b.yaml -> a.yaml"
    );
    assert!(error.ends_with("plugins: !include a.yaml cannot be included"), "{error}");
    let folder = with("plugins: !include smokerd.yaml");
    assert!(folder.error().contains("it includes itself"), "{}", folder.error());
}

#[test]
fn a_file_may_be_included_twice() {
    let folder = with("plugins: {p: !include p.yaml, q: !include p.yaml}").and("p.yaml", "Command: x");
    assert_eq!(names(&folder.config()), ["p", "q"]);
}

#[test]
fn a_folder_is_no_file_and_a_path_is_needed() {
    let folder = with("plugins: !include plugin.d").and("plugin.d/p.yaml", "Command: x");
    assert!(folder.error().starts_with("Can't include config file plugin.d: it is a folder; use !include_dir\n"));
    for (line, hint) in [
        ("plugins: !include", "!include wants the path of a file behind it"),
        ("plugins: !include_dir [a]", "!include_dir wants the path of a folder behind it"),
        ("plugins: !inlcude x", "the tag !inlcude is not known; did you mean !include?"),
    ] {
        assert!(with(line).error().contains(hint), "{}", with(line).error());
    }
}
