//! The command line.
//!
//! # Layout
//!
//! - `abbreviation`: shortened long options, as the original took them
//! - `compare`: the option `--compare`
//! - `import`: the command `import`
//! - `identity`: the options of the commands for identities
//! - `journal`: the option `--journal`
//! - `suggest`: the command `suggest`
//! - `test_plugin`: the options of `--test-plugin`

mod abbreviation;
mod compare;
mod identity;
mod import;
mod journal;
mod suggest;
mod test_plugin;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser};
use clap_complete::Shell;
use nix::unistd::Pid;
use smoker_config::schema::document::{self, Part};
use smoker_logging::records::level::Level;
use smoker_logging::setup::defaults::LogOptions;
use smoker_logging::setup::source::LogConfigSource;
use smoker_model::suggest as near_names;

use crate::check::check_request::CheckRequest;
use crate::cli::compare::CompareArguments;
use crate::cli::identity::IdentityArguments;
use crate::cli::journal::JournalArguments;
use crate::cli::test_plugin::TestArguments;
use crate::compare::compare_request::CompareRequest;
use crate::exit_code;
use crate::explain_command::ExplainRequest;
use crate::identity::identity_request::IdentityRequest;
use crate::import::import_request::ImportRequest;
use crate::journal_command::journal_task::JournalTask;
use crate::output::{self, OutputError};
use crate::test_plugin::test_request::{ActionTestRequest, TestRequest};

/// The configuration without `-c`.
const DEFAULT_CONFIG: &str = "/etc/smokerd/smokerd.yaml";

/// The logging configuration without `--logging-conf`, if it exists.
const DEFAULT_LOGGING_CONF: &str = "/etc/smokerd/logging.ini";

/// The end of `--help`.
const EXIT_CODES: &str = "\
Exit codes:
  0  done: stopped, reloaded, no problems, written, OK, no differences
  1  not done: no start, a configuration that does not load, no daemon there,
     a refused reload, no test, no comparison; with --strict: any problem
  2  the command line is not valid
  3  --reload: not all is in effect; --check: problems; --genconfig: not all
     loads; --test-plugin: WARN; --compare: differences
  4  --test-plugin: ERROR

smokerd import TOOL FILE... converts configurations of NRPE, cron, Monit, Sensu and goss: smokerd import --help.
smokerd suggest proposes a configuration for this host.

SIGHUP reopens the log files and reloads the configuration, which is applied as a whole or refused.";

/// Runs plugins periodically or on request and serves their results over REST.
#[derive(Debug, Parser)]
#[command(
    name = "smokerd",
    version,
    infer_long_args = true,
    args_override_self = true,
    after_help = EXIT_CODES
)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for one flag of the command line")]
struct Arguments {
    /// Main configuration file, or a folder with common.yaml, template.d, action.d and plugin.d
    #[arg(short, long, value_name = "FILE|FOLDER", default_value = DEFAULT_CONFIG, allow_negative_numbers = true)]
    config: PathBuf,

    /// File for the process id of a background daemon [default: the configuration's pidfile, else /var/run/smokerd.pid]
    #[arg(short, long, value_name = "FILE", allow_negative_numbers = true)]
    pidfile: Option<PathBuf>,

    /// Logging configuration in the file format of Python's logging.config; replaces syslog, console, -v and -d; ''
    /// for none [default: /etc/smokerd/logging.ini, if it exists]
    #[arg(long, value_name = "FILE", allow_negative_numbers = true)]
    logging_conf: Option<OsString>,

    /// Stay in the foreground (also -fg)
    #[arg(long)]
    foreground: bool,

    /// Stop the daemon of the pidfile and wait until it is gone
    #[arg(long, conflicts_with = "check")]
    stop: bool,

