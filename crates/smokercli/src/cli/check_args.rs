//! The command line of `check_smoker_plugin`: its options, and how they are read.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::parser::ValueSource;
use clap::{CommandFactory, FromArgMatches, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::abbreviation;
use crate::cli::completions;
use crate::cli::duration::parse_duration;
use crate::cli::negative_numbers;
use crate::cli::usage::usage_error;
use crate::error::ExitError;

/// The original's long options, whose prefixes keep their meaning.
const ORIGINAL: [&str; 5] = ["help", "force", "category", "component", "health"];

/// The options as they were typed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "check_smoker_plugin", about = "Smoker Nagios plugin", disable_help_flag = true)]
#[command(disable_version_flag = true, args_override_self = true, version)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct CheckArgs {
    /// Plugin to check
    #[arg(value_name = "plugin")]
    pub(crate) names: Vec<String>,
    /// Show this help and exit
    #[arg(short, long)]
    help: bool,
    /// Force plugins run (otherwise just print last results)
    #[arg(short, long)]
    pub(crate) force: bool,
    /// The category of tests to run
    #[arg(long)]
    pub(crate) category: Option<String>,
    /// The tests component to run
    #[arg(long)]
    pub(crate) component: Option<String>,
    /// Run only healthchecks
    #[arg(long)]
    pub(crate) health: bool,
    /// The daemon to ask
    #[arg(short = 'H', long = "hostname", value_name = "HOST[:PORT]", default_value = "localhost")]
    #[arg(value_hint = ValueHint::Hostname)]
    pub(crate) host: String,
    /// Certificates to trust for an https host instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) cacert: Option<PathBuf>,
    #[arg(help = "A certificate of yours that the host is shown over TLS, in place of the key of smokercli trust")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "socket")]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of --cert (default: in the same file)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert")]
    pub(crate) key: Option<PathBuf>,
    #[arg(help = "A file with a token that stands for a role (default: the file that SMOKER_TOKEN_FILE names)")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) token_file: Option<PathBuf>,
    /// Ask the daemon at this Unix socket (default: /run/smokerd.sock, if a daemon answers there and no host is named)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, conflicts_with = "host")]
    pub(crate) socket: Option<PathBuf>,
    /// Reach the host through this NATS server, by the name that it has there
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, conflicts_with_all = ["socket", "token_file"])]
    pub(crate) nats: Option<String>,
    #[arg(help = "A file with your credentials for the NATS server (default: the file that SMOKER_NATS_CREDS names)")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "nats")]
    pub(crate) creds: Option<PathBuf>,
    /// The fleet of the host at the NATS server (default: default)
    #[arg(long, value_name = "NAME", requires = "nats")]
    pub(crate) fleet: Option<String>,
    /// Whether the host was named.
    #[arg(skip)]
    pub(crate) is_host_named: bool,
    /// Answer UNKNOWN shortly before this time is up (default: wait)
    #[arg(short, long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) timeout: Option<Duration>,
    /// A result older than this is UNKNOWN (default: any age will do)
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub(crate) max_age: Option<Duration>,
    /// Show the version and exit
    #[arg(short = 'V', long)]
    version: bool,
    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    generate: Option<Shell>,
}

/// What a command line of `check_smoker_plugin` asks for.
#[derive(Clone, Debug)]
pub(crate) enum CheckCommandLine {
    /// Checking plugins.
    Check(Box<CheckArgs>),
    /// Printing this text, such as the help.
    Print(String),
}

/// Reads a command line, the program's name first.
///
/// # Errors
///
/// When it cannot be understood.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<CheckCommandLine, ExitError> {
    let mut command = negative_numbers::taken(CheckArgs::command());
    let names: Vec<_> = command.get_arguments().filter_map(|arg| arg.get_long().map(str::to_owned)).collect();
    let (original, new) = names.iter().cloned().partition(|name| ORIGINAL.contains(&name.as_str()));
    let arguments = abbreviation::expand(arguments, &[original, new])?;
    let wrong = |error| usage_error(error, &names);
    let matches = command.try_get_matches_from_mut(arguments).map_err(wrong)?;
    let mut args = CheckArgs::from_arg_matches(&matches).map_err(wrong)?;
    args.is_host_named = matches.value_source("host") == Some(ValueSource::CommandLine);
    if args.nats.is_some() && !args.is_host_named {
        return Err(ExitError::usage("--nats needs the name of a host; name it by -H"));
    }
    Ok(if args.help {
        CheckCommandLine::Print(command.render_help().to_string())
    } else if args.version {
        CheckCommandLine::Print(command.render_version())
    } else if let Some(shell) = args.generate {
        CheckCommandLine::Print(completions::of(command, shell))
    } else {
        CheckCommandLine::Check(Box::new(args))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<CheckArgs, String> {
        match parse(line.split(' ').map(OsString::from)) {
            Ok(CheckCommandLine::Check(args)) => Ok(*args),
            Ok(CheckCommandLine::Print(text)) => Err(text),
            Err(error) => Err(error.message),
        }
    }

    #[test]
    fn abbreviations_of_the_original_keep_their_meaning_beside_newer_options() {
        let args = parsed("check --f --co x --ca y --nats nats://n --cr c --fl prod -H web1 disk").expect("understood");
        assert!(args.force);
        assert_eq!((args.component.as_deref(), args.category.as_deref()), (Some("x"), Some("y")));
        assert_eq!((args.nats.as_deref(), args.fleet.as_deref()), (Some("nats://n"), Some("prod")));
        assert_eq!((args.creds, args.names), (Some("c".into()), vec!["disk".to_owned()]));
        assert!(parsed("check --c x disk").expect_err("ambiguous").contains("--category, --component"));
    }

    #[test]
    fn a_nats_server_needs_a_host_and_has_no_token_and_no_socket() {
        for (line, words) in [
            ("check --nats nats://n disk", "name it by -H"),
            ("check --nats nats://n -H web1 --token-file /t disk", "--token-file"),
            ("check --nats nats://n --socket /s disk", "--socket"),
            ("check -H web1 --creds /c disk", "--nats"),
            ("check -H web1 --fleet f disk", "--nats"),
        ] {
            let message = parsed(line).expect_err(line);
            assert!(message.contains(words), "{line}: {message}");
        }
    }
}
