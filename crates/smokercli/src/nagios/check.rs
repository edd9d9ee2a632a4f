//! Asks a daemon for the plugins of a check, or has it run them.

use std::sync::Arc;
use std::time::Duration;

use smoker_model::wire::DEFAULT_PORT;
use tokio::runtime::Builder;

use crate::cli::check_args::CheckArgs;
use crate::client::host;
use crate::client::observer::NoProgress;
use crate::client::session::{ForcedRuns, Session};
use crate::error::ExitError;
use crate::filter::{Filter, ParameterTest, WantedName};
use crate::inventory::address::HostAddress;
use crate::nagios::finding::{Finding, finding, forced_finding};
use crate::plugin::Plugin;
use crate::terminal::console::{Console, Verbosity};
use crate::transport::bearer_token::BearerToken;
use crate::transport::http::Http;
use crate::transport::http_client::HttpOptions;
use crate::transport::{client_certificate, socket};
use crate::trust_store::TrustStore;

/// How long before its time limit the check ends, at most.
const MARGIN: Duration = Duration::from_millis(250);

/// The findings of the plugins that the command line selects.
///
/// # Errors
///
/// When there are none, or the daemon cannot be asked within the time limit.
pub(super) fn check(args: &CheckArgs) -> Result<Vec<Finding>, ExitError> {
    let filter = filter(args)?;
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ExitError::new(format!("cannot set up networking: {error}")))?;
    let limit = args.timeout.map(|limit| limit.saturating_sub(MARGIN.min(limit / 10)));
    let findings = runtime.block_on(async {
        match limit {
            Some(limit) => tokio::time::timeout(limit, ask(args, &filter)).await.unwrap_or_else(|_| {
                Err(ExitError::new(format!("no answer of {} within {} s", args.host, limit.as_secs_f64())))
            }),
            None => ask(args, &filter).await,
        }
    });
    // A name server that does not answer must not hold up the end.
    runtime.shutdown_background();
    findings
}

async fn ask(args: &CheckArgs, filter: &Filter) -> Result<Vec<Finding>, ExitError> {
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
    let transport = Http::new(options).map_err(ExitError::new)?;
    let session = Session {
        values: None,
        transport: &transport,
        observer: &NoProgress,
        hosts: 1,
        forces: ForcedRuns::once_if(args.force),
        names: &args.names,
    };
    let failed = |name: &str, reason: &dyn std::fmt::Display| ExitError::new(format!("Host {name}: {reason}"));
    let answer = host::ask(&session, &address)
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
    let results = host::force(&session, &answer.links, wanted.clone()).await;
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
