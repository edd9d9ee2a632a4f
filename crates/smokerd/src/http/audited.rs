//! What a page has done, for the audit log.

/// What was done for a request, in a few words. A page puts it into the extensions of its response.
#[derive(Clone, Debug)]
pub(crate) struct Audited(pub(crate) String);
