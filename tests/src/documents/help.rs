//! The options that a program's help shows.

use std::collections::BTreeSet;

/// One option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpOption {
    /// Its names, with their dashes.
    pub names: BTreeSet<String>,
    /// What holds without it, when the help says so.
    pub default: Option<String>,
}

/// All options, in the order of the help.
#[must_use]
pub fn options(help: &str) -> Vec<HelpOption> {
    let mut options: Vec<(String, String)> = Vec::new();
    for line in help.lines() {
        let text = line.trim_start();
        let is_option = (line.starts_with("  -") || line.starts_with("      --")) && text.len() > 2;
        if is_option {
            // Names and a value's name, then at least two blanks, then the meaning.
            let (names, meaning) = text.split_once("  ").unwrap_or((text, ""));
            options.push((names.to_owned(), meaning.trim().to_owned()));
        } else if let Some((_, meaning)) = options.last_mut().filter(|_| line.starts_with("          ")) {
            *meaning = format!("{meaning} {text}");
        } else if !line.is_empty() && !line.starts_with(' ') {
            // What follows a heading belongs to no option before it.
            options.push((String::new(), String::new()));
        }
    }
    options
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, meaning)| option(&names, &meaning))
        .collect()
}

fn option(names: &str, meaning: &str) -> HelpOption {
    let aliases =
        [("[alias: ", "]"), ("(also ", ")")].into_iter().filter_map(|(start, end)| between(meaning, start, end));
    let words = names.split([' ', ',', '[']).chain(aliases.flat_map(|names| names.split([' ', ','])));
    HelpOption {
        names: words.filter(|word| word.starts_with('-')).map(str::to_owned).collect(),
        default: between(meaning, "[default: ", "]").map(str::to_owned),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(start)?.1.split_once(end)?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_has_names_and_perhaps_a_default() {
        let help = "Does it\n\nUsage: it [OPTIONS]\n\nOptions:\n  -c, --config <FILE>  Where [default:\n                       /etc/it]\n\
                    \x20     --warn           As --warning [alias: --warning]\n      --load[=<N>]     Load\n      --foreground     Stay (also -fg)\n  -x  No\n\n\
                    More:\n  -o, --out <a|b>\n          How --not\n\nExit codes: 1 with\n          --none\n";
        let found: Vec<_> = options(help)
            .into_iter()
            .map(|option| (option.names.into_iter().collect::<Vec<_>>().join(" "), option.default))
            .collect();
        let expected = [
            ("--config -c", Some("/etc/it")),
            ("--warn --warning", None),
            ("--load", None),
            ("--foreground -fg", None),
            ("-x", None),
            ("--out -o", None),
        ];
        assert_eq!(found, expected.map(|(names, default)| (names.to_owned(), default.map(str::to_owned))));
    }
}
