//! What a gate has to say at its end.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use smoker_model::verdict::answer::NotLoadedPlugins;
use smoker_model::verdict::budget::Budget;
use smoker_model::verdict::outcome::{Decision, HostVerdict, Kind, PartVerdict, Unseen, Verdict};

use crate::baseline::reference::LeftOut;
use crate::client::host::not_loaded_text;
use crate::gate::drive::End;
use crate::inventory::inventory_host::InventoryHost;
use crate::plugin::silenced::Silences;
use crate::render::append::append;

/// How many bytes of a message are shown.
const LONGEST_LINE: usize = 1000;

/// What a gate has to say at its end.
pub(super) struct GateReport<'a> {
    /// The hosts, in the order of those of the verdict.
    pub(super) hosts: &'a [InventoryHost],
    pub(super) verdict: &'a Verdict,
    /// Why the rounds have ended; none when they were interrupted.
    pub(super) end: Option<End>,
    pub(super) elapsed: Duration,
    /// How many good rounds in a row settle a part.
    pub(super) settle: u32,
    pub(super) budget: Option<Budget>,
    /// The baseline.
    pub(super) against: Option<&'a Path>,
    /// What of the baseline is not compared.
    pub(super) left_out: LeftOut,
    /// What the call asks for and no host has that answers, in words.
    pub(super) unmet: Option<&'a str>,
    /// The silences of the plugins that were looked at.
    pub(super) silences: &'a Silences,
    pub(super) exit_code: u8,
}

impl GateReport<'_> {
    /// The word for the decision.
    pub(super) fn decision(&self) -> &'static str {
        match (self.end, self.verdict.decision) {
            (None, _) => "interrupted",
            (_, Decision::Proceed) => "proceed",
            (_, Decision::NotSettled) => "not settled",
            (_, Decision::Worse) => "worse than before",
        }
    }

    /// Whether the gate is open.
    pub(super) fn is_open(&self) -> bool {
        self.end.is_some() && self.verdict.decision == Decision::Proceed
    }

    /// The decision and the numbers of hosts on one line.
    pub(super) fn headline(&self) -> String {
        let hosts = &self.verdict.hosts;
        let silent = hosts.iter().filter(|host| host.silent.is_some()).count();
        let restarting = hosts.iter().filter(|host| host.is_restarting).count();
        let bad = self.verdict.bad_hosts - silent;
        let count = hosts.len();
        let mut text = format!(
            "{} after {}: {} of {count} host{} settled",
            self.decision().to_uppercase(),
            span(self.elapsed),
            count - self.verdict.bad_hosts,
            if count == 1 { "" } else { "s" },
        );
        if bad > 0 {
            append(&mut text, format_args!(", {bad} not"));
        }
        if silent > 0 {
            append(&mut text, format_args!(", {silent} silent"));
        }
        if restarting > 0 {
            append(&mut text, format_args!(" ({restarting} starting again)"));
        }
        let unselected = hosts.iter().filter(|host| is_not_looked_at(host)).count();
        if unselected > 0 {
            append(&mut text, format_args!(", {unselected} of them not looked at"));
        }
        if let Some(budget) = self.budget {
            append(&mut text, format_args!("; {budget}"));
        }
        if self.is_empty() && silent == 0 {
            text += "; no plugin is selected on any of them";
        }
        if let Some(unmet) = self.unmet {
            append(&mut text, format_args!("; {unmet}"));
        }
        text
    }

    /// Whether nothing was judged.
    fn is_empty(&self) -> bool {
        self.verdict.hosts.iter().all(|host| host.parts.is_empty())
    }

    /// What there is to say of the gate as a whole behind its verdicts: what of the baseline is not compared, and the silences.
    pub(super) fn notes(&self) -> Vec<String> {
        self.left_out.text().into_iter().chain(self.silences.lines()).collect()
    }

    /// How many parts are of each kind, without kinds that none is of.
    pub(super) fn counts(&self) -> Vec<(Kind, usize)> {
        let counts = KINDS.into_iter().map(|kind| (kind, self.verdict.count(kind)));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// The hosts with their verdicts.
    pub(super) fn rows(&self) -> impl Iterator<Item = (&InventoryHost, &HostVerdict)> {
        self.hosts.iter().zip(&self.verdict.hosts)
    }
}

/// All kinds, the worst first.
pub(super) const KINDS: [Kind; 12] = [
    Kind::NewFailure,
    Kind::Gone,
    Kind::Failure,
    Kind::Missing,
    Kind::Silent,
    Kind::NotSettled,
    Kind::KnownFailure,
    Kind::Vanished,
    Kind::Warning,
    Kind::Slower,
    Kind::Fixed,
    Kind::Good,
];

/// Whether nothing of a host is looked at, and that keeps no gate closed.
pub(super) fn is_not_looked_at(host: &HostVerdict) -> bool {
    host.unseen == Some(Unseen::Unselected) && !host.is_bad
}

/// The kind of what is wrong with a host as a whole, for programs.
pub(super) fn host_problem_kind(host: &HostVerdict) -> &'static str {
    match host.unseen {
        _ if host.silent.is_some() => "silent",
        Some(Unseen::Empty) => "no plugins",
        Some(Unseen::Unselected) => "no plugin selected",
        None => "bad",
    }
}

