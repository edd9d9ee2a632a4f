//! The pages that show plugins.
//!
//! The types leave open what a plugin (`P`) is read as: [`Plugin`](crate::wire::plugin::Plugin), or text that is
//! parsed later, which for a fleet's worth of pages takes a fraction of the memory.

use serde::{Deserialize, Serialize};

/// The response to `GET /plugins`, and that to `GET /processes/N` when all runs have ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginsPage<P> {
    /// The list of plugins.
    pub plugins: PluginItems<P>,
}

/// A list of plugins, in configuration order or in that of the request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginItems<P> {
    /// The entries of the list.
    pub items: Vec<PluginItem<P>>,
}

/// An entry of a list of plugins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginItem<P> {
    /// The plugin.
    pub plugin: P,
}

/// The response to `GET /plugins/NAME`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PluginPage<P, R> {
    /// The plugin.
    pub plugin: P,
    /// The results that are kept of it, oldest first.
    pub results: Vec<ResultItem<R>>,
}

/// An entry of a list of results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultItem<R> {
    /// The result.
    pub result: R,
}
