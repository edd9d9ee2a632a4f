//! What a module answers: one JSON object, from the Python host and from built-in modules in a child.

use crate::process::execute::ChildEnd;

/// What a module's child left.
#[derive(Debug)]
pub(crate) struct ModuleReply {
    /// The reply as JSON; none when the child ended without.
    pub(crate) reply: Option<Vec<u8>>,
    pub(crate) end: ChildEnd,
}

impl ModuleReply {
    pub(crate) fn without_reply(end: ChildEnd) -> Self {
        Self { reply: None, end }
    }
}
