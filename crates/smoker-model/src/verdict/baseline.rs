//! How hosts were: what a gate compares with.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::status::Status;
use crate::verdict::distinct_names::distinct_names;
use crate::verdict::part::Part;

/// The version of the form of a baseline.
pub const VERSION: u32 = 1;

/// How hosts were.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Baseline {
    /// The version of its form.
    #[serde(rename = "smokerBaseline")]
    pub version: u32,
    /// When it was made, as RFC 3339 has it.
    pub made: String,
    /// Where its results are from.
    pub source: Source,
    /// The time that its results are from, of one that was made after the fact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The options by which its plugins were chosen; none where all of them were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selects: Option<String>,
    /// The hosts.
    pub hosts: Vec<BaselineHost>,
}

/// Where the results of a baseline are from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A forced run.
    Forced,
    /// The last results.
    Last,
    /// The journal.
    Journal,
}

/// How a host was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaselineHost {
    /// Its name as the call had it.
    pub host: String,
    /// Host and port of its daemon.
    pub address: String,
    /// The daemon's own name of it, if it answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The groups of the inventory that it was in.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub groups: BTreeSet<String>,
    /// Why it is not known how it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// Its plugins.
    #[serde(default)]
    pub plugins: Vec<BaselinePlugin>,
}

/// How a plugin was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaselinePlugin {
    /// Its name.
    pub name: String,
    /// Its status.
    pub status: Status,
    /// How long its run took, in seconds, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
    /// Its first message, if it was not OK.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its parameters that options choose by: `Type`, `Category`, `Component`, `RunOnLocked`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "distinct_names")]
    pub parameters: BTreeMap<String, serde_json::Value>,
    /// Its components by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", deserialize_with = "distinct_names")]
    pub components: BTreeMap<String, Status>,
}

/// How a part was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Before {
    /// Its status.
    pub status: Status,
    /// How long its run took, in seconds.
    pub seconds: Option<f64>,
}

impl Before {
    /// Whether it worked.
    #[must_use]
    pub fn was_good(self) -> bool {
        matches!(self.status, Status::Ok | Status::Warn)
    }

    /// The same by a call that may take WARN for bad: what is bad now by the same rule was so before.
    #[must_use]
    pub fn was_good_unless(self, warn_is_bad: bool) -> bool {
        self.was_good() && !(warn_is_bad && self.status == Status::Warn)
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    ///
    /// Why it is none, which version wrote it, or what it has twice: two of one name, of which only one would count.
    pub fn parse(text: &str) -> Result<Self, String> {
        let whole = serde_json::from_str::<Self>(text);
        // A large one is read once only.
        if whole.as_ref().is_ok_and(|baseline| baseline.version == VERSION) {
            let baseline = whole.map_err(|error| error.to_string())?;
            return match baseline.named_twice() {
                Some(twice) => Err(format!("it has {twice} twice; take one out, or make it again")),
                None => Ok(baseline),
            };
        }
        let version: Version = serde_json::from_str(text)
            .map_err(|error| format!("it is no baseline: {error}; make one by `smokercli baseline -o FILE`"))?;
        if version.version != VERSION {
            let version = version.version;
            return Err(format!(
                "its form has the version {version}, and this client knows {VERSION}; make it again by this client"
            ));
        }
        whole.map_err(|error| format!("it is no whole baseline: {error}; make it again"))
    }

    /// A host that is there twice, or a plugin that one host has twice.
    fn named_twice(&self) -> Option<String> {
        let mut hosts = BTreeSet::new();
        for host in &self.hosts {
            if !hosts.insert((host.host.to_lowercase(), host.address.as_str())) {
                return Some(format!("the host {} ({})", host.host, host.address));
            }
            let mut plugins = BTreeSet::new();
            if let Some(twice) = host.plugins.iter().find(|plugin| !plugins.insert(plugin.name.as_str())) {
                return Some(format!("the plugin {} of the host {}", twice.name, host.host));
            }
        }
        None
    }

    /// The host of this address, or else the only one of this name or of this daemon's name.
    #[must_use]
    pub fn host(&self, address: &str, host: &str, name: Option<&str>) -> Option<&BaselineHost> {
        let only = |is_it: &dyn Fn(&&BaselineHost) -> bool| {
            let mut found = self.hosts.iter().filter(is_it);
            found.next().filter(|_| found.next().is_none())
        };
        only(&|other| other.address == address)
            .or_else(|| only(&|other| other.host == host))
            .or_else(|| only(&|other| name.is_some() && other.name.as_deref() == name))
    }
}

impl BaselineHost {
    /// Its plugins and their components; none when it is not known how it was.
    #[must_use]
    pub fn parts(&self) -> Option<BTreeMap<Part, Before>> {
        if self.error.is_some() {
            return None;
        }
        let mut parts = BTreeMap::new();
        for plugin in &self.plugins {
            let before = Before { status: plugin.status, seconds: plugin.seconds };
            insert(&mut parts, Part::of_plugin(&plugin.name), before);
            for (name, status) in &plugin.components {
                let before = Before { status: *status, seconds: None };
                insert(&mut parts, Part::of_component(&plugin.name, name), before);
            }
        }
        Some(parts)
    }

