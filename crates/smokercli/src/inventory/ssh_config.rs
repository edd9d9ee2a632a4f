//! Hosts that the user's configuration of SSH names, for completion.

use std::path::Path;

use smoker_paths::regular;

/// The names behind `Host` in `~/.ssh/config` and in the files that it includes by name; patterns are no names.
#[must_use]
pub fn hosts(home: &Path) -> Vec<String> {
    let folder = home.join(".ssh");
    let mut found = Vec::new();
    read(&folder, &folder.join("config"), true, &mut found);
    found
}

fn read(folder: &Path, file: &Path, follows: bool, found: &mut Vec<String>) {
    let Ok(text) = regular::open(file).and_then(std::io::read_to_string) else { return };
    for line in text.lines() {
        let (key, value) = split(line.trim());
        if key.eq_ignore_ascii_case("host") {
            let names = value.split_whitespace().map(|name| name.trim_matches('"')).filter(|name| is_name(name));
            for name in names {
                if !found.iter().any(|known| known == name) {
                    found.push(name.to_owned());
                }
            }
        } else if key.eq_ignore_ascii_case("include") && follows {
            let included = value.split_whitespace().filter(|path| !path.contains(['*', '?', '~', '[']));
            // A relative path is below the folder; an absolute one replaces it.
            included.for_each(|path| read(folder, &folder.join(path), false, found));
        }
    }
}

/// A key and its value, with spaces or an equals sign between them.
fn split(line: &str) -> (&str, &str) {
    let (key, value) = line.split_once(|c: char| c.is_whitespace() || c == '=').unwrap_or((line, ""));
    (key, value.trim_start_matches(|c: char| c.is_whitespace() || c == '='))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && !text.contains(['*', '?', '!'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_patterns_are_not() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let folder = home.path().join(".ssh");
        std::fs::create_dir(&folder).expect("writable");
        let config = "# mine\nHost web1 web2 *.example.org\n  User me\nhost=db1\nInclude more\nHost !x web1\n";
        std::fs::write(folder.join("config"), config).expect("writable");
        std::fs::write(folder.join("more"), "Host edge\n").expect("writable");
        assert_eq!(hosts(home.path()), ["web1", "web2", "db1", "edge"]);
        assert_eq!(hosts(&home.path().join("none")), [""; 0]);
    }
}
