//! The paths that a Rust source names, in `use` lines and in code. Comments, texts and test code are left out.

use std::collections::{BTreeMap, BTreeSet};
use std::iter::Peekable;
use std::str::Chars;

/// A path of names, such as `["crate", "results", "state"]`.
pub(crate) type Path = Vec<String>;

/// What one file imports.
pub(crate) struct Source {
    /// Paths of `use` lines and of code. A path that begins with an imported name begins as the import does; one of an import
    /// that counts as a whole ends with `*`.
    pub(crate) paths: Vec<Path>,
    /// Child modules that are compiled for tests only.
    pub(crate) test_modules: Vec<String>,
}

impl Source {
    /// Reads the text of a file.
    pub(crate) fn read(text: &str) -> Self {
        let (tokens, test_modules) = without_tests(&tokens(text));
        let (mut paths, mut imports, mut at) = (Vec::new(), Vec::new(), 0);
        while at < tokens.len() {
            let words = words_of_import(&tokens[at..]);
            at += words;
            let mut tree = Vec::new();
            read_tree(&tokens, &mut at, &[], &mut tree);
            if words > 0 {
                imports.extend(tree);
            } else {
                paths.extend(tree.into_iter().map(|(path, _)| path).filter(|path| path.len() > 1));
            }
        }
        let imported: BTreeMap<_, _> = imports.iter().map(|(path, name)| (name.clone(), path.clone())).collect();
        let taken_apart = paths.iter().chain(imported.values()).filter(|path| path.len() > 1);
        let used: BTreeSet<_> = taken_apart.map(|path| path[0].clone()).collect();
        // What is imported and not taken apart in this file is imported as a whole.
        let whole = |(mut path, name): (Path, String)| {
            path.extend((!used.contains(&name) && name != "*").then(|| "*".to_owned()));
            path
        };
        paths.splice(..0, imports.into_iter().map(whole));
        for path in &mut paths {
            // An import may begin with a name that another one gives.
            for _ in 0..MAX_CHAIN {
                if let Some(import) = imported.get(&path[0]).filter(|import| import[0] != path[0]) {
                    path.splice(..1, import.iter().cloned());
                }
            }
        }
        Self { paths, test_modules }
    }
}

/// How many imports may begin with the name of another one.
const MAX_CHAIN: usize = 4;

/// How many words begin an import here; 0 where none begins.
fn words_of_import(tokens: &[String]) -> usize {
    match tokens {
        [word, ..] if word == "use" => 1,
        [first, second, ..] if first == "extern" && second == "crate" => 2,
        _ => 0,
    }
}

/// Reads one path or tree of paths (`a::{b, c::d as e}`), each with the name that it has in the file, and moves behind it.
fn read_tree(tokens: &[String], at: &mut usize, prefix: &[String], paths: &mut Vec<(Path, String)>) {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = prefix.to_vec();
    if token(*at) == "{" && !prefix.is_empty() {
        while !["}", ""].contains(&token(*at)) {
            *at += 1;
            if token(*at) == "}" {
                break; // behind the last comma
            }
            read_tree(tokens, at, prefix, paths);
            while ![",", "}", ""].contains(&token(*at)) {
                *at += 1; // `as name`
            }
        }
        *at += 1;
        return;
    }
    let is_name = token(*at).starts_with(|c: char| c.is_alphabetic() || c == '_');
    let is_part = if prefix.is_empty() { is_name } else { is_name && token(*at) != "self" || token(*at) == "*" };
    if is_part {
        path.push(token(*at).to_owned());
    }
    *at += usize::from(token(*at) != "}" || prefix.is_empty());
    if is_name && token(*at) == "::" {
        *at += 1;
        read_tree(tokens, at, &path, paths);
    } else if let Some(last) = path.last() {
        let name = if token(*at) == "as" { token(*at + 1) } else { last };
        paths.push((path.clone(), name.to_owned()));
    }
}

/// Leaves out each item below `#[cfg(test)]`; returns the names of modules among them.
fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    /// `#[cfg(test)]` and `#[cfg(all(test, ...))]`.
    const TEST: [&[&str]; 2] =
        [&["#", "[", "cfg", "(", "test", ")", "]"], &["#", "[", "cfg", "(", "all", "(", "test", ","]];
    let begins_with =
        |at: usize, words: &[&str]| tokens[at..].iter().map(String::as_str).take(words.len()).eq(words.iter().copied());
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !TEST.iter().any(|words| begins_with(at, words)) {
            kept.push(tokens[at].clone());
            at += 1;
            continue;
        }
        if let Some(name) = tokens[at..].iter().position(|token| token == "mod").map(|found| at + found + 1) {
            modules.extend(tokens.get(name).cloned());
        }
        let mut depth = 0_usize;
        while at < tokens.len() {
            match tokens[at].as_str() {
                "{" => depth += 1,
                "}" => depth -= 1,
                _ => {}
            }
            at += 1;
            if depth == 0 && [";", "}"].contains(&tokens[at - 1].as_str()) {
                break;
            }
        }
    }
    (kept, modules)
}

