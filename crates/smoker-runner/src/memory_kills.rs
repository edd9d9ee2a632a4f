//! What a run says of the processes that the kernel killed in it because it had reached `MaxMemory`.

use smoker_model::messages::Level;
use smoker_model::result::Findings;
use smoker_model::status::Status;

use crate::context::RunContext;

/// The findings of a part of a run, with such kills since the last part. A run that lost a process is not OK, whatever it
/// says itself.
pub(crate) fn noted(findings: Findings, context: RunContext<'_>) -> Findings {
    match context.processes.take_memory_kills() {
        0 => findings,
        kills => with_kills(findings, kills),
    }
}

fn with_kills(mut findings: Findings, kills: u64) -> Findings {
    let processes = if kills == 1 { "a process".to_owned() } else { format!("{kills} processes") };
    let text = format!(
        "the kernel killed {processes} of this run, which had reached its MaxMemory: raise MaxMemory, or let the run need \
         less"
    );
    let level = if findings.status == Status::Error { Level::Error } else { Level::Warn };
    findings.messages.get_or_insert_default().add(level, &text);
    if findings.status == Status::Ok {
        findings.status = Status::Warn;
    }
    findings
}

#[cfg(test)]
mod tests {
    use smoker_model::messages::Messages;

    use super::*;

    #[test]
    fn a_run_that_lost_a_process_is_not_ok_and_says_why() {
        for (status, expected, level, kills, said) in [
            (Status::Ok, Status::Warn, Level::Warn, 1, "the kernel killed a process of this run"),
            (Status::Warn, Status::Warn, Level::Warn, 2, "the kernel killed 2 processes of this run"),
            (Status::Error, Status::Error, Level::Error, 1, "reached its MaxMemory: raise MaxMemory"),
        ] {
            let found = with_kills(Findings::new(status, Messages::new()), kills);
            let messages = found.messages.expect("a message");
            assert!(messages.level(level).any(|text| text.contains(said)), "{messages:?}");
            assert_eq!(found.status, expected);
        }
    }
}
