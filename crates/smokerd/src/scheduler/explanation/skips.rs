//! Runs of a plugin that did not take place, in words.

use smoker_model::calendar::zone::Zone;
use smoker_model::counted::counted;
use smoker_model::run_record::SkipReason;

use crate::results::plugin::counters::RunCounters;
use crate::results::plugin_entry::PluginNow;
use crate::results::recent_skips::RecentSkip;

/// How many there were since the start by reason, then the newest ones with time and reason; empty when there were none.
pub(super) fn skipped_runs(known: &PluginNow, zone: &Zone) -> Vec<String> {
    let recent = known.recent_skips.iter().map(|skip| described(skip, zone));
    summary(&known.counters).into_iter().chain(recent).collect()
}

fn summary(counters: &RunCounters) -> Option<String> {
    let all = counters.skipped();
    let verb = if all == 1 { "was" } else { "were" };
    let begin = format!("{} {verb} skipped since the start", counted(all, "scheduled run"));
    let reasons = [
        (counters.held_back, "a plugin that it depends on was bad"),
        (counters.overlapped, "the run before had not ended"),
        (counters.missed, "the time went by while the machine slept or smokerd was down"),
    ];
    match *reasons.iter().filter(|(count, _)| *count > 0).collect::<Vec<_>>() {
        [] => None,
        [(_, reason)] => Some(format!("{begin}, because {reason}")),
        ref several => {
            let each: Vec<_> = several.iter().map(|(count, reason)| format!("{count} because {reason}")).collect();
            Some(format!("{begin}: {}", each.join(", ")))
        }
    }
}

fn described(skip: &RecentSkip, zone: &Zone) -> String {
    let reason = match (&skip.parent, skip.reason) {
        (Some(bad), _) => bad.reason(&zone.shown(bad.since)),
        (None, SkipReason::Dependency) => "a plugin that it depends on was bad".to_owned(),
        (None, SkipReason::Overlap) => "the run before had not ended".to_owned(),
        (None, SkipReason::Missed) => "the time went by while the machine slept or smokerd was down".to_owned(),
        (None, SkipReason::OutsideOfHours) => "it is outside of Only".to_owned(),
    };
    let cause = skip.cause.as_ref().map_or_else(String::new, |cause| format!(" because of {cause}"));
    let count = if skip.count == 1 { String::new() } else { format!(", the last of {}", counted(skip.count, "run")) };
    format!("{}{cause}{count}: {reason}", zone.shown(skip.planned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skipped_runs_are_counted_by_reason_and_the_newest_have_time_and_reason() {
        let mut known = PluginNow::default();
        let zone = Zone::named("Europe/Prague").expect("it is known");
        assert!(skipped_runs(&known, &zone).is_empty());
        known.counters.overlapped = 1;
        let planned = "2026-11-28T02:42:00Z".parse().expect("a time");
        let cause = None;
        known.recent_skips = vec![RecentSkip { planned, reason: SkipReason::Overlap, count: 1, cause, parent: None }];
        assert_eq!(
            skipped_runs(&known, &zone),
            [
                "1 scheduled run was skipped since the start, because the run before had not ended",
                "2026-11-28T03:42:00+01:00: the run before had not ended",
            ]
        );
        known.counters.held_back = 2;
        assert_eq!(
            skipped_runs(&known, &zone)[0],
            "3 scheduled runs were skipped since the start: 2 because a plugin that it depends on was bad, \
             1 because the run before had not ended"
        );
    }
}
