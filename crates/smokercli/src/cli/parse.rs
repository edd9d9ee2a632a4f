//! Reads a command line of `smokercli`.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory, FromArgMatches};

use crate::cli::abbreviation::long_names;
use crate::cli::args::{Args, ORIGINAL};
use crate::cli::commands::baseline_args::BaselineArgs;
use crate::cli::commands::diff_args::{self, DiffArgs};
use crate::cli::commands::explain_args::ExplainArgs;
use crate::cli::commands::gate_args::{self, GateArgs};
use crate::cli::commands::hosts_args::HostsArgs;
use crate::cli::commands::odd_args::{self, OddArgs};
use crate::cli::commands::roll_args::RollArgs;
use crate::cli::commands::silence_args::SilenceArgs;
use crate::cli::plugin_arguments::{typed_plugin_arguments, with_plugin_arguments};
use crate::cli::usage::{check_no_command, usage_error};
use crate::cli::{abbreviation, completions, negative_numbers, trust_args};
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;
use crate::exit_code::fail_on::FailState;
use crate::render::format::FormatName;

/// Options that came when an abbreviation of theirs meant another one already, which it still does.
const LATER: [&str; 5] = ["collapse", "columns", "complete-line", "param", "sort"];

/// What a command line of `smokercli` asks for.
#[derive(Clone, Debug)]
pub(crate) enum CommandLine {
    /// Asking hosts.
    Ask(Box<Args>),
    /// Printing this text, such as the help.
    Print(String),
}

/// Reads a command line, the program's name first.
///
/// # Errors
///
/// When it cannot be understood.
pub(crate) fn parse(
    arguments: impl Iterator<Item = OsString>,
    plugin_options: &[PluginOption],
) -> Result<CommandLine, ExitError> {
    let mut command = negative_numbers::taken(with_plugin_arguments(Args::command(), plugin_options));
    command.build();
    let original = ORIGINAL.map(str::to_owned).into();
    let of_plugins = plugin_options.iter().filter_map(|option| option.long.clone()).collect();
    let names: Vec<_> = command.get_arguments().flat_map(long_names).collect();
    let earlier = names.iter().filter(|name| !LATER.contains(&name.as_str())).cloned().collect();
    let arguments = abbreviation::expand(arguments, &[original, of_plugins, earlier, names.clone()])?;
    check_no_command(&arguments)?;
    let wrong = |error| usage_error(error, &names);
    let matches = command.try_get_matches_from_mut(arguments).map_err(wrong)?;
    let mut args = Args::from_arg_matches(&matches).map_err(wrong)?;
    args.plugin_arguments = typed_plugin_arguments(plugin_options, &matches);
    Ok(if args.help {
        CommandLine::Print(command.render_help().to_string())
    } else if args.version {
        CommandLine::Print(command.render_version())
    } else if let Some(shell) = args.generate {
        CommandLine::Print(completions::with_inventory(complete_command(), shell))
    } else {
        CommandLine::Ask(Box::new(args))
    })
}

/// The definition with all values that a shell can complete. The parser itself
/// takes any format name, because an unknown one has an exit code of its own.
fn complete_command() -> Command {
    let formats = PossibleValuesParser::new(FormatName::ALL.map(|(name, _)| name));
    let states = PossibleValuesParser::new(["OK", "WARN", "ERROR", "UNKNOWN"]);
    let failing = PossibleValuesParser::new(FailState::ALL.map(|(name, _)| name));
    Args::command()
        .subcommand(with_formats(GateArgs::command().name("gate"), "outputs", &gate_args::FORMATS))
        .subcommand(BaselineArgs::command().name("baseline"))
        .subcommand(with_formats(DiffArgs::command().name("diff"), "pretty", &diff_args::FORMATS))
        .subcommand(with_formats(OddArgs::command().name("odd"), "pretty", &odd_args::FORMATS))
        .subcommand(RollArgs::command().name("roll"))
        .subcommand(SilenceArgs::command().name("silence"))
        .subcommand(ExplainArgs::command().name("explain"))
        .subcommand(HostsArgs::command().name("hosts"))
        .subcommand(trust_args::command().name("trust"))
        .mut_arg("pretty", |arg| arg.value_parser(formats))
        .mut_arg("fail_on", |arg| arg.value_parser(failing))
        .mut_arg("filter_status", |arg| arg.value_parser(states))
}

