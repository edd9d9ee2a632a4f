//! How the runs of many plugins are spread, so that they do not all start at once.

use std::time::Duration;

use smoker_model::plugin::PluginName;

/// The part of a span that belongs to a plugin.
pub(crate) fn part_of(span: Duration, name: &PluginName) -> Duration {
    span.mul_f64(fraction_of(name.as_str()))
}

/// A fraction from 0 up to 1 that only depends on the name, so that a plugin
/// keeps its place from one start of the daemon to the next (FNV-1a, 64 bits,
/// with a final mix because short names leave its upper bits alike).
fn fraction_of(name: &str) -> f64 {
    let hash = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let upper = u32::try_from(mixed >> 32).unwrap_or(0);
    f64::from(upper) / (f64::from(u32::MAX) + 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_spread_over_the_whole_range_and_stay_in_it() {
        let fractions: Vec<_> = (0..1000).map(|n| fraction_of(&format!("p{n}"))).collect();
        assert!(fractions.iter().all(|fraction| (0.0..1.0).contains(fraction)));
        for tenth in 0..10 {
            let low = f64::from(tenth) / 10.0;
            let inside = fractions.iter().filter(|fraction| (low..low + 0.1).contains(*fraction)).count();
            assert!((60..=140).contains(&inside), "{inside} of 1000 names fall into tenth {tenth}");
        }
    }
}
