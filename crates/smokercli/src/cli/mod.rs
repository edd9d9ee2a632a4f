//! The command line of `smokercli`. No type of the parser leaves this folder.
//!
//! # Layout
//!
//! - `abbreviation`: shortened names of long options
//! - `completions`: what a shell completes
//! - `nagios_cli`: the command line of `check_smoker_plugin`
//! - `seconds`: time limits as they are typed

mod abbreviation;
mod completions;
pub(crate) mod nagios_cli;
mod seconds;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::parser::ArgMatches;
use clap::{Arg, ArgAction, Command, CommandFactory, FromArgMatches, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::seconds::parse_seconds;
use crate::discovery::{PluginOption, Values};
use crate::error::Failure;
use crate::render::format::FormatName;

/// The original's long options, whose prefixes keep their meaning.
const ORIGINAL: [&str; 27] = [
    "force",
    "list",
    "help",
    "hosts",
    "plugins",
    "exclude-plugins",
    "filter",
    "exclude",
    "category",
    "component",
    "health",
    "smoke",
    "locked",
    "filter-status",
    "nook",
    "error",
    "warn",
    "warning",
    "unknown",
    "ok",
    "pretty",
    "no-colors",
    "no-progress",
    "verbose",
    "debug",
    "exitcode",
    "junit-config-file",
];

const ACTIONS: &str = "Action switchers";
const TARGETS: &str = "Target host switchers";
const FILTERS: &str = "Filters";
const OUTPUT: &str = "Output switchers";
const PLUGIN_ARGUMENTS: &str = "Plugin arguments";

/// What was typed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "smokercli", about = "Smoker client tool", disable_help_flag = true, disable_version_flag = true)]
#[command(args_override_self = true, version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// Force plugins run (otherwise just print last results)
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) force: bool,
    /// List plugins
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) list: bool,
    /// Show this help and exit
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) help: bool,
    /// Show the version and exit
    #[arg(short = 'V', long, help_heading = ACTIONS)]
    pub(crate) version: bool,
    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    pub(crate) generate: Option<Shell>,

    #[arg(help = "Hosts with running smokerd (default localhost), eg. -s web1 web2:90 web[03-40]")]
    #[arg(short = 's', long, value_name = "HOST", num_args = 1.., value_hint = ValueHint::Hostname, help_heading = TARGETS)]
    pub(crate) hosts: Vec<String>,
    /// A file with one host or range a line; - is standard input
    #[arg(long, value_name = "FILE", action = ArgAction::Append, help_heading = TARGETS)]
    pub(crate) hosts_file: Vec<PathBuf>,
    /// How many requests may be under way at once
    #[arg(long, value_name = "N", default_value = "64", help_heading = TARGETS, value_parser = parse_count)]
    pub(crate) parallel: usize,
    /// How long connecting may take
    #[arg(long, value_name = "SECONDS", default_value = "5", help_heading = TARGETS, value_parser = parse_seconds)]
    pub(crate) connect_timeout: Duration,
    /// How long an answer may take (default 5 for the about page, 20 for others)
    #[arg(long, value_name = "SECONDS", help_heading = TARGETS, value_parser = parse_seconds)]
    pub(crate) timeout: Option<Duration>,
    /// Go through this proxy; env takes it from the environment (default: no proxy)
    #[arg(long, value_name = "URL|env", help_heading = TARGETS)]
    pub(crate) proxy: Option<String>,

    /// Filter plugins by name
    #[arg(short, long, value_name = "PLUGIN", num_args = 1.., help_heading = FILTERS)]
    pub(crate) plugins: Vec<String>,
    /// Exclude plugins by names
    #[arg(long, value_name = "PLUGIN", num_args = 1.., help_heading = FILTERS)]
    pub(crate) exclude_plugins: Vec<String>,
    /// Filter plugins by its parameters, eg. --filter 'Category connectors'
    #[arg(long, value_name = "'KEY VALUE'", num_args = 1.., help_heading = FILTERS)]
    pub(crate) filter: Vec<String>,
    /// Negative filters: exclude what matches all of them
    #[arg(long, help_heading = FILTERS)]
    pub(crate) exclude: bool,
    /// Filter plugins by Category parameter
    #[arg(long, help_heading = FILTERS)]
    pub(crate) category: Option<String>,
    /// Filter plugins by Component parameter (eg. server)
    #[arg(long, help_heading = FILTERS)]
    pub(crate) component: Option<String>,
    /// Filter plugins by Type healthCheck
    #[arg(long, help_heading = FILTERS)]
    pub(crate) health: bool,
    /// Filter plugins by Type smokeTest
    #[arg(long, help_heading = FILTERS)]
    pub(crate) smoke: bool,
    /// Platform is locked, don't run plugins requiring live platform
    #[arg(long, help_heading = FILTERS)]
    pub(crate) locked: bool,
    /// Filter plugins by their state, eg. --filter-status ERROR WARN
    #[arg(long, value_name = "STATUS", num_args = 1.., help_heading = FILTERS)]
    pub(crate) filter_status: Vec<String>,
    /// Only non-OK plugins (ERROR, WARN, UNKNOWN); --filter-status comes first
    #[arg(long, help_heading = FILTERS)]
    pub(crate) nook: bool,
    /// Only ERROR; --filter-status and --nook come first
    #[arg(long, help_heading = FILTERS)]
    pub(crate) error: bool,
    /// Only WARN, as --warning; --filter-status and --nook come first
    #[arg(long, visible_alias = "warning", help_heading = FILTERS)]
    pub(crate) warn: bool,
    /// Only UNKNOWN; --filter-status and --nook come first
    #[arg(long, help_heading = FILTERS)]
    pub(crate) unknown: bool,
    /// Only OK; --filter-status and --nook come first
    #[arg(long, help_heading = FILTERS)]
    pub(crate) ok: bool,

    /// Output format: minimal / normal / long / full / raw / json / tap / xml / table / ndjson / junit
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "normal", help_heading = OUTPUT)]
    pub(crate) pretty: String,
    /// Use colors: auto (on a terminal), always, never
    #[arg(long, value_name = "WHEN", default_value = "auto", help_heading = OUTPUT)]
    #[arg(value_parser = PossibleValuesParser::new(["auto", "always", "never"]), hide_possible_values = true)]
    pub(crate) color: String,
    /// Don't use colors in output
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_colors: bool,
    /// Don't show progress
    #[arg(long, help_heading = OUTPUT)]
    pub(crate) no_progress: bool,
    /// Tell of every request on standard error
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) verbose: bool,
    /// Tell even more
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) debug: bool,
    /// Nonzero exit code if any of plugins failed or any host cannot be asked
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    /// Name of configuration file for junit xml formatter
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) junit_config_file: Option<PathBuf>,

    /// What was given for the options of discovery plugins, as it would be typed.
    #[arg(skip)]
    pub(crate) plugin_arguments: Vec<String>,
}

