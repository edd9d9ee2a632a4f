//! What the rounds have shown of one plugin or component.

use crate::verdict::answer::Finding;
use crate::verdict::past::Flaky;

/// How many of the newest durations are compared with those of before.
const DURATIONS: usize = 3;

/// What the rounds have shown of one plugin or component.
#[derive(Clone, Debug, Default)]
pub(super) struct PartRounds {
    /// The newest result.
    pub(super) last: Option<Finding>,
    /// Whether the call takes it for a bad one.
    pub(super) is_bad: bool,
    /// How many of the newest rounds in a row were good.
    pub(super) good_in_row: u32,
    /// How many of the newest rounds in a row were bad.
    pub(super) bad_in_row: u32,
    /// How many rounds there were.
    pub(super) rounds: u32,
    /// How many of them were bad.
    pub(super) bad: u32,
    /// How often a bad round came behind a good one.
    pub(super) falls: u32,
    /// Whether it was good again behind a fall.
    has_recovered: bool,
    /// How often it was not there any more behind a good round.
    pub(super) absences: u32,
    /// Whether it is a plugin that has got another configuration since its first round.
    pub(super) is_reconfigured: bool,
    /// How long the newest good runs took, in seconds.
    pub(super) durations: Vec<f64>,
}

impl PartRounds {
    pub(super) fn record(&mut self, finding: Finding, is_bad: bool) {
        self.rounds += 1;
        self.is_bad = is_bad;
        if is_bad {
            self.fall();
            self.bad += 1;
            self.bad_in_row += 1;
        } else {
            self.good_in_row += 1;
            self.bad_in_row = 0;
            self.has_recovered |= self.falls > 0;
            self.durations.extend(finding.seconds);
            let extra = self.durations.len().saturating_sub(DURATIONS);
            self.durations.drain(..extra);
        }
        self.last = Some(finding);
    }

    /// It was good and is not any more.
    pub(super) fn fall(&mut self) {
        self.falls += u32::from(self.good_in_row > 0);
        self.good_in_row = 0;
    }

    /// How often it was bad, when it is so now and then: it was good, bad, and good again. One that was good at first and is bad since
    /// has become bad.
    pub(super) fn flaky(&self) -> Option<Flaky> {
        self.has_recovered.then_some(Flaky { bad: self.bad.max(1) as usize, of: self.rounds as usize })
    }

    /// It is not there any more.
    pub(super) fn vanish(&mut self) {
        self.absences += u32::from(self.good_in_row > 0);
        self.begin_again();
    }

    /// Its plugin, or it itself, has another configuration, which has shown nothing yet.
    pub(super) fn reconfigure(&mut self, is_plugin: bool) {
        self.is_reconfigured |= is_plugin;
        self.begin_again();
    }

    /// Rounds in a row are those in which the host answered: behind a silence they begin again.
    pub(super) fn begin_again(&mut self) {
        self.good_in_row = 0;
        self.bad_in_row = 0;
    }
}