    /// Have the daemon of the pidfile, or the one with this process id, reload its configuration; wait for the outcome and print it
    #[arg(long, value_name = "PID", num_args = 0..=1, require_equals = true, conflicts_with_all = ["check", "stop"], value_parser = clap::value_parser!(i32).range(1..))]
    #[expect(clippy::option_option, reason = "an option with a value that may be missing")]
    reload: Option<Option<i32>>,

    /// Print every problem of the configuration; run no plugin
    #[arg(long)]
    check: bool,

    /// With --check: exit with 1, not 3, when there is a problem, and also when there is advice
    #[arg(long, requires = "check")]
    strict: bool,

    /// Write the folder's common.yaml, template.d, action.d and plugin.d as one configuration file; what a daemon would leave out is told
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["check", "stop", "reload", "foreground"])]
    genconfig: Option<PathBuf>,

    /// With --genconfig: the file to write [default: standard output]; with --check, --explain and --test-plugin: the format, text or json [default: text]; with --compare: table or json [default: table]
    #[arg(short, long, value_name = "FILE|FORMAT")]
    output: Option<PathBuf>,

    /// Take files of this account as those of root: configuration, modules and the folders above them; may be repeated
    #[arg(long = "trust-owner", value_name = "NAME")]
    trusted_owners: Vec<String>,

    /// Do not log to syslog
    #[arg(long)]
    no_syslog: bool,

    /// Do not log to the console
    #[arg(long)]
    no_console: bool,

    /// Log runs, results and requests, too (level INFO)
    #[arg(short, long)]
    verbose: bool,

    /// Log everything (level DEBUG)
    #[arg(short, long)]
    debug: bool,

    /// Print what decides when a plugin runs: its schedule with the next runs, limits, and where each value of its configuration is written; run nothing
    #[arg(long, value_name = "NAME", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig"])]
    explain: Option<String>,

    #[command(flatten)]
    test: TestArguments,

    #[command(flatten)]
    comparison: CompareArguments,

    #[command(flatten)]
    identity: IdentityArguments,

    #[command(flatten)]
    journal: JournalArguments,

    /// Print the JSON Schema of the configuration, which editors read, or that of a file of plugin.d or action.d: plugin, action
    #[arg(long, value_name = "PART", num_args = 0..=1, require_equals = true, value_parser = ["whole", "plugin", "action"], hide_possible_values = true)]
    #[expect(clippy::option_option, reason = "an option with a value that may be missing")]
    schema: Option<Option<String>>,

    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    generate: Option<Shell>,
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) config: PathBuf,
    pub(crate) pidfile: Option<PathBuf>,
    /// The logging configuration, if one was named or exists.
    pub(crate) logging_conf: Option<LogConfigSource>,
    /// The logging configuration that was named, or its usual place, where there is none.
    pub(crate) missing_logging_conf: Option<LogConfigSource>,
    /// How to log without one.
    pub(crate) logging: LogOptions,
    /// Accounts whose files root takes.
    pub(crate) trusted_owners: Vec<String>,
}

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Mode {
    /// Serve, without leaving the terminal.
    Foreground,
    /// Serve in the background.
    Background,
    /// Stop a running daemon.
    Stop,
    /// Have a running daemon reload: that of the pidfile, or one with a process id.
    Reload(Option<Pid>),
    /// Check the configuration.
    Check(CheckRequest),
    /// Test one plugin.
    Test(TestRequest),
    /// Test one action.
    TestAction(ActionTestRequest),
    /// Compare with another daemon.
    Compare(CompareRequest),
    /// Show or change the identities of this host.
    Identity(IdentityRequest),
    /// Look into the journal.
    Journal(JournalTask),
    /// Convert configurations of other tools.
    Import(ImportRequest),
    /// Propose a configuration for this host.
    Suggest,
    /// Explain a plugin.
    Explain(ExplainRequest),
    /// Write a folder as one file, to standard output if no path is given.
    Genconfig { folder: PathBuf, output: Option<PathBuf> },
}

