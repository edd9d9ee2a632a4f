//! Asks many daemons at once.

use futures_util::stream::{self, FuturesUnordered, StreamExt};

use crate::client::ask_error::AskError;
use crate::client::forced_run;
use crate::client::history::{self, HistoryQuery};
use crate::client::host::{self, HostAnswer, HostError, HostLinks};
use crate::client::observer::FleetStage;
use crate::client::session::Session;
use crate::client::unmet;
use crate::filter::{Filter, FilterMode};
use crate::inventory::address::HostAddress;
use crate::plugin::Plugin;
use crate::report::history::{HostHistory, PastResult};
use crate::report::{HostReport, Report, distinct_names};
use crate::transport::exchange::Transport;

/// All hosts of a command line and how far each has come. A host that fails never stops the others.
#[derive(Debug)]
pub struct Fleet {
    hosts: Vec<FleetHost>,
}

#[derive(Debug)]
struct FleetHost {
    address: HostAddress,
    progress: HostProgress,
    /// The names that the call asks for and the host has not.
    missing: Vec<String>,
    /// The past results, newest first; none before they have arrived.
    history: Option<Vec<PastResult>>,
}

/// What one host of a fleet has answered.
#[derive(Clone, Debug)]
pub struct FleetAnswer {
    /// The name that the daemon gave, or else the address as it was typed; no other host of the fleet has it.
    pub name: String,
    /// The plugins that are left, or why the host could not be asked.
    pub plugins: Result<Vec<Plugin>, String>,
    /// The names that the call asks for and the host, or its forced run, does not have.
    pub missing: Vec<String>,
    /// Results of the past, where they were asked for.
    pub past: Vec<PastResult>,
    /// Whether its daemon is known to be none of Smoker 2.
    pub is_current: bool,
}

/// What a filter has left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// The number of plugins that are left.
    pub selected: usize,
    /// The number of plugins that pass everything but the filter of states.
    pub in_any_status: usize,
    /// The hosts that answered and have no plugin at all.
    pub empty_hosts: Vec<String>,
    /// The names that no host has.
    pub unknown_names: Vec<String>,
    /// Those that were probably meant by them.
    pub near_names: Vec<String>,
    /// What there is to say of excluded names that no plugin of the hosts has.
    pub unused_exclusions: Option<String>,
    /// What the filter asks for and no plugin of the hosts has, in words, where it leaves none of them, whatever their states are.
    pub unmet: Option<String>,
}

#[derive(Debug)]
enum HostProgress {
    /// Not asked yet, or no answer yet.
    Pending,
    /// It has answered.
    Answered(Box<HostAnswer>),
    /// It has been asked to run plugins.
    Running { name: String },
    /// It could not be asked.
    Failed { name: Option<String>, reason: String },
}

impl Fleet {
    /// A fleet of which no host has been asked yet.
    #[must_use]
    pub fn new(addresses: Vec<HostAddress>) -> Self {
        let new = |address| FleetHost { address, progress: HostProgress::Pending, missing: Vec::new(), history: None };
        Self { hosts: addresses.into_iter().map(new).collect() }
    }

    /// Asks every host for its plugins. May be cancelled; the answers received by then stay.
    pub async fn ask<T: Transport>(&mut self, session: &Session<'_, T>) {
        session.observer.begin(FleetStage::Asking, self.hosts.len(), 0);
        let addresses: Vec<_> = self.hosts.iter().map(|host| host.address.clone()).collect();
        let ask = |(index, address)| async move { (index, host::ask(session, &address).await) };
        let mut answers =
            stream::iter(addresses.into_iter().enumerate()).map(ask).buffer_unordered(session.transport.parallel());
        while let Some((index, answer)) = answers.next().await {
            let host = &mut self.hosts[index];
            host.progress = match answer {
                Ok(answer) => HostProgress::Answered(Box::new(answer)),
                Err(HostError { name, reason }) => {
                    let shown = name.as_deref().unwrap_or(&host.address.label);
                    session.observer.unreachable(&format!("Host {shown}: {reason}"));
                    HostProgress::Failed { name, reason: reason.to_string() }
                }
            };
            session.observer.host_done(0);
        }
    }

