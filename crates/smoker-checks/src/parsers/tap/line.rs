//! Reads one line of the Test Anything Protocol.

use std::borrow::Cow;

use crate::parsers::tap::timing;

/// A line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TapLine<'a> {
    /// `1..TESTS # SKIP REASON`
    Plan { tests: usize, reason: Option<&'a str> },
    /// `ok` or `not ok`
    Test(TestPoint<'a>),
    /// `# TEXT`
    Comment(&'a str),
    /// `Bail out! REASON`
    BailOut(&'a str),
    /// `TAP version NUMBER`; `KTAP` is what the kernel of Linux prints
    Version(&'a str),
    /// `pragma +strict` or `pragma -strict`: whether lines that are no TAP are errors
    Strict(bool),
    /// Another pragma, a subtest, or no TAP.
    Other,
}

/// A test point.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TestPoint<'a> {
    pub(crate) passed: bool,
    /// `usize::MAX` for one beyond it.
    pub(crate) number: Option<usize>,
    pub(crate) description: Cow<'a, str>,
    pub(crate) directive: Directive<'a>,
    /// How long the test took, as it was printed.
    pub(crate) time: Option<&'a str>,
    /// Whether a `{` opens the lines of its subtest, which follow up to `}`.
    pub(crate) opens_subtest: bool,
}

/// The mark behind the `#` of a test point.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Directive<'a> {
    None,
    Skip(&'a str),
    Todo(&'a str),
}

/// Reads a line. An indented one is `Other`: it belongs to a subtest.
pub(crate) fn read(line: &str) -> TapLine<'_> {
    if let Some(comment) = line.strip_prefix('#') {
        return TapLine::Comment(comment.trim());
    }
    if let Some(reason) = bail_out(line) {
        return TapLine::BailOut(reason);
    }
    if let Some(rest) = line.strip_prefix("1..") {
        return plan(rest).unwrap_or(TapLine::Other);
    }
    if let Some(version) = line.strip_prefix("TAP version ").or_else(|| line.strip_prefix("KTAP version ")) {
        return TapLine::Version(version.trim());
    }
    if let Some(pragmas) = line.strip_prefix("pragma ") {
        let strict = pragmas.split(',').rev().find_map(|pragma| pragma.trim().strip_suffix("strict"));
        return match strict {
            Some("+") => TapLine::Strict(true),
            Some("-") => TapLine::Strict(false),
            _ => TapLine::Other,
        };
    }
    let (passed, rest) = match line.strip_prefix("not ok") {
        Some(rest) => (false, rest),
        None => match line.strip_prefix("ok") {
            Some(rest) => (true, rest),
            None => return TapLine::Other,
        },
    };
    if rest.starts_with(|c: char| !c.is_whitespace()) {
        return TapLine::Other;
    }
    let rest = rest.trim();
    let (rest, opens_subtest) = rest.strip_suffix(" {").map_or((rest, false), |rest| (rest.trim_end(), true));
    // The time stands behind the directive, before it, or without one.
    let (rest, last_time) = timing::split(rest);
    let (description, directive) = directive(rest);
    // Test2 of Perl has the `{` before the directive.
    let (description, opens_before) = description.strip_suffix(" {").map_or((description, false), |rest| (rest, true));
    let (description, time) = timing::split(description);
    let unnumbered = description.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &description[..description.len() - unnumbered.len()];
    // `404 pages` is a description only behind a number of its own.
    let has_number = !digits.is_empty() && (unnumbered.is_empty() || unnumbered.starts_with([' ', '-']));
    let number = has_number.then(|| digits.parse().unwrap_or(usize::MAX));
    let description = if has_number { unnumbered.trim_start() } else { description };
    let description = description.strip_prefix("- ").or_else(|| description.strip_prefix('-')).unwrap_or(description);
    let description = unescaped(description.trim());
    TapLine::Test(TestPoint {
        passed,
        number,
        description,
        directive,
        time: last_time.or(time),
        opens_subtest: opens_subtest || opens_before,
    })
}

/// What a terminal shows of a line that a progress report began: `running...\rnot ok 2`. Other lines stay.
pub(super) fn behind_progress(line: &str) -> &str {
    let Some((_, behind)) = line.rsplit_once('\r') else { return line };
    let is_tap = |text: &str| !matches!(read(text), TapLine::Other);
    if is_tap(behind) && !is_tap(line) { behind } else { line }
}

/// Whether a line that is no TAP seems to be a test that failed: with other blanks, or behind text that has no line break.
pub(super) fn looks_failed(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let begins = words.next().is_some_and(|word| word.eq_ignore_ascii_case("not"))
        && words
            .next()
            .is_some_and(|word| word.trim_end_matches(|c: char| !c.is_alphanumeric()).eq_ignore_ascii_case("ok"));
    let has_number = |(at, words): (usize, &str)| line[at + words.len()..].starts_with(|c: char| c.is_ascii_digit());
    begins || line.match_indices("not ok ").any(has_number)
}

/// The reason behind `Bail out!`, in any case as the grammar has it.
pub(super) fn bail_out(line: &str) -> Option<&str> {
    const WORDS: &str = "Bail out!";
    let (words, reason) = line.split_at_checked(WORDS.len())?;
    words.eq_ignore_ascii_case(WORDS).then(|| reason.trim())
}

/// A description in which `\#` and `\\` stand for `#` and `\`.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let escaped = (c == '\\').then(|| chars.next_if(|next| matches!(next, '#' | '\\'))).flatten();
        plain.push(escaped.unwrap_or(c));
    }
    Cow::Owned(plain)
}

fn plan(rest: &str) -> Option<TapLine<'_>> {
    let (tests, reason) = match rest.split_once('#') {
        Some((tests, reason)) => (tests, Some(reason.trim())),
        None => (rest, None),
    };
    let reason = reason.map(|reason| keyword(reason, "skip").unwrap_or(reason));
    Some(TapLine::Plan { tests: tests.trim().parse().ok()?, reason })
}

/// Splits a `# SKIP` or `# TODO` off; any other `#` is part of the description.
fn directive(text: &str) -> (&str, Directive<'_>) {
    // A `#` behind `\\` is one, since the backslash stands for itself; one behind `\` is a part of the description.
    let is_free = |at: usize| {
        let backslashes = text[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        at == 0 || text[..at].ends_with(char::is_whitespace) || (backslashes > 0 && backslashes % 2 == 0)
    };
    for (at, _) in text.rmatch_indices('#').filter(|(at, _)| is_free(*at)) {
        let behind = text[at + 1..].trim_start();
        // `todolist` and `skipping` are words of the description.
        let word = behind.find(|c: char| !c.is_alphanumeric()).map_or(behind, |end| &behind[..end]);
        if !["skip", "skipped", "todo"].iter().any(|known| word.eq_ignore_ascii_case(known)) {
            continue;
        }
        let before = text[..at].trim_end();
        if let Some(reason) = keyword(behind, "skip") {
            return (before, Directive::Skip(reason));
        }
        if let Some(reason) = keyword(behind, "todo") {
            return (before, Directive::Todo(reason));
        }
    }
    (text, Directive::None)
}

/// What follows a word in any case; `skipped` counts as `skip`.
fn keyword<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len()).filter(|head| head.eq_ignore_ascii_case(word))?;
    let rest = text[head.len()..].trim_start_matches(|c: char| c.is_alphanumeric() || c == ':');
    Some(rest.trim())
}
