//! Whether an action is due.

use chrono::{DateTime, TimeDelta, Utc};
use smoker_model::occasion::OccasionEvent;
use smoker_model::plugin::{ActionOn, ActionRules};
use smoker_model::status::Status;

use crate::results::plugin::hard_state::HardState;
use crate::scheduler::alerts::told::{Delivery, Told};

/// What is to be done about an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// It is called for this reason.
    Call(OccasionEvent),
    /// It is not due before this time.
    Wait(DateTime<Utc>),
    /// The state counts as told, without a call.
    Note,
    Nothing,
}

/// Decides about an action by what its plugin's state is, and what was delivered to the action. A call that failed may have arrived, and so may those
/// before it: until one has succeeded nobody knows what its receiver believes, and the state is to be told.
pub(super) fn decide(rules: &ActionRules, hard: &HardState, delivery: &Delivery, now: DateTime<Utc>) -> Decision {
    let told = delivery.confirmed.as_ref();
    let told_status = told.map_or(Status::Ok, |told| told.status);
    let is_bad = hard.status != Status::Ok;
    let was_bad = told_status != Status::Ok || delivery.unconfirmed.is_some();
    let is_other = told_status != hard.status || delivery.unconfirmed.is_some();
    let is_escalated = if is_bad { is_of_this_spell(told, hard) } else { was_bad };
    if let Some(after) = rules.escalates_after.filter(|_| !is_escalated) {
        let since = hard.bad_since.filter(|_| is_bad);
        let Some(due) = since.and_then(|since| later(since, after)) else { return Decision::Nothing };
        // Where the clock has been set back since, nobody knows how long it has been bad: early is better than in a year.
        let is_wrong = later(now, after).is_some_and(|latest| since.is_some_and(|since| since > latest));
        return if now < due && !is_wrong { Decision::Wait(due) } else { Decision::Call(OccasionEvent::Escalation) };
    }
    let is_new = told.is_none_or(|told| told.sequence != hard.sequence);
    let is_same = told_status == hard.status && delivery.all_unconfirmed().all(|tried| tried.status == hard.status);
    let event = match (is_bad, is_same) {
        (false, _) => OccasionEvent::Recovery,
        (true, true) => OccasionEvent::Repeat,
        (true, false) => OccasionEvent::Problem,
    };
    match rules.on {
        ActionOn::Always if is_new => Decision::Call(OccasionEvent::Result),
        ActionOn::Always => Decision::Nothing,
        ActionOn::Bad if is_bad && is_new => Decision::Call(event),
        ActionOn::Recovery if is_bad && is_other => Decision::Note,
        ActionOn::Recovery if is_bad => Decision::Nothing,
        ActionOn::Bad | ActionOn::Problem if !is_bad && was_bad => Decision::Note,
        ActionOn::Change | ActionOn::Problem | ActionOn::Recovery if is_other => Decision::Call(event),
        ActionOn::Change | ActionOn::Problem | ActionOn::Recovery | ActionOn::Bad => repeat(rules, told, is_bad, now),
    }
}

/// Whether an action was told that the plugin is bad since it has become so.
fn is_of_this_spell(told: Option<&Told>, hard: &HardState) -> bool {
    let began_later = |told: &Told| hard.bad_since.is_some_and(|since| since > told.at);
    told.is_some_and(|told| told.status != Status::Ok && !began_later(told))
}

fn repeat(rules: &ActionRules, told: Option<&Told>, is_bad: bool, now: DateTime<Utc>) -> Decision {
    let (Some(repeat), Some(told)) = (rules.repeat, told.filter(|_| is_bad)) else { return Decision::Nothing };
    match later(told.at, repeat) {
        // The clock has been set back since.
        Some(_) if later(now, repeat).is_some_and(|latest| told.at > latest) => Decision::Call(OccasionEvent::Repeat),
        Some(due) if due <= now => Decision::Call(OccasionEvent::Repeat),
        Some(due) => Decision::Wait(due),
        None => Decision::Nothing,
    }
}

