//! A plugin of a host, or a component of it: what is judged.

use std::fmt;

/// A plugin, or a component of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part {
    /// The plugin's name.
    pub plugin: String,
    /// The component's name; none for the plugin itself.
    pub component: Option<String>,
}

impl Part {
    /// The plugin itself.
    #[must_use]
    pub fn of_plugin(plugin: &str) -> Self {
        Self { plugin: plugin.to_owned(), component: None }
    }

    /// A component of the plugin.
    #[must_use]
    pub fn of_component(plugin: &str, component: &str) -> Self {
        Self { plugin: plugin.to_owned(), component: Some(component.to_owned()) }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.component {
            None => f.write_str(&self.plugin),
            Some(component) => write!(f, "{} / {component}", self.plugin),
        }
    }
}
