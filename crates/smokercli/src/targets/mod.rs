//! Whom a call asks, and how its requests reach them.
//!
//! # Layout
//!
//! - `nats`: through a NATS server
//! - `inputs`: the files that a call reads

pub(crate) mod inputs;
mod nats;

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};
use smoker_model::wire::DEFAULT_PORT;

use crate::cli::options::console_args::ConsoleArgs;
use crate::cli::options::filter_args::FilterArgs;
use crate::cli::options::host_args::HostArgs;
use crate::cli::plugin_arguments;
use crate::config::ClientConfig;
use crate::discovery::{Discovery, inventory_file};
use crate::error::ExitError;
use crate::inventory::address::HostAddress;
use crate::inventory::file;
use crate::inventory::groups::Inventory;
use crate::inventory::selection::{HostSelection, NamedHosts};
use crate::terminal::console::{Console, Verbosity};
use crate::transport::any::{AnyTransport, Route};
use crate::transport::bearer_token::BearerToken;
use crate::transport::http_client::{HttpOptions, ProxyChoice};
use crate::transport::nats::connection::NatsConnection;
use crate::transport::nats::requests::NatsOptions;
use crate::transport::{client_certificate, socket};
use crate::trust_store::TrustStore;

/// The hosts of a call, and how its requests reach them.
#[derive(Clone, Debug)]
pub(crate) struct Targets {
    pub(crate) selection: HostSelection,
    pub(crate) route: Route,
}

/// What discovery plugins are told of the command line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DiscoveryArguments<'a> {
    /// Their own options, as they were typed.
    pub(crate) typed: &'a [String],
    /// All other options by their names in the original.
    pub(crate) known: &'a Map<String, Json>,
}

/// The discovery plugins of the configuration, without those that cannot be used.
pub(crate) fn discovery(config: &ClientConfig) -> Discovery {
    let mut discovery = Discovery::start(config);
    for (path, reason) in plugin_arguments::clashes(discovery.plugins()) {
        discovery.leave_out(path, reason);
    }
    let console = Console::new(Verbosity::Quiet);
    discovery.errors().for_each(|error| console.error(&error));
    discovery
}

/// The options that commands have, under their names in the original, with the others as they are when nobody types them:
/// discovery plugins of the original read any of them.
pub(crate) fn shared_options(hosts: &HostArgs, filters: &FilterArgs, console: &ConsoleArgs) -> Map<String, Json> {
    let list = |values: &[String]| if values.is_empty() { Json::Null } else { json!(values) };
    let known = json!({
        "force": false, "list": false, "help": false, "hosts": list(&hosts.hosts),
        "plugins": list(&filters.plugins), "exclude_plugins": list(&filters.exclude_plugins),
        "filter": list(&filters.filter), "exclude": filters.exclude, "category": filters.category,
        "component": filters.component, "health": filters.health, "smoke": filters.smoke, "locked": filters.locked,
        "filter_status": list(&filters.filter_status), "nook": filters.nook, "error": filters.error,
        "warn": filters.warn, "unknown": filters.unknown, "ok": filters.ok, "pretty": "normal",
        "no_colors": console.no_colors, "no_progress": console.no_progress, "verbose": console.verbose,
        "debug": console.debug, "exitcode": false, "junit_config_file": null,
    });
    known.as_object().cloned().unwrap_or_default()
}

/// Finds the hosts of these options.
///
/// # Errors
///
/// When hosts files, the inventory, discovery, the store of keys, the token or the certificate cannot be used, a group is
/// unknown, no host is left, or there is no connection to the NATS server.
pub(crate) fn find(
    args: &HostArgs,
    discovery: Discovery,
    arguments: DiscoveryArguments<'_>,
    config: &ClientConfig,
    console: &Console,
) -> Result<Targets, ExitError> {
    // The keys of daemons that the user knows; what comes through NATS is not told apart by keys.
    let store = if args.nats.is_some() { None } else { Some(trust_store(console)?) };
    let files = inventories(args, console)?;
    let named = named_hosts(args, &files, discovery, arguments, console)?;
    if store.is_some() && !named.is_any() && (!named.limit.is_empty() || !named.excluded.is_empty()) {
        return Err(ExitError::usage(
            "--limit and --exclude-hosts choose among hosts, and none are named; name some by -s, -g or --inventory",
        ));
    }
    let inventory = groups(args, files, config)?;
    let Some(store) = store else { return through_nats(args, named, inventory, config, Some(console)) };
    let targets = chosen(args, named, &inventory, store, (config, Some(console)))?;
    if let Route::Http(http) = &targets.route {
        http.token.iter().filter_map(BearerToken::warning).for_each(|warning| console.warn(warning));
    }
    Ok(targets)
}

