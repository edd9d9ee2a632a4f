//! What commands that ask hosts have in common.

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{ArgMatches, Command, Parser};

use crate::cli::abbreviation;
use crate::cli::abbreviation::long_names;
use crate::cli::args::ORIGINAL;
use crate::cli::negative_numbers;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;
use crate::cli::plugin_arguments::{typed_plugin_arguments, with_plugin_arguments};
use crate::cli::usage::usage_error;
use crate::discovery::plugin_option::PluginOption;
use crate::error::ExitError;

/// The options that every such command has.
pub(crate) trait Subcommand: Parser {
    /// Which hosts are asked, and how.
    fn targets(&self) -> &HostArgs;
    /// Which plugins are selected.
    fn filters(&self) -> &FilterArgs;
    /// How much is written to a terminal.
    fn console(&self) -> &ConsoleArgs;
    /// What is printed in place of asking hosts.
    fn text(&self) -> Option<String> {
        None
    }
}

/// Implements [`Subcommand`] by the fields of these names.
macro_rules! has_options_of_hosts {
    ($arguments:ty $(, { $($more:item)* })?) => {
        impl crate::cli::commands::subcommand::Subcommand for $arguments {
            fn targets(&self) -> &HostArgs {
                &self.targets
            }

            fn filters(&self) -> &FilterArgs {
                &self.filters
            }

            fn console(&self) -> &ConsoleArgs {
                &self.console
            }

            $($($more)*)?
        }
    };
}

pub(crate) use has_options_of_hosts;

/// What a command line asks for.
#[derive(Clone, Debug)]
pub(crate) enum SubcommandLine<T> {
    /// The command, and the options of discovery plugins as words of a command line.
    Run(Box<T>, Vec<String>),
    /// Printing this text, such as the help.
    Print(String),
}

/// The long names of the options of a command, without dashes.
pub(crate) fn option_names<T: Parser>(plugin_options: &[PluginOption]) -> Vec<String> {
    names_of(&command_of::<T>(plugin_options))
}

fn command_of<T: Parser>(plugin_options: &[PluginOption]) -> Command {
    let mut command = negative_numbers::taken(with_plugin_arguments(T::command(), plugin_options));
    command.build();
    command
}

fn names_of(command: &Command) -> Vec<String> {
    command.get_arguments().flat_map(long_names).collect()
}

/// Reads a command line whose first word is the name of the command. Options of discovery plugins and abbreviations
/// of the original's options are understood as without a command.
///
/// # Errors
///
/// When it cannot be understood.
pub(crate) fn parse<T: Parser>(
    arguments: impl Iterator<Item = OsString>,
    plugin_options: &[PluginOption],
) -> Result<SubcommandLine<T>, ExitError> {
    let mut command = command_of::<T>(plugin_options);
    let names = names_of(&command);
    let original = ORIGINAL.map(str::to_owned).into_iter().filter(|name| names.contains(name)).collect();
    let of_plugins = plugin_options.iter().filter_map(|option| option.long.clone()).collect();
    let arguments = abbreviation::expand(arguments, &[original, of_plugins, names.clone()])?;
    let matches = match matches_of(&mut command, arguments) {
        Ok(matches) => matches,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(SubcommandLine::Print(error.to_string()));
        }
        Err(error) => return Err(usage_error(error, &names)),
    };
    let args = T::from_arg_matches(&matches).map_err(|error| usage_error(error, &names))?;
    let typed = typed_plugin_arguments(plugin_options, &matches);
    Ok(SubcommandLine::Run(Box::new(args), typed))
}

/// What a command line says. Words that the command itself takes may also be the last ones, behind a list such as that of `-s`, which would
/// take them: `explain -s web07 Backup`.
fn matches_of(command: &mut Command, arguments: Vec<OsString>) -> Result<ArgMatches, clap::Error> {
    let count = command.get_positionals().filter(|word| word.is_required_set()).count();
    let moved = with_words_first(&arguments, count);
    let error = match command.try_get_matches_from_mut(arguments) {
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => error,
        other => return other,
    };
    moved.and_then(|arguments| command.try_get_matches_from_mut(arguments).ok()).ok_or(error)
}

