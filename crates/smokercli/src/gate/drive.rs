//! Asks hosts in rounds until everything is settled, nothing can recover, or the time is over.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
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

/// So long before the deadline, unless `every` is longer, hosts that have settled are asked once more: what they were says nothing of
/// what they are.
const LAST_LOOK: Duration = Duration::from_secs(2);

/// The longest time of [`giving_up`].
const GIVING_UP: Duration = Duration::from_secs(30);

/// For how long nothing but what the configuration of daemons lacks has to be bad, or what the call selects has to be on no host, until a
/// gate gives up before its deadline: a deployment may reload a daemon behind its start.
pub(super) fn giving_up(within: Duration) -> Duration {
    GIVING_UP.min(within / 4)
}

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

    /// How far the round of a host is that is under way.
    fn under_way(&self, host: usize) -> UnderWay;
}

/// How far a round is that is under way.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UnderWay {
    /// Whether another start of the daemon has answered than in the round before.
    pub(super) has_met_restart: bool,
    /// Whether something that had settled runs again.
    pub(super) runs_settled: bool,
    /// What the round waits for.
    pub(super) waits_for: WaitsFor,
}

/// What a round waits for that is under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum WaitsFor {
    /// An answer of the daemon.
    #[default]
    Answer,
    /// Its turn: as many other hosts are being asked as may be at once.
    Turn,
    /// The time from which on the daemon lets this client force runs again.
    Rate,
    /// The end of the runs.
    Runs,
}

impl WaitsFor {
    /// Why a host has shown nothing whose first round waits for this at the deadline; none where it just has not answered.
    fn reason(self) -> Option<&'static str> {
        match self {
            Self::Answer => None,
            Self::Turn => Some("it was not asked: other hosts took all places of --parallel until the time was over"),
            Self::Rate => Some("its max_forced_rate did not let this client run plugins before the time was over"),
            Self::Runs => Some("its plugins were still running when the time was over"),
        }
    }
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
    /// What the call selects is on no host.
    Unselected,
    /// The time is over.
    Deadline,
}

/// How a host is paced.
#[derive(Clone, Copy, Debug)]
struct Pace {
    pause: Duration,
    /// When the newest answer came.
    answered: Option<Instant>,
    /// Whether plugins that have settled ran behind the pages of that answer, so that these say nothing of what the schedule has brought
    /// meanwhile. A known failure does not settle, and runs in each round.
    has_run: bool,
    /// When the round begins that is under way or planned.
    planned: Option<Instant>,
}

impl Pace {
    /// Whether the newest answer is older than what is known of the others.
    fn is_old(&self, since: Instant) -> bool {
        self.answered.is_none_or(|answered| answered + FRESH < since)
    }
}

/// Asks the hosts in rounds. `observe` is called behind each answer. May be cancelled; `rounds` has what was seen by then.
pub(super) async fn drive(
    rounds: &mut Rounds,
    hosts: usize,
    prober: &impl Prober,
    timing: Timing,
    mut observe: impl FnMut(&Rounds),
) -> End {
    let begin = Instant::now();
    let deadline = begin + timing.within;
    let mut looks = last_looks(deadline, timing);
    let last_look = looks[0];
    let mut paces = vec![Pace { pause: timing.every, answered: None, has_run: false, planned: Some(begin) }; hosts];
    let mut running = FuturesUnordered::new();
    // Since when everything that counts is settled. Behind that each host answers once more, and that is enough: the
    // answers of a large fleet are never of one moment.
    let mut settled_since = None;
    // How many hosts are bad within the budget when everything else has settled, and since when they are no more: they may start slowly.
    let mut tolerated: Option<(usize, Instant)> = None;
    // How the gate stands that cannot proceed without a reload, and since when.
    let (mut hopeless_since, giving_up) = (None, giving_up(timing.within));
    let round = |host: usize, at: Instant, settled: BTreeSet<String>| async move {
        sleep_until(at).await;
        let started = Instant::now();
        (host, started, prober.probe(host, settled).await)
    };
    let longest = LONGEST_PAUSE.max(timing.every);
    (0..hosts).for_each(|host| running.push(round(host, begin, BTreeSet::new())));
    loop {
        let (host, started, probed) = tokio::select! {
            biased;
            () = sleep_until(deadline) => {
                give_up_on(rounds, &paces, last_look, prober);
                return End::Deadline;
            }
            () = sleep_until(looks.front().copied().unwrap_or(deadline)), if !looks.is_empty() => {
                let look = looks.pop_front().unwrap_or(deadline);
                looks.retain(|later| *later > look);
                for host in (0..hosts).filter(|host| rounds.is_settled(*host)) {
                    if paces[host].planned.is_none() {
                        paces[host].planned = Some(look);
                        running.push(round(host, look, rounds.settled_plugins(host)));
                    }
                }
                continue;
            }
            next = running.next() => match next {
                Some(next) => next,
                // Nothing is planned: nothing can change any more.
                None => return if rounds.standing() == GateStanding::Settled { End::Settled } else { End::Lost },
            },
        };
        let now = Instant::now();
        let factor = pause_factor(&probed.answer);
        let has_answered = matches!(probed.answer, Answer::Answered { .. });
        let ran = plugins_run(&probed.answer);
        if let Some(past) = probed.past {
            rounds.note_past(host, past);
        }
        rounds.record(host, probed.answer);
        observe(rounds);
        let has_run = has_settled_by(rounds, host, &ran);
        // A look is as old as its pages, whatever a known failure takes behind them.
        let answered = if rounds.is_settled(host) && !ran.is_empty() && !has_run { started } else { now };
        let pace = &mut paces[host];
        pace.planned = None;
        (pace.answered, pace.has_run) = (has_answered.then_some(answered), has_run);
        let standing = rounds.standing();
        let is_settled = standing == GateStanding::Settled;
        tolerated = tolerate(tolerated, hosts - rounds.progress().settled, now).filter(|_| is_settled);
        let waits_until = tolerated.map_or(now, |(_, since)| since + giving_up);
        settled_since = settled_since.filter(|_| is_settled && waits_until <= now);
        hopeless_since = hopeless_since.filter(|(before, _)| *before == standing);
        match standing {
            GateStanding::Lost | GateStanding::Unselected => {
                let (_, since) = *hopeless_since.get_or_insert((standing, now));
                if since + giving_up <= now {
                    return if standing == GateStanding::Lost { End::Lost } else { End::Unselected };
                }
            }
            GateStanding::Settled if waits_until > now => {}
            GateStanding::Settled => {
                // A host may have gone since it settled, and its schedule may have found something bad while others ran.
                let since = *settled_since.get_or_insert(now);
                let outdated = outdated(rounds, &paces, since);
                if outdated.is_empty() && !is_any_under_way(rounds, &paces, since, now, prober) {
                    return End::Settled;
                }
                for host in outdated {
                    if paces[host].planned.is_none() {
                        paces[host].planned = Some(now);
                        running.push(round(host, now, rounds.settled_plugins(host)));
                    }
                }
            }
            GateStanding::Open => {}
        }
        // There is no other look at a host whose runs end behind the last one.
        if rounds.is_settled(host) && has_run && now >= last_look && paces[host].planned.is_none() {
            paces[host].planned = Some(now);
            running.push(round(host, now, rounds.settled_plugins(host)));
        }
        if !rounds.is_settled(host) && paces[host].planned.is_none() {
            let pace = &mut paces[host];
            pace.pause = if rounds.is_recovering(host) { timing.every } else { (pace.pause * factor / 4).min(longest) };
            let at = planned(started, now, pace.pause, timing.every, deadline);
            let at = if waits_until > now { at.min(waits_until) } else { at };
            pace.planned = Some(at);
            running.push(round(host, at, rounds.settled_plugins(host)));
        }
    }
}