    /// Why the filter cannot be used: a host masks a parameter by which it selects.
    #[must_use]
    pub fn masked(&self, filter: &Filter) -> Option<String> {
        self.answers().find_map(|answer| unmet::masked(filter, &answer.name, &answer.plugins))
    }

    /// Drops the plugins that the filter does not select.
    pub fn select(&mut self, filter: &Filter) -> Selection {
        let (wanted, filter) = {
            let all = self.answers().flat_map(|answer| answer.plugins.iter().map(Plugin::name));
            // Under `--exclude`, names say what is not wanted.
            let wanted = if filter.mode == FilterMode::Keep { filter.wanted_names(&all) } else { Vec::new() };
            (wanted, filter.resolve_names(&all))
        };
        let unknown = wanted.iter().filter(|name| name.names.is_empty()).map(|name| name.typed.clone());
        let mut selection = Selection { unknown_names: unknown.collect(), ..Selection::default() };
        if !selection.unknown_names.is_empty() {
            let all: Vec<_> = self.answers().flat_map(|answer| answer.plugins.iter().map(Plugin::name)).collect();
            selection.near_names = unmet::near_names(&selection.unknown_names, &all);
        }
        let in_any_status = filter.in_any_status();
        if self.has_answers() {
            let all = self.answers().flat_map(|answer| answer.plugins.iter().map(Plugin::name));
            selection.unused_exclusions = unmet::unused_exclusions(&filter, &all);
        }
        selection.unmet = unmet::unmet_by(&in_any_status, || self.answers().flat_map(|answer| &answer.plugins));
        for host in &mut self.hosts {
            let HostProgress::Answered(answer) = &mut host.progress else { continue };
            if answer.plugins.is_empty() {
                selection.empty_hosts.push(answer.name.clone());
            }
            let names = || answer.plugins.iter().map(Plugin::name);
            host.missing =
                wanted.iter().filter(|name| !name.is_among(names())).map(|name| name.typed.clone()).collect();
            selection.in_any_status += answer.plugins.iter().filter(|plugin| in_any_status.selects(plugin)).count();
            answer.plugins.retain(|plugin| filter.selects(plugin));
            selection.selected += answer.plugins.len();
        }
        selection
    }

    /// A line for each host that lacks plugins which the call names, and one for the names that no host has.
    #[must_use]
    pub fn missing(&self, selection: &Selection) -> Vec<String> {
        let lacking = self.hosts.iter().map(|host| (host.name(), host.missing.as_slice()));
        let Selection { unknown_names, near_names, .. } = selection;
        let unknown = if self.has_answers() { unknown_names.as_slice() } else { &[] };
        unmet::missing_lines(lacking, unknown, near_names)
    }

    /// Has every host run the plugins that are left, and replaces the answers by
    /// the new results. All hosts run at once; only the requests are bounded,
    /// since waiting for a run costs nothing. May be cancelled.
    pub async fn force<T: Transport>(&mut self, session: &Session<'_, T>) {
        let mut runs = FuturesUnordered::new();
        let mut plugins = 0;
        for (index, host) in self.hosts.iter_mut().enumerate() {
            let HostProgress::Answered(answer) = &host.progress else { continue };
            // What has no name cannot be run, and is not to be lost either.
            let (named, unnamed): (Vec<_>, Vec<_>) = answer.plugins.iter().partition(|plugin| plugin.has_name());
            if named.is_empty() {
                continue;
            }
            let (links, not_loaded) = (answer.links.clone(), answer.not_loaded.clone());
            let wanted: Vec<_> = named.iter().map(|plugin| plugin.name().to_owned()).collect();
            let unnamed: Vec<_> = unnamed.into_iter().cloned().collect();
            plugins += wanted.len();
            host.progress = HostProgress::Running { name: links.name.clone() };
            runs.push(async move {
                let outcome = forced_run::force(session, &links, wanted.clone()).await;
                (index, (links, not_loaded), wanted, unnamed, outcome)
            });
        }
        session.observer.begin(FleetStage::Forcing, runs.len(), plugins);
        while let Some((index, (links, not_loaded), wanted, unnamed, outcome)) = runs.next().await {
            session.observer.host_done(wanted.len());
            let name = links.name.clone();
            self.hosts[index].progress = match outcome {
                Ok(mut plugins) => {
                    // Another client's run may have the same number in a daemon that was restarted meanwhile.
                    plugins.retain(|plugin| !plugin.has_no_result() && wanted.iter().any(|name| name == plugin.name()));
                    let has_result = |wanted: &&String| plugins.iter().any(|plugin| plugin.name() == **wanted);
                    let missing: Vec<_> = wanted.iter().filter(|wanted| !has_result(wanted)).cloned().collect();
                    if !missing.is_empty() {
                        session.observer.problem(&format!("Host {name}: no result of {}", missing.join(", ")));
                    }
                    self.hosts[index].missing.extend(missing);
                    plugins.extend(unnamed);
                    HostProgress::Answered(Box::new(HostAnswer { name, plugins, links, not_loaded }))
                }
                // The host answers; only the results are lost.
                Err(reason @ AskError::Gone { .. }) => {
                    session.observer.problem(&format!("Host {name}: no result of {}: {reason}", wanted.join(", ")));
                    self.hosts[index].missing.extend(wanted);
                    HostProgress::Answered(Box::new(HostAnswer { name, plugins: unnamed, links, not_loaded }))
                }
                Err(reason) => {
                    session.observer.unreachable(&format!("Host {name}: {reason}"));
                    HostProgress::Failed { name: Some(name), reason: reason.to_string() }
                }
            };
        }
    }

