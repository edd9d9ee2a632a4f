//! The verdict at an end.

use crate::status::Status;
use crate::verdict::answer::NotLoadedPlugins;
use crate::verdict::difference::renames::renames;
use crate::verdict::host_rounds::{Contact, HostRounds};
use crate::verdict::part::Part;
use crate::verdict::part_rounds::PartRounds;
use crate::verdict::past::{Flaky, Past};
use crate::verdict::rounds::{HostStanding, Rounds};

/// What a gate decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Everything that counts is good.
    Proceed,
    /// Something is not settled, or a host is silent.
    NotSettled,
    /// What was good before is bad or gone.
    Worse,
}

/// What has become of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It was good, and is bad.
    NewFailure,
    /// It was good, and is not there any more.
    Gone,
    /// It is bad, and it is not known how it was.
    Failure,
    /// The call names it, and the host does not have it.
    Missing,
    /// The host is silent, so nothing is known of it.
    Silent,
    /// It is good, but not for as many rounds in a row as it takes.
    NotSettled,
    /// It was bad, and is bad or gone.
    KnownFailure,
    /// A round has shown it, and it is not there any more; it is not known whether it was there before.
    Vanished,
    /// It was OK, and is WARN.
    Warning,
    /// It is good, and takes much longer than it did.
    Slower,
    /// It was bad, and is good.
    Fixed,
    /// It is good.
    Good,
}

/// What has become of a plugin or component of a host.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a finding of its own")]
pub struct PartVerdict {
    /// The plugin or component.
    pub part: Part,
    /// What has become of it.
    pub kind: Kind,
    /// Its newest status.
    pub status: Option<Status>,
    /// Its status before.
    pub was: Option<Status>,
    /// Its first message.
    pub message: Option<String>,
    /// How long its newest run took, in seconds.
    pub seconds: Option<f64>,
    /// How long its run took before, in seconds.
    pub seconds_before: Option<f64>,
    /// How many of its newest rounds were good.
    pub good_in_row: u32,
    /// How often it was bad, when it is so now and then: by the journal, else in the rounds of the gate. What is a new failure was not so.
    pub flaky: Option<Flaky>,
    /// Whether it was bad or gone behind good rounds of the gate.
    pub has_wavered: bool,
    /// Whether it is a plugin whose configuration was another one in an earlier round: its rounds began again.
    pub is_reconfigured: bool,
    /// Whether it keeps the gate closed, unless the budget allows the host to be bad.
    pub blocks: bool,
    /// Whether it was there before, and is not any more.
    pub is_gone: bool,
    /// The name that it has probably now, of one that is gone.
    pub renamed_to: Option<String>,
}

/// Why nothing of a host that answered is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// It has no plugin at all.
    Empty,
    /// The call selects none of its plugins. It is bad then, unless it was so before.
    Unselected,
}

/// What has become of a host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostVerdict {
    /// Whether it counts as bad: silent, or something of it that counts is not settled; also one of which nothing is looked at where that
    /// holds for all.
    pub is_bad: bool,
    /// Why it is silent; none when it answered.
    pub silent: Option<String>,
    /// Whether it looked as if it were starting again.
    pub is_restarting: bool,
    /// Why nothing of it is looked at, though it answered; none when something is.
    pub unseen: Option<Unseen>,
    /// How often another start of its daemon has answered than the time before: its rounds began again each time.
    pub restarts: u32,
    /// How many plugins and components of before the call does not look at, and the baseline could not tell that.
    pub left_out: usize,
    /// Plugins that its daemon has left out, which the call may mean: nobody knows how they are.
    pub not_loaded: Option<NotLoadedPlugins>,
    /// Its parts.
    pub parts: Vec<PartVerdict>,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// What is decided.
    pub decision: Decision,
    /// The hosts in the order of the call.
    pub hosts: Vec<HostVerdict>,
    /// How many of them are bad.
    pub bad_hosts: usize,
}

