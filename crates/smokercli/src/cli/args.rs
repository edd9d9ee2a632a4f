//! The options of `smokercli`.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{ArgAction, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::seconds::parse_seconds;

/// The original's long options, whose prefixes keep their meaning.
pub(super) const ORIGINAL: [&str; 27] = [
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

/// The options as they were typed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "smokercli", about = "Smoker client tool", disable_help_flag = true, disable_version_flag = true)]
#[command(args_override_self = true, version, after_help = "Keys of hosts and operators: smokercli trust --help")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// Force plugins run (otherwise just print last results)
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) force: bool,
    /// List plugins
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) list: bool,
    #[arg(help = "Show results of the past: text, table, json, raw, ndjson or csv")]
    #[arg(long, conflicts_with_all = ["force", "list", "exitcode", "fail_on"], help_heading = ACTIONS)]
    pub(crate) history: bool,
    /// Show what happens: a table that is drawn again on a terminal, else a line of ndjson for each result
    #[arg(long, conflicts_with_all = ["force", "list", "exitcode", "fail_on", "history"], help_heading = ACTIONS)]
    pub(crate) watch: bool,
    #[arg(help = "With --history: from when on, eg. 24h, 7d, 2026-11-25T02:13:51Z (default 24h)")]
    #[arg(long, value_name = "TIME", requires = "history", help_heading = ACTIONS)]
    pub(crate) since: Option<String>,
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
    /// Certificates to trust for https hosts instead of the system's
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = TARGETS)]
    pub(crate) cacert: Option<PathBuf>,
    #[arg(help = "A certificate of yours that hosts asked over TLS are shown, in place of the key of smokercli trust")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "socket", help_heading = TARGETS)]
    pub(crate) cert: Option<PathBuf>,
    /// The private key of --cert (default: in the same file)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "cert", help_heading = TARGETS)]
    pub(crate) key: Option<PathBuf>,
    #[arg(help = "A file with a token that stands for a role (default: the file that SMOKER_TOKEN_FILE names)")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = TARGETS)]
    pub(crate) token_file: Option<PathBuf>,
    /// Ask the daemon at this Unix socket (default: /run/smokerd.sock, if a daemon answers there and no host is named)
    #[arg(long, value_name = "PATH", value_hint = ValueHint::FilePath, help_heading = TARGETS)]
    pub(crate) socket: Option<PathBuf>,
    /// Use this proxy; env takes it from the environment (default: no proxy)
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
    /// Only non-OK plugins (ERROR, WARN, UNKNOWN); --filter-status takes precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) nook: bool,
    /// Only ERROR; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) error: bool,
    /// Only WARN, as --warning; --filter-status and --nook take precedence
    #[arg(long, visible_alias = "warning", help_heading = FILTERS)]
    pub(crate) warn: bool,
    /// Only UNKNOWN; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) unknown: bool,
    /// Only OK; --filter-status and --nook take precedence
    #[arg(long, help_heading = FILTERS)]
    pub(crate) ok: bool,

    /// Output format: minimal / normal / long / full / raw / json / tap / xml / table / ndjson / junit / tap14 / csv
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
    /// Log every request to standard error
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) verbose: bool,
    /// Log more details to standard error
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) debug: bool,
    /// Nonzero exit code if any plugin is in ERROR or missing, or any host cannot be asked
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    /// Nonzero exit code if anything is in one of these states: ERROR, WARN, UNKNOWN, UNREACHABLE, MISSING,
    /// action, component
    #[arg(long, value_name = "STATE", num_args = 1.., help_heading = OUTPUT)]
    pub(crate) fail_on: Vec<String>,
    /// Name of configuration file for junit xml formatter
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) junit_config_file: Option<PathBuf>,

    /// The options of discovery plugins with their values, as words of a command line.
    #[arg(skip)]
    pub(crate) plugin_arguments: Vec<String>,
}

fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "has to be a whole number above 0".to_owned())
}
