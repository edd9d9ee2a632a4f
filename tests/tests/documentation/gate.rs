//! The pages of the commands for fleets: their options are those of the commands; the pipelines of the gate's page run.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::documents::help;
use smoker_tests::documents::markdown::{self, Block};
use smoker_tests::{binary, cli};

use crate::page;

const PAGE: &str = "docs/gate.md";

/// The options of a command line that has none of another one.
fn own_options(command: &str) -> BTreeSet<String> {
    let options = |arguments: &[&str]| {
        let output = cli::run(Command::new(binary::path("smokercli")).args(arguments).arg("--help"));
        output.expect_code(0);
        help::options(&output.stdout).into_iter().flat_map(|option| option.names).collect::<BTreeSet<_>>()
    };
    let flat = options(&[]);
    let of_both = ["-o", "--pretty", "--fail-on", "--allow-bad", "--min-ok", "-e", "--exitcode", "-f", "--force"];
    options(&[command]).into_iter().filter(|name| !flat.contains(name) || of_both.contains(&name.as_str())).collect()
}

#[test]
fn the_pages_have_every_option_of_the_commands() {
    for (path, command, heading) in [
        (PAGE, "gate", "Options of smokercli gate"),
        (PAGE, "baseline", "The baseline"),
        (PAGE, "diff", "What differs between two baselines"),
        ("docs/odd.md", "odd", "Which host is odd?"),
        ("docs/roll.md", "roll", "Rolling out"),
    ] {
        let tables = markdown::tables(&page::read(path));
        let table = tables.iter().find(|table| table.is_under(heading)).unwrap_or_else(|| panic!("no {heading}"));
        let spans = table.rows.iter().flat_map(|row| markdown::code_spans(&row[0]));
        let told: BTreeSet<_> = spans.filter_map(|span| span.split([' ', ',']).next()).map(str::to_owned).collect();
        assert_eq!(told, own_options(command), "{path}, {heading}");
    }
}

/// The command lines of a block, from the client's name to their end.
fn command_lines(block: &Block) -> Vec<String> {
    let cut = |line: &str| {
        let line = &line[line.find("smokercli ")?..];
        let line = line.split(" #").next().unwrap_or_default().trim_end();
        Some(line.strip_suffix('\'').unwrap_or(line).to_owned())
    };
    block.text.lines().filter_map(cut).collect()
}

#[test]
fn every_pipeline_is_well_formed_and_its_commands_run() {
    let daemon = Daemon::start(Config::new().plugin("Disk", "Command: echo fine").plugin("Web", "Command: 'true'"));
    let home = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("writable");
    write(".smokercli.yaml", &format!("groups: {{prod: ['{}']}}\n", daemon.address()));
    write("hosts.ini", &format!("web1 smoker_host=127.0.0.1 smoker_port={}\n", daemon.address().port()));
    let programs = binary::path("smokercli").parent().expect("a folder").display().to_string();
    let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
    let mut run = 0;
    for block in markdown::blocks(&page::read(PAGE)) {
        if block.language == "yaml" {
            let document = serde_yaml::from_str::<serde_yaml::Value>(&block.text);
            document.unwrap_or_else(|error| panic!("line {}: {error}", block.line));
        }
        for line in command_lines(&block) {
            if line.starts_with("smokercli diff") {
                fs::copy(home.path().join("before.json"), home.path().join("after.json")).expect("a baseline");
            }
            let filled = line
                .replace("{{ inventory_file }}", "hosts.ini")
                .replace("{{ ansible_play_batch | join(',') }}", "web1");
            let mut command = Command::new("/bin/sh");
            command.args(["-c", &filled]).current_dir(home.path()).env("HOME", home.path()).env("PATH", &path);
            let output = cli::run(command.env("GITHUB_STEP_SUMMARY", home.path().join("summary.md")));
            assert_eq!(output.code, 0, "line {}: {filled}: {}", block.line, output.text());
            run += 1;
        }
    }
    assert!(run >= 9, "only {run} command lines are found: has the page another form now?");
    for (file, words) in
        [("summary.md", "gate: proceed"), ("gate.xml", "<testsuites"), ("annotations.json", "smokercli gate")]
    {
        let text = fs::read_to_string(home.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(words), "{file}: {text}");
    }
}
