//! What a page shows of a plugin, as numbers that are others when it is something else.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::Deserialize;
use serde_json::value::RawValue;

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

impl PageDigest {
    /// That of a plugin's part of a page. `odd` reads the parameters and the last result of one with an odd form, such as a member that is there twice.
    pub(super) fn of(json: &str, odd: impl FnOnce() -> [Option<String>; 2]) -> Self {
        let [parameters, last_result] = match serde_json::from_str(json) {
            Ok(Members { parameters, last_result }) => {
                [parameters, last_result].map(|member| digest(member.map(RawValue::get)))
            }
            Err(_) => odd().map(|text| digest(text.as_deref())),
        };
        Self { parameters, last_result }
    }

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
