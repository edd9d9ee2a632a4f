//! Reads a command line of `smokercli`.

use std::ffi::OsString;

use clap::builder::PossibleValuesParser;
use clap::{Command, CommandFactory, FromArgMatches};

use crate::cli::abbreviation::long_names;
use crate::cli::args::{Args, ORIGINAL};
use crate::cli::plugin_arguments::{typed_plugin_arguments, with_plugin_arguments};
use crate::cli::usage::usage_error;
use crate::cli::{abbreviation, completions};
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;
use crate::fail_on::FailState;
use crate::render::format::FormatName;

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
    let mut command = with_plugin_arguments(Args::command(), plugin_options)?;
    command.build();
    let names: Vec<_> = command.get_arguments().flat_map(long_names).collect();
    let arguments = abbreviation::expand(arguments, &ORIGINAL, &names)?;
    let matches = command.try_get_matches_from_mut(arguments).map_err(|error| usage_error(&error))?;
    let mut args = Args::from_arg_matches(&matches).map_err(|error| usage_error(&error))?;
    args.plugin_arguments = typed_plugin_arguments(plugin_options, &matches);
    Ok(if args.help {
        CommandLine::Print(command.render_help().to_string())
    } else if args.version {
        CommandLine::Print(command.render_version())
    } else if let Some(shell) = args.generate {
        CommandLine::Print(completions::of(complete_command(), shell))
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
        .mut_arg("pretty", |arg| arg.value_parser(formats))
        .mut_arg("fail_on", |arg| arg.value_parser(failing))
        .mut_arg("filter_status", |arg| arg.value_parser(states))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery::plugin_option::ValueCount;
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
        assert_eq!(args.hosts, ["a", "b"]);
        assert_eq!(args.plugins, ["Uname", "Uptime", "x"]);
        assert!(args.smoke && args.no_colors);
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
        assert_eq!(args("smokercli|--host|a").hosts, ["a"]);
        assert_eq!(args("smokercli|--co|a").component.as_deref(), Some("a"));
        assert!(args("smokercli|--ver").verbose);
    }

    #[test]
    fn usage_errors_have_their_own_code() {
        for line in ["smokercli|--bogus", "smokercli|-s", "smokercli|word", "smokercli|--exc", "smokercli|--timeout|0"]
        {
            assert_eq!(parse_text(line).expect_err(line).code, exit_code::USAGE, "{line}");
        }
    }

    #[test]
    fn a_plugins_option_must_not_be_one_of_ours() {
        for (short, long) in [(Some('s'), None), (None, Some("warning")), (Some('X'), Some("hosts"))] {
            let long = long.map(str::to_owned);
            let option =
                PluginOption { short, long, help: String::new(), metavar: String::new(), values: ValueCount::None };
            let failure = parse(["smokercli".into()].into_iter(), &[option]).expect_err("taken");
            assert!(failure.message.contains("exists already"), "{failure}");
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
