//! Whether two texts of two runs differ in their numbers alone: times, durations, sizes, counts and random names.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value as Json;

/// What can be another one in each run. The first alternative that matches counts.
static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = PATTERN.replace("DURATION", DURATION).replace("NUMBER", NUMBER).replace("MONTH", MONTH);
    Regex::new(&pattern).expect("a constant pattern")
});

const PATTERN: &str = r"(?x)
    (?P<date> \b\d{1,4}/\d{1,2}/\d{1,4}\b )
    | (?P<name>
        \d+(?:\.\d+){2,}
        | \b(?i:https?(?:/\d(?:\.\d)?)?|status|code|exit(?:ed)?|returned|rc|port|mode|umask|uid|gid|signal|errno)
          [\ :=]+ (?:(?i:with|status|code)[\ :=]+)? \d+
        | (?:\blocalhost|[a-z0-9-]\.[a-z]+):\d+\b
        | \b0[0-7]{2,4}\b
        | \b\d+ (?:/|\ of\ ) \d+\b
      )
    | (?P<any>
        \b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b
        | \b0x[0-9a-fA-F]+\b
        | /tmp[0-9a-z_]{8}\b | \btmp\.[0-9A-Za-z]{6,12}\b
        | \b\d{4}-\d{2}-\d{2} (?: [T\ ]\d{2}:\d{2}(?: :\d{2}(?:[.,]\d+)? )? )? (?: Z\b | [+-]\d{2}:?\d{2}\b )?
        | \b (?: (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?:[a-z]*day)?,?\s+ )?
             (?: \d{1,2}[\s/-]+MONTH (?:[\s/-]+\d{4}\b)? | MONTH\s+\d{1,2}\b (?:,?\s+\d{4}\b)? )
        | [-+]?\d+(?:[.,]\d+)?\s?%
        | DURATION (?: (?: ,?\s+ | \s+and\s+ )? DURATION )*
      )
    | (?P<size> NUMBER\s?(?:[kKMGTPE]i?B | [kKMGTPE]\b | B\b | bytes?\b) )
    | (?P<count> NUMBER )";

const MONTH: &str = "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|\
                     Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)";

/// A time of the day or a number of seconds, minutes and so on.
const DURATION: &str = r"(?: \b\d{1,3}(?: :\d{2} ){1,3}(?:[.,]\d+)?(?:\s?[aApP][mM]\b)?
    | NUMBER\s?(?:ns|us|µs|ms|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|months?|years?)\b )";

const NUMBER: &str = r"[-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?";

/// A piece of a text.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    /// Words, and the digits of names such as `web1`, `eth0` and `10.0.0.1`.
    Words(&'a str),
    /// A time, a duration, a share or a random name.
    Any,
    /// A count or a size. None is not the same as some.
    Amount { is_zero: bool },
}

/// Whether two values are equal but for numbers, those of texts as [`differ_in_numbers_only`] has them.
pub(crate) fn have_same_shape(there: &Json, here: &Json) -> bool {
    match (there, here) {
        (Json::Number(there), Json::Number(here)) => (there.as_f64() == Some(0.0)) == (here.as_f64() == Some(0.0)),
        (Json::String(there), Json::String(here)) => there == here || differ_in_numbers_only(there, here),
        (Json::Array(there), Json::Array(here)) => {
            there.len() == here.len() && there.iter().zip(here).all(|(there, here)| have_same_shape(there, here))
        }
        (Json::Object(there), Json::Object(here)) => {
            let is_same = |(name, value)| here.get(name).is_some_and(|other| have_same_shape(value, other));
            there.len() == here.len() && there.iter().all(is_same)
        }
        _ => there == here,
    }
}

/// Whether the texts are equal but for numbers that another run can have otherwise. Digits of a name count as
/// its letters do, and none against some is a difference.
pub(crate) fn differ_in_numbers_only(there: &str, here: &str) -> bool {
    let (there, here) = (pieces(there), pieces(here));
    let mut after_amount = false;
    there.len() == here.len()
        && there.iter().zip(&here).all(|pair| {
            let is_same = match pair {
                (Piece::Words(there), Piece::Words(here)) => are_same_words(there, here, after_amount),
                (there, here) => there == here,
            };
            after_amount = matches!(pair, (Piece::Amount { .. }, _));
            is_same
        })
}

fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let (mut words, mut at) = (0, 0);
    while let Some(groups) = VARYING.captures_at(text, at) {
        let matched = groups.get(0).expect("the whole match");
        // The sign of a range or a date, or the hyphen of a name.
        let sign = usize::from(matched.as_str().starts_with(['-', '+']));
        let is_hyphen = sign > 0 && text[..matched.start()].ends_with(char::is_alphanumeric);
        let before = &text[..matched.start() + if is_hyphen { sign } else { 0 }];
        at = matched.end();
        let is_any = groups.name("any").or(groups.name("date")).is_some();
        if groups.name("name").is_some() || (!is_any && ends_a_name(before)) {
            continue;
        }
        if before.len() > words {
            found.push(Piece::Words(&text[words..before.len()]));
        }
        words = at;
        found.push(if is_any {
            Piece::Any
        } else {
            let mantissa = matched.as_str().split(['e', 'E']).next().unwrap_or_default();
            Piece::Amount { is_zero: !mantissa.contains(|digit| matches!(digit, '1'..='9')) }
        });
    }
    if words < text.len() {
        found.push(Piece::Words(&text[words..]));
    }
    found
}

