//! A parser's error becomes a message that says what to do.

use std::rc::Rc;
use std::sync::LazyLock;

use regex::Regex;
use saphyr_parser::ScanError;

use crate::error::Fault;
use crate::problem::SourcePlace;
use crate::yaml::mask;
use crate::yaml::source_text::SourceText;

/// `Name = value`, the mistake of people who come from other configuration files.
static EQUALS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:- +)?([A-Za-z_][A-Za-z0-9_ -]*?)\s*=\s*(\S.*)$").expect("the pattern is a constant")
});

/// A line that is `name: value` or `name:`, with its value.
static PAIR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*(?:- +)?[^\s#:'"\[{]+:(?: +(.*?))?\s*$"#).expect("the pattern is a constant"));

/// How to write `Name = value` in YAML, if the line has that form.
pub(crate) fn colon_for(line: &str) -> Option<String> {
    let line = mask::masked(line);
    let parts = EQUALS.captures(&line)?;
    Some(format!("use a colon: `{}: {}`", &parts[1], parts[2].trim_end()))
}

/// What a message says in place of the content of a file that may be anything.
pub(crate) const NOT_SHOWN: &str =
    "the file has no key of smokerd's configuration, so its content is not shown: is it the right file?";

/// Reports a syntax error with its place, the names that lead there, the line and the way out.
pub(crate) fn explain(error: &ScanError, column: usize, source: &SourceText, keys: &str) -> Fault {
    let mistake = Mistake::of(error, column, source);
    let place = SourcePlace { file: Rc::clone(&source.path), line: mistake.line, column: mistake.column };
    if !source.is_configuration() {
        return Fault::at(&place, &format!("{}; {NOT_SHOWN}", error.info()));
    }
    let within = if keys.is_empty() { String::new() } else { format!("in {keys}: ") };
    let shown = mask::shown(source, mistake.line);
    let quoted = if shown.is_empty() { String::new() } else { format!("\n    {shown}") };
    Fault::at(&place, &format!("{within}{}{}{quoted}", mistake.what, mistake.advice))
}

/// What was probably done wrong, and where.
struct Mistake {
    line: usize,
    column: usize,
    what: String,
    advice: String,
}

impl Mistake {
    fn of(error: &ScanError, column: usize, source: &SourceText) -> Self {
        let last = source.last_line();
        let line = error.marker().line().min(last);
        let column = if error.marker().line() > last { 1 } else { column };
        let before = (1..line).rev().find(|line| !source.line(*line).trim().is_empty());
        let at = |line: usize| Some(line).filter(|line| colon_for(source.line(*line)).is_some());
        if let Some(mistake) = at(line).or_else(|| before.and_then(at))
            && is_about_colons(error.info())
        {
            let advice = colon_for(source.line(mistake)).unwrap_or_default();
            return Self {
                advice: format!("; {advice}"),
                ..Self::on_line(mistake, source, "this is no `name: value`")
            };
        }
        // A text that could go on over the next line makes the parser stop at its own end.
        let near = [Some(line), before, Some(line + 1).filter(|_| error.info().contains("found a tab"))];
        if let Some(tabbed) = near.into_iter().flatten().find(|line| is_tabbed(source.line(*line)))
            && is_about_indentation(error.info())
        {
            let advice = "; use spaces".to_owned();
            return Self { advice, ..Self::on_line(tabbed, source, "a tab indents this line") };
        }
        let indented = [Some(line), before].into_iter().flatten();
        let mut indented = indented.filter(|_| is_about_indentation(error.info()));
        if let Some((number, advice)) = indented.find_map(|it| Some((it, misindented(source, it)?))) {
            return Self {
                advice: format!("; {advice}"),
                ..Self::on_line(number, source, "this line is indented wrongly")
            };
        }
        if error.info().starts_with("simple key expect") {
            // The parser notices a missing colon only at what follows the line.
            let culprit = if error.marker().line() > last { Some(line) } else { before };
            let culprit = culprit.filter(|_| column <= indentation(source.line(line)) + 1).unwrap_or(line);
            let advice = "; every line of a mapping is `name: value`".to_owned();
            return Self { advice, ..Self::on_line(culprit, source, "this line has no colon") };
        }
        let advice = advice(error.info(), source.line(line), column).map(|advice| format!("; {advice}"));
        Self { line, column, what: error.info().to_owned(), advice: advice.unwrap_or_default() }
    }

    fn on_line(line: usize, source: &SourceText, what: &str) -> Self {
        let column = indentation(source.line(line)) + 1;
        Self { line, column, what: what.to_owned(), advice: String::new() }
    }
}

/// What is wrong with the indentation of a `name: value`.
fn misindented(source: &SourceText, number: usize) -> Option<&'static str> {
    let line = source.line(number);
    PAIR.captures(line)?;
    let is_text = |number: &usize| {
        let line = source.line(*number).trim_start();
        !line.is_empty() && !line.starts_with('#')
    };
    let above = (1..number).rev().find(is_text).map(|number| source.line(number))?;
    let (own, other) = (indentation(line), indentation(above));
    let is_complete = || {
        PAIR.captures(above).is_some_and(|pair| {
            pair.get(1).is_some_and(|value| !value.is_empty() && !value.as_str().starts_with(['|', '>', '&', '!']))
        })
    };
    if own > other && is_complete() {
        return Some("it begins deeper than the line above, which has a value already: give both the same indentation");
    }
    let mut outer = (1..number).rev().filter(is_text).map(|number| indentation(source.line(number)));
    let aligned = outer.find(|indentation| *indentation <= own);
    (own < other && aligned != Some(own)).then_some("it begins where no line above begins: align it with one of them")
}