/// Names, `::` and single characters, without comments, texts and spaces.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '"' => skip_text(&mut rest),
            '\'' => skip_character(&mut rest),
            'r' if rest.peek() == Some(&'#') || rest.peek() == Some(&'"') => skip_raw_text(&mut rest),
            ':' if rest.next_if_eq(&':').is_some() => tokens.push("::".to_owned()),
            c if c.is_alphanumeric() || c == '_' => {
                let mut name = c.to_string();
                while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_') {
                    name.push(c);
                }
                match (name.as_str(), rest.peek()) {
                    ("br", Some('"' | '#')) => skip_raw_text(&mut rest),
                    _ => tokens.push(name),
                }
            }
            c if c.is_whitespace() => {}
            c => tokens.push(c.to_string()),
        }
    }
    tokens
}

fn skip_text(rest: &mut Peekable<Chars<'_>>) {
    while let Some(c) = rest.next().filter(|c| *c != '"') {
        if c == '\\' {
            rest.next();
        }
    }
}

/// Behind a quote: a character (`'a'`, `'\n'`), or a lifetime, which has no second quote.
fn skip_character(rest: &mut Peekable<Chars<'_>>) {
    if rest.next() == Some('\\') {
        rest.next();
        while rest.next().is_some_and(|c| c != '\'') {}
    } else {
        rest.next_if_eq(&'\'');
    }
}

/// Behind the `r` of `r"..."` or `r#"..."#`.
fn skip_raw_text(rest: &mut Peekable<Chars<'_>>) {
    let mut marks = 0;
    while rest.next_if_eq(&'#').is_some() {
        marks += 1;
    }
    let mut seen = None;
    rest.next();
    while seen != Some(marks) {
        seen = match rest.next() {
            None => return,
            Some('"') => Some(0),
            Some('#') => seen.map(|seen| seen + 1),
            Some(_) => None,
        };
    }
}

#[test]
fn paths_of_imports_and_code_are_read() {
    let text = r##"
        use crate::{a::B, c::{self, D as E}};
        use std::fmt; // crate::not::this
        const TEXT: &str = "crate::nor::this"; const RAW: &str = r#"nor::"this"#;
        fn f<'a>(c: char) -> fmt::Result { if c == '"' || c == '\'' { c::g::<u8>() } else { super::h() } }
        #[cfg(test)]
        mod tests;
        #[cfg(test)]
        mod more { use crate::t; fn g() {} }
        #[cfg(all(test, target_os = "linux"))]
        mod linux { use super::*; }
    "##;
    let source = Source::read(text);
    let paths: Vec<_> = source.paths.iter().map(|path| path.join("::")).collect();
    let expected =
        ["crate::a::B::*", "crate::c", "crate::c::D::*", "std::fmt", "std::fmt::Result", "crate::c::g", "super::h"];
    assert_eq!(paths, expected);
    assert_eq!(source.test_modules, ["tests", "more", "linux"]);
}

#[test]
fn an_import_counts_under_every_name_and_as_a_whole() {
    for (text, expected) in [
        ("use crate::http::limits as l; fn f() { l::BODY; }", "crate::http::limits::BODY"),
        ("use crate::{http as h}; fn f() { h::limits::BODY; }", "crate::http::limits::BODY"),
        ("use crate::http::{self as h}; fn f() { h::BODY; }", "crate::http::BODY"),
        ("use crate::http as h; use h::limits; fn f() { limits::BODY; }", "crate::http::limits::BODY"),
        ("use crate as root; fn f() { root::http::BODY; }", "crate::http::BODY"),
        ("use crate::http::*;", "crate::http::*"),
        ("use crate::{http::*, a};", "crate::http::*"),
        ("pub(crate) use crate::http;", "crate::http::*"),
        ("use smoker_config as c; fn f() { c::config::load(); }", "smoker_config::config::load"),
        ("use smoker_config;", "smoker_config::*"),
        ("extern crate smoker_config;", "smoker_config::*"),
        ("extern crate smoker_config as c; fn f() { c::config::load(); }", "smoker_config::config::load"),
    ] {
        let paths: Vec<_> = Source::read(text).paths.iter().map(|path| path.join("::")).collect();
        assert!(paths.iter().any(|path| path == expected), "{text}: {paths:?}");
    }
}
