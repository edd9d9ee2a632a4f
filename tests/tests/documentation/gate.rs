//! The pages of the commands for fleets: their options are those of the commands; the pipelines of the gate's page run.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use smoker_tests::config::Config;
use smoker_tests::daemon::Daemon;
use smoker_tests::documents::help;
use smoker_tests::documents::markdown::{self, Block};
use smoker_tests::{binary, cli};
use tempfile::TempDir;

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

/// Two hosts, which are one daemon, in the group `prod`, and what pipelines have around them.
struct Site {
    _daemon: Daemon,
    home: TempDir,
    address: String,
}

impl Site {
    fn start() -> Self {
        let disk = "Command: echo fine\nCategory: system\nType: smokeTest";
        let config = Config::new().top("state_dir: {{DIR}}/state");
        let daemon = Daemon::start(config.plugin("Disk", disk).plugin("Web", "Command: 'true'"));
        let home = tempfile::tempdir().expect("a temporary folder");
        let write = |name: &str, text: &str| fs::write(home.path().join(name), text).expect("writable");
        let (address, port) = (daemon.address().to_string(), daemon.address().port());
        let hosts = format!("['{address}', 'localhost:{port}']");
        write(".smokercli.yaml", &format!("groups: {{prod: {hosts}, staging: ['staging.example.org']}}\n"));
        write("hosts.ini", &format!("[prod]\nweb1 smoker_host=127.0.0.1 smoker_port={port}\n"));
        Self { _daemon: daemon, home, address }
    }

    /// Runs a command line of a page, for these hosts.
    fn run(&self, line: &str) {
        let home = self.home.path();
        if line.starts_with("smokercli diff") {
            fs::copy(home.join("before.json"), home.join("after.json")).expect("a baseline");
        }
        let port = self.address.rsplit(':').next().expect("a port");
        let filled = line
            .replace("{{ inventory_file }}", "hosts.ini")
            .replace("{{ ansible_play_batch | join(',') }}", "web1")
            .replace("'web[01-40]' -p fsmount", &format!("{} localhost:{port} -p Disk", self.address))
            .replace("--at 2h", "--at 1s")
            .replace("--at '2026-11-29T10:00'", "--at 1s");
        let programs = binary::path("smokercli").parent().expect("a folder").display().to_string();
        let path = format!("{programs}:{}", std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &filled]).current_dir(home).env("HOME", home).env("PATH", &path);
        let output = cli::run(command.env("GITHUB_STEP_SUMMARY", home.join("summary.md")));
        assert_eq!(output.code, 0, "{filled}: {}", output.text());
    }
}

#[test]
fn the_examples_of_the_help_and_of_the_man_page_run() {
    let site = Site::start();
    site.run("smokercli baseline -g prod -o before.json");
    let man = page::read("docs/man/smokercli.1").replace(".Dl ", "");
    let mut run = BTreeSet::new();
    for command in ["gate", "baseline", "diff", "odd"] {
        let help = cli::run(Command::new(binary::path("smokercli")).args([command, "--help"])).stdout;
        let begin = format!("smokercli {command} ");
        for line in help.lines().chain(man.lines()).map(str::trim).filter(|line| line.starts_with(&begin)) {
            site.run(line);
            run.insert((command, line.to_owned()));
        }
    }
    for command in ["gate", "baseline", "diff", "odd"] {
        assert!(run.iter().filter(|(of, _)| *of == command).count() >= 2, "{command}: {run:?}");
    }
}

#[test]
fn every_option_of_the_gate_is_in_an_example() {
    let blocks = markdown::blocks(&page::read(PAGE));
    let lines: Vec<_> = blocks.iter().flat_map(command_lines).collect();
    let shared = ["-g", "--inventory", "--limit", "--exclude-hosts", "-p", "--category", "--smoke"];
    for command in ["gate", "baseline"] {
        let begin = format!("smokercli {command} ");
        let words: BTreeSet<_> =
            lines.iter().filter(|line| line.starts_with(&begin)).flat_map(|line| line.split(' ')).collect();
        let shared = if command == "gate" { shared.as_slice() } else { &[] };
        for option in own_options(command).iter().map(String::as_str).chain(shared.iter().copied()) {
            assert!(words.contains(option), "no example of {command} {option}");
        }
    }
}

#[test]
fn every_pipeline_is_well_formed_and_its_commands_run() {
    let site = Site::start();
    let mut run = 0;
    for block in markdown::blocks(&page::read(PAGE)) {
        if block.language == "yaml" {
            let document = serde_yaml::from_str::<serde_yaml::Value>(&block.text);
            document.unwrap_or_else(|error| panic!("line {}: {error}", block.line));
        }
        for line in command_lines(&block) {
            site.run(&line);
            run += 1;
        }
    }
    assert!(run >= 9, "only {run} command lines are found: has the page another form now?");
    for (file, words) in
        [("summary.md", "gate: proceed"), ("gate.xml", "<testsuites"), ("annotations.json", "smokercli gate")]
    {
        let text = fs::read_to_string(site.home.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        assert!(text.contains(words), "{file}: {text}");
    }
}
