//! The client's configuration file.

use std::path::Path;

use smokercli::config::ClientConfig;

use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "client-config",
    about: "smokercli: its configuration file",
    check: |input| match ClientConfig::parse(Path::new("/etc/smokercli.yaml"), &String::from_utf8_lossy(input)) {
        Ok(config) => {
            assert!(config.warnings.iter().all(|warning| warning.starts_with("/etc/smokercli.yaml: ")));
            format!("{} {}", config.port, "warning".repeat(config.warnings.len().min(3)))
        }
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("/etc/smokercli.yaml"), "{text}");
            text
        }
    },
    make: |random| random.joined(5, "\n", line).into(),
    words: &WORDS,
    time: limits::TIME,
};

fn line(random: &mut Random) -> String {
    match random.below(3) {
        0 => format!("bind_port: {}", random.number()),
        1 => format!(
            "{}: [{}]",
            random.pick(&["plugin_paths", "discovery_commands", "bind_prot"]),
            random.texts(&WORDS, 4)
        ),
        _ => random.texts(&WORDS, 8),
    }
}

const WORDS: [&str; 34] = [
    "bind_port",
    "plugin_paths",
    "discovery_commands",
    ": ",
    "8086",
    "'8086'",
    "a.b",
    "/etc",
    "- ",
    "\n",
    "\n  ",
    "[",
    "]",
    "{",
    "}",
    ",",
    "&a ",
    "*a",
    "<<: *a",
    "!x ",
    "!!str ",
    "|\n",
    ">\n",
    "'",
    "\"",
    "#",
    "---\n",
    "...\n",
    "? ",
    "~",
    "null",
    "\t",
    "\u{feff}",
    "%YAML 1.1\n",
];