    /// Asks every host for past results of the plugins that are left. May be cancelled; the answers received by then stay.
    pub async fn ask_history<T: Transport>(&mut self, session: &Session<'_, T>, query: &HistoryQuery) {
        self.ask_past(session, query, true).await;
    }

    /// The same beside the newest results: a host that has no past keeps what it has answered.
    pub async fn add_past<T: Transport>(&mut self, session: &Session<'_, T>, query: &HistoryQuery) {
        self.ask_past(session, query, false).await;
    }

    async fn ask_past<T: Transport>(&mut self, session: &Session<'_, T>, query: &HistoryQuery, is_needed: bool) {
        let asked = |(index, host): (usize, &FleetHost)| match &host.progress {
            HostProgress::Answered(answer) if query.of_all || !answer.plugins.is_empty() => {
                let names: Vec<_> = answer.plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
                Some((index, answer.links.clone(), names))
            }
            _ => None,
        };
        let asked: Vec<_> = self.hosts.iter().enumerate().filter_map(asked).collect();
        session.observer.begin(FleetStage::Asking, asked.len(), 0);
        let ask = |(index, links, names): (usize, HostLinks, Vec<String>)| async move {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            let results = history::ask(session, &links, &names, query).await;
            (index, links.name, results)
        };
        let mut answers = stream::iter(asked).map(ask).buffer_unordered(session.transport.parallel());
        while let Some((index, name, results)) = answers.next().await {
            session.observer.host_done(0);
            let host = &mut self.hosts[index];
            match results {
                Ok(results) => host.history = Some(results),
                Err(reason) if !is_needed => {
                    session.observer.problem(&format!("Host {name}: no results of the past: {reason}"));
                }
                Err(reason) => {
                    session.observer.unreachable(&format!("Host {name}: {reason}"));
                    host.progress = HostProgress::Failed { name: Some(name), reason: reason.to_string() };
                }
            }
        }
    }

    /// Every host by its name, with its answer, or why there is none.
    pub(super) fn each_answer(&self) -> Vec<(String, Result<&HostAnswer, String>)> {
        let hosts = self.hosts.iter();
        let names = distinct_names(hosts.map(|host| (host.name(), host.address.label.as_str())));
        let answers = self.hosts.iter().map(|host| match &host.progress {
            HostProgress::Answered(answer) => Ok(&**answer),
            HostProgress::Failed { reason, .. } => Err(reason.clone()),
            HostProgress::Pending | HostProgress::Running { .. } => Err("not asked".to_owned()),
        });
        names.into_iter().zip(answers).collect()
    }