/// The hosts that these options name, without discovery; none when they name none.
///
/// # Errors
///
/// As [`find`], as far as no host is asked.
pub(crate) fn named(
    args: &HostArgs,
    config: &ClientConfig,
    console: &Console,
) -> Result<Option<HostSelection>, ExitError> {
    let files = inventories(args, console)?;
    let mut expressions = args.hosts.clone();
    for path in &args.hosts_file {
        expressions.extend(file::read_file(path)?);
    }
    let listed = files.resolve()?.all();
    let (limit, excluded) = (args.limit.clone(), args.exclude_hosts.clone());
    let named = NamedHosts { expressions, groups: args.group.clone(), listed, limit, excluded };
    if !named.is_any() {
        return Ok(None);
    }
    selected(named, &groups(args, files, config)?, |address| address, (config, Some(console))).map(Some)
}

/// The daemons that the user knows. What is wrong with them is told.
fn trust_store(console: &Console) -> Result<TrustStore, ExitError> {
    let store = TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?;
    for warning in store.warnings() {
        console.warn(&warning);
    }
    Ok(store)
}

/// These hosts, reached as the options say.
///
/// # Errors
///
/// When the store of keys, the token or the certificate cannot be used, or there is no connection to the NATS server.
pub(crate) fn of_selection(
    args: &HostArgs,
    selection: HostSelection,
    config: &ClientConfig,
) -> Result<Targets, ExitError> {
    if args.nats.is_some() {
        let selection = selection.map_addresses(HostAddress::through_nats);
        return Ok(reached_through(nats::connect(args, config)?, args, selection));
    }
    let store = TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?;
    reached(args, selection, args.socket.clone(), store)
}

/// The hosts that these options name, or the daemon of this host, without discovery and inventories, which may take long, and without
/// remarks.
///
/// # Errors
///
/// As [`find`].
pub(crate) fn named_on_line(args: &HostArgs, config: &ClientConfig) -> Result<Targets, ExitError> {
    let named = NamedHosts { expressions: args.hosts.clone(), groups: args.group.clone(), ..NamedHosts::default() };
    if args.nats.is_some() {
        // All hosts of a fleet are too many to be asked for names.
        return if named.is_any() {
            through_nats(args, named, groups(args, Inventory::default(), config)?, config, None)
        } else {
            Err(ExitError::usage("no host is named"))
        };
    }
    let store = TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?;
    let groups = groups(args, Inventory::default(), config)?;
    chosen(args, named, &groups, store, (config, None))
}

/// The named hosts, or the daemon of this host where none are.
fn chosen(
    args: &HostArgs,
    named: NamedHosts,
    groups: &Inventory,
    store: TrustStore,
    (config, console): (&ClientConfig, Option<&Console>),
) -> Result<Targets, ExitError> {
    let socket = socket_of(args, &named, config)?;
    let selection = if socket.is_some() {
        HostSelection::of_address(HostAddress::parse("localhost", "80"))
    } else {
        selected(named, groups, |address| address, (config, console))?
            .map_addresses(|address| address.over_tls(&store.known))
    };
    reached(args, selection, socket, store)
}

/// The named hosts, or those that have reported to the NATS server where none are.
fn through_nats(
    args: &HostArgs,
    mut named: NamedHosts,
    mut inventory: Inventory,
    config: &ClientConfig,
    console: Option<&Console>,
) -> Result<Targets, ExitError> {
    let connection = nats::connect(args, config)?;
    if nats::takes_present(&named, &inventory)? {
        let present = connection.present().map_err(ExitError::new)?;
        if !named.is_any() {
            named.listed = present.iter().map(|present| present.presence.name.clone()).collect();
        }
        if !named.is_any() {
            return Err(ExitError::new(
                "no host has reported to this fleet of the NATS server; see whether smoker-bridge runs on the hosts, or name another \
                 fleet by --fleet",
            ));
        }
        nats::add_present(&mut inventory, &present);
    }
    // A host is its name here, whatever address the inventory or its labels say.
    let selection = selected(named, &inventory, HostAddress::through_nats, (config, console))?;
    Ok(reached_through(connection, args, selection))
}

fn reached_through(connection: NatsConnection, args: &HostArgs, selection: HostSelection) -> Targets {
    let (connection, hosts) = (Arc::new(connection), selection.len());
    let route = Route::Nats(NatsOptions { connection, timeout: args.timeout, parallel: args.parallel, hosts });
    Targets { selection, route }
}

fn reached(
    args: &HostArgs,
    selection: HostSelection,
    socket: Option<PathBuf>,
    store: TrustStore,
) -> Result<Targets, ExitError> {
    let token = BearerToken::find(args.token_file.as_deref()).map_err(ExitError::new)?;
    let certificate = client_certificate::read(args.cert.as_deref(), args.key.as_deref()).map_err(ExitError::new)?;
    let hosts = selection.len();
    let http = HttpOptions { hosts, trust: Arc::new(store), certificate, token, socket, ..http(args) };
    Ok(Targets { selection, route: Route::Http(Box::new(http)) })
}