/// When hosts that have settled are asked for the last time, and once more: one may start again behind the look that may take its time.
fn last_looks(deadline: Instant, timing: Timing) -> VecDeque<Instant> {
    let last = deadline - timing.every.max(LAST_LOOK).min(timing.within / 2);
    VecDeque::from([last, last.max(deadline - LAST_LOOK.min(timing.within / 2))])
}

/// The plugins that have run for an answer.
fn plugins_run(answer: &Answer) -> Vec<String> {
    match answer {
        Answer::Answered { runs, .. } => runs.keys().cloned().collect(),
        Answer::Silent { .. } => Vec::new(),
    }
}

/// Whether any of the plugins that have just run has settled.
fn has_settled_by(rounds: &Rounds, host: usize, ran: &[String]) -> bool {
    let settled = rounds.settled_plugins(host);
    ran.iter().any(|name| settled.contains(name))
}

/// The hosts that have settled and whose newest pages are older than that, or than the end of their last run.
fn outdated(rounds: &Rounds, paces: &[Pace], since: Instant) -> Vec<usize> {
    let is_outdated = |(host, pace): &(usize, &Pace)| rounds.is_settled(*host) && (pace.has_run || pace.is_old(since));
    paces.iter().enumerate().filter(is_outdated).map(|(host, _)| host).collect()
}

/// Whether a round is under way that may change how the gate stands: a host that is bad within the budget may be silent by now, and one
/// that has settled may run something again.
fn is_any_under_way(rounds: &Rounds, paces: &[Pace], since: Instant, now: Instant, prober: &impl Prober) -> bool {
    paces
        .iter()
        .enumerate()
        .filter(|(_, pace)| pace.planned.is_some_and(|begin| begin <= now))
        .any(|(host, pace)| rounds.is_settled(host) || pace.is_old(since) || prober.under_way(host).has_met_restart)
}

/// How many hosts are bad within the budget, and since when they are no more than that; none without any.
fn tolerate(before: Option<(usize, Instant)>, bad: usize, now: Instant) -> Option<(usize, Instant)> {
    let since = before.filter(|(before, _)| bad <= *before).map_or(now, |(_, since)| since);
    (bad > 0).then_some((bad, since))
}

/// Hosts that have settled count as silent when they have not answered since they were to be asked for the last time and since their last
/// run, when what answers is another start of the daemon, or when something of them runs again. Of one whose first round is under way the
/// report says how far that is.
fn give_up_on(rounds: &mut Rounds, paces: &[Pace], last_look: Instant, prober: &impl Prober) {
    for (host, pace) in paces.iter().enumerate() {
        let UnderWay { has_met_restart: is_restarting, runs_settled, waits_for } = prober.under_way(host);
        if pace.planned.is_none() || !(rounds.is_settled(host) || rounds.is_unasked(host)) {
            continue;
        }
        let reason = if rounds.is_unasked(host) {
            let Some(reason) = waits_for.reason() else { continue };
            reason
        } else if is_restarting {
            "it had settled, and its daemon was restarted before the time was over"
        } else if runs_settled {
            "it had settled, and had to run plugins again before the time was over"
        } else if pace.has_run || pace.answered.is_none_or(|answered| answered < last_look) {
            "it had settled, and did not answer once more before the time was over"
        } else {
            continue;
        };
        rounds.record(host, Answer::Silent { reason: reason.to_owned(), is_restarting });
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