/// The command line with its last `count` words in front, where they are words of a list that keeps others.
fn with_words_first(arguments: &[OsString], count: usize) -> Option<Vec<OsString>> {
    let (name, rest) = arguments.split_first()?;
    let (kept, words) = rest.split_at_checked(rest.len().checked_sub(count)?)?;
    let is_word = |argument: &OsString| !argument.as_encoded_bytes().starts_with(b"-");
    let are_of_list = !words.is_empty() && kept.last().is_some_and(is_word) && words.iter().all(is_word);
    are_of_list.then(|| [std::slice::from_ref(name), words, kept].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::diff_args::DiffArgs;
    use crate::cli::commands::explain_args::ExplainArgs;
    use crate::cli::commands::gate_args::GateArgs;
    use crate::discovery::plugin_option::ValueCount;
    use crate::exit_code;

    fn parsed(line: &str, options: &[PluginOption]) -> Result<SubcommandLine<GateArgs>, ExitError> {
        parse(line.split(' ').map(OsString::from), options)
    }

    #[test]
    fn abbreviations_of_the_original_win_over_new_options() {
        let Ok(SubcommandLine::Run(args, _)) = parsed("gate --host a --ca x --lo --set 2 --every=500ms", &[]) else {
            panic!("not understood");
        };
        assert_eq!(args.targets.hosts, ["a"]);
        assert_eq!(args.filters.category.as_deref(), Some("x"));
        assert!(args.filters.locked && args.settle == 2);
        assert!(matches!(parsed("gate --help", &[]), Ok(SubcommandLine::Print(help)) if help.contains("--settle")));
        for line in ["gate --force", "gate word", "gate --settle 0", "gate --within x", "gate --bogus"] {
            assert_eq!(parsed(line, &[]).expect_err(line).code, exit_code::USAGE, "{line}");
        }
    }

    #[test]
    fn words_of_the_command_come_first_or_last() {
        let explain = |line: &str| parse::<ExplainArgs>(line.split(' ').map(OsString::from), &[]);
        for line in [
            "explain Backup -s a b",
            "explain -s a b Backup",
            "explain -o json -s a b Backup",
            "explain -s a -s b Backup",
        ] {
            let Ok(SubcommandLine::Run(args, _)) = explain(line) else { panic!("{line}") };
            assert_eq!(
                (args.plugin.as_str(), args.targets.hosts),
                ("Backup", vec!["a".to_owned(), "b".to_owned()]),
                "{line}"
            );
        }
        for line in ["explain -s Backup", "explain -s a b -o json", "explain"] {
            let message = explain(line).expect_err(line).message;
            let tip = "tip: <PLUGIN> comes first, since an option such as -s takes all words behind it";
            assert!(message.contains(tip) && message.contains("smokercli explain <PLUGIN> [OPTIONS]"), "{message}");
        }
        let diff = |line: &str| parse::<DiffArgs>(line.split(' ').map(OsString::from), &[]);
        let Ok(SubcommandLine::Run(args, _)) = diff("diff -p Web before after") else { panic!("not understood") };
        assert_eq!(
            (args.before.to_str(), args.after.to_str(), args.filters.plugins),
            (Some("before"), Some("after"), vec!["Web".to_owned()])
        );
        assert!(
            diff("diff -p before after").expect_err("no words").message.contains("tip: <BEFORE> <AFTER> come first")
        );
    }

    #[test]
    fn an_option_of_a_discovery_plugin_wins_over_ours() {
        let option = PluginOption {
            short: Some('g'),
            long: Some("within".to_owned()),
            help: String::new(),
            metavar: vec!["X".to_owned()],
            hidden: false,
            values: ValueCount::Between(1, Some(1)),
        };
        let line = "gate -g a --within b --smokercli-group web --smokercli-within 7m";
        let Ok(SubcommandLine::Run(args, typed)) = parsed(line, &[option]) else { panic!("not understood") };
        assert_eq!(typed, ["--within", "a", "--within", "b"]);
        assert_eq!(args.targets.group, ["web"]);
        assert_eq!(args.within.as_secs(), 420);
    }
}
