//! `GET /`: which host this is, and links to everything else.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value as Json;

/// The name of the header that tells one start of a daemon from another. The body has no room for it: clients of the original compare
/// what it holds.
pub const INSTANCE_HEADER: &str = "smoker-instance";

/// The longest id of a start that is taken, in bytes.
const MAX_INSTANCE: usize = 64;

/// Writes the header's value, `ID; started=TIME`: a random number of 16 hexadecimal digits, and when the daemon started, as RFC 3339
/// has it.
#[must_use]
pub fn write_instance(id: u64, started: &str) -> String {
    format!("{id:016x}; started={started}")
}

/// Reads the id of the header's value; `None` for one of another form.
#[must_use]
pub fn read_instance(value: &str) -> Option<String> {
    let id = value.split(';').next().unwrap_or_default().trim();
    let is_id = !id.is_empty() && id.len() <= MAX_INSTANCE && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id.then(|| id.to_owned())
}

/// The response to `GET /`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AboutPage {
    /// The daemon's description of itself.
    pub about: About,
}

/// A daemon's description of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The machine's host name; empty if it is no text.
    #[serde(deserialize_with = "text_or_empty")]
    pub host: String,
    /// The name of the interface; empty if the daemon gives none.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub title: String,
    /// The resources of the daemon. One that is no link is left out.
    #[serde(deserialize_with = "links")]
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
    #[serde(default, deserialize_with = "text_or_empty")]
    pub methods: String,
    /// A description for people; empty if the daemon gives none.
    #[serde(default, deserialize_with = "text_or_empty")]
    pub title: String,
}

/// What nobody needs does not make the host unreachable when it is no text.
fn text_or_empty<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Json::deserialize(deserializer)? {
        Json::String(text) => text,
        _ => String::new(),
    })
}

fn links<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Link>, D::Error> {
    let links = Vec::<Json>::deserialize(deserializer)?;
    Ok(links.into_iter().filter_map(|link| serde_json::from_value(link).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_start_comes_back() {
        let written = write_instance(0x5f, "2026-11-30T21:00:00Z");
        assert_eq!(written, "000000000000005f; started=2026-11-30T21:00:00Z");
        assert_eq!(read_instance(&written).as_deref(), Some("000000000000005f"));
        assert_eq!(read_instance("abc").as_deref(), Some("abc"));
        for odd in ["", ";", "a b; started=x", &"a".repeat(65)] {
            assert_eq!(read_instance(odd), None, "{odd}");
        }
    }

    #[test]
    fn one_odd_value_costs_that_value() {
        let page = r#"{"about": {"host": "web1", "title": 5, "links": [
            null, {"rel": "docs"}, {"rel": "plugins", "href": "/plugins", "methods": ["GET"], "title": null}]}}"#;
        let about = serde_json::from_str::<AboutPage>(page).expect("a page").about;
        let link = Link {
            rel: "plugins".to_owned(),
            href: "/plugins".to_owned(),
            methods: String::new(),
            title: String::new(),
        };
        assert_eq!((about.title.as_str(), about.links), ("", vec![link]));
        let about = serde_json::from_str::<AboutPage>(r#"{"about": {"host": 5, "links": []}}"#).expect("a page").about;
        assert_eq!(about.host, "", "clients name it as they were told to ask it");
        assert!(serde_json::from_str::<AboutPage>(r#"{"about": {"links": []}}"#).is_err());
    }
}