/// What a command line asks for.
#[derive(Clone, Debug)]
pub(crate) enum Request {
    /// To ask hosts.
    Ask(Box<Args>),
    /// To print this and leave.
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
) -> Result<Request, Failure> {
    let mut command = command(plugin_options)?;
    command.build();
    let names: Vec<_> = command.get_arguments().flat_map(long_names).collect();
    let arguments = abbreviation::expand(arguments, &ORIGINAL, &names)?;
    let matches = command.try_get_matches_from_mut(arguments).map_err(|error| usage(&error))?;
    let mut args = Args::from_arg_matches(&matches).map_err(|error| usage(&error))?;
    args.plugin_arguments = plugin_options.iter().enumerate().flat_map(|option| typed_for(option, &matches)).collect();
    Ok(if args.help {
        Request::Print(command.render_help().to_string())
    } else if args.version {
        Request::Print(command.render_version())
    } else if let Some(shell) = args.generate {
        Request::Print(completions::of(complete_command(), shell))
    } else {
        Request::Ask(Box::new(args))
    })
}

fn command(plugin_options: &[PluginOption]) -> Result<Command, Failure> {
    let mut command = Args::command();
    for (index, option) in plugin_options.iter().enumerate() {
        let is_taken = |arg: &Arg| {
            let long = option.long.as_ref().is_some_and(|long| long_names(arg).contains(long));
            long || (option.short.is_some() && arg.get_short() == option.short)
        };
        if command.get_arguments().any(is_taken) {
            let name = option.name();
            return Err(Failure::new(format!(
                "host discovery: the option {name} of a plugin exists already; rename it"
            )));
        }
        command = command.arg(plugin_argument(option, index));
    }
    Ok(command)
}

