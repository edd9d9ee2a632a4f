//! A result that is too large for the journal, without most of its text: what matters after a restart is that it is there and how it was.

use smoker_model::messages::{Level, Messages};
use smoker_model::run_record::{ResultText, RunRecord, RunState};
use smoker_model::status::Status;

use crate::results::json_text;

/// How many bytes are kept of the first message of each level.
const KEPT_TEXT: usize = 32 << 10;

/// The same run with a result that says what it lacks.
pub(super) fn shortened(record: &RunRecord) -> RunRecord {
    let mut record = record.clone();
    let RunState::Finished(run) = &mut record.state else { return record };
    let mut messages = Messages::new();
    for level in Level::ALL {
        if let Some(text) = run.result.messages.as_ref().and_then(|messages| messages.level(level).next()) {
            messages.add(level, cut(text));
        }
    }
    let level = match run.result.status {
        Status::Error => Level::Error,
        Status::Warn => Level::Warn,
        _ => Level::Info,
    };
    let size = run.text.size();
    messages
        .add(level, &format!("The result of {size} bytes is too large for the journal, which has only this of it."));
    let result = &mut run.result;
    result.messages = Some(messages);
    (result.component_results, result.action) = (None, None);
    result.perfdata.clear();
    result.extra.clear();
    run.text = ResultText::of(&run.result, |result| json_text::to_text(result));
    record
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(KEPT_TEXT)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::results::samples;

    #[test]
    fn the_begin_of_each_message_and_the_status_stay() {
        let mut record = samples::finished(&"a".into(), &"x".repeat(100));
        let RunState::Finished(run) = &mut record.state else { panic!("it has finished") };
        run.result.messages = Some(Messages::of(Level::Error, &"ü".repeat(KEPT_TEXT)));
        let RunState::Finished(run) = shortened(&record).state else { panic!("it has finished") };
        let messages = run.result.messages.expect("some");
        let errors: Vec<_> = messages.level(Level::Error).collect();
        assert_eq!((errors[0].len(), run.result.status), (KEPT_TEXT, Status::Error));
        assert!(errors[1].contains("100 bytes is too large"), "{errors:?}");
        assert!(run.text.listed.contains("\"status\": \"ERROR\"") && run.text.size() < 4 * KEPT_TEXT);
    }
}
