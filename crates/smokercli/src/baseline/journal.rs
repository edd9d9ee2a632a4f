//! Makes a baseline of what journals have of a time in the past.

use std::time::Duration;

use chrono::Utc;
use futures_util::stream::{self, StreamExt};
use smoker_model::verdict::baseline::BaselinePlugin;

use crate::baseline::record::{self, Answers, Recorded};
use crate::cli::moment::{self, Moment};
use crate::client::history;
use crate::client::host;
use crate::client::session::Session;
use crate::client::unmet;
use crate::error::ExitError;
use crate::filter::Filter;
use crate::inventory::inventory_host::InventoryHost;
use crate::plugin::Plugin;
use crate::report::findings::run_of_past;
use crate::report::history::PastResult;
use crate::targets::Targets;
use crate::transport::exchange::Transport;

/// How long before the time a result may be from: a plugin that ran less often has none then.
const SPAN: Duration = Duration::from_hours(25);

/// How a host was then.
#[derive(Debug)]
struct Then {
    name: String,
    /// The plugins that it has now.
    plugins: Vec<Plugin>,
    /// The newest result of each plugin that it had.
    results: Vec<PastResult>,
}

/// How a host was then, or its name, if it is known, and why that is not known.
type Answer = Result<Then, (Option<String>, String)>;

/// How the hosts were at this time, by the newest result of each plugin before it.
///
/// # Errors
///
/// When a host masks a parameter by which the filter selects.
pub(super) async fn answers<T: Transport>(
    session: &Session<'_, T>,
    targets: &Targets,
    filter: &Filter,
    at: Moment,
) -> Result<Answers, ExitError> {
    let ask = |(index, asked): (usize, &InventoryHost)| {
        let asked = asked.clone();
        async move { (index, of_host(session, &asked, at).await) }
    };
    let asked = targets.selection.hosts();
    let answers = stream::iter(asked.iter().enumerate()).map(ask).buffer_unordered(session.transport.parallel());
    let mut found: Vec<_> = answers.collect().await;
    found.sort_by_key(|(index, _)| *index);
    let answers: Vec<_> = found.into_iter().map(|(_, answer)| answer).collect();
    let known = || answers.iter().filter_map(|answer| answer.as_ref().ok());
    if let Some(problem) = known().find_map(|then| unmet::masked(filter, &then.name, &then.plugins)) {
        return Err(ExitError::new(problem));
    }
    let names = known().flat_map(Then::names);
    let wanted = if filter.names_what_is_wanted() { filter.wanted_names(&names) } else { Vec::new() };
    let resolved = filter.resolve_names(&names);
    let recorded = |(asked, answer): (&InventoryHost, &Answer)| match answer {
        Err((name, reason)) => Recorded::unknown(asked, name.clone(), reason.clone()),
        Ok(then) => {
            let plugins: Vec<_> = then.selected(&resolved).collect();
            let has = |name: &str| plugins.iter().any(|plugin| plugin.name == name);
            // What the other filters do not select is there, and nobody asked for it.
            let is_left_out =
                |name: &str| then.plugins.iter().any(|plugin| plugin.name() == name && !resolved.selects(plugin));
            let lacks = wanted.iter().filter(|wanted| !wanted.names.iter().any(|name| has(name) || is_left_out(name)));
            let lacks = lacks.map(|wanted| wanted.typed.clone()).collect();
            Recorded::known(asked, then.name.clone(), plugins, lacks)
        }
    };
    let hosts: Vec<_> = asked.iter().zip(&answers).map(recorded).collect();
    let lacking = hosts.iter().filter_map(|recorded| Some((recorded.host.name.as_deref()?, recorded.lacks.as_slice())));
    let unknown: Vec<_> = wanted.iter().filter(|it| it.names.is_empty()).map(|it| it.typed.clone()).collect();
    let all: Vec<_> = names.collect();
    let unknown = if all.is_empty() { Vec::new() } else { unknown };
    let mut missing = unmet::missing_lines(lacking, &unknown, &unmet::near_names(&unknown, &all));
    missing.extend(unmet::unused_exclusions(filter, &all.iter().copied()).filter(|_| !all.is_empty()));
    let unmet = unmet::unmet_by(&resolved, || known().flat_map(|then| &then.plugins));
    Ok(Answers { hosts, missing, unmet })
}

async fn of_host<T: Transport>(session: &Session<'_, T>, asked: &InventoryHost, at: Moment) -> Answer {
    let answer = host::ask(session, &asked.address).await;
    let answer = answer.map_err(|error| (error.name, error.reason.to_string()))?;
    let span = (at.earlier(SPAN).for_daemons(), at.inclusive_end().for_daemons());
    let names: Vec<_> = answer.plugins.iter().map(Plugin::name).collect();
    let results = history::newest_between(session, &answer.links, &names, (&span.0, &span.1)).await;
    match results {
        Err(error) => Err((Some(answer.name), error.to_string())),
        Ok(results) if results.is_empty() => {
            let then = at.instant(Utc::now()).map(moment::written).unwrap_or_default();
            Err((Some(answer.name), format!("it has no results of the 25 hours before {then}")))
        }
        Ok(results) => Ok(Then { name: answer.name, plugins: answer.plugins, results }),
    }
}

impl Then {
    /// The names of all plugins that it has or had.
    fn names(&self) -> impl Iterator<Item = &str> + Clone {
        self.plugins.iter().map(Plugin::name).chain(self.results.iter().map(PastResult::plugin))
    }

    /// What the filter selects of the results.
    fn selected(&self, filter: &Filter) -> impl Iterator<Item = BaselinePlugin> {
        self.results.iter().filter_map(|result| {
            // A plugin of that time may be gone, and its parameters with it.
            let now = self.plugins.iter().find(|plugin| plugin.name() == result.plugin());
            let then = now.cloned().unwrap_or_else(|| Plugin::unconfigured(result.plugin()));
            let run = run_of_past(result.plugin(), result.result()?);
            filter.selects(&then).then(|| record::plugin(&then, run))
        })
    }
}
