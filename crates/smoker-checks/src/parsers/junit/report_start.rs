//! Where a report begins in what a command printed.

/// The elements that a report can begin with.
const ROOTS: [&str; 3] = ["testsuites", "testsuite", "testcase"];

/// What is behind the text before the next report; none when no report
/// begins. Comments do not count, unless a report stands between their ends.
pub(super) fn from_report(text: &str) -> Option<&str> {
    let mut rest = text;
    loop {
        rest = &rest[rest.find('<')?..];
        if begins_report(rest) {
            return Some(rest);
        }
        let comment = rest.strip_prefix("<!--").and_then(|comment| comment.split_once("-->"));
        rest = match comment {
            Some((comment, behind)) if !comment.contains("<?xml") => behind,
            _ => &rest[1..],
        };
    }
}

/// Whether the declaration of a report is there, but no report behind it.
pub(super) fn is_cut_off(rest: &str) -> bool {
    behind_declarations(rest).next().is_some()
}

/// What is behind each XML declaration. `<?xml-stylesheet` is none.
fn behind_declarations(text: &str) -> impl Iterator<Item = &str> {
    let begins = |behind: &&str| behind.is_empty() || behind.starts_with(|c: char| c.is_whitespace() || c == '?');
    text.split("<?xml").skip(1).filter(begins)
}

/// Whether a text ends where the name of a report's first element, or a declaration, may go on.
pub(super) fn ends_in_a_root(rest: &str) -> bool {
    let Some((_, begun)) = rest.trim_end().rsplit_once('<') else { return false };
    ROOTS.iter().chain(&["?xml"]).any(|root| root.starts_with(begun))
}

/// Whether a report that was cut off at its beginning is in the text before another one: a declaration without an
/// element behind it, or a part of the name of a root.
pub(super) fn is_cut_off_before(skipped: &str) -> bool {
    // What is behind the last declaration may belong to the report that follows.
    let mut declared: Vec<_> = behind_declarations(skipped).collect();
    declared.pop();
    let has_part_of_a_root = |text: &str| {
        let (_, begun) = text.trim_end().rsplit_once('<').unwrap_or_default();
        begun.len() > 3 && ROOTS.iter().any(|root| root.starts_with(begun))
    };
    has_part_of_a_root(skipped) || declared.into_iter().any(|text| !has_element(text))
}

/// Whether a tag stands in the text, up to its end.
fn has_element(text: &str) -> bool {
    let behind_openings = text.split('<').skip(1);
    behind_openings.into_iter().any(|tag| tag.starts_with(|c: char| c.is_alphabetic() || c == '_') && tag.contains('>'))
}

fn begins_report(text: &str) -> bool {
    let name = text[1..].split(|c: char| c.is_whitespace() || ['>', '/', '<'].contains(&c)).next().unwrap_or_default();
    let is_whole = name.len() + 1 < text.len();
    is_whole && ROOTS.contains(&name.rsplit_once(':').map_or(name, |(_, local)| local))
}
