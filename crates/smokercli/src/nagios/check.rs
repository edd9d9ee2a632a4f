//! Asks a daemon for the plugins of a check, or has it run them.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use smoker_model::wire::DEFAULT_PORT;
use tokio::runtime::Builder;

use crate::cli::check_args::CheckArgs;
use crate::client::forced_run;
use crate::client::host;
use crate::client::observer::NoProgress;
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::filter::{Filter, ParameterTest, WantedName};
use crate::inventory::address::HostAddress;
use crate::nagios::finding::{Finding, finding, forced_finding};
use crate::plugin::Plugin;
use crate::terminal::console::{Console, Verbosity};
use crate::transport::any::AnyTransport;
use crate::transport::bearer_token::BearerToken;
use crate::transport::http::Http;
use crate::transport::http_client::HttpOptions;
use crate::transport::nats::requests::{Nats, NatsOptions};
use crate::transport::nats::server::{CREDS, ServerChoice};
use crate::transport::{client_certificate, socket};
use crate::trust_store::TrustStore;

/// How long before its time limit the check ends, at most.
const MARGIN: Duration = Duration::from_millis(250);

/// How long connecting to a NATS server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The daemon that a check asks, and the way to it.
struct Target {
    address: HostAddress,
    transport: AnyTransport,
}

/// The findings of the plugins that the command line selects.
///
/// # Errors
///
/// When there are none, or the daemon cannot be asked within the time limit.
pub(super) fn check(args: &CheckArgs) -> Result<Vec<Finding>, ExitError> {
    let start = Instant::now();
    let filter = filter(args)?;
    let limit = args.timeout.map(|limit| limit.saturating_sub(MARGIN.min(limit / 10)));
    // A connection to a NATS server has a runtime of its own.
    let through_nats = args.nats.as_ref().map(|url| through_nats(args, url, limit)).transpose()?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ExitError::new(format!("cannot set up networking: {error}")))?;
    let findings = runtime.block_on(async {
        let asked = async {
            let target = match through_nats {
                Some(target) => target,
                None => over_http(args)?,
            };
            ask(args, &filter, &target).await
        };
        match limit {
            Some(limit) => {
                tokio::time::timeout(limit.saturating_sub(start.elapsed()), asked).await.unwrap_or_else(|_| {
                    Err(ExitError::new(format!("no answer of {} within {} s", args.host, limit.as_secs_f64())))
                })
            }
            None => asked.await,
        }
    });
    // A name server that does not answer must not hold up the end.
    runtime.shutdown_background();
    findings
}

fn through_nats(args: &CheckArgs, url: &str, limit: Option<Duration>) -> Result<Target, ExitError> {
    let address = HostAddress::parse(&args.host, &DEFAULT_PORT.to_string()).through_nats();
    let variable = || env::var_os(CREDS).filter(|path| !path.is_empty()).map(PathBuf::from);
    let choice = ServerChoice {
        url: Some(url.to_owned()),
        creds: args.creds.clone().or_else(variable),
        certificate: args.cert.clone().map(|cert| (cert, args.key.clone())),
        cacert: args.cacert.clone(),
        fleet: args.fleet.clone(),
    };
    let within = CONNECT_TIMEOUT.min(limit.unwrap_or(CONNECT_TIMEOUT));
    let connection = Arc::new(choice.open(within).map_err(ExitError::new)?);
    let options = NatsOptions { connection, timeout: None, parallel: 1, hosts: 1 };
    Ok(Target { address, transport: AnyTransport::Nats(Nats::new(options)) })
}

