//! The header of `GET /plugins` that names the plugins which were left out because their configuration is broken.
//!
//! `COUNT; NAME, NAME`: how many there are, and the first of their names, whose odd bytes are percent-encoded.

use std::fmt::Write;

use crate::notation::escaped_bytes::unescape;

/// The name of the header. It is there only when plugins were left out.
pub const NOT_LOADED_HEADER: &str = "smoker-not-loaded";

/// How long the names of a header may be together, in bytes.
const MAX_NAMES: usize = 4096;

/// The plugins that were left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotLoaded {
    /// How many there are.
    pub count: usize,
    /// The first of their names.
    pub names: Vec<String>,
}

/// Writes the header's value; `None` when nothing was left out.
#[must_use]
pub fn write<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let (mut count, mut listed) = (0, String::new());
    for name in names {
        count += 1;
        let name = encode(name);
        if listed.len() + name.len() + 2 <= MAX_NAMES {
            listed.push_str(if listed.is_empty() { "" } else { ", " });
            listed.push_str(&name);
        }
    }
    (count > 0).then(|| format!("{count}; {listed}"))
}

/// Reads the header's value; `None` for one of another form.
#[must_use]
pub fn read(value: &str) -> Option<NotLoaded> {
    let (count, names) = value.split_once(';')?;
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
    Some(NotLoaded {
        count: count.trim().parse().ok()?,
        names: names.map(|name| unescape(name, b'%', 2, 16)).collect(),
    })
}

fn encode(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_graphic() && !matches!(byte, b'%' | b',' | b';') {
            out.push(char::from(byte));
        } else {
            // Writing to a text does not fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_kind_come_back() {
        let names = ["Disk", "a, b; 100%", "č\n", "%41"];
        let written = write(names).expect("some");
        assert!(written.is_ascii() && !written.contains('\n'), "{written}");
        assert_eq!(read(&written), Some(NotLoaded { count: 4, names: names.map(str::to_owned).to_vec() }));
        assert_eq!(write([]), None);
        for odd in ["", "Disk", "x; Disk"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn a_header_has_a_bound_and_counts_what_it_does_not_name() {
        let names: Vec<_> = (0..10_000).map(|number| format!("plugin{number}")).collect();
        let written = write(names.iter().map(String::as_str)).expect("some");
        assert!(written.len() < MAX_NAMES + 10);
        let read = read(&written).expect("of this form");
        assert!(read.count == 10_000 && read.names.len() > 100 && read.names[0] == "plugin0");
    }
}
