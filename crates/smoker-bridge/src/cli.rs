//! The command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand, ValueHint};
use clap_complete::Shell;
use smoker_logging::log;
use smoker_logging::records::level::Level;
use smoker_logging::records::logger_names::LoggerNames;

use crate::failure::Failure;
use crate::options::Options;
use crate::settings::{Keep, Settings, Target};

/// The file without `--config`, if it exists.
const DEFAULT_CONFIG: &str = "/etc/smoker/bridge.yaml";

const AFTER_HELP: &str = "\
Examples:
  smoker-bridge --servers tls://nats.example.org --fleet prod -g web
  smoker-bridge streams --servers nats://localhost --fleet prod
  smoker-bridge sink file /var/log/smoker-results.jsonl --fleet prod

Exit codes:
  0    it was stopped (Ctrl-C, SIGTERM), or has done what it was to do
  1    it could not start or go on; 2: the command line cannot be understood";

/// The logger of the library that speaks to the server.
const NATS: &str = "smoker-bridge.nats";

static LOGGERS: LoggerNames =
    LoggerNames { program: "smoker-bridge", modules: &[("smoker_bridge", "smoker-bridge"), ("async_nats", NATS)] };

/// What a command line asks for.
#[derive(Debug)]
pub(crate) enum Command {
    /// Printing this text, such as the help.
    Print(String),
    /// Nothing but to read the configuration, and the files that it names.
    Check(Settings),
    /// Connecting a daemon.
    Bridge(Settings),
    /// Making the streams.
    Streams(Settings, Keep),
    /// Taking results out of the stream.
    Sink(Settings, Target),
}

/// Connect smokerd to NATS: requests of clients come in, results and presence go out.
#[derive(Debug, Parser)]
#[command(name = "smoker-bridge", version, after_help = AFTER_HELP, args_override_self = true, disable_help_subcommand = true)]
struct Arguments {
    /// Configuration file, if it exists; options override it
    #[arg(short, long, value_name = "FILE", default_value = DEFAULT_CONFIG, global = true, value_hint = ValueHint::FilePath)]
    config: PathBuf,
    #[command(flatten)]
    options: Options,
    /// Read the configuration and the files of the identity, say what is wrong with them, and end
    #[arg(long)]
    check: bool,
    /// Log details, too
    #[arg(short, long, global = true)]
    verbose: bool,
    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    generate: Option<Shell>,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Make the streams of a fleet where they are missing: an administrator does it once
    Streams {
        /// How many results of a plugin of a host are kept
        #[arg(long, value_name = "N", default_value_t = smoker_nats::streams::MAX_PER_PLUGIN)]
        per_plugin: i64,
        /// On how many servers of a cluster the streams are
        #[arg(long, value_name = "N", default_value_t = 1)]
        replicas: usize,
    },
    /// Take results out of the stream, each once, also over restarts
    Sink {
        #[command(subcommand)]
        target: SinkTask,
    },
}

#[derive(Debug, Subcommand)]
enum SinkTask {
    /// Append results to a file, as JSON, one on a line
    File {
        /// The file
        #[arg(value_hint = ValueHint::FilePath)]
        path: PathBuf,
        /// The name of its consumer, for this sink alone
        #[arg(long, value_name = "NAME", default_value = "file")]
        durable: String,
    },
    /// Post each result to an http address, as JSON
    Webhook {
        /// The address: http://HOST:PORT/PATH
        url: String,
        /// The name of its consumer, for this sink alone
        #[arg(long, value_name = "NAME", default_value = "webhook")]
        durable: String,
    },
    /// Send results to a collector of the OpenTelemetry protocol (OTLP/HTTP), as log records
    Otlp {
        /// The address before /v1/logs, such as `http://HOST:4318`
        endpoint: String,
        /// Certificates (PEM) that may sign the collector's; without it those of the system
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        ca_file: Option<PathBuf>,
        /// The name of its consumer, for this sink alone
        #[arg(long, value_name = "NAME", default_value = "otlp")]
        durable: String,
    },
}

/// Reads the command line, the program's name first, and the file; logs to standard error from then on.
pub(crate) fn command(arguments: impl Iterator<Item = OsString>) -> Result<Command, Failure> {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Command::Print(error.to_string()));
        }
        Err(error) => {
            let text = error.to_string();
            return Err(Failure::usage(text.trim_start_matches("error: ").trim_end()));
        }
    };
    if let Some(shell) = arguments.generate {
        let mut script = Vec::new();
        clap_complete::generate(shell, &mut Arguments::command(), "smoker-bridge", &mut script);
        return Ok(Command::Print(String::from_utf8_lossy(&script).into_owned()));
    }
    let settings = Settings::of(arguments.options, file(&arguments.config)?)?;
    if arguments.verbose {
        log::to_standard_error(Level::DEBUG, &LOGGERS);
    } else {
        log::to_standard_error_without(NATS, Level::INFO, &LOGGERS);
    }
    Ok(match arguments.task {
        _ if arguments.check => Command::Check(settings),
        None => Command::Bridge(settings),
        Some(Task::Streams { per_plugin, replicas }) => Command::Streams(settings, Keep { per_plugin, replicas }),
        Some(Task::Sink { target: SinkTask::File { path, durable } }) => {
            Command::Sink(settings, Target::File { path, durable })
        }
        Some(Task::Sink { target: SinkTask::Webhook { url, durable } }) => {
            Command::Sink(settings, Target::Webhook { url, durable })
        }
        Some(Task::Sink { target: SinkTask::Otlp { endpoint, ca_file, durable } }) => {
            Command::Sink(settings, Target::Otlp { endpoint, ca_file, durable })
        }
    })
}

/// The options of the file; none without the default file.
fn file(path: &Path) -> Result<Options, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && path == Path::new(DEFAULT_CONFIG) => {
            return Ok(Options::default());
        }
        Err(error) => return Err(Failure::new(format!("cannot read {}: {error}", path.display()))),
    };
    if text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
        return Ok(Options::default());
    }
    serde_yaml::from_str(&text).map_err(|error| Failure::new(format!("{}: {error}; correct it", path.display())))
}