/// What is wrong with a host as a whole.
pub(super) fn host_problem(host: &HostVerdict) -> Option<String> {
    match &host.silent {
        Some(reason) if host.is_restarting => Some(format!("silent, starting again: {reason}")),
        Some(reason) => Some(format!("silent: {reason}")),
        None if host.unseen == Some(Unseen::Empty) => Some("it has no plugins".to_owned()),
        // Where something of it is missing or gone, that says more.
        None if host.unseen == Some(Unseen::Unselected)
            && host.is_bad
            && !host.parts.iter().any(|part| part.blocks) =>
        {
            Some("no plugin is selected on it, so nothing is known of it".to_owned())
        }
        None => None,
    }
}

/// What else there is to say of a host as a whole.
pub(super) fn host_remark(host: &HostVerdict) -> Option<String> {
    let not_loaded = host.not_loaded.as_ref();
    let not_loaded = not_loaded.map(|NotLoadedPlugins { count, names }| not_loaded_text(*count, names));
    let remarks: Vec<_> = contact_remark(host).into_iter().chain(not_loaded).collect();
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

fn contact_remark(host: &HostVerdict) -> Option<String> {
    match host.restarts {
        _ if is_not_looked_at(host) => {
            Some("not looked at: no plugin is selected on it, as in the baseline".to_owned())
        }
        0 => None,
        1 => Some("its daemon was restarted, and its rounds began again".to_owned()),
        // Each of several daemons behind one address looks like a restart of the other.
        times => Some(format!(
            "its daemon was restarted {times} times, or several daemons answer at this address; its rounds began again each time"
        )),
    }
}

/// Why a host is bad, on one line.
pub(super) fn host_text(host: &HostVerdict) -> String {
    let parts = host.parts.iter().filter(|part| part.blocks).map(|part| {
        let status = part.status.map_or(String::new(), |status| format!(" [{status}]"));
        let message = part.message.as_deref().map_or(String::new(), |message| format!(" {message}"));
        format!("{}: {}{status}{message}", part.part, part.kind.as_str())
    });
    host_problem(host).into_iter().chain(host_remark(host)).chain(parts).collect::<Vec<_>>().join("; ")
}

/// Whether there is more to say of a part than that it is good.
pub(super) fn is_remarkable(part: &PartVerdict) -> bool {
    part.kind != Kind::Good || part.flaky.is_some() || part.has_wavered || part.is_reconfigured
}

/// What there is to say of a part on one line, behind its name: the kind, the statuses, the message and the remarks.
pub(super) fn part_text(part: &PartVerdict, settle: u32) -> String {
    let mut text = part.kind.as_str().to_owned();
    match (part.status, part.was) {
        (Some(now), Some(was)) if now != was => append(&mut text, format_args!(" [{now}, was {was}]")),
        (Some(now), _) => append(&mut text, format_args!(" [{now}]")),
        (None, Some(was)) => append(&mut text, format_args!(" [was {was}]")),
        (None, None) => {}
    }
    if let Some(message) = part.message.as_ref().filter(|_| part.kind != Kind::Good) {
        append(&mut text, format_args!(" {}", first_line(message)));
    }
    let remarks = remarks(part, settle);
    if remarks.is_empty() { text } else { format!("{text} ({})", remarks.join("; ")) }
}

/// The first line of a message, as much of it as somebody reads; `json` has all.
fn first_line(message: &str) -> Cow<'_, str> {
    let line = message.lines().next().unwrap_or_default();
    if line.len() <= LONGEST_LINE {
        return line.into();
    }
    format!("{} ...", &line[..line.floor_char_boundary(LONGEST_LINE)]).into()
}

fn remarks(part: &PartVerdict, settle: u32) -> Vec<String> {
    let mut remarks = Vec::new();
    if part.kind == Kind::NotSettled {
        remarks.push(format!("{} of {settle} good rounds", part.good_in_row));
    }
    if let (Kind::Slower, Some(now), Some(before)) = (part.kind, part.seconds, part.seconds_before) {
        remarks.push(format!("{now:.2} s, before {before:.2} s"));
    }
    if let Some(flaky) = part.flaky {
        remarks.push(format!("flaky: bad {} of the last {}", flaky.bad, flaky.of));
    }
    if part.has_wavered {
        remarks.push("bad or gone after it was good".to_owned());
    }
    if part.is_reconfigured {
        remarks.push("its configuration was changed, and its rounds began again".to_owned());
    }
    if part.is_gone && part.kind != Kind::Gone {
        remarks.push("not there any more".to_owned());
    }
    remarks.extend(part.renamed_to.as_ref().map(|name| format!("probably {name} now")));
    remarks
}

/// A duration for people: `46 s`, `5 min`, `5 min 3 s`.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 60, seconds % 60) {
        (0, _) if seconds < 10 => format!("{:.1} s", time.as_secs_f64()),
        (0, seconds) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (minutes, seconds) => format!("{minutes} min {seconds} s"),
    }
}
