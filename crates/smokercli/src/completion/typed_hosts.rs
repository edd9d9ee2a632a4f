//! The hosts of a line that is being typed.

/// Options that say which daemons are asked, and how a client proves who it is.
const OPTIONS: [(&str, &str); 10] = [
    ("-s", "--hosts"),
    ("-g", "--group"),
    ("", "--socket"),
    ("", "--token-file"),
    ("", "--cacert"),
    ("", "--cert"),
    ("", "--key"),
    ("", "--nats"),
    ("", "--creds"),
    ("", "--fleet"),
];

/// Options that choose hosts by files that are not read while a line is typed.
const NOT_READ: [&str; 4] = ["--hosts-file", "--inventory", "--limit", "--exclude-hosts"];

/// These options of the line with their values. All else is left out, whether it is finished or not. `None` where the line
/// chooses other hosts than these options say.
pub(super) fn options(line: &str) -> Option<Vec<String>> {
    let mut words = words(line);
    // The last word is being typed.
    words.pop();
    let mut options = Vec::new();
    let mut is_ours = false;
    // What is behind a bare `--` is of another command.
    for word in words.into_iter().skip(1).take_while(|word| word != "--") {
        if NOT_READ.contains(&name_of(&word)) {
            return None;
        }
        if word.starts_with('-') && word.len() > 1 {
            is_ours = is_option(&word);
        }
        if is_ours {
            options.push(word);
        }
    }
    Some(options)
}

fn name_of(word: &str) -> &str {
    word.split('=').next().unwrap_or_default()
}

fn is_option(word: &str) -> bool {
    let name = name_of(word);
    let is_short = |short: &str| !short.is_empty() && !word.starts_with("--") && word.starts_with(short);
    OPTIONS.iter().any(|(short, long)| name == *long || is_short(short))
}

/// The words of a line, quotes taken away as a shell takes them; an empty one at its end when it ends with a blank.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word) = (Vec::new(), String::new());
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (mark, Some(open)) if mark == open => quote = None,
            ('\'' | '"', None) => quote = Some(character),
            ('\\', None) => word.extend(characters.next()),
            (blank, None) if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (other, _) => word.push(other),
        }
    }
    words.push(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_a_line_are_found_wherever_they_are() {
        for (line, expected) in [
            ("smokercli -p D", &[][..]),
            ("smokercli -s web1 web2:90 -p D", &["-s", "web1", "web2:90"]),
            ("smokercli gate --settle 2 -sweb1 --group=prod -p ", &["-sweb1", "--group=prod"]),
            (
                "smokercli -s 'web[1-2]' --nook --socket /run/a\\ b -o table -p D",
                &["-s", "web[1-2]", "--socket", "/run/a b"],
            ),
            ("smokercli --nats nats://n --fleet=eu -s a -p D", &["--nats", "nats://n", "--fleet=eu", "-s", "a"]),
            ("smokercli -p D -s we", &["-s"]),
            ("smokercli roll -g prod -- ssh -s web9 -p ", &["-g", "prod"]),
            ("", &[]),
        ] {
            assert_eq!(options(line).expect("they are named"), expected, "{line}");
        }
        for line in ["smokercli --hosts-file F -p ", "smokercli -g prod --inventory=I -p "] {
            assert_eq!(options(line), None, "{line}");
        }
    }
}