/// Reads the command line of another smokerd, and prints nothing; `None` for one that serves nothing.
pub(crate) fn read(arguments: impl IntoIterator<Item = OsString>) -> Option<Options> {
    let options = parse_arguments(arguments).and_then(Arguments::into_options).ok()?;
    matches!(options.mode, Mode::Foreground | Mode::Background).then_some(options)
}

fn parse_arguments(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(arguments.into_iter().map(|argument| {
        // `-f` is what the original's parser takes for the beginning of `-fg`.
        if argument == "-fg" || argument == "-f" { "--foreground".into() } else { abbreviation::written_out(argument) }
    }))
}

/// Reads the command line; help, version, completions and usage errors are
/// printed here and return the exit code.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Options, u8> {
    let print = |error: clap::Error| {
        let error = with_tip(error);
        if error.use_stderr() {
            // What cannot be written there is lost: the exit code has to do.
            let _ = error.print();
            return exit_code::USAGE;
        }
        code_of(output::check_open().and_then(|()| output::ignore_closed_pipe(error.print())))
    };
    let arguments: Vec<_> = arguments.into_iter().collect();
    if let Some((_, behind)) = arguments.get(1..).and_then(<[_]>::split_first).filter(|(first, _)| *first == "import") {
        let request = import::parse(behind).map_err(print)?;
        let options = parse_arguments(["smokerd".into()]).and_then(Arguments::into_options).map_err(print)?;
        return Ok(Options { mode: Mode::Import(request), ..options });
    }
    if arguments.get(1).is_some_and(|first| first == "suggest") {
        suggest::parse(&arguments[2..]).map_err(print)?;
        let options = parse_arguments(["smokerd".into()]).and_then(Arguments::into_options).map_err(print)?;
        return Ok(Options { mode: Mode::Suggest, ..options });
    }
    let arguments = parse_arguments(arguments).map_err(print)?;
    if let Some(shell) = arguments.generate {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "smokerd", &mut script);
        return Err(code_of(output::print(&String::from_utf8_lossy(&script))));
    }
    if let Some(part) = &arguments.schema {
        let part = match part.as_deref() {
            Some("plugin") => Part::Plugin,
            Some("action") => Part::Action,
            _ => Part::Whole,
        };
        return Err(code_of(output::print(&document::document(part))));
    }
    arguments.into_options().map_err(print)
}

/// What became of a text that was asked for.
fn code_of(printed: Result<(), OutputError>) -> u8 {
    printed.map_or_else(
        |error| {
            output::report(format_args!("ERROR: {error}"));
            exit_code::FAILURE
        },
        |()| exit_code::SUCCESS,
    )
}

/// The error with what was probably meant by an argument that is not known.
fn with_tip(mut error: clap::Error) -> clap::Error {
    let Some(ContextValue::String(typed)) = error.get(ContextKind::InvalidArg) else { return error };
    if error.kind() != ErrorKind::UnknownArgument {
        return error;
    }
    let typed = typed.clone();
    let command = Arguments::command();
    let names: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    if !typed.starts_with('-') {
        let tip = tip_for_word(&typed, &names);
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    } else if let Some(near) = typed.strip_prefix("--").and_then(|typed| near_names::near(typed, &names)) {
        error.insert(ContextKind::SuggestedArg, ContextValue::String(format!("--{near}")));
    }
    error
}

/// What a word that belongs to no option was probably meant for.
fn tip_for_word(word: &str, names: &[&str]) -> String {
    if let Some(option) = names.iter().find(|name| **name == word) {
        return format!("it is an option: --{option}");
    }
    match word {
        "start" => "a daemon is started by smokerd -c FILE, or as a service: systemctl start smokerd".to_owned(),
        "restart" | "status" => format!("that is for the service: systemctl {word} smokerd"),
        _ => match near_names::near(word, &["import", "suggest"]) {
            Some(command) => format!("the command is the first word: smokerd {command}"),
            None => format!("a configuration is named by an option: -c {word}"),
        },
    }
}

