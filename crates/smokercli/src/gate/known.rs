//! What is known of a host from the rounds before.

use std::collections::{BTreeMap, BTreeSet};

use crate::client::host::HostLinks;
use crate::gate::drive::UnderWay;
use crate::plugin::Plugin;
use crate::plugin::digest::PageDigest;
use crate::plugin::silenced::PluginSilence;
use crate::plugin::value_text::member;
use crate::plugin::view::PluginView;

/// What is known of a host from the rounds before.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// When each plugin began its newest forced run, as the daemon writes it.
    pub(super) ran: BTreeMap<String, String>,
    /// When the first of them began.
    pub(super) first: Option<String>,
    /// The last result of each plugin before that run, which a daemon may go on showing.
    shown: BTreeMap<String, u64>,
    /// The configuration of each plugin in the newest round.
    configured: BTreeMap<String, u64>,
    /// Whether the journal was asked.
    pub(super) is_past_asked: bool,
    /// How many plugins the call selected in the newest round.
    pub(super) selected: usize,
    /// The silences of these plugins in the newest round.
    pub(super) silences: Vec<PluginSilence>,
    /// Whether the host has ever answered.
    has_answered: bool,
    /// Which start of the daemon has answered last; none where the daemon does not tell.
    instance: Option<String>,
    /// How far the round is that is under way.
    pub(super) under_way: UnderWay,
}

/// What the pages of a host show of the plugins that the call selects, by name.
pub(super) struct Shown(BTreeMap<String, PageDigest>);

impl Shown {
    pub(super) fn of(plugins: &[&Plugin]) -> Self {
        let mut shown: BTreeMap<String, PageDigest> = BTreeMap::new();
        for plugin in plugins {
            let digest = plugin.digest();
            shown
                .entry(plugin.name().to_owned())
                .and_modify(|of_both| *of_both = of_both.and(digest))
                .or_insert(digest);
        }
        Self(shown)
    }

    fn last_result(&self, name: &str) -> Option<u64> {
        self.0.get(name).map(|digest| digest.last_result)
    }
}

impl Known {
    /// Whether another start of the daemon has answered than in the round before.
    pub(super) fn meets_restart(&mut self, links: &HostLinks) -> bool {
        let has_met_restart = self.has_answered && self.instance != links.instance;
        self.has_answered = true;
        self.instance.clone_from(&links.instance);
        self.under_way.has_met_restart = has_met_restart;
        has_met_restart
    }

    /// The plugins whose configuration is another one than in the round before, of the same start of the daemon.
    pub(super) fn reconfigured(&mut self, shown: &Shown, has_met_restart: bool) -> BTreeSet<String> {
        let now = shown.0.iter().map(|(name, digest)| (name.clone(), digest.parameters)).collect();
        let before = std::mem::replace(&mut self.configured, now);
        let is_other = |(name, now): &(&String, &u64)| before.get(*name).is_some_and(|before| before != *now);
        let others = self.configured.iter().filter(|_| !has_met_restart).filter(is_other);
        others.map(|(name, _)| name.clone()).collect()
    }

    /// Notes what is shown of plugins that are about to run.
    pub(super) fn note_shown<'p>(&mut self, names: impl Iterator<Item = &'p str>, shown: &Shown) {
        for name in names {
            if let Some(result) = shown.last_result(name) {
                self.shown.insert(name.to_owned(), result);
            }
        }
    }

    /// Whether the last result of a plugin is neither that of its last run here nor the one of before. Its time does not say that: the
    /// clock of the host may have been set back.
    pub(super) fn has_other_result(&self, name: &str, view: &PluginView, shown: &Shown) -> bool {
        let is_ours = began(view).is_some_and(|began| self.ran.get(name) == Some(&began));
        !is_ours && self.shown.get(name).copied() != shown.last_result(name)
    }
}

/// When the shown result's run began, as the daemon writes it.
pub(super) fn began(view: &PluginView) -> Option<String> {
    let result = view.result()?;
    let began = member(result, "lastRunUtc").or_else(|| member(result, "lastRun"))?;
    began.as_str().map(str::to_owned)
}