impl Targets {
    /// The hosts at these places of the selection.
    pub(crate) fn part(&self, places: &[usize]) -> Self {
        let selection = self.selection.part(places);
        let route = self.route.to_hosts(selection.len());
        Self { selection, route }
    }

    /// What carries requests to them.
    ///
    /// # Errors
    ///
    /// When an option of it cannot be used, such as a file of certificates.
    pub(crate) fn transport(&self) -> Result<AnyTransport, ExitError> {
        self.route.transport().map_err(ExitError::new)
    }
}

fn selected(
    mut named: NamedHosts,
    inventory: &Inventory,
    change: fn(HostAddress) -> HostAddress,
    (config, console): (&ClientConfig, Option<&Console>),
) -> Result<HostSelection, ExitError> {
    if !named.is_any() {
        named.expressions.push("localhost".to_owned());
    }
    let (selection, remarks) = HostSelection::find_at(&named, inventory, &config.port, change)?;
    if let Some(console) = console {
        for remark in &remarks {
            console.warn(remark);
        }
    }
    Ok(selection)
}

/// The groups of `--inventory`, or of the configuration where there is none.
///
/// # Errors
///
/// When an inventory cannot be used, or the groups of the configuration cannot be and the call may need them.
pub(crate) fn inventory(args: &HostArgs, config: &ClientConfig) -> Result<Inventory, ExitError> {
    groups(args, inventories(args, &Console::new(Verbosity::Quiet))?, config)
}

/// What the files of `--inventory` have.
fn inventories(args: &HostArgs, console: &Console) -> Result<Inventory, ExitError> {
    let mut inventory = Inventory::default();
    for path in &args.inventory {
        let file = inventory_file::read(path)?;
        file.remarks.iter().for_each(|remark| console.warn(remark));
        inventory.merge(file.inventory);
    }
    Ok(inventory)
}

/// The groups of these files, or of the configuration where none are named: who names an inventory means its hosts, and no others
/// that the configuration has under the same name.
fn groups(args: &HostArgs, files: Inventory, config: &ClientConfig) -> Result<Inventory, ExitError> {
    match &config.groups {
        _ if !args.inventory.is_empty() => Ok(files),
        Ok(groups) => Ok(groups.clone()),
        Err(problem) if !args.group.is_empty() => Err(ExitError::new(problem.clone())),
        Err(_) => Ok(Inventory::default()),
    }
}

/// The Unix socket to ask: one that is named, or the daemon's own where neither a host nor a port is.
fn socket_of(args: &HostArgs, named: &NamedHosts, config: &ClientConfig) -> Result<Option<PathBuf>, ExitError> {
    if let (Some(path), true) = (&args.socket, named.is_any()) {
        let path = path.display();
        return Err(ExitError::usage(format!(
            "--socket {path} is one daemon, and hosts are named, too; leave one of both away"
        )));
    }
    let is_port_named = config.port != DEFAULT_PORT.to_string();
    // A socket has no TLS, in which the certificate would be shown.
    let is_over_network = named.is_any() || is_port_named || args.cert.is_some();
    Ok(socket::chosen(args.socket.as_deref(), is_over_network))
}

/// The hosts of the command line, of hosts files, groups and the discovery.
fn named_hosts(
    args: &HostArgs,
    files: &Inventory,
    discovery: Discovery,
    arguments: DiscoveryArguments<'_>,
    console: &Console,
) -> Result<NamedHosts, ExitError> {
    let mut expressions = args.hosts.clone();
    for path in &args.hosts_file {
        expressions.extend(file::read_file(path)?);
    }
    let is_of_inventory = !args.group.is_empty() || !args.inventory.is_empty() || args.nats.is_some();
    let has_hosts = !expressions.is_empty() || is_of_inventory;
    let listed = files.resolve()?.all();
    // Who names a group or a NATS server means no other hosts, unless an option of a discovery plugin asks for some.
    if !is_of_inventory || !arguments.typed.is_empty() {
        let found = discovery.hosts(arguments.typed, arguments.known, has_hosts)?;
        found.errors.iter().for_each(|error| console.error(error));
        found.warnings.iter().for_each(|warning| console.warn(warning));
        expressions.extend(found.hosts);
    }
    Ok(NamedHosts {
        expressions,
        groups: args.group.clone(),
        listed,
        limit: args.limit.clone(),
        excluded: args.exclude_hosts.clone(),
    })
}

fn http(args: &HostArgs) -> HttpOptions {
    let proxy = match args.proxy.as_deref() {
        None => ProxyChoice::None,
        Some("env") => ProxyChoice::Environment,
        Some(url) => ProxyChoice::Url(url.to_owned()),
    };
    let connect_timeout = Some(args.connect_timeout);
    HttpOptions {
        connect_timeout,
        timeout: args.timeout,
        parallel: args.parallel,
        hosts: 1,
        proxy,
        cacert: args.cacert.clone(),
        ..HttpOptions::default()
    }
}