impl Arguments {
    fn into_options(self) -> Result<Options, clap::Error> {
        let wrong = |text: String| Self::command().error(ErrorKind::ArgumentConflict, text);
        let with_action = self.test.with_action;
        let action = self.test.action_request(self.output.as_deref()).map_err(wrong)?;
        let request = self.test.into_request(self.output.as_deref()).map_err(wrong)?;
        let comparison = self.comparison.into_request(self.output.as_deref(), with_action).map_err(wrong)?;
        if with_action && request.is_none() && comparison.is_none() {
            return Err(wrong("--with-action belongs to --test-plugin or --compare".to_owned()));
        }
        let identity = self.identity.into_request().map_err(wrong)?;
        if identity.is_some() && (request.is_some() || comparison.is_some() || self.genconfig.is_some()) {
            return Err(wrong("--identity, --authorize, --authorized, --withdraw and --token stand alone".to_owned()));
        }
        let is_json = match self.output.as_ref().map(|output| output.to_str()) {
            Some(Some("json")) => true,
            None | Some(Some("text")) => false,
            Some(_) if self.check || self.explain.is_some() => {
                let option = if self.check { "--check" } else { "--explain" };
                return Err(wrong(format!("with {option}, --output has to be text or json")));
            }
            Some(_) => false,
        };
        let journal = self.journal.into_task();
        let mode = match (request, comparison, self.genconfig, self.check, self.stop, self.foreground) {
            _ if journal.is_some() => journal.map_or(Mode::Background, Mode::Journal),
            (None, None, ..) if let Some(plugin) = self.explain => Mode::Explain(ExplainRequest { plugin, is_json }),
            (None, None, ..) if let Some(action) = action => Mode::TestAction(action),
            (Some(request), ..) => Mode::Test(request),
            (None, Some(comparison), ..) => Mode::Compare(comparison),
            (None, None, Some(folder), ..) => Mode::Genconfig { folder, output: self.output },
            _ if self.output.is_some() && !self.check => {
                return Err(wrong(
                    "--output belongs to --check, --explain, --genconfig, --test-plugin, --test-action or --compare"
                        .to_owned(),
                ));
            }
            (None, None, None, ..) if let Some(identity) = identity => Mode::Identity(identity),
            (None, None, None, true, ..) => Mode::Check(CheckRequest { json: is_json, strict: self.strict }),
            (None, None, None, _, true, _) => Mode::Stop,
            (None, None, None, ..) if self.reload.is_some() => Mode::Reload(self.reload.flatten().map(Pid::from_raw)),
            (None, None, None, _, _, true) => Mode::Foreground,
            (None, None, None, ..) => Mode::Background,
        };
        let usual = PathBuf::from(DEFAULT_LOGGING_CONF);
        let (logging_conf, missing_logging_conf) = match self.logging_conf {
            Some(path) if path.is_empty() => (None, None),
            Some(path) if matches!(Path::new(&path).try_exists(), Ok(false)) => {
                (None, Some(LogConfigSource::Named(path.into())))
            }
            Some(path) => (Some(LogConfigSource::Named(path.into())), None),
            None if usual.exists() => (Some(LogConfigSource::Usual(usual)), None),
            None => (None, Some(LogConfigSource::Usual(usual))),
        };
        let logging = LogOptions {
            console: !self.no_console && mode == Mode::Foreground,
            syslog: !self.no_syslog,
            level: match (self.debug, self.verbose) {
                (true, _) => Level::DEBUG,
                (false, true) => Level::INFO,
                (false, false) => Level::WARNING,
            },
        };
        let trusted_owners = self.trusted_owners;
        let (config, pidfile) = (self.config, self.pidfile);
        Ok(Options { mode, config, pidfile, logging_conf, missing_logging_conf, logging, trusted_owners })
    }
}

#[cfg(test)]
mod tests;
