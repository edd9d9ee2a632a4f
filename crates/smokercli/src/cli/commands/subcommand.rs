//! What commands that ask hosts have in common.

use std::ffi::OsString;

use clap::Parser;
use clap::error::ErrorKind;

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
    let mut command = negative_numbers::taken(with_plugin_arguments(T::command(), plugin_options));
    command.build();
    let names: Vec<_> = command.get_arguments().flat_map(long_names).collect();
    let original = ORIGINAL.map(str::to_owned).into_iter().filter(|name| names.contains(name)).collect();
    let of_plugins = plugin_options.iter().filter_map(|option| option.long.clone()).collect();
    let arguments = abbreviation::expand(arguments, &[original, of_plugins, names.clone()])?;
    let matches = match command.try_get_matches_from_mut(arguments) {
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

#[cfg(test)]
mod tests {
    use super::*;
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
