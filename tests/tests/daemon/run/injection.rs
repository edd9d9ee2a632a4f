//! Hostile values, end to end: from the configuration and from a plugin's
//! output through the real daemon into the shell, once for each place where
//! they can stand.

use std::fs;

use serde_json::Value as Json;
use smoker_tests::boot::Boot;
use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::outcome::Outcome;
use tempfile::TempDir;

/// Values that would leave a file if any of them were run. `$OUT` is theirs too.
const HOSTILE: [&str; 12] = [
    "'; touch $OUT/pwned; '",
    "\"; touch $OUT/pwned; \"",
    "$(touch $OUT/pwned)",
    "`touch $OUT/pwned`",
    "\ntouch $OUT/pwned\n#",
    ") touch $OUT/pwned; (",
    "}\"; touch $OUT/pwned; \"${x:-",
    "a[$(touch $OUT/pwned)]",
    "* ? [a-z] ~ {a,b} \\ ! # & | < > $$ \t é \u{1F6AC}",
    "-n",
    "--help %(V)s %s %%",
    "",
];

/// Places that take every value; the line puts what arrives into a file.
const PLACES: [(&str, &str); 11] = [
    ("bare", "show %(V)s"),
    ("double", "show \"%(V)s\""),
    ("single", "show '%(V)s'"),
    ("glued", "x=; show \"$x\"%(V)s''"),
    ("assigned", "x=%(V)s; show \"$x\""),
    ("substituted", "show \"$(printf '%%s.' %(V)s)\""),
    ("deep", "show \"$(printf '%%s.' \"$(printf '%%s.' \"$(printf '%%s.' \"%(V)s\")\")\")\""),
    ("expanded", "x=${u:-%(V)s}; show \"$x\""),
    ("pattern", "x=%(V)s.; show \"${x%%.}\""),
    ("commented", "show %(V)s # %(V)s\n# %(V)s"),
    ("document", "cat <<E >/dev/null; show %(V)s\n' \"\nE"),
];

#[test]
fn a_parameter_arrives_in_every_place_as_it_is() {
    let out = TempDir::new().expect("a folder");
    let mut config = Config::new();
    let mut names = Vec::new();
    for (place, line) in PLACES {
        for (number, value) in HOSTILE.iter().enumerate() {
            let name = format!("{place}-{number}");
            let command = format!("show() {{ printf '%%s' \"$1\" > \"$OUT/$SMOKER_PLUGIN\"; }}\n{line}\n");
            config = config.plugin(&name, &format!("Command: {}\nV: {}", yaml(&command), yaml(value)));
            names.push(name);
        }
    }
    let daemon = start(config, &out);
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    for (name, outcome) in daemon.finish(&daemon.force(&names)) {
        let (place, number) = name.split_once('-').expect("a name of ours");
        let value = HOSTILE[number.parse::<usize>().expect("a number")];
        let dots = match place {
            "substituted" => ".",
            "deep" => "...",
            _ => "",
        };
        let received =
            fs::read_to_string(out.path().join(&name)).unwrap_or_else(|error| panic!("{name}: {error}: {}", outcome.0));
        assert_eq!(received, format!("{value}{dots}"), "{name}: {}", outcome.0);
    }
    assert!(!out.path().join("pwned").exists(), "a value was run");
}

#[test]
fn where_only_some_values_are_safe_the_others_are_refused() {
    let lines = [
        ("quoted", "echo \"${u:-%(V)s}\"", "it's fine"),
        ("computed", "echo $((%(V)s + 1))", "a[$(touch $OUT/pwned)]"),
        ("named", "unset %(V)s", "a[$(touch $OUT/pwned)]"),
        ("backticks", "echo `echo %(V)s`", "x"),
        ("document", "cat <<E\n%(V)s\nE", "x"),
        ("expansion", "echo ${%(V)s}", "x"),
        ("escaped", "echo \\%(V)s", "x"),
        ("nul", "echo %(V)s", "a\0touch $OUT/pwned"),
    ];
    let out = TempDir::new().expect("a folder");
    let config = lines.iter().fold(Config::new(), |config, (name, line, value)| {
        config.plugin(name, &format!("Command: {}\nV: {}", yaml(line), yaml(value)))
    });
    let daemon = start(config, &out);
    for (name, line, _) in lines {
        let error = daemon.run(name).expect_error();
        assert!(error.contains("%(V)s"), "{line}: {error}");
        let way_out = ["SMOKER_PARAM_V", "Stdin: json", "remove the backslash"].iter().any(|way| error.contains(way));
        assert!(way_out, "{line}: {error}");
    }
    assert!(!out.path().join("pwned").exists(), "a value was run");
}

