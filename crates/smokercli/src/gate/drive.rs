//! Asks hosts in rounds until everything is settled, nothing can recover, or the time is over.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use smoker_model::verdict::answer::Answer;
use smoker_model::verdict::part::Part;
use smoker_model::verdict::past::Past;
use smoker_model::verdict::rounds::{GateStanding, Rounds};
use tokio::time::{Instant, sleep_until};

/// The longest pause of a host that does not answer or does not get better, unless `every` is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How much older than the moment in which everything was settled the answer of a host may be when the gate proceeds.
const FRESH: Duration = Duration::from_secs(1);

/// What a round of a host has given.
#[derive(Debug)]
pub(super) struct Probed {
    pub(super) answer: Answer,
    /// What the journal says, when it was asked for.
    pub(super) past: Option<BTreeMap<Part, Past>>,
}

/// Asks hosts, which are numbered.
pub(super) trait Prober {
    /// Asks a host for its plugins and has it run those that the call selects, but for `settled`.
    async fn probe(&self, host: usize, settled: BTreeSet<String>) -> Probed;
}

/// How long a gate goes on, and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timing {
    pub(super) within: Duration,
    pub(super) every: Duration,
}

/// Why the rounds have ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything that counts is settled.
    Settled,
    /// Nothing is left that could recover.
    Lost,
    /// The time is over.
    Deadline,
}

/// How a host is paced.
#[derive(Clone, Copy, Debug)]
struct Pace {
    pause: Duration,
    /// When the newest answer came.
    answered: Option<Instant>,
    /// Whether a round is under way or planned.
    is_planned: bool,
}

/// Asks the hosts in rounds. `observe` is called behind each answer. May be cancelled; `rounds` has what was seen by then.
pub(super) async fn drive(
    rounds: &mut Rounds,
    hosts: usize,
    prober: &impl Prober,
    timing: Timing,
    mut observe: impl FnMut(&Rounds),
) -> End {
    let deadline = Instant::now() + timing.within;
    let mut paces = vec![Pace { pause: timing.every, answered: None, is_planned: true }; hosts];
    let mut running = FuturesUnordered::new();
    // Since when everything that counts is settled. Behind that each host answers once more, and that is enough: the
    // answers of a large fleet are never of one moment.
    let mut settled_since = None;
    let round = |host: usize, at: Instant, settled: BTreeSet<String>| async move {
        sleep_until(at).await;
        let started = Instant::now();
        (host, started, prober.probe(host, settled).await)
    };
    let longest = LONGEST_PAUSE.max(timing.every);
    let begin = Instant::now();
    (0..hosts).for_each(|host| running.push(round(host, begin, BTreeSet::new())));
    loop {
        let (host, started, probed) = tokio::select! {
            biased;
            () = sleep_until(deadline) => return End::Deadline,
            next = running.next() => match next {
                Some(next) => next,
                // Nothing is planned: nothing can change any more.
                None => return if rounds.standing() == GateStanding::Settled { End::Settled } else { End::Lost },
            },
        };
        let now = Instant::now();
        let factor = pause_factor(&probed.answer);
        let has_answered = matches!(probed.answer, Answer::Answered { .. });
        if let Some(past) = probed.past {
            rounds.note_past(host, past);
        }
        rounds.record(host, probed.answer);
        observe(rounds);
        let pace = &mut paces[host];
        pace.is_planned = false;
        pace.answered = has_answered.then_some(now);
        let standing = rounds.standing();
        settled_since = settled_since.filter(|_| standing == GateStanding::Settled);
        match standing {
            GateStanding::Lost => return End::Lost,
            GateStanding::Settled => {
                // A host may have gone since it settled.
                let since = *settled_since.get_or_insert(now);
                let is_old = |pace: &Pace| pace.answered.is_none_or(|answered| answered + FRESH < since);
                let old: Vec<_> = (0..hosts).filter(|host| rounds.is_settled(*host) && is_old(&paces[*host])).collect();
                if old.is_empty() {
                    return End::Settled;
                }
                for host in old {
                    if !std::mem::replace(&mut paces[host].is_planned, true) {
                        running.push(round(host, now, rounds.settled_plugins(host)));
                    }
                }
            }
            GateStanding::Open => {}
        }
        if !rounds.is_settled(host) && !paces[host].is_planned {
            let pace = &mut paces[host];
            pace.pause = if rounds.is_recovering(host) { timing.every } else { (pace.pause * factor / 4).min(longest) };
            pace.is_planned = true;
            let at = planned(started, now, pace.pause, timing.every, deadline);
            running.push(round(host, at, rounds.settled_plugins(host)));
        }
    }
}

/// How many quarters of the pause before the next one has: a daemon that starts again is back soon and refuses at once; a
/// host that is silent costs the time of a request; a check that stays bad costs a run.
fn pause_factor(answer: &Answer) -> u32 {
    match answer {
        Answer::Silent { is_restarting: true, .. } => 4,
        Answer::Silent { is_restarting: false, .. } => 8,
        Answer::Answered { .. } => 5,
    }
}

/// When the next round begins: a pause behind the beginning of the last one. There is one more round before the deadline.
fn planned(started: Instant, now: Instant, pause: Duration, every: Duration, deadline: Instant) -> Instant {
    let at = (started + pause).max(now + pause / 5);
    let last = deadline.checked_sub(every).unwrap_or(now);
    if now < last { at.min(last) } else { at }
}
