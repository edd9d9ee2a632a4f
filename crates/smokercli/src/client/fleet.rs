//! Many daemons at once.

use futures_util::stream::{self, FuturesUnordered, StreamExt};

use crate::client::host::{self, Asked, Lost};
use crate::client::watch::Stage;
use crate::filter::Filter;
use crate::inventory::hosts::Address;
use crate::plugin::Plugin;
use crate::report::{HostReport, Report, distinct_names};
use crate::transport::web::Web;

/// All hosts of a command line and how far each has come. A host that fails
/// never stops the others.
#[derive(Debug)]
pub struct Fleet {
    members: Vec<Member>,
}

#[derive(Debug)]
struct Member {
    address: Address,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not asked yet, or no answer yet.
    Pending,
    /// It has told its plugins.
    Asked(Asked),
    /// It has been asked to run them.
    Running { name: String },
    /// It could not be asked.
    Lost { name: Option<String>, reason: String },
}

impl Fleet {
    /// A fleet that nobody has asked yet.
    #[must_use]
    pub fn new(addresses: Vec<Address>) -> Self {
        Self { members: addresses.into_iter().map(|address| Member { address, state: State::Pending }).collect() }
    }

    /// Asks every host for its plugins. May be dropped midway; what is known by then stays.
    pub async fn ask(&mut self, web: &Web<'_>) {
        web.watch().begin(Stage::Asking, self.members.len(), 0);
        let addresses: Vec<_> = self.members.iter().map(|member| member.address.clone()).collect();
        let ask = |(index, address)| async move { (index, host::ask(web, &address).await) };
        let mut answers = stream::iter(addresses.into_iter().enumerate()).map(ask).buffer_unordered(web.parallel());
        while let Some((index, answer)) = answers.next().await {
            let member = &mut self.members[index];
            member.state = match answer {
                Ok(asked) => State::Asked(asked),
                Err(Lost { name, reason }) => {
                    let shown = name.as_deref().unwrap_or(&member.address.label);
                    web.watch().problem(&format!("Host {shown}: {reason}"));
                    State::Lost { name, reason: reason.to_string() }
                }
            };
            web.watch().host_done(0);
        }
    }

    /// Forgets the plugins that are not meant. Returns how many are left.
    pub fn select(&mut self, filter: &Filter) -> usize {
        let filter = filter.resolve_names(&self.asked().flat_map(|asked| asked.plugins.iter().map(Plugin::name)));
        let mut left = 0;
        for member in &mut self.members {
            if let State::Asked(asked) = &mut member.state {
                asked.plugins.retain(|plugin| filter.selects(plugin));
                left += asked.plugins.len();
            }
        }
        left
    }

    /// Has every host run the plugins that are left, and keeps what they give
    /// instead. All hosts run at once; only the requests are bounded, since a
    /// run that is waited for costs nothing. May be dropped midway.
    pub async fn force(&mut self, web: &Web<'_>) {
        let mut runs = FuturesUnordered::new();
        let mut plugins = 0;
        for (index, member) in self.members.iter_mut().enumerate() {
            let State::Asked(asked) = &member.state else { continue };
            if asked.plugins.is_empty() {
                continue;
            }
            let Asked { name, processes, .. } = asked.clone();
            let wanted: Vec<_> = asked.plugins.iter().map(|plugin| plugin.name().to_owned()).collect();
            plugins += wanted.len();
            member.state = State::Running { name: name.clone() };
            runs.push(async move {
                let outcome = match &processes {
                    Ok(url) => host::force(web, &name, url, wanted.clone()).await,
                    Err(error) => Err(error.clone()),
                };
                (index, name, processes, wanted, outcome)
            });
        }
        web.watch().begin(Stage::Forcing, runs.len(), plugins);
        while let Some((index, name, processes, wanted, outcome)) = runs.next().await {
            web.watch().host_done(wanted.len());
            self.members[index].state = match outcome {
                Ok(plugins) => {
                    let given = |wanted: &&String| plugins.iter().any(|plugin| plugin.name() == **wanted);
                    let missing: Vec<_> = wanted.iter().filter(|wanted| !given(wanted)).map(String::as_str).collect();
                    if !missing.is_empty() {
                        web.watch().problem(&format!("Host {name}: no result of {}", missing.join(", ")));
                    }
                    State::Asked(Asked { name, plugins, processes })
                }
                Err(reason) => {
                    web.watch().problem(&format!("Host {name}: {reason}"));
                    State::Lost { name: Some(name), reason: reason.to_string() }
                }
            };
        }
    }

    /// Gives up on the hosts that have not answered.
    pub fn interrupt(&mut self) {
        let reason = || "interrupted before it answered".to_owned();
        for member in &mut self.members {
            match &mut member.state {
                State::Pending => member.state = State::Lost { name: None, reason: reason() },
                State::Running { name } => {
                    member.state = State::Lost { name: Some(std::mem::take(name)), reason: reason() };
                }
                State::Asked(_) | State::Lost { .. } => {}
            }
        }
    }

    /// Gives up on the hosts that have answered but whose run was what mattered.
    pub fn abandon(&mut self) {
        for member in &mut self.members {
            if let State::Asked(asked) = &mut member.state {
                let name = Some(std::mem::take(&mut asked.name));
                member.state = State::Lost { name, reason: "interrupted before its run".to_owned() };
            }
        }
    }

    /// Whether any host has a plugin to show.
    #[must_use]
    pub fn has_plugins(&self) -> bool {
        self.asked().any(|asked| !asked.plugins.is_empty())
    }

    /// What is known: every host that could not be asked, and those that have plugins to show.
    #[must_use]
    pub fn into_report(self) -> Report {
        let members = self.members.iter();
        let names = distinct_names(members.map(|member| (member.name(), member.address.label.as_str())));
        // Named before the silent ones are left out, so that a host's name does not depend on the filters.
        let shown = self.members.into_iter().zip(names).filter(|(member, _)| member.is_shown());
        let hosts = shown.map(|(member, name)| match member.state {
            State::Asked(asked) => HostReport::reached(name, asked.plugins),
            State::Lost { reason, .. } => HostReport::unreachable(name, reason),
            State::Pending | State::Running { .. } => HostReport::unreachable(name, "not asked".to_owned()),
        });
        Report::new(hosts.collect())
    }

    fn asked(&self) -> impl Iterator<Item = &Asked> + Clone {
        self.members.iter().filter_map(|member| match &member.state {
            State::Asked(asked) => Some(asked),
            _ => None,
        })
    }
}

impl Member {
    fn is_shown(&self) -> bool {
        !matches!(&self.state, State::Asked(asked) if asked.plugins.is_empty())
    }

    fn name(&self) -> &str {
        match &self.state {
            State::Asked(asked) => &asked.name,
            State::Running { name } | State::Lost { name: Some(name), .. } => name,
            State::Pending | State::Lost { name: None, .. } => &self.address.label,
        }
    }
}
