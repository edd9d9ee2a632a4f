//! What came out of a row.

use std::fmt::{self, Display, Formatter};

use crate::pulse::Pulse;

/// A row's figures, each with its bound.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    tried: String,
    figures: Vec<(String, String, bool)>,
    not_run: Option<String>,
}

impl Verdict {
    /// Something was tried; its figures follow.
    pub(crate) fn of(tried: impl Into<String>) -> Self {
        Self { tried: tried.into(), ..Self::default() }
    }

    /// This machine lacks something.
    pub(crate) fn not_run(reason: &str) -> Self {
        Self { not_run: Some(reason.to_owned()), ..Self::default() }
    }

    /// The row itself panicked, and has said why.
    pub(crate) fn broken() -> Self {
        Self::default().is("the row", "broke, see above", "ends", false)
    }

    /// Adds what was measured, with the bound and whether it holds.
    pub(crate) fn is(mut self, what: &str, measured: impl Display, bound: impl Display, holds: bool) -> Self {
        self.figures.push((format!("{what}: {measured}"), bound.to_string(), holds));
        self
    }

    /// Adds a figure that has to be at most the bound.
    pub(crate) fn at_most(self, what: &str, measured: f64, bound: f64, unit: &str) -> Self {
        self.is(
            what,
            format_args!("{measured:.2} {unit}"),
            format_args!("at most {bound:.1} {unit}"),
            measured <= bound,
        )
    }

    /// Adds a figure that has to be at least the bound.
    pub(crate) fn at_least(self, what: &str, measured: f64, bound: f64, unit: &str) -> Self {
        self.is(
            what,
            format_args!("{measured:.0} {unit}"),
            format_args!("at least {bound:.0} {unit}"),
            measured >= bound,
        )
    }

    /// Adds how well a schedule was kept.
    pub(crate) fn schedule(self, pulse: &Pulse) -> Self {
        let what =
            format!("longest gap of a plugin that runs each second, the machine itself {:.2} s late", pulse.lateness());
        self.at_most(&what, pulse.longest_gap(), pulse.bound(), "s")
    }

    /// Adds a count that has to be zero.
    pub(crate) fn none(self, what: &str, count: impl TryInto<u64> + Display + Copy) -> Self {
        self.is(what, count, "none", count.try_into().is_ok_and(|count| count == 0))
    }

    /// Whether a bound was missed.
    pub(crate) fn is_missed(&self) -> bool {
        self.figures.iter().any(|(_, _, holds)| !holds)
    }
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let Some(reason) = &self.not_run {
            return writeln!(f, "  NOT RUN: {reason}");
        }
        writeln!(f, "  tried: {}", self.tried)?;
        for (figure, bound, holds) in &self.figures {
            writeln!(f, "  {} {figure} ({bound})", if *holds { "held  " } else { "MISSED" })?;
        }
        Ok(())
    }
}
