//! The option `--journal`.

use clap::{Args, ValueEnum};

use crate::journal_command::journal_task::JournalTask;

/// The option that looks into the kept results.
#[derive(Debug, Args)]
#[command(next_help_heading = "Looking into the journal of results")]
pub(crate) struct JournalArguments {
    /// verify: say what the journal in `state_dir` holds and what of it is damaged; dump: print its records as JSON; compact: drop what `history_disk` does not allow; repair: take damage out of it, which is kept aside; both while no daemon runs
    #[arg(long, value_name = "TASK", conflicts_with_all = ["check", "stop", "reload", "foreground", "genconfig", "test_plugin", "compare", "output"])]
    journal: Option<Task>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "lower")]
enum Task {
    Verify,
    Dump,
    Compact,
    Repair,
}

impl JournalArguments {
    /// What is to be done; `None` without `--journal`.
    pub(crate) fn into_task(self) -> Option<JournalTask> {
        self.journal.map(|task| match task {
            Task::Verify => JournalTask::Verify,
            Task::Dump => JournalTask::Dump,
            Task::Compact => JournalTask::Compact,
            Task::Repair => JournalTask::Repair,
        })
    }
}
