//! Makes a baseline of what hosts answer.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use smoker_model::status::Status;
use smoker_model::verdict::answer::PluginRun;
use smoker_model::verdict::baseline::{Baseline, BaselineHost, BaselinePlugin, Source, VERSION};

use crate::baseline::reference::{KEPT_PARAMETERS, key};
use crate::cli::moment;
use crate::client::fleet::{Fleet, FleetAnswer};
use crate::inventory::inventory_host::InventoryHost;
use crate::plugin::Plugin;
use crate::report::findings::{no_result, run_of};
use crate::targets::Targets;

/// What hosts have answered.
#[derive(Debug, Default)]
pub(super) struct Answers {
    pub(super) hosts: Vec<Recorded>,
    /// A line for each host that lacks plugins which the call names, and for the names that no host has.
    pub(super) missing: Vec<String>,
    /// What the filter asks for and no plugin has, in words, where it selects none.
    pub(super) unmet: Option<String>,
}

/// A host of a baseline.
#[derive(Debug)]
pub(super) struct Recorded {
    pub(super) host: BaselineHost,
    /// The plugins that were asked for, and of which there is no result.
    pub(super) lacks: Vec<String>,
}

impl Recorded {
    /// A host of which nothing is known, for this reason.
    pub(super) fn unknown(asked: &InventoryHost, name: Option<String>, reason: String) -> Self {
        Self { host: BaselineHost { error: Some(reason), ..host(asked, name) }, lacks: Vec::new() }
    }

    /// A host with these plugins, and without those that it lacks.
    pub(super) fn known(
        asked: &InventoryHost,
        name: String,
        mut plugins: Vec<BaselinePlugin>,
        mut lacks: Vec<String>,
    ) -> Self {
        lacks.retain(|name| !plugins.iter().any(|plugin| plugin.name == *name));
        plugins.extend(lacks.iter().map(|name| of_name(name, no_result("it is not there, or its run gave no result"))));
        Self { host: BaselineHost { plugins, ..host(asked, Some(name)) }, lacks }
    }
}

/// A baseline without hosts.
pub(super) fn empty(source: Source, at: Option<DateTime<Utc>>) -> Baseline {
    let made = moment::written(Utc::now());
    Baseline { version: VERSION, made, source, at: at.map(moment::written), selects: None, hosts: Vec::new() }
}

/// The hosts of a fleet that has answered.
pub(super) fn hosts(targets: &Targets, fleet: Fleet) -> Vec<Recorded> {
    targets.selection.hosts().iter().zip(fleet.into_answers()).map(|(host, answer)| of_answer(host, answer)).collect()
}

/// A host without plugins.
fn host(host: &InventoryHost, name: Option<String>) -> BaselineHost {
    BaselineHost {
        host: host.address.label.clone(),
        address: key(host),
        name,
        groups: host.groups.clone(),
        error: None,
        plugins: Vec::new(),
    }
}

fn of_answer(asked: &InventoryHost, answer: FleetAnswer) -> Recorded {
    let FleetAnswer { name, plugins, missing, .. } = answer;
    match plugins {
        Err(reason) => Recorded::unknown(asked, None, reason),
        Ok(plugins) => {
            let recorded = distinct(plugins.iter().map(|plugin| self::plugin(plugin, run_of(plugin))));
            Recorded::known(asked, name, recorded, missing)
        }
    }
}

/// The plugins, each name once: an odd daemon may show two of one name.
fn distinct(plugins: impl Iterator<Item = BaselinePlugin>) -> Vec<BaselinePlugin> {
    let mut places = HashMap::new();
    let mut distinct: Vec<BaselinePlugin> = Vec::new();
    for plugin in plugins {
        let place = *places.entry(plugin.name.clone()).or_insert(distinct.len());
        match distinct.get_mut(place) {
            Some(known) => known.merge(plugin),
            None => distinct.push(plugin),
        }
    }
    distinct
}

/// A plugin with a result, and with the parameters that options choose by.
pub(super) fn plugin(plugin: &Plugin, run: PluginRun) -> BaselinePlugin {
    let view = plugin.view();
    let parameters =
        view.parameters().into_iter().flatten().filter(|(name, _)| KEPT_PARAMETERS.contains(&name.as_str()));
    let parameters = parameters.map(|(name, value)| (name.clone(), value.clone())).collect();
    BaselinePlugin { parameters, ..of_name(plugin.name(), run) }
}

fn of_name(name: &str, run: PluginRun) -> BaselinePlugin {
    let PluginRun { finding, components } = run;
    // What did not run says nothing, and is not to be taken for good.
    let status = if finding.is_skipped { Status::Unknown } else { finding.status };
    BaselinePlugin {
        name: name.to_owned(),
        status,
        seconds: finding.seconds,
        message: finding.message.filter(|_| status != Status::Ok),
        parameters: std::collections::BTreeMap::new(),
        components: components.into_iter().map(|(name, part)| (name, part.status)).collect(),
    }
}

/// Whether the plugin and all its components were good.
pub(super) fn is_good(plugin: &BaselinePlugin) -> bool {
    let is_good = |status: Status| matches!(status, Status::Ok | Status::Warn);
    is_good(plugin.status) && plugin.components.values().all(|status| is_good(*status))
}
