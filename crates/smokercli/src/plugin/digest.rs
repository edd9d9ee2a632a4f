//! What a page shows of a plugin, as numbers that are others when it is something else.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use crate::plugin::Plugin;

/// What a page shows of a plugin. The numbers of one process can be compared with each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageDigest {
    /// The parameters: its configuration, but for what is secret.
    pub parameters: u64,
    /// The last result.
    pub last_result: u64,
}

#[derive(Deserialize)]
struct Members<'a> {
    #[serde(default, borrow)]
    parameters: Option<&'a RawValue>,
    #[serde(default, borrow, rename = "lastResult")]
    last_result: Option<&'a RawValue>,
}

impl Plugin {
    /// What its page shows.
    #[must_use]
    pub fn digest(&self) -> PageDigest {
        if let Ok(Members { parameters, last_result }) = serde_json::from_str(self.json.get()) {
            let [parameters, last_result] = [parameters, last_result].map(|member| digest(member.map(RawValue::get)));
            return PageDigest { parameters, last_result };
        }
        // What is odd, such as a member that is there twice.
        let view = self.view();
        let text = |object: Option<&Map<String, Json>>| object.map(|object| Json::from(object.clone()).to_string());
        let [parameters, last_result] =
            [text(view.parameters()), text(view.result())].map(|text| digest(text.as_deref()));
        PageDigest { parameters, last_result }
    }
}

impl PageDigest {
    /// That of two plugins of one name, in any order.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            parameters: self.parameters.wrapping_add(other.parameters),
            last_result: self.last_result.wrapping_add(other.last_result),
        }
    }
}

fn digest(text: Option<&str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_results_have_numbers_of_their_own() {
        let of = |json: &str| Plugin::parse(RawValue::from_string(json.to_owned()).expect("JSON")).digest();
        let page =
            r#"{"name": "p", "parameters": {"Command": "true"}, "lastResult": {"status": "OK"}, "nextRun": "1"}"#;
        let first = of(page);
        assert_eq!(of(&page.replace("\"1\"", "\"2\"")), first, "when it runs next is neither");
        let other = of(&page.replace("true", "false"));
        assert_eq!((other.parameters == first.parameters, other.last_result == first.last_result), (false, true));
        let other = of(&page.replace("OK", "WARN"));
        assert_eq!((other.parameters == first.parameters, other.last_result == first.last_result), (true, false));
        let twice = |result: &str| of(&format!(r#"{{"name": "p", "lastResult": null, "lastResult": {result}}}"#));
        assert_eq!(twice("{}"), twice("{}"));
        assert_ne!(twice("{}"), twice(r#"{"status": "OK"}"#));
    }
}
