//! What `prove -v` prints around the TAP of each file: the file's name above it, its verdict below it.

/// A line of `prove`.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ProveLine<'a> {
    /// `t/a.t ..`, with `--timer` behind the time of day
    File(&'a str),
    /// `ok`, with `--timer` before the times it took
    Passed,
    /// What it says of a file, or of all, that did not pass.
    Failed(&'a str),
}

/// Reads a line, if it is one of `prove`. `ok` may be a test, too: which of both it is, the plan tells.
pub(super) fn read(line: &str) -> Option<ProveLine<'_>> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let line = line.trim_end();
    if let Some(behind) = line.strip_prefix("ok") {
        let is_time = behind.trim_start().split_once(' ').is_some_and(|(number, unit)| {
            number.bytes().all(|byte| byte.is_ascii_digit()) && (unit == "ms" || unit.starts_with("ms ("))
        });
        return (behind.is_empty() || is_time).then_some(ProveLine::Passed);
    }
    let says_failed = ["Dubious, test returned", "Failed ", "No subtests run", "Bailout called."];
    let says_failed = says_failed.iter().any(|beginning| line.starts_with(beginning));
    if says_failed && !line.ends_with("..") {
        return Some(ProveLine::Failed(line));
    }
    let name = line.trim_end_matches('.').strip_suffix(' ')?;
    let name = name.strip_prefix('[').and_then(|timed| timed.split_once("] ")).map_or(name, |(_, name)| name);
    let is_path = name.contains(['.', '/']) && !name.contains(char::is_whitespace);
    (is_path && line.ends_with("..")).then_some(ProveLine::File(name))
}

/// The result that `prove` prints last: PASS, FAIL or NOTESTS.
pub(super) fn result(text: &str) -> Option<&str> {
    let results = text.lines().rev().filter_map(|line| line.trim_end().strip_prefix("Result: "));
    results.into_iter().find(|result| ["PASS", "FAIL", "NOTESTS"].contains(result))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_prove_are_known() {
        for line in ["t/a.t .. ", "[21:57:29] t/a.t ....... ", "t/a.t .."] {
            assert_eq!(read(line), Some(ProveLine::File("t/a.t")), "{line}");
        }
        for line in ["ok", "ok      242 ms ( 0.00 usr  0.00 sys +  0.04 cusr  0.00 csys =  0.04 CPU)"] {
            assert_eq!(read(line), Some(ProveLine::Passed), "{line}");
        }
        for line in ["Dubious, test returned 4 (wstat 1024, 0x400)", "Failed 4/9 subtests"] {
            assert_eq!(read(line), Some(ProveLine::Failed(line)));
        }
        for line in
            ["ok 1", "ok 2 ms", "1..2", "waiting for a.example ..", "    t/a.t ..", "# t/a.t ..", "Result: PASS", ".."]
        {
            assert!(!matches!(read(line), Some(ProveLine::File(_) | ProveLine::Failed(_))), "{line}");
        }
        assert_eq!((result("t/a.t .. ok\nResult: PASS\n"), result("1..1\nok 1\n")), (Some("PASS"), None));
    }
}
