//! When the last run of a plugin's schedule was to start: its next one is planned by that.
//!
//! Runs that are due while one goes on are skipped, and recorded before that one is: they were due later, although their records are older.

use chrono::{DateTime, Utc};
use smoker_model::run_record::{RunRecord, RunState};

/// Finds it where records are read newest first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastPlannedSearch {
    last: Option<DateTime<Utc>>,
    /// When the run ended whose record was found first: what was due until then was skipped because of it.
    ended: Option<DateTime<Utc>>,
}

/// That after the next record, which is one of the schedule.
pub(crate) fn after(before: Option<DateTime<Utc>>, record: &RunRecord) -> DateTime<Utc> {
    let planned = record.planned.wall;
    let ended = match &record.state {
        RunState::Finished(run) => run.ended.wall,
        RunState::Skipped { .. } => planned,
    };
    // A later one is of a clock that was wrong.
    before.filter(|before| *before > planned && *before <= ended).unwrap_or(planned)
}

impl LastPlannedSearch {
    /// Takes the next older record of the schedule, and when it was made.
    pub(crate) fn note_older(&mut self, planned: DateTime<Utc>, ended: DateTime<Utc>) {
        match (self.last, self.ended) {
            (Some(last), Some(end)) if planned > last && planned <= end => self.last = Some(planned),
            (None, _) => (self.last, self.ended) = (Some(planned), Some(ended)),
            _ => {}
        }
    }

    /// Takes a record that is newer than all others.
    pub(crate) fn note_newer(&mut self, planned: DateTime<Utc>, ended: DateTime<Utc>) {
        let before = self.last.filter(|before| *before > planned && *before <= ended);
        (self.last, self.ended) = (Some(before.unwrap_or(planned)), Some(ended));
    }

    /// What was found.
    pub(crate) fn found(&self) -> Option<DateTime<Utc>> {
        self.last
    }
}

#[cfg(test)]
mod tests {
    use smoker_model::run_record::SkipReason;

    use super::*;
    use crate::results::samples;

    #[test]
    fn runs_that_were_skipped_count_also_where_the_run_before_them_ends_later() {
        let time = |hour: i64| DateTime::from_timestamp(3600 * hour, 0).expect("a time");
        // When they were to start, and when the run ended; none was skipped.
        let record = |(planned, ended): (i64, Option<i64>)| {
            let mut record = samples::finished(&"a".into(), "{}");
            record.planned.wall = time(planned);
            match (&mut record.state, ended) {
                (RunState::Finished(run), Some(ended)) => {
                    (run.started.wall, run.ended.wall) = (time(planned), time(ended));
                }
                (state, _) => *state = RunState::Skipped { reason: SkipReason::Overlap, count: 1 },
            }
            record
        };
        for (records, expected) in [
            (vec![(2, Some(3)), (26, None)], 26),
            (vec![(26, None), (2, Some(32))], 26),
            (vec![(26, None), (50, None), (2, Some(52)), (74, Some(75))], 74),
            (vec![(26, None), (2, Some(32)), (50, Some(51))], 50),
            // The clock was set back by years.
            (vec![(90_000, Some(90_001)), (2, Some(3))], 2),
        ] {
            let records: Vec<_> = records.into_iter().map(record).collect();
            let noted = records.iter().fold(None, |before, record| Some(after(before, record)));
            let mut search = LastPlannedSearch::default();
            for record in records.iter().rev() {
                let ended = match &record.state {
                    RunState::Finished(run) => run.ended.wall,
                    RunState::Skipped { .. } => record.planned.wall,
                };
                search.note_older(record.planned.wall, ended);
            }
            assert_eq!([noted, search.found()], [Some(time(expected)); 2]);
        }
        let mut search = LastPlannedSearch::default();
        search.note_older(time(26), time(26));
        search.note_newer(time(2), time(30));
        assert_eq!(search.found(), Some(time(26)), "it went on until the daemon ended");
    }
}
