//! Makes a baseline of what journals have of a time in the past.

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt};
use smoker_model::verdict::baseline::BaselineHost;

use crate::baseline::record;
use crate::cli::moment;
use crate::client::history;
use crate::client::host::{self, HostAnswer};
use crate::client::session::Session;
use crate::filter::Filter;
use crate::inventory::selection::InventoryHost;
use crate::plugin::Plugin;
use crate::report::findings::run_of_past;
use crate::targets::Targets;
use crate::transport::exchange::Transport;

/// How long before the time a result may be from: a plugin that ran less often has none then.
const SPAN: TimeDelta = TimeDelta::hours(25);

/// How the hosts were at this time, by the newest result of each plugin before it.
pub(super) async fn hosts<T: Transport>(
    session: &Session<'_, T>,
    targets: &Targets,
    filter: &Filter,
    at: DateTime<Utc>,
) -> Vec<BaselineHost> {
    let ask = |(index, asked): (usize, &InventoryHost)| {
        let asked = asked.clone();
        async move { (index, of_host(session, &asked, filter, at).await) }
    };
    let hosts = targets.selection.hosts().iter().enumerate();
    let mut found: Vec<_> = stream::iter(hosts).map(ask).buffer_unordered(session.transport.parallel()).collect().await;
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, host)| host).collect()
}

async fn of_host<T: Transport>(
    session: &Session<'_, T>,
    asked: &InventoryHost,
    filter: &Filter,
    at: DateTime<Utc>,
) -> BaselineHost {
    let failed = |name, reason: String| BaselineHost { error: Some(reason), ..record::host(asked, name) };
    let HostAnswer { name, plugins, links, .. } = match host::ask(session, &asked.address).await {
        Ok(answer) => answer,
        Err(error) => return failed(error.name, error.reason.to_string()),
    };
    let (since, until) = (moment::written(at - SPAN), moment::written(at + TimeDelta::seconds(1)));
    let names: Vec<_> = plugins.iter().map(Plugin::name).collect();
    let results = match history::newest_between(session, &links, &names, (&since, &until)).await {
        Ok(results) => results,
        Err(error) => return failed(Some(name), error.to_string()),
    };
    if results.is_empty() {
        let reason = format!("it has no results of the 25 hours before {}", moment::written(at));
        return failed(Some(name), reason);
    }
    let filter = filter.resolve_names(&names.iter().copied());
    let recorded = results.iter().filter_map(|result| {
        // A plugin of that time may be gone, and its parameters with it.
        let now = plugins.iter().find(|plugin| plugin.name() == result.plugin());
        let then = now.cloned().unwrap_or_else(|| Plugin::unconfigured(result.plugin()));
        let run = run_of_past(result.plugin(), result.result()?);
        filter.selects(&then).then(|| record::plugin(&then, run))
    });
    BaselineHost { plugins: recorded.collect(), ..record::host(asked, Some(name.clone())) }
}
