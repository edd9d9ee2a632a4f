//! What the configuration alone decides of a plugin on the wire, written once.

use smoker_model::plugin::PluginSpec;

use crate::results::history;
use crate::results::json_text;

/// The members of a plugin's object that its configuration decides.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    /// `"links": {...}, "name": "..."`
    pub(crate) identity: String,
    /// `"parameters": {...}`
    pub(crate) parameters: String,
}

impl Frame {
    /// Writes a plugin's frame.
    pub(crate) fn of(spec: &PluginSpec) -> Self {
        let name = spec.name.as_str();
        // The name stands in its link as it is, as in the original: clients encode it themselves.
        let link = json_text::to_text(&format!("/plugins/{name}"));
        let name = json_text::to_text(name);
        let parameters = json_text::to_text(&spec.parameters);
        Self {
            identity: format!("\"links\": {{\"self\": {link}}}, \"name\": {name}"),
            parameters: format!("\"parameters\": {parameters}"),
        }
    }

    /// How many bytes it takes.
    pub(crate) fn size(&self) -> isize {
        history::size(&self.identity) + history::size(&self.parameters)
    }
}