/// The definition with everything that a shell can complete. Parsing takes
/// any format name, because an unknown one ends with a code of its own.
fn complete_command() -> Command {
    let formats = PossibleValuesParser::new(FormatName::ALL.map(|(name, _)| name));
    let states = PossibleValuesParser::new(["OK", "WARN", "ERROR", "UNKNOWN"]);
    Args::command()
        .mut_arg("pretty", |arg| arg.value_parser(formats))
        .mut_arg("filter_status", |arg| arg.value_parser(states))
}

fn long_names(arg: &Arg) -> Vec<String> {
    arg.get_long_and_visible_aliases().unwrap_or_default().into_iter().map(str::to_owned).collect()
}

fn usage(error: &clap::Error) -> Failure {
    let text = error.render().to_string();
    Failure::usage(text.strip_prefix("error: ").unwrap_or(&text).trim_end())
}

fn plugin_argument(option: &PluginOption, index: usize) -> Arg {
    let mut arg = Arg::new(plugin_argument_id(index)).help_heading(PLUGIN_ARGUMENTS).help(option.help.clone());
    arg = option.short.map_or(arg.clone(), |short| arg.short(short));
    arg = option.long.clone().map_or(arg.clone(), |long| arg.long(long));
    match option.values {
        Values::None => arg.action(ArgAction::Count),
        Values::Between(least, most) => {
            let arg = arg.value_name(option.metavar.clone()).action(ArgAction::Append);
            arg.num_args(least..=most.unwrap_or(usize::MAX))
        }
    }
}

fn plugin_argument_id(index: usize) -> String {
    format!("plugin-argument-{index}")
}

/// What was given for an option of a discovery plugin, for the plugin's own parser.
fn typed_for((index, option): (usize, &PluginOption), matches: &ArgMatches) -> Vec<String> {
    let id = plugin_argument_id(index);
    let name = option.name();
    match option.values {
        Values::None => vec![name; usize::from(matches.get_count(&id))],
        Values::Between(..) => matches
            .get_occurrences::<String>(&id)
            .into_iter()
            .flatten()
            .flat_map(|values| std::iter::once(name.clone()).chain(values.cloned()))
            .collect(),
    }
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "has to be a whole number above 0".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit_code;

    fn parse_text(line: &str) -> Result<Request, Failure> {
        parse(line.split('|').map(OsString::from), &[])
    }

    fn args(line: &str) -> Args {
        match parse_text(line) {
            Ok(Request::Ask(args)) => *args,
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
                PluginOption { short, long, help: String::new(), metavar: String::new(), values: Values::None };
            let failure = parse(["smokercli".into()].into_iter(), &[option]).expect_err("taken");
            assert!(failure.message.contains("exists already"), "{failure}");
        }
    }

    #[test]
    fn help_wins_over_everything_but_a_usage_error() {
        assert!(matches!(parse_text("smokercli|-f|--help|-o|nope"), Ok(Request::Print(_))));
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
