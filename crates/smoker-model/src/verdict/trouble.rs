//! What keeps a gate closed at the moment, for those who wait.

use crate::status::Status;
use crate::verdict::host_rounds::{Contact, HostRounds};
use crate::verdict::part::Part;
use crate::verdict::rounds::Rounds;

/// What is wrong with a host at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer.
    Silent {
        /// Whether it looks like a daemon that is starting again.
        is_restarting: bool,
    },
    /// It has no plugin at all.
    Empty,
    /// The call selects none of its plugins.
    Unselected,
    /// The call names this plugin, and the host does not have it.
    Missing(String),
    /// This part is bad.
    Bad(Part, Option<Status>),
    /// This part was there before, and is not any more.
    Gone(Part),
}

impl Rounds {
    /// What is wrong at the moment, each with the number of its host: first of hosts that are bad, then of those that do not answer, in the
    /// order of the hosts, at most this many. A host that has not been asked yet is none of them.
    #[must_use]
    pub fn troubles(&self, most: usize) -> Vec<(usize, Trouble)> {
        let of = |host: usize| self.troubles_of(&self.hosts[host]).map(move |trouble| (host, trouble));
        self.bad.iter().chain(&self.silent).copied().flat_map(of).take(most).collect()
    }

    fn troubles_of(&self, host: &HostRounds) -> impl Iterator<Item = Trouble> {
        let whole = match host.contact {
            Contact::Silent { is_restarting, .. } => Some(Trouble::Silent { is_restarting }),
            Contact::Answered { has_plugins: false, .. } => Some(Trouble::Empty),
            Contact::Answered { has_selected: false, .. } if host.missing.is_empty() => Some(Trouble::Unselected),
            Contact::Unasked | Contact::Answered { .. } => None,
        };
        let is_silent = matches!(whole, Some(Trouble::Silent { .. }));
        let counts = move |part: &&Part| self.settings.strict || !host.is_known_failure(part);
        let missing = host.missing.iter().map(|name| Trouble::Missing(name.clone()));
        let bad = host.parts.iter().filter(move |(part, rounds)| rounds.is_bad && counts(part));
        let bad = bad.map(|(part, rounds)| {
            let status = rounds.last.as_ref().map(|finding| finding.status);
            Trouble::Bad(part.clone(), status)
        });
        let gone = host.gone.keys().filter(counts).map(|part| Trouble::Gone(part.clone()));
        whole.into_iter().chain(missing.chain(bad).chain(gone).filter(move |_| !is_silent))
    }
}
