//! The table of `backend.list`, with and without the probes that `-p` adds:
//!
//! ```text
//! Backend name   Admin    Probe    Health     Last change
//! boot.good      probe    4/4      healthy    Mon, 23 Nov 2026 02:35:40 GMT
//!  Current states  good:  4 threshold:  2 window:  4
//!   Average response time of good probes: 0.001394
//! ```
//!
//! Varnish 4 to 6.0 have `Healthy 4/4` in the column `Probe` and no column
//! `Health`, 4.0 also a column `Refs`; Varnish 6.1 has `4/4 good`.

use crate::parsers::varnish::backend::{Backend, seconds};

const TIME: &str = "Average response time of good probes:";

/// What the administrator can set; `auto` is another word for `probe`.
const ADMIN_STATES: [&str; 5] = ["probe", "auto", "healthy", "sick", "deleted"];

/// What a probe finds.
const STATES: [&str; 4] = ["healthy", "sick", "good", "bad"];

/// The table in a text that may have other lines before it, as the management port sends them.
pub(crate) fn table(text: &str) -> Option<&str> {
    const HEADING: &str = "Backend name";
    let mut lines = text.split_inclusive('\n').scan(0, |start, line| {
        let at = *start;
        *start += line.len();
        Some((at, line))
    });
    lines.find(|(_, line)| line.starts_with(HEADING)).map(|(at, _)| &text[at..])
}

/// The backends of the table.
pub(crate) fn parse(text: &str) -> Vec<Backend> {
    let mut lines = text.lines();
    let heading = lines.next().unwrap_or_default();
    let columns: Vec<_> = heading.split_whitespace().collect();
    let known = ["Admin", "Probe"].iter().all(|column| columns.contains(column));
    let has_refs = columns.contains(&"Refs");
    let mut backends: Vec<Backend> = Vec::new();
    for line in lines.filter(|line| known && !line.trim().is_empty()) {
        if !line.starts_with([' ', '\t']) {
            backends.push(row(line, has_refs));
        } else if let (Some(time), Some(backend)) = (line.trim().strip_prefix(TIME), backends.last_mut()) {
            match seconds(time) {
                Ok(time) => backend.response_time = Some(time),
                Err(_) => *backend = Backend::unreadable(&backend.name, line.trim()),
            }
        }
    }
    backends
}

fn row(line: &str, has_refs: bool) -> Backend {
    let mut words = line.split_whitespace();
    let name = words.next().unwrap_or_default();
    if has_refs {
        words.next();
    }
    let admin = words.next().unwrap_or_default();
    let words: Vec<_> = words.collect();
    let is_state = |word: &&&str| STATES.contains(&word.to_lowercase().as_str());
    let Some(state) = words.iter().find(is_state).filter(|_| ADMIN_STATES.contains(&admin)) else {
        return Backend::unreadable(name, line.trim());
    };
    let probes = words.iter().find(|word| is_count(word)).copied();
    Backend::judged(name, admin, state, probes)
}

/// Whether a word is `GOOD/ALL`.
fn is_count(word: &str) -> bool {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    word.split_once('/').is_some_and(|(good, all)| is_number(good) && is_number(all))
}
