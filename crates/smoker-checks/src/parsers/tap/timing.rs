//! Times that test runners print behind descriptions. They differ from run to run, so they are no part of a name.

/// Splits a time off the end of a text: `# time=12.3ms` (node-tap, vitest), `# in 12 ms`, `in 12ms` and `in 1sec`
/// (bats), `(12 ms)`, `[12ms]`.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    split_comment(text).or_else(|| split_brackets(text)).or_else(|| split_bats(text)).unwrap_or((text, None))
}

fn split_comment(text: &str) -> Option<(&str, Option<&str>)> {
    let at = text.rfind('#').filter(|at| *at == 0 || text[..*at].ends_with(char::is_whitespace))?;
    let behind = text[at + 1..].trim();
    cut(text, at, timed(behind).unwrap_or(behind))
}

fn split_brackets(text: &str) -> Option<(&str, Option<&str>)> {
    let (inner, open) = match text.strip_suffix(')') {
        Some(inner) => (inner, '('),
        None => (text.strip_suffix(']')?, '['),
    };
    let at = inner.rfind(open)?;
    cut(text, at, &inner[at + 1..])
}

/// Bats has no blank in the time, by which it is told from a description such as `answers in 5 s`.
fn split_bats(text: &str) -> Option<(&str, Option<&str>)> {
    let at = text.rfind(" in ")?;
    let time = &text[at + 4..];
    let is_of_bats = time.strip_suffix("ms").or_else(|| time.strip_suffix("sec")).is_some_and(is_whole_number);
    is_of_bats.then(|| (text[..at].trim_end(), Some(time)))
}

/// What follows `time=` and its like.
fn timed(text: &str) -> Option<&str> {
    ["time", "duration_ms", "duration"].iter().find_map(|word| text.strip_prefix(word)?.strip_prefix(['=', ':', ' ']))
}

fn cut<'a>(text: &'a str, at: usize, time: &'a str) -> Option<(&'a str, Option<&'a str>)> {
    let time = time.trim();
    let time = time.strip_prefix("in ").unwrap_or(time).trim();
    let is_milliseconds = text[at..].contains("duration_ms") && is_number(time);
    (is_time(time) || is_milliseconds).then(|| (text[..at].trim_end(), Some(time)))
}

fn is_time(text: &str) -> bool {
    const UNITS: [&str; 10] = ["ns", "us", "µs", "ms", "sec", "secs", "seconds", "second", "s", "min"];
    UNITS.iter().any(|unit| text.strip_suffix(unit).is_some_and(|number| is_number(number.trim_end())))
}

fn is_number(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    is_whole_number(whole) && is_whole_number(fraction)
}

fn is_whole_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_of_known_runners_are_split_off() {
        let all = [
            ("a.js # time=12.345ms", "12.345ms"),
            ("a.js # duration_ms 12.5", "12.5"),
            ("a.js in 12ms", "12ms"),
            ("a.js in 1sec", "1sec"),
            ("a.js # in 12 ms", "12 ms"),
            ("a.js (12 ms)", "12 ms"),
            ("a.js [0.5s]", "0.5s"),
        ];
        for (text, time) in all {
            assert_eq!(split(text), ("a.js", Some(time)), "{text}");
        }
    }

    #[test]
    fn other_numbers_stay_in_the_description() {
        for text in ["answers in 5 s", "tickets # 12", "mode (2)", "waits for [10]", "in time", "C# time=soon", "# "] {
            assert_eq!(split(text), (text, None));
        }
    }
}