fn later(time: DateTime<Utc>, by: std::time::Duration) -> Option<DateTime<Utc>> {
    time.checked_add_signed(TimeDelta::from_std(by).ok()?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use Status::{Error, Ok, Warn};

    use super::*;

    /// The names of the calls that follow these states, one a minute, each of which is told at once.
    fn calls(rules: ActionRules, states: &[Status]) -> String {
        let start = Utc::now();
        let (mut delivery, mut bad_since, mut since) = (Delivery::default(), None, start);
        let mut calls = String::new();
        let mut before = None;
        for (minute, status) in states.iter().enumerate() {
            let now = start + TimeDelta::minutes(minute.try_into().expect("small"));
            if before != Some(*status) {
                since = now;
            }
            before = Some(*status);
            bad_since = if *status == Ok { None } else { bad_since.or(Some(now)) };
            let sequence = minute as u64 + 1;
            let (first, started_behind) = (sequence, 0);
            let hard = HardState { status: *status, since, bad_since, sequence, first, started_behind, attempt: 1 };
            let decision = decide(&rules, &hard, &delivery, now);
            match decision {
                Decision::Call(event) => calls.push_str(&event.as_str()[..1].to_uppercase()),
                Decision::Wait(_) => calls.push('w'),
                Decision::Note => calls.push('n'),
                Decision::Nothing => calls.push('.'),
            }
            if matches!(decision, Decision::Call(_) | Decision::Note) {
                delivery = Delivery { confirmed: Some(Told::of(&hard, now)), ..Delivery::default() };
            }
        }
        // Recovery and Repeat begin with the same letter.
        calls
    }

    #[test]
    fn actions_are_due_by_what_they_follow() {
        let states = [Ok, Error, Error, Warn, Ok, Ok, Error];
        let on = |on| calls(ActionRules { on, ..ActionRules::default() }, &states);
        assert_eq!(on(ActionOn::Always), "RRRRRRR");
        assert_eq!(on(ActionOn::Change), ".P.PR.P");
        assert_eq!(on(ActionOn::Bad), ".PRPn.P");
        assert_eq!(on(ActionOn::Problem), ".P.Pn.P");
        assert_eq!(on(ActionOn::Recovery), ".n.nR.n");
    }

    /// Nobody knows whether a call that failed has arrived.
    #[test]
    fn a_receiver_that_may_have_heard_of_something_hears_of_its_end() {
        let now = Utc::now();
        let hard = |status| HardState {
            status,
            since: now,
            bad_since: (status != Ok).then_some(now),
            sequence: 2,
            first: 1,
            started_behind: 0,
            attempt: 1,
        };
        let told = |status| Some(Told::of(&hard(status), now));
        let change = ActionRules { on: ActionOn::Change, ..ActionRules::default() };
        let decision = |rules: &ActionRules, confirmed, unconfirmed, status| {
            let delivery = Delivery { confirmed, unconfirmed, ..Delivery::default() };
            decide(rules, &hard(status), &delivery, now)
        };
        let (problem, recovery) = (Decision::Call(OccasionEvent::Problem), Decision::Call(OccasionEvent::Recovery));
        assert_eq!(decision(&change, None, told(Error), Ok), recovery);
        assert_eq!(decision(&change, told(Error), told(Ok), Error), problem);
        assert_eq!(decision(&change, told(Ok), told(Error), Error), problem);
        assert_eq!(decision(&change, told(Ok), None, Ok), Decision::Nothing);
        // An older call that failed is forgotten.
        assert_eq!(decision(&change, None, told(Ok), Ok), recovery);
        assert_eq!(decision(&change, told(Error), told(Error), Error), Decision::Call(OccasionEvent::Repeat));
        assert_eq!(decision(&change, told(Error), None, Error), Decision::Nothing);
        let escalation = ActionRules { escalates_after: Some(Duration::ZERO), ..change };
        assert_eq!(decision(&escalation, None, told(Error), Error), Decision::Call(OccasionEvent::Escalation));
        assert_eq!(decision(&escalation, None, told(Error), Ok), recovery);
        assert_eq!(decision(&escalation, None, told(Ok), Ok), recovery);
        // The next time that it is bad has a time of its own.
        let late = ActionRules { escalates_after: Some(Duration::from_secs(60)), ..change };
        let before = Some(Told { at: now - TimeDelta::minutes(5), ..Told::of(&hard(Error), now) });
        assert_eq!(decision(&late, before, told(Ok), Error), Decision::Wait(now + TimeDelta::minutes(1)));
        let problems = ActionRules { on: ActionOn::Problem, ..change };
        assert_eq!(decision(&problems, None, told(Error), Ok), Decision::Note);
    }

    /// Their receivers hear of no recovery, so a call that failed before one leaves nothing to be told; the next problem is told in any
    /// case.
    #[test]
    fn a_receiver_of_problems_alone_hears_of_each_problem_whatever_failed_before() {
        let now = Utc::now();
        let hard = |status, sequence| HardState {
            status,
            since: now,
            bad_since: (status != Ok).then_some(now),
            sequence,
            first: 1,
            started_behind: 0,
            attempt: 1,
        };
        let told = |status, sequence| Some(Told::of(&hard(status, sequence), now));
        for on in [ActionOn::Bad, ActionOn::Problem] {
            let rules = ActionRules { on, ..ActionRules::default() };
            let decision = |confirmed, unconfirmed, status| {
                decide(&rules, &hard(status, 9), &Delivery { confirmed, unconfirmed, ..Delivery::default() }, now)
            };
            let problem = Decision::Call(OccasionEvent::Problem);
            // It failed, then it was well again: from then on OK counts as told, and what follows is a problem.
            assert_eq!(decision(None, told(Error, 5), Ok), Decision::Note, "{on:?}");
            assert_eq!(decision(told(Error, 3), told(Warn, 5), Ok), Decision::Note, "{on:?}");
            assert_eq!(decision(told(Ok, 6), None, Error), problem, "{on:?}");
            // While it stays bad, the call is made again, and what it says is the state of that moment.
            assert_eq!(decision(None, told(Error, 5), Warn), problem, "{on:?}");
            assert_eq!(decision(told(Warn, 3), told(Error, 5), Warn), problem, "{on:?}");
            assert_eq!(decision(None, told(Error, 5), Error), Decision::Call(OccasionEvent::Problem), "{on:?}");
        }
    }

    #[test]
    fn a_repetition_and_an_escalation_have_their_time() {
        let minutes = |minutes: u64| Some(Duration::from_secs(60 * minutes));
        let states = [Error, Error, Error, Error, Error, Ok, Error, Ok];
        let repeat = ActionRules { on: ActionOn::Change, repeat: minutes(2), ..ActionRules::default() };
        assert_eq!(calls(repeat, &states), "PwRwRRPR");
        let escalate = ActionRules { on: ActionOn::Change, escalates_after: minutes(3), ..ActionRules::default() };
        assert_eq!(calls(escalate, &states), "wwwE.Rw.");

        // The clock was a year ahead when it became bad.
        let now = Utc::now();
        let hard = |since| HardState {
            status: Error,
            since,
            bad_since: Some(since),
            sequence: 1,
            first: 1,
            started_behind: 0,
            attempt: 1,
        };
        let ahead = |time| decide(&escalate, &hard(now + time), &Delivery::default(), now);
        assert_eq!(ahead(TimeDelta::days(365)), Decision::Call(OccasionEvent::Escalation));
        assert_eq!(ahead(TimeDelta::minutes(2)), Decision::Wait(now + TimeDelta::minutes(5)));
    }
}
