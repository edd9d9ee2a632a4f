//! What is to be done with the journal.

/// A task of `--journal`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JournalTask {
    /// Say what it holds and what of it is damaged.
    Verify,
    /// Print its records.
    Dump,
    /// Drop what `history_disk` does not allow.
    Compact,
    /// Take damage out of it, which is kept aside.
    Repair,
}
