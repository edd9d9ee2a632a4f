//! Writes many names of hosts as few ranges: the reverse of `range`.

use std::collections::BTreeMap;

/// How many names in a row become a range; two are as short side by side.
const SHORTEST_RUN: usize = 3;

/// What is before and behind the number of a name.
type Frame<'a> = (&'a str, &'a str);

/// The names, of which neighbours such as `web01`, `web02` and `web03` are written as the range `web[01-03]`, which `-s` takes.
/// The order is that of the first name of each kind, then that of the numbers.
#[must_use]
pub fn fold(names: &[&str]) -> Vec<String> {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    let mut numbers: BTreeMap<usize, BTreeMap<(u64, usize), &str>> = BTreeMap::new();
    let mut places: BTreeMap<Frame<'_>, usize> = BTreeMap::new();
    for name in names {
        let (frame, number) = taken_apart(name).unwrap_or(((name, ""), ""));
        let place = *places.entry(frame).or_insert_with(|| {
            frames.push(frame);
            frames.len() - 1
        });
        let key = (number.parse().unwrap_or_default(), number.len());
        numbers.entry(place).or_default().insert(key, number);
    }
    let mut folded = Vec::new();
    for (place, (before, behind)) in frames.into_iter().enumerate() {
        let all: Vec<_> = numbers.remove(&place).unwrap_or_default().into_values().collect();
        for run in runs(&all) {
            match run {
                [first, .., last] if run.len() >= SHORTEST_RUN => {
                    folded.push(format!("{before}[{first}-{last}]{behind}"));
                }
                few => folded.extend(few.iter().map(|number| format!("{before}{number}{behind}"))),
            }
        }
    }
    folded
}

/// As [`fold`], on one line; further ones than `most` are `...`.
#[must_use]
pub fn listed(names: &[&str], most: usize) -> String {
    let mut folded = fold(names);
    if folded.len() > most {
        folded.truncate(most);
        folded.push("...".to_owned());
    }
    folded.join(", ")
}

/// The name around its last number: the last one of its first part, or in an address that of its last one.
fn taken_apart(name: &str) -> Option<(Frame<'_>, &str)> {
    let is_digit = |c: char| c.is_ascii_digit();
    if name.contains(['[', ']', ':', ' ', '(']) {
        return None;
    }
    let first_part = name.split('.').next().unwrap_or_default();
    let searched = if first_part.contains(|c: char| !is_digit(c)) { first_part } else { name };
    let end = searched.rfind(is_digit)? + 1;
    let start = searched[..end]
        .rfind(|c| !is_digit(c))
        .map_or(0, |at| at + searched[at..].chars().next().map_or(1, char::len_utf8));
    let number = &name[start..end];
    number.parse::<u64>().ok()?;
    Some(((&name[..start], &name[end..]), number))
}

/// The numbers in runs, in each of which every number follows the one before as a range would write it.
fn runs<'a>(numbers: &'a [&'a str]) -> impl Iterator<Item = &'a [&'a str]> {
    numbers.chunk_by(|one, next| {
        let value = |number: &str| number.parse::<u64>().ok();
        let width = one.len();
        value(one).and_then(|one| one.checked_add(1)).is_some_and(|wanted| format!("{wanted:0width$}") == **next)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::range::{MAX_EXPANSION, expand_ranges};

    #[test]
    fn neighbours_become_ranges() {
        let cases: [(&[&str], &[&str]); 7] = [
            (&["web07", "web31"], &["web07", "web31"]),
            (&["web2", "web1", "web3", "db1", "web10"], &["web[1-3]", "web10", "db1"]),
            (&["web01.x", "web02.x", "web03.x", "web01.y"], &["web[01-03].x", "web01.y"]),
            (&["web8", "web9", "web10", "web11"], &["web[8-11]"]),
            (&["web08", "web09", "web10", "web100"], &["web[08-10]", "web100"]),
            (&["10.0.0.5", "10.0.0.6", "10.0.0.7"], &["10.0.0.[5-7]"]),
            (&["a", "twin (b:1)", "[::1]:80", "ž1", "é9ž"], &["a", "twin (b:1)", "[::1]:80", "ž1", "é9ž"]),
        ];
        for (names, expected) in cases {
            assert_eq!(fold(names), expected);
        }
        assert!(fold(&[]).is_empty());
    }

    #[test]
    fn a_range_means_the_names_that_it_was_made_of() {
        for seed in 0..2_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let width = random.usize(1..4);
            let mut names: Vec<_> = (0..random.usize(..30))
                .map(|_| {
                    let (prefix, number) = (["web", "r1n", ""][random.usize(..3)], random.u32(..120));
                    format!("{prefix}{number:0width$}{}", ["", ".example.org"][random.usize(..2)])
                })
                .collect();
            let folded = fold(&names.iter().map(String::as_str).collect::<Vec<_>>());
            let expanded = folded.iter().map(|name| expand_ranges(name, &mut { MAX_EXPANSION }).expect("a range"));
            let mut expanded: Vec<_> = expanded.flatten().collect();
            expanded.sort();
            names.sort();
            names.dedup();
            assert_eq!(expanded, names, "seed {seed}: {folded:?}");
        }
    }
}