    /// As [`Self::parts`], without what had no result, or one that cannot be read: it was neither good nor bad.
    #[must_use]
    pub fn known_parts(&self) -> Option<BTreeMap<Part, Before>> {
        let mut parts = self.parts()?;
        parts.retain(|_, before| before.status != Status::Unknown);
        Some(parts)
    }
}

/// Of a part that is there twice, the worse one counts, whatever their order is.
fn insert(parts: &mut BTreeMap<Part, Before>, part: Part, before: Before) {
    let known = parts.entry(part).or_insert(before);
    if rank(before.status) > rank(known.status) {
        *known = before;
    }
}

fn rank(status: Status) -> u8 {
    match status {
        Status::Ok => 0,
        Status::Warn => 1,
        Status::Unknown => 2,
        Status::Error => 3,
    }
}

impl BaselinePlugin {
    /// Takes in another plugin of the same name, which an odd daemon may show: the worse state of each part counts.
    pub fn merge(&mut self, other: Self) {
        if rank(other.status) > rank(self.status) {
            (self.status, self.seconds, self.message) = (other.status, other.seconds, other.message);
        }
        for (name, status) in other.components {
            let known = self.components.entry(name).or_insert(status);
            if rank(status) > rank(*known) {
                *known = status;
            }
        }
    }
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "smokerBaseline")]
    version: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_baseline_is_read_and_another_form_is_told() {
        let text = r#"{"smokerBaseline": 1, "made": "2026-11-29T10:00:00Z", "source": "forced", "hosts": [
            {"host": "web1", "address": "web1:8086", "plugins": [
                {"name": "Disk", "status": "OK", "seconds": 0.5, "components": {"/": "OK", "/srv": "ERROR"}},
                {"name": "Fresh", "status": "UNKNOWN"}]},
            {"host": "web2", "address": "web2:8086", "name": "two", "error": "timed out"}]}"#;
        let baseline = Baseline::parse(text).expect("valid");
        let parts = baseline.hosts[0].parts().expect("it answered");
        assert_eq!(parts.len(), 4);
        assert_eq!(baseline.hosts[0].known_parts().map(|parts| parts.len()), Some(3));
        assert!(!parts[&Part::of_component("Disk", "/srv")].was_good());
        assert_eq!(baseline.hosts[1].parts(), None);
        let mut disk = baseline.hosts[0].plugins[0].clone();
        let other = BaselinePlugin {
            status: Status::Warn,
            components: [("/".to_owned(), Status::Error)].into(),
            ..disk.clone()
        };
        disk.merge(other);
        assert_eq!((disk.status, disk.components["/"], disk.components.len()), (Status::Warn, Status::Error, 2));
        let again = Baseline::parse(&serde_json::to_string(&baseline).expect("JSON"));
        assert_eq!(again, Ok(baseline.clone()));
        let found = |address: &str, host: &str, name| baseline.host(address, host, name).map(|host| host.host.as_str());
        assert_eq!(found("web1:8086", "x", None), Some("web1"));
        assert_eq!(found("web1:90", "web1", None), Some("web1"));
        assert_eq!(found("10.0.0.2:8086", "y", Some("two")), Some("web2"));
        assert_eq!(found("z:1", "z", None), None);
        for (text, words) in [
            ("[]", "it is no baseline"),
            ("{}", "it is no baseline"),
            (r#"{"smokerBaseline": 9}"#, "version 9"),
            (r#"{"smokerBaseline": 1}"#, "no whole baseline"),
            (text.replace("Fresh", "Disk").as_str(), "it has the plugin Disk of the host web1 twice"),
            (text.replace("web2", "WEB1").replace("WEB1:", "web1:").as_str(), "it has the host WEB1 (web1:8086) twice"),
            (text.replace("/srv", "/").as_str(), "the name \"/\" is there twice"),
        ] {
            assert!(Baseline::parse(text).expect_err(text).contains(words), "{text}");
        }
    }
}
