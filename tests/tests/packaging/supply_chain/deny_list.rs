//! The lists of `.deny.toml`: as much of TOML as they need.

use std::fs;

/// The texts of a list in a section.
pub(crate) fn list(section: &str, key: &str) -> Vec<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../.deny.toml");
    let text = fs::read_to_string(path).expect("the lists");
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let section = lines.skip_while(|line| *line != format!("[{section}]")).skip(1);
    let section = section.take_while(|line| !line.starts_with('[')).collect::<Vec<_>>().join("\n");
    let (_, list) = section.split_once(&format!("{key} = [")).unwrap_or_else(|| panic!("no {key} in {section}"));
    let list = list.split_once("\n]").or_else(|| list.split_once(']')).map_or(list, |(list, _)| list);
    list.lines().filter_map(first_text).collect()
}

fn first_text(line: &str) -> Option<String> {
    line.split('"').nth(1).map(str::to_owned)
}