/// The command with the formats that a shell can complete for this option.
fn with_formats(command: Command, option: &str, formats: &'static [&'static str]) -> Command {
    command.mut_arg(option, |arg| arg.value_parser(PossibleValuesParser::new(formats)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Arg;

    use crate::cli::plugin_arguments::clashes;
    use crate::discovery::plugin_option::{PluginOptions, ValueCount};
    use crate::exit_code;

    fn parse_text(line: &str) -> Result<CommandLine, ExitError> {
        parse(line.split('|').map(OsString::from), &[])
    }

    fn args(line: &str) -> Args {
        match parse_text(line) {
            Ok(CommandLine::Ask(args)) => *args,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn lists_take_every_word_up_to_the_next_option_and_add_up() {
        let args = args("smokercli|-s|a|b|--smoke|-p|Uname|Uptime|--no-colors|-p|x");
        assert_eq!(args.targets.hosts, ["a", "b"]);
        assert_eq!(args.filters.plugins, ["Uname", "Uptime", "x"]);
        assert!(args.filters.smoke && args.console.no_colors);
    }

    #[test]
    fn the_last_of_repeated_single_values_counts_and_switches_may_repeat() {
        let args = args("smokercli|-ojson|--pretty=tap|-f|-f|-fe");
        assert_eq!(args.pretty, "tap");
        assert!(args.force && args.exitcode);
    }

    #[test]
    fn no_new_name_is_a_prefix_of_an_original_one() {
        for name in Args::command().get_arguments().flat_map(long_names) {
            if !ORIGINAL.contains(&name.as_str()) {
                assert!(!ORIGINAL.iter().any(|original| original.starts_with(&name)), "--{name}");
            }
        }
        assert_eq!(args("smokercli|--host|a").targets.hosts, ["a"]);
        assert_eq!(args("smokercli|--co|a").filters.component.as_deref(), Some("a"));
        assert!(args("smokercli|--ver").console.verbose);
    }

    /// The options that the original did not have.
    fn new_options() -> Vec<Arg> {
        let is_new = |arg: &&Arg| !long_names(arg).iter().any(|name| ORIGINAL.contains(&name.as_str()));
        Args::command().get_arguments().filter(is_new).cloned().collect()
    }

    #[test]
    fn every_abbreviation_of_an_original_option_keeps_its_meaning() {
        for original in ORIGINAL {
            for end in 1..original.len() {
                let prefix = &original[..end];
                let others = ORIGINAL.iter().filter(|other| other.starts_with(prefix) && **other != "warning").count();
                // One option under two names, of which the shorter one is meant unless it is exceeded.
                let original = if original == "warning" && end < "warn".len() { "warn" } else { original };
                let expanded = abbreviation::expand(
                    [OsString::from(format!("--{prefix}"))].into_iter(),
                    &[ORIGINAL.map(str::to_owned).into(), new_options().iter().flat_map(long_names).collect()],
                );
                let exact = ORIGINAL.contains(&prefix);
                let expected = if exact { format!("--{prefix}") } else { format!("--{original}") };
                match expanded {
                    Ok(done) => assert_eq!(done, [OsString::from(expected)], "--{prefix}"),
                    Err(error) => assert!(others > 1, "--{prefix}: {error}"),
                }
            }
        }
    }

    #[test]
    fn an_abbreviation_of_ours_keeps_its_meaning_when_an_option_comes() {
        let names: Vec<_> = Args::command().get_arguments().flat_map(long_names).collect();
        assert!(LATER.iter().all(|later| names.iter().any(|name| name == later)));
        let earlier: Vec<_> = names.iter().filter(|name| !LATER.contains(&name.as_str())).cloned().collect();
        let prefixes = earlier.iter().flat_map(|name| (1..name.len()).map(|end| &name[..end]));
        for prefix in prefixes {
            let ranks = [ORIGINAL.map(str::to_owned).into(), earlier.clone(), names.clone()];
            let expanded = |ranks| abbreviation::expand([OsString::from(format!("--{prefix}"))].into_iter(), ranks);
            if let Ok(before) = expanded(&ranks[..2]) {
                assert_eq!(expanded(&ranks), Ok(before), "--{prefix}");
            }
        }
        assert_eq!(args("smokercli|--col|never").console.color, "never");
        assert!(args("smokercli|--coll").collapse);
    }

    /// A site's discovery plugins were written for the options that the original had.
    #[test]
    fn an_option_of_a_plugin_wins_over_every_new_option() {
        let options = new_options();
        assert!(options.len() >= 9, "{options:?}");
        for ours in options {
            let long = ours.get_long().expect("a long form").to_owned();
            let of_plugin = |short, long: Option<&str>| PluginOption {
                short,
                long: long.map(str::to_owned),
                help: String::new(),
                metavar: vec!["X".to_owned()],
                hidden: false,
                values: ValueCount::Between(1, Some(1)),
            };
            let longer = format!("{long}-of-ours");
            let mut tries = vec![
                (of_plugin(None, Some(&long)), format!("--{long}"), format!("--{long}")),
                (of_plugin(None, Some(&longer)), format!("--{long}"), format!("--{longer}")),
                (of_plugin(None, Some(&longer)), format!("--{}", &long[..long.len() - 1]), format!("--{longer}")),
            ];
            let short = ours.get_short();
            tries.extend(short.map(|short| (of_plugin(Some(short), None), format!("-{short}"), format!("-{short}"))));
            for (option, typed, name) in tries {
                // What is a prefix of an original option stays that one, as in the original.
                if ORIGINAL.iter().any(|original| original.starts_with(typed.trim_start_matches('-'))) {
                    continue;
                }
                let line = ["smokercli", &typed, "value"].map(OsString::from);
                let Ok(CommandLine::Ask(args)) = parse(line.into_iter(), &[option]) else { panic!("{typed}") };
                assert_eq!(args.plugin_arguments, [name, "value".to_owned()], "{typed}");
            }
        }
    }

    #[test]
    fn usage_errors_have_their_own_code() {
        for line in ["smokercli|--bogus", "smokercli|-s", "smokercli|word", "smokercli|--exc", "smokercli|--timeout|0"]
        {
            assert_eq!(parse_text(line).expect_err(line).code, exit_code::USAGE, "{line}");
        }
    }

    #[test]
    fn a_usage_error_names_the_near_option_and_the_help() {
        let text = |line| parse_text(line).expect_err(line).message;
        assert!(text("smokercli|--hsts|a").contains("'--hosts'"), "{}", text("smokercli|--hsts|a"));
        for line in ["smokercli|--hsts|a", "smokercli|word", "smokercli|-Z", "smokercli|--timeout|0"] {
            assert!(text(line).ends_with("For more information, try '--help'."), "{}", text(line));
        }
    }

    #[test]
    fn a_plugins_option_must_not_be_one_of_the_originals() {
        for (short, long, is_taken) in [
            (Some('s'), None, true),
            (None, Some("warning"), true),
            (Some('X'), Some("hosts"), true),
            (Some('E'), None, false),
        ] {
            let long = long.map(str::to_owned);
            let option = PluginOption {
                short,
                long,
                help: String::new(),
                metavar: Vec::new(),
                hidden: false,
                values: ValueCount::None,
            };
            let plugin = PluginOptions { path: "x.py".to_owned(), options: vec![option] };
            let found = clashes(&[plugin]);
            assert_eq!(
                found.iter().any(|(path, reason)| path == "x.py" && reason.contains("exists already")),
                is_taken
            );
        }
    }

    /// A terminal of 80 columns shows an example as one line, which can be copied.
    #[test]
    fn examples_are_short_lines() {
        let command = complete_command();
        let helps = command.get_subcommands().filter_map(Command::get_after_help).map(ToString::to_string);
        let lines: Vec<_> = helps.flat_map(|help| help.lines().map(str::to_owned).collect::<Vec<_>>()).collect();
        let examples: Vec<_> = lines.iter().filter(|line| line.starts_with("  smokercli ")).collect();
        assert!(examples.len() >= 9, "{examples:?}");
        for example in examples {
            assert!(example.len() <= 80, "{example}");
        }
    }

    #[test]
    fn help_takes_precedence_over_everything_but_a_usage_error() {
        assert!(matches!(parse_text("smokercli|-f|--help|-o|nope"), Ok(CommandLine::Print(_))));
        assert!(parse_text("smokercli|--help|--bogus").is_err());
    }

    #[test]
    fn every_original_option_is_there() {
        let names: Vec<_> = Args::command().get_arguments().flat_map(long_names).collect();
        for original in ORIGINAL {
            assert!(names.iter().any(|name| name == original), "--{original}");
        }
    }
}
