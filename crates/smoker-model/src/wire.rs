//! The bodies of the REST interface that both sides speak.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// The port that the daemon listens on and the client asks, unless configured.
pub const DEFAULT_PORT: u16 = 8086;

/// The answer to `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutPage {
    /// The one member.
    pub about: About,
}

/// What a daemon says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The machine's host name.
    pub host: String,
    /// What answers here.
    #[serde(default)]
    pub title: String,
    /// Where to go next.
    pub links: Vec<Link>,
}

/// A way on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What is there: `plugins` or `processes`.
    pub rel: String,
    /// The path.
    pub href: String,
    /// The methods that it takes, separated by commas.
    #[serde(default)]
    pub methods: String,
    /// For people.
    #[serde(default)]
    pub title: String,
}

/// The body of `POST /processes`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForceRequest {
    /// The one member.
    pub process: ForceSelection,
}

/// Which plugins to run: the named ones, then all that the filter finds.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct ForceSelection {
    /// Names in the wanted order.
    #[serde(default)]
    pub plugins: Option<Vec<String>>,
    /// Parameters and the values that they must have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Map<String, Json>>,
}

/// The answer while a process runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncTaskPage {
    /// The one member.
    #[serde(rename = "asyncTask")]
    pub async_task: AsyncTask,
}

/// A process that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsyncTask {
    /// Where to ask again.
    pub link: PollLink,
}

/// Where to ask again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollLink {
    /// The path.
    pub poll: String,
}
