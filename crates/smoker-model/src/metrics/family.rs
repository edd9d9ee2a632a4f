//! What a metric is called, and what it is.

/// A metric: all its series have this name and meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    /// The name without the end that its kind gives it (`_total`, `_info`).
    pub name: &'static str,
    /// What its numbers are.
    pub kind: Kind,
    /// What it says, on one line without a backslash.
    pub help: &'static str,
}

/// What the numbers of a metric are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number that goes up and down.
    Gauge,
    /// A number that only grows, but for restarts.
    Counter,
    /// Always 1; the labels say what there is to know.
    Info,
    /// 1 for the state that something is in, 0 for all others; the label `status` has the state.
    StateSet,
}

impl Family {
    /// A number that goes up and down.
    #[must_use]
    pub const fn gauge(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Gauge, help }
    }

    /// A number that only grows; its series are called `NAME_total`.
    #[must_use]
    pub const fn counter(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Counter, help }
    }

    /// Labels that say something; the series is called `NAME_info`.
    #[must_use]
    pub const fn info(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::Info, help }
    }

    /// States.
    #[must_use]
    pub const fn state_set(name: &'static str, help: &'static str) -> Self {
        Self { name, kind: Kind::StateSet, help }
    }

    /// The end that the kind gives to the name of a series.
    pub(super) const fn suffix(self) -> &'static str {
        match self.kind {
            Kind::Counter => "_total",
            Kind::Info => "_info",
            Kind::Gauge | Kind::StateSet => "",
        }
    }
}
