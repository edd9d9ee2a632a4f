//! `GET /`: which host this is, and links to everything else.

use serde::{Deserialize, Serialize};

/// The response to `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutPage {
    /// The daemon's description of itself.
    pub about: About,
}

/// A daemon's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The machine's host name.
    pub host: String,
    /// The name of the interface; empty if the daemon gives none.
    #[serde(default)]
    pub title: String,
    /// The resources of the daemon.
    pub links: Vec<Link>,
}

/// A link to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The name of the resource: `plugins` or `processes`.
    pub rel: String,
    /// The path of the resource.
    pub href: String,
    /// The methods that the resource takes, separated by commas; empty if the daemon does not list them.
    #[serde(default)]
    pub methods: String,
    /// A description for people; empty if the daemon gives none.
    #[serde(default)]
    pub title: String,
}