fn over_http(args: &CheckArgs) -> Result<Target, ExitError> {
    let trust = Arc::new(TrustStore::load().map_err(|error| ExitError::new(error.to_string()))?);
    let address = HostAddress::parse(&args.host, &DEFAULT_PORT.to_string()).over_tls(&trust.known);
    let token = BearerToken::find(args.token_file.as_deref()).map_err(ExitError::new)?;
    let warn = |warning| Console::new(Verbosity::Quiet).warn(warning);
    token.iter().filter_map(BearerToken::warning).for_each(warn);
    let options = HttpOptions {
        parallel: 1,
        hosts: 1,
        cacert: args.cacert.clone(),
        trust,
        certificate: client_certificate::read(args.cert.as_deref(), args.key.as_deref()).map_err(ExitError::new)?,
        token,
        socket: socket::chosen(args.socket.as_deref(), args.is_host_named || args.cert.is_some()),
        ..HttpOptions::default()
    };
    let address = if options.socket.is_some() { HostAddress::parse("localhost", "80") } else { address };
    let transport = AnyTransport::Http(Box::new(Http::new(options).map_err(ExitError::new)?));
    Ok(Target { address, transport })
}

async fn ask(args: &CheckArgs, filter: &Filter, target: &Target) -> Result<Vec<Finding>, ExitError> {
    let Target { address, transport } = target;
    let session = Session {
        values: None,
        transport,
        observer: &NoProgress,
        hosts: 1,
        forces: ForcedRuns::once_if(args.force),
        names: &args.names,
    };
    let failed = |name: &str, reason: &dyn std::fmt::Display| ExitError::new(format!("Host {name}: {reason}"));
    let answer = host::ask(&session, address)
        .await
        .map_err(|error| failed(error.name.as_deref().unwrap_or(&address.label), &error.reason))?;
    let wanted = filter.wanted_names(&answer.plugins.iter().map(Plugin::name));
    let lacks = |name: &&WantedName| name.names.is_empty();
    let missing = wanted.iter().filter(lacks).map(|name| Finding::missing(&name.typed)).collect::<Vec<_>>();
    let filter = filter.resolve_names(&answer.plugins.iter().map(Plugin::name));
    let selected: Vec<_> = answer.plugins.into_iter().filter(|plugin| filter.selects(plugin)).collect();
    if selected.is_empty() {
        return Err(nothing_found(args));
    }
    if !args.force {
        let found = selected.iter().map(|plugin| finding(plugin, args.max_age));
        return Ok(found.chain(missing).collect());
    }
    let wanted: Vec<_> = selected.iter().map(|plugin| plugin.name().to_owned()).collect();
    let results = forced_run::force(&session, &answer.links, wanted.clone()).await;
    let results =
        results.map_err(|error| failed(&answer.name, &format!("{} could not be run: {error}", wanted.join(", "))))?;
    Ok(wanted.into_iter().map(|name| forced_finding(name, &results)).chain(missing).collect())
}

/// Names take precedence over the other filters.
fn filter(args: &CheckArgs) -> Result<Filter, ExitError> {
    if !args.names.is_empty() {
        return Ok(Filter { names: args.names.clone(), ..Filter::default() });
    }
    let given = |value: &&String| !value.is_empty();
    let category = args.category.iter().filter(given).map(|value| ParameterTest::new("Category", value));
    let component = args.component.iter().filter(given).map(|value| ParameterTest::new("Component", value));
    let health = args.health.then(|| ParameterTest::new("Type", "healthCheck"));
    let tests: Vec<_> = category.chain(component).chain(health).collect();
    if tests.is_empty() {
        return Err(ExitError::new(
            "invalid startup configuration - neither plugin nor --category nor --component nor --health specified",
        ));
    }
    Ok(Filter { tests, ..Filter::default() })
}

fn nothing_found(args: &CheckArgs) -> ExitError {
    if !args.names.is_empty() {
        return ExitError::new(format!("plugin {} not found", args.names.join(", ")));
    }
    let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "None".to_owned());
    ExitError::new(format!(
        "no plugin found by category {} and component {}, health: {}",
        or_none(&args.category),
        or_none(&args.component),
        if args.health { "True" } else { "False" }
    ))
}
