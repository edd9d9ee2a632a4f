//! What many figures say in one.

/// The one in the middle, or between the two in the middle. Not a number when there is none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let sorted = sorted(figures);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => f64::NAN,
        odd if odd.len() % 2 == 1 => odd[middle],
        even => f64::midpoint(even[middle - 1], even[middle]),
    }
}

/// The smallest figure that this percentage of all does not exceed. Not a
/// number when there is none.
pub(crate) fn percentile(figures: &[f64], percent: usize) -> f64 {
    let sorted = sorted(figures);
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

fn sorted(figures: &[f64]) -> Vec<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}
