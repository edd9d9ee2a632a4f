//! How many hosts each batch of a roll has.

use smoker_model::verdict::budget::Share;

/// Where the batches of `total` hosts end: `1,5%,25%,100%` of 40 hosts are `1, 2, 10, 40`. Shares are rounded up. A step that adds
/// no host is left out.
///
/// # Errors
///
/// When a step is no number or share, none or more than all hosts, or smaller than the one before.
pub(super) fn ends(steps: &str, total: usize) -> Result<Vec<usize>, String> {
    let mut ends: Vec<usize> = Vec::new();
    let mut last: Option<(&str, usize)> = None;
    for step in steps.split(',').map(str::trim) {
        let share = Share::parse(step).map_err(|_| {
            format!("--steps {steps}: {step:?} is no number of hosts such as 5, and no share such as 25%")
        })?;
        let end = share.rounded_up(total);
        if end == 0 {
            return Err(format!("--steps {steps}: {step} is a batch without hosts; leave it out"));
        }
        if let Some((before, _)) = last.filter(|(_, before)| *before > end) {
            return Err(format!(
                "--steps {steps}: each step says how many hosts are done by its end, and of {total} hosts {step} are less than {before}; \
                 write them in rising order"
            ));
        }
        last = Some((step, end));
        if ends.last() != Some(&end) {
            ends.push(end);
        }
    }
    Ok(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_hosts_that_are_done() {
        for (steps, total, expected) in [
            ("1,5%,25%,100%", 40, vec![1, 2, 10, 40]),
            ("1,5%,25%,100%", 1000, vec![1, 50, 250, 1000]),
            ("1, 5%, 25%, 100%", 3, vec![1, 3]),
            ("1,5%,25%,100%", 1, vec![1]),
            ("5,10", 7, vec![5, 7]),
            ("10%", 40, vec![4]),
            ("0.1%,100%", 10, vec![1, 10]),
            ("2,2,2", 4, vec![2]),
        ] {
            assert_eq!(ends(steps, total), Ok(expected), "{steps} of {total}");
        }
        for (steps, word) in [
            ("", "no number"),
            ("1,,2", "no number"),
            ("a", "no number"),
            ("101%", "no number"),
            ("0,5", "without hosts"),
            ("0%,5", "without hosts"),
            ("25%,1", "rising order"),
            ("5,3", "rising order"),
        ] {
            assert!(ends(steps, 40).expect_err(steps).contains(word), "{steps}");
        }
    }

    #[test]
    fn batches_rise_and_hold_no_host_twice() {
        for seed in 0..2_000 {
            let mut random = fastrand::Rng::with_seed(seed);
            let total = random.usize(1..300);
            let mut steps: Vec<_> = (0..random.usize(1..6)).map(|_| random.u32(1..=100)).collect();
            steps.sort_unstable();
            let steps = steps.iter().map(|step| format!("{step}%")).collect::<Vec<_>>().join(",");
            let ends = ends(&steps, total).expect("rising");
            assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}: {ends:?}");
            assert!(ends[0] > 0 && ends[ends.len() - 1] <= total, "seed {seed}: {ends:?}");
        }
    }
}