/// Whether digits behind this text belong to a name: `web`, `web-`, `web_`.
fn ends_a_name(before: &str) -> bool {
    let stem = before.trim_end_matches(['-', '_']);
    stem.ends_with(char::is_alphabetic)
}

/// Blanks pad numbers, so they do not count; a word behind an amount may stand in its plural.
fn are_same_words(there: &str, here: &str, after_amount: bool) -> bool {
    let mut words = there.split_whitespace().zip(here.split_whitespace());
    let first = !after_amount
        || words.next().is_none_or(|(there, here)| {
            let bare = |word: &str| word.trim_end_matches(|c: char| !c.is_alphanumeric()).len();
            let ((there, their_end), (here, our_end)) = (there.split_at(bare(there)), here.split_at(bare(here)));
            their_end == our_end && (there == here || is_plural(there, here) || is_plural(here, there))
        });
    first && there.split_whitespace().count() == here.split_whitespace().count() && words.all(|(a, b)| a == b)
}

fn is_plural(one: &str, many: &str) -> bool {
    let stem = one.strip_suffix('y').map(|stem| format!("{stem}ies"));
    many.strip_prefix(one).is_some_and(|end| matches!(end, "s" | "es")) || stem.is_some_and(|plural| plural == many)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_amounts_and_random_names_vary() {
        let pairs = [
            ("up 3 days", "up 4 days"),
            ("up 1 day,  4:05, 2 users", "up 23:10, 1 user"),
            ("load average: 0.12, 1.05, 0.99", "load average: 10.5, 1.1, 2.0"),
            ("took 0.8 s", "took 950 ms"),
            ("took 1e-05 s", "took 0.01 s"),
            ("in 1 min 2 s", "in 59 s"),
            ("Sun Nov 29 21:55:55 UTC 2026", "Mon Nov 30 00:01:05 UTC 2026"),
            ("29 Nov 2026", "1 Dec 2026"),
            ("on 29/11/2026", "on 1/12/2026"),
            ("at 2026-11-29T21:55:55.123456", "at 2026-11-30T01:02:03"),
            ("pid 4711", "pid 12"),
            ("free: 1.5 GiB of 20G", "free: 987.3 MiB of 20G"),
            ("used   9%", "used  10%"),
            ("1 process, 1 query", "3 processes, 5 queries"),
            ("Read/Write: deleted file /mnt/12345672-smoker.tmp", "Read/Write: deleted file /mnt/8-smoker.tmp"),
            ("Busy: '/tmp/tmpab3_x9zq'", "Busy: '/tmp/tmpqqqqqqqq'"),
            ("<Plugin object at 0x7f31c0>", "<Plugin object at 0x55aa>"),
            ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id 00000000-4f89-11d3-9a0c-0305e82c3301"),
            ("-3 C", "4 C"),
        ];
        for (there, here) in pairs {
            assert!(differ_in_numbers_only(there, here), "{there} / {here}: {:?} {:?}", pieces(there), pieces(here));
        }
    }

    #[test]
    fn names_and_none_against_some_are_differences() {
        let pairs = [
            ("up 3 days", "down 3 days"),
            ("0 backends", "5 backends"),
            ("listed 12 items in directory", "listed 0 items in directory"),
            ("Host: web1 refused", "Host: web2 refused"),
            ("Host: web-1 refused", "Host: web-2 refused"),
            ("Host: 10.0.0.1 refused", "Host: 10.0.0.2 refused"),
            ("Python 3.6.9", "Python 3.11.2"),
            ("eth0 is down", "eth1 is down"),
            ("5 users", "5 s"),
            ("5 ports", "6 parts"),
            ("5 users on", "6 users"),
            ("sum d41d8cd98f00b204", "sum a41d8cd98f00b204"),
            ("nothing", "5"),
            ("HTTP 200", "HTTP 500"),
            ("HTTP/1.1 200 OK", "HTTP/1.1 404 OK"),
            ("exit code 1", "exit code 2"),
            ("exited with 1", "exited with 2"),
            ("mode 0644", "mode 0600"),
            ("file has 0644", "file has 0600"),
            ("replicas 3/3 ready", "replicas 1/3 ready"),
            ("found 3 of 3 mounts", "found 1 of 3 mounts"),
            ("listening on port 80", "listening on port 81"),
            ("localhost:80", "localhost:81"),
            ("uid=1000", "uid=1001"),
        ];
        for (there, here) in pairs {
            assert!(!differ_in_numbers_only(there, here), "{there} / {here}: {:?} {:?}", pieces(there), pieces(here));
        }
    }
}
