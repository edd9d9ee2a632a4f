//! The options of `smokercli`.

use std::path::PathBuf;

use clap::Parser;
use clap::builder::PossibleValuesParser;
use clap_complete::Shell;

use crate::cli::moment::{Moment, parse_moment};
use crate::cli::options::budget_args::BudgetArgs;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;

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

const AFTER_HELP: &str = "\
Commands, each with a --help of its own:
  smokercli gate      Wait until hosts are healthy, or no worse than a baseline
  smokercli baseline  Record how hosts are now, or were, for the gate
  smokercli diff      Show what differs between two baselines
  smokercli odd       Show which hosts answer otherwise than most
  smokercli roll      Run a command on hosts batch by batch, with the gate behind each
  smokercli silence   Have no action follow the results of plugins until a time
  smokercli explain   Say when a plugin runs, and why it does not
  smokercli hosts     Show which hosts have reported to a NATS server
  smokercli trust     Keys of hosts and operators";

const ACTIONS: &str = "Action switchers";
const OUTPUT: &str = "Output switchers";

/// The options as they were typed.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "smokercli", about = "Smoker client tool", disable_help_flag = true, disable_version_flag = true)]
#[command(args_override_self = true, version, after_help = AFTER_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub(crate) struct Args {
    /// Force plugins run (otherwise just print last results)
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) force: bool,
    /// Force a run with this value for a parameter that the plugin declares
    #[arg(long, value_name = "NAME=VALUE", conflicts_with_all = ["list", "history", "watch"], help_heading = ACTIONS)]
    pub(crate) param: Vec<String>,
    /// List plugins
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) list: bool,
    #[arg(help = "Show results of the past: text, table, json, raw, ndjson or csv")]
    #[arg(long, conflicts_with_all = ["force", "list", "exitcode", "fail_on"], help_heading = ACTIONS)]
    pub(crate) history: bool,
    /// Show what happens: a table that is drawn again on a terminal, else a line of ndjson for each result
    #[arg(long, conflicts_with_all = ["force", "list", "exitcode", "fail_on", "history"], help_heading = ACTIONS)]
    pub(crate) watch: bool,
    #[arg(help = "With --history: from when on, eg. 1h30m, yesterday, 14:30, 2026-11-25T02:13 (default 24h)")]
    #[arg(long, value_name = "TIME", requires = "history", value_parser = parse_moment, help_heading = ACTIONS)]
    pub(crate) since: Option<Moment>,
    /// List the hosts that would be asked, and ask none; -o long and -o json show groups and labels, too
    #[arg(long, conflicts_with_all = ["force", "list", "history", "watch"], help_heading = ACTIONS)]
    pub(crate) list_hosts: bool,
    /// Show this help and exit
    #[arg(short, long, help_heading = ACTIONS)]
    pub(crate) help: bool,
    /// Show the version and exit
    #[arg(short = 'V', long, help_heading = ACTIONS)]
    pub(crate) version: bool,
    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    pub(crate) generate: Option<Shell>,
    /// Print what a shell may complete: the names of hosts, groups or plugins
    #[arg(long, value_name = "WHAT", hide = true, value_parser = PossibleValuesParser::new(["hosts", "groups", "plugins"]))]
    pub(crate) complete: Option<String>,
    /// The command line that is completed, which may name hosts
    #[arg(long, value_name = "LINE", hide = true, allow_hyphen_values = true)]
    pub(crate) complete_line: Option<String>,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,

    /// Output format: minimal / normal / long / full / raw / json / tap / xml / table / ndjson / junit / tap14 / csv /
    /// html / markdown / prometheus
    #[arg(short = 'o', long, value_name = "FORMAT", default_value = "normal", help_heading = OUTPUT)]
    pub(crate) pretty: String,
    /// Columns of -o table, with commas between: host, status, plugin, duration, started, next, message, past, category,
    /// component, type, perfdata
    #[arg(long, value_name = "LIST", help_heading = OUTPUT)]
    pub(crate) columns: Vec<String>,
    /// Column that -o table is sorted by; -COLUMN in the other direction
    #[arg(long, value_name = "COLUMN", allow_hyphen_values = true, help_heading = OUTPUT)]
    pub(crate) sort: Option<String>,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
    /// Nonzero exit code if any plugin is in ERROR or missing, or any host cannot be asked
    #[arg(short, long, help_heading = OUTPUT)]
    pub(crate) exitcode: bool,
    /// Nonzero exit code if anything is in one of these states: ERROR, WARN, UNKNOWN, UNREACHABLE, MISSING,
    /// action, component
    #[arg(long, value_name = "STATE", num_args = 1.., help_heading = OUTPUT)]
    pub(crate) fail_on: Vec<String>,
    #[command(flatten)]
    pub(crate) budget: BudgetArgs,
    /// Show hosts that look alike but for numbers, times and names once: minimal, normal, long, full, table
    #[arg(long, conflicts_with_all = ["list", "history", "watch", "list_hosts"], help_heading = OUTPUT)]
    pub(crate) collapse: bool,
    /// Name of configuration file for junit xml formatter
    #[arg(long, value_name = "FILE", help_heading = OUTPUT)]
    pub(crate) junit_config_file: Option<PathBuf>,

    /// The options of discovery plugins with their values, as words of a command line.
    #[arg(skip)]
    pub(crate) plugin_arguments: Vec<String>,
}
