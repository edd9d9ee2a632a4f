//! The command line of `smokercli trust`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Args, Command, CommandFactory, Parser, Subcommand, ValueHint};

use crate::cli::duration::parse_duration;
use crate::cli::options::host_args::HostArgs;
use crate::cli::usage::usage_error;
use crate::error::ExitError;

/// What a command line asks for.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one, and it does not move")]
pub(crate) enum TrustCommandLine {
    /// This command.
    Run(TrustCommand),
    /// Printing this text, such as the help.
    Print(String),
}

#[derive(Debug, Parser)]
#[command(name = "smokercli trust", bin_name = "smokercli trust", about = "Keys of daemons and operators")]
struct TrustArgs {
    #[command(subcommand)]
    command: TrustCommand,
}

/// The commands.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum TrustCommand {
    #[command(about = "Make your key, unless there is one, and print its line for authorized_clients")]
    Key(KeyOptions),
    /// Have your key accepted by daemons, and take theirs, over SSH
    Add(AddArgs),
    /// Show your key and the daemons that are known
    List,
    /// Forget the keys of daemons; with --via ssh, have them forget yours first
    Remove(RemoveArgs),
    /// Ask daemons for their keys, show them, and take those that you confirm
    Scan(ScanArgs),
    /// An authority of your own, for hundreds of hosts
    #[command(subcommand)]
    Ca(CaCommand),
    /// Write the configuration of a NATS server, in which each host may do what is its own, and their seeds or certificates
    NatsConfig(NatsConfigArgs),
}

/// The commands of an authority.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CaCommand {
    /// Make the authority; its key stays in your folder
    Init(CaInitArgs),
    /// Sign the keys of daemons, over SSH; the same command renews
    Sign(CaSignArgs),
    /// Let a host without SSH join: wait for it (--listen), or join with the token that this prints (TOKEN-FILE)
    Join(CaJoinArgs),
    /// On a host: print the certificate of its daemon, to be signed
    Request(StateDir),
    /// On a host: take the signed certificate from standard input
    Install(StateDir),
}

/// The hosts of a command.
#[derive(Clone, Debug, Args)]
pub(crate) struct Hosts {
    /// The daemons, as smokercli -s takes them
    #[arg(short = 's', long = "hosts", value_name = "HOST", num_args = 1.., value_hint = ValueHint::Hostname)]
    pub(crate) hosts: Vec<String>,
    /// A file with one host or range a line; - is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) hosts_file: Vec<PathBuf>,
}

/// The hosts of a command, also those of an inventory.
#[derive(Clone, Debug, Args)]
pub(crate) struct InventoryHosts {
    #[command(flatten)]
    hosts: Hosts,
    /// Hosts of these groups, of --inventory where it is given, else of smokercli.yaml
    #[arg(short = 'g', long, value_name = "GROUP", num_args = 1..)]
    group: Vec<String>,
    /// An inventory of Ansible, a program that prints it, or a folder with them; - is standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    inventory: Vec<PathBuf>,
    /// Only the hosts among them that fit, by name or by group
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    limit: Vec<String>,
    /// Not the hosts among them that fit, by name or by group
    #[arg(long, value_name = "PATTERN", num_args = 1..)]
    exclude_hosts: Vec<String>,
}

impl InventoryHosts {
    /// The same options of a command that asks hosts.
    pub(crate) fn host_args(&self) -> HostArgs {
        HostArgs {
            hosts: self.hosts.hosts.clone(),
            hosts_file: self.hosts.hosts_file.clone(),
            group: self.group.clone(),
            inventory: self.inventory.clone(),
            limit: self.limit.clone(),
            exclude_hosts: self.exclude_hosts.clone(),
            ..HostArgs::default()
        }
    }
}

/// Who the operator is.
#[derive(Clone, Debug, Args)]
pub(crate) struct KeyOptions {
    /// The name of your key in logs and lists (default: user@host)
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// What the daemons let you do
    #[arg(long, value_name = "ROLE", default_value = "run")]
    #[arg(value_parser = PossibleValuesParser::new(["read", "run", "admin"]))]
    pub(crate) role: String,
    /// Until when: 2027-01-31, or a duration such as 90d (default: no end)
    #[arg(long, value_name = "TIME")]
    pub(crate) expires: Option<String>,
    /// The addresses and networks that you may ask from: 10.0.0.0/8,192.0.2.7 (default: all)
    #[arg(long, value_name = "NETS", alias = "networks")]
    pub(crate) from: Option<String>,
    /// The plugins that you may see and run, where * stands for any text: 'disk*,Load' (default: all)
    #[arg(long, value_name = "LIST")]
    pub(crate) plugin: Option<String>,
    /// As --plugin, by the parameter Category
    #[arg(long, value_name = "LIST")]
    pub(crate) category: Option<String>,
    /// As --plugin, by the parameter Component
    #[arg(long, value_name = "LIST")]
    pub(crate) component: Option<String>,
    #[arg(help = "As --plugin, by the parameter Type")]
    #[arg(long = "type", value_name = "LIST")]
    pub(crate) kind: Option<String>,
}