/// NUL cannot be in a command line or a variable; JSON has a way of writing it.
#[test]
fn standard_input_takes_what_no_command_line_can_hold() {
    let long = "'\" ".repeat(100_000);
    let out = TempDir::new().expect("a folder");
    let command = yaml("test -z \"${SMOKER_PARAM_V+set}\" && cat > \"$OUT/$SMOKER_PLUGIN\"");
    let values = [("nul", "a\0b"), ("long", long.as_str())];
    let config = values.iter().fold(Config::new(), |config, (name, value)| {
        config.plugin(name, &format!("Command: {command}\nStdin: json\nV: {}", yaml(value)))
    });
    let daemon = start(config, &out);
    for (name, value) in values {
        daemon.run(name).expect_ok(&[]);
        let text = fs::read_to_string(out.path().join(name)).expect("the input");
        let input: Json = serde_json::from_str(&text).expect("one JSON object");
        assert_eq!(input["V"], value, "{name}");
    }
    let log = daemon.log();
    assert!(log.contains("'V' holds a NUL and is left out of the environment; use Stdin: json"), "{log}");
}

#[test]
fn a_long_value_arrives_whole() {
    let out = TempDir::new().expect("a folder");
    // With its quotes it stays below the 128 KiB that the kernel takes.
    let long = "$(touch $OUT/pwned) ; ".repeat(5000);
    let config =
        Config::new().plugin("long", &format!("Command: printf '%%s' %(V)s > \"$OUT/long\"\nV: {}", yaml(&long)));
    start(config, &out).run("long").expect_ok(&[]);
    assert_eq!(fs::read_to_string(out.path().join("long")).expect("a file"), long);
    assert!(!out.path().join("pwned").exists(), "the value was run");
}

#[test]
fn what_a_plugin_printed_arrives_in_its_action_as_it_is() {
    let out = TempDir::new().expect("a folder");
    let printed = [HOSTILE.join(" ").as_bytes(), b"\0\xff\xfe \xc3"].concat();
    fs::write(out.path().join("printed"), printed).expect("a file");
    let action = "show() { printf '%%s\\0' \"$@\" >> \"$OUT/told\"; }\n\
        show %(messages)s \"%(messages)s\" '%(messages)s' \"$(printf '%%s' %(messages)s)\" # %(messages)s\n\
        show %(status)s \"${u:-%(status)s}\" %(forced)s %(componentResults)s";
    let config = Config::new()
        .action("tell", &format!("Command: {}", yaml(action)))
        .plugin("hostile", "Command: cat \"$OUT/printed\"\nAction: tell");
    let outcome = start(config, &out).run("hostile");
    outcome.action().expect("the action ran").expect_ok(&[]);
    let told = fs::read_to_string(out.path().join("told")).expect("a file");
    let told: Vec<_> = told.split_terminator('\0').collect();
    let messages = python_messages(&outcome);
    assert_eq!(told, [messages.as_str(), &messages, &messages, &messages, "OK", "OK", "False", "None"]);
    assert!(!out.path().join("pwned").exists(), "the output was run");
}

/// The info messages as Python writes a mapping with them.
fn python_messages(outcome: &Outcome) -> String {
    let quoted = |text: &&str| {
        let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
        let escaped = text.chars().fold(String::new(), |out, c| match c {
            '\\' => out + "\\\\",
            '\t' => out + "\\t",
            '\0' => out + "\\x00",
            c if c == quote => out + "\\" + &c.to_string(),
            c => out + &c.to_string(),
        });
        format!("{quote}{escaped}{quote}")
    };
    let texts: Vec<_> = outcome.info().iter().map(quoted).collect();
    format!("{{'info': [{}], 'error': [], 'warn': []}}", texts.join(", "))
}

/// A daemon whose commands find the folder as `$OUT`.
fn start(config: Config, out: &TempDir) -> Daemon {
    Boot::of(config).environment("OUT", &out.path().display().to_string()).start()
}

/// A text in double quotes, with escapes for all that is not plain.
fn yaml(text: &str) -> String {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '{') || c == ' ';
    let escaped: String =
        text.chars().map(|c| if plain(c) { c.to_string() } else { format!("\\U{:08x}", u32::from(c)) }).collect();
    format!("\"{escaped}\"")
}
