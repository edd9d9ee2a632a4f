//! The part of a plugin's JSON object that its configuration alone decides.

use smoker_model::plugin::{Parameters, PluginSpec};
use smoker_model::secrets::mask::masked;

use crate::results::json_text;
use crate::results::packed_text;

/// Members of a plugin's JSON object, written once when the configuration is loaded.
#[derive(Debug, Default)]
pub(crate) struct ConfigFields {
    /// `"links": {...}, "name": "..."`
    pub(crate) identity: String,
    /// `"parameters": {...}`
    pub(crate) parameters: String,
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

impl ConfigFields {
    /// Writes the members of a plugin.
    pub(crate) fn of(spec: &PluginSpec, secrets: SecretView) -> Self {
        let name = spec.name.as_str();
        // The link has the name unencoded, as in the original: clients encode it themselves.
        let link = json_text::to_text(&format!("/plugins/{name}"));
        let name = json_text::to_text(name);
        let parameters = match secrets {
            SecretView::Shown => json_text::to_text(&spec.parameters),
            SecretView::Masked => {
                let shown = spec.parameters.iter().map(|(name, value)| (name.clone(), masked(name, value)));
                json_text::to_text(&shown.collect::<Parameters>())
            }
        };
        Self {
            identity: format!("\"links\": {{\"self\": {link}}}, \"name\": {name}"),
            parameters: format!("\"parameters\": {parameters}"),
        }
    }

    /// The memory that it takes, in bytes.
    pub(crate) fn size(&self) -> isize {
        packed_text::size(self.identity.len()) + packed_text::size(self.parameters.len())
    }
}