impl KeyOptions {
    /// The options of the line beside its name, as `authorized_clients` has them.
    pub(crate) fn options(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let options = [
            ("role", Some(&self.role)),
            ("expires", self.expires.as_ref()),
            ("from", self.from.as_ref()),
            ("plugin", self.plugin.as_ref()),
            ("category", self.category.as_ref()),
            ("component", self.component.as_ref()),
            ("type", self.kind.as_ref()),
        ];
        options.into_iter().filter_map(|(name, value)| Some((name, value?.as_str())))
    }
}

/// That hosts are reached over SSH, which is said so that another way may be added.
#[derive(Clone, Debug, Args)]
pub(crate) struct Via {
    /// How to reach the hosts
    #[arg(long, value_name = "ssh", required = true, value_parser = PossibleValuesParser::new(["ssh"]))]
    via: String,
}

/// How hosts are reached over SSH.
#[derive(Clone, Debug, Args)]
pub(crate) struct Ssh {
    /// The account on the hosts (default: root)
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Use sudo on the hosts, which must not ask for a password
    #[arg(long)]
    pub(crate) sudo: bool,
    /// How many hosts at once
    #[arg(long, value_name = "N", default_value = "16")]
    pub(crate) parallel: usize,
    /// How long each host may take
    #[arg(long, value_name = "DURATION", default_value = "60", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
}

/// How `smokerd` is run on the hosts.
#[derive(Clone, Debug, Args)]
pub(crate) struct Smokerd {
    #[command(flatten)]
    pub(crate) ssh: Ssh,
    #[arg(help = "The daemon's command on the hosts")]
    #[arg(long = "smokerd", value_name = "COMMAND", default_value = "smokerd")]
    pub(crate) command: String,
}

/// `trust add`.
#[derive(Clone, Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    pub(crate) hosts: InventoryHosts,
    #[command(flatten)]
    via: Via,
    #[command(flatten)]
    pub(crate) identity: KeyOptions,
    /// Where a host has another line of your key, put the new one in its place
    #[arg(long)]
    pub(crate) replace: bool,
    #[command(flatten)]
    pub(crate) smokerd: Smokerd,
}

/// `trust remove`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    pub(crate) hosts: InventoryHosts,
    /// Withdraw the access on the hosts, too
    #[arg(long, value_name = "ssh", value_parser = PossibleValuesParser::new(["ssh"]))]
    pub(crate) via: Option<String>,
    /// With --via: withdraw the access of this name (keys and token) or pin, and forget no host (default: that of your key)
    #[arg(long, value_name = "NAME|PIN", requires = "via")]
    pub(crate) client: Option<String>,
    #[command(flatten)]
    pub(crate) smokerd: Smokerd,
}

/// `trust scan`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ScanArgs {
    #[command(flatten)]
    pub(crate) hosts: InventoryHosts,
    /// Take these keys without a question: pins that you know from smokerd --identity
    #[arg(long, value_name = "PIN", num_args = 1..)]
    pub(crate) accept: Vec<String>,
    /// How long each host may take
    #[arg(long, value_name = "DURATION", default_value = "5", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
}

/// `trust ca init`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CaInitArgs {
    /// The name of the authority
    #[arg(long, value_name = "NAME", default_value = "smoker")]
    pub(crate) name: String,
    /// The hosts for which your client trusts it: a name, in which each * stands for any text
    #[arg(long, value_name = "PATTERN", default_value = "*")]
    pub(crate) pattern: String,
}

/// The folder of a daemon.
#[derive(Clone, Debug, Args)]
pub(crate) struct StateDir {
    #[arg(help = "The daemon's state_dir")]
    #[arg(long, value_name = "FOLDER", default_value = "/var/lib/smokerd")]
    pub(crate) state_dir: PathBuf,
}

/// `trust ca sign`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CaSignArgs {
    #[command(flatten)]
    pub(crate) hosts: InventoryHosts,
    #[command(flatten)]
    via: Via,
    #[command(flatten)]
    pub(crate) smokerd: Smokerd,
    #[command(flatten)]
    pub(crate) state_dir: StateDir,
    /// The client's command on the hosts
    #[arg(long, value_name = "COMMAND", default_value = "smokercli")]
    pub(crate) smokercli: String,
}

