//! Scripts that complete a command line in a shell, made from its definition.

use clap::{Arg, Command};
use clap_complete::Shell;

/// The completion script of a command for this shell.
#[must_use]
pub(crate) fn of(command: Command, shell: Shell) -> String {
    let mut script = Vec::new();
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, &mut with_plain_value_names(command), name, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Fish { with_unfinished_options(&script) } else { script }
}

/// The command with names of values as zsh takes them: a quote in one ends the text that it stands in.
fn with_plain_value_names(command: Command) -> Command {
    let plain = |arg: Arg| {
        let names = arg.get_value_names().unwrap_or_default();
        let plain: Vec<_> = names.iter().map(|name| name.replace('\'', "")).collect();
        if plain.iter().zip(names).any(|(plain, name)| **plain != **name) { arg.value_names(plain) } else { arg }
    };
    command.mut_args(plain).mut_subcommands(with_plain_value_names)
}

/// The script for fish, which asks whether there is a command on the line yet: an option whose value is being typed has none, and made that
/// question fail.
fn with_unfinished_options(script: &str) -> String {
    let words = "    set -e cmd[1]\n";
    script.replacen(words, &format!("{words}    string match -q -- '-*' $cmd[-1]\n    and set -e cmd[-1]\n"), 1)
}

/// As [`of`], for `smokercli`: hosts and groups are those of its configuration.
#[must_use]
pub(crate) fn with_inventory(command: Command, shell: Shell) -> String {
    let script = of(command, shell);
    match shell {
        Shell::Bash => bash(&script),
        Shell::Fish => fish(&script),
        Shell::Zsh => zsh(&script),
        _ => script,
    }
}

/// What the client prints for the value of this option.
fn kind(option: &str) -> Option<&'static str> {
    match option {
        "--hosts" | "-s" | "--limit" | "--exclude-hosts" => Some("hosts"),
        "--group" | "-g" => Some("groups"),
        "--plugins" | "-p" | "--exclude-plugins" => Some("plugins"),
        _ => None,
    }
}

/// What prints the names, where `line` gives the line that is typed.
fn command(what: &str, line: &str) -> String {
    // Only plugins depend on the line: their hosts are on it.
    let line = if what == "plugins" { format!(" --complete-line {line}") } else { String::new() };
    format!("smokercli --complete {what}{line} 2>/dev/null")
}

/// In the script for bash, the line behind `OPTION)` completes its value.
fn bash(script: &str) -> String {
    let mut done = String::with_capacity(script.len());
    let mut wanted = None;
    for line in script.lines() {
        match wanted.take().filter(|_| line.trim_start().starts_with("COMPREPLY=")) {
            Some(what) => {
                let indent = &line[..line.len() - line.trim_start().len()];
                let words = format!("$({})", command(what, "\"${COMP_LINE}\""));
                done.push_str(&[indent, "COMPREPLY=($(compgen -W \"", &words, "\" -- \"${cur}\"))"].concat());
            }
            None => done.push_str(line),
        }
        wanted = line.trim().strip_suffix(')').and_then(kind);
        done.push('\n');
    }
    done
}

/// The line that is typed, in fish.
const FISH_LINE: &str = "(commandline -cp | string collect)";

/// In the script for fish, a line is an option; `-r` says that it has a value.
fn fish(script: &str) -> String {
    let line = |line: &str| {
        let option = line.split_once(" -l ").and_then(|(_, rest)| rest.split(' ').next());
        let what = option.and_then(|option| kind(&format!("--{option}")));
        match what.filter(|_| line.starts_with("complete ")) {
            Some(what) if line.contains("(__fish_print_hostnames)") => {
                let names = format!("(__fish_print_hostnames; {})", command(what, FISH_LINE));
                line.replace("(__fish_print_hostnames)", &names)
            }
            Some(what) => format!("{line} -f -a \"({})\"", command(what, FISH_LINE)),
            None => line.to_owned(),
        }
    };
    script.lines().map(|text| line(text) + "\n").collect()
}

/// In the script for zsh, a line is a form of an option, with what completes its value at its end.
fn zsh(script: &str) -> String {
    let line = |line: &str| {
        let form = line.trim_start().trim_start_matches(['\'', '*']);
        let option = form.split(['[', '=', '+']).next().unwrap_or_default();
        let completed = [":_default' \\", ":_hosts' \\"].into_iter().find_map(|end| line.strip_suffix(end));
        match completed.zip(kind(option)) {
            Some((head, what)) => {
                format!("{head}:{{compadd -- $({})}}' \\", command(what, "\"$BUFFER\""))
            }
            None => line.to_owned(),
        }
    };
    script.lines().map(|text| line(text) + "\n").collect()
}
