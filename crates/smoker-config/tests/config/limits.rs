//! Files that would take all memory, time or stack are refused with a reason.

use std::fmt::Write as _;

use smoker_config::limits;

use crate::support::{Folder, names};

#[test]
fn aliases_that_multiply_are_refused() {
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let again = format!("*a{}, ", level - 1).repeat(10);
        writeln!(yaml, "a{level}: &a{level} [{again}]").expect("a string");
    }
    let error = Folder::with(&yaml).error();
    assert!(error.contains("the aliases here expand to more than 2000000 values"), "{error}");
}

#[test]
fn merges_that_multiply_are_refused() {
    let names: Vec<_> = (0..2000).map(|name| format!("k{name}: 1")).collect();
    let mut yaml = format!("a: &a {{{}}}\n", names.join(", "));
    for level in 0..1100 {
        writeln!(yaml, "b{level}: {{<<: *a}}").expect("a string");
    }
    let error = Folder::with(&yaml).error();
    assert!(error.contains("the aliases here expand to more than 2000000 values"), "{error}");
}

#[test]
fn aliases_within_bounds_are_fine() {
    let folder = Folder::with_plugins("  p: {Command: x, A: &a [1, 2], B: &b [*a, *a], C: [*b, *b]}");
    assert_eq!(names(&folder.config()), ["p"]);
}

#[test]
fn deep_nesting_is_refused_however_it_is_written() {
    let depth = limits::MAX_NESTING + 1;
    let brackets = format!("a: {}{}", "[".repeat(depth), "]".repeat(depth));
    let dashes = format!("a:\n  {}x", "- ".repeat(depth));
    let mut aliases = "a0: &a0 [x]\n".to_owned();
    for level in 1..=1000 * depth {
        writeln!(aliases, "a{level}: &a{level} [*a{}]", level - 1).expect("a string");
    }
    for yaml in [brackets, dashes, aliases] {
        let error = Folder::with(&yaml).error();
        assert!(error.contains("more than 100 lists and mappings are nested here"), "{error}");
    }
}

#[test]
fn nesting_counts_through_includes() {
    let nested = |inner: &str| format!("{}!include {inner}{}", "[".repeat(60), "]".repeat(60));
    let folder = Folder::with(&format!("a: {}", nested("b.yaml"))).and("b.yaml", &nested("c.yaml")).and("c.yaml", "x");
    let error = folder.error();
    assert!(error.contains("are nested, includes counted"), "{error}");
}

#[test]
fn many_includes_in_a_row_are_refused() {
    let mut folder = Folder::with("a: !include 0.yaml");
    for level in 0..=limits::MAX_INCLUDE_DEPTH {
        folder = folder.and(&format!("{level}.yaml"), &format!("!include {}.yaml", level + 1));
    }
    let error = folder.error();
    assert!(error.contains("more than 32 files include each other in a row"), "{error}");
}

#[test]
fn includes_that_multiply_are_refused() {
    let mut folder = Folder::with("a: !include 0.yaml");
    for level in 0..20 {
        let next = format!("!include {}.yaml", level + 1);
        folder = folder.and(&format!("{level}.yaml"), &format!("[{next}, {next}]"));
    }
    let error = folder.and("20.yaml", "x").error();
    assert!(error.contains("the configuration has more than 10000 files"), "{error}");
}

#[test]
fn a_large_file_is_refused() {
    let size = usize::try_from(limits::MAX_FILE_SIZE).expect("it fits");
    let error = Folder::with(&format!("a: {}", "x".repeat(size))).error();
    assert!(error.starts_with("Can't read config file smokerd.yaml: the file is larger than 16 MiB"), "{error}");
}

#[test]
fn many_large_files_are_refused() {
    let mut folder =
        Folder::with("a: [!include 0.yaml, !include 1.yaml, !include 2.yaml, !include 3.yaml, !include 4.yaml]");
    for number in 0..5 {
        folder = folder.and(&format!("{number}.yaml"), &format!("x\n{}", "#\n".repeat(7 << 20)));
    }
    let error = folder.error();
    assert!(error.contains("more than 10000 files or 64 MiB"), "{error}");
}

#[test]
fn a_file_full_of_old_yaml_is_refused_at_some_place() {
    let lines = |count| (0..count).fold(String::new(), |text, number| text + &format!("k{number}: [-]\n"));
    let within = Folder::with_plugins(&format!("  p: {{Command: x}}\nold:\n  {}", lines(100).replace('\n', "\n  ")));
    assert_eq!(within.config().plugins.len(), 1);
    let error = Folder::with(&lines(limits::MAX_COMPAT_REPAIRS + 1)).error();
    assert!(error.contains("smokerd.yaml:1001:"), "{error}");
}

#[test]
fn a_thousand_plugins_load() {
    let mut plugins = String::new();
    for number in 0..1000 {
        writeln!(plugins, "  p{number}: {{Command: 'true', Interval: 1, Tags: [a, b]}}").expect("a string");
    }
    assert_eq!(Folder::with_plugins(&plugins).config().plugins.len(), 1000);
}
