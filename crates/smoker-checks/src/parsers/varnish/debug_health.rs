//! `debug.health` of Varnish 3:
//!
//! ```text
//! Backend www01 is Healthy
//! Current states  good:  8 threshold:  6 window:  8
//! Average responsetime of good probes: 0.010631
//! ```

use crate::parsers::varnish::backend::{Backend, seconds};

const TIME: &str = "Average responsetime of good probes:";

/// At which of a backend's lines the response time stands, from the heading on.
const TIME_AT: usize = 2;

/// The backends, none when no response time is there at all: text of a
/// version with another wording is not taken for good.
pub(crate) fn parse(text: &str) -> Result<Vec<Backend>, String> {
    let mut backends: Vec<Backend> = Vec::new();
    let mut heading_at = 0;
    for (at, line) in text.lines().map(str::trim_start).enumerate() {
        if let Some((name, state)) = heading(line) {
            backends.push(Backend::of_heading(name, state));
            heading_at = at;
        } else if let Some(row) = cut_heading(line) {
            backends.push(Backend::unreadable(row, line));
        } else if let (Some(time), Some(backend)) = (line.strip_prefix(TIME), backends.last_mut()) {
            if at == heading_at + TIME_AT {
                backend.response_time = Some(seconds(time)?);
            } else if backend.response_time.is_none() {
                *backend = Backend::unreadable(&backend.name, line);
            }
        }
    }
    if backends.iter().all(|backend| backend.response_time.is_none()) {
        backends.clear();
    }
    Ok(backends)
}

/// What is there of a heading that is no whole one: a backend of which nothing is known.
fn cut_heading(line: &str) -> Option<&str> {
    let name = line.strip_prefix("Backend ").map(|name| name.trim_end().trim_end_matches(" is"));
    name.filter(|name| !name.is_empty())
        .or_else(|| "Backend ".starts_with(line).then_some(line))
        .filter(|row| !row.is_empty())
}

/// Name and state of `Backend NAME is STATE`.
fn heading(line: &str) -> Option<(&str, &str)> {
    let (name, state) = line.strip_prefix("Backend ")?.rsplit_once(" is ")?;
    // As in the original another state is not healthy, also one with a blank behind it.
    Some((name.trim(), state))
}