impl Kind {
    /// The words of reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewFailure => "new failure",
            Self::Gone => "gone",
            Self::Failure => "failure",
            Self::Missing => "missing",
            Self::Silent => "silent",
            Self::NotSettled => "not settled",
            Self::KnownFailure => "known failure",
            Self::Vanished => "vanished",
            Self::Warning => "warning",
            Self::Slower => "slower",
            Self::Fixed => "fixed",
            Self::Good => "good",
        }
    }

    fn is_blocking(self) -> bool {
        self <= Self::NotSettled
    }
}

impl PartVerdict {
    /// Whether somebody should look at it although it is good.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        matches!(self.kind, Kind::Vanished | Kind::Warning | Kind::Slower) || (self.has_wavered && !self.blocks)
    }
}

impl Verdict {
    /// Whether somebody should look at something although the gate proceeds.
    #[must_use]
    pub fn needs_review(&self) -> bool {
        self.bad_hosts > 0
            || self.hosts.iter().any(|host| host.unseen == Some(Unseen::Unselected) || host.not_loaded.is_some())
            || self.parts().any(|(_, part)| part.needs_review())
    }

    /// All parts, each with the number of its host.
    pub fn parts(&self) -> impl Iterator<Item = (usize, &PartVerdict)> {
        self.hosts.iter().enumerate().flat_map(|(host, verdict)| verdict.parts.iter().map(move |part| (host, part)))
    }

    /// How many parts are of this kind.
    #[must_use]
    pub fn count(&self, kind: Kind) -> usize {
        self.parts().filter(|(_, part)| part.kind == kind).count()
    }
}