/// `trust ca join`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CaJoinArgs {
    /// On the host: the file with the token; - is standard input
    #[arg(value_name = "TOKEN-FILE", required_unless_present = "listen", conflicts_with = "listen")]
    pub(crate) token_file: Option<PathBuf>,
    /// On your machine: wait for one host at this address, which it has to reach, and print the token
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// On your machine: the names of the host
    #[arg(short = 's', long = "hosts", value_name = "NAME", num_args = 1.., requires = "listen")]
    pub(crate) hosts: Vec<String>,
    /// On your machine: how long to wait
    #[arg(long, value_name = "DURATION", default_value = "600", value_parser = parse_duration)]
    pub(crate) timeout: Duration,
    #[command(flatten)]
    pub(crate) identity: KeyOptions,
    #[command(flatten)]
    pub(crate) state_dir: StateDir,
}

/// `trust nats-config`.
#[derive(Clone, Debug, Args)]
pub(crate) struct NatsConfigArgs {
    /// The name of the fleet
    #[arg(long, value_name = "NAME")]
    pub(crate) fleet: String,
    #[command(flatten)]
    pub(crate) hosts: Hosts,
    /// The hosts that answer requests to a group, eg. 'web=web[01-40]'
    #[arg(short = 'g', long = "group", value_name = "GROUP=HOSTS")]
    pub(crate) groups: Vec<String>,
    /// Who asks hosts and reads results
    #[arg(long = "operator", value_name = "NAME", default_value = "operator")]
    pub(crate) operators: Vec<String>,
    /// The folder for nats.conf and for the seeds or keys, which stay what they are in later calls
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub(crate) folder: PathBuf,
    /// The address that the server listens on
    #[arg(long, value_name = "HOST:PORT", default_value = "0.0.0.0:4222")]
    pub(crate) listen: String,
    /// Where the server stores its streams
    #[arg(long, value_name = "FOLDER", default_value = "/var/lib/nats/jetstream")]
    pub(crate) store: PathBuf,
    /// The most that the streams take there, eg. 20GB (default: three quarters of what is free when the server starts)
    #[arg(long, value_name = "SIZE")]
    pub(crate) store_limit: Option<String>,
    /// The server's certificate (PEM), as the server finds it; without it connections are not encrypted
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of --tls-cert (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Certificates of your authority in place of seeds; the same command renews those that end within 60 days
    #[arg(long)]
    pub(crate) certificates: bool,
    /// With --certificates: a name or an address of the server, for the certificate that is made for it
    #[arg(long = "server", value_name = "NAME", requires = "certificates", conflicts_with = "tls_cert")]
    pub(crate) servers: Vec<String>,
    /// With --certificates: where the server finds ca.pem and server.pem of the folder
    #[arg(long, value_name = "FOLDER", default_value = "/etc/nats", requires = "certificates")]
    pub(crate) tls_folder: PathBuf,
}

/// The definition of the command line.
pub(super) fn command() -> Command {
    TrustArgs::command()
}

/// Reads a command line that begins with `trust`.
///
/// # Errors
///
/// When it cannot be understood.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<TrustCommandLine, ExitError> {
    match TrustArgs::try_parse_from(arguments) {
        Ok(args) => Ok(TrustCommandLine::Run(args.command)),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(TrustCommandLine::Print(error.to_string())),
        Err(error) => Err(usage_error(error, &[])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_their_options_are_read() {
        let parsed = |line: &str| parse(line.split(' ').map(OsString::from));
        let Ok(TrustCommandLine::Run(TrustCommand::Add(add))) =
            parsed("trust add -s web1 web[2-3] --via ssh --role read")
        else {
            panic!("no add");
        };
        assert_eq!(
            (add.hosts.host_args().hosts.len(), add.identity.role.as_str(), add.smokerd.ssh.parallel),
            (2, "read", 16)
        );
        assert!(matches!(
            parsed("trust ca sign -s a --via ssh"),
            Ok(TrustCommandLine::Run(TrustCommand::Ca(CaCommand::Sign(_))))
        ));
        assert!(matches!(parsed("trust --help"), Ok(TrustCommandLine::Print(_))));
        let hints = parsed("trust add -s a").expect_err("no --via").message.matches("--help").count();
        assert_eq!(hints, 1, "the way to the help is shown once");
        for wrong in [
            "trust",
            "trust bogus",
            "trust add -s a",
            "trust add -s a --via rsh",
            "trust key --role root",
            "trust ca join",
        ] {
            assert_eq!(parsed(wrong).expect_err(wrong).code, crate::exit_code::USAGE, "{wrong}");
        }
    }
}
