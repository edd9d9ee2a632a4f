//! What became of the runs of a plugin, in a few numbers.

use chrono::{DateTime, Utc};
use smoker_model::plugin::PluginName;
use smoker_model::status::Status;
use smoker_model::wire::results::{Durations, Spell, Summary};

use crate::results::json_text;
use crate::results::kept::facts::RunFacts;

/// What a summary reads of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MeasuredRun {
    status: Status,
    started: DateTime<Utc>,
    /// In seconds.
    duration: f64,
}

impl MeasuredRun {
    /// None for a run that the end of the daemon ended, too, or that had other values: it says nothing of what it checks.
    pub(crate) fn of(facts: &RunFacts) -> Option<Self> {
        let duration = facts.duration.as_secs_f64();
        facts.counts().then_some(Self { status: facts.status, started: facts.started, duration })
    }
}

/// Sums up runs, oldest first.
pub(crate) fn of(plugin: &PluginName, runs: &[MeasuredRun]) -> Summary {
    let count = |status| runs.iter().filter(|run| run.status == status).count() as u64;
    let failures = count(Status::Error);
    let started = |run: Option<&MeasuredRun>| run.map(|run| json_text::moment(run.started));
    let is_bad = |run: &MeasuredRun| run.status != Status::Ok;
    Summary {
        plugin: plugin.as_str().to_owned(),
        first: started(runs.first()),
        last: started(runs.last()),
        runs: runs.len() as u64,
        failures,
        warnings: count(Status::Warn),
        availability: share(runs.len() as u64 - failures, runs.len() as u64),
        duration: durations(runs),
        longest_bad_spell: longest_bad_spell(runs),
        flaps: runs.windows(2).filter(|pair| is_bad(&pair[0]) != is_bad(&pair[1])).count() as u64,
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^52")]
fn share(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| rounded(part as f64 / whole as f64))
}

/// Microseconds and millionths are precise enough, and short to read.
fn rounded(number: f64) -> f64 {
    (number * 1e6).round() / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "numbers of runs are far below 2^52")]
fn durations(runs: &[MeasuredRun]) -> Option<Durations> {
    let mut seconds: Vec<_> = runs.iter().map(|run| run.duration).collect();
    seconds.sort_by(f64::total_cmp);
    // The nearest rank: the shortest duration that at least 95 % do not exceed.
    let rank = (seconds.len() * 95).div_ceil(100).checked_sub(1)?;
    let mean = seconds.iter().sum::<f64>() / seconds.len() as f64;
    Some(Durations { mean: rounded(mean), p95: rounded(seconds[rank]) })
}

fn longest_bad_spell(runs: &[MeasuredRun]) -> Option<Spell> {
    let mut rest = runs;
    let mut longest: Option<Spell> = None;
    while let Some(begin) = rest.iter().position(|run| run.status != Status::Ok) {
        rest = &rest[begin..];
        let count = rest.iter().position(|run| run.status == Status::Ok).unwrap_or(rest.len());
        let spell = spell(&rest[..count], rest.get(count).map(|run| run.started));
        if longest.as_ref().is_none_or(|longest| spell.seconds > longest.seconds) {
            longest = Some(spell);
        }
        rest = &rest[count..];
    }
    longest
}

fn spell(bad: &[MeasuredRun], end: Option<DateTime<Utc>>) -> Spell {
    let from = bad[0].started;
    let last = end.unwrap_or_else(|| bad[bad.len() - 1].started);
    // A wall clock that was set back has no negative time.
    let seconds = (last - from).to_std().map_or(0.0, |time| rounded(time.as_secs_f64()));
    Spell { from: json_text::moment(from), to: end.map(json_text::moment), seconds, runs: bad.len() as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(runs: &[(Status, i64, f64)]) -> Summary {
        let started = |at| DateTime::from_timestamp(at, 0).expect("in the calendar");
        let run =
            |(status, at, duration): &_| MeasuredRun { status: *status, started: started(*at), duration: *duration };
        of(&"a".into(), &runs.iter().map(run).collect::<Vec<_>>())
    }

    #[test]
    fn runs_are_counted_and_measured() {
        use Status::{Error, Ok, Warn};
        let none = summary(&[]);
        assert_eq!((none.runs, none.availability, none.duration, none.first), (0, None, None, None));
        let runs = [(Ok, 0, 1.0), (Warn, 10, 1.0), (Error, 20, 1.0), (Ok, 40, 1.0), (Error, 50, 1.0), (Ok, 55, 7.0)];
        let some = summary(&runs);
        assert_eq!((some.runs, some.failures, some.warnings, some.flaps), (6, 2, 1, 4));
        assert_eq!((some.availability, some.duration), (Some(0.666_667), Some(Durations { mean: 2.0, p95: 7.0 })));
        let spell = some.longest_bad_spell.expect("bad runs");
        assert_eq!((spell.seconds, spell.runs, spell.to.as_deref()), (30.0, 2, Some("1970-01-01T00:00:40.000000Z")));
    }

    #[test]
    fn a_spell_that_goes_on_has_no_end_and_a_clock_that_was_set_back_no_negative_time() {
        let spell = summary(&[(Status::Error, 5, 0.0), (Status::Error, 25, 0.0)]).longest_bad_spell.expect("bad runs");
        assert_eq!((spell.seconds, spell.runs, spell.to), (20.0, 2, None));
        let spell = summary(&[(Status::Error, 5, 0.0), (Status::Ok, 1, 0.0)]).longest_bad_spell.expect("bad runs");
        assert_eq!((spell.seconds, spell.runs), (0.0, 1));
    }

    #[test]
    fn the_95th_percentile_is_a_duration_that_was_measured() {
        let runs: Vec<_> = (1..=100u8).map(|number| (Status::Ok, 0, f64::from(number))).collect();
        let p95 = |runs: &[_]| summary(runs).duration.map(|duration| duration.p95);
        assert_eq!((p95(&runs), p95(&runs[..1])), (Some(95.0), Some(1.0)));
    }
}