fn indentation(line: &str) -> usize {
    line.chars().take_while(|c| c.is_whitespace()).count()
}

fn is_tabbed(line: &str) -> bool {
    line[..line.len() - line.trim_start().len()].contains('\t')
}

fn is_about_colons(info: &str) -> bool {
    info.contains("simple key") || info.contains("mapping values") || info.contains("expected key")
}

fn is_about_indentation(info: &str) -> bool {
    info.contains("tab") || info.contains("indentation") || is_about_colons(info)
}

/// What usually helps against an error.
fn advice(info: &str, line: &str, column: usize) -> Option<String> {
    let value = line.split_once(": ").map_or(line, |(_, value)| value).trim();
    let contains = |words: &[&str]| words.iter().any(|word| info.contains(word));
    if ["{{", "{%", "<%"].iter().any(|begin| line.contains(begin)) {
        return Some(
            "this looks like a template that was left unexpanded: expand it, or quote it if it is text".to_owned(),
        );
    }
    if contains(&["unknown anchor"]) {
        let alias = line.chars().skip(column.saturating_sub(1)).take_while(|c| !c.is_whitespace() && *c != ',');
        let alias: String = alias.collect();
        return Some(format!(
            "nothing above is marked `&{}`; quote the value if it is text",
            alias.trim_start_matches('*')
        ));
    }
    if contains(&["unexpected character", "scanning an anchor", "scanning a directive"]) {
        let start = line.chars().nth(column.saturating_sub(1)).unwrap_or('%');
        return Some(format!("a text that starts with `{start}` has to be in quotes"));
    }
    if contains(&["block scalar, did not find expected comment"]) && value.starts_with(['>', '|']) {
        return Some(
            "`>` and `|` begin a text on the lines below: a text that starts with one has to be in quotes".to_owned(),
        );
    }
    if contains(&["mapping keys are not allowed"]) {
        return Some("a text that starts with `? ` has to be in quotes".to_owned());
    }
    if contains(&["unexpected end of stream", "document indicator"]) {
        return Some("the quote that opens here is never closed".to_owned());
    }
    if contains(&["unknown escape character"]) {
        return Some("in double quotes a backslash starts an escape: double it, or use single quotes".to_owned());
    }
    if contains(&["trailing content"]) || contains(&["expected key"]) && value.starts_with(['\'', '"']) {
        return Some("nothing may follow the closing quote: put the whole value into quotes".to_owned());
    }
    if contains(&["flow", "bracket", "illegal placement"]) {
        return Some("a bracket is not closed, or a text with brackets, commas or colons needs quotes".to_owned());
    }
    if contains(&["mapping values"]) {
        return Some("put a value that contains `: ` into quotes, or correct the indentation".to_owned());
    }
    if value.starts_with(['{', '[', '*', '&']) {
        return Some("a text that starts with {, [, * or & has to be in quotes".to_owned());
    }
    if contains(&["only valid inside a block", "block sequence entries"]) {
        return Some("a list starts on a line of its own; a text that starts with `- ` has to be in quotes".to_owned());
    }
    if contains(&["expected key", "expected '-'", "document start", "indent"]) {
        return Some("check the indentation of this line against the lines above".to_owned());
    }
    None
}