impl Rounds {
    /// The verdict, if the gate ends now.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mut hosts: Vec<_> = self.hosts.iter().map(|host| self.host_verdict(host)).collect();
        // Nothing that was looked at is no proof of anything: who counts bad hosts has to see that, too.
        let is_anything = self.hosts.iter().any(|host| !host.parts.is_empty());
        for host in &mut hosts {
            host.is_bad |= !is_anything;
        }
        let bad_hosts = hosts.iter().filter(|host| host.is_bad).count();
        let is_worse = |part: &PartVerdict| matches!(part.kind, Kind::NewFailure | Kind::Gone);
        let decision = if is_anything && self.settings.budget.is_kept(bad_hosts, hosts.len()) {
            Decision::Proceed
        } else if hosts.iter().flat_map(|host| &host.parts).any(is_worse) {
            Decision::Worse
        } else {
            Decision::NotSettled
        };
        Verdict { decision, hosts, bad_hosts }
    }

    fn host_verdict(&self, host: &HostRounds) -> HostVerdict {
        let (silent, is_restarting) = match &host.contact {
            Contact::Silent { reason, is_restarting } => (Some(reason.clone()), *is_restarting),
            Contact::Unasked => (Some("no answer yet".to_owned()), false),
            Contact::Answered { .. } => (None, false),
        };
        let is_silent = silent.is_some();
        let mut parts: Vec<_> = host.parts.iter().map(|(part, rounds)| self.part_verdict(host, part, rounds)).collect();
        if is_silent {
            let known = |part: &Part| host.parts.contains_key(part);
            let unheard = host.before.iter().flatten().map(|(part, _)| part).filter(|part| !known(part));
            parts.extend(unheard.map(|part| self.part_verdict(host, part, &PartRounds::default())));
        } else {
            let gone: Vec<_> = host.gone.keys().collect();
            let is_new = |part: &&Part| host.before.as_ref().is_some_and(|before| !before.contains_key(*part));
            let added: Vec<_> = host.parts.keys().filter(is_new).collect();
            let renamed = renames(&gone, &added);
            for part in &gone {
                let kind = if host.is_known_failure(part) { Kind::KnownFailure } else { Kind::Gone };
                let renamed_to = renamed.get(*part).map(ToString::to_string);
                parts.push(PartVerdict { is_gone: true, renamed_to, ..empty(host, part, kind) });
            }
            parts.extend(host.missing.iter().map(|name| empty(host, &Part::of_plugin(name), Kind::Missing)));
        }
        parts.extend(host.vanished.iter().map(|(part, vanished)| {
            let verdict = self.part_verdict(host, part, &vanished.rounds);
            let is_open = vanished.absent < self.settings.settle;
            if is_silent { verdict } else { PartVerdict { kind: Kind::Vanished, blocks: is_open, ..verdict } }
        }));
        parts.sort_by(|one, other| one.part.cmp(&other.part));
        let is_bad = self.host_standing(host) != HostStanding::Settled;
        let unseen = match host.contact {
            Contact::Answered { has_plugins: false, .. } => Some(Unseen::Empty),
            Contact::Answered { has_plugins: true, has_selected: false } => Some(Unseen::Unselected),
            _ => None,
        };
        let (restarts, left_out) = (host.restarts, host.count_left_out());
        let not_loaded = host.not_loaded.clone();
        HostVerdict { is_bad, silent, is_restarting, unseen, restarts, left_out, not_loaded, parts }
    }

    fn part_verdict(&self, host: &HostRounds, part: &Part, rounds: &PartRounds) -> PartVerdict {
        let before = host.before.as_ref().and_then(|before| before.get(part)).copied();
        let past = host.past.get(part);
        // Whether what is bad now was so now and then before is for the journal to say, where there is one.
        let known_flaky = match past {
            Some(past) => past.flaky(),
            None => rounds.flaky(),
        };
        let is_silent = !matches!(host.contact, Contact::Answered { .. });
        let is_settled = rounds.good_in_row >= self.settings.settle;
        let was_good = before.is_none_or(|before| before.was_good_unless(self.settings.warn_is_bad));
        let status = rounds.last.as_ref().map(|finding| finding.status);
        let is_slower = || {
            let seconds_before = before.and_then(|before| before.seconds);
            let empty = Past::default();
            seconds_before.is_some_and(|seconds| past.unwrap_or(&empty).is_slower(seconds, &rounds.durations))
        };
        let kind = match (is_silent, rounds.is_bad) {
            (true, _) => Kind::Silent,
            (false, true) if !was_good => Kind::KnownFailure,
            // What is bad now and then was so before: that is not worse.
            (false, true) if before.is_some() && known_flaky.is_none() && !is_skipped(rounds) => Kind::NewFailure,
            (false, true) => Kind::Failure,
            (false, false) if !was_good && is_settled => Kind::Fixed,
            (false, false) if !was_good && !self.settings.strict => Kind::KnownFailure,
            (false, false) if !is_settled => Kind::NotSettled,
            (false, false) if before.is_some_and(|it| it.status == Status::Ok) && status == Some(Status::Warn) => {
                Kind::Warning
            }
            (false, false) if is_slower() => Kind::Slower,
            (false, false) => Kind::Good,
        };
        PartVerdict {
            status,
            message: rounds.last.as_ref().and_then(|finding| finding.message.clone()),
            seconds: rounds.last.as_ref().and_then(|finding| finding.seconds),
            good_in_row: rounds.good_in_row,
            flaky: known_flaky.or_else(|| rounds.flaky().filter(|_| kind != Kind::NewFailure)),
            has_wavered: rounds.falls + rounds.absences > 0,
            is_reconfigured: rounds.is_reconfigured,
            blocks: kind.is_blocking() || (self.settings.strict && kind == Kind::KnownFailure),
            ..empty(host, part, kind)
        }
    }
}

/// Whether the newest run says nothing of what it was to look at.
fn is_skipped(rounds: &PartRounds) -> bool {
    rounds.last.as_ref().is_some_and(|finding| finding.is_skipped)
}

/// A part without any round.
fn empty(host: &HostRounds, part: &Part, kind: Kind) -> PartVerdict {
    let before = host.before.as_ref().and_then(|before| before.get(part)).copied();
    PartVerdict {
        part: part.clone(),
        kind,
        status: None,
        was: before.map(|before| before.status),
        message: None,
        seconds: None,
        seconds_before: before.and_then(|before| before.seconds),
        good_in_row: 0,
        flaky: None,
        has_wavered: false,
        is_reconfigured: false,
        blocks: kind.is_blocking(),
        is_gone: false,
        renamed_to: None,
    }
}