    /// The past results of every host that could not be asked, and of those that have plugins to show.
    #[must_use]
    pub fn into_history(self) -> Vec<HostHistory> {
        let hosts = self.hosts.iter();
        let names = distinct_names(hosts.map(|host| (host.name(), host.address.label.as_str())));
        let shown = self.hosts.into_iter().zip(names).filter(|(host, _)| match &host.progress {
            HostProgress::Answered(answer) => {
                !answer.plugins.is_empty() || host.history.as_ref().is_some_and(|results| !results.is_empty())
            }
            _ => true,
        });
        let history = shown.map(|(host, name)| match host.progress {
            HostProgress::Answered(_) => HostHistory { name, results: host.history.ok_or_else(interrupted) },
            HostProgress::Failed { reason, .. } => HostHistory { name, results: Err(reason) },
            HostProgress::Pending | HostProgress::Running { .. } => {
                HostHistory { name, results: Err("not asked".to_owned()) }
            }
        });
        history.collect()
    }

    /// Marks the hosts that have not answered as failed.
    pub fn interrupt(&mut self) {
        for host in &mut self.hosts {
            match &mut host.progress {
                HostProgress::Pending => host.progress = HostProgress::Failed { name: None, reason: interrupted() },
                HostProgress::Running { name } => {
                    host.progress = HostProgress::Failed { name: Some(std::mem::take(name)), reason: interrupted() };
                }
                HostProgress::Answered(_) | HostProgress::Failed { .. } => {}
            }
        }
    }

    /// Marks the hosts that have answered as failed: the forced run that was asked for has not begun.
    pub fn abandon(&mut self) {
        for host in &mut self.hosts {
            if let HostProgress::Answered(answer) = &mut host.progress {
                let name = Some(std::mem::take(&mut answer.name));
                host.progress = HostProgress::Failed { name, reason: "interrupted before its run".to_owned() };
            }
        }
    }

    /// Whether any host has answered.
    #[must_use]
    pub fn has_answers(&self) -> bool {
        self.answers().next().is_some()
    }

    /// Whether any host has a plugin to show.
    #[must_use]
    pub fn has_plugins(&self) -> bool {
        self.answers().any(|answer| !answer.plugins.is_empty())
    }

    /// The answers of all hosts in the order of their addresses.
    #[must_use]
    pub fn into_answers(self) -> Vec<FleetAnswer> {
        let hosts = self.hosts.iter();
        let names = distinct_names(hosts.map(|host| (host.name(), host.address.label.as_str())));
        let answer = |(host, name): (FleetHost, String)| {
            let mut is_current = false;
            let plugins = match host.progress {
                HostProgress::Answered(answer) => {
                    is_current = answer.links.instance.is_some();
                    Ok(answer.plugins)
                }
                HostProgress::Failed { reason, .. } => Err(reason),
                HostProgress::Pending | HostProgress::Running { .. } => Err("not asked".to_owned()),
            };
            FleetAnswer { name, plugins, missing: host.missing, past: host.history.unwrap_or_default(), is_current }
        };
        self.hosts.into_iter().zip(names).map(answer).collect()
    }

    /// The report of every host that could not be asked, and of those that have plugins to show or lack some.
    #[must_use]
    pub fn into_report(self) -> Report {
        // Named before hosts without plugins are left out, so that a host's name does not depend on the filters.
        let hosts = self.into_answers().into_iter().filter(FleetAnswer::is_shown);
        let hosts = hosts.map(|FleetAnswer { name, plugins, missing, past, is_current }| match plugins {
            Ok(plugins) => {
                HostReport::reached(name, plugins).lacking(missing).with_past(past).telling_reasons(is_current)
            }
            Err(reason) => HostReport::unreachable(name, reason),
        });
        Report::new(hosts.collect())
    }

    fn answers(&self) -> impl Iterator<Item = &HostAnswer> + Clone {
        self.hosts.iter().filter_map(|host| match &host.progress {
            HostProgress::Answered(answer) => Some(&**answer),
            _ => None,
        })
    }
}

/// Why a host has no answer after Ctrl-C.
fn interrupted() -> String {
    "interrupted before it answered".to_owned()
}

impl FleetAnswer {
    fn is_shown(&self) -> bool {
        !self.missing.is_empty() || self.plugins.as_ref().map_or(true, |plugins| !plugins.is_empty())
    }
}

impl FleetHost {
    fn name(&self) -> &str {
        match &self.progress {
            HostProgress::Answered(answer) => &answer.name,
            HostProgress::Running { name } | HostProgress::Failed { name: Some(name), .. } => name,
            HostProgress::Pending | HostProgress::Failed { name: None, .. } => &self.address.label,
        }
    }
}
