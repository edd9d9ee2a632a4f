//! The paths that a Rust source names, in `use` lines and in code. Comments, texts and test code are left out.

use std::collections::BTreeMap;
use std::iter::Peekable;
use std::str::Chars;

/// A path of at least two names, such as `["crate", "results", "state"]`.
pub(crate) type Path = Vec<String>;

/// What one file imports.
pub(crate) struct Source {
    /// Paths of `use` lines and of code. A path that begins with an imported name begins as the import does.
    pub(crate) paths: Vec<Path>,
    /// Child modules that are compiled for tests only.
    pub(crate) test_modules: Vec<String>,
}

impl Source {
    /// Reads the text of a file.
    pub(crate) fn read(text: &str) -> Self {
        let (tokens, test_modules) = without_tests(&tokens(text));
        let (mut paths, mut at) = (Vec::new(), 0);
        let mut imported = BTreeMap::new();
        while at < tokens.len() {
            let is_import = tokens[at] == "use";
            at += usize::from(is_import);
            let first = paths.len();
            read_tree(&tokens, &mut at, &[], &mut paths);
            if is_import {
                let names = paths[first..].iter().filter_map(|path| Some((path.last()?.clone(), path.clone())));
                imported.extend(names.collect::<Vec<_>>());
            }
        }
        for path in &mut paths {
            if let Some(import) = imported.get(&path[0]).filter(|import| import[0] != path[0]) {
                path.splice(..1, import.iter().cloned());
            }
        }
        Self { paths, test_modules }
    }
}

/// Reads one path or tree of paths (`a::{b, c::d}`), and moves behind it.
fn read_tree(tokens: &[String], at: &mut usize, prefix: &[String], paths: &mut Vec<Path>) {
    let token = |at: usize| tokens.get(at).map_or("", String::as_str);
    let mut path = prefix.to_vec();
    if token(*at) == "{" && !prefix.is_empty() {
        while !["}", ""].contains(&token(*at)) {
            *at += 1;
            read_tree(tokens, at, prefix, paths);
            while ![",", "}", ""].contains(&token(*at)) {
                *at += 1; // `as name`
            }
        }
        *at += 1;
        return;
    }
    let is_name = token(*at).starts_with(|c: char| c.is_alphabetic() || c == '_');
    if is_name && (prefix.is_empty() || token(*at) != "self") {
        path.push(token(*at).to_owned());
    }
    *at += usize::from(token(*at) != "}" || prefix.is_empty());
    if is_name && token(*at) == "::" {
        *at += 1;
        read_tree(tokens, at, &path, paths);
    } else if path.len() > 1 {
        paths.push(path);
    }
}

/// Leaves out each item below `#[cfg(test)]`; returns the names of modules among them.
fn without_tests(tokens: &[String]) -> (Vec<String>, Vec<String>) {
    const TEST: [&str; 7] = ["#", "[", "cfg", "(", "test", ")", "]"];
    let (mut kept, mut modules, mut at) = (Vec::new(), Vec::new(), 0);
    while at < tokens.len() {
        if !tokens[at..].iter().map(String::as_str).take(TEST.len()).eq(TEST) {
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
    "##;
    let source = Source::read(text);
    let paths: Vec<_> = source.paths.iter().map(|path| path.join("::")).collect();
    let expected =
        ["crate::a::B", "crate::c", "crate::c::D", "std::fmt", "std::fmt::Result", "crate::c::g", "super::h"];
    assert_eq!(paths, expected);
    assert_eq!(source.test_modules, ["tests", "more"]);
}
