//! Ours and the limit by turns, so that whatever else the machine does
//! meanwhile meets both.

use crate::statistics::median;

/// How often each is measured where one sample takes seconds.
pub(crate) const FEW: usize = 5;

/// How often each is measured where a sample is short: many short turns see
/// more of the same moods of the machine than few long ones.
pub(crate) const MANY: usize = 15;

/// Figures of ours and of the limit, each taken beside the other.
#[derive(Debug)]
pub(crate) struct Pairs(Vec<(f64, f64)>);

/// Takes samples of ours and of the limit by turns; who is first changes.
pub(crate) fn by_turns<T>(
    pairs: usize,
    mut ours: impl FnMut() -> Result<T, String>,
    mut limit: impl FnMut() -> Result<T, String>,
) -> Result<Vec<(T, T)>, String> {
    let mut take_pair = |turn: usize| {
        if turn.is_multiple_of(2) {
            let ours = ours()?;
            Ok((ours, limit()?))
        } else {
            let limit = limit()?;
            Ok((ours()?, limit))
        }
    };
    (0..pairs).map(&mut take_pair).collect()
}

impl Pairs {
    /// Takes figures by turns.
    pub(crate) fn measure(
        pairs: usize,
        ours: impl FnMut() -> Result<f64, String>,
        limit: impl FnMut() -> Result<f64, String>,
    ) -> Result<Self, String> {
        by_turns(pairs, ours, limit).map(Self)
    }

    /// One figure of each sample.
    pub(crate) fn of<T>(samples: &[(T, T)], figure: impl Fn(&T) -> Result<f64, String>) -> Result<Self, String> {
        samples.iter().map(|(ours, limit)| Ok((figure(ours)?, figure(limit)?))).collect::<Result<_, _>>().map(Self)
    }

    /// The median of ours.
    pub(crate) fn ours(&self) -> f64 {
        median(&self.0.iter().map(|pair| pair.0).collect::<Vec<_>>())
    }

    /// The median of the limit.
    pub(crate) fn limit(&self) -> f64 {
        median(&self.0.iter().map(|pair| pair.1).collect::<Vec<_>>())
    }

    /// Ours through the limit, of each pair; none when a limit is zero.
    pub(crate) fn ratios(&self) -> Option<Vec<f64>> {
        self.0.iter().map(|(ours, limit)| (*limit > 0.0).then(|| ours / limit)).collect()
    }

    /// The lowest and the highest of ours.
    pub(crate) fn spread_of_ours(&self) -> (f64, f64) {
        spread(self.0.iter().map(|pair| pair.0))
    }
}

/// The lowest and the highest.
pub(crate) fn spread(figures: impl Iterator<Item = f64>) -> (f64, f64) {
    figures.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), figure| (low.min(figure), high.max(figure)))
}
