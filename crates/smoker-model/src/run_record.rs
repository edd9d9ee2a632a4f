//! What became of one run of a plugin: who asked for it, when it went on, and its result.

use std::sync::Arc;
use std::time::Duration;

use crate::plugin::PluginName;
use crate::result::PluginResult;
use crate::time::moment::Moment;
use crate::wire::result::{ComponentShape, WireResult};

/// A run that has finished, or that was skipped.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Its position among all records of the daemon, from 1; 0 until the daemon has stored it.
    pub sequence: u64,
    /// The plugin.
    pub plugin: PluginName,
    /// Why it was to run.
    pub trigger: RunTrigger,
    /// When it was to run: the planned instant of the timer, or the arrival of the request.
    pub planned: Moment,
    /// What became of it.
    pub state: RunState,
}

/// Why a run takes place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunTrigger {
    /// The plugin's schedule.
    Schedule,
    /// Its last result was soft.
    Retry,
    /// A run of this other plugin has ended OK.
    After(Arc<str>),
    /// What this other plugin shows is of use only when it is known how this one is: one of both depends on the other.
    OnDemand(Arc<str>),
    /// A job has reported to the plugin.
    Report {
        /// The client that sent the report, as logs name it, where it is known.
        requester: Option<Arc<str>>,
        /// Who the client has proved to be, where it has.
        identity: Option<Arc<str>>,
    },
    /// A client's request.
    Request {
        /// The client as logs name it, where it is known.
        requester: Option<Arc<str>>,
        /// Who the client has proved to be, where it has.
        identity: Option<Arc<str>>,
    },
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// It did not take place. One record stands for all `count` planned
    /// instants in a row that were skipped for the same reason.
    Skipped {
        /// Why.
        reason: SkipReason,
        /// How many planned instants, at least 1.
        count: u64,
    },
    /// It has a result.
    Finished(Box<FinishedRun>),
}

/// Why a planned run did not take place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SkipReason {
    /// The last run had not ended.
    Overlap,
    /// The instant had passed when the daemon came to it, as after the machine slept.
    Missed,
    /// A plugin that it depends on was bad.
    Dependency,
    /// It was due outside of the hours in which the plugin may run.
    OutsideOfHours,
}

impl SkipReason {
    /// The reason for people, behind `scheduled runs skipped, `.
    #[must_use]
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Overlap => "the previous run is still running",
            Self::Dependency => "a plugin that it depends on is bad",
            Self::OutsideOfHours => "it is outside of Only",
            Self::Missed => "their time went by while the machine slept or smokerd was down",
        }
    }
}

impl RunTrigger {
    /// The word for it on the wire.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Schedule => "timer",
            Self::Retry => "retry",
            Self::After(_) => "after",
            Self::OnDemand(_) => "on-demand",
            Self::Report { .. } => "report",
            Self::Request { .. } => "force",
        }
    }

    /// Who or what caused the run, where that is known.
    #[must_use]
    pub fn by(&self) -> Option<&Arc<str>> {
        match self {
            Self::Schedule | Self::Retry => None,
            Self::After(plugin) | Self::OnDemand(plugin) => Some(plugin),
            Self::Request { requester, identity } | Self::Report { requester, identity } => {
                identity.as_ref().or(requester.as_ref())
            }
        }
    }

    /// Whether a client requested the run.
    #[must_use]
    pub fn is_request(&self) -> bool {
        matches!(self, Self::Request { .. })
    }
}

/// A run with a result.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "facts of a run that have nothing to do with each other")]
pub struct FinishedRun {
    /// When the plugin was started, after it had waited for a slot.
    pub started: Moment,
    /// When the run, its action included, had ended.
    pub ended: Moment,
    /// Which attempt it was, from 1: the number of bad results in a row, this one among them.
    pub attempt: u32,
    /// Whether the result is bad, but not as often in a row as `Retries` wants it.
    pub is_soft: bool,
    /// The number of the reload whose configuration it had; 1 is the start, 0 a start that is not known.
    pub generation: u64,
    /// The number of the run since the daemon's start, from 1; 0 for one that never started.
    pub run: u64,
    /// The number of the newest record when it started; 0 when that is not known. What runs with a number up to this one have
    /// seen had happened before.
    pub started_behind: u64,
    /// Whether the end of the daemon ended it, too, or kept it from starting.
    pub is_interrupted: bool,
    /// Whether nothing was checked, because of maintenance: the result says nothing of what the plugin checks.
    pub is_maintenance: bool,
    /// Whether a client gave values for its parameters, so that its result is no answer to what the plugin checks.
    pub has_given_values: bool,
    /// Whether actions that follow each result have not followed this one, because it may be the fault of another plugin.
    pub has_postponed_actions: bool,
    /// The result.
    pub result: PluginResult,
    /// The same result as the wire shows it.
    pub text: ResultText,
}

/// A result as JSON texts, written once. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultText {
    /// With component results as a list: `lastResult` and `results`.
    pub listed: Arc<str>,
    /// With component results as a mapping: `forcedResult`. Without component results it is the same text in the same memory.
    pub mapped: Arc<str>,
}

impl FinishedRun {
    /// Whether its result is one of the plugin: not of a run that the end of the daemon has ended, nor of one with other values.
    #[must_use]
    pub fn counts(&self) -> bool {
        !self.is_interrupted && !self.has_given_values
    }

    /// How long the run took, its action included.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.ended.since(self.started.monotonic)
    }
}

impl ResultText {
    /// Writes a result with `to_text`.
    #[must_use]
    pub fn of(result: &PluginResult, to_text: impl Fn(&WireResult<'_>) -> String) -> Self {
        let listed: Arc<str> = to_text(&result.on_wire(ComponentShape::List)).into();
        let has_components = result.component_results.as_ref().is_some_and(|results| !results.as_json().is_empty());
        let mapped =
            if has_components { to_text(&result.on_wire(ComponentShape::Mapping)).into() } else { Arc::clone(&listed) };
        Self { listed, mapped }
    }

    /// Whether both are one text in one place.
    #[must_use]
    pub fn is_one(&self) -> bool {
        Arc::ptr_eq(&self.listed, &self.mapped)
    }

    /// The memory that both texts take, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        if self.is_one() { self.listed.len() } else { self.listed.len() + self.mapped.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::Messages;
    use crate::result::{ComponentResults, Findings};
    use crate::status::Status;

    fn text(components: Option<ComponentResults>) -> ResultText {
        let findings = Findings { component_results: components, ..Findings::new(Status::Ok, Messages::new()) };
        let result = findings.into_result(Moment::now(), false);
        ResultText::of(&result, |result| serde_json::to_string(result).expect("JSON"))
    }

    #[test]
    fn the_two_texts_share_their_memory_unless_components_differ() {
        for same in [text(None), text(Some(ComponentResults::new()))] {
            assert!(Arc::ptr_eq(&same.listed, &same.mapped));
            assert_eq!(same.size(), same.listed.len());
        }
        let mut components = ComponentResults::new();
        components.add("c", Status::Ok, &Messages::new());
        let text = text(Some(components));
        assert!(text.listed.contains(r#"[{"componentResult":{"#) && text.mapped.contains(r#"{"c":{"#));
        assert_eq!(text.size(), text.listed.len() + text.mapped.len());
    }
}
