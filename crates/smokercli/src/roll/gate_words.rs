//! The options of the gate in the words of `--gate`.

/// The options that `within 5m, settle 2, against before.json` says: `--within 5m --settle 2 --against before.json`.
///
/// # Errors
///
/// When a part between commas does not begin with the name of an option.
pub(super) fn options(words: &str) -> Result<Vec<String>, String> {
    let mut options = Vec::new();
    for part in words.split(',').map(str::trim).filter(|_| !words.trim().is_empty()) {
        let mut words_of_part = part.split_whitespace();
        let name = words_of_part.next().map(|name| name.trim_start_matches("--")).filter(|name| is_name(name));
        let name = name.ok_or_else(|| {
            format!("--gate '{words}': {part:?} is no option of smokercli gate; write such as 'within 5m, settle 2'")
        })?;
        options.push(format!("--{name}"));
        options.extend(words_of_part.map(str::to_owned));
    }
    Ok(options)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_options() {
        let of = |words: &str| options(words).map(|options| options.join(" "));
        assert_eq!(of("within 5m, settle 2"), Ok("--within 5m --settle 2".to_owned()));
        assert_eq!(of("--within 5m,smoke , plugins a b"), Ok("--within 5m --smoke --plugins a b".to_owned()));
        assert_eq!(of(""), Ok(String::new()));
        for wrong in ["5m", "within 5m,", ", settle 2", "Within 5m", "-w 5m"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }
}
