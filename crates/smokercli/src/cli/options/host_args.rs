//! The options that say which hosts are asked, and how.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, ValueHint};

use crate::cli::duration::parse_duration;

const TARGETS: &str = "Target host switchers";

// No doc comment: clap would print it as the text of the command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct HostArgs {
    #[arg(help = "Hosts with running smokerd (default localhost), eg. -s web1 web2:90 web[03-40]")]
    #[arg(short = 's', long, value_name = "HOST", num_args = 1.., value_hint = ValueHint::Hostname, help_heading = TARGETS)]
    pub(crate) hosts: Vec<String>,
    /// A file with one host or range a line; - is standard input
    #[arg(long, value_name = "FILE", action = ArgAction::Append, help_heading = TARGETS)]
    pub(crate) hosts_file: Vec<PathBuf>,
    /// Hosts of these groups, of --inventory where it is given, else of smokercli.yaml
    #[arg(short = 'g', long, value_name = "GROUP", num_args = 1.., help_heading = TARGETS)]
    pub(crate) group: Vec<String>,
    /// An inventory of Ansible, INI, YAML or JSON, a program that prints it, or a folder with them; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath, action = ArgAction::Append, help_heading = TARGETS)]
    pub(crate) inventory: Vec<PathBuf>,
    /// Only the hosts among them that fit, by name or by group, eg. --limit 'web*'
    #[arg(long, value_name = "PATTERN", num_args = 1.., help_heading = TARGETS)]
    pub(crate) limit: Vec<String>,
    /// Not the hosts among them that fit, by name or by group
    #[arg(long, value_name = "PATTERN", num_args = 1.., help_heading = TARGETS)]
    pub(crate) exclude_hosts: Vec<String>,
    /// How many requests may be under way at once
    #[arg(long, value_name = "N", default_value = "64", help_heading = TARGETS, value_parser = parse_count)]
    pub(crate) parallel: usize,
    /// How long connecting may take
    #[arg(long, value_name = "DURATION", default_value = "5", help_heading = TARGETS, value_parser = parse_duration)]
    pub(crate) connect_timeout: Duration,
    /// How long an answer may take (default 5 for the about page, 20 for others)
    #[arg(long, value_name = "DURATION", help_heading = TARGETS, value_parser = parse_duration)]
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
    #[arg(
        help = "Reach all hosts through this NATS server (default: that of SMOKER_NATS_URL or smokercli.yaml, or of this host)"
    )]
    #[arg(long, value_name = "URL", num_args = 0..=1, value_hint = ValueHint::Url, help_heading = TARGETS)]
    #[arg(conflicts_with_all = ["socket", "proxy", "token_file"])]
    #[expect(clippy::option_option, reason = "an option whose value may be left out")]
    pub(crate) nats: Option<Option<String>>,
    #[arg(help = "A file with your credentials for the NATS server (default: the file that SMOKER_NATS_CREDS names)")]
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, requires = "nats", help_heading = TARGETS)]
    pub(crate) creds: Option<PathBuf>,
    /// The fleet of hosts at the NATS server (default: default)
    #[arg(long, value_name = "NAME", requires = "nats", help_heading = TARGETS)]
    pub(crate) fleet: Option<String>,
    /// Use this proxy; env takes it from the environment (default: no proxy)
    #[arg(long, value_name = "URL|env", help_heading = TARGETS)]
    pub(crate) proxy: Option<String>,
}

impl HostArgs {
    /// The files that these options name, each with its option.
    pub(crate) fn input_files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        let lists = [("--hosts-file", &self.hosts_file), ("--inventory", &self.inventory)];
        let lists = lists.into_iter().flat_map(|(option, paths)| paths.iter().map(move |path| (option, path)));
        let single = [
            ("--cacert", &self.cacert),
            ("--cert", &self.cert),
            ("--key", &self.key),
            ("--token-file", &self.token_file),
            ("--creds", &self.creds),
        ];
        let single = single.into_iter().filter_map(|(option, path)| Some((option, path.as_ref()?)));
        lists.chain(single).map(|(option, path)| (option, path.as_path()))
    }
}

/// Reads a number above 0.
///
/// # Errors
///
/// When it is none.
pub(crate) fn parse_count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "has to be a whole number above 0".to_owned())
}
