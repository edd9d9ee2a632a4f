//! The options of the gate in the words of `--gate`.

use smoker_model::suggest;

/// What the words of `--gate` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct GateWords {
    /// The options: `--within 5m --settle 2 --against before.json`.
    pub(super) options: Vec<String>,
    /// The parts between commas that do not begin with an option, and belong to the part before.
    continued: Vec<String>,
}

impl GateWords {
    /// What to say behind the reason why the options cannot be used: where each part went that may have been meant for an option.
    pub(super) fn hint(&self) -> String {
        let continued: Vec<_> = self.continued.iter().map(|part| format!("{part:?}")).collect();
        let (belong, begin) =
            if continued.len() == 1 { ("belongs", "does not begin") } else { ("belong", "do not begin") };
        if continued.is_empty() {
            return String::new();
        }
        format!(
            "\n{} {belong} to the part before, since it {begin} with the whole name of an option",
            continued.join(", ")
        )
    }
}

/// Reads `within 5m, settle 2, fail-on review,WARN`. A part between commas that begins with the name of an option, by `known` or with
/// dashes, is that option; any other belongs to the part before it, with its comma.
///
/// # Errors
///
/// When the first part does not begin with a name, a part is empty, or one begins with what is nearly the name of an option.
pub(super) fn read(words: &str, known: &[String]) -> Result<GateWords, String> {
    let known: Vec<_> = known.iter().map(String::as_str).collect();
    let mut read = GateWords::default();
    let wrong = |part: &str, more: &str| {
        let example = "write such as 'within 5m, settle 2'";
        Err(format!("--gate '{words}': {part:?} is no option of smokercli gate; {more}{example}"))
    };
    for part in words.split(',').map(str::trim).filter(|_| !words.trim().is_empty()) {
        let mut words_of_part = part.split_whitespace();
        let first = words_of_part.next().unwrap_or_default();
        let name = first.trim_start_matches("--");
        let is_option = first.starts_with("--") || read.options.is_empty() || known.contains(&name);
        if is_option && is_name(name) {
            read.options.push(format!("--{name}"));
            read.options.extend(words_of_part.map(str::to_owned));
            continue;
        }
        let near = Some(name).filter(|name| is_name(name)).and_then(|name| suggest::near(name, &known));
        match (near, read.options.last_mut()) {
            (Some(near), Some(_)) => {
                let more =
                    format!("did you mean --{near}? A value is written behind a blank, as in 'plugins Disk Web': ");
                return wrong(part, &more);
            }
            (None, Some(last)) if !is_option && !first.is_empty() && !last.starts_with("--") => {
                last.push(',');
                last.push_str(first);
                read.options.extend(words_of_part.map(str::to_owned));
                read.continued.push(part.to_owned());
            }
            _ => return wrong(part, ""),
        }
    }
    Ok(read)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase()) && name.chars().all(|c| c.is_ascii_lowercase() || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(words: &str) -> Result<String, String> {
        let known = ["within", "settle", "smoke", "plugins", "fail-on", "against"].map(str::to_owned);
        read(words, &known).map(|read| read.options.join(" "))
    }

    #[test]
    fn words_are_options() {
        assert_eq!(of("within 5m, settle 2"), Ok("--within 5m --settle 2".to_owned()));
        assert_eq!(of("--within 5m,smoke , plugins a b"), Ok("--within 5m --smoke --plugins a b".to_owned()));
        assert_eq!(of(""), Ok(String::new()));
        for wrong in ["5m", "within 5m,", ", settle 2", "Within 5m", "-w 5m", "within 5m,,settle 2", "smoke, Disk"] {
            assert!(of(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_part_that_begins_with_no_option_belongs_to_the_one_before() {
        for (words, options) in [
            ("fail-on review,WARN", "--fail-on review,WARN"),
            ("plugins Disk, Web,Load b, settle 2", "--plugins Disk,Web,Load b --settle 2"),
            ("against a,b.json, within 5m", "--against a,b.json --within 5m"),
            // Only a whole name is an option, and dashes make one of any.
            ("plugins sm,host", "--plugins sm,host"),
            ("plugins a, --set 2", "--plugins a --set 2"),
        ] {
            assert_eq!(of(words).as_deref(), Ok(options), "{words}");
        }
        let told = of("within 5m, settel 2").expect_err("nearly an option");
        assert!(told.contains("\"settel 2\" is no option of smokercli gate; did you mean --settle?"), "{told}");
        assert_eq!(of("plugins Disk,Settel").as_deref(), Ok("--plugins Disk,Settel"), "no option has capital letters");
        let hint = read("within 5m, foo 2", &["within".to_owned()]).expect("one option").hint();
        assert!(hint.contains("\"foo 2\" belongs to the part before"), "{hint}");
    }
}
