//! The command line of `smoker-fleet`.

use std::time::Duration;

use clap::{CommandFactory, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::completions;
use crate::cli::duration::parse_duration;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;
use crate::listen::{Listen, parse_listen};

const PAGE: &str = "Page";

const EXAMPLES: &str = "\
Examples:
  smoker-fleet -g prod
  smoker-fleet -s 'web[01-40]' --listen /run/user/1000/fleet.sock

Exit codes:
  0    it was stopped (Ctrl-C, SIGTERM)
  1    it could not be started; 2: the command line cannot be understood";

/// `smoker-fleet`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smoker-fleet", bin_name = "smoker-fleet", after_help = EXAMPLES, args_override_self = true, version)]
#[command(about = "Serve a page with the plugins of many hosts, those that are odd first")]
pub(crate) struct FleetArgs {
    /// Where browsers find the page: an address of this host alone, or the path of a unix socket
    #[arg(long, value_name = "ADDRESS|PATH", default_value = "127.0.0.1:8087", value_parser = parse_listen)]
    #[arg(value_hint = ValueHint::AnyPath, help_heading = PAGE)]
    pub(crate) listen: Listen,
    /// How soon the hosts are asked again, eg. 10s
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = parse_duration, help_heading = PAGE)]
    pub(crate) every: Duration,

    /// Print completions for this shell
    #[arg(long, value_name = "SHELL", hide = true)]
    generate: Option<Shell>,

    #[command(flatten)]
    pub(crate) targets: HostArgs,
    #[command(flatten)]
    pub(crate) filters: FilterArgs,
    #[command(flatten)]
    pub(crate) console: ConsoleArgs,
}

has_options_of_hosts!(FleetArgs, {
    fn text(&self) -> Option<String> {
        self.generate.map(|shell| completions::with_inventory(Self::command(), shell))
    }
});
