//! Configurations of other tools, as `smokerd import` reads them.
//!
//! Parts: the name of the tool; the file.

use std::fs;
use std::path::Path;

use smokerd::import_reader;

use crate::inputs::fields::{Fields, joined};
use crate::inputs::random::Random;
use crate::limits;
use crate::target::Target;

pub(crate) const TARGET: Target = Target {
    name: "imports",
    about: "configurations of other tools",
    check,
    make: |random| {
        let tool = random.pick(&import_reader::TOOLS);
        joined(&[tool, &file(random)])
    },
    words: WORDS,
    time: limits::TIME,
};

fn check(input: &[u8]) -> String {
    let fields = Fields::of(input);
    let tool = fields.text(0);
    let file = tempfile::NamedTempFile::new().expect("a temporary file");
    fs::write(file.path(), fields.bytes(1)).expect("writable");
    let Some(read) = import_reader::read(&tool, file.path()) else { return "no tool".to_owned() };
    match read {
        Ok(read) => {
            for plugin in &read.plugins {
                smoker_config::foreign::read(Path::new("plugin.yaml"), plugin)
                    .unwrap_or_else(|error| panic!("what was written is no YAML: {error}\n{plugin}"));
            }
            assert!(read.untaken.iter().all(|reason| !reason.is_empty()), "a line is left without a reason");
            format!("{tool}: {} {}", read.plugins.len().min(3), read.untaken.len().min(3))
        }
        Err(reason) => {
            assert!(!reason.trim().is_empty());
            format!("{tool}: refused")
        }
    }
}

fn file(random: &mut Random) -> String {
    random.joined(12, " ", |random| random.texts(WORDS, 3))
}

const WORDS: &[&str] = &[
    "\n",
    "\n",
    "\n",
    " ",
    "command[",
    "]=",
    "/p/check -w $ARG1$",
    "\"$ARG2$\"",
    "dont_blame_nrpe=1",
    "include=x",
    "nrpe_user=root",
    "'",
    "\"",
    "%",
    "*/5 * * * *",
    "@daily",
    "root",
    "PATH=/bin",
    "set daemon 30",
    "check process a with pidfile /p",
    "check process a matching \"x\"",
    "check filesystem r with path /",
    "check host h with address a",
    "check system $HOST",
    "check program p with path \"x\"",
    "if",
    "then alert",
    "failed port 80 protocol http",
    "failed ping",
    "cpu > 80%",
    "memory usage > 5 MB",
    "space free < 5%",
    "for 5 cycles",
    "3 times within 5 cycles",
    "every 2 cycles",
    "every \"* * * * *\"",
    "group g",
    "#",
    "file:",
    "  /a:",
    "    exists: true",
    "    mode: '0644'",
    "port:",
    "  tcp:22:",
    "    listening: true",
    "command:",
    "  x:",
    "    exit-status: 0",
    "    stdout: [a, '!b', /c/]",
    "matching:",
    "    matches: {and: [a, {not: b}]}",
    "    content: a",
    "{\"checks\": {\"a\": {\"command\": \"x\"",
    "}}}",
    "---",
    "type: CheckConfig",
    "metadata: {name: a}",
    "spec: {command: x}",
    "interval: 5",
    ">",
    "=",
    "with timeout 5 seconds",
    "loadavg (5min) > 4",
    "totalmem > 200 MB",
];
