//! The part of a plugin's JSON object that its configuration alone decides.

use std::path::PathBuf;
use std::time::Duration;

use smoker_model::plugin::{Parameters, PluginSpec, Trigger};
use smoker_model::secrets::mask::masked;

use smoker_config::spec::settings::ShowSecrets;

use crate::results::json_text;
use crate::results::kept::packed_text;
use crate::results::plugin::plugin_facts::PluginFacts;

/// Members of a plugin's JSON object, written once when the configuration is loaded.
#[derive(Debug, Default)]
pub(crate) struct ConfigFields {
    /// `"links": {...}, "name": "..."`
    pub(crate) identity: String,
    /// `"parameters": {...}`
    pub(crate) parameters: String,
    /// The same with secrets shown, for administrators of this machine; `None` when they see what all clients see.
    pub(crate) of_administrators: Option<String>,
    pub(crate) facts: PluginFacts,
    /// The distance between the starts of two scheduled runs; none without a schedule.
    pub(crate) interval: Option<Duration>,
    /// The file while which exists nothing is checked.
    pub(crate) maintenance_lock: Option<PathBuf>,
}

/// What clients see in place of the secrets among the parameters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SecretView {
    /// A mask.
    #[default]
    Masked,
    /// The secrets themselves, but for those of `!env` and `!file`, which nobody sees.
    Shown,
}

impl SecretView {
    /// That of a client that is an administrator of this machine, or that is not.
    pub(crate) fn of(secrets: ShowSecrets, is_administrator: bool) -> Self {
        match secrets {
            ShowSecrets::Always => Self::Shown,
            ShowSecrets::Local if is_administrator => Self::Shown,
            ShowSecrets::Local | ShowSecrets::Never => Self::Masked,
        }
    }
}

impl ConfigFields {
    /// Writes the members of a plugin.
    pub(crate) fn of(spec: &PluginSpec, secrets: ShowSecrets) -> Self {
        let name = spec.name.as_str();
        // The link has the name unencoded, as in the original: clients encode it themselves.
        let link = json_text::to_text(&format!("/plugins/{name}"));
        let name = json_text::to_text(name);
        let parameters = |view| {
            let parameters = match view {
                SecretView::Shown => json_text::to_text(&spec.parameters),
                SecretView::Masked => {
                    let shown = spec.parameters.iter().map(|(name, value)| (name.clone(), masked(name, value)));
                    json_text::to_text(&shown.collect::<Parameters>())
                }
            };
            format!("\"parameters\": {parameters}")
        };
        let of_all = parameters(SecretView::of(secrets, false));
        let of_administrators = parameters(SecretView::of(secrets, true));
        Self {
            identity: format!("\"links\": {{\"self\": {link}}}, \"name\": {name}"),
            of_administrators: Some(of_administrators).filter(|text| *text != of_all),
            parameters: of_all,
            facts: PluginFacts::of(spec),
            interval: match spec.trigger {
                Some(Trigger::Every { interval, .. }) => Some(interval),
                Some(Trigger::Calendar { .. }) | None => None,
            },
            maintenance_lock: spec.maintenance_lock.clone(),
        }
    }

    /// `"parameters": {...}` as administrators of this machine see it, or as all clients do.
    pub(crate) fn parameters_for(&self, is_administrator: bool) -> &str {
        self.of_administrators.as_deref().filter(|_| is_administrator).unwrap_or(&self.parameters)
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn size(&self) -> isize {
        let of_administrators = self.of_administrators.as_ref().map_or(0, |text| packed_text::size(text.len()));
        packed_text::size(self.identity.len()) + packed_text::size(self.parameters.len()) + of_administrators
    }
}
