//! What of the troubles with a collector is logged: each kind once, and that it is over, with how often it came.

use std::time::{Duration, Instant};

use smoker_model::counted::counted;

/// Troubles of requests that are not sent again may come and go with what is sent. They are over when none has come for this time.
const QUIET_TIME: Duration = Duration::from_secs(600);

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There was no answer; the request is sent again.
    NoAnswer,
    /// The answer asks for the request to be sent again.
    Busy(u16),
    /// The answer refuses the request.
    Refused(u16),
    /// The answer is a success, and refuses a part of the request.
    PartlyRefused,
    /// The answer is a success, and says something.
    Remark,
}

/// The troubles that are not over.
#[derive(Debug, Default)]
pub(super) struct Troubles(Vec<Open>);

#[derive(Debug)]
struct Open {
    trouble: Trouble,
    requests: u64,
    newest: Instant,
}

impl Trouble {
    /// Whether the request is sent again until it succeeds, so that a success ends the trouble.
    const fn is_retried(self) -> bool {
        matches!(self, Self::NoAnswer | Self::Busy(_))
    }

    fn requests(self, count: u64) -> String {
        let requests = counted(count, "request");
        match self {
            Self::NoAnswer => format!("{requests} without an answer"),
            Self::Busy(status) | Self::Refused(status) => format!("{requests} with the status {status}"),
            Self::PartlyRefused => format!("{requests} of which a part was refused"),
            Self::Remark => format!("{requests} with a remark"),
        }
    }
}

impl Troubles {
    /// Notes a trouble, and returns whether it is to be logged: it is another kind than those that are not over.
    pub(super) fn note(&mut self, trouble: Trouble, now: Instant) -> bool {
        let known = self.0.iter_mut().find(|open| open.trouble == trouble);
        let is_new = known.is_none();
        match known {
            Some(open) => (open.requests, open.newest) = (open.requests + 1, now),
            None => self.0.push(Open { trouble, requests: 1, newest: now }),
        }
        is_new
    }

    /// Notes that a whole request was taken, and returns what is over with it, in words.
    pub(super) fn succeed(&mut self, now: Instant) -> Option<String> {
        let is_over = |open: &mut Open| open.trouble.is_retried() || now.duration_since(open.newest) >= QUIET_TIME;
        let over: Vec<_> = self.0.extract_if(.., is_over).map(|open| open.trouble.requests(open.requests)).collect();
        (!over.is_empty()).then(|| over.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_logged_once_until_it_is_over() {
        let (mut troubles, now) = (Troubles::default(), Instant::now());
        let mut note = |trouble| troubles.note(trouble, now);
        // An outage of a load balancer and of what is behind it, by turns.
        let all = [Trouble::NoAnswer, Trouble::Busy(503), Trouble::NoAnswer, Trouble::Busy(503), Trouble::Busy(429)];
        assert_eq!(all.map(&mut note), [true, true, false, false, true]);
        let over = "2 requests without an answer, 2 requests with the status 503, 1 request with the status 429";
        assert_eq!(troubles.succeed(now).as_deref(), Some(over));
        assert_eq!(troubles.succeed(now), None);
        assert!(troubles.note(Trouble::NoAnswer, now), "it comes again");
    }

    /// A part of each page is refused, and the others are taken.
    #[test]
    fn what_is_refused_by_turns_is_one_trouble_until_none_has_come_for_a_time() {
        let mut troubles = Troubles::default();
        let mut now = Instant::now();
        assert!(troubles.note(Trouble::PartlyRefused, now) && troubles.note(Trouble::Refused(400), now));
        for _ in 0..100 {
            now += QUIET_TIME / 2;
            assert_eq!(troubles.succeed(now), None);
            assert!(!troubles.note(Trouble::PartlyRefused, now) && !troubles.note(Trouble::Refused(400), now));
        }
        now += QUIET_TIME;
        let over = "101 requests of which a part was refused, 101 requests with the status 400";
        assert_eq!(troubles.succeed(now).as_deref(), Some(over));
        assert!(troubles.note(Trouble::PartlyRefused, now));
    }
}
