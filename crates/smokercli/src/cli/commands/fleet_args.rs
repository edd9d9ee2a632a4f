//! The command line of `smoker-fleet`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{CommandFactory, Parser, ValueHint};
use clap_complete::Shell;

use crate::cli::commands::subcommand::has_options_of_hosts;
use crate::cli::completions;
use crate::cli::duration::parse_duration;
use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;
use crate::error::ExitError;
use crate::listen::{self, Listen, Place, TlsFiles, parse_place};

const PAGE: &str = "Page";

const EXAMPLES: &str = "\
Examples:
  smoker-fleet -g prod
  smoker-fleet -s 'web[01-40]' --listen /run/user/1000/fleet.sock
  smoker-fleet -g prod --listen 0.0.0.0:8087 --tls-cert fleet.pem --tls-key fleet.key --tokens tokens

Exit codes:
  0    it was stopped (Ctrl-C, SIGTERM)
  1    it could not be started; 2: the command line cannot be understood";

/// `smoker-fleet`.
#[derive(Clone, Debug, Parser)]
#[command(name = "smoker-fleet", bin_name = "smoker-fleet", after_help = EXAMPLES, args_override_self = true, version)]
#[command(about = "Serve a page with the plugins of many hosts, those that are odd first")]
pub(crate) struct FleetArgs {
    /// Where browsers find the page: an address of this host alone, with TLS and tokens any address, or the path of a unix socket
    #[arg(long, value_name = "ADDRESS|PATH", default_value = "127.0.0.1:8087", value_parser = parse_place)]
    #[arg(value_hint = ValueHint::AnyPath, help_heading = PAGE)]
    listen: Place,
    /// The certificate of the page, in PEM
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires_all = ["tls_key", "tokens"], help_heading = PAGE)]
    tls_cert: Option<PathBuf>,
    /// Its key
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert", help_heading = PAGE)]
    tls_key: Option<PathBuf>,
    /// The tokens that may see the page, as `smokerd --token` writes them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "tls_cert", help_heading = PAGE)]
    tokens: Option<PathBuf>,
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

impl FleetArgs {
    /// Where the page is served.
    ///
    /// # Errors
    ///
    /// When it may not be served there.
    pub(crate) fn listen(&self) -> Result<Listen, ExitError> {
        let files = match (&self.tls_cert, &self.tls_key, &self.tokens) {
            (Some(certificate), Some(key), Some(tokens)) => {
                Some(TlsFiles { certificate: certificate.clone(), key: key.clone(), tokens: tokens.clone() })
            }
            _ => None,
        };
        listen::listen(&self.listen, files).map_err(ExitError::usage)
    }
}

has_options_of_hosts!(FleetArgs, {
    fn text(&self) -> Option<String> {
        self.generate.map(|shell| completions::with_inventory(Self::command(), shell))
    }
});
